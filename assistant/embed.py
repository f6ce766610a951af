"""The chat in other sites' pages: its script, and the page that they frame."""

import json
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.guards import EMBED
from assistant.origins import allows
from assistant.texts import texts_of

_WORDS = json.dumps(texts_of("embed"), ensure_ascii=False)
SCRIPT = (
    (Path(__file__).parent / "static" / "embed.js").read_text(encoding="utf-8").replace("__WORDS__", _WORDS)
)

KEPT_SECONDS = 300
"""How long a browser keeps the script."""


class EmbedPath:
    """ASGI middleware that serves the chat page at :data:`EMBED` too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] == EMBED:
            scope = {**scope, "path": "/", "raw_path": b"/"}
        await self.app(scope, receive, send)


def embed_router(origins: Sequence[str]) -> APIRouter:
    """The script, and whether the site that asks is one of ``origins``."""
    router = APIRouter(include_in_schema=False)

    @router.get("/embed.js")
    def script() -> Response:
        headers = {"Cache-Control": f"max-age={KEPT_SECONDS}", "Cross-Origin-Resource-Policy": "cross-origin"}
        return Response(SCRIPT, media_type="text/javascript", headers=headers)

    @router.get(f"{EMBED}/allowed")
    def allowed(request: Request) -> Response:
        origin = request.headers.get("origin", "")
        own = origin == f"{request.url.scheme}://{request.url.netloc}"
        found = {"allowed": own or allows(origins, origin)}
        return JSONResponse(found, headers={"Access-Control-Allow-Origin": "*"})

    return router
