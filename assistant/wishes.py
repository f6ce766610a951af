"""What a page wishes of the chat that it embeds, told in the chat's address."""

from dataclasses import dataclass
from typing import Self

from starlette.datastructures import QueryParams

from assistant.asking import LONGEST_QUESTION, one_line
from assistant.texts import LANGUAGES
from index.errors import Language
from index.words import visible

LONGEST_TITLE = 80
LONGEST_GREETING = 300
LONGEST_STARTER = 200
MOST_STARTERS = 4
MOST_DOCUMENTS = 50


@dataclass(frozen=True)
class Wishes:
    """How a chat is to open; nothing here is trusted: it is bounded, escaped where it is shown, and only narrows what
    can be asked.

    :param language: None for the server's own.
    :param title: in place of the product's name.
    :param greeting: the first message.
    :param starters: questions to begin with.
    :param documents: paths of the documents that are asked; all if empty.
    :param question: that the chat opens with, answered.
    """

    language: Language | None = None
    title: str = ""
    greeting: str = ""
    starters: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    question: str = ""

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """The wishes in the query of an address."""
        lang = query.get("lang", "")
        return cls(
            language=lang if lang in LANGUAGES else None,
            title=visible(query.get("title", ""))[:LONGEST_TITLE],
            greeting=visible(query.get("greeting", ""))[:LONGEST_GREETING],
            starters=tuple(
                visible(text)[:LONGEST_STARTER] for text in query.getlist("starters")[:MOST_STARTERS]
            ),
            documents=tuple(query.getlist("documents")[:MOST_DOCUMENTS]),
            question=one_line(query.get("q", ""))[:LONGEST_QUESTION],
        )
