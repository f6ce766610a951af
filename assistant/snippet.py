"""What a teacher pastes into a page so that it shows the chat."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from typing import Literal, Self, get_args
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from assistant.asking import one_line
from assistant.guards import EMBED
from assistant.texts import texts_of
from assistant.wishes import LONGEST_STARTER, LONGEST_TITLE, Wishes
from index.errors import Language

Shape = Literal["bubble", "block", "frame"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

THEMES = ("light", "dark")
COLOUR = "#0b6e69"
"""The chat's own."""

WIDTHS, HEIGHTS = (280, 800), (320, 1200)
"""Least and most pixels, as embed.js takes them."""

FRAME_HEIGHT = 600
"""Pixels of a frame unless told."""

_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Snippet:
    """A chat in a page, and how it looks there.

    :param wishes: what the chat is told.
    :param shape: a bubble that opens it, a block or a frame in the page.
    :param left: whether the bubble stands on the left.
    :param label: the bubble's words.
    :param question: asked at once.
    :param colour: ``#rrggbb``; empty for the chat's own.
    :param theme: one of :data:`THEMES`; empty for the reader's own.
    :param opened: whether the bubble is open from the start.
    :param width: pixels, within :data:`WIDTHS`; None for the usual.
    :param height: pixels, within :data:`HEIGHTS`; None for the usual.
    """

    wishes: Wishes
    shape: Shape = "bubble"
    left: bool = False
    label: str = ""
    question: str = ""
    colour: str = ""
    theme: str = ""
    opened: bool = False
    width: int | None = None
    height: int | None = None

    @classmethod
    def of(cls, form: QueryParams, known: Collection[str]) -> Self:
        """The snippet that the fields of ``form`` ask for, whatever they hold.

        :param known: paths of the documents that there are.
        """
        colour = form.get("color", "").lower()
        shape, theme = form.get("shape"), form.get("theme", "")
        return cls(
            wishes=_wishes(form, known),
            shape=next((one for one in SHAPES if one == shape), SHAPES[0]),
            left=form.get("position") == "left",
            label=one_line(form.get("label", ""))[:LONGEST_TITLE],
            question=one_line(form.get("question", ""))[:LONGEST_STARTER],
            colour=colour if _COLOUR.fullmatch(colour) and colour != COLOUR else "",
            theme=theme if theme in THEMES else "",
            opened=form.get("open") == "true",
            width=_pixels(form.get("width", ""), WIDTHS),
            height=_pixels(form.get("height", ""), HEIGHTS),
        )

    def form(self) -> Pairs:
        """The fields that :meth:`of` reads, those that say something."""
        own = [("shape", self.shape), ("position", "left" if self.left else ""), ("label", self.label)]
        own += [("question", self.question), ("color", self.colour), ("theme", self.theme)]
        own += [("open", "true" if self.opened else "")]
        own += [("width", str(self.width or "")), ("height", str(self.height or ""))]
        said = [("language" if name == "lang" else name, text) for name, text in _said(self.wishes)]
        return [(name, text) for name, text in [*own, *said] if text]

    def script(self, server: str) -> str:
        """HTML that lets the script of ``server`` put the chat into a page, as a bubble or as a block."""
        attributes = "".join(f' data-{name}="{escape(text)}"' for name, text in self._attributes() if text)
        place = "" if self.shape == "bubble" else '<div id="tanya"></div>\n'
        return f'{place}<script async src="{escape(server)}/embed.js"{attributes}></script>'

    def frame(self, server: str, language: Language) -> str:
        """HTML of a frame with the chat of ``server``, its name in ``language``."""
        name = texts_of("embed")[self.wishes.language or language]["chat"]
        return (
            f'<iframe src="{escape(self._address(f"{server}{EMBED}"))}" width="{self.width or "100%"}" '
            f'height="{self.height or FRAME_HEIGHT}" title="{escape(name)}" '
            f'allow="clipboard-write; microphone" style="border:0"></iframe>'
        )

    def link(self, server: str) -> str:
        """The address of the chat of ``server`` as a page of its own."""
        return self._address(f"{server}/")

    def _address(self, page: str) -> str:
        pairs = [*_said(self.wishes), ("q", self.question), ("color", self.colour), ("__theme", self.theme)]
        query = urlencode([(name, text) for name, text in pairs if text], quote_via=quote)
        return f"{page}?{query}" if query else page

    def _attributes(self) -> Pairs:
        wishes, bubble = self.wishes, self.shape == "bubble"
        look = [
            ("title", wishes.title),
            ("greeting", wishes.greeting),
            ("starters", "|".join(wishes.starters)),
        ]
        look += [("question", self.question), ("documents", "|".join(wishes.documents))]
        look += [("lang", wishes.language or ""), ("color", self.colour), ("theme", self.theme)]
        size = ("height", str(self.height or ""))
        if not bubble:
            return [("target", "#tanya"), *look, size]
        corner = [("position", "left" if self.left else ""), ("label", self.label)]
        return [
            *corner,
            *look,
            ("open", "true" if self.opened else ""),
            ("width", str(self.width or "")),
            size,
        ]


def _wishes(form: QueryParams, known: Collection[str]) -> Wishes:
    """The wishes that ``form`` tells; a bar parts starters and documents in the script, so none may stand in them."""
    pairs = [("lang", form.get("language", ""))]
    pairs += [(name, one_line(form.get(name, ""))) for name in ("title", "greeting")]
    starters = (one_line(text.replace("|", " ")) for text in form.getlist("starters"))
    pairs += [("starters", text) for text in starters if text]
    chosen = dict.fromkeys(form.getlist("documents"))
    pairs += [("documents", path) for path in chosen if path in known and "|" not in path]
    return Wishes.of(QueryParams(pairs))


def _said(wishes: Wishes) -> Pairs:
    """The query that :class:`Wishes` reads."""
    pairs = [("title", wishes.title), ("greeting", wishes.greeting), ("lang", wishes.language or "")]
    pairs += [("starters", text) for text in wishes.starters]
    return pairs + [("documents", path) for path in wishes.documents]


def _pixels(text: str, bounds: tuple[int, int]) -> int | None:
    """The whole number ``text`` moved into ``bounds``; None if it is none."""
    if not re.fullmatch(r"[0-9]{1,5}", text):
        return None
    return max(bounds[0], min(bounds[1], int(text)))
