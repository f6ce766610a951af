"""The further collections of a server, each with an application of its own that is made when somebody first asks for it."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.collections import ADDRESS, DEFINITION, parted
from assistant.guards import SecurityHeaders
from assistant.live import SECONDS, LiveAssistant
from assistant.pages import page_html
from assistant.texts import texts_of
from assistant.traffic import HEARTBEAT, kind_of
from index.errors import IndexMissingError, Language, TanyaError

MOST_OPEN = 8
"""Collections whose indexes are open at a time, unless more are being asked."""

IDLE_SECONDS = 600.0
"""Without a request, after which a collection's index is closed."""

_Stamp = tuple[tuple[int, int] | None, ...]
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """A collection as it is served.

    :param app: its pages and its API.
    :param live: its assistant.
    :param forget: lets go of what was kept of its answers.
    """

    app: FastAPI
    live: LiveAssistant
    forget: Callable[[], None]


@dataclass
class _Room:
    """A collection that somebody has asked for, and how it is being used."""

    made: Made
    stamp: _Stamp
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0
    used: float = field(default_factory=time.monotonic)

    def put_away(self) -> None:
        """Close its index until somebody asks again."""
        self.made.live.put_away()
        self.made.forget()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While a request is answered."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self.used = time.monotonic()


class School:
    """The collections in ``folder``.

    :param make: makes one by its name; raises ``TanyaError`` if that fails.
    :param language: of what is said where a collection is not to be had.
    """

    def __init__(
        self,
        folder: Path,
        make: Callable[[str], Made],
        language: Language,
        most_open: int = MOST_OPEN,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.language = language
        self._folder = folder
        self._make = make
        self._most_open = most_open
        self._idle_seconds = idle_seconds
        self._rooms: dict[str, _Room] = {}
        self._one_at_a_time = asyncio.Lock()
        self._opening = ThreadPoolExecutor(1, thread_name_prefix="collections")
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def apps(self) -> list[FastAPI]:
        """The applications that were made."""
        return [room.made.app for room in self._rooms.values()]

    @property
    def open_now(self) -> list[str]:
        """Names of the collections whose indexes are open."""
        return [name for name, room in self._rooms.items() if room.made.live.is_open]

    async def room(self, name: str) -> _Room | None:
        """The collection ``name`` with its index open; None if there is no such one.

        :raises TanyaError: if it cannot be opened.
        """
        room = self._known(name)
        if room is not None and room.made.live.is_open:
            return room
        if room is None and not self._is_there(name):
            return None
        async with self._one_at_a_time:
            room = self._known(name)
            try:
                room = room or await self._opened(name)
                await self._in_thread(room.made.live.now)
            except IndexMissingError:
                return None
            return room

    def _is_there(self, name: str) -> bool:
        return (self._folder / name / DEFINITION).is_file()

    def _known(self, name: str) -> _Room | None:
        """The collection ``name`` if it was made, and from what is on disk now."""
        room = self._rooms.get(name)
        if room is not None and room.stamp != self._stamp(name):
            self._rooms.pop(name).ended.set()
            return None
        return room

    def _stamp(self, name: str) -> _Stamp:
        """What changes when the collection is described anew, gets another password or is gone."""
        return tuple(_written(self._folder / name / file) for file in (DEFINITION, "password"))

    async def _opened(self, name: str) -> _Room:
        stamp = self._stamp(name)
        room = _Room(await self._in_thread(lambda: self._make(name)), stamp)
        self._rooms[name] = room
        begun = asyncio.Event()
        if not self._tasks:
            self._start(self._look_after())
        self._start(_run(room, begun))
        await begun.wait()
        return room

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._opening, work)

    async def _look_after(self) -> None:
        """Follow new builds, and close what nobody uses."""
        while True:
            await asyncio.sleep(SECONDS)
            try:
                for name in list(self._rooms):
                    if (room := self._known(name)) is not None:
                        await self._in_thread(room.made.live.refresh)
                self.close_idle()
            except Exception:
                _logger.exception("collections cannot be looked after")

    def close_idle(self) -> None:
        """Close the indexes that were not used for long, and the least used of too many; what runs is not cut off."""
        now = time.monotonic()
        idle = [room for room in self._rooms.values() if room.made.live.is_open and not room.running]
        idle.sort(key=lambda room: room.used)
        too_many = len(self.open_now) - self._most_open
        for number, room in enumerate(idle):
            if number < too_many or now - room.used > self._idle_seconds:
                room.put_away()


async def _run(room: _Room, begun: asyncio.Event) -> None:
    """Keep the application of ``room`` going until it has ended; its open pages are then let go."""
    app = room.made.app
    async with app.router.lifespan_context(app):
        begun.set()
        await room.ended.wait()
        for page in app.state.pages:
            page.stop_event.set()


def _written(file: Path) -> tuple[int, int] | None:
    """When ``file`` was written and how large it is; None if it is not there."""
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


class CollectionPath:
    """ASGI middleware that serves the collections of ``school`` below :data:`ADDRESS`. To each it is as if it stood at
    the root, so that none sees another's addresses."""

    def __init__(self, app: ASGIApp, school: School) -> None:
        self.app = app
        self._school = school

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or not (path == ADDRESS or path.startswith(f"{ADDRESS}/")):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._serve(*parted(path), scope, receive, send)

    async def _serve(self, name: str, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            room = await self._school.room(name) if name else None
        except TanyaError as error:
            _logger.error("%s: %s", name, error)
            await self._refusal(scope["path"], 503, "shut")(scope, receive, send)
            return
        if room is None:
            await self._refusal(scope["path"], 404, "absent")(scope, receive, send)
        elif not path:
            await _led_to(f"{ADDRESS}/{name}/", scope)(scope, receive, send)
        else:
            inner = {**scope, "path": path, "raw_path": quote(path).encode()}
            with contextlib.nullcontext() if HEARTBEAT in path else room.in_use():
                await room.made.app(inner, receive, send)

    def _refusal(self, path: str, status: int, name: str) -> ASGIApp:
        """What a request gets for a collection that is not to be had, the same whatever the reason."""
        texts = texts_of("collections")[self._school.language]
        if kind_of(path) == "api":
            said = json.dumps({"error": {"code": name, "message": f"{texts[name]}."}}, ensure_ascii=False)
            return SecurityHeaders(Response(said, status, media_type="application/json"))
        body = f"<h1>{escape(texts[name])}</h1><p>{escape(texts[f'{name}_note'])}</p>"
        page = page_html(texts[name], body, self._school.language, framed=True)
        return SecurityHeaders(HTMLResponse(page, status))


def _led_to(address: str, scope: Scope) -> Response:
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(f"{address}?{query}" if query else address, 307)
