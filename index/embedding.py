"""Passages to an index in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.dense import DenseIndex
from index.encoder import Encoder, Vectors
from index.lexical import LexicalIndex
from index.manifest import IndexedDocument, IndexedFile, Manifest
from index.passages import Passage
from index.progress import Progress, silent
from index.store import Earlier, Index, first_sentences_of
from index.workers import Here, Workers


def index_passages(
    passages: Sequence[Passage],
    encoder: Encoder,
    progress: Progress = silent,
    base: Earlier | None = None,
    workers: Workers | None = None,
) -> Index:
    """An index of ``passages``, at least one, in memory.

    :param progress: told the characters encoded and those to encode in all.
    :param base: an earlier build from which the vectors of equal texts are taken, if the same model made it.
    :param workers: encode the other texts; without, this process does.
    """
    workers = workers or Here(encoder)
    kept_passages, kept_sentences = _kept(base, encoder)
    texts = [passage.embedded for passage in passages]
    whole = _Texts.of(texts, kept_passages)
    parts = _Texts.of(_sentences(passages), kept_sentences)
    total, done = whole.characters + parts.characters, 0

    def tell(characters: int) -> None:
        nonlocal done
        done += characters
        progress("encode", done, total)

    tell(0)
    encoded = workers.encode([*whole.slices(workers.slice), *parts.slices(workers.slice)])
    return Index(
        passages=tuple(passages),
        dense=DenseIndex.from_vectors(whole.vectors(encoded, np.float32, tell)),
        lexical=LexicalIndex.from_texts(texts),
        sentence_vectors=parts.vectors(encoded, np.float16, tell),
        first_sentences=first_sentences_of(passages),
        manifest=Manifest(
            build="memory",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            encoder=encoder.name,
            fingerprint=encoder.fingerprint,
            files=tuple(files_of(passages)),
        ),
    )


def files_of(passages: Sequence[Passage]) -> Iterator[IndexedFile]:
    """A file for each document that ``passages`` come from."""
    for path, group in groupby(passages, key=lambda passage: passage.path):
        first, *others = group
        document = IndexedDocument(path, first.title, True, 1 + len(others))
        yield IndexedFile(path, None, (document,))


Kept = tuple[Sequence[str], NDArray[Any]]
"""Texts and their vectors."""


def _kept(base: Earlier | None, encoder: Encoder) -> tuple[Kept, Kept]:
    """The passages of ``base`` and their sentences, with their vectors."""
    if base is None or base.manifest.fingerprint != encoder.fingerprint:
        return ((), np.zeros((0, encoder.dimension))), ((), np.zeros((0, encoder.dimension)))
    texts = [passage.embedded for passage in base.passages]
    return (texts, base.vectors), (_sentences(base.passages), base.sentence_vectors)


@dataclass(frozen=True)
class _Texts:
    """Texts of which each is encoded once, and not at all if its vector is known.

    :param rows: for each text, its number among the distinct ones.
    :param known: for each distinct text, the row of its vector in ``kept``, or -1.
    :param new: the distinct texts without a known vector, by number.
    :param kept: known vectors.
    """

    rows: NDArray[np.int64]
    known: NDArray[np.int64]
    new: dict[int, str]
    kept: NDArray[Any]

    @classmethod
    def of(cls, texts: Sequence[str], kept: Kept) -> "_Texts":
        places = {text: row for row, text in enumerate(kept[0])}
        numbers: dict[str, int] = {}
        rows = [numbers.setdefault(text, len(numbers)) for text in texts]
        known = [places.get(text, -1) for text in numbers]
        new = {number: text for text, number in numbers.items() if known[number] < 0}
        return cls(np.array(rows, dtype=np.int64), np.array(known, dtype=np.int64), new, kept[1])

    @property
    def characters(self) -> int:
        """Of the texts to encode."""
        return sum(map(len, self.new.values()))

    @cached_property
    def _numbers(self) -> list[int]:
        """Of the texts to encode, the shortest first."""
        return sorted(self.new, key=lambda number: len(self.new[number]))

    def slices(self, size: int) -> Iterator[list[str]]:
        """The texts to encode, at most ``size`` at once."""
        for start in range(0, len(self._numbers), size):
            yield [self.new[number] for number in self._numbers[start : start + size]]

    def vectors(self, encoded: Iterator[Vectors], kind: type, tell: Callable[[int], None]) -> NDArray[Any]:
        """Vectors of all texts, shape (texts, dimension); ``tell`` hears how many characters were encoded.

        :param encoded: gives the vectors of each slice in turn.
        """
        vectors: NDArray[Any] = np.zeros((len(self.known), self.kept.shape[1]), dtype=kind)
        old = self.known >= 0
        vectors[old] = self.kept[self.known[old]]
        start = 0
        while start < len(self._numbers):
            found = next(encoded)
            part = self._numbers[start : start + len(found)]
            vectors[part] = found
            tell(sum(len(self.new[number]) for number in part))
            start += len(part)
        return vectors[self.rows]


def _sentences(passages: Sequence[Passage]) -> list[str]:
    return [passage.text[start:end] for passage in passages for start, end in passage.sentences]
