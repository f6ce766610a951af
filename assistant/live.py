"""The assistant of a server that goes on while the index is built anew, and may be put away while nobody asks."""

import logging
import threading
import time
from pathlib import Path

from assistant.asking import Assistant
from index.encoder import Encoder
from index.errors import TanyaError
from index.stores import Store, store_at

SECONDS = 1.0
"""Between two looks at which build is in use."""

AGAIN_SECONDS = 60.0
"""Before a build that could not be opened is tried again."""

_logger = logging.getLogger(__name__)


class LiveAssistant:
    """An assistant over the build in use: where another build takes its place, so does another assistant, between two
    questions. Whoever holds one keeps it.

    :param index: the index's folder, or another store.
    :param encoder: the model that the index was built with.
    :param sure: least confidence to answer, 0 to 1.
    :raises TanyaError: if the index cannot be opened.
    """

    def __init__(self, index: Path | Store, encoder: Encoder, sure: float) -> None:
        self._store = store_at(index)
        self._encoder = encoder
        self._sure = sure
        self._lock = threading.Lock()
        self._refused = ("", 0.0)
        self._problem = ""
        self._starters: tuple[str, tuple[str, ...]] = ("", ())
        self._now: Assistant | None = self._opened()

    def now(self) -> Assistant:
        """The assistant to ask, opened again if it was put away.

        :raises TanyaError: if it was, and the index cannot be opened any longer.
        """
        return self._now or self._resumed()

    @property
    def is_open(self) -> bool:
        """Whether it is not put away."""
        return self._now is not None

    def put_away(self) -> None:
        """Let go of the assistant until it is wanted again; who holds it keeps it."""
        with self._lock:
            self._now = None

    def _resumed(self) -> Assistant:
        with self._lock:
            if self._now is None:
                self._now = self._opened()
            return self._now

    def refresh(self) -> bool:
        """Open the build in use if it is another one, and say whether it was. One that cannot be opened is told of
        in the log, and the one before goes on answering. One that is put away stays so."""
        with self._lock:
            try:
                return self._refreshed()
            except TanyaError as error:
                if str(error) != self._problem:
                    _logger.error("%s", error)
                self._problem = str(error)
                return False

    def _refreshed(self) -> bool:
        if self._now is None:
            return False
        build = self._store.current()
        refused, when = self._refused
        if build == self._now.index.manifest.build:
            self._problem = ""
            return False
        if build == refused and time.monotonic() < when + AGAIN_SECONDS:
            return False
        self._refused = (build, time.monotonic())
        self._now = self._opened()
        return True

    def follow(self) -> None:
        """Refresh every second from now on, in a thread that ends with the process."""
        threading.Thread(target=self._follow, daemon=True, name="index").start()

    def _follow(self) -> None:
        while True:
            threading.Event().wait(SECONDS)
            try:
                self.refresh()
            except Exception:
                _logger.exception("the new index cannot be opened")

    def _opened(self) -> Assistant:
        index = self._store.open(self._encoder)
        build, known = self._starters
        starters = known if build == index.manifest.build else None
        assistant = Assistant(index, self._encoder, self._sure, starters)
        self._starters = (index.manifest.build, assistant.starters)
        return assistant
