"""Picks the words of passages that answer a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import candidates, features
from assistant.retriever import Hit, Query
from index.sentences import Span
from index.store import Index

WEIGHTS = Path(__file__).parent / "models" / "sentence-reader.npz"

LONGEST_ANSWER = 3
"""Sentences at most in an answer."""

COMPANION = 0.25
"""A neighbouring sentence is shown too from this share of the best one's probability on."""


@dataclass(frozen=True)
class Reading:
    """Words of one passage that may answer.

    :param hit: the passage.
    :param answer: range of what is shown, whole sentences of the passage's text.
    :param span: range of the answering words, inside ``answer``.
    :param probability: that ``answer`` answers the question, 0 to 1.
    """

    hit: Hit
    answer: Span
    span: Span
    probability: float


class Reader(Protocol):
    """Reads passages with a question in mind."""

    def read(self, query: Query, hits: Sequence[Hit]) -> list[Reading]:
        """One reading for each of ``hits``, most probable first."""


@dataclass(frozen=True)
class Network:
    """A small network from evidence to log-odds, one hidden layer with GELU.

    :param mean: of each feature, shape (features,).
    :param deviation: of each feature, shape (features,).
    :param inner: weights, shape (features, hidden).
    :param inner_bias: shape (hidden,).
    :param outer: weights, shape (hidden,).
    :param outer_bias: shape (1,); less the log-odds that nothing answers.
    """

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    inner: NDArray[np.float32]
    inner_bias: NDArray[np.float32]
    outer: NDArray[np.float32]
    outer_bias: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Self:
        """The network that training wrote to ``path``."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{name: stored[name].astype(np.float32) for name in cls.__annotations__})

    def probabilities(self, evidence: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of each candidate to be the answer, shape (candidates,).

        What their sum lacks of 1 is the probability that none answers.
        """
        scaled = np.clip((evidence - self.mean) / self.deviation, -6, 6)
        hidden = gelu(scaled @ self.inner + self.inner_bias)
        logits = hidden @ self.outer + self.outer_bias
        highest = max(float(logits.max()), 0.0)
        powers = np.exp(logits - highest)
        return np.asarray(powers / (powers.sum() + np.exp(-highest)), dtype=np.float32)


class SentenceReader:
    """Chooses whole sentences by meaning and words.

    :param index: the index that the hits come from.
    :param network: weighs the evidence.
    """

    def __init__(self, index: Index, network: Network) -> None:
        self._index = index
        self._network = network

    def read(self, query: Query, hits: Sequence[Hit]) -> list[Reading]:
        """See :class:`Reader`."""
        if not hits:
            return []
        vectors = [self._index.vectors_of_sentences(hit.position) for hit in hits]
        evidence = features(query, hits, vectors, self._index.lexical.rarity)
        chances = self._network.probabilities(evidence)
        owners = np.array([candidate.hit for candidate in candidates(hits)])
        readings = [_reading(hit, chances[owners == number]) for number, hit in enumerate(hits)]
        return sorted(readings, key=lambda reading: -reading.probability)


def _reading(hit: Hit, chances: NDArray[np.float32]) -> Reading:
    sentences = hit.passage.sentences
    best = first = last = int(chances.argmax())
    while last - first + 1 < LONGEST_ANSWER:
        before = chances[first - 1] if first > 0 else 0.0
        after = chances[last + 1] if last + 1 < len(chances) else 0.0
        if max(before, after) < COMPANION * chances[best]:
            break
        first, last = (first - 1, last) if before > after else (first, last + 1)
    return Reading(
        hit=hit,
        answer=(sentences[first][0], sentences[last][1]),
        span=sentences[best],
        probability=float(chances[first : last + 1].sum()),
    )


def gelu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """GELU by its tanh approximation (Hendrycks and Gimpel 2016)."""
    inner = np.sqrt(2 / np.pi) * (values + 0.044715 * values**3)
    return np.asarray(0.5 * values * (1 + np.tanh(inner)), dtype=np.float32)
