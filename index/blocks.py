"""A document as a title and blocks of its own words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A paragraph, list or table of a document, in the document's own words.

    :param text: plain text without markup; a list keeps one item a line.
    :param headings: section headings above it, outermost first, without the title.
    :param page: number of the page on which it begins, from 1, or None where the format has no pages.
    :param turns: where in ``text`` later pages begin: pairs of an offset and a page number, in order.
    """

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None
    turns: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Document:
    """One file of the collection.

    :param path: path relative to the documents' folder, with forward slashes.
    :param title: the document's title.
    :param titled: whether the title is its own, not made of the file's name.
    :param blocks: its text in reading order.
    :param unread: numbers of the pages that hold pictures but no text.
    """

    path: str
    title: str
    titled: bool
    blocks: tuple[Block, ...]
    unread: tuple[int, ...] = ()


@dataclass(frozen=True)
class Parsed:
    """What a parser found.

    :param title: the title, empty if there is none.
    :param blocks: the text in reading order.
    :param unread: numbers of the pages that hold pictures but no text.
    """

    title: str
    blocks: tuple[Block, ...]
    unread: tuple[int, ...] = ()
