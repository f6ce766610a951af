"""What pupils asked: questions and their answers, without names or addresses."""

import contextlib
import csv
import io
import logging
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.answers import Answer
from index.encoder import Encoder
from index.errors import TanyaError
from index.words import visible

LIKENESS = 0.8
"""Least cosine of two questions that are alike: of different questions on one collection of KelasChat, 1 pair in 1,300."""

MOST_GROUPED = 1000
"""Unanswered questions, the newest, that are grouped."""

_SCHEMA = """create table if not exists questions (
    id integer primary key, asked text not null, question text not null, status text not null,
    answer text, confidence real not null, liked integer)"""

_logger = logging.getLogger(__name__)


class QuestionLogError(TanyaError):
    """The log of questions cannot be opened or read."""

    code = "question_log"


@dataclass(frozen=True)
class AskedQuestion:
    """A question that was asked.

    :param asked: when, ISO 8601 in UTC, to the minute.
    :param question: its words.
    :param status: ``answered`` or ``not_found``.
    :param answer: what was answered, or None.
    :param confidence: probability that the answer is right, 0 to 1.
    :param liked: 1 if the pupil liked the answer, 0 if not, None if unknown.
    """

    asked: str
    question: str
    status: str
    answer: str | None
    confidence: float
    liked: int | None


@dataclass(frozen=True)
class Group:
    """Questions that ask for the same.

    :param question: the one asked most.
    :param count: how often all were asked.
    :param last: when the last was, as :attr:`AskedQuestion.asked`.
    """

    question: str
    count: int
    last: str


class QuestionLog(Protocol):
    """Keeps questions for some days. Several threads may use it at once."""

    def record(self, answer: Answer) -> int | None:
        """Keep ``answer`` and give its number; None for small talk, or if it cannot be kept."""

    def like(self, number: int, liked: bool | None) -> None:
        """Keep whether the answer ``number`` was liked."""

    def questions(self) -> list[AskedQuestion]:
        """All questions that are young enough, newest first.

        :raises QuestionLogError: if they cannot be read.
        """


class FileLog:
    """Questions in the SQLite file ``file``.

    :param days: how long a question is kept.
    :raises QuestionLogError: if the file cannot be opened.
    """

    def __init__(self, file: Path, days: int) -> None:
        self._days = days
        self._lock = threading.Lock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(0o600)
            self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = normal")
            self._connection.execute("pragma secure_delete = on")
            self._connection.execute(_SCHEMA)
            self._clean()
        except (OSError, sqlite3.Error) as error:
            raise QuestionLogError(
                f"Catatan pertanyaan {file} tidak dapat dibuka ({error}): pilih tempat lain dengan "
                f"TANYA_QUESTION_LOG_FILE.",
                f"The log of questions {file} cannot be opened ({error}): choose another place with "
                f"TANYA_QUESTION_LOG_FILE.",
            ) from error

    def record(self, answer: Answer) -> int | None:
        """See :class:`QuestionLog`; so for the others."""
        if answer.status == "smalltalk":
            return None
        asked = minute(datetime.now(UTC))
        said = visible(answer.answer) if answer.answer is not None else None
        row = (asked, visible(answer.question), answer.status, said, answer.confidence)
        columns = "asked, question, status, answer, confidence"
        try:
            with self._lock:
                if asked[:10] != self._cleaned:
                    self._clean()
                done = self._connection.execute(
                    f"insert into questions ({columns}) values (?, ?, ?, ?, ?)", row
                )
                return int(done.lastrowid or 0)
        except sqlite3.Error:
            _logger.exception("a question cannot be kept")
            return None

    def like(self, number: int, liked: bool | None) -> None:
        """Written at once."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._connection.execute("update questions set liked = ? where id = ?", (liked, number))

    def questions(self) -> list[AskedQuestion]:
        """Read from the file, from which older ones are removed."""
        columns = "asked, question, status, answer, confidence, liked"
        with self._lock:
            self._clean()
            rows = self._connection.execute(f"select {columns} from questions order by id desc").fetchall()
        return [AskedQuestion(*row) for row in rows]

    def _clean(self) -> None:
        now = datetime.now(UTC)
        self._cleaned = minute(now)[:10]
        self._connection.execute(
            "delete from questions where asked < ?", (minute(now - timedelta(days=self._days)),)
        )


def grouped(questions: Sequence[AskedQuestion], encoder: Encoder) -> list[Group]:
    """Those of ``questions`` that were not answered, by likeness, most often asked first."""
    counts: dict[str, int] = {}
    last: dict[str, str] = {}
    for asked in [asked for asked in questions if asked.status == "not_found"][:MOST_GROUPED]:
        counts[asked.question] = counts.get(asked.question, 0) + 1
        last.setdefault(asked.question, asked.asked)
    texts = sorted(counts, key=lambda text: -counts[text])
    vectors = encoder.encode_questions(texts)
    heads: list[int] = []
    groups: dict[int, list[str]] = {}
    for number, text in enumerate(texts):
        likeness = vectors[heads] @ vectors[number] if heads else np.zeros(0)
        near = heads[int(likeness.argmax())] if likeness.size and likeness.max() >= LIKENESS else number
        if near == number:
            heads.append(number)
        groups.setdefault(near, []).append(text)
    found = [
        Group(texts[head], sum(counts[text] for text in members), max(last[text] for text in members))
        for head, members in groups.items()
    ]
    return sorted(found, key=lambda group: -group.count)


def as_csv(questions: Sequence[AskedQuestion]) -> str:
    """``questions`` as a CSV file; no cell is a formula for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["asked", "question", "status", "answer", "confidence", "liked"])
    for asked in questions:
        row = (
            asked.asked,
            asked.question,
            asked.status,
            asked.answer or "",
            f"{asked.confidence:.2f}",
            asked.liked,
        )
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def minute(time: datetime) -> str:
    """``time`` to the minute, ISO 8601."""
    return time.isoformat(timespec="minutes")
