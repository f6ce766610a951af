"""Question sets: SQuAD 2.0 files, and KelasChat's dialogues."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from index.errors import TanyaError
from index.passages import Passage
from index.sentences import sentence_spans


class QuestionSetError(TanyaError):
    """A file is no question set."""

    code = "question_set"


@dataclass(frozen=True)
class Question:
    """A question with what answers it.

    :param id: its id in the set.
    :param text: the question.
    :param context: the passage it belongs to; empty if it belongs to none.
    :param answers: gold answers, empty if the passage holds none.
    :param type: kind of question, empty if the set does not say.
    :param variety: way of writing, empty if the set does not say.
    """

    id: str
    text: str
    context: str
    answers: tuple[str, ...]
    type: str = ""
    variety: str = ""


@dataclass(frozen=True)
class QuestionSet:
    """A SQuAD 2.0 file.

    :param contexts: its passages in order.
    :param questions: its questions in order.
    """

    contexts: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Turn:
    """A question inside a dialogue.

    :param question: the question as it was typed.
    :param history: the questions before it, oldest first.
    """

    question: Question
    history: tuple[str, ...]


Filled = Annotated[str, Field(min_length=1)]


class _Answer(BaseModel):
    text: str


class _Qa(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str
    question: Filled
    answers: list[_Answer] = []
    is_impossible: bool = False
    type: str = ""
    variety: str = ""


class _Paragraph(BaseModel):
    context: Filled
    qas: list[_Qa]


class _Article(BaseModel):
    paragraphs: list[_Paragraph]


class _Squad(BaseModel):
    data: Annotated[list[_Article], Field(min_length=1)]


class _DialogueTurn(BaseModel):
    question: Filled
    context: str | None = None
    answers: list[_Answer] = []


class _Dialogue(BaseModel):
    id: str
    turns: list[_DialogueTurn]


_Form = TypeVar("_Form")
_SQUAD = TypeAdapter(_Squad)
_DIALOGUES = TypeAdapter(list[_Dialogue])


def read_set(path: Path) -> QuestionSet:
    """The question set in the file ``path``.

    :raises QuestionSetError: if it cannot be read or is not in the form of SQuAD 2.0.
    """
    paragraphs = [p for article in _read(path, _SQUAD).data for p in article.paragraphs]
    questions = (_question(qa, paragraph.context) for paragraph in paragraphs for qa in paragraph.qas)
    return QuestionSet(tuple(paragraph.context for paragraph in paragraphs), tuple(questions))


def read_follow_ups(path: Path) -> list[Turn]:
    """All but the first question of each dialogue in the file ``path``; none if there is no such file.

    :raises QuestionSetError: if it cannot be read or holds no dialogues.
    """
    if not path.exists():
        return []
    turns = []
    for dialogue in _read(path, _DIALOGUES):
        for number, turn in enumerate(dialogue.turns[1:], 1):
            golds = tuple(answer.text for answer in turn.answers)
            question = Question(f"{dialogue.id}-{number}", turn.question, turn.context or "", golds)
            turns.append(Turn(question, tuple(earlier.question for earlier in dialogue.turns[:number])))
    return turns


def contexts_of(sets: Sequence[QuestionSet]) -> list[str]:
    """All contexts of ``sets``, each once, in the order in which they first appear."""
    return list(dict.fromkeys(context for one in sets for context in one.contexts))


def passages_of(contexts: Sequence[str]) -> list[Passage]:
    """One passage a context, numbered alike."""
    return [
        Passage(f"{number:016x}", "", "", (), None, context, sentence_spans(context))
        for number, context in enumerate(contexts)
    ]


def _question(qa: _Qa, context: str) -> Question:
    answers = () if qa.is_impossible else tuple(answer.text for answer in qa.answers)
    return Question(qa.id, qa.question, context, answers, qa.type, qa.variety)


def _read(path: Path, form: TypeAdapter[_Form]) -> _Form:
    try:
        return form.validate_json(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise QuestionSetError(
            f"Berkas {path} bukan kumpulan pertanyaan SQuAD 2.0 atau KelasChat: periksa nama dan isinya.",
            f"The file {path} is no question set in the form of SQuAD 2.0 or KelasChat: check its name and "
            f"contents.",
        ) from error
