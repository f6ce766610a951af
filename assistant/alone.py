"""Whether a sentence with a blank is understood without the sentences around it."""

import re

from assistant.blanks import DAYS, Blank, Sort, countries, months

SHORTEST, LONGEST = 45, 260
"""Characters of a sentence that is asked."""

_LEANING = re.compile(
    r"\b(ini|itu|tersebut|tadi|begitu|demikian|ia|dia|mereka|beliau|kami|kita|saya|aku|kamu|anda|kalian|berikut|sebelumnya|"
    r"sesudahnya|setelahnya|selanjutnya|kemudian|juga|pula|(?:hari|tahap|minggu) (?:pertama|kedua|ketiga)|"
    r"(?:kedua|ketiga|keempat|kelima) (?:negara|pihak|tokoh|orang|kelompok|sekolah)|(?:sebagian|para|sang|si) \w+|"
    r"di (?:atas|bawah|sini|sana)|ke (?:sini|sana)|(?:hari|minggu|bulan|tahun) (?:lalu|depan)|\w+ lalu$|kemarin|besok|this|that|"
    r"these|those|it|its|he|she|his|her|they|their|we|our|you|your|my)\b",
    re.IGNORECASE,
)
_GOING_ON = re.compile(
    r"(namun|tetapi|akan tetapi|sebaliknya|selain|karena|oleh|jadi|dengan|sementara|adapun|lalu|setelah|sesudah|sebelum|pertama|"
    r"kedua|ketiga|keempat|kelima|keenam|terakhir|meskipun|walaupun|sebagai|ada|bahkan|padahal|maka|sedangkan|hal|dan|atau|ciri|"
    r"syarat|langkah|jawab|tanya|contoh|keputusan|data|alasan|hasil|however|but|also|and|so|then)\b|\w+nya\b|\w+ \w+nya\b|"
    r"\w+ (?:pertama|kedua|ketiga|keempat|kelima|keenam|lain|serupa|baru|terakhir|berikutnya)\b",
    re.IGNORECASE,
)
_BELONGING = re.compile(
    r"(?<!yang )\b(?!(?:hanya|punya|biasa|umum|sebenar|akhir|seharus|sebaik|satu-satu|tanya)(?:nya)?\b)[a-z-]+nya\b",
    re.IGNORECASE,
)
_SAYING = re.compile(
    r"\b(adalah|ialah|merupakan|menjadi|yaitu|disebut|mulai|ada|lahir|wafat|naik|turun|tiba|was|were|is|are|"
    r"(?:me|ber|di|ter)[a-z]{4,})\b"
)
_NO_PROSE = re.compile(
    r"\b(sumber|daftar pustaka|pustaka|rujukan|referensi|bacaan lanjutan|references)\b", re.IGNORECASE
)
_BROKEN = re.compile(r"[\n;?!…=_]|: |[.] |\s[-–—•|]\s")
_PAIRS = (("(", ")"), ("“", "”"), ("[", "]"))
_OPEN_LIST = re.compile(r"\b(antara lain|misalnya|seperti|contoh\w*|termasuk|berbagai)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,] )[A-Z][\w-]+|^[A-Z]{2,}|^[A-Z][\w-]+(?= [A-Z])")
_NAMES = frozenset({Sort.COUNTRY, Sort.PERSON, Sort.PLACE, Sort.ACRONYM})


def stands_alone(text: str, section: str, blank: Blank) -> bool:
    """Whether the sentence of ``blank`` in ``text`` below the heading ``section`` says, without its neighbours, enough
    to tell the words that are left blank."""
    start, end = blank.sentence
    sentence, rest = text[start:end], f"{text[start : blank.span[0]]}…{text[blank.span[1] : end]}"
    if not SHORTEST <= len(sentence) <= LONGEST or not sentence[0].isupper() or not sentence.endswith("."):
        return False
    if _NO_PROSE.search(section) or not _whole(sentence) or not _SAYING.search(rest):
        return False
    if _LEANING.search(rest) or _BELONGING.search(rest) or _GOING_ON.match(sentence):
        return False
    if re.search(rf"\b{re.escape(blank.words)}\b", rest, re.IGNORECASE):
        return False
    return blank.sort is Sort.TERM or _anchored(sentence, rest, blank)


def _whole(sentence: str) -> bool:
    """Whether ``sentence`` is one sentence with all its brackets and quotation marks."""
    paired = all(sentence.count(left) == sentence.count(right) for left, right in _PAIRS)
    return paired and sentence.count('"') % 2 == 0 and not _BROKEN.search(sentence[:-1])


def _anchored(sentence: str, rest: str, blank: Blank) -> bool:
    """Whether names or dates of the sentence say which of many like events or things it tells of."""
    after = sentence[blank.span[1] - blank.sentence[0] :]
    before = sentence[: blank.span[0] - blank.sentence[0]]
    rest = re.sub(rf"\b(?:{'|'.join(sorted(DAYS))})\b", "", rest)
    if blank.sort is Sort.NUMBER:
        return len(re.findall(r"\d+(?:[.,]\d+)*", sentence)) <= 3 and bool(_NAME.search(rest))
    if blank.sort not in _NAMES:
        return bool(_NAME.search(rest))
    if _OPEN_LIST.search(sentence) or re.match(r",? (?:dan|atau|serta) [A-Z]|, [A-Z][\w-]+,", after):
        return False
    if re.search(r"[A-Z][\w-]+(?:,| dan| atau) $", before) and blank.sort is not Sort.COUNTRY:
        return False
    if blank.sort is Sort.COUNTRY and len(re.findall(countries(), rest)) > 1:
        return False
    named = re.sub(rf"{countries()}|{'|'.join(months())}", "", rest)
    return bool(re.search(r"\b\d{4}\b", rest) or _NAME.search(named))
