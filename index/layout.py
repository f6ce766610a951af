"""Printed lines with their places on pages, to blocks: columns, headers, paragraphs and headings."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from index.blocks import Block

HEADING_SIZE = 1.12
"""A line printed so many times larger than the body is a heading."""

SAME = 1.05
"""Sizes up to so many times apart are the same."""

LONGEST_HEADING = 150
"""Characters of the longest heading."""

EDGE_LINES = 3
"""Lines at the top and at the foot of a page among which headers and footers are looked for."""

COLUMN_SHARE = 0.2
"""Least width of a column's usual line, as a share of the page's printed width: cells of tables are narrower."""

_NUMBER = re.compile(
    r"^\W*(halaman|hal|page|hlm)?\.?\s*([ivxlc]{1,6}|\d{1,4})(\s*(dari|of|/)\s*\d{1,4})?\W*$", re.IGNORECASE
)
_ITEM = re.compile(r"^\s*([-*•–▪●○◦■]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_ENDED = re.compile(r"[.!?:;][\"”’')\]]*$")


@dataclass(frozen=True)
class Line:
    """A printed line, or a part of one.

    :param page: number of its page, from 1.
    :param text: its words.
    :param left: distance of its left edge from the page's, in points; so for the others.
    :param right: of its right edge.
    :param top: of its upper edge from the page's upper one.
    :param bottom: of its lower edge.
    :param size: of its letters, in points.
    :param bold: whether most of it is printed bold.
    """

    page: int
    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: bool = False


def blocks_of(pages: Sequence[Sequence[Line]]) -> tuple[str, tuple[Block, ...]]:
    """Title (empty if none) and blocks of the lines of ``pages``, which are without their edges."""
    lines = [line for page in pages for line in ordered(page)]
    if not lines:
        return "", ()
    body = _usual_size(lines)
    title = ""
    blocks: list[Block] = []
    headings: list[tuple[float, str]] = []
    for paragraph in paragraphs(lines):
        text, turns = _joined(paragraph)
        rank = _rank(paragraph, text, body)
        if rank == 0:
            blocks.append(Block(text, tuple(words for _, words in headings), paragraph[0].page, turns))
        elif not title and not blocks and rank > body:
            title = text
        elif text != title:
            headings = [(size, words) for size, words in headings if size > SAME * rank] + [(rank, text)]
    return title, tuple(blocks)


def without_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """``pages`` without page numbers and without what stands at the same edge of many of them."""
    edges = [_edge_lines(page) for page in pages]
    counts = Counter(key for page in edges for key in {_edge_key(line) for line in page})
    printed = sum(bool(page) for page in pages)
    often = {key for key, count in counts.items() if count >= max(2, 0.4 * printed)}
    return [
        [
            line
            for line in page
            if line not in edge or not (_edge_key(line) in often or _NUMBER.match(line.text))
        ]
        for page, edge in zip(pages, edges, strict=True)
    ]


def ordered(lines: Sequence[Line]) -> list[Line]:
    """The lines of one page in reading order: columns from left to right, between lines that cross them."""
    gutter = _gutter(lines)
    if gutter is None:
        return [line for row in _rows(lines) for line in row]
    result: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.top, line.left)):
        if line.left < gutter < line.right:
            result += [*_columns(band, gutter), line]
            band = []
        else:
            band.append(line)
    return result + _columns(band, gutter)


def paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """``lines`` in reading order, those of a paragraph together."""
    paragraph: list[Line] = []
    edges = {page: list(group) for page, group in groupby(lines, key=lambda line: line.page)}
    for line in lines:
        if paragraph and not _goes_on(paragraph, line, edges[paragraph[-1].page]):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def unbroken(before: str, after: str) -> str:
    """Two lines of a paragraph as one; a word broken between them is whole again.

    >>> unbroken("kerja sama bila-", "teral"), unbroken("negara-", "negara lain"), unbroken("satu", "dua")
    ('kerja sama bilateral', 'negara-negara lain', 'satu dua')
    """
    broken = re.search(r"(\w+)[-\u00ad\u2010\ufffe]$", before)
    if broken is None or not after[:1].islower():
        return f"{before} {after}"
    doubled = after.casefold().startswith(broken[1].casefold())
    return f"{before[:-1]}-{after}" if doubled else before[:-1] + after


def _joined(paragraph: Sequence[Line]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text of a paragraph, and where in it later pages begin."""
    text = paragraph[0].text
    turns = []
    for before, line in zip(paragraph, paragraph[1:], strict=False):
        text = f"{text} | {line.text}" if _level(before, line) else unbroken(text, line.text)
        if line.page != before.page:
            turns.append((len(text) - len(line.text), line.page))
    return text, tuple(turns)


