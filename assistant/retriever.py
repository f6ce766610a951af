"""Hybrid retrieval: passages by their meaning, that of their sentences and their words, fused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder
from index.passages import Passage
from index.searchable import Searchable

CANDIDATES = 100
"""Passages that each way of searching hands to the fusion."""

SENTENCE_WEIGHT = 0.3
"""Share of the standardized cosine to a passage's nearest sentence in the fused score."""

LEXICAL_WEIGHT = 0.2
"""Share of BM25's standardized score; the rest is the cosine's to the passage (table in bench/README.md)."""


@dataclass(frozen=True)
class Query:
    """A question ready for searching.

    :param text: the question.
    :param vector: its unit vector, shape (dimension,).
    :param earlier: earlier questions from which it is understood, oldest first.
    """

    text: str
    vector: NDArray[np.float32]
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A passage found for a question.

    :param position: number of the passage in the index.
    :param passage: the passage.
    :param score: fused score in standard deviations over the candidates; comparable within one query.
    :param cosine: similarity by meaning, -1 to 1.
    :param lexical: BM25 score, 0 or more.
    """

    position: int
    passage: Passage
    score: float
    cosine: float
    lexical: float


class Retriever:
    """Finds the passages of an index that fit a question.

    :param index: the index.
    :param encoder: the model that the index was built with.
    """

    def __init__(self, index: Searchable, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder

    def query(self, question: str) -> Query:
        """``question`` with its vector."""
        return Query(question, self._encoder.encode_questions([question])[0])

    def queries(self, question: str, earlier: Sequence[str] = ()) -> tuple[Query, Query]:
        """``question`` after the questions ``earlier`` that it hangs on: as it is searched for, and as it is
        read.

        All of them find the passages; in these, the words of ``question`` alone say what is wanted, and its
        meaning is the mean of it alone and behind the last one. (On KelasChat's train dialogues, made to
        answer, that is right for 74%, all of them in searching and reading for 53%, ``question`` alone for 49%.)
        """
        if not earlier:
            query = self.query(question)
            return query, query
        whole = " ".join([*earlier, question])
        alone, behind, all_of_it = self._encoder.encode_questions(
            [question, f"{earlier[-1]} {question}", whole]
        )
        meaning = alone + behind
        return Query(whole, all_of_it), Query(question, meaning / np.linalg.norm(meaning), tuple(earlier))

    def search(self, question: str | Query, limit: int = 10) -> list[Hit]:
        """The best ``limit`` passages, best first."""
        query = self.query(question) if isinstance(question, str) else question
        found = self._index.candidates(query.vector, query.text, CANDIDATES)
        fused = (
            (1 - SENTENCE_WEIGHT - LEXICAL_WEIGHT) * standardized(found.cosines)
            + SENTENCE_WEIGHT * standardized(found.sentences)
            + LEXICAL_WEIGHT * standardized(found.words)
        )
        best = np.argsort(-fused, kind="stable")[:limit]
        passages = self._index.passages_at(found.positions[best])
        return [
            Hit(
                position=int(found.positions[i]),
                passage=passage,
                score=float(fused[i]),
                cosine=float(found.cosines[i]),
                lexical=float(found.words[i]),
            )
            for i, passage in zip(best, passages, strict=True)
        ]


def standardized(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """``scores`` in standard deviations from their mean; zeros where all are equal.

    >>> standardized(np.array([1.0, 3.0], dtype=np.float32)).tolist()
    [-1.0, 1.0]
    """
    deviation = scores.std()
    if deviation < 1e-9:
        return np.zeros_like(scores)
    return np.asarray((scores - scores.mean()) / deviation, dtype=np.float32)
