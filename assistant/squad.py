"""Question sets in the form of SQuAD 2.0."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    :param context: the passage it belongs to.
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


def read_questions(path: Path) -> list[Question]:
    """The questions of the file ``path``.

    :raises QuestionSetError: if it cannot be read or is not in the form of SQuAD 2.0.
    """
    return [
        Question(
            id=str(qa["id"]),
            text=str(qa["question"]),
            context=str(context),
            answers=() if qa.get("is_impossible") else tuple(a["text"] for a in qa["answers"]),
            type=str(qa.get("type", "")),
            variety=str(qa.get("variety", "")),
        )
        for context, qas in _paragraphs(path)
        for qa in qas
    ]


def contexts_of(paths: Sequence[Path]) -> list[str]:
    """All contexts of the files, each once, in the order in which they first appear.

    :raises QuestionSetError: see :func:`read_questions`.
    """
    return list(dict.fromkeys(context for path in paths for context, _ in _paragraphs(path)))


def passages_of(contexts: Sequence[str]) -> list[Passage]:
    """One passage a context, numbered alike."""
    return [
        Passage(f"{number:016x}", "", "", (), None, context, sentence_spans(context))
        for number, context in enumerate(contexts)
    ]


def read_json(path: Path) -> Any:
    """What the JSON file ``path`` holds.

    :raises QuestionSetError: if it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _not_a_set(path) from error


def _paragraphs(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    try:
        for article in read_json(path)["data"]:
            for paragraph in article["paragraphs"]:
                for qa in paragraph["qas"]:
                    _ = qa["id"], qa["question"], [answer["text"] for answer in qa["answers"]]
                yield paragraph["context"], paragraph["qas"]
    except (KeyError, TypeError) as error:
        raise _not_a_set(path) from error


def _not_a_set(path: Path) -> QuestionSetError:
    return QuestionSetError(
        f"Berkas {path} bukan kumpulan pertanyaan SQuAD 2.0: periksa nama dan isinya.",
        f"The file {path} is no question set in the form of SQuAD 2.0: check its name and contents.",
    )
