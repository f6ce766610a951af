"""Measure retrieval, reading and answering on question sets."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.answers import Answer
from assistant.asking import Assistant
from assistant.metrics import Mode, exact_match, f1, mean, mrr_at, recall_at
from assistant.outcomes import Judged, Outcome, chat_figures, judged
from assistant.output import check_output, write_output
from assistant.squad import (
    Question,
    QuestionSetError,
    contexts_of,
    passages_of,
    read_follow_ups,
    read_set,
)
from index.collection import read_collection
from index.embedding import index_passages
from index.encoder import Encoder
from index.errors import QuestionError
from index.progress import Progress

RANKED = 10
Report = dict[str, dict[str, float]]
"""Figures by group; shares from 0 to 1, ``questions`` a count."""


@dataclass(frozen=True)
class Prediction:
    """What was said to a question.

    :param span: answering words, empty if none.
    :param answer: what is shown, empty if nothing.
    :param score: confidence, 0 to 1.
    :param ranked: numbers of the contexts found, at most ten, best first: the cited one leads.
    """

    span: str = ""
    answer: str = ""
    score: float = 0.0
    ranked: tuple[int, ...] = ()


Said = list[tuple[Question, Prediction]]


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found.

    :param figures: shares by group.
    :param judged: each question that was asked of the whole index, with its answer.
    """

    figures: Report
    judged: tuple[Judged, ...] = ()


def evaluate_squad(
    files: Sequence[Path],
    asked: Sequence[Path],
    mode: Mode,
    encoder: Encoder,
    sure: float,
    predictions: Path | None,
    progress: Progress,
) -> Evaluation:
    """Ask the questions of ``asked`` over all contexts of ``files`` and ``asked``.

    :param mode: any but ``chat``.
    :param predictions: file that is given what was said to each question.
    :raises QuestionSetError: if a file is no question set, or repeats ids that ``predictions`` needs.
    :raises OutputError: if ``predictions`` cannot be written.
    """
    sets = {path: read_set(path) for path in dict.fromkeys([*files, *asked])}
    contexts = contexts_of(list(sets.values()))
    questions = [question for path in dict.fromkeys(asked) for question in sets[path].questions]
    if predictions is not None:
        _check_writable(predictions, questions)
    index = index_passages(passages_of(contexts), encoder, progress)
    assistant = Assistant(index, encoder, sure)
    numbers = {context: number for number, context in enumerate(contexts)}
    if mode == Mode.ANSWERS:
        found = tuple(judged(question, _asked(assistant, question.text)) for question in questions)
        said = [(one.question, _answered(assistant, one)) for one in found]
    else:
        found = ()
        said = [(one, _said(assistant, one, numbers[one.context], mode)) for one in questions]
    if predictions is not None:
        _write(predictions, said)
    groups = _grouped(said)
    return Evaluation({name: _squad_figures(some, numbers, mode) for name, some in groups.items()}, found)


def evaluate_chat(
    folders: Sequence[Path],
    encoder: Encoder,
    docs: Path | None,
    sure: float,
    progress: Progress,
) -> Evaluation:
    """Ask everything of KelasChat collections, each over an index of its own documents.

    :param docs: folder of the documents where it is not ``docs`` in the collection.
    :raises QuestionSetError: if a collection has no questions.
    """
    groups: dict[str, list[Outcome]] = defaultdict(list)
    follow_ups: dict[str, list[Outcome]] = defaultdict(list)
    found: list[Judged] = []
    sets = {folder: read_set(folder / "questions.json").questions for folder in folders}
    turns = {folder: read_follow_ups(folder / "dialogues.json") for folder in folders}
    for folder in folders:
        passages = read_collection(docs or folder / "docs").passages
        assistant = Assistant(index_passages(passages, encoder, progress), encoder, sure)
        name = folder.resolve().name
        for question in sets[folder]:
            found.append(judged(question, _asked(assistant, question.text)))
            for group in ("all", name, f"type {question.type}", f"variety {question.variety}"):
                groups[group].append(found[-1].outcome)
        for turn in turns[folder]:
            found.append(judged(turn.question, _asked(assistant, turn.question.text, turn.history)))
            for group in ("follow-ups", f"follow-ups {name}"):
                follow_ups[group].append(found[-1].outcome)
    everything = [*sorted(groups.items()), *sorted(follow_ups.items())]
    return Evaluation({name: chat_figures(outcomes) for name, outcomes in everything}, tuple(found))


