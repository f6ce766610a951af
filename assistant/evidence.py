"""What speaks for a sentence as the answer to a question, as numbers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.questions import FUNCTION_WORDS, Kind, content_words, kind_of
from assistant.retriever import Hit, Query
from index.passages import Passage
from index.words import stem, words

Rarity = Callable[[str], float]

_CUES: tuple[tuple[str, str], ...] = (
    ("date", r"\b\d{1,2} (januari|februari|maret|april|mei|juni|juli|agustus|september|oktober|november|desember)\b"),
    ("year", r"\b(1[5-9]|20)\d\d\b|\babad\b|\b(senin|selasa|rabu|kamis|jumat|sabtu|minggu|pukul)\b"),
    ("number", r"\d|\b(satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh|belas|puluh|ratus|ribu|juta)\b"),
    ("quantity", r"\brp ?\d|\bpersen\b|%|\b(kilometer|meter|hektare|ton|orang|jam|hari|minggu|bulan|tahun|derajat|kali)\b"),
    ("because", r"\b(karena|sebab|lantaran|akibat\w*|disebabkan|penyebab\w*|alasan\w*|sehingga|berkat|gara)\b"),
    ("purpose", r"\b(agar|supaya|untuk|guna|bertujuan|tujuan\w*|demi|dimaksudkan)\b"),
    ("definition", r"\b(adalah|ialah|merupakan|yaitu|yakni|disebut|berarti|artinya|dinamakan|istilah|dikenal)\b"),
    ("manner", r"\b(dengan|melalui|cara\w*|lewat|secara|langkah\w*|proses\w*|mula|lalu|kemudian)\b"),
    ("contrast", r"\b(berbeda|beda\w*|sedangkan|sementara|daripada|dibanding\w*|lebih|kurang|sebaliknya|tetapi|adapun)\b"),
    ("denial", r"\b(tidak|bukan|belum|tanpa|jangan|dilarang|boleh|wajib|harus|dapat|bisa)\b"),
    ("place", r"\b(di|ke|dari) [A-Z]"),
    ("list", r"\b(antara lain|meliputi|terdiri|yaitu|yakni|mencakup|seperti|misalnya|contohnya|pertama|kedua)\b|:"),
    ("person", r"\b(oleh|presiden|menteri|ketua|kepala|bu|pak|prof|dr|tokoh|nama\w*|bernama|pendiri)\b"),
    ("backward", r"^(ia|dia|mereka|itu|hal itu|karena itu|oleh karena itu|selain itu|namun|tetapi|akibatnya|ini|nya)\b"),
)  # fmt: skip
_COMPILED_CUES = tuple(
    re.compile(pattern, 0 if name == "place" else re.IGNORECASE) for name, pattern in _CUES
)
_NAME = re.compile(r"(?<=[\w,] )[A-Z]\w+")
_DEFINING = re.compile(r"^(adalah|ialah|merupakan|yaitu|yakni|berarti)$")


@dataclass(frozen=True)
class _Sentence:
    """A sentence's parts that do not depend on the question."""

    stems: tuple[str, ...]
    cues: NDArray[np.float32]


@dataclass(frozen=True)
class Candidate:
    """A sentence that may answer.

    :param hit: number of its passage among the hits.
    :param sentence: number of the sentence in its passage.
    """

    hit: int
    sentence: int


def candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """All sentences of ``hits``, in order."""
    return [
        Candidate(number, sentence)
        for number, hit in enumerate(hits)
        for sentence in range(len(hit.passage.sentences))
    ]


def features(
    query: Query, hits: Sequence[Hit], vectors: Sequence[NDArray[np.float32]], rarity: Rarity
) -> NDArray[np.float32]:
    """Evidence for every sentence of ``hits``, shape (sentences, :data:`WIDTH`).

    :param hits: passages found, best first, at least one.
    :param vectors: of each hit, its sentences' unit vectors, shape (sentences, dimension).
    :param rarity: inverse document frequency of a stem, above 0.
    """
    wanted = [stem(word) for word in content_words(query.text)] or [stem(w) for w in words(query.text)]
    weights = np.array([rarity(word) for word in wanted] or [1.0], dtype=np.float32)
    rows = [
        _passage_rows(query, hit, vectors[n], wanted, weights, rank=n, best=hits[0])
        for n, hit in enumerate(hits)
    ]
    table = np.concatenate(rows)
    relative = table[:, :_COMPARED] - table[:, :_COMPARED].max(axis=0)
    kind = np.tile(_kind_row(query.text), (len(table), 1))
    fitting = (kind[:, :, None] * table[:, None, -len(_CUES) :]).reshape(len(table), -1)
    return np.concatenate([table, relative, kind, fitting], axis=1).astype(np.float32)


