"""What the faces say: one catalogue a language in ``catalogues/``, whose name is the language's code.

A further language is one further file; what it leaves out is said in English.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from index.errors import Language

CATALOGUES = Path(__file__).parent / "catalogues"

Catalogue = Mapping[str, Mapping[str, str]]
"""Texts by the part of the product that says them and their names."""


def read_catalogues(folder: Path = CATALOGUES) -> dict[Language, Catalogue]:
    """The catalogues in ``folder`` by their languages, Indonesian and English first.

    :raises OSError: if one cannot be read.
    :raises ValueError: if one is no TOML in UTF-8.
    """
    read = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.toml")}
    english = read["en"]
    codes = ("id", "en", *sorted(read.keys() - {"id", "en"}))
    return {
        code: {part: {**texts, **read[code].get(part, {})} for part, texts in english.items()}
        for code in codes
    }


_READ = read_catalogues()

LANGUAGES: dict[Language, str] = {
    language: catalogue["language"]["name"] for language, catalogue in _READ.items()
}
"""Names of the languages in themselves, by their codes."""


def texts_of(part: str) -> dict[Language, Mapping[str, str]]:
    """What ``part`` of the product says, by language."""
    return {language: catalogue[part] for language, catalogue in _READ.items()}


def sentences(part: str, name: str, /, **values: object) -> tuple[str, str, dict[Language, str]]:
    """The sentence ``name`` of ``part`` with its ``values``, as a ``TanyaError`` takes it."""
    said = {language: texts[name].format(**values) for language, texts in texts_of(part).items()}
    return said["id"], said["en"], said


TEXTS = texts_of("chat")
ADMIN_TEXTS = texts_of("admin")


def spoken(wanted: str, otherwise: Language) -> Language:
    """The language of the tag ``wanted`` (``en-GB``), or ``otherwise`` if there is no catalogue of it.

    >>> spoken("en-GB,en;q=0.9", "id"), spoken("fr", "id")
    ('en', 'id')
    """
    code = wanted[:2].lower()
    return code if code in LANGUAGES and not wanted[2:3].isalpha() else otherwise


def date_in_words(when: datetime, language: Language) -> str:
    """The day of ``when`` as ``language`` writes it.

    >>> date_in_words(datetime(2026, 11, 27), "id")
    '27 November 2026'
    """
    from babel.dates import format_date

    return str(format_date(when, "long", locale=language))


def moment_in_words(when: datetime, language: Language) -> str:
    """``when`` to the minute as ``language`` writes it.

    >>> moment_in_words(datetime(2026, 11, 27, 9, 5), "id")
    '27 Nov 2026 09.05'
    """
    from babel.dates import format_date, format_time

    return f"{format_date(when, 'medium', locale=language)} {format_time(when, 'short', locale=language)}"


def number_in_words(number: float, language: Language) -> str:
    """``number`` as ``language`` writes it.

    >>> number_in_words(12345.5, "id"), number_in_words(12345.5, "en")
    ('12.345,5', '12,345.5')
    """
    from babel.numbers import format_decimal

    return str(format_decimal(number, locale=language))


def confidence_in_words(confidence: float, language: Language) -> str:
    """``confidence``, 0 to 1, as a sentence."""
    texts = TEXTS[language]
    if confidence >= 0.85:
        return texts["sure"]
    return texts["fairly"] if confidence >= 0.65 else texts["unsure"]
