"""Passages: the unit that is embedded, found, read and cited."""

from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class Passage:
    """A paragraph-sized piece of a document, verbatim.

    :param id: 16 hexadecimal digits, a hash of path, text and its count among equals in the
        document: other parts of the collection do not change it.
    :param path: path of the document, relative to the documents' folder, with forward slashes.
    :param title: title of the document.
    :param headings: section headings above it, outermost first, without the title.
    :param page: page number from 1, or None.
    :param text: what is shown, unaltered.
    :param sentences: half-open character ranges into ``text``, in order, without outer space.
    """

    id: str
    path: str
    title: str
    headings: tuple[str, ...]
    page: int | None
    text: str
    sentences: tuple[Span, ...]

    @property
    def section(self) -> str:
        """The heading path as one line."""
        return " › ".join(self.headings)

    @property
    def embedded(self) -> str:
        """What the encoder and BM25 see: title and heading path before the text."""
        return "\n".join((" › ".join((self.title, *self.headings)), self.text))
