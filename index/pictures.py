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
"""Dots that narrow pictures are widened to: an A4 page at the density that Tesseract wants."""

HIGHEST = 12_000
"""Dots of the highest picture that is widened."""


def parse(data: bytes) -> Parsed:
    """The text printed in the picture file ``data``; a TIFF of several pictures has pages.

    :raises UnreadablePictureError: if Tesseract fails.
    :raises OSError: if ``data`` is no picture.
    """
    with Image.open(io.BytesIO(data)) as file:
        count = getattr(file, "n_frames", 1) if file.format == "TIFF" else 1
        numbered = zip(range(1, min(count, MOST_PICTURES) + 1), ImageSequence.Iterator(file), strict=False)
        pages = [lines_of(_upright(frame), number) for number, frame in numbered]
    title, blocks = blocks_of(without_edges(pages))
    if count == 1:
        blocks = tuple(replace(block, page=None) for block in blocks)
    return Parsed(title, blocks, tuple(range(MOST_PICTURES + 1, count + 1)))


def _upright(frame: Image.Image) -> Image.Image:
    """``frame`` as it is looked at: turned as the camera says, on white, and wide enough."""
    turned = ImageOps.exif_transpose(frame).convert("RGBA")
    picture = Image.new("RGBA", turned.size, "white")
    picture.alpha_composite(turned)
    height = round(picture.height * WIDTH / picture.width)
    if picture.width >= WIDTH / 2 or height > HIGHEST:
        return picture.convert("L")
    return picture.convert("L").resize((WIDTH, height))
