"""Picks the words of passages that answer a question."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from assistant.evidence import candidates, features
from assistant.retriever import Hit, Query
from assistant.spans import FOLDER, UNREAD, Crop, Marked, SpanModel
from index.searchable import Searchable
from index.sentences import Span

WEIGHTS = Path(__file__).parent / "models" / "sentence-reader.npz"
JUDGEMENT = FOLDER / "judgement.json"

LONGEST_ANSWER = 3
"""Sentences at most in an answer."""

READ = 5
"""Sentences at most around which the span model reads."""

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

    def log_odds(self, evidence: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds of each candidate against "none answers", shape (candidates,)."""
        scaled = np.clip((evidence - self.mean) / self.deviation, -6, 6)
        hidden = gelu(scaled @ self.inner + self.inner_bias)
        return np.asarray(hidden @ self.outer + self.outer_bias, dtype=np.float32)


@dataclass(frozen=True)
class Judgement:
    """How much the two ways of reading say, fitted by ``training/make_judgement.py``.

    :param marks: weight of the span model's log-odds.
    :param words: weight of the network's.
    :param bias: added to their sum.
    :param alone: weight of the span model's log-odds where they alone decide.
    :param alone_bias: added to them.
    """

    marks: float
    words: float
    bias: float
    alone: float
    alone_bias: float

    @classmethod
    def load(cls, path: Path = JUDGEMENT) -> Self:
        """The weights in the file ``path``."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def log_odds(self, marks: NDArray[np.float32], words: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds of each candidate against "none answers", shape (candidates,)."""
        return np.asarray(self.marks * marks + self.words * words + self.bias, dtype=np.float32)


class SpanReader:
    """Marks the answering words, judged by the trained model, by meaning and by words.

    :param index: the index that the hits come from.
    :param network: weighs the evidence of meaning and words.
    :param model: marks spans.
    :param judgement: joins both.
    """

    def __init__(self, index: Searchable, network: Network, model: SpanModel, judgement: Judgement) -> None:
        self._index = index
        self._network = network
        self._model = model
        self._judgement = judgement

    def read(self, query: Query, hits: Sequence[Hit]) -> list[Reading]:
        """See :class:`Reader`."""
        if not hits:
            return []
        words = self.words(query, hits)
        marks = self.marks(query, hits, words)
        odds = np.array([mark.odds for mark in marks], dtype=np.float32)
        chances = probabilities(self._judgement.log_odds(odds, words))
        owners = np.array([candidate.hit for candidate in candidates(hits)])
        readings = [
            _reading(
                hit,
                chances[owners == n],
                [mark for mark, owner in zip(marks, owners, strict=True) if owner == n],
            )
            for n, hit in enumerate(hits)
        ]
        return sorted(readings, key=lambda reading: -reading.probability)

    def alone(self, question: str, position: int) -> Reading:
        """What the span model says of the whole passage at ``position`` to ``question``."""
        [passage] = self._index.passages_at([position])
        [marks] = self._model.mark(question, [Crop(passage, 0, len(passage.sentences) - 1)])
        odds = np.array([mark.odds for mark in marks], dtype=np.float32)
        chances = probabilities(self._judgement.alone * odds + self._judgement.alone_bias)
        return _reading(Hit(position, passage, 0.0, 0.0, 0.0), chances, marks)

    def words(self, query: Query, hits: Sequence[Hit]) -> NDArray[np.float32]:
        """What meaning and words say of each sentence of ``hits``, as log-odds against "none answers"."""
        vectors = self._index.sentences_at(hit.position for hit in hits)
        return self._network.log_odds(features(query, hits, vectors, self._index.rarity))

    def marks(self, query: Query, hits: Sequence[Hit], words: NDArray[np.float32]) -> list[Marked]:
        """What the span model says of each sentence of ``hits``; it reads around those that ``words`` favours."""
        crops = crops_around(hits, words)
        marked = self._model.mark(" ".join([*query.earlier, query.text]), [crop for _, crop in crops])
        unread = {
            (n, number): Marked(span, UNREAD)
            for n, hit in enumerate(hits)
            for number, span in enumerate(hit.passage.sentences)
        }
        for (n, crop), marks in zip(crops, marked, strict=True):
            unread |= {(n, crop.first + number): mark for number, mark in enumerate(marks)}
        return list(unread.values())


def crops_around(hits: Sequence[Hit], words: NDArray[np.float32]) -> list[tuple[int, Crop]]:
    """The best sentences by their log-odds ``words`` with their neighbours, as crops of the hits numbered."""
    places = candidates(hits)
    wanted = {(places[i].hit, places[i].sentence) for i in np.argsort(-words)[:READ]}
    crops = []
    for n, hit in enumerate(hits):
        last = len(hit.passage.sentences) - 1
        near = sorted({min(max(s + step, 0), last) for m, s in wanted if m == n for step in (-1, 0, 1)})
        for _, run in groupby(enumerate(near), key=lambda pair: pair[1] - pair[0]):
            numbers = [number for _, number in run]
            crops.append((n, Crop(hit.passage, numbers[0], numbers[-1])))
    return crops


def probabilities(log_odds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability of each candidate to be the answer, shape (candidates,).

    What their sum lacks of 1 is the probability that none answers.
    """
    highest = max(float(log_odds.max()), 0.0)
    powers = np.exp(log_odds - highest)
    return np.asarray(powers / (powers.sum() + np.exp(-highest)), dtype=np.float32)


def _reading(hit: Hit, chances: NDArray[np.float32], marks: Sequence[Marked]) -> Reading:
    sentences = hit.passage.sentences
    best = int(chances.argmax())
    span = marks[best].span
    first = last = best
    while last + 1 < len(sentences) and sentences[last + 1][0] < span[1]:
        last += 1
    while last - first + 1 < LONGEST_ANSWER:
        before = chances[first - 1] if first > 0 else 0.0
        after = chances[last + 1] if last + 1 < len(chances) else 0.0
        if max(before, after) < COMPANION * chances[best]:
            break
        first, last = (first - 1, last) if before > after else (first, last + 1)
    return Reading(
        hit=hit,
        answer=(sentences[first][0], sentences[last][1]),
        span=span,
        probability=float(chances[first : last + 1].sum()),
    )


def gelu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """GELU by its tanh approximation (Hendrycks and Gimpel 2016)."""
    inner = np.sqrt(2 / np.pi) * (values + 0.044715 * values**3)
    return np.asarray(0.5 * values * (1 + np.tanh(inner)), dtype=np.float32)