def table(report: Report) -> str:
    """``report`` as lines of text."""
    columns = list(dict.fromkeys(column for figures in report.values() for column in figures))
    width = max(len(name) for name in report)
    lines = [" " * width + "".join(f"  {column:>12}" for column in columns)]
    for name, figures in report.items():
        cells = (cell(column, figures.get(column)) for column in columns)
        lines.append(name.ljust(width) + "".join(f"  {cell:>12}" for cell in cells))
    return "\n".join(lines)


def _grouped(said: Said) -> dict[str, Said]:
    """``said`` whole, then by type and by variety of the question where the set names them."""
    groups: dict[str, Said] = defaultdict(list)
    for question, prediction in said:
        names = {"type": question.type, "variety": question.variety}
        for group in (f"{label} {name}" for label, name in names.items() if name):
            groups[group].append((question, prediction))
    return {"all": said, **dict(sorted(groups.items()))}


def cell(column: str, value: float | None) -> str:
    """The figure ``value`` of ``column`` as it is printed, empty if there is none."""
    if value is None:
        return ""
    return f"{value:.0f}" if column == "questions" else f"{value:.3f}"


def _check_writable(predictions: Path, questions: Sequence[Question]) -> None:
    name, count = Counter(question.id for question in questions).most_common(1)[0]
    if count > 1:
        raise QuestionSetError(
            f"Id pertanyaan {name!r} muncul {count} kali, jadi ramalannya tidak dapat ditulis: pakai id unik.",
            f"The question id {name!r} occurs {count} times, so predictions cannot be written: use unique ids.",
        )
    check_output(predictions)


def _write(predictions: Path, said: Said) -> None:
    written = {question.id: asdict(prediction) for question, prediction in said}
    write_output(predictions, json.dumps(written, ensure_ascii=False, indent=1))


def _asked(assistant: Assistant, text: str, history: Sequence[str] = ()) -> Answer:
    """The answer to ``text``; a question that cannot be asked counts as not answered."""
    try:
        return assistant.ask(text, history)
    except QuestionError:
        return Answer(text, "not_found", None, None, 0.0, (), 0.0)


def _said(assistant: Assistant, question: Question, number: int, mode: Mode) -> Prediction:
    if mode == Mode.READER:
        try:
            reading = assistant.read(question.text, number)
        except QuestionError:
            return Prediction()
        text = reading.hit.passage.text
        if reading.probability < assistant.sure:
            return Prediction(score=reading.probability)
        return Prediction(text[slice(*reading.span)], text[slice(*reading.answer)], reading.probability)
    return Prediction(ranked=tuple(hit.position for hit in assistant.hits(question.text, RANKED)))


def _answered(assistant: Assistant, one: Judged) -> Prediction:
    answer = one.answer
    ranked = tuple(assistant.ranked(one.question.text, RANKED))
    if answer.status != "answered":
        return Prediction(score=answer.confidence, ranked=ranked)
    return Prediction(answer.span or "", answer.answer or "", answer.confidence, ranked)


def _squad_figures(said: Said, numbers: dict[str, int], mode: Mode) -> dict[str, float]:
    figures = {"questions": float(len(said))}
    answerable = [(question, prediction) for question, prediction in said if question.answers]
    if mode != Mode.READER:
        ranks = [_rank(numbers[question.context], prediction.ranked) for question, prediction in answerable]
        figures |= {f"recall@{k}": recall_at(ranks, k) for k in (1, 3, 5, 10)}
        figures["MRR@10"] = mrr_at(ranks, RANKED)
    if mode == Mode.RETRIEVAL:
        return figures
    scored = {"": said}
    if answerable:
        scored["answerable "] = answerable
    for name, some in scored.items():
        figures[f"{name}EM"] = mean([exact_match(p.span, q.answers) for q, p in some])
        figures[f"{name}F1"] = mean([f1(p.span, q.answers) for q, p in some])
    silent = [not prediction.span for question, prediction in said if not question.answers]
    if silent:
        figures["no-answer acc"] = mean(silent)
    if mode == Mode.ANSWERS:
        cited = [p.ranked[0] == numbers[q.context] for q, p in answerable if p.span]
        figures["citation acc"] = mean(cited)
    return figures


def _rank(number: int, ranked: Sequence[int]) -> int | None:
    return ranked.index(number) + 1 if number in ranked else None
