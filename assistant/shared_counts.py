"""Counts that several servers share, in Redis."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

from assistant.counts import DAY, Bucket, Counts
from assistant.reach import Reach, not_installed, place_of

SECONDS = 0.25
"""The longest that a question waits for Redis."""

_TAKE = """
local now, per_day, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local wait, levels = 0, {}
for i = 1, #KEYS - 1 do
    local size = tonumber(ARGV[3 + i])
    local kept = redis.call('HMGET', KEYS[i], 'level', 'then')
    local level = size
    if kept[1] then
        level = math.min(size, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * size / 60)
    end
    local taken = math.min(cost, size)
    wait = math.max(wait, (taken - level) * 60 / size)
    levels[i] = level - taken
end
local today, asked = math.floor(now / DAY), 0
local kept = redis.call('HMGET', KEYS[#KEYS], 'day', 'asked')
if kept[1] and tonumber(kept[1]) == today then
    asked = tonumber(kept[2])
end
if per_day > 0 and asked >= per_day then
    wait = math.max(wait, (today + 1) * DAY - now)
end
if wait > 0 then
    return string.format('%.17g', wait)
end
redis.call('HSET', KEYS[#KEYS], 'day', today, 'asked', asked + 1)
redis.call('EXPIRE', KEYS[#KEYS], DAY)
for i, level in ipairs(levels) do
    redis.call('HSET', KEYS[i], 'level', string.format('%.17g', level), 'then', string.format('%.17g', now))
    redis.call('EXPIRE', KEYS[i], 60)
end
return '0'
""".replace("DAY", str(DAY))
"""One step of Redis. A bucket that nobody asked from for a minute is full, and so is one that is not there."""


class SharedCounts:
    """Counts in the Redis at ``url``, which all servers with that address share; while it cannot be reached, ``own``
    counts. Whose a bucket is stands there only as a hash whose key is made of ``url``, with its password.

    :param clock: seconds since 1970; without, Redis's own.
    :raises RedisError: if the package is not installed.
    """

    def __init__(self, url: str, own: Counts, clock: Callable[[], float] | None = None) -> None:
        try:
            import redis.asyncio as redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ModuleNotFoundError as error:
            raise not_installed() from error
        self._own = own
        self._clock = clock
        self._key = hashlib.sha256(f"tanya {url}".encode()).digest()
        self._reach = Reach(place_of(url), "each process counts questions by itself")
        client: Any = redis.Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=Retry(NoBackoff(), 1)
        )
        self._take = client.register_script(_TAKE)

    async def take(self, buckets: Sequence[Bucket], cost: int, per_day: int) -> float:
        """See :class:`assistant.counts.Counts`."""
        if self._reach.due():
            keys = [*(self._named(bucket.name) for bucket in buckets), "tanya:limits:day"]
            now = "" if self._clock is None else repr(self._clock())
            numbers = [now, per_day, cost, *(bucket.size for bucket in buckets)]
            try:
                async with asyncio.timeout(SECONDS):
                    wait = float(await self._take(keys, numbers))
            except Exception as error:
                self._reach.failed(error)
            else:
                self._reach.worked()
                return wait
        return await self._own.take(buckets, cost, per_day)

    def _named(self, name: str) -> str:
        return f"tanya:limits:{hmac.digest(self._key, name.encode(), 'sha256').hex()[:32]}"
