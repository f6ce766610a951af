"""Scripts, styles and letters of our own that pages load."""

import gzip
import hashlib
import json
from pathlib import Path

from fastapi import APIRouter, Request, Response

from assistant.talk import MOST_TURNS
from assistant.texts import texts_of

STATIC = Path(__file__).parent / "static"

ASSETS = "/tanya"
"""Where they are served."""

KEPT_SECONDS = 30 * 86400
"""How long a browser keeps them; their addresses change with what they hold."""

_KINDS = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}


def _mark(held: bytes) -> str:
    return hashlib.blake2b(held, digest_size=6).hexdigest()


def _read(name: str) -> bytes:
    held = (STATIC / name).read_bytes()
    if name == "letters.js":
        style = (STATIC / "letters.css").read_bytes()
        held = held.replace(b"__ADDRESS__", f"{ASSETS}/letters.css?{_mark(style)}".encode())
    if name == "tools.js":
        words = json.dumps(texts_of("tools"), ensure_ascii=False).encode()
        held = held.replace(b"__WORDS__", words).replace(b"__MOST__", str(MOST_TURNS).encode())
    return held


_SERVED = {
    name: _read(name)
    for name in (
        "letters.css", "letters.js", "send.js", "tools.js", "fonts/hyperlegible-400.woff2", "fonts/hyperlegible-700.woff2",
    )
}  # fmt: skip
_SMALL = {name: gzip.compress(held, mtime=0) for name, held in _SERVED.items() if not name.endswith(".woff2")}


def address_of(name: str) -> str:
    """The address of the file ``name``."""
    return f"{ASSETS}/{name}?{_mark(_SERVED[name])}"


VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'
"""Lets a page be as wide as its screen."""

LETTERS = f'<script src="{address_of("letters.js")}"></script>'
"""Gives a page the size and shape of letters that its reader chose."""

TOOLS = f'<script>window.tanyaTools = import("{address_of("tools.js")}").catch(() => null)</script>'
"""Brings the tools of the chat to life; ``tanyaTools`` is a promise of what they do."""


def assets_router() -> APIRouter:
    """The files below :data:`ASSETS`."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{ASSETS}/{{name:path}}")
    def asset(name: str, request: Request) -> Response:
        if name not in _SERVED:
            return Response(status_code=404)
        headers = {
            "Cache-Control": f"public, max-age={KEPT_SECONDS}, immutable",
            "Access-Control-Allow-Origin": "*",
            "Vary": "Accept-Encoding",
        }
        kind = _KINDS[Path(name).suffix]
        if name in _SMALL and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(_SMALL[name], media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
        return Response(_SERVED[name], media_type=kind, headers=headers)

    return router
