"""One application for the chat, the API and the documents."""

import gc
import os
import socket
from collections.abc import Callable

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.asking import Assistant
from assistant.live import LiveAssistant
from assistant.settings import Settings
from assistant.texts import TEXTS
from index.build import build_index
from index.builds import has_index
from index.encoder import load_encoder
from index.errors import Language, TanyaError
from index.folder import is_current
from index.progress import Progress

LARGEST_BODY = 64 * 1024
"""Bytes of the largest request to the API."""

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"content-security-policy": (
        b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        b"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        b"connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'self'; base-uri 'self'; "
        b"form-action 'self'; object-src 'none'"
    ),
}
"""On every response. Gradio's page needs inline scripts and ``new Function``; all text is escaped."""


class PortError(TanyaError):
    """The server cannot listen where it was told to."""

    code = "port"


class SecurityHeaders:
    """ASGI middleware that adds :data:`HEADERS`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS.items()]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """ASGI middleware that refuses API requests whose body is larger than :data:`LARGEST_BODY`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        body = b""
        more = True
        while more and len(body) <= LARGEST_BODY:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            await _refuse(send)
            return
        replayed = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Message:
            return next(replayed, None) or await receive()

        await self.app(scope, replay, send)


def create_app(now: Callable[[], Assistant], language: Language = "id") -> FastAPI:
    """The application that asks the assistant ``now()``, its pages opening in ``language``."""
    import gradio as gr

    from assistant.api import add_error_handlers, api_router
    from assistant.chat import CSS, HEAD, build_chat
    from assistant.pages import pages_router

    app = FastAPI(
        title="Tanya",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    add_error_handlers(app)
    app.include_router(api_router(now))
    app.include_router(pages_router(now, language))
    font = ["system-ui", "sans-serif"]
    theme = gr.themes.Soft(primary_hue="teal", font=font, font_mono=["ui-monospace", "monospace"])
    mounted: FastAPI = gr.mount_gradio_app(
        app, build_chat(now, language), path="/", footer_links=[], run_history=False,
        show_error=False, css=CSS, head=HEAD, theme=theme,
    )  # fmt: skip
    return mounted


def check_port(host: str, port: int) -> None:
    """Make sure that ``host``:``port`` can be listened on.

    :raises PortError: if it cannot.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise PortError(
            f"Porta {port} di {host} tidak dapat dipakai ({error.strerror}): pilih yang lain dengan "
            f"`tanya chat --port {port + 1 if port < 65535 else 7860}`.",
            f"The port {port} on {host} cannot be used ({error.strerror}): choose another with "
            f"`tanya chat --port {port + 1 if port < 65535 else 7860}`.",
        ) from error


def serve(settings: Settings, progress: Progress, say: Callable[[str], None]) -> None:
    """Serve the chat until interrupted; the index is built first if there is none.

    :param say: told the address once the page can be opened.
    :raises TanyaError: if the index cannot be opened or built.
    """
    import uvicorn

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            say(texts["serving"].format(address=f"http://{host}:{settings.port}"))

    texts = TEXTS[settings.language]
    gc.disable()
    encoder = load_encoder(settings.encoder)
    if not has_index(settings.index):
        build_index(settings.docs, settings.index, encoder, progress, kept=settings.keep)
    live = LiveAssistant(settings.index, encoder, settings.sure)
    if not is_current(live.now().index.manifest, settings.docs, settings.index):
        say(texts["stale"].format(docs=settings.docs, index=settings.index))
    app = create_app(live.now, settings.language)
    live.follow()
    gc.enable()
    gc.freeze()
    Announcing(uvicorn.Config(app, settings.host, settings.port, log_level="warning")).run()


async def _refuse(send: Send) -> None:
    text = f"Permintaan terlalu besar: paling banyak {LARGEST_BODY} bita."
    body = ('{"error": {"code": "too_large", "message": "' + text + '"}}').encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
