"""Passages: the unit that is embedded, found, read and cited."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.blocks import Block, Document
from index.sentences import Span, sentence_spans


@dataclass(frozen=True)
class Passage:
    """A paragraph-sized piece of a document, verbatim.

    :param id: 16 hexadecimal digits, a hash of path, text and its count among equals in the
        document: other parts of the collection do not change it.
    :param path: path of the document, relative to the documents' folder, with forward slashes.
    :param title: title of the document.
    :param headings: section headings above it, outermost first, without the title.
    :param page: number of the page on which it begins, from 1, or None.
    :param text: what is shown, unaltered.
    :param sentences: half-open character ranges into ``text``, in order, without outer space.
    :param turns: where in ``text`` later pages begin: pairs of an offset and a page number, in order.
    """

    id: str
    path: str
    title: str
    headings: tuple[str, ...]
    page: int | None
    text: str
    sentences: tuple[Span, ...]
    turns: tuple[tuple[int, int], ...] = ()

    def page_at(self, offset: int) -> int | None:
        """Number of the page on which the character at ``offset`` stands, or None."""
        return max((page for start, page in self.turns if start <= offset), default=self.page)

    @property
    def section(self) -> str:
        """The heading path as one line."""
        return " › ".join(self.headings)

    @property
    def embedded(self) -> str:
        """What the encoder and BM25 see: title and heading path before the text."""
        return "\n".join((" › ".join((self.title, *self.headings)), self.text))


SHORTEST = 120
"""Blocks of fewer characters join their neighbour under the same heading."""

LONGEST = 1200
"""Passages of more characters are split at sentences."""

_JOINT = "\n"


def split_document(document: Document) -> tuple[Passage, ...]:
    """The passages of ``document``, in reading order."""
    passages = []
    seen: Counter[str] = Counter()
    for block in _joined(document.blocks):
        for start, end in _pieces(block.text):
            text = block.text[start:end]
            seen[text] += 1
            passages.append(
                Passage(
                    id=_passage_id(document.path, text, seen[text]),
                    path=document.path,
                    title=document.title,
                    headings=block.headings,
                    page=max((page for at, page in block.turns if at <= start), default=block.page),
                    text=text,
                    sentences=sentence_spans(text),
                    turns=tuple((at - start, page) for at, page in block.turns if start < at < end),
                )
            )
    return tuple(passages)


def moved(passages: Sequence[Passage], path: str, title: str) -> tuple[Passage, ...]:
    """The passages of a document as if it stood at ``path`` under ``title``."""
    seen: Counter[str] = Counter()
    placed = []
    for passage in passages:
        seen[passage.text] += 1
        number = _passage_id(path, passage.text, seen[passage.text])
        placed.append(replace(passage, id=number, path=path, title=title))
    return tuple(placed)


def _passage_id(path: str, text: str, count: int) -> str:
    digest = hashlib.blake2b(f"{path}\0{text}\0{count}".encode(), digest_size=8)
    return digest.hexdigest()


def _joined(blocks: Sequence[Block]) -> list[Block]:
    """``blocks`` with short ones joined to the one before, or else the one after, of the same place;
    a list joins the words that lead into it."""
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if last is not None and _belong_together(last, block):
            shift = len(last.text + _JOINT)
            turned = tuple((at + shift, page) for at, page in block.turns)
            joined[-1] = replace(last, text=last.text + _JOINT + block.text, turns=last.turns + turned)
        else:
            joined.append(block)
    return joined


def _belong_together(one: Block, other: Block) -> bool:
    ends = one.turns[-1][1] if one.turns else one.page
    if (one.headings, ends) != (other.headings, other.page):
        return False
    if len(one.text) + len(other.text) > LONGEST:
        return False
    return min(len(one.text), len(other.text)) < SHORTEST or one.text.rstrip().endswith(":")


def _pieces(text: str) -> list[Span]:
    """The range of ``text`` whole, or those of evenly long runs of sentences of at most LONGEST characters."""
    if len(text) <= LONGEST:
        return [(0, len(text))]
    spans = [part for span in sentence_spans(text) for part in _bounded(text, span)]
    share = len(text) / -(-len(text) // LONGEST)
    pieces: list[Span] = []
    for start, end in spans:
        if pieces and end - pieces[-1][0] <= LONGEST and pieces[-1][1] - pieces[-1][0] < share * 0.9:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    return pieces


def _bounded(text: str, span: Span) -> list[Span]:
    """``span`` cut at spaces into parts of at most LONGEST characters."""
    start, end = span
    parts = []
    while end - start > LONGEST:
        cut = text.rfind(" ", start, start + LONGEST)
        cut = cut if cut > start else start + LONGEST
        parts.append((start, cut))
        start = cut + 1 if text[cut] == " " else cut
    return [*parts, (start, end)]
