"""Several processes that serve the same documents, and the one that looks after them.

Each listens on a port of its own. They are told to stop by the end of a pipe, which also ends when the process that
looks after them is gone, so that none is left over; no signal is needed, on no system.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from assistant.collections import collections_served
from assistant.console import say
from assistant.logs import log_as
from assistant.ports import address_at, check_ports
from assistant.settings import Settings
from assistant.texts import TEXTS, sentences, texts_of
from index.build_process import BuildProcess
from index.errors import TanyaError
from index.progress import Progress

LOOK_SECONDS = 0.25
"""Between two looks at the workers."""

STOP_SECONDS = 15.0
"""After which a worker that was told to stop is ended."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a worker that died is started again, doubled each time it dies early, and the most of them."""

EARLY_SECONDS = 60.0
"""A worker that lived shorter died early."""

_READY = "ready"
_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")
_spawn = multiprocessing.get_context("spawn")
_logger = logging.getLogger(__name__)


class WorkersError(TanyaError):
    """The workers cannot be started."""

    code = "workers"


class Worker:
    """A process that serves, started again when it dies.

    :param number: from 0 on; it listens on the first port plus its number.
    """

    def __init__(self, settings: Settings, number: int) -> None:
        self._settings = settings
        self._pause = FIRST_PAUSE
        self.number = number
        self.once_ready = False
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.connection, theirs = _spawn.Pipe()
        self.process = _spawn.Process(
            target=work, args=(self._settings, self.number, theirs), name=f"worker-{self.number}"
        )
        self.process.start()
        theirs.close()
        self._started = time.monotonic()
        self._again = 0.0

    def listen(self) -> None:
        """Hear whether it is ready."""
        with contextlib.suppress(EOFError, OSError):
            if self.connection.poll() and self.connection.recv() == _READY:
                self.once_ready = True

    def look_after(self, said: Callable[[int | None, float], None]) -> None:
        """Start it again if it died, some time after.

        :param said: told its exit code and the seconds until it is started again.
        """
        if self.process.is_alive():
            return
        now = time.monotonic()
        if self._again == 0.0:
            early = now - self._started < EARLY_SECONDS
            self._pause = min(LONGEST_PAUSE, 2 * self._pause) if early else FIRST_PAUSE
            self._again = now + self._pause
            self.connection.close()
            said(self.process.exitcode, self._pause)
        elif now >= self._again:
            self.start()

    def stop(self) -> None:
        """Tell it to stop."""
        self.connection.close()


def serve_workers(settings: Settings, progress: Progress, tell: Callable[[str], None]) -> None:
    """Serve with ``settings.workers`` processes until a signal ends it; the index is built first if there is none
    and this is the first of several servers.

    :param tell: told the addresses once all of them answer.
    :raises TanyaError: if the index cannot be built or the workers cannot be started.
    """
    log_as(settings.log)
    check_ports(settings.host, settings.port, settings.workers)
    if settings.replica == 0 and not settings.store_in_use().exists():
        _build(settings, progress)
    signals: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: signals.append(number))
        for name in _SIGNALS
        if (number := getattr(signal, name, None)) is not None
    }
    workers = [Worker(settings, number) for number in range(settings.workers)]
    try:
        _look_after(workers, settings, tell, signals)
    finally:
        _stop(workers, signals)
        for number, handler in before.items():
            signal.signal(number, handler)


def _build(settings: Settings, progress: Progress) -> None:
    """Build the index in a process of its own, so that this one stays small."""
    store = settings.store_in_use()
    builder = BuildProcess(settings.docs, store, settings.encoder, settings.keep, settings.ray)
    builder.start()
    while (state := builder.state).running:
        progress(state.stage, state.done, state.total)
        time.sleep(LOOK_SECONDS)
    if state.problem is not None:
        raise WorkersError(*state.problem)


def _look_after(
    workers: list[Worker], settings: Settings, tell: Callable[[str], None], signals: list[int]
) -> None:
    texts, told = texts_of("server")[settings.language], False
    while not signals:
        alive = [worker.process.sentinel for worker in workers if worker.process.is_alive()]
        wait(alive, LOOK_SECONDS) if alive else time.sleep(LOOK_SECONDS)
        for worker in workers:
            worker.listen()
            if not told and not worker.once_ready and not worker.process.is_alive() and not signals:
                raise WorkersError(*sentences("server", "unready", number=worker.number))
            if not signals:
                worker.look_after(_warning(texts["ended"], worker.number))
        if not told and all(worker.once_ready for worker in workers):
            tell("\n".join([_served(settings), *collections_served(settings)]))
            told = True


def _served(settings: Settings) -> str:
    address, count = address_at(settings.host, settings.port), settings.workers
    if count == 1:
        return TEXTS[settings.language]["serving"].format(address=address)
    text = texts_of("server")[settings.language]["workers"]
    return text.format(address=address, count=count, last=settings.port + count - 1)


def _warning(text: str, number: int) -> Callable[[int | None, float], None]:
    return lambda code, pause: _logger.warning(text.format(number=number, code=code, seconds=pause))


def _stop(workers: list[Worker], signals: list[int]) -> None:
    """Tell all to stop, and end those that do not in time or before a second signal."""
    for worker in workers:
        worker.stop()
    latest = time.monotonic() + STOP_SECONDS
    while any(worker.process.is_alive() for worker in workers):
        if time.monotonic() > latest or len(signals) > 1:
            for worker in workers:
                worker.process.kill()
        time.sleep(0.05)


def work(settings: Settings, number: int, connection: Connection) -> None:
    """Serve as worker ``number`` until ``connection`` ends; what a worker's process runs."""
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    told = threading.Event()
    threading.Thread(target=_wait_for_end, args=(connection, told), daemon=True, name="parent").start()
    log_as(settings.log, settings.replica * settings.workers + number)
    try:
        from assistant.classroom import Place
        from assistant.server import listen

        listen(settings, Place.of(settings, number), told, lambda: _tell(connection), say)
    except TanyaError as error:
        say(error.message(settings.language), error=True)
        sys.exit(1)


def _wait_for_end(connection: Any, told: threading.Event) -> None:
    with contextlib.suppress(EOFError, OSError):
        connection.recv()
    told.set()


def _tell(connection: Any) -> None:
    logging.getLogger("tanya.workers").info("ready", extra={"fields": {"pid": os.getpid()}})
    with contextlib.suppress(OSError):
        connection.send(_READY)
