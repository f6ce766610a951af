"""Pictures of text to printed lines, by way of Tesseract."""

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from statistics import median
from typing import Any

from index.alive import tell_alive
from index.errors import Reason
from index.layout import Line

LANGUAGES = ("ind", "eng")
"""Tesseract's names of the languages that are read; the first must be there."""

SECONDS = 60.0
"""How long one picture may take."""

DENSITY = 300
"""Dots an inch that pages are drawn with, as Tesseract's manual advises."""

SUREST_NOISE = 30.0
"""Words that Tesseract is less sure of, in percent, are left out."""

LARGE = 1.4
"""Lines so many times higher than the usual are headings."""

SIZE = 10.0
"""What every page is scaled to: the size of its usual words in points, so that pages are alike."""


class UnreadablePictureError(Exception):
    """Tesseract failed on a picture, or took too long."""


@cache
def missing() -> Reason | None:
    """What lacks for reading pictures; None if nothing does."""
    if LANGUAGES[0] in _languages():
        return None
    return Reason(
        "pasang Tesseract dengan bahasa Indonesia (tesseract-ocr dan tesseract-ocr-ind)",
        "install Tesseract with Indonesian (tesseract-ocr and tesseract-ocr-ind)",
    )


def lines_of(picture: Any, page: int) -> list[Line]:
    """The lines printed on ``picture``, a grey Pillow image of :data:`DENSITY`.

    :param page: number of its page, from 1.
    :raises UnreadablePictureError: if Tesseract fails.
    """
    data = io.BytesIO()
    picture.save(data, "PNG")
    languages = "+".join(name for name in LANGUAGES if name in _languages())
    command = ["tesseract", "-", "-", "-l", languages, "--dpi", str(DENSITY), "tsv"]
    try:
        ran = subprocess.run(
            command, input=data.getvalue(), capture_output=True, timeout=SECONDS, check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise UnreadablePictureError from error
    finally:
        tell_alive()
    return list(_lines(ran.stdout.decode("utf-8", "replace"), page))


@cache
def tesseract() -> str:
    """The version of Tesseract and the languages that it reads for us; empty if it is not there."""
    if missing() is not None:
        return ""
    ran = subprocess.run(["tesseract", "--version"], capture_output=True, timeout=10, check=False)
    version = ran.stdout.decode("utf-8", "replace").split("\n")[0]
    return f"{version} {sorted(_languages() & set(LANGUAGES))}"


@cache
def _languages() -> frozenset[str]:
    if shutil.which("tesseract") is None:
        return frozenset()
    try:
        ran = subprocess.run(["tesseract", "--list-langs"], capture_output=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(ran.stdout.decode("utf-8", "replace").split())


def _lines(table: str, page: int) -> Iterator[Line]:
    """The lines of Tesseract's TSV, a row a word, numbered by block, paragraph and line."""
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    words = [row for row in rows if (row["text"] or "").strip() and float(row["conf"]) >= SUREST_NOISE]
    usual = _height(words) if words else 1.0
    for _, group in groupby(words, lambda row: (row["block_num"], row["par_num"], row["line_num"])):
        line = list(group)
        edges = [
            [float(row[name]) * SIZE / usual for name in ("left", "top", "width", "height")] for row in line
        ]
        larger = _height(line) / usual
        yield Line(
            page=page,
            text=" ".join(row["text"].strip() for row in line),
            left=min(left for left, _, _, _ in edges),
            right=max(left + width for left, _, width, _ in edges),
            top=min(top for _, top, _, _ in edges),
            bottom=max(top + height for _, top, _, height in edges),
            size=SIZE * larger if larger >= LARGE else SIZE,
        )


def _height(words: list[dict[str, str]]) -> float:
    return median(float(row["height"]) for row in words)
