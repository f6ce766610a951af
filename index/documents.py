"""What a file becomes before it is cut into passages."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A paragraph, list or table of a document, in the document's own words.

    :param text: plain text without markup; a list keeps one item a line.
    :param headings: section headings above it, outermost first, without the title.
    :param page: page number from 1, or None where the format has no pages.
    """

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True)
class Document:
    """One file of the collection.

    :param path: path relative to the documents' folder, with forward slashes.
    :param title: the document's title.
    :param blocks: its text in reading order.
    """

    path: str
    title: str
    blocks: tuple[Block, ...]
