"""Passages on disk, read when they are wanted: memory does not grow with them."""

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from index.passages import Passage

RECENT = 1024
"""Passages that stay in memory once read, so that all answers from one share it."""


class StoredPassages(Sequence[Passage]):
    """Passages in a file of JSON lines. Several threads may read at once.

    :param lines: the file.
    :param begins: offset in bytes of each line, and of the end, shape (passages + 1,).
    :raises OSError: if the file cannot be read.
    :raises ValueError: if it is empty or ``begins`` do not fit it.
    """

    def __init__(self, lines: Path, begins: NDArray[np.int64]) -> None:
        with lines.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(begins) < 2 or begins[-1] != len(self._bytes):
            raise ValueError(f"{lines}: the lines end at {len(self._bytes)}")
        self._begins = begins
        self._recent = lru_cache(RECENT)(self._passage)

    def __len__(self) -> int:
        return len(self._begins) - 1

    @overload
    def __getitem__(self, position: int) -> Passage: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Passage]: ...
    def __getitem__(self, position: int | slice) -> Passage | Sequence[Passage]:
        if isinstance(position, slice):
            return tuple(self[number] for number in range(*position.indices(len(self))))
        return self._recent(range(len(self))[position])

    def __iter__(self) -> Iterator[Passage]:
        return map(self._passage, range(len(self)))

    def _passage(self, number: int) -> Passage:
        return passage_from_json(self._bytes[self._begins[number] : self._begins[number + 1]])


def write_passages(passages: Iterable[Passage], lines: Path) -> NDArray[np.int64]:
    """Write ``passages`` to the file ``lines``; returns where each begins, and the end, shape (passages + 1,)."""
    lengths = [0]
    with lines.open("wb") as file:
        for passage in passages:
            lengths.append(file.write(passage_json(passage).encode() + b"\n"))
    return np.cumsum(lengths, dtype=np.int64)


def passage_json(passage: Passage) -> str:
    """``passage`` as JSON on one line."""
    return json.dumps(vars(passage), ensure_ascii=False)


def passage_from_json(text: str | bytes) -> Passage:
    """The passage that :func:`passage_json` gave as ``text``.

    :raises ValueError: if it is no JSON.
    :raises TypeError: if it lacks something.
    """
    return passage_of(json.loads(text))


def passage_of(raw: dict[str, Any]) -> Passage:
    """The passage that JSON holds as ``raw``.

    :raises TypeError: if ``raw`` lacks something.
    """
    return Passage(
        **{
            **raw,
            "headings": tuple(raw["headings"]),
            "sentences": tuple((start, end) for start, end in raw["sentences"]),
            "turns": tuple((at, page) for at, page in raw["turns"]),
        }
    )
