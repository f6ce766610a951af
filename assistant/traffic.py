"""Every request on its way: which worker's it is, how it is counted, and the line that the log keeps of it."""

import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.collections import ADDRESS, parted
from assistant.monitor import Monitor

LONGEST_PATH = 200
"""Characters of a path in the log."""

HEARTBEAT = "/gradio_api/heartbeat/"
"""What an open chat page holds on to for as long as it is open."""

_ALL = 99
_ROUTES = {
    "": ("page", 1),
    "embed": ("page", 2),
    "gradio_api": ("talk", 2),
    "api": ("api", 3),
    "documents": ("documents", _ALL),
    "admin": ("admin", 2),
    "lti": ("lti", 2),
    "share": ("share", 1),
    "quiz": ("quiz", 1),
    "livez": ("probe", 1),
    "readyz": ("probe", 1),
    "metrics": ("probe", 1),
    **dict.fromkeys(("assets", "static", "svelte", "tanya"), ("file", _ALL)),
    **dict.fromkeys(("config", "theme.css", "favicon.ico", "manifest.json", "embed.js"), ("file", 1)),
}
"""Kind of a route by its path's first segment, and how many segments of it the log keeps: further ones may hold
a session."""

_PREFIX = re.compile(r"/w/\d{1,2}(?=/)")

_requests = logging.getLogger("tanya.requests")


def kind_of(path: str) -> str:
    """What kind of route ``path`` is, be it a collection's or not.

    >>> kind_of("/gradio_api/queue/join"), kind_of("/c/kelas-7b/admin/"), kind_of("/wp-login.php")
    ('talk', 'admin', 'other')
    """
    _, path = parted(path)
    return _ROUTES.get(path.split("/")[1], ("other", 1))[0] if path.startswith("/") else "other"


def loggable(path: str) -> str:
    """``path`` without what may name a session.

    >>> loggable("/gradio_api/heartbeat/0a1b2c")
    '/gradio_api/heartbeat/…'
    """
    name, path = parted(path)
    segments = path.split("/")
    kept = _ROUTES.get(segments[1] if len(segments) > 1 else "", ("other", 1))[1] + 1
    shown = "/".join(segments[:kept])[:LONGEST_PATH]
    own = f"{ADDRESS}/{name}{shown}" if name else shown
    return f"{own}/…" if len(segments) > kept else own


class Traffic:
    """ASGI middleware that counts every request and logs it."""

    def __init__(self, app: ASGIApp, monitor: Monitor) -> None:
        self.app = app
        self._monitor = monitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        weight = 0 if HEARTBEAT in scope["path"] else 1

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._monitor.running += weight
        try:
            await self.app(scope, receive, watched)
        finally:
            self._monitor.running -= weight
            self._monitor.request_ended(kind_of(scope["path"]), status)
            _log(scope, status, 1000 * (time.perf_counter() - started))


def _log(scope: Scope, status: int, milliseconds: float) -> None:
    if _requests.isEnabledFor(logging.INFO):
        fields = {
            "method": scope["method"],
            "path": loggable(scope["path"]),
            "status": status,
            "ms": round(milliseconds, 1),
        }
        _requests.info("request", extra={"fields": fields})


class WorkerPath:
    """ASGI middleware that serves everything below ``/w/NUMBER`` too, where the pages of one worker of several call
    it; but for what is not the pupils'. Another worker's number will do, so that a page is still answered, though
    without its earlier questions, while its worker is started again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (path := below_worker(scope["path"])) is not None:
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


def below_worker(path: str) -> str | None:
    """What ``path`` is below a worker's prefix; None if it is not below one or not to be had there."""
    found = _PREFIX.match(path)
    if found is None or kind_of(path[found.end() :]) in ("admin", "probe"):
        return None
    return path[found.end() :]
