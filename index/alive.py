"""A sign of life from slow reading, for whoever waits with a limit of time."""

from collections.abc import Callable


def _silent() -> None:
    """Nobody waits."""


_tell: Callable[[], None] = _silent


def tell_alive() -> None:
    """Say that a step of slow reading ended well."""
    _tell()


def when_alive(tell: Callable[[], None]) -> None:
    """Let :func:`tell_alive` call ``tell`` from now on."""
    global _tell
    _tell = tell
