"""Marks the answering words of passages with a trained model, and knows when nothing answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.passages import Passage
from index.runtime import Runtime, padded
from index.sentences import Span

FOLDER = Path(__file__).parent / "models" / "reader-id"

LONGEST_WINDOW = 384
"""Tokens of question and passage that are read at once."""

LONGEST_HEAD = 256
"""Tokens of the question that are read: its last ones."""

LONGEST_HEADING = 200
"""Characters of the heading path that are read."""

STRIDE = 96
"""Tokens that neighbouring windows share."""

LONGEST_SPAN = 80
"""Tokens of the longest answer."""

_TOGETHER = 4
"""Windows in one inference."""

_EDGES = " \t\n.,;:!?"


UNREAD = -20.0
"""Log-odds where no window begins an answer."""


@dataclass(frozen=True)
class Marked:
    """The likeliest answer that begins in a sentence.

    :param span: half-open range of the answering words in the passage's text.
    :param odds: log-odds of any words that begin there against "nothing answers here"; comparable across
        passages.
    """

    span: Span
    odds: float


@dataclass(frozen=True)
class Crop:
    """Neighbouring sentences of a passage.

    :param passage: the passage.
    :param first: number of the first sentence.
    :param last: number of the last one.
    """

    passage: Passage
    first: int
    last: int

    @property
    def start(self) -> int:
        """Where it begins in the passage's text."""
        return self.passage.sentences[self.first][0]

    @property
    def text(self) -> str:
        """What is read: the heading path and the sentences."""
        passage = self.passage
        words = passage.text[self.start : passage.sentences[self.last][1]]
        heading = " › ".join((passage.title, *passage.headings)).replace("\n", " ")
        return f"{heading[:LONGEST_HEADING]}\n{words}"


@dataclass(frozen=True)
class _Window:
    """Tokens of a question and of a part of a crop.

    :param crop: number of the crop.
    :param ids: token ids.
    :param places: the range of each token in the passage's text, shape (tokens, 2); empty ranges for tokens
        that are no part of it.
    """

    crop: int
    ids: list[int]
    places: NDArray[np.int64]


class SpanModel:
    """Question and passage in, answering words out. Several threads may use one model at once.

    :param folder: holds the model and its tokenizer.
    :raises OSError: if a file is missing.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._runtime = Runtime(folder)
        self._runtime.tokenizer.no_truncation()

    def mark(self, question: str, crops: Sequence[Crop]) -> list[list[Marked]]:
        """The likeliest answer to ``question``, however unlikely, for each sentence of each of ``crops``."""
        windows = [window for n, crop in enumerate(crops) for window in self._windows(question, n, crop)]
        order = sorted(range(len(windows)), key=lambda n: len(windows[n].ids))
        best = [[Marked(span, UNREAD) for span in _sentences(crop)] for crop in crops]
        for start in range(0, len(order), _TOGETHER):
            batch = [windows[n] for n in order[start : start + _TOGETHER]]
            ids, mask = padded([window.ids for window in batch])
            for window, scores in zip(batch, self._runtime.token_vectors(ids, mask), strict=True):
                found = _marked(crops[window.crop], window.places, scores[: len(window.ids)])
                pairs = zip(best[window.crop], found, strict=True)
                best[window.crop] = [max(pair, key=lambda marked: marked.odds) for pair in pairs]
        return best

    def _windows(self, question: str, number: int, crop: Crop) -> list[_Window]:
        pair = self._runtime.tokenizer.encode(question, crop.text)
        parts = np.array([part == 1 for part in pair.sequence_ids])
        head_length = crop.text.index("\n") + 1
        places = np.array(pair.offsets, dtype=np.int64) - head_length
        places[~parts | (places[:, 1] <= 0)] = -1
        places = np.where(places[:, 1:] > 0, places.clip(min=0) + crop.start, 0)
        first = int(parts.argmax())
        head, body = [*pair.ids[:1], *pair.ids[1:first][-LONGEST_HEAD:]], pair.ids[first:-1]
        nowhere = np.zeros((len(head), 2), dtype=np.int64)
        room = max(LONGEST_WINDOW - len(head) - 1, STRIDE + 1)
        return [
            _Window(
                number,
                [*head, *body[at : at + room], pair.ids[-1]],
                np.concatenate([nowhere, places[first:-1][at : at + room], nowhere[:1]]),
            )
            for at in range(0, max(len(body) - STRIDE, 1), room - STRIDE)
        ]


@cache
def bundled_model() -> SpanModel:
    """The model that ships, read once a process."""
    return SpanModel()


def _sentences(crop: Crop) -> Sequence[Span]:
    return crop.passage.sentences[crop.first : crop.last + 1]


def _marked(crop: Crop, places: NDArray[np.int64], scores: NDArray[np.float32]) -> list[Marked]:
    inside = np.flatnonzero(places[:, 1] > places[:, 0])
    if not len(inside):
        return [Marked(span, UNREAD) for span in _sentences(crop)]
    sums = scores[inside, 0][:, None] + scores[inside, 1][None, :]
    length = np.arange(len(inside))[None, :] - np.arange(len(inside))[:, None]
    sums[(length < 0) | (length >= LONGEST_SPAN)] = -np.inf
    lasts, best = sums.argmax(axis=1), sums.max(axis=1)
    odds = np.logaddexp.reduce(sums, axis=1) - scores[0].sum()
    begins = places[inside, 1] - 1
    marks = []
    for start, end in _sentences(crop):
        here = np.flatnonzero((begins >= start) & (begins < end))
        if not len(here):
            marks.append(Marked((start, end), UNREAD))
            continue
        first = here[best[here].argmax()]
        span = trimmed(crop.passage.text, int(places[inside[first], 0]), int(places[inside[lasts[first]], 1]))
        marks.append(Marked(span, float(np.logaddexp.reduce(odds[here]))))
    return marks


def trimmed(text: str, start: int, end: int) -> Span:
    """``start``:``end`` without spaces and closing punctuation at its edges, unless nothing else is left.

    >>> trimmed("pada 2015, lalu", 4, 10)
    (5, 9)
    """
    words = text[start:end]
    left = len(words) - len(words.lstrip(_EDGES))
    right = len(words.rstrip(_EDGES))
    return (start + left, start + right) if left < right else (start, end)
