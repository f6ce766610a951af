"""The documents as pages, each passage with an anchor."""

from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from assistant.asking import Assistant
from assistant.assets import LETTERS
from assistant.texts import TEXTS
from index.errors import Language
from index.passages import Passage

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2733;--paper:#fbfaf7;--mark:#ffe9a8;--link:#0b6e69}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--paper:#14191f;--mark:#5a4a12;--link:#6fd0c8}}
body{font:1.05rem/1.65 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:42rem;
margin:0 auto;padding:1.2rem;overflow-wrap:anywhere}
a{color:var(--link)}h1{line-height:1.25}p:target{background:var(--mark);border-radius:.4rem;padding:.5rem}
p{white-space:pre-line;scroll-margin-top:2rem}
label,input,button{font:inherit;display:block;margin:.4rem 0}
input{padding:.5rem;width:100%;max-width:20rem;box-sizing:border-box}
button{padding:.5rem 1.2rem;border:0;border-radius:.5rem;background:#0b6e69;color:#fff;cursor:pointer}
"""


def pages_router(now: Callable[[], Assistant], language: Language, root: str = "") -> APIRouter:
    """``/documents`` and ``/documents/PATH``, of the assistant ``now()``, with links below the path ``root``."""
    router = APIRouter(include_in_schema=False)
    texts = TEXTS[language]

    @router.get("/documents", response_class=HTMLResponse)
    def list_documents() -> str:
        items = "".join(
            f'<li><a href="{root}/documents/{quote(d.path)}">{escape(d.title)}</a></li>'
            for d in now().index.manifest.documents
        )
        body = f"<h1>{escape(texts['documents'])}</h1><ul>{items}</ul>"
        return page_html(texts["documents"], body, language, root=root)

    @router.get("/documents/{path:path}", response_class=HTMLResponse)
    def show_document(path: str) -> HTMLResponse:
        passages = now().index.passages_of(path)
        if not passages:
            body = f"<h1>{escape(texts['no_document'])}</h1>"
            page = page_html(texts["no_document"], body, language, root=root)
            return HTMLResponse(page, status_code=404)
        return HTMLResponse(page_html(passages[0].title, _document(passages), language, root=root))

    return router


def _document(passages: Sequence[Passage]) -> str:
    parts = [f"<h1>{escape(passages[0].title)}</h1>"]
    for headings, group in groupby(passages, key=lambda passage: passage.headings):
        if headings:
            parts.append(f"<h2>{escape(' › '.join(headings))}</h2>")
        parts += [f'<p id="p-{passage.id}">{escape(passage.text)}</p>' for passage in group]
    return "".join(parts)


def page_html(
    title: str,
    body: str,
    language: Language,
    framed: bool = False,
    style: str = "",
    head: str = "",
    root: str = "",
) -> str:
    """A whole page of ``body``, which is HTML, with a way back to the chat unless it stands ``framed`` in another's.

    :param style: further rules of its looks.
    :param head: HTML of the files with styles and scripts that it needs.
    :param root: the path below which the chat stands.
    """
    back = "" if framed else f'<nav><a href="{root}/">← {escape(TEXTS[language]["back"])}</a></nav>'
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}{style}</style>{LETTERS}{head}</head><body>{back}<main>{body}</main></body></html>"
    )
