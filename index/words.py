"""Words as BM25 and the sentence reader see them: folded, stemmed, everyday short forms spelt out."""

import re
import unicodedata
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+\d*", re.UNICODE)

SHORT_FORMS = {
    "ad": "ada", "ap": "apa", "bgmn": "bagaimana", "bgt": "banget", "blm": "belum", "bnr": "benar",
    "bs": "bisa", "byk": "banyak", "brp": "berapa", "brpa": "berapa", "cm": "cuma",
    "dgn": "dengan", "dlm": "dalam", "dmn": "di mana", "dmna": "di mana", "dpt": "dapat",
    "dr": "dari", "drpd": "daripada", "dri": "dari", "gmn": "bagaimana", "gmna": "bagaimana",
    "gimana": "bagaimana", "gmana": "bagaimana", "gimna": "bagaimana", "hrs": "harus",
    "jd": "jadi", "jg": "juga", "jml": "jumlah", "kalo": "kalau", "klo": "kalau", "kl": "kalau",
    "kmn": "ke mana", "kpd": "kepada", "kpn": "kapan", "kapn": "kapan", "krn": "karena",
    "krna": "karena", "kerjasama": "kerja sama", "kmrn": "kemarin", "knp": "kenapa",
    "knpa": "kenapa", "lbh": "lebih", "mksd": "maksud", "mksdnya": "maksudnya",
    "mrk": "mereka", "msh": "masih", "ngapain": "mengapa", "org": "orang", "pd": "pada",
    "pke": "pakai", "sblm": "sebelum", "sbg": "sebagai", "sbtkan": "sebutkan", "sdh": "sudah",
    "sy": "saya", "siapa2": "siapa", "skrg": "sekarang", "sih": "",
    "spy": "supaya", "tdk": "tidak", "tgl": "tanggal", "thn": "tahun", "th": "tahun",
    "tp": "tetapi", "tsb": "tersebut", "tuh": "", "udh": "sudah", "utk": "untuk", "yg": "yang",
    "dong": "", "deh": "", "kok": "", "nih": "", "aja": "saja", "aj": "saja", "gak": "tidak",
    "ga": "tidak", "nggak": "tidak", "enggak": "tidak", "gk": "tidak", "bikin": "buat",
}  # fmt: skip
"""Everyday written short forms of Indonesian chats and what they stand for."""


_HALF = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def visible(text: str) -> str:
    """``text`` without control characters, soft hyphens, zero-width spaces and marks of direction, which
    split words unseen and can garble a terminal; line breaks and tabs stay.

    Halves of characters that stand apart, as PDFs give them, are joined, and lost halves left out.

    >>> visible("per\\xadjanji\\u200ban\\x1b[31m"), visible("\\ud83d\\ude00 \\ud83d")
    ('perjanjian[31m', '😀 ')
    """
    if _HALF.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return _INVISIBLE.sub("", text)


def fold(text: str) -> str:
    """``text`` in lower case without accents, its length unchanged only for plain letters."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The folded words and numbers of ``text``, short forms spelt out.

    >>> words("Kpn IJEPA mulai berlaku?")
    ['kapan', 'ijepa', 'mulai', 'berlaku']
    """
    found: list[str] = []
    for word in _WORD.findall(fold(text)):
        if word.endswith("2") and word[:-1].isalpha():  # "negara2" is how a chat writes a plural
            word = word[:-1]
        found.extend(SHORT_FORMS[word].split() if word in SHORT_FORMS else [word])
    return found


def stems(text: str) -> list[str]:
    """The stems of the words of ``text``, in order."""
    return [stem(word) for word in words(text)]


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The Indonesian stem of a folded word (Snowball)."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("indonesian")
