"""How near two words of one sort are: a wrong choice is like the right one, and clearly another."""

import re

from assistant.blanks import Blank, Sort, months
from assistant.metrics import normalized
from assistant.questions import FUNCTION_WORDS
from index.words import stems

LEAST_RATIO = 1.15
"""Numbers nearer to each other are not clearly others."""

LARGEST_RATIO = 4.0
"""Numbers farther from each other are told apart without reading."""

MOST_YEARS = 80
"""Dates farther from each other are told apart without reading."""

MEASURED = frozenset({Sort.DATE, Sort.MONTH, Sort.YEAR, Sort.NUMBER})
"""Sorts whose words have a :func:`value`."""

_SHARES = frozenset({"persen", "%"})


def value(sort: Sort, words: str) -> float:
    """``words`` of one of the sorts :data:`MEASURED` as a number, dates in years.

    >>> value(Sort.NUMBER, "1.250,5"), value(Sort.YEAR, "1945"), value(Sort.MONTH, "Juli 1945")
    (1250.5, 1945.0, 1945.5)
    """
    if sort is Sort.NUMBER:
        grouped = re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", words)
        plain = (words.replace(".", "") if grouped else words).replace(",", ".")
        return float(plain) if plain.count(".") < 2 else 0.0
    *before, year = words.split()
    month = months()[before[-1]] - 1 if before else 0
    day = int(before[0]) - 1 if len(before) == 2 else 0
    return int(year) + month / 12 + day / 372


def apart(sort: Sort, one: str, other: str) -> bool:
    """Whether ``one`` and ``other`` are clearly not the same: neither is a part of the other, and dates differ by more
    than days."""
    if sort in MEASURED:
        return _values_apart(sort, value(sort, one), value(sort, other))
    if (
        f" {normalized(one)} " in f" {normalized(other)} "
        or f" {normalized(other)} " in f" {normalized(one)} "
    ):
        return False
    shorter, longer = sorted((telling(one), telling(other)), key=len)
    return not shorter <= longer


def _values_apart(sort: Sort, one: float, other: float) -> bool:
    if sort is Sort.NUMBER:
        return min(one, other) > 0 and max(one, other) / min(one, other) >= LEAST_RATIO
    return abs(one - other) >= (2 if sort is Sort.YEAR else 1 / 12)


def distance(one: Blank, other: Blank) -> float | None:
    """How far ``other`` is from ``one`` as a choice beside it, 0 or more; None if it is none."""
    if one.sort is not Sort.NUMBER:
        if one.group != other.group:
            return None
        if one.sort not in MEASURED:
            return 0.0
        years = abs(value(one.sort, one.words) - value(one.sort, other.words))
        return years if years <= MOST_YEARS else None
    here, there = value(one.sort, one.words), value(one.sort, other.words)
    if min(here, there) <= 0 or ("," in one.words) != ("," in other.words):
        return None
    ratio = max(here, there) / min(here, there)
    if ratio > LARGEST_RATIO or (one.group in _SHARES and other.group not in _SHARES):
        return None
    return ratio + (0 if one.group == other.group else LARGEST_RATIO)


def telling(words: str) -> frozenset[str]:
    """The stems of ``words`` that carry meaning."""
    return frozenset(stem for stem in stems(words) if stem not in FUNCTION_WORDS)
