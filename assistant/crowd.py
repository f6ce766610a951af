"""Many who ask at once: a few questions are answered at a time, the same question once, and no more wait than soon get
their turn."""

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from assistant.answers import Answer, Source
from assistant.asking import Assistant, checked, greeted, understood
from assistant.guards import AwayError, CrowdedError
from index.errors import Language, StoreError

AT_ONCE = 2
"""Questions that are answered at a time: all cores work on each, so that more would only wait longer for each other
(table in bench/README.md)."""

MOST_WAITING = 32
"""Questions that wait for their turn, about a second's worth on two cores, and fewer than the events that Gradio lets run
at a time, so that it is here that they wait."""

KEPT = 2000
"""Answers that are kept, to be given again."""


_T = TypeVar("_T")

_logger = logging.getLogger(__name__)


class Turns:
    """Does work for several crowds, a little at a time.

    :param at_once: works that are done at a time.
    :param most_waiting: works that may wait.
    """

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._most = at_once + most_waiting
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="ask")
        self._lock = threading.Lock()
        self._waiting = 0

    def take(self, work: Callable[[], _T]) -> Future[_T]:
        """What ``work`` will give in its turn.

        :raises CrowdedError: if too many wait already.
        """
        with self._lock:
            if self._waiting >= self._most:
                raise CrowdedError
            self._waiting += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _: Future[Any]) -> None:
        with self._lock:
            self._waiting -= 1


class Crowd:
    """Lets many ask the assistant ``now()``, which another one may follow. An answer is kept as long as its build is
    in use, unless :data:`KEPT` later ones take its place.

    :param turns: in which questions are answered, maybe shared with other crowds.
    """

    def __init__(self, now: Callable[[], Assistant], turns: Turns | None = None) -> None:
        self.now = now
        self._turns = turns or Turns()
        self._lock = threading.Lock()
        self._results: OrderedDict[Hashable, Future[Any]] = OrderedDict()

    def forget(self) -> None:
        """Keep no answer any longer."""
        with self._lock:
            self._results.clear()

    async def ask(
        self,
        question: str,
        history: Sequence[str] = (),
        language: Language = "id",
        documents: Sequence[str] = (),
    ) -> Answer:
        """The answer to ``question``, as :meth:`Assistant.ask` gives it.

        :param documents: paths of the documents to ask; all if empty.
        :raises QuestionError: if a question is empty or too long, or the history is.
        :raises CrowdedError: if too many wait already.
        :raises AwayError: if what keeps the index cannot be reached.
        """
        started = time.perf_counter()
        answer = greeted(question, language)
        if answer is None:
            text, earlier = understood(question, history)
            assistant = self.now()
            part = assistant.known(documents)
            key = ("ask", assistant.index.manifest.build, part, text, earlier)
            answer = await self.result(key, lambda: assistant.about(part).answer(text, earlier))
        return replace(answer, question=question, elapsed_ms=1000 * (time.perf_counter() - started))

    async def search(self, question: str, limit: int) -> tuple[Source, ...]:
        """The ``limit`` passages nearest to ``question``, best first.

        :raises QuestionError: if ``question`` is empty or too long.
        :raises CrowdedError: if too many wait already.
        :raises AwayError: if what keeps the index cannot be reached.
        """
        text, assistant = checked(question), self.now()
        key = ("search", assistant.index.manifest.build, text, limit)
        return await self.result(key, lambda: assistant.search(text, limit))

    async def starters(self, documents: Sequence[str] = ()) -> tuple[str, ...]:
        """Questions to begin with, which ``documents`` answer; all if empty.

        :raises CrowdedError: if too many wait already.
        """
        assistant = self.now()
        part = assistant.known(documents)
        key = ("starters", assistant.index.manifest.build, part)
        return await self.result(key, lambda: assistant.about(part).starters)

    async def result(self, key: Hashable, work: Callable[[], _T]) -> _T:
        """What ``work`` gives, from whoever asked for ``key`` before or in its turn; who leaves takes it from nobody.

        :raises CrowdedError: if too many wait already.
        """
        result: _T = await asyncio.shield(asyncio.wrap_future(self._future(key, work)))
        return result

    def holds(self, key: Hashable) -> bool:
        """Whether what was asked for ``key`` is known or under way."""
        return key in self._results

    def _future(self, key: Hashable, work: Callable[[], Any]) -> Future[Any]:
        with self._lock:
            known = self._results.get(key)
            if known is not None:
                self._results.move_to_end(key)
                return known
            future = self._results[key] = self._turns.take(lambda: _kindly(work))
            while len(self._results) > KEPT:
                self._results.popitem(last=False)
        future.add_done_callback(lambda done: self._ended(key, done))
        return future

    def _ended(self, key: Hashable, future: Future[Any]) -> None:
        with self._lock:
            if future.exception() is not None and self._results.get(key) is future:
                del self._results[key]


def _kindly(work: Callable[[], _T]) -> _T:
    """What ``work`` gives; that the index cannot be reached is told to who runs the server, and to who asks only that
    it is so."""
    try:
        return work()
    except StoreError as error:
        _logger.error("%s", error)
        raise AwayError from error
