"""Listening for requests until told to stop, and stopping without cutting an answer off."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.config import LOGGING_CONFIG

from assistant.logs import LogForm
from assistant.monitor import Monitor
from assistant.school import School

GRACE_SECONDS = 10.0
"""How long running answers may take to finish when the server stops."""


class Listening(uvicorn.Server):
    """A server that, once told to stop, takes no new connection and lets running answers finish, for at most
    :data:`GRACE_SECONDS`.

    :param monitor: counts the running requests and says that the server is stopping.
    :param told: set from elsewhere to stop; a signal does the same.
    :param ready: called once requests are answered.
    """

    def __init__(
        self, config: uvicorn.Config, monitor: Monitor, told: threading.Event, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._monitor = monitor
        self._told = told
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop."""
        return self._told.is_set() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop. The open pages are let go last, since Gradio gives up the answers of a page that is gone."""
        self._monitor.stopping = True
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        latest = time.monotonic() + GRACE_SECONDS
        while self._monitor.running and not self.force_exit and time.monotonic() < latest:
            await asyncio.sleep(0.05)
        for page in _pages(self.config.app):
            page.stop_event.set()
        await super().shutdown(sockets)


def _pages(app: Any) -> list[Any]:
    """The Gradio applications of the server ``app`` and of its further collections."""
    school: School | None = app.state.school
    return [page for one in (app, *(school.apps if school else ())) for page in one.state.pages]


def configured(app: FastAPI, host: str, port: int, behind_proxy: bool, log: LogForm) -> uvicorn.Config:
    """How ``app`` is served at ``port`` of ``host``; uvicorn's own words go the way of ours in JSON."""
    return uvicorn.Config(
        app, host, port, log_level="warning", access_log=False, proxy_headers=behind_proxy,
        timeout_graceful_shutdown=1, log_config=None if log == "json" else LOGGING_CONFIG,
    )  # fmt: skip
