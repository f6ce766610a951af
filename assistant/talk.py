"""A conversation: what was asked and answered, and what of it a browser keeps and brings back.

What comes from a browser is never trusted: it is checked against the bounds below, turn by turn, shown escaped, and of
it only the questions count when a further one is asked.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from assistant.answers import Answer, Source, Status
from assistant.asking import LONGEST_HISTORY, LONGEST_QUESTION, one_line
from assistant.rendering import answer_html, escaped
from assistant.texts import TEXTS
from index.errors import Language
from index.passages import Passage
from index.sentences import Span

MOST_TURNS = 40
"""Questions of a conversation that are shown and kept, the latest."""

LONGEST_KEPT = 2**20
"""Characters of the longest conversation that a browser may bring back."""

Message = Any
"""A message as Gradio's chatbot takes it."""


@dataclass(frozen=True)
class Turn:
    """A question and what it got.

    :param when: when it was asked, with its time zone.
    :param answer: None where there was a problem.
    :param problem: the problem as a sentence, or empty.
    :param number: of the answer in the log, or None.
    """

    question: str
    when: datetime
    answer: Answer | None
    problem: str = ""
    number: int | None = None


@dataclass(frozen=True)
class Talk:
    """A conversation, its oldest turn first.

    :param number: of it in its page, where clearing begins another.
    """

    turns: tuple[Turn, ...] = ()
    number: int = 0

    def __add__(self, turn: Turn) -> "Talk":
        return replace(self, turns=(*self.turns, turn)[-MOST_TURNS:])

    @property
    def asked(self) -> tuple[str, ...]:
        """The questions that a further one may hang on, oldest first."""
        return tuple(turn.question for turn in self.turns if turn.answer is not None)[-LONGEST_HISTORY:]

    def has(self, question: str) -> bool:
        """Whether ``question`` was asked in it."""
        return one_line(question) in (
            one_line(turn.question) for turn in self.turns if turn.answer is not None
        )

    def turn_at(self, place: int) -> Turn | None:
        """The turn whose answer stands at ``place`` among the :func:`messages`."""
        number, answers = divmod(place - 1, 2)
        return self.turns[number] if answers and 0 <= number < len(self.turns) else None


def messages(talk: Talk, language: Language, greeting: str = "", root: str = "") -> list[Message]:
    """``talk`` as the chat shows it, after ``greeting`` or the usual welcome: a question and a reply by turns, whose links
    lead below the path ``root``."""
    shown = [_message("assistant", escaped(greeting or TEXTS[language]["welcome"]))]
    for turn in talk.turns:
        shown += [
            _message("user", escaped(turn.question)),
            _message("assistant", _reply_html(turn, language, root)),
        ]
    return shown


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _reply_html(turn: Turn, language: Language, root: str) -> str:
    if turn.answer is None:
        return f'<p class="tanya-plain">{escaped(turn.problem)}</p>'
    return answer_html(turn.answer, language, root)


def kept(turn: Turn) -> str:
    """``turn`` as JSON for the browser to keep; empty where there was a problem."""
    return "" if turn.answer is None else _KeptTurn.of(turn, turn.answer).model_dump_json()


def restored(text: Any, number: int = 0) -> Talk:
    """The conversation in ``text``, a JSON list of what :func:`kept` gave: whatever is not sound is left out."""
    if not isinstance(text, str) or len(text) > LONGEST_KEPT:
        return Talk(number=number)
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return Talk(number=number)
    turns = [_sound(one) for one in given[-MOST_TURNS:]] if isinstance(given, list) else []
    return Talk(tuple(turn for turn in turns if turn is not None), number)


def _sound(given: Any) -> Turn | None:
    try:
        return _KeptTurn.model_validate_json(json.dumps(given)).turn
    except (ValidationError, RecursionError):
        return None


class _Bounded(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Brought(_Bounded):
    """What a browser brings with an event.

    :param talk: number of its conversation.
    :param ask: number of the question.
    :param turns: the conversation, as :func:`restored` reads it.
    """

    talk: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    ask: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    turns: Annotated[str, StringConstraints(max_length=LONGEST_KEPT)] = "[]"

    @classmethod
    def of(cls, text: Any) -> Self:
        """What ``text``, its JSON, holds; as if nothing was brought where that is not sound."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return cls()

    def talk_after(self, known: Talk) -> Talk:
        """The conversation ``known``, or the one that is brought where ``known`` is another or nothing."""
        same = known.turns and known.number == self.talk
        return known if same else restored(self.turns, self.talk)

    def answered(self, turn: Turn | None) -> str:
        """``turn``, which was asked with it, as JSON for the browser to keep."""
        held = (turn and kept(turn)) or "null"
        return f'{{"ask":{self.ask},"turn":{held}}}'


_Line = Annotated[str, StringConstraints(max_length=1000)]
_Text = Annotated[str, StringConstraints(max_length=5000)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Place = Annotated[int, Field(ge=0, le=5000)]


class _KeptSource(_Bounded):
    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}\z")]
    path: _Line
    title: _Line
    headings: Annotated[list[_Line], Field(max_length=12)]
    page: Annotated[int, Field(ge=1, le=1_000_000)] | None
    text: _Text
    marks: Annotated[list[tuple[_Place, _Place]], Field(max_length=50)]

    @model_validator(mode="after")
    def _marks_lie_in_order(self) -> Self:
        places = [place for mark in self.marks for place in mark]
        if places != sorted(places) or any(place > len(self.text) for place in places):
            raise ValueError("marks")
        return self

    @classmethod
    def of(cls, source: Source) -> Self:
        passage = source.passage
        return cls.model_construct(
            id=passage.id, path=passage.path, title=passage.title, headings=list(passage.headings),
            page=source.page, text=passage.text, marks=list(source.highlights),
        )  # fmt: skip

    @property
    def source(self) -> Source:
        marks: tuple[Span, ...] = tuple(self.marks)
        headings = tuple(self.headings)
        passage = Passage(self.id, self.path, self.title, headings, self.page, self.text, ())
        return Source(passage, marks, 0.0)


class _KeptTurn(_Bounded):
    question: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUESTION)]
    when: datetime
    status: Status
    answer: _Text | None
    span: _Text | None
    confidence: _Share
    sources: Annotated[list[_KeptSource], Field(max_length=5)]
    earlier: Annotated[list[_Line], Field(max_length=LONGEST_HISTORY)]
    together: Annotated[int, Field(ge=1, le=5)]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.when.tzinfo is None or not 2000 <= self.when.year <= 3000:
            raise ValueError("when")
        if self.status == "answered" and not (
            self.answer and self.together <= len(self.sources) and self.answer in self.sources[0].text
        ):
            raise ValueError("answer")
        return self

    @classmethod
    def of(cls, turn: Turn, answer: Answer) -> Self:
        return cls.model_construct(
            question=turn.question, when=turn.when, status=answer.status, answer=answer.answer, span=answer.span,
            confidence=round(min(answer.confidence, 1.0), 4), sources=[_KeptSource.of(source) for source in answer.sources],
            earlier=list(answer.earlier), together=answer.together,
        )  # fmt: skip

    @property
    def turn(self) -> Turn:
        sources = tuple(source.source for source in self.sources)
        answer = Answer(
            self.question, self.status, self.answer, self.span, self.confidence, sources, 0.0,
            tuple(self.earlier), self.together,
        )  # fmt: skip
        return Turn(self.question, self.when, answer)
