"""What a running server tells of itself: figures for Prometheus, and whether it is stopping.

No figure holds a question, an address or a session, and no label has more than a few values.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from assistant.answers import Answer
from assistant.asking import Assistant
from index.errors import TanyaError

Face = Literal["chat", "api"]
"""Where a question comes in."""

SECONDS = (0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
"""Bounds of the histogram of answering times."""


class Monitor:
    """Counts what a server does. To be asked and told from any thread, but for :attr:`running`, which is the event
    loop's.

    :param now: gives the assistant that is asked.
    """

    def __init__(self, now: Callable[[], Assistant]) -> None:
        self.stopping = False
        self.running = 0
        self._registry = CollectorRegistry()
        registry = self._registry
        self._requests = Counter(
            "tanya_requests", "Requests that have ended.", ["kind", "status"], registry=registry
        )
        self._questions = Counter(
            "tanya_questions", "Questions, by how they ended.", ["face", "status"], registry=registry
        )
        self._seconds = Histogram(
            "tanya_answer_seconds", "Time until a question was answered.", ["face"], registry=registry,
            buckets=SECONDS,
        )  # fmt: skip
        Gauge("tanya_index_passages", "Passages of the build in use.", registry=registry).set_function(
            lambda: now().index.manifest.passages
        )
        Gauge("tanya_index_documents", "Documents of the build in use.", registry=registry).set_function(
            lambda: len(now().index.manifest.documents)
        )
        ProcessCollector(registry=registry)

    def request_ended(self, kind: str, status: int) -> None:
        """A request of ``kind`` was answered with the HTTP ``status``."""
        self._requests.labels(kind, str(status)).inc()

    async def answered(self, face: Face, asking: Awaitable[Answer]) -> Answer:
        """The answer that ``asking`` gives to a question from ``face``, counted and timed.

        :raises Exception: whatever ``asking`` raises, counted too.
        """
        started = time.perf_counter()
        try:
            answer = await asking
        except TanyaError:
            self._questions.labels(face, "refused").inc()
            raise
        except Exception:
            self._questions.labels(face, "failed").inc()
            raise
        self._seconds.labels(face).observe(time.perf_counter() - started)
        self._questions.labels(face, answer.status).inc()
        return answer

    def exposition(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self._registry)