def _passage_rows(
    query: Query,
    hit: Hit,
    vectors: NDArray[np.float32],
    wanted: list[str],
    weights: NDArray[np.float32],
    rank: int,
    best: Hit,
) -> NDArray[np.float32]:
    sentences = _sentences(hit.passage)
    exact, loose, in_heading = _shared(wanted, hit.passage)
    around = np.maximum(loose, np.maximum(_shifted(loose, 1), _shifted(loose, -1)))
    total = weights.sum()
    everywhere = np.maximum(loose.max(axis=0), in_heading)
    cosines = vectors @ query.vector
    count = len(sentences)
    ones = np.ones(count, dtype=np.float32)
    columns = [
        cosines,
        ones * hit.cosine,
        exact @ weights / total,
        loose @ weights / total,
        np.maximum(around, in_heading) @ weights / total,
        ones * float(everywhere @ weights / total),
        ones * hit.score,
        _shifted(cosines[:, None], 1)[:, 0],
        _shifted(cosines[:, None], -1)[:, 0],
        ones * float(in_heading @ weights / total),
        ones * float((weights * (1 - everywhere)).max() / weights.max()),
        ones * float(np.log1p(hit.lexical)),
        ones * (best.score - hit.score),
        ones / (1 + rank),
        np.array([_novelty(s.stems, wanted) for s in sentences], dtype=np.float32),
        np.array([np.log1p(len(s.stems)) for s in sentences], dtype=np.float32),
        np.arange(count) == 0,
        np.arange(count) / count,
        ones * np.log1p(len(wanted)),
        np.array([_defines(s.stems, wanted) for s in sentences], dtype=np.float32),
    ]
    return np.column_stack([*columns, np.stack([s.cues for s in sentences])]).astype(np.float32)


def _shared(wanted: list[str], passage: Passage) -> tuple[NDArray[np.float32], ...]:
    """How each sentence holds each wanted word exactly and loosely, both of shape (sentences, words), and
    how its heading holds them, shape (words,); one zero stands for no words."""
    sentences = _sentences(passage)
    if not wanted:
        nothing = np.zeros((len(sentences), 1), dtype=np.float32)
        return nothing, nothing, np.zeros(1, dtype=np.float32)
    heading = tuple({stem(w) for w in words(" ".join((passage.title, *passage.headings)))})
    exact = np.array([[w in s.stems for w in wanted] for s in sentences], dtype=np.float32)
    loose = np.array([[_closeness(w, s.stems) for w in wanted] for s in sentences], dtype=np.float32)
    return exact, loose, np.array([_closeness(w, heading) for w in wanted], dtype=np.float32)


_COMPARED = 10
"""The first columns also enter as differences from the best candidate's."""

WIDTH = 20 + len(_CUES) + 2 + _COMPARED + len(Kind) + len(Kind) * len(_CUES)


@lru_cache(maxsize=4096)
def _sentences(passage: Passage) -> tuple[_Sentence, ...]:
    return tuple(_sentence(passage.text[start:end]) for start, end in passage.sentences)


def _sentence(text: str) -> _Sentence:
    cues = [float(bool(pattern.search(text))) for pattern in _COMPILED_CUES]
    shape = [np.log1p(text.count(",")), np.log1p(len(_NAME.findall(text)))]
    return _Sentence(tuple(stem(word) for word in words(text)), np.array([*shape, *cues], dtype=np.float32))


def _kind_row(question: str) -> NDArray[np.float32]:
    kind = kind_of(question)
    return np.array([float(kind is other) for other in Kind], dtype=np.float32)


def _closeness(word: str, stems: tuple[str, ...]) -> float:
    """1 where ``word`` is among ``stems``, else the Dice coefficient of the letter pairs of the most
    similar stem, 0 where none is above one half: misspelt words still count."""
    if word in stems:
        return 1.0
    if len(word) < 4 or word.isdigit():
        return 0.0
    best = max((_dice(word, other) for other in stems), default=0.0)
    return best if best > 0.5 else 0.0


@lru_cache(maxsize=200_000)
def _dice(one: str, other: str) -> float:
    a, b = _pairs(one), _pairs(other)
    return 2 * len(a & b) / (len(a) + len(b))


@lru_cache(maxsize=100_000)
def _pairs(word: str) -> frozenset[str]:
    padded = f"^{word}$"
    return frozenset(padded[i : i + 2] for i in range(len(padded) - 1))


def _shifted(rows: NDArray[np.float32], by: int) -> NDArray[np.float32]:
    """``rows`` moved down (``by`` 1) or up (-1), zeros coming in."""
    moved = np.zeros_like(rows)
    if by == 1:
        moved[1:] = rows[:-1]
    else:
        moved[:-1] = rows[1:]
    return moved


def _novelty(stems: tuple[str, ...], wanted: list[str]) -> float:
    """Share of the sentence's words that the question does not hold already."""
    telling = [word for word in stems if word not in FUNCTION_WORDS]
    return sum(word not in wanted for word in telling) / len(telling) if telling else 0.0


def _defines(stems: tuple[str, ...], wanted: list[str]) -> float:
    """1 where words of the question stand right before a word such as "adalah", or after "disebut"."""
    for place, word in enumerate(stems):
        if _DEFINING.match(word) and place and stems[place - 1] in wanted:
            return 1.0
        if word == "sebut" and place + 1 < len(stems) and stems[place + 1] in wanted:
            return 1.0
    return 0.0
