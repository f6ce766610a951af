"""Measure retrieval, reading and answering on question sets."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.answers import Answer
from assistant.asking import Assistant
from assistant.metrics import answers_question, exact_match, f1, mrr_at, normalized, recall_at
from assistant.squad import (
    Question,
    QuestionSetError,
    contexts_of,
    passages_of,
    read_json,
    read_questions,
)
from index.build import Progress, index_passages, read_collection
from index.encoder import Encoder

RANKED = 10
Report = dict[str, dict[str, float]]
"""Figures by group; shares from 0 to 1, ``questions`` a count."""


@dataclass(frozen=True)
class Prediction:
    """What was said to a question.

    :param span: answering words, empty if none.
    :param answer: what is shown, empty if nothing.
    :param score: confidence, 0 to 1.
    :param ranked: numbers of the contexts found, best first, at most ten.
    """

    span: str
    answer: str
    score: float
    ranked: tuple[int, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How one question of a class's collection went.

    :param answerable: whether the collection answers it.
    :param shown: whether an answer was shown.
    :param right: whether it answers the question.
    :param cited: whether the cited passage is the one the question was written for.
    """

    answerable: bool
    shown: bool
    right: bool
    cited: bool


def evaluate_squad(
    files: Sequence[Path],
    asked: Sequence[Path],
    mode: str,
    encoder: Encoder,
    sure: float,
    predictions: Path | None,
    progress: Progress,
) -> Report:
    """Ask the questions of ``asked`` over all contexts of ``files``.

    :param mode: ``retrieval``, ``reader`` or ``answers``.
    :param predictions: file that is given what was said to each question.
    :raises QuestionSetError: if a file is no question set.
    """
    contexts = contexts_of([*files, *asked])
    questions = [question for file in asked for question in read_questions(file)]
    index = index_passages(passages_of(contexts), encoder, progress, sentences=mode != "retrieval")
    assistant = Assistant(index, encoder, sure)
    numbers = {context: number for number, context in enumerate(contexts)}
    said = {
        question.id: _said(assistant, question, numbers[question.context], mode) for question in questions
    }
    if predictions is not None:
        written = {key: vars(prediction) for key, prediction in said.items()}
        predictions.write_text(json.dumps(written, ensure_ascii=False, indent=1), encoding="utf-8")
    return {"all": _squad_figures(questions, said, numbers, mode)}


def evaluate_chat(
    folders: Sequence[Path],
    encoder: Encoder,
    docs: Path | None,
    sure: float,
    progress: Progress,
) -> Report:
    """Ask everything of KelasChat collections, each over an index of its own documents.

    :param docs: folder of the documents where it is not ``docs`` in the collection.
    :raises QuestionSetError: if a collection has no questions.
    """
    groups: dict[str, list[Outcome]] = defaultdict(list)
    follow_ups: dict[str, list[Outcome]] = defaultdict(list)
    for folder in folders:
        passages = read_collection(docs or folder / "docs").passages
        assistant = Assistant(index_passages(passages, encoder, progress), encoder, sure)
        for question in read_questions(folder / "questions.json"):
            outcome = outcome_of(assistant.ask(question.text), question)
            for group in (
                "all",
                folder.name,
                f"type {question.type}",
                f"variety {question.variety}",
            ):
                groups[group].append(outcome)
        for question, history in _turns(folder / "dialogues.json"):
            outcome = outcome_of(assistant.ask(question.text, history), question)
            for group in ("follow-ups", f"follow-ups {folder.name}"):
                follow_ups[group].append(outcome)
    return {
        name: chat_figures(outcomes)
        for name, outcomes in [*sorted(groups.items()), *sorted(follow_ups.items())]
    }


def outcome_of(answer: Answer, question: Question) -> Outcome:
    """How ``answer`` meets ``question``."""
    shown = answer.status == "answered"
    cited = answer.sources[0].passage.text if shown else ""
    gold = normalized(question.context)
    return Outcome(
        answerable=bool(question.answers),
        shown=shown,
        right=shown and answers_question(answer.answer or "", question.answers),
        cited=shown and (gold in normalized(cited) or normalized(cited) in gold),
    )


