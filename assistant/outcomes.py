"""How asked questions went."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers import Answer
from assistant.metrics import answers_question, mean, normalized
from assistant.squad import Question


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


@dataclass(frozen=True)
class Judged:
    """A question with its answer.

    :param question: the question and what answers it.
    :param answer: what was shown.
    :param outcome: how it went.
    """

    question: Question
    answer: Answer
    outcome: Outcome


def judged(question: Question, answer: Answer) -> Judged:
    """``answer`` to ``question``, judged."""
    return Judged(question, answer, outcome_of(answer, question))


def outcome_of(answer: Answer, question: Question) -> Outcome:
    """How ``answer`` meets ``question``."""
    shown = answer.status == "answered"
    cited = normalized(answer.sources[0].passage.text) if shown else ""
    gold = normalized(question.context)
    return Outcome(
        answerable=bool(question.answers),
        shown=shown,
        right=shown and answers_question(answer.answer or "", question.answers),
        cited=shown and bool(gold) and (gold in cited or cited in gold),
    )


def chat_figures(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Shares: right, wrong shown and refused among answerable questions, unanswerable ones kept silent,
    and cited passage right among the answerable that were answered."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.answerable]
    answered = [outcome for outcome in answerable if outcome.shown]
    figures = {"questions": float(len(outcomes))}
    if answerable:
        figures["right"] = mean([outcome.right for outcome in answerable])
        figures["wrong shown"] = mean([outcome.shown and not outcome.right for outcome in answerable])
        figures["refused"] = mean([not outcome.shown for outcome in answerable])
    if unanswerable:
        figures["kept silent"] = mean([not outcome.shown for outcome in unanswerable])
    if answered:
        figures["cited right"] = mean([outcome.cited for outcome in answered])
    return figures
