"""What stands before every request: security headers, who may frame a page, limits of size and number."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.counts import Bucket, Counts, OwnCounts
from assistant.texts import sentences
from index.errors import TanyaError

if TYPE_CHECKING:
    import gradio as gr

ADMIN = "/admin"
"""The teacher's page."""

EMBED = "/embed"
"""The chat as other sites frame it."""

LTI = "/lti"
"""What learning platforms launch."""

LARGEST_BODY = 64 * 1024
"""Bytes of the largest request."""

LARGEST_TALK = 4 * 2**20
"""Bytes of the largest request of the chat page, which sends the whole conversation."""

FILES = ("/gradio_api/file", "/gradio_api/deep_link")
"""Where Gradio would give out files, of which those of all its pages lie in one folder."""

UPLOADS = ("/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/process_recording")
"""Where Gradio would take files in the chat, which takes none."""

_POLICY = (
    "default-src 'self'; script-src {scripts}; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; frame-ancestors {framers}; base-uri 'self'; "
    "form-action {targets}; object-src 'none'"
)
_GRADIO_SCRIPTS = "'self' 'unsafe-inline' 'unsafe-eval'"
"""Gradio's pages need inline scripts and ``new Function``; all text is escaped."""

OWN_PAGES = ("/documents", "/share", "/quiz", f"{ADMIN}/login", LTI)
"""Pages without Gradio, and what lies below them: scripts there are files of ours."""


class SecurityHeaders:
    """ASGI middleware that adds security headers.

    :param origins: sites that may frame :data:`EMBED`, beside our own.
    :param platforms: learning platforms that may frame it too, and what lies below :data:`LTI`.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str] = (), platforms: Sequence[str] = ()) -> None:
        self.app = app
        self._platforms = tuple(platforms)
        self._origins = tuple(dict.fromkeys((*origins, *platforms)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = self.headers_for(scope["path"])

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *headers.items()]
            await send(message)

        await self.app(scope, receive, with_headers)

    def headers_for(self, path: str) -> dict[bytes, bytes]:
        """Headers of every response to a request for ``path``; the teacher's page is neither framed nor kept, and what
        a learning platform launches is not kept."""
        teachers, launched = _below(ADMIN, path), _below(LTI, path)
        scripts = "'self'" if any(_below(page, path) for page in OWN_PAGES) else _GRADIO_SCRIPTS
        framers = "'none'" if teachers else "'self'"
        if path == EMBED or launched:
            framers = " ".join(("'self'", *self._origins))
        targets = " ".join(("'self'", *self._platforms)) if launched else "'self'"
        return {
            b"x-content-type-options": b"nosniff",
            b"referrer-policy": b"same-origin",
            b"content-security-policy": _POLICY.format(
                scripts=scripts, framers=framers, targets=targets
            ).encode(),
            **({b"cache-control": b"no-store"} if teachers or launched else {}),
        }


def _below(folder: str, path: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


class BodyLimit:
    """ASGI middleware that refuses requests whose body is too large, those that would leave a file in the chat, and those
    for a file that was left; the teacher's page has limits of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.removeprefix(ADMIN).startswith(FILES) or path.startswith(UPLOADS):
            await Response(status_code=404)(scope, receive, send)
            return
        if not path or path.startswith(f"{ADMIN}/gradio_api/"):
            await self.app(scope, receive, send)
            return
        largest = LARGEST_TALK if scope["path"].startswith("/gradio_api/") else LARGEST_BODY
        body = b""
        more = True
        while more and len(body) <= largest:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if len(body) > largest:
            await _too_large(largest)(scope, receive, send)
            return
        replayed = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Message:
            return next(replayed, None) or await receive()

        await self.app(scope, replay, send)


def _too_large(largest: int) -> Response:
    said = {"code": "too_large", "message": f"Permintaan terlalu besar: paling banyak {largest} bita."}
    return Response(json.dumps({"error": said}), status_code=413, media_type="application/json")


def address_of(request: "Request | gr.Request") -> str:
    """The address that ``request`` comes from; of IPv6 the first half, since a single subscriber has all that begin so."""
    host = request.client.host if request.client else ""
    if ":" not in host:
        return host
    try:
        address = IPv6Address(host.partition("%")[0])
    except ValueError:
        return host
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))


CROWDED_SECONDS = 4
"""Until a question may be asked again that came while too many waited."""


AWAY_SECONDS = 60
"""Until a question may be asked again that came while the index could not be reached."""


class BusyError(TanyaError):
    """A question comes too soon after others.

    :param wait: seconds until it may be asked.
    """

    code = "busy"
    status = 429

    def __init__(self, wait: float) -> None:
        self.seconds = int(wait) + 1
        super().__init__(*sentences("asking", self.code, seconds=self.seconds))


class CrowdedError(BusyError):
    """A question comes while too many others wait for their answers."""

    code = "crowded"
    status = 503

    def __init__(self) -> None:
        super().__init__(CROWDED_SECONDS)


class AwayError(BusyError):
    """What keeps the index cannot be reached just now."""

    code = "away"
    status = 503

    def __init__(self) -> None:
        super().__init__(AWAY_SECONDS)


@dataclass(frozen=True)
class Allowance:
    """How much may be asked.

    :param per_address: questions a minute from one address: a whole school may share one.
    :param per_session: questions a minute in one chat.
    :param per_day: questions a day in all; 0 is no limit.
    """

    per_address: int = 1500
    per_session: int = 20
    per_day: int = 0


class Meter:
    """Counts questions: a bucket for each address and session fills evenly, holds a minute's worth, and each question
    takes one out of it.

    :param counts: remembers them; in this process if not given.
    """

    def __init__(self, allowance: Allowance, counts: Counts | None = None) -> None:
        self._allowance = allowance
        self._counts = counts or OwnCounts()

    async def admit(self, request: "Request | gr.Request", session: str | None = None, cost: int = 1) -> None:
        """Count a question that comes by ``request``.

        :param cost: for how many it counts.
        :raises BusyError: if it comes too soon.
        """
        wait = await self.wait(address_of(request), session, cost)
        if wait > 0:
            raise BusyError(wait)

    async def wait(self, address: str, session: str | None = None, cost: int = 1) -> float:
        """Count a question, as ``cost`` or as many as there may be at once, and give 0, or the seconds to wait before it
        may be asked; then it does not count."""
        buckets = [Bucket(f"a{address}", self._allowance.per_address)]
        if session is not None:
            buckets.append(Bucket(f"s{session}", self._allowance.per_session))
        return await self._counts.take(buckets, cost, self._allowance.per_day)