def chat_figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Shares: right, wrong shown and refused among answerable questions, unanswerable ones kept silent,
    and cited passage right among the answerable that were answered."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.answerable]
    answered = [outcome for outcome in answerable if outcome.shown]
    figures = {"questions": float(len(outcomes))}
    if answerable:
        count = len(answerable)
        figures["right"] = sum(outcome.right for outcome in answerable) / count
        figures["wrong shown"] = sum(outcome.shown and not outcome.right for outcome in answerable) / count
        figures["refused"] = sum(not outcome.shown for outcome in answerable) / count
    if unanswerable:
        figures["kept silent"] = sum(not outcome.shown for outcome in unanswerable) / len(unanswerable)
    if answered:
        figures["cited right"] = sum(outcome.cited for outcome in answered) / len(answered)
    return figures


def table(report: Report) -> str:
    """``report`` as lines of text."""
    columns = list(dict.fromkeys(column for figures in report.values() for column in figures))
    width = max(len(name) for name in report)
    lines = [" " * width + "".join(f"  {column:>12}" for column in columns)]
    for name, figures in report.items():
        cells = (_cell(column, figures.get(column)) for column in columns)
        lines.append(name.ljust(width) + "".join(f"  {cell:>12}" for cell in cells))
    return "\n".join(lines)


def _cell(column: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if column == "questions" else f"{value:.3f}"


def _said(assistant: Assistant, question: Question, number: int, mode: str) -> Prediction:
    if mode == "reader":
        reading = assistant.read(question.text, number)
        text = reading.hit.passage.text
        sure = reading.probability >= assistant.sure
        return Prediction(
            span=text[slice(*reading.span)] if sure else "",
            answer=text[slice(*reading.answer)] if sure else "",
            score=reading.probability,
        )
    ranked = tuple(hit.position for hit in assistant.hits(question.text, RANKED))
    if mode == "retrieval":
        return Prediction("", "", 0.0, ranked)
    answer = assistant.ask(question.text)
    found = answer.status == "answered"
    if found:
        first = int(answer.sources[0].passage.id, 16)
        ranked = (first, *(position for position in ranked if position != first))[:RANKED]
    return Prediction(answer.span or "", (answer.answer or "") if found else "", answer.confidence, ranked)


def _squad_figures(
    questions: Sequence[Question], said: dict[str, Prediction], numbers: dict[str, int], mode: str
) -> dict[str, float]:
    figures = {"questions": float(len(questions))}
    ranks = [_rank(numbers[q.context], said[q.id].ranked) for q in questions if q.answers]
    if mode != "reader":
        figures |= {f"recall@{k}": recall_at(ranks, k) for k in (1, 3, 5, 10)}
        figures["MRR@10"] = mrr_at(ranks, RANKED)
    if mode == "retrieval":
        return figures
    figures["exact match"] = _mean([exact_match(said[q.id].span, q.answers) for q in questions])
    figures["F1"] = _mean([f1(said[q.id].span, q.answers) for q in questions])
    figures["answerable F1"] = _mean([f1(said[q.id].span, q.answers) for q in questions if q.answers])
    silent = [float(not said[q.id].span) for q in questions if not q.answers]
    if silent:
        figures["no-answer accuracy"] = _mean(silent)
    if mode == "answers":
        answered = [q for q in questions if q.answers and said[q.id].span]
        cited = [float(said[q.id].ranked[0] == numbers[q.context]) for q in answered]
        figures["citation accuracy"] = _mean(cited)
    return figures


def _turns(path: Path) -> list[tuple[Question, list[str]]]:
    """Follow-ups with the questions before them; none if the collection has no dialogues."""
    if not path.exists():
        return []
    turns = []
    try:
        for dialogue in read_json(path):
            earlier: list[str] = []
            for number, turn in enumerate(dialogue["turns"]):
                if number:
                    golds = tuple(answer["text"] for answer in turn["answers"])
                    name = f"{dialogue['id']}-{number}"
                    turns.append(
                        (
                            Question(name, turn["question"], turn["context"] or "", golds),
                            list(earlier),
                        )
                    )
                earlier.append(turn["question"])
    except (KeyError, TypeError) as error:
        raise QuestionSetError(
            f"Berkas {path} bukan kumpulan percakapan: periksa isinya.",
            f"The file {path} holds no dialogues: check its contents.",
        ) from error
    return turns


def _rank(number: int, ranked: Sequence[int]) -> int | None:
    return ranked.index(number) + 1 if number in ranked else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
