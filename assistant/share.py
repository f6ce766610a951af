"""The page on which a teacher makes what puts the chat into another page."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from assistant.classroom import Classroom
from assistant.origins import own_address, root_path
from assistant.share_page import LONGEST_LINK, LONGEST_PAGE, Sharing, preview_html, share_html
from assistant.snippet import Snippet
from assistant.texts import sentences, spoken
from index.errors import TanyaError

SHARE = "/share"

_STATIC = Path(__file__).parent / "static"
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_UNKEPT = {"Cache-Control": "no-store"}
"""What is told depends on the name by which the server was asked."""


class ShareError(TanyaError):
    """A snippet cannot be made."""

    code = "share"


def share_router(room: Classroom) -> APIRouter:
    """``/share`` and what it shows, for the documents of ``room``."""
    language = room.language
    router = APIRouter(prefix=SHARE, include_in_schema=False)

    def shared(request: Request) -> Sharing:
        server = own_address(request, room.public.behind_proxy)
        if server is None:
            raise ShareError(*sentences("share", "host"))
        known = {one.path: one.title for one in room.now().index.manifest.documents if "|" not in one.path}
        query = request.query_params
        page = query.get("page", "").strip()[:LONGEST_PAGE]
        speaks = spoken(query.get("lang", ""), language)
        snippet, root = Snippet.of(query, known), root_path(request) + room.root
        return Sharing(
            snippet, server + room.root, root, known, room.public.origins, page, speaks, bool(room.root)
        )

    def answered(request: Request, made: Callable[[Sharing], Response]) -> Response:
        try:
            response = made(shared(request))
        except ShareError as error:
            speaks = spoken(request.query_params.get("lang", ""), language)
            response = PlainTextResponse(error.message(speaks), status_code=400)
        response.headers.update(_UNKEPT)
        return response

    @router.get("")
    def page(request: Request) -> Response:
        return answered(request, lambda sharing: HTMLResponse(share_html(sharing)))

    @router.get("/preview")
    def preview(request: Request) -> Response:
        return answered(request, lambda sharing: HTMLResponse(preview_html(sharing)))

    @router.get("/qr.{kind}")
    def qr(request: Request, kind: Literal["svg", "png"]) -> Response:
        return answered(
            request,
            lambda sharing: Response(
                qr_code(sharing.snippet.link(sharing.server), kind), media_type=_TYPES[kind]
            ),
        )

    @router.get("/share.{kind}")
    def static(kind: Literal["js", "css"]) -> Response:
        kept = (_STATIC / f"share.{kind}").read_text(encoding="utf-8")
        return Response(kept, media_type="text/javascript" if kind == "js" else "text/css")

    return router


def qr_code(link: str, kind: Literal["svg", "png"]) -> bytes:
    """A picture of the QR code of ``link``.

    :raises ShareError: if the link is longer than a telephone reads.
    """
    import segno

    if len(link) > LONGEST_LINK:
        raise ShareError(*sentences("share", "qr_long", length=len(link), longest=LONGEST_LINK))
    drawn = BytesIO()
    segno.make_qr(link, error="m").save(drawn, kind=kind, scale=8, light="white")
    return drawn.getvalue()
