"""The one thing every face shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant.metrics import normalized
from assistant.questions import Kind, kind_of
from assistant.reader import Reading
from assistant.retriever import Hit
from index.passages import Passage
from index.sentences import Span

Status = Literal["answered", "not_found", "smalltalk"]


@dataclass(frozen=True)
class Source:
    """A passage that an answer cites, or that comes near to the question.

    :param passage: the passage.
    :param highlights: half-open character ranges into the passage's text to be marked, in order;
        empty for a passage that is only near.
    :param score: how well the passage fits the question, 0 to 1.
    """

    passage: Passage
    highlights: tuple[Span, ...]
    score: float

    @property
    def page(self) -> int | None:
        """Number of the page on which the marked words begin, else the passage, from 1; None if there are none."""
        return self.passage.page_at(self.highlights[0][0] if self.highlights else 0)


@dataclass(frozen=True)
class Answer:
    """What a question got.

    :param question: the question as it was asked.
    :param status: ``answered``, ``not_found`` or ``smalltalk``.
    :param answer: verbatim text of ``sources[0].passage`` when answered, a canned reply when
        smalltalk, None when not found.
    :param span: the answering words inside ``answer``, or None.
    :param confidence: probability from 0 to 1 that the answer is right.
    :param sources: when answered, the cited passage first, then further ones; when not found, the
        nearest passages; empty for smalltalk.
    :param elapsed_ms: milliseconds that asking took.
    :param earlier: earlier questions from which it was understood, oldest first.
    :param together: how many of ``sources`` answer together: more than one where a list or a comparison
        needs several passages.
    """

    question: str
    status: Status
    answer: str | None
    span: str | None
    confidence: float
    sources: tuple[Source, ...]
    elapsed_ms: float
    earlier: tuple[str, ...] = ()
    together: int = 1

    def to_dict(self) -> dict[str, Any]:
        """The JSON form that the command line prints and the REST API returns; ``earlier`` stands in it only
        for a follow-up question."""
        return {
            "question": self.question,
            "status": self.status,
            "answer": self.answer,
            "span": self.span,
            "confidence": round(self.confidence, 4),
            "sources": [source_to_dict(source) for source in self.sources],
            "elapsed_ms": round(self.elapsed_ms, 1),
            **({"earlier": list(self.earlier)} if self.earlier else {}),
        }


def source_to_dict(source: Source) -> dict[str, Any]:
    """The JSON form of ``source``."""
    passage = source.passage
    return {
        "document": passage.path,
        "title": passage.title,
        "path": passage.path,
        "section": passage.section,
        "page": source.page,
        "passage": passage.text,
        "highlights": [list(span) for span in source.highlights],
        "score": round(source.score, 4),
    }


FURTHER = 0.1
"""Least probability of a further passage to be marked."""

SOURCES = 3
"""Passages shown at most."""

TOGETHER = frozenset({Kind.LIST, Kind.COMPARISON})
"""Kinds of questions that several passages may answer together."""


def composed(question: str, readings: Sequence[Reading], hits: Sequence[Hit], sure: float) -> Answer:
    """The answer that ``readings``, most probable first, and ``hits``, nearest first, give.

    Passages that answer in the same words speak for each other: a reading may stand in a folder twice.

    :param sure: least confidence to answer, 0 to 1.
    """
    cited = [r for n, r in enumerate(readings[:SOURCES]) if n == 0 or r.probability >= FURTHER]
    together = len(cited) if kind_of(question) in TOGETHER else 1
    telling = [r for r in readings if r in cited[:together] or _words(r) == _words(cited[0])]
    confidence = min(sum(reading.probability for reading in telling), 1.0)
    if not cited or confidence < sure:
        nearest = tuple(Source(hit.passage, (), _closeness(hit)) for hit in hits[:SOURCES])
        return Answer(question, "not_found", None, None, confidence, nearest, 0.0)
    best = cited[0]
    text = best.hit.passage.text
    rest = [hit for hit in hits if hit.position not in {reading.hit.position for reading in cited}]
    return Answer(
        question=question,
        status="answered",
        answer=text[slice(*best.answer)],
        span=text[slice(*best.span)],
        confidence=confidence,
        sources=(
            *(Source(r.hit.passage, (r.span,), min(r.probability, 1.0)) for r in cited),
            *(Source(hit.passage, (), _closeness(hit)) for hit in rest[: SOURCES - len(cited)]),
        ),
        elapsed_ms=0.0,
        together=together,
    )


def _words(reading: Reading) -> str:
    """The answering words of ``reading``, normalized."""
    return normalized(reading.hit.passage.text[slice(*reading.span)])


def _closeness(hit: Hit) -> float:
    return max(0.0, min(1.0, hit.cosine))
