"""What is left of what may be asked: buckets that fill evenly, and how many questions a day has had."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_BUCKETS = 20_000
"""Buckets that a process remembers."""

DAY = 86_400
"""Seconds."""


@dataclass(frozen=True)
class Bucket:
    """What one asks from: full at first, it fills evenly within a minute.

    :param name: whose it is.
    :param size: questions that it holds.
    """

    name: str
    size: int


class Counts(Protocol):
    """Remembers how full buckets are."""

    async def take(self, buckets: Sequence[Bucket], cost: int, per_day: int) -> float:
        """Take ``cost`` questions, or as many as it holds, out of each of ``buckets``, count one for the day, and give 0; or
        take nothing and give the seconds to wait.

        :param per_day: questions a day in all; 0 is no limit.
        """


class OwnCounts:
    """Counts in the memory of this process.

    :param clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._day = (0, 0)

    async def take(self, buckets: Sequence[Bucket], cost: int, per_day: int) -> float:
        """See :class:`Counts`."""
        now = self._clock()
        levels = {bucket.name: self._level(bucket, now) for bucket in buckets}
        costs = {bucket.name: min(cost, bucket.size) for bucket in buckets}
        waits = [
            (costs[name] - levels[name]) * 60 / size
            for name, size in ((bucket.name, bucket.size) for bucket in buckets)
            if levels[name] < costs[name]
        ]
        today = int(now // DAY)
        asked = self._day[1] if self._day[0] == today else 0
        if per_day and asked >= per_day:
            waits.append((today + 1) * DAY - now)
        if waits:
            return max(waits)
        self._day = (today, asked + 1)
        for name, level in levels.items():
            self._buckets[name] = (level - costs[name], now)
            self._buckets.move_to_end(name)
        while len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0

    def _level(self, bucket: Bucket, now: float) -> float:
        level, then = self._buckets.get(bucket.name, (float(bucket.size), now))
        return min(float(bucket.size), level + (now - then) * bucket.size / 60)
