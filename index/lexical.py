"""Search by words: BM25 over stems."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import bm25s
import numpy as np

from index.dense import Ranking
from index.words import stems


@dataclass(frozen=True)
class Word:
    """A word of the passages.

    :param stem: its stem.
    :param number: its number among all.
    :param holding: passages that hold it.
    """

    stem: str
    number: int
    holding: int


class LexicalIndex:
    """BM25 (Lucene's variant, k1 = 1.5, b = 0.75) over stemmed words.

    :param bm25: the scorer, indexed.
    """

    def __init__(self, bm25: Any) -> None:
        self._bm25 = bm25

    @classmethod
    def from_texts(cls, texts: Sequence[str]) -> Self:
        """Index ``texts``, one a passage; at least one."""
        bm25 = bm25s.BM25(backend="numpy")
        bm25.index([stems(text) or [""] for text in texts], show_progress=False)
        return cls(bm25)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The index that :meth:`save` wrote.

        :raises OSError: if a file is missing.
        :raises ValueError: if a file is damaged.
        """
        return cls(bm25s.BM25.load(str(folder), mmap=True, show_progress=False))

    def save(self, folder: Path) -> None:
        """Write plain arrays and JSON into ``folder``."""
        self._bm25.save(str(folder), show_progress=False)

    def __len__(self) -> int:
        return int(self._bm25.scores["num_docs"])

    def rarity(self, stem: str) -> float:
        """Inverse document frequency of ``stem``, above 0."""
        token = self._bm25.vocab_dict.get(stem)
        starts = self._bm25.scores["indptr"]
        return rarity(len(self), 0 if token is None else int(starts[token + 1] - starts[token]))

    def vocabulary(self) -> Iterator[Word]:
        """Its words, by number."""
        holding = np.diff(self._bm25.scores["indptr"])
        for stem, number in sorted(self._bm25.vocab_dict.items(), key=lambda pair: pair[1]):
            if number < len(holding):  # the vocabulary also has the empty word, which no passage need hold
                yield Word(stem, number, int(holding[number]))

    def weights(self) -> Iterator[dict[int, float]]:
        """What the words of each passage weigh in it, by their numbers: a question's score is their sum over its
        words."""
        scores = self._bm25.scores
        order = np.argsort(scores["indices"], kind="stable")
        numbers = np.repeat(np.arange(len(scores["indptr"]) - 1), np.diff(scores["indptr"]))[order]
        weights = scores["data"][order]
        ends = np.cumsum(np.bincount(scores["indices"], minlength=len(self)))
        for start, end in pairwise([0, *ends]):
            yield dict(zip(numbers[start:end].tolist(), weights[start:end].tolist(), strict=True))

    def search(self, query: str, limit: int) -> Ranking:
        """The ``limit`` passages that share the rarest words with ``query``; only scores above 0."""
        scores = self._scores(query)
        found = np.flatnonzero(scores > 0)
        if len(found) > limit:
            least = np.partition(scores[found], -limit)[-limit]
            found = found[scores[found] >= least]
        best = found[np.argsort(-scores[found], kind="stable")][:limit]
        return Ranking(best.astype(np.int64), scores[best])

    def _scores(self, query: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        known = [word for word in stems(query) if word in self._bm25.vocab_dict]
        if not known:
            return np.zeros(len(self), dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)


def rarity(passages: int, holding: int) -> float:
    """Inverse document frequency of a word that ``holding`` of ``passages`` hold, above 0 (BM25's, Robertson and
    Zaragoza 2009)."""
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))
