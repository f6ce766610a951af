"""Words of sentences that can be left blank, each with its sort: what stands in for it must be of the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Self

from assistant.questions import FUNCTION_WORDS
from assistant.texts import LANGUAGES
from index.passages import Passage
from index.sentences import Span


class Sort(StrEnum):
    """Sorts of words that can be left blank."""

    DATE = "date"
    MONTH = "month"
    YEAR = "year"
    NUMBER = "number"
    COUNTRY = "country"
    PERSON = "person"
    PLACE = "place"
    ACRONYM = "acronym"
    TERM = "term"


@dataclass(frozen=True)
class Blank:
    """Words of a passage that can be left blank.

    :param position: number of the passage in the index.
    :param sentence: range of their sentence in the passage's text.
    :param span: range of the words in the passage's text.
    :param sort: what they are.
    :param words: the words as a choice shows them.
    :param group: words of one group stand in for each other: lakes for a lake, litres for litres.
    """

    position: int
    sentence: Span
    span: Span
    sort: Sort
    words: str
    group: str = ""


_NAME = r"[A-Z][\w’'-]*(?: (?:(?:bin|binti|van|von|de|al) )?[A-Z][\w’'-]*){0,3}"
_TITLE = (
    r"(?:Wakil )?Presiden|Perdana Menteri|Raja|Ratu|Sultan|Kaisar|Pangeran|(?:Gubernur )?Jenderal|Kapten|Kolonel|Ibu|Bu|Bapak|"
    r"Pak|Kak|Gubernur|Bupati|Prof\.|Dr\.|(?:ilmuwan|fisikawan|penemu|tokoh|penulis|pendiri|ketua|pelatih|pengarang|penyair|"
    r"pelukis|ahli \w+)(?: \w+)? bernama"
)
_UNIT = r"(?= (?P<unit>[a-z]{2,}|°C)| ?(?P<percent>%))"
_PATTERNS: dict[Sort, re.Pattern[str]] = {
    Sort.YEAR: re.compile(
        r"\b(?:[Pp]ada|tahun|[Ss]ejak|hingga|sampai|in|since) (?P<words>(?:1\d|20)\d\d)(?![\d–\-/]|[.,]\d)"
    ),
    Sort.NUMBER: re.compile(
        rf"(?<![\w.,–\-/(:])(?P<words>\d+(?:[.,]\d+)*){_UNIT}(?! (?:sampai|hingga|atau|dan|kali)\b)"
    ),
    Sort.PERSON: re.compile(
        rf"(?<!Peraturan )(?<!Keputusan )\b(?P<title>{_TITLE}) (?P<words>(?!Nomor|Republik|RI\b){_NAME})(?![\w-])"
    ),
    Sort.PLACE: re.compile(rf"\b(?:di|ke|dari) (?P<words>{_NAME})(?![\w–/-])"),
    Sort.ACRONYM: re.compile(r"(?:^|(?<=disingkat ))(?P<words>[A-Z]{2,}(?:-[A-Z]{2,})*)(?=[,.]? [a-z]|\.$)"),
}
_VISITED = re.compile(rf"\b(?:di|ke) (?P<words>{_NAME})(?![\w–/-])")
_NEIGHBOURS = frozenset({"Ibu", "Bu", "Bapak", "Pak", "Kak"})
"""Titles of people whom one meets; nobody takes them for presidents."""
_NUMBERED = re.compile(
    r"\b(nomor|no\.|pasal|ayat|bab|kelas|halaman|hlm\.|pukul|jam|abad|gambar|tabel|kegiatan|ke|tanggal|versi|tahun|pada|bagian|"
    r"antara|sampai|hingga|atau|dan|x|×|=|\+) ?$",
    re.IGNORECASE,
)
_VERB = re.compile(r"(mem|men[^i]|ber|di|ter)[a-z]{3,}|ada|tentang|secara")
_DEFINED = re.compile(r"(?P<words>\w[\w\- ]{2,40}?) (?:adalah|ialah|merupakan) (?=[a-z](?:\S* ){5})")
_CALLED = re.compile(
    r"\b(?:disebut(?: juga| pula)?(?: sebagai| dengan)?|dinamakan|dikenal (?:sebagai|dengan (?:nama|istilah|sebutan)))"
    r"(?: istilah)? (?P<words>[a-z][a-z\-]{3,}(?: [a-z\-]{3,}){0,2}?)"
    r"(?=[,.;]| (?:dan|yang|karena|sehingga|atau|sedangkan|oleh|dengan)\b)"
)
_RELATIONAL = re.compile(
    r"\b(salah|satu|contoh|ciri|tujuan|perbedaan|beda|alasan|syarat|bentuk|jenis|manfaat|fungsi|tugas|akibat|sebab|penyebab|"
    r"langkah|unsur|isi|hal|cara|bagian|hasil|prinsip|risiko|bidang|nama|arti|makna|kunci|masalah|ukuran|dasar|sumber|tokoh|"
    r"pihak|kedua|ketiga|pertama|sebagian|setiap|semua|anggota|ketua|wakil|juga|bukan|tidak|secara|\w+nya)\b"
)
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
"""Codes that stand among those of countries and name none."""


DAYS = frozenset({"Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"})
"""Names of days, which are no names of places and tell no day."""


@cache
def months() -> dict[str, int]:
    """The numbers of the months, from 1, by their names."""
    from babel.dates import get_month_names

    return {
        name: number for code in LANGUAGES for number, name in get_month_names("wide", locale=code).items()
    }


@cache
def countries() -> str:
    """The names of countries as alternatives of a pattern."""
    from babel import Locale

    listed = {
        name
        for code in LANGUAGES
        for key, name in Locale(code).territories.items()
        if len(key) == 2 and key.isalpha() and key not in _NO_COUNTRIES
    }
    return "|".join(re.escape(name) for name in sorted(listed, key=lambda name: (-len(name), name)))


@cache
def _patterns() -> dict[Sort, re.Pattern[str]]:
    """The pattern of each sort but terms; what comes first is taken first."""
    month, alone = "|".join(months()), r"(?![\d–\-]| ?–)"
    return {
        Sort.DATE: re.compile(rf"(?<![\d–\-])(?<![\d–\-] )(?P<words>\d{{1,2}} (?:{month}) \d{{4}}){alone}"),
        Sort.MONTH: re.compile(rf"(?<!\d )(?<![\w–\-])(?P<words>(?:{month}) \d{{4}}){alone}"),
        Sort.COUNTRY: re.compile(rf"(?:(?<=[a-z,] )|^)(?P<words>{countries()})(?![\w\-–/]| [A-Z–])"),
        **_PATTERNS,
    }


@dataclass(frozen=True)
class Names:
    """Names of a collection.

    :param persons: names that stand after a title.
    :param places: names that stand after "di" or "ke".
    :param common: words that are written small.
    """

    persons: frozenset[str]
    places: frozenset[str]
    common: frozenset[str]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Self:
        """The names of ``passages``."""
        common = {word for p in passages for word in re.findall(r"\b[a-z][a-z\-]+\b", p.text)}
        persons, places = (
            {
                match["words"]
                for passage in passages
                for match in pattern.finditer(passage.text)
                if match["words"].lower() not in common
                and match["words"] not in DAYS
                and not re.search(r"\b[A-Z]{3,}\b", match["words"])
            }
            for pattern in (_PATTERNS[Sort.PERSON], _VISITED)
        )
        places = {name for name in places - persons if not re.fullmatch(countries(), name)}
        return cls(frozenset(persons), frozenset(places), frozenset(common))

    def group(self, name: str) -> str:
        """The noun that ``name`` begins with, small: "danau" of "Danau Toba"; empty if it begins with none."""
        first, _, rest = name.partition(" ")
        return first.lower() if rest and first.lower() in self.common else ""

    def small(self, words: str) -> str | None:
        """The noun ``words`` as it stands inside a sentence; None if it is a name."""
        first, *others = words.split()
        if any(not word.islower() for word in others) or first.lower() not in self.common:
            return None
        return " ".join([first.lower(), *others])


def blanks(position: int, passage: Passage, names: Names) -> Iterator[Blank]:
    """All words of ``passage``, the one at ``position``, that are of some sort; of overlapping ones the first."""
    for start, end in passage.sentences:
        taken: list[Span] = []
        sentence = passage.text[start:end]
        for sort, (first, last), words, group in (*_named(sentence, names), *_terms(sentence, names)):
            if all(last <= other[0] or other[1] <= first for other in taken):
                taken.append((first, last))
                yield Blank(position, (start, end), (start + first, start + last), sort, words, group)


_Found = tuple[Sort, Span, str, str]


def _named(sentence: str, names: Names) -> Iterator[_Found]:
    for sort, pattern in _patterns().items():
        for match in pattern.finditer(sentence):
            group = _group(sort, match, names)
            if group is not None:
                yield sort, match.span("words"), match["words"], group


def _group(sort: Sort, match: re.Match[str], names: Names) -> str | None:
    """The group of the words of ``match``; None if they are not of ``sort`` after all."""
    words = match["words"]
    if sort is Sort.NUMBER:
        unit = match["unit"] or match["percent"]
        numbered = _NUMBERED.search(match.string[: match.start()]) or re.fullmatch(r"(1[5-9]|20)\d\d", words)
        return None if numbered or _VERB.fullmatch(unit) or unit in FUNCTION_WORDS else unit
    if sort is Sort.COUNTRY:
        return None if re.search(r" [A-Z][\w-]* $", match.string[: match.start("words")]) else ""
    if sort is Sort.PERSON:
        group = "neighbour" if match["title"] in _NEIGHBOURS else ""
        return group if words in names.persons else None
    if sort is Sort.PLACE:
        return names.group(words) if words in names.places else None
    return None if sort is Sort.ACRONYM and words.lower() in names.common else ""


def _terms(sentence: str, names: Names) -> Iterator[_Found]:
    defined = _DEFINED.match(sentence)
    if defined is not None:
        words = names.small(defined["words"])
        if words is not None and _is_term(words):
            yield Sort.TERM, defined.span("words"), words, ""
    for match in _CALLED.finditer(sentence):
        if _is_term(match["words"]):
            yield Sort.TERM, match.span("words"), match["words"], ""


def _is_term(words: str) -> bool:
    return not _RELATIONAL.search(words) and not any(word in FUNCTION_WORDS for word in words.split())
