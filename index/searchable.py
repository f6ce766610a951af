"""What finding and reading need of an index, wherever it is kept."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.dense import Ranking, Vectors
from index.manifest import Manifest
from index.passages import Passage


@dataclass(frozen=True)
class Candidates:
    """Passages that may answer a question, with what speaks for each; all of shape (candidates,).

    :param positions: numbers of the passages, ascending.
    :param cosines: of the question to each passage.
    :param sentences: of the question to each passage's nearest sentence.
    :param words: BM25 scores, 0 where a passage was found by its meaning alone.
    """

    positions: NDArray[np.int64]
    cosines: NDArray[np.float32]
    sentences: NDArray[np.float32]
    words: NDArray[np.float32]


class Searchable(Protocol):
    """An index that can be asked. Several threads may ask at once."""

    @property
    def manifest(self) -> Manifest:
        """What it was made of."""

    @property
    def positions(self) -> NDArray[np.int64]:
        """Numbers of its passages, ascending: documents by path, each in reading order."""

    def candidates(self, vector: Vectors, text: str, limit: int) -> Candidates:
        """The ``limit`` passages nearest to ``vector``, shape (dimension,), and the ``limit`` that share the rarest
        words with ``text``."""

    def passages_at(self, positions: Iterable[int]) -> list[Passage]:
        """The passages at ``positions``, in that order."""

    def passages_of(self, document: str) -> tuple[Passage, ...]:
        """The passages of ``document``, given by its path; none if it is not there."""

    def vectors_at(self, positions: NDArray[np.int64]) -> Vectors:
        """Vectors of the passages at ``positions``, shape (len(positions), dimension)."""

    def sentences_at(self, positions: Iterable[int]) -> list[Vectors]:
        """Vectors of the sentences of each passage at ``positions``, each of shape (its sentences, dimension)."""

    def rarity(self, stem: str) -> float:
        """Inverse document frequency of ``stem``, above 0."""

    def part(self, documents: Collection[str]) -> "Searchable":
        """The part that holds the passages of ``documents``, given by their paths; at least one."""


def together(dense: Ranking, lexical: Ranking) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The passages of both rankings, ascending, and their scores in ``lexical``, 0 where they are not in it."""
    positions = np.union1d(dense.positions, lexical.positions)
    words = np.zeros(len(positions), dtype=np.float32)
    words[np.searchsorted(positions, lexical.positions)] = lexical.scores
    return positions, words
