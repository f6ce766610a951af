"""Questions that ask where in the documents something stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.blanks import Blank, Names, Sort
from assistant.starters import asked_by
from index.passages import Passage
from index.sentences import Span

LONGEST_CLAUSE = 18
"""Words at most in a clause that is made a question."""

_DATED = re.compile(r"(?P<clause>[^,]+?),? (?:pada|sejak)(?: tanggal| tahun| bulan)? $")
_PLACED = re.compile(r"(?P<clause>[^,]+) di $")
_NO_CLAUSE = re.compile(r"\b(yang|dan|atau|tetapi|ketika|karena|sedangkan|di|pada|setelah|sejak|untuk)\b")


@dataclass(frozen=True)
class Which:
    """A question that one place in the documents answers.

    :param position: number of the passage that answers it.
    :param sentence: range of its answering sentence in the passage's text.
    :param span: range of the answering words in the passage's text; empty for the whole sentence.
    :param question: the question.
    :param absent: words that stand in no wrong place.
    :param headed: whether it is the passage's heading; then only documents are offered as places.
    """

    position: int
    sentence: Span
    span: Span
    question: str
    absent: str
    headed: bool = False


def asked_about(blank: Blank, text: str, names: Names) -> Which | None:
    """What asks where the sentence of ``blank`` in ``text`` stands, if it can be made a question."""
    before = text[blank.sentence[0] : blank.span[0]]
    after = text[blank.span[1] : blank.sentence[1]]
    if blank.sort is Sort.TERM and not before:
        question = f"Apa itu {blank.words}?"
        return Which(blank.position, blank.sentence, blank.span, question, blank.words)
    if after != "." or len(before.split()) > LONGEST_CLAUSE:
        return None
    asking = {Sort.DATE: "Kapan", Sort.MONTH: "Kapan", Sort.YEAR: "Kapan", Sort.PLACE: "Di mana"}
    clause = (_PLACED if blank.sort is Sort.PLACE else _DATED).fullmatch(before)
    if blank.sort not in asking or clause is None or _NO_CLAUSE.search(clause["clause"]):
        return None
    first, _, rest = clause["clause"].partition(" ")
    if first.lower() in names.common and rest[:1].islower():
        first = first.lower()
    question = f"{asking[blank.sort]} {first} {rest}?"
    return Which(blank.position, blank.sentence, blank.span, question, blank.words)


def asked_in_headings(position: int, passage: Passage) -> Iterator[Which]:
    """The question that the heading of ``passage``, the one at ``position``, asks, if it does."""
    question = asked_by(passage)
    if question is not None and passage.headings:
        yield Which(position, passage.sentences[0], (0, 0), question, question, headed=True)
