"""Questions as hurried fingers type them."""

import random
import re

SHORTENED = {
    "yang": "yg", "dengan": "dgn", "untuk": "utk", "kenapa": "knp", "mengapa": "knp", "bagaimana": "gmn",
    "gimana": "gmn", "apa": "ap", "siapa": "sp", "berapa": "brp", "kapan": "kpn", "tidak": "ga", "dalam": "dlm",
    "pada": "pd", "dari": "dr", "karena": "krn", "sudah": "udh", "adalah": "adlh", "dan": "dn", "saja": "aja",
    "tahun": "thn", "orang": "org", "negara": "ngra", "indonesia": "indo", "jelaskan": "jelasin",
    "sebutkan": "sebutin", "kerja sama": "kerjasama", "what": "wat", "between": "btwn", "because": "bcs",
}  # fmt: skip
"""What pupils write for common words, by our own reading of train questions."""

_LONG = re.compile(r"[A-Za-z]{4,}")
_SHORT = re.compile(r"\b(" + "|".join(SHORTENED) + r")\b", re.IGNORECASE)
_NEAR = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wertyuioopsdfghjkllxcvbnmm", strict=True))


def misspelt(question: str, chance: random.Random) -> str:
    """``question`` with some words shortened and one to three slips of the finger.

    >>> misspelt("", random.Random(0))
    ''
    """
    shorten = chance.random() * 0.8
    text = _SHORT.sub(
        lambda m: SHORTENED[m[0].lower()] if chance.random() < shorten else m[0],
        question.rstrip("?.") if chance.random() < 0.6 else question,
    )
    for _ in range(chance.randint(1, 3)):
        words = list(_LONG.finditer(text))
        if words:
            word = chance.choice(words)
            text = text[: word.start()] + _slip(word[0], chance) + text[word.end() :]
    return text.lower() if chance.random() < 0.6 else text


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + _NEAR.get(word[at].lower(), word[at]) + word[at + 1 :]