def _level(before: Line, line: Line) -> bool:
    """Whether both stand beside each other."""
    return before.page == line.page and abs(before.top - line.top) < line.size / 2


def _rank(paragraph: Sequence[Line], text: str, body: float) -> float:
    """Size of the heading that ``paragraph`` is; 0 if it is none."""
    size = max(line.size for line in paragraph)
    if len(text) > LONGEST_HEADING or not any(char.isalpha() for char in text):
        return 0.0
    if size >= HEADING_SIZE * body:
        return size
    bold = all(line.bold for line in paragraph) and not _ENDED.search(text)
    return body if bold and len(paragraph) <= 2 else 0.0


def _goes_on(paragraph: Sequence[Line], line: Line, page: Sequence[Line]) -> bool:
    """Whether ``line`` belongs to ``paragraph``, which comes before it and ends on ``page``."""
    last = paragraph[-1]
    if abs(last.size - line.size) > 0.1 * last.size or last.bold != line.bold or _ITEM.match(line.text):
        return False
    if _level(last, line):
        return True
    if last.page != line.page or line.top < last.top:
        return not _ENDED.search(last.text) and line.text[:1].islower()
    if line.top - last.bottom > 0.8 * line.size:
        return False
    if line.left > last.left + line.size and len(paragraph) > 1:
        return False
    return not (
        _ENDED.search(last.text) and last.right < _margin(last, page) - 0.1 * (last.right - last.left)
    )


def _margin(line: Line, page: Sequence[Line]) -> float:
    """Where most lines of the column of ``line`` end at least."""
    rights = sorted(other.right for other in page if abs(other.left - line.left) < 2 * line.size)
    return rights[3 * len(rights) // 4]


def _usual_size(lines: Iterable[Line]) -> float:
    """The size that most letters are printed in."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[round(line.size, 1)] += len(line.text)
    return letters.most_common(1)[0][0]


def _edge_lines(page: Sequence[Line]) -> list[Line]:
    rows = _rows(page)
    return [line for row in [*rows[:EDGE_LINES], *rows[-EDGE_LINES:]] for line in row]


def _edge_key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text.casefold()), round(line.top / 8)


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """``lines`` from top to bottom, those on one level together, from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.top):
        if rows and _level(rows[-1][0], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _columns(band: Sequence[Line], gutter: float) -> list[Line]:
    sides = groupby(sorted(band, key=lambda line: line.left > gutter), key=lambda line: line.left > gutter)
    return [line for _, side in sides for line in ordered(list(side))]


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where the space between two columns runs, if there are any."""
    if len(lines) < 6:
        return None
    width = max(line.right for line in lines) - min(line.left for line in lines)
    best: tuple[int, float] | None = None
    for place in sorted({line.right + 1 for line in lines}):
        left = [line for line in lines if line.right < place]
        right = [line for line in lines if line.left > place]
        crossing = len(lines) - len(left) - len(right)
        if min(len(left), len(right)) < 3 or crossing > 0.3 * len(lines):
            continue
        beside = sum(any(a.top < b.bottom and b.top < a.bottom for b in right) for a in left)
        narrow = min(median(line.right - line.left for line in side) for side in (left, right))
        if beside >= 3 and narrow >= COLUMN_SHARE * width and (best is None or crossing < best[0]):
            best = (crossing, place)
    return None if best is None else best[1]
