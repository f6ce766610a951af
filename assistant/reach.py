"""A server beside this one that may be away: it is tried again once in a while, and the log says so once."""

import logging
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from assistant.texts import sentences
from index.errors import TanyaError

AGAIN_SECONDS = 10.0
"""Before what was away is tried again."""

_logger = logging.getLogger(__name__)


class RedisError(TanyaError):
    """Redis cannot be used."""

    code = "redis"


def not_installed() -> RedisError:
    """What is said where the package is missing."""
    return RedisError(*sentences("redis", "extra"))


def place_of(url: str) -> str:
    """How the Redis at ``url`` is called in messages: neither its user nor its password.

    >>> place_of("redis://:secret@10.0.0.7:6379/1")
    '10.0.0.7:6379/1'
    """
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] + parts.path


class Reach:
    """Whether what is at ``place`` is to be tried just now. Several threads may use it at once.

    :param place: how it is called in the log.
    :param meanwhile: what happens while it is away, for the log.
    :param clock: seconds that never go back.
    """

    def __init__(self, place: str, meanwhile: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._place = place
        self._meanwhile = meanwhile
        self._clock = clock
        self._lock = threading.Lock()
        self._away = False
        self._again = 0.0

    def due(self) -> bool:
        """Whether to try: always while it is there, and then by one at a time."""
        with self._lock:
            if self._away and self._clock() < self._again:
                return False
            self._again = self._clock() + AGAIN_SECONDS
            return True

    def worked(self) -> None:
        """It was reached."""
        with self._lock:
            was_away, self._away = self._away, False
        if was_away:
            _logger.warning("Redis %s is back", self._place)

    def failed(self, error: BaseException) -> None:
        """It was not, for ``error``."""
        with self._lock:
            was_away, self._away = self._away, True
            self._again = self._clock() + AGAIN_SECONDS
        if not was_away:
            reason = f"{type(error).__name__} {error}".strip()
            _logger.warning("Redis %s cannot be reached (%s): %s", self._place, reason, self._meanwhile)
