"""The sheets of questions of a running server: each is made once a build."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.asking import Assistant
from assistant.crowd import Crowd, Turns
from assistant.quiz import Item, Maker
from assistant.texts import sentences
from index.errors import TanyaError

LAST_SHEET = 999
"""The highest number of a sheet; the lowest is 1."""

OPENING_SHEETS = 20
"""Whoever names no sheet gets one of the first so many, which others may have asked for already."""

MOST_MAKERS = 4
"""Selections of documents whose questions are kept at hand."""

NEW_SHEET = 20
"""Questions for which a sheet counts that is not made yet."""


class QuizItemError(TanyaError):
    """An answer is to a question that is not on the sheet."""

    code = "quiz_item"


@dataclass(frozen=True)
class Graded:
    """A question with the choice that was made.

    :param item: the question.
    :param chosen: number of the choice, from 0; None if none was made.
    """

    item: Item
    chosen: int | None

    @property
    def is_right(self) -> bool:
        """Whether the right choice was made."""
        return self.chosen == self.item.right


class Sheets:
    """Makes sheets for many askers, one at a time and each once a build.

    :param now: gives the assistant whose documents are asked, which another one may follow.
    :param turns: in which sheets are made, one at a time, maybe shared with other collections.
    """

    def __init__(self, now: Callable[[], Assistant], turns: Turns) -> None:
        self._now = now
        self._crowd = Crowd(now, turns)
        self._makers: OrderedDict[tuple[str, frozenset[str]], Maker] = OrderedDict()

    def cost(self, number: int, documents: Sequence[str] = ()) -> int:
        """For how many questions the sheet ``number`` counts: making it asks many."""
        return 1 if self._crowd.holds((*_key(self._now(), documents), number)) else NEW_SHEET

    async def sheet(self, number: int, documents: Sequence[str] = ()) -> tuple[Item, ...]:
        """The sheet ``number``, from 1 to :data:`LAST_SHEET`.

        :param documents: paths of the documents to ask of; all if empty.
        :raises CrowdedError: if too many wait already.
        """
        assistant = self._now()
        key = _key(assistant, documents)
        return await self._crowd.result((*key, number), lambda: self._maker(assistant, key).sheet(number))

    def forget(self) -> None:
        """Keep no sheet any longer."""
        self._crowd.forget()
        self._makers = OrderedDict()

    def _maker(self, assistant: Assistant, key: tuple[str, frozenset[str]]) -> Maker:
        """The maker of ``key``; those of other builds go. Only the one thread of the crowd comes here."""
        makers = self._makers
        for other in [other for other in makers if other[0] != key[0]]:
            del makers[other]
        if key not in makers:
            makers[key] = Maker(assistant.about(key[1]))
        makers.move_to_end(key)
        while len(makers) > MOST_MAKERS:
            makers.popitem(last=False)
        return makers[key]


def _key(assistant: Assistant, documents: Sequence[str]) -> tuple[str, frozenset[str]]:
    return assistant.index.manifest.build, assistant.known(documents)


def graded(items: Sequence[Item], choices: Mapping[str, int]) -> tuple[Graded, ...]:
    """``items`` with the choices made, given by the items' ids and counted from 0.

    :raises QuizItemError: if a choice is for no item of these, or none that it has.
    """
    known = {item.id: item for item in items}
    for name, choice in choices.items():
        if name not in known or not 0 <= choice < len(known[name].choices):
            raise QuizItemError(*sentences("quiz", "forged", item=name[:40]))
    return tuple(Graded(item, choices.get(item.id)) for item in items)


def sheet_number(text: str) -> int | None:
    """The number of a sheet that ``text`` gives; None if it gives none.

    >>> sheet_number("3"), sheet_number("0"), sheet_number("1e3")
    (3, None, None)
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return number or None
