"""What stands around a conversation in the chat page: its tools and the button to dictate, which tools.js brings to life."""

import json
from collections.abc import Mapping
from datetime import datetime
from html import escape

from assistant.sheet import as_html, as_markdown
from assistant.talk import Talk
from assistant.texts import texts_of
from index.errors import Language

_TEXTS = texts_of("tools")

_SHAPES = {
    "link": "M10 14a4 4 0 0 0 6 0l4-4a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-4 4a4 4 0 0 0 6 6l1-1",
    "save": "M12 3v12m-5-5 5 5 5-5M4 20h16",
    "print": "M7 9V3h10v6M7 17H4v-8h16v8h-3M7 14h10v7H7z",
    "read": "M4 9v6h4l5 4V5L8 9zM16.5 8.5a5 5 0 0 1 0 7M19 6a9 9 0 0 1 0 12",
    "text": "M3 19 9 5l6 14M5 14h8M15 19l3.5-8 3.5 8M16.5 16h4",
    "clear": "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5m4-5v5",
    "dictate": "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
}
"""Outlines on a square of 24."""

_OF_TALK = ("link", "save", "print", "read")
"""Tools that need a conversation."""


def tools_html(language: Language) -> str:
    """The row of tools, below where the question stands that is under way."""
    texts = _TEXTS[language]
    buttons = "".join(_button(name, texts) for name in (*_OF_TALK, "text", "clear"))
    return (
        '<div id="tanya-pending"><p id="tanya-asked"></p><p id="tanya-searching" role="status"></p></div>'
        f'<div id="tanya-tools" role="group" aria-label="{escape(texts["all"])}" data-lang="{language}">'
        f'{buttons}{_letters(texts)}</div><p id="tanya-said" role="status"></p>'
    )


def dictate_html(language: Language) -> str:
    """The button to dictate a question."""
    return _button("dictate", _TEXTS[language])


def _button(name: str, texts: Mapping[str, str]) -> str:
    title = escape(texts[f"{name}_long"])
    more = ' aria-expanded="false" aria-controls="tanya-letters"' if name == "text" else ""
    return (
        f'<button type="button" id="tanya-{name}" class="tanya-tool" data-tool="{name}" title="{title}" '
        f'aria-label="{escape(texts[name])}" aria-description="{title}"{more}>'
        f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{_SHAPES[name]}"/></svg>'
        f"<span>{escape(texts[name])}</span></button>"
    )


def _letters(texts: Mapping[str, str]) -> str:
    """The panel in which the letters are chosen."""
    sizes = "".join(
        f'<button type="button" class="tanya-size" data-tool="{name}" aria-label="{escape(texts[name])}" '
        f'title="{escape(texts[name])}">{sign}</button>'
        for name, sign in (("smaller", "A−"), ("normal", "A"), ("bigger", "A+"))
    )
    return (
        f'<div id="tanya-letters" role="group" aria-label="{escape(texts["text_long"])}" hidden>'
        f'<div class="tanya-sizes">{sizes}</div>'
        f'<label><input type="checkbox" data-tool="face"> {escape(texts["face"])}</label></div>'
    )


def sheet_file(talk: Talk, language: Language, title: str) -> str:
    """Name and text, as JSON, of the file that keeps ``talk``; no text where nothing was asked."""
    now = datetime.now().astimezone()
    text = as_markdown(talk.turns, language, now, title) if talk.asked else ""
    return json.dumps({"name": f"tanya-{now:%Y-%m-%d}.md", "text": text})


def sheet_page(talk: Talk, language: Language, title: str) -> str:
    """The page, as JSON, that prints ``talk``; empty where nothing was asked."""
    now = datetime.now().astimezone()
    return json.dumps({"page": as_html(talk.turns, language, now, title) if talk.asked else ""})
