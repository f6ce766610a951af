"""How far a build has come."""

from collections.abc import Callable
from typing import Literal

Stage = Literal["read", "encode", "write"]

Progress = Callable[[Stage, int, int], None]
"""Told the stage, and how much of it is done of how much in all: bytes to read, characters to encode."""


def silent(stage: Stage, done: int, total: int) -> None:
    """Progress that nobody watches."""
