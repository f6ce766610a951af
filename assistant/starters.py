"""Questions to begin with, made from the documents."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import zip_longest

from index.passages import Passage

_ASKING = re.compile(
    r"(apa|apakah|siapa|mengapa|kenapa|bagaimana|kapan|berapa|di mana|what|who|why|how|when|where)\b.*",
    re.IGNORECASE,
)
_DEFINING = re.compile(r"(?P<subject>\w[\w\- ]{2,40}?) (adalah|ialah) ")
_ASPECTS = frozenset(
    {"tujuan", "manfaat", "fungsi", "prinsip", "ciri", "risiko", "syarat", "bidang", "tugas"}
)


def starters(passages: Sequence[Passage]) -> Iterator[str]:
    """Questions that ``passages`` seem to answer, each once, taking the documents in turn: section headings that ask
    something, then what a passage's first sentence defines, then headings and titles as key words."""
    everything = " ".join(passage.text for passage in passages)
    by_document: dict[str, dict[str, None]] = defaultdict(dict)
    for found in (asked_by, partial(_defined_by, everything=everything), _named_by):
        for passage in passages:
            question = found(passage)
            if question is not None and f"{question}?" not in by_document[passage.path]:
                by_document[passage.path].setdefault(question)
    turns = zip_longest(*by_document.values())
    yield from dict.fromkeys(question for turn in turns for question in turn if question is not None)


def asked_by(passage: Passage) -> str | None:
    """The question that the heading of ``passage`` asks; None if it asks none."""
    heading = _named_by(passage).partition("?")[0]
    return heading.rstrip("! ") + "?" if _ASKING.fullmatch(heading) else None


def _named_by(passage: Passage) -> str:
    return passage.headings[-1] if passage.headings else passage.title


def _defined_by(passage: Passage, everything: str) -> str | None:
    """A question for the common noun that the passage begins by defining; names of persons and places
    are told by their capitals."""
    match = _DEFINING.match(passage.text)
    if match is None or match["subject"].startswith("Salah satu"):
        return None
    first, *others = match["subject"].split()
    if not first.isupper():
        first = first[0].lower() + first[1:]
        if not re.search(rf"\b{re.escape(first)}\b", everything):
            return None
    if any(word[0].isupper() and not word.isupper() for word in others):
        return None
    asking = "Apa" if first in _ASPECTS else "Apa itu"
    return f"{asking} {' '.join([first, *others])}?"
