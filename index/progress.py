"""How far a build has come."""

from collections.abc import Callable
from typing import Literal

Stage = Literal["read", "encode", "write"]

Progress = Callable[[Stage, int, int], None]
"""Told the stage, and how much of it is done of how much in all: bytes to read, characters to encode."""


def silent(stage: Stage, done: int, total: int) -> None:
    """Progress that nobody watches."""


def percent(done: int, total: int) -> int:
    """``done`` in whole percent of ``total``; nothing to do is done."""
    return 100 * done // total if total else 100


def each_percent(progress: Progress) -> Progress:
    """``progress``, told only when another percent of a stage is done."""
    last: dict[Stage, int] = {}

    def tell(stage: Stage, done: int, total: int) -> None:
        now = percent(done, total)
        if last.get(stage) != now:
            last[stage] = now
            progress(stage, done, total)

    return tell
