"""What a link in a course asks of the chat: a teacher chooses it, the platform keeps it, every launch brings it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from assistant.asking import LONGEST_QUESTION, one_line
from assistant.guards import EMBED
from assistant.texts import LANGUAGES, spoken
from assistant.wishes import LONGEST_STARTER, LONGEST_TITLE, MOST_DOCUMENTS, MOST_STARTERS

LONGEST_PATH = 300
"""Characters of the longest path of a document in a link."""

JOINT = "|"
"""Stands between the parts of a custom parameter, which platforms keep as one line of text."""


@dataclass(frozen=True)
class Link:
    """How the chat is to open from a course. It gives no rights: anyone may open the chat so.

    :param question: asked at once.
    :param title: in place of the product's name.
    :param starters: questions to begin with.
    :param documents: paths of the documents that are asked; all if empty.
    :param language: empty for the platform's or the server's own.
    """

    question: str = ""
    title: str = ""
    starters: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    language: str = ""

    @classmethod
    def of(cls, custom: Mapping[str, Any], locale: str = "") -> Self:
        """The link that the custom parameters of a launch tell; nothing in them is trusted.

        :param locale: of the platform's page, for a link that names no language.
        """
        language = _text(custom, "lang", 10)
        return cls(
            question=_text(custom, "q", LONGEST_QUESTION),
            title=_text(custom, "title", LONGEST_TITLE),
            starters=_texts(custom, "starters", MOST_STARTERS, LONGEST_STARTER),
            documents=_texts(custom, "documents", MOST_DOCUMENTS, LONGEST_PATH),
            language=language if language in LANGUAGES else spoken(locale, ""),
        )

    def custom(self) -> dict[str, str]:
        """The custom parameters that tell it."""
        told = {
            "q": self.question, "title": self.title, "starters": JOINT.join(self.starters),
            "documents": JOINT.join(self.documents), "lang": self.language,
        }  # fmt: skip
        return {name: text for name, text in told.items() if text}

    def address(self) -> str:
        """Where on this server the chat opens so."""
        told = [("q", self.question), ("title", self.title), ("lang", self.language)]
        told += [("starters", text) for text in self.starters]
        told += [("documents", path) for path in self.documents]
        query = urlencode([(name, text) for name, text in told if text])
        return f"{EMBED}?{query}" if query else EMBED


def _text(custom: Mapping[str, Any], name: str, longest: int) -> str:
    given = custom.get(name)
    return one_line(given)[:longest] if isinstance(given, str) else ""


def _texts(custom: Mapping[str, Any], name: str, most: int, longest: int) -> tuple[str, ...]:
    parts: Sequence[str] = _text(custom, name, most * (longest + len(JOINT))).split(JOINT)
    return tuple(part.strip()[:longest] for part in parts if part.strip())[:most]
