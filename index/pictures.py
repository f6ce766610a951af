"""Pictures of text, photographed or scanned, to blocks."""

import io
from dataclasses import replace

from PIL import Image, ImageOps, ImageSequence

from index.blocks import Parsed
from index.layout import blocks_of, without_edges
from index.ocr import lines_of

MOST_PICTURES = 50
"""Pictures of one file that are read."""

WIDTH = 2480
"""Dots that narrower pictures are widened to: an A4 page at the density that Tesseract wants."""


def parse(data: bytes) -> Parsed:
    """The text printed in the picture file ``data``; one of several pictures has pages.

    :raises UnreadablePictureError: if Tesseract fails.
    :raises OSError: if ``data`` is no picture.
    """
    with Image.open(io.BytesIO(data)) as file:
        frames = [
            _upright(frame)
            for frame, _ in zip(ImageSequence.Iterator(file), range(MOST_PICTURES), strict=False)
        ]
    pages = [lines_of(frame, number) for number, frame in enumerate(frames, 1)]
    title, blocks = blocks_of(without_edges(pages))
    if len(pages) == 1:
        blocks = tuple(replace(block, page=None) for block in blocks)
    return Parsed(title, blocks)


def _upright(frame: Image.Image) -> Image.Image:
    picture = ImageOps.exif_transpose(frame).convert("L")
    if picture.width >= WIDTH / 2:
        return picture
    return picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)))
