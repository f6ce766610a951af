"""The gate of the teacher's page: a password, sessions that end, and patience that grows with every wrong guess."""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from html import escape
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.guards import ADMIN, address_of
from assistant.pages import page_html
from assistant.passwords import matches
from assistant.texts import ADMIN_TEXTS, texts_of
from index.errors import Language

LOGIN = f"{ADMIN}/login"
COOKIE = "tanya_admin"

LONGEST_SESSION = 8 * 3600.0
"""Seconds after which a session ends."""

LONGEST_IDLE = 3600.0
"""Seconds without a request after which it ends."""

FREE_GUESSES = 5
"""Wrong passwords in a row before a wait."""

FIRST_WAIT, LONGEST_WAIT = 30.0, 900.0
"""Seconds of the first wait, doubled with each further wrong password, and of the longest."""

MOST_ADDRESSES = 10_000
"""Addresses whose wrong guesses are remembered."""

Clock = Callable[[], float]


class Guesses:
    """Wrong passwords, by the address that they came from.

    :param clock: seconds that never go back.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until ``address`` may guess again, 0 if at once."""
        count, last = self._wrong.get(address, (0, 0.0))
        if count < FREE_GUESSES:
            return 0.0
        pause = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(count - FREE_GUESSES, 20))
        return max(0.0, last + pause - self._clock())

    def wrong(self, address: str) -> None:
        """``address`` guessed wrong."""
        count, _ = self._wrong.pop(address, (0, 0.0))
        self._wrong[address] = (count + 1, self._clock())
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)

    def right(self, address: str) -> None:
        """``address`` guessed right."""
        self._wrong.pop(address, None)


class Sessions:
    """Who is logged in: hashes of random tokens, with the times at which they began and were last used.

    :param clock: seconds that never go back.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._times: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def begin(self) -> str:
        """The token of a new session."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        with self._lock:
            lasting = {name: times for name, times in self._times.items() if self._lasts(times, now)}
            self._times = {**lasting, _digest(token): (now, now)}
        return token

    def holds(self, token: str) -> bool:
        """Whether ``token`` is that of a session that lasts; using it keeps it from idling."""
        now, name = self._clock(), _digest(token)
        with self._lock:
            times = self._times.get(name)
            if times is None or not self._lasts(times, now):
                return False
            self._times[name] = (times[0], now)
        return True

    def end(self, token: str) -> None:
        """End the session of ``token``."""
        with self._lock:
            self._times.pop(_digest(token), None)

    @staticmethod
    def _lasts(times: tuple[float, float], now: float) -> bool:
        began, used = times
        return now - began < LONGEST_SESSION and now - used < LONGEST_IDLE


class Gate:
    """Lets nobody below :data:`ADMIN` without a session.

    :param password: hash of the password; empty if there is none, and then nobody comes in.
    :param language: of what it says.
    :param guesses: wrong passwords, maybe also those for other gates.
    :param root: the path below which the pages stand; wrong passwords count for it alone.
    """

    def __init__(
        self, password: str, language: Language, guesses: Guesses | None = None, root: str = ""
    ) -> None:
        self._password = password
        self._language = language
        self._root = root
        self._texts = ADMIN_TEXTS[language]
        self._guesses = guesses or Guesses()
        self._sessions = Sessions()
        self._one_at_a_time = threading.Lock()

    def opens_for(self, scope: Scope) -> bool:
        """Whether the request ``scope`` may pass."""
        path = scope["path"]
        if path != ADMIN and not path.startswith(f"{ADMIN}/"):
            return True
        return path == LOGIN or self._sessions.holds(_token(Request(scope)))

    def refusal(self, scope: Scope) -> Response:
        """What a request that may not pass gets."""
        if not self._password:
            off = texts_of("collections")[self._language]["off"] if self._root else self._texts["off"]
            return HTMLResponse(self._page(f"<p>{escape(off)}</p>"), status_code=403)
        if scope["method"] == "GET" and scope["path"] in (ADMIN, f"{ADMIN}/"):
            return RedirectResponse(self._root + LOGIN, status_code=303)
        return Response(status_code=401)

    def router(self) -> APIRouter:
        """Logging in and out."""
        router = APIRouter(include_in_schema=False)

        @router.get(ADMIN)
        def open_page() -> Response:
            return RedirectResponse(f"{self._root}{ADMIN}/", status_code=303)

        @router.get(LOGIN)
        def ask() -> Response:
            if not self._password:
                return RedirectResponse(self._root + ADMIN, status_code=303)
            return HTMLResponse(self._form())

        @router.post(LOGIN)
        async def log_in(request: Request) -> Response:
            fields = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
            if not self._one_at_a_time.acquire(blocking=False):
                return self._wait(1)
            try:
                return await run_in_threadpool(self._logged_in, request, fields.get("password", ""))
            finally:
                self._one_at_a_time.release()

        @router.post(f"{ADMIN}/logout")
        def log_out(request: Request) -> Response:
            self._sessions.end(_token(request))
            response = RedirectResponse(f"{self._root}/", status_code=303)
            response.delete_cookie(COOKIE, path=self._root + ADMIN)
            return response

        return router

    def _logged_in(self, request: Request, password: str) -> Response:
        address = f"{self._root} {address_of(request)}"
        wait = self._guesses.wait(address)
        if wait > 0:
            return self._wait(int(wait) + 1)
        self._guesses.wrong(address)
        if not self._password or not matches(password, self._password):
            return HTMLResponse(self._form(self._texts["wrong"]), status_code=403)
        self._guesses.right(address)
        response = RedirectResponse(f"{self._root}{ADMIN}/", status_code=303)
        response.set_cookie(
            COOKIE, self._sessions.begin(), path=self._root + ADMIN, httponly=True, samesite="strict",
            secure=request.url.scheme == "https", max_age=int(LONGEST_SESSION),
        )  # fmt: skip
        return response

    def _wait(self, seconds: int) -> Response:
        text = self._texts["wait"].format(seconds=seconds)
        return HTMLResponse(self._form(text), status_code=429, headers={"Retry-After": str(seconds)})

    def _form(self, problem: str = "") -> str:
        said = f'<p role="alert">{escape(problem)}</p>' if problem else ""
        return self._page(
            f'{said}<form method="post" action="{self._root}{LOGIN}"><label for="password">{escape(self._texts["password"])}'
            f'</label><input id="password" name="password" type="password" autocomplete="current-password" required '
            f"autofocus><button>{escape(self._texts['log_in'])}</button></form>"
        )

    def _page(self, body: str) -> str:
        title = self._texts["title"]
        return page_html(title, f"<h1>{escape(title)}</h1>{body}", self._language, root=self._root)


class GateKeeper:
    """ASGI middleware that asks a :class:`Gate` before every request."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket" and not self.gate.opens_for({**scope, "type": "http"}):
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http" and not self.gate.opens_for(scope):
            await self.gate.refusal(scope)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _token(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
