"""What pupils asked, on all servers that share one Redis."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from assistant.answers import Answer
from assistant.question_log import AskedQuestion, QuestionLogError, minute
from assistant.reach import Reach, not_installed, place_of
from assistant.texts import sentences
from index.words import visible

SECONDS, READING_SECONDS = 0.5, 10.0
"""The longest that keeping a question waits for Redis, and that reading a step of them does."""

STEP = 1000
"""Questions that are read at a time."""

_COLUMNS = ("asked", "question", "status", "answer", "confidence", "liked")

_RECORD = """
local number = redis.call('INCR', KEYS[1])
local name = KEYS[1] .. ':' .. number
redis.call('HSET', name, unpack(ARGV, 2))
redis.call('EXPIRE', name, ARGV[1])
return number
"""
_LIKE = """
if redis.call('EXISTS', KEYS[1]) == 1 then
    if ARGV[1] == '' then redis.call('HDEL', KEYS[1], 'liked') else redis.call('HSET', KEYS[1], 'liked', ARGV[1]) end
end
"""


class SharedLog:
    """Questions in the Redis at ``url``, each of which Redis forgets by itself.

    :param name: of the log there: servers that give the same one share it.
    :param days: how long a question is kept.
    :raises RedisError: if the package is not installed.
    """

    def __init__(self, url: str, name: str, days: int) -> None:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ModuleNotFoundError as error:
            raise not_installed() from error
        self._days = days
        self._place = place_of(url)
        self._counter = f"tanya:questions:{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        self._reach = Reach(self._place, "questions are not kept")
        again = Retry(NoBackoff(), 1)
        self._writing: Any = redis.Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, retry=again, decode_responses=True
        )
        self._reading: Any = redis.Redis.from_url(
            url, socket_timeout=READING_SECONDS, socket_connect_timeout=SECONDS, decode_responses=True
        )
        self._record = self._writing.register_script(_RECORD)
        self._like = self._writing.register_script(_LIKE)

    def record(self, answer: Answer) -> int | None:
        """See :class:`assistant.question_log.QuestionLog`; so for the others."""
        if answer.status == "smalltalk":
            return None
        columns: dict[str, Any] = {
            "asked": minute(datetime.now(UTC)),
            "question": visible(answer.question),
            "status": answer.status,
            "confidence": answer.confidence,
        }
        if answer.answer is not None:
            columns["answer"] = visible(answer.answer)
        given = [part for column in columns.items() for part in column]
        number = self._tried(self._record, [self._counter], [self._days * 86_400, *given])
        return None if number is None else int(number)

    def like(self, number: int, liked: bool | None) -> None:
        """Told to Redis if it is there."""
        self._tried(self._like, [f"{self._counter}:{number}"], ["" if liked is None else int(liked)])

    def questions(self) -> list[AskedQuestion]:
        """Read from Redis, in steps."""
        from redis.exceptions import RedisError

        oldest = minute(datetime.now(UTC) - timedelta(days=self._days))
        try:
            return [asked for asked in self._kept() if asked.asked >= oldest]
        except (RedisError, OSError) as error:
            raise QuestionLogError(*sentences("redis", "unread", place=self._place)) from error

    def _kept(self) -> Iterator[AskedQuestion]:
        """The questions that Redis holds, newest first: those before a step that is empty are forgotten."""
        last = int(self._reading.get(self._counter) or 0)
        for newest in range(last, 0, -STEP):
            with self._reading.pipeline(transaction=False) as pipeline:
                for number in range(newest, max(0, newest - STEP), -1):
                    pipeline.hmget(f"{self._counter}:{number}", _COLUMNS)
                rows = [row for row in pipeline.execute() if row[0] is not None]
            if not rows:
                return
            for asked, question, status, answer, confidence, liked in rows:
                opinion = None if liked is None else int(liked)
                yield AskedQuestion(asked, question, status, answer, float(confidence), opinion)

    def _tried(self, script: Any, keys: list[str], given: list[Any]) -> Any:
        """What ``script`` gives, or None while Redis is away."""
        if not self._reach.due():
            return None
        try:
            result = script(keys, given)
        except Exception as error:
            self._reach.failed(error)
            return None
        self._reach.worked()
        return result
