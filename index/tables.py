"""Tables to blocks: each row reads as a sentence."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from index.blocks import Block

MOST_ROWS = 20_000
"""Rows of a table that are read."""

MOST_CELLS = 60
"""Cells of a row that are read."""

TOGETHER = 8
"""Rows in one block."""


def parse_csv(text: str) -> tuple[str, tuple[Block, ...]]:
    """No title, and the blocks of the comma-, semicolon- or tab-separated ``text``."""
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    csv.field_size_limit(1_000_000)
    try:
        return "", tuple(blocks_of(csv.reader(io.StringIO(text), dialect)))
    except csv.Error:
        return "", ()


def parse_xlsx(data: bytes) -> tuple[str, tuple[Block, ...]]:
    """Title (empty if none) and blocks of a workbook, each sheet under its name."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    sheets = book.worksheets
    blocks = [
        block
        for sheet in sheets
        for block in blocks_of(
            ([_shown(value) for value in row] for row in sheet.iter_rows(values_only=True)),
            (sheet.title,) if len(sheets) > 1 else (),
        )
    ]
    return str(book.properties.title or "").strip(), tuple(blocks)


def blocks_of(rows: Iterable[Sequence[str]], headings: tuple[str, ...] = ()) -> Iterator[Block]:
    """The rows below the first one, which names the columns, as lines such as "Nama: Ani; Kelas: 7"."""
    kept = ([" ".join(cell.split()) for cell in row[:MOST_CELLS]] for row in rows)
    filled = (row for row in kept if any(row))
    names = next(filled, [])
    lines = [sentence(names, row) for row in islice(filled, MOST_ROWS)]
    if names and not lines:
        lines = ["; ".join(cell for cell in names if cell)]
    for start in range(0, len(lines), TOGETHER):
        yield Block("\n".join(lines[start : start + TOGETHER]), headings)


def sentence(names: Sequence[str], row: Sequence[str]) -> str:
    """``row`` under the column ``names`` as a sentence.

    >>> sentence(["Nama", "Kelas"], ["Ani", "7"])
    'Nama: Ani; Kelas: 7.'
    """
    padded = [*names, *[""] * (len(row) - len(names))]
    cells = (f"{name}: {cell}" if name else cell for name, cell in zip(padded, row, strict=False) if cell)
    return "; ".join(cells) + "."


def _shown(value: object) -> str:
    """A cell's value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time().isoformat() == "00:00:00" else "%Y-%m-%d %H:%M")
    return str(value)
