"""Scores of answers and rankings, as SQuAD and information retrieval define them."""

import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum


class Mode(StrEnum):
    """What is measured: finding passages, reading the right one, both, or a class's questions."""

    RETRIEVAL = "retrieval"
    READER = "reader"
    ANSWERS = "answers"
    CHAT = "chat"


def normalized(text: str) -> str:
    """``text`` in lower case, without punctuation, spaces folded.

    SQuAD's normalization without its removal of English articles, which Indonesian does not have.

    >>> normalized("Jakarta,  20 Agustus 2007.")
    'jakarta 20 agustus 2007'
    """
    kept = (char for char in text.casefold() if not _is_punctuation(char))
    return " ".join("".join(kept).split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1 if ``prediction`` equals one of ``golds``, normalized; without golds, if it is empty; else 0."""
    return max((float(normalized(prediction) == normalized(gold)) for gold in golds or [""]), default=0)


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Best F1 over words between ``prediction`` and one of ``golds``; without golds, 1 if it is empty."""
    return max(_f1(normalized(prediction).split(), normalized(gold).split()) for gold in golds or [""])


def recall_at(ranks: Sequence[int | None], k: int) -> float:
    """Share of ``ranks`` (from 1; None if not found) that are at most ``k``."""
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks) if ranks else 0.0


def mrr_at(ranks: Sequence[int | None], k: int) -> float:
    """Mean reciprocal rank, ranks beyond ``k`` counting 0.

    >>> mrr_at([1, 2, None], 10)
    0.5
    """
    found = sum(1 / rank for rank in ranks if rank is not None and rank <= k)
    return found / len(ranks) if ranks else 0.0


def answers_question(shown: str, golds: Sequence[str]) -> bool:
    """Whether a gold answer stands in ``shown``, or ``shown``, if over three words long, in a gold one;
    whole words only, normalized."""
    words = f" {normalized(shown)} "
    for gold in map(normalized, golds):
        if gold and f" {gold} " in words:
            return True
        if len(words.split()) > 3 and words in f" {gold} ":
            return True
    return False


def mean(values: Sequence[float]) -> float:
    """The mean of ``values``, 0 if there are none."""
    return sum(values) / len(values) if values else 0.0


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char).startswith("P") or char in string.punctuation


def _f1(prediction: Sequence[str], gold: Sequence[str]) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    common = sum((Counter(prediction) & Counter(gold)).values())
    return 2 * common / (len(prediction) + len(gold))
