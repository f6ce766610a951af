"""Training windows of the span reader: a question, a passage, and the words that answer or none."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from assistant.metrics import normalized
from assistant.questions import content_words
from assistant.retriever import Hit, Query, Retriever
from assistant.spans import LONGEST_WINDOW
from assistant.squad import passages_of
from index.collection import read_collection
from index.embedding import index_passages
from index.encoder import Encoder
from index.sentences import sentence_spans
from index.words import words

BESIDE = 0.15
"""Share of answered windows whose crop is laid beside the answer."""

LONGEST_CROP = 5
"""Sentences that a crop has beyond those that it is laid around, less one."""

NEGATIVES = 4
"""Passages retrieved for a question among which those without its answer are kept."""


@dataclass(frozen=True)
class Window:
    """A question over a passage.

    :param question: the question.
    :param text: the passage.
    :param spans: half-open character ranges into ``text`` that answer, empty if nothing does.
    :param source: the data set, which decides how often the window is drawn.
    """

    question: str
    text: str
    spans: tuple[tuple[int, int], ...]
    source: str


@dataclass(frozen=True)
class Encoded:
    """A window in tokens.

    :param ids: token ids.
    :param spans: first and last token of each answer; token 0 twice says that nothing answers.
    """

    ids: list[int]
    spans: list[tuple[int, int]]


def squad_windows(file: Path, source: str) -> Iterator[Window]:
    """Every question of a SQuAD 2.0 file over its own passage."""
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                yield Window(qa["question"], paragraph["context"], _spans(qa["answers"]), source)


def retrieved_windows(own: Sequence[Window], encoder: Encoder) -> Iterator[Window]:
    """The answered questions of ``own`` over passages of ``own`` that are retrieved for them and do not hold
    their answers."""
    index = index_passages(passages_of(list(dict.fromkeys(w.text for w in own))), encoder)
    yield from _negatives([window for window in own if window.spans], Retriever(index, encoder), encoder)


def collection_windows(folder: Path, encoder: Encoder) -> Iterator[Window]:
    """The questions and dialogue turns of a KelasChat collection over their own passages, bare and below
    their headings, and over retrieved passages that do not answer them."""
    index = index_passages(read_collection(folder / "docs").passages, encoder)
    headed = {passage.text: passage.embedded for passage in index.passages}
    own = [*squad_windows(folder / "questions.json", "kelaschat"), *_turns(folder / "dialogues.json")]
    for window in own:
        yield window
        text = headed.get(window.text)
        if text is not None:
            shift = len(text) - len(window.text)
            spans = tuple((start + shift, end + shift) for start, end in window.spans)
            yield Window(window.question, text, spans, window.source + "-headed")
    yield from _negatives(own, Retriever(index, encoder), encoder)


def _negatives(own: Sequence[Window], retriever: Retriever, encoder: Encoder) -> Iterator[Window]:
    vectors = encoder.encode_questions([window.question for window in own])
    for window, vector in zip(own, vectors, strict=True):
        answers = [window.text[start:end] for start, end in window.spans]
        hits = retriever.search(Query(window.question, vector), NEGATIVES)
        for hit in unanswering(hits, window.text, answers):
            yield Window(window.question, hit.passage.embedded, (), f"{window.source}-negative")


def unanswering(hits: Sequence[Hit], own: str, answers: Sequence[str]) -> list[Hit]:
    """Those of ``hits`` that are not the passage ``own`` and hold none of ``answers``, normalized."""
    golds = [normalized(answer) for answer in answers]
    texts = [normalized(hit.passage.text) for hit in hits]
    return [
        hit
        for hit, text in zip(hits, texts, strict=True)
        if hit.passage.text != own and not any(gold in text for gold in golds)
    ]


def encoded(window: Window, tokenizer: Tokenizer) -> Encoded | None:
    """``window`` in tokens; None if an answer lies beyond the longest window."""
    pair = tokenizer.encode(window.question, window.text)
    spans = set()
    tokens = [
        (number, span)
        for number, (span, part) in enumerate(zip(pair.offsets, pair.sequence_ids, strict=True))
        if part == 1 and number < LONGEST_WINDOW
    ]
    for start, end in window.spans:
        inside = [number for number, (a, b) in tokens if a < end and b > start and window.text[a:b].strip()]
        if not inside or max(b for number, (a, b) in tokens) < end:
            return None
        spans.add((inside[0], inside[-1]))
    return Encoded(pair.ids[:LONGEST_WINDOW], sorted(spans) or [(0, 0)])


def cropped(window: Window, whole: float, chance: random.Random) -> Window:
    """A few neighbouring sentences of ``window`` below its heading line: those that hold an answer, else
    those that share most words with the question; now and then sentences beside an answer, which then answer
    nothing.

    :param whole: how often it stays whole, 0 to 1.
    """
    if chance.random() < whole:
        return window
    head = window.text.find("\n") + 1 if window.source.endswith(("-headed", "-negative")) else 0
    sentences = [(a + head, b + head) for a, b in sentence_spans(window.text[head:])]
    if not sentences:
        return window
    first, last = _centre(window, sentences, chance)
    room = chance.randint(0, LONGEST_CROP - 1)
    before = chance.randint(0, room)
    first, last = max(0, first - before), min(len(sentences) - 1, last + room - before)
    start, end = sentences[first][0], sentences[last][1]
    text = window.text[:head] + window.text[start:end]
    shift = start - head
    spans = tuple((a - shift, b - shift) for a, b in window.spans if start <= a and b <= end)
    return replace(window, text=text, spans=spans)


def _centre(window: Window, sentences: Sequence[tuple[int, int]], chance: random.Random) -> tuple[int, int]:
    wanted = set(content_words(window.question))
    shared = [len(wanted & set(words(window.text[a:b]))) for a, b in sentences]
    if not window.spans:
        best = max(range(len(sentences)), key=lambda n: shared[n] + chance.random())
        return best, best
    start, end = min(window.spans, key=lambda span: span[1] - span[0])
    holding = [n for n, (a, b) in enumerate(sentences) if a < end and b > start]
    beside = [n for n in range(len(sentences)) if n not in holding]
    if not holding:
        return 0, len(sentences) - 1
    if beside and chance.random() < BESIDE:
        best = max(beside, key=lambda n: shared[n] + chance.random())
        return best, best
    return holding[0], holding[-1]


def drawn(windows: Sequence[Window], shares: dict[str, float], chance: random.Random) -> list[Window]:
    """A random part of ``windows``: of each source, its share; whole shares repeat, the rest is drawn."""
    chosen = []
    for window in windows:
        share = shares.get(window.source, 0.0)
        chosen += [window] * (int(share) + (chance.random() < share % 1))
    chance.shuffle(chosen)
    return chosen


def _turns(file: Path) -> Iterator[Window]:
    """Follow-up questions behind the first question of their dialogue and the one before them."""
    if not file.exists():
        return
    for dialogue in json.loads(file.read_text(encoding="utf-8")):
        asked = [turn["question"] for turn in dialogue["turns"]]
        for number, turn in enumerate(dialogue["turns"]):
            if turn.get("context"):
                before = dict.fromkeys([*asked[: min(1, number)], *asked[max(0, number - 1) : number]])
                question = " ".join([*before, turn["question"]])
                yield Window(question, turn["context"], _spans(turn["answers"]), "dialogue")


def _spans(answers: Sequence[dict[str, Any]]) -> tuple[tuple[int, int], ...]:
    return tuple((a["answer_start"], a["answer_start"] + len(a["text"])) for a in answers)
