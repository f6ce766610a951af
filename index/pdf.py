"""PDF to blocks, by way of PDFium."""

from collections.abc import Iterator, Sequence
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from index.blocks import Parsed
from index.layout import Line, blocks_of, without_edges
from index.ocr import DENSITY, lines_of, missing

MOST_PAGES = 2000
"""Pages that are read."""

MOST_SCANNED = 200
"""Pages without a text layer that are recognized."""

MOST_DOTS = 25_000_000
"""Dots of the largest picture that a page is drawn as: A4 has 8.7 million."""

POINTS = 72
"""To the inch."""

GAP = 1.6
"""A gap of so many letter sizes inside a line parts columns or cells."""

BOLD = 600
"""Least weight of a bold font."""


def parse(data: bytes) -> Parsed:
    """The lines of the PDF ``data``, put together.

    :raises pypdfium2.PdfiumError: if ``data`` is no PDF, or one behind a password.
    """
    document = pypdfium2.PdfDocument(data)
    printed: list[list[Line]] = []
    pictures: list[int] = []
    for number in range(1, min(len(document), MOST_PAGES) + 1):
        page = document[number - 1]
        printed.append(list(_lines(page, number)))
        if next(page.get_objects([pdfium.FPDF_PAGEOBJ_IMAGE]), None) is not None:
            pictures.append(number)
        page.close()
    pages = without_edges(printed)
    scanned = [number for number in pictures if not pages[number - 1]]
    recognized = {
        number: _recognized(document[number - 1], number, printed[number - 1])
        for number in scanned[:MOST_SCANNED]
    }
    if any(recognized.values()):
        pages = without_edges([recognized.get(number) or lines for number, lines in enumerate(printed, 1)])
    unread = tuple(number for number in scanned if not recognized.get(number))
    title, blocks = blocks_of(pages)
    return Parsed(title or document.get_metadata_value("Title").strip(), blocks, unread)


def _recognized(page: Any, number: int, printed: Sequence[Line]) -> list[Line]:
    """The lines in the picture of ``page`` beside those that are ``printed`` at its edges; none where they cannot be
    read."""
    if missing() is not None:
        return []
    scale = min(DENSITY / POINTS, (MOST_DOTS / max(1.0, page.get_width() * page.get_height())) ** 0.5)
    known = {line.text for line in printed}
    try:
        lines = lines_of(page.render(scale=scale, grayscale=True).to_pil(), number)
        return [line for line in lines if line.text not in known]
    except Exception:  # PDFium and Pillow each raise their own; the other pages are read all the same
        return []
    finally:
        page.close()


def _lines(page: Any, number: int) -> Iterator[Line]:
    """The lines of ``page`` in the order in which they were written."""
    text = page.get_textpage()
    height = page.get_height()
    part: list[_Letter] = []
    for letter in _letters(text):
        if part and _parts(part[-1], letter):
            yield from _line(part, number, height)
            part = []
        part.append(letter)
    yield from _line(part, number, height)
    text.close()


class _Letter:
    """A printed character: ``char`` inside ``box`` (left, bottom, right, top), and its font's size and weight."""

    __slots__ = ("bold", "box", "char", "size")

    def __init__(self, text: Any, place: int) -> None:
        self.char = chr(pdfium.FPDFText_GetUnicode(text, place))
        self.box = text.get_charbox(place, loose=True)
        self.size = self.box[3] - self.box[1]
        self.bold = pdfium.FPDFText_GetFontWeight(text, place) >= BOLD


def _letters(text: Any) -> Iterator[_Letter]:
    for place in range(text.count_chars()):
        yield _Letter(text, place)


def _parts(last: _Letter, letter: _Letter) -> bool:
    """Whether a new line, column or cell begins at ``letter``."""
    if letter.char in "\r\n" or last.char in "\r\n":
        return True
    if letter.char == " ":
        return False
    far = letter.box[0] - last.box[2] > GAP * max(letter.size, 1.0)
    back = letter.box[2] < last.box[0] - max(letter.size, 1.0)
    apart = letter.box[3] < last.box[1] or letter.box[1] > last.box[3]
    return bool(far or back or apart)


def _line(part: list[_Letter], number: int, height: float) -> Iterator[Line]:
    inked = [letter for letter in part if not letter.char.isspace() and letter.size > 0]
    words = " ".join("".join(letter.char for letter in part).split()).replace("\x02", "-")
    if not inked or not words:
        return
    yield Line(
        page=number,
        text=words,
        left=min(letter.box[0] for letter in inked),
        right=max(letter.box[2] for letter in inked),
        top=height - max(letter.box[3] for letter in inked),
        bottom=height - min(letter.box[1] for letter in inked),
        size=sorted(letter.size for letter in inked)[len(inked) // 2],
        bold=2 * sum(letter.bold for letter in inked) > len(inked),
    )
