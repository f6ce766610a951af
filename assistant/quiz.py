"""Questions to test oneself with, made from the documents in their own words.

A question is kept only where the assistant itself, asked the same, is sure of the answer.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import islice, zip_longest
from random import Random
from typing import Literal

from assistant.alone import stands_alone
from assistant.asking import Assistant
from assistant.blanks import Blank, Names, Sort, blanks
from assistant.likeness import MEASURED, apart, distance, telling, value
from assistant.metrics import normalized
from assistant.reader import Reading
from assistant.rendering import place_of
from assistant.retriever import Hit
from assistant.whereabouts import Which, asked_about, asked_in_headings
from index.passages import Passage
from index.sentences import Span

CHOICES = 4
"""Words or places, of which one is right."""

ITEMS = 5
"""Questions of a sheet."""

TRIED = 40
"""Sentences that are tried at most for a sheet."""

PLACES_TRIED = 10
"""Questions for places that are tried at most for a sheet, which has one of them if it can."""

SURE = 0.9
"""Least probability that the assistant gives its own answer to a question of a sheet."""

SURE_OF_PLACE = 0.8
"""Least probability that a question for places is answered in the right one."""

ELSEWHERE = 0.05
"""Highest probability that another passage answers, or another place among the choices."""

FITTING = 0.1
"""Highest probability that the passage of a wrong choice, read alone, answers; numbers and dates are plainly others."""

FREQUENT = 0.15
"""Words that stand in a larger share of the passages are not left blank: one guesses them."""

NEAREST = 8
"""Wrong choices, the likest, among which a sheet chooses."""

READ = 2
"""Passages of a wrong place, the nearest, that are read."""

READINGS_KEPT = 1000
"""Questions whose readings are kept for the next sheets."""

SAMPLED = 2000
"""Passages of a large collection that questions are made from."""

GAP = "____"
"""What stands for the words that are left blank."""

Candidate = Blank | Which


@dataclass(frozen=True)
class Item:
    """A question with its choices.

    :param id: 16 hexadecimal digits, a hash of its source and its choices.
    :param kind: ``cloze`` for a sentence with words left blank, ``place`` for a question and places in the documents.
    :param question: the sentence with :data:`GAP`, or the question.
    :param place: where a sentence stands; empty for a question.
    :param choices: :data:`CHOICES` texts, of which one is right.
    :param right: number of the right one, from 0.
    :param passage: the source.
    :param sentence: range of the answering sentence in the source's text.
    :param span: range of the answering words in it; empty where that is the whole sentence.
    """

    id: str
    kind: Literal["cloze", "place"]
    question: str
    place: str
    choices: tuple[str, ...]
    right: int
    passage: Passage
    sentence: Span
    span: Span

    @property
    def answer(self) -> str:
        """The right choice."""
        return self.choices[self.right]


class Maker:
    """Makes the sheets of one assistant's documents. One thread at a time may use it.

    :param assistant: is asked every question before pupils are.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        index = assistant.index
        drawn = index.positions[:: -(-len(index.positions) // SAMPLED)]
        self._passages = dict(zip(drawn.tolist(), index.passages_at(drawn), strict=True))
        self._names = Names.of(list(self._passages.values()))
        self._blanks: dict[Sort, list[Blank]] = defaultdict(list)
        for position, passage in self._passages.items():
            for blank in blanks(position, passage, self._names):
                self._blanks[blank.sort].append(blank)
        self._groups = self._candidates()
        self._readings = lru_cache(READINGS_KEPT)(assistant.readings)

    def sheet(self, number: int) -> tuple[Item, ...]:
        """At most :data:`ITEMS` questions, always the same for one ``number``; fewer where the documents give no more
        that are sound."""
        random = Random(f"{number}")
        *clozes, places = [random.sample(group, len(group)) for group in self._groups]
        random.shuffle(clozes)
        chosen: list[Item] = []
        self._choose(chosen, 1, places[:PLACES_TRIED], number)
        self._choose(chosen, ITEMS, islice(_in_turn(clozes), TRIED), number)
        self._choose(chosen, ITEMS, places[:PLACES_TRIED], number)
        return tuple(random.sample(chosen, len(chosen)))

    def _choose(self, chosen: list[Item], wanted: int, candidates: Iterable[Candidate], number: int) -> None:
        """Add sound questions from ``candidates`` to those ``chosen`` for the sheet ``number`` until there are so many
        as ``wanted``."""
        for candidate in candidates:
            if len(chosen) >= wanted:
                return
            item = self._item(candidate, Random(f"{number} {candidate.position} {candidate.span}"))
            if item is not None and all(_go_together(item, other) for other in chosen):
                chosen.append(item)

    def _candidates(self) -> list[Sequence[Candidate]]:
        """What can be asked: a group a sort of blanks, the questions for places last."""
        rare = _rare([blank for group in self._blanks.values() for blank in group], len(self._passages))
        clozes: list[Sequence[Candidate]] = []
        places: list[Which] = []
        for group in self._blanks.values():
            alone = [
                blank
                for blank in group
                if normalized(blank.words) in rare
                and stands_alone(
                    self._passages[blank.position].text, self._passages[blank.position].section, blank
                )
            ]
            asked = (asked_about(blank, self._passages[blank.position].text, self._names) for blank in alone)
            places += [which for which in asked if which is not None]
            clozes.append([b for b in alone if not _holds(place_of(self._passages[b.position]), b.words)])
        for position, passage in self._passages.items():
            places += asked_in_headings(position, passage)
        return [*clozes, places]

    def _item(self, candidate: Candidate, random: Random) -> Item | None:
        return (
            self._cloze(candidate, random) if isinstance(candidate, Blank) else self._which(candidate, random)
        )

    def _cloze(self, blank: Blank, random: Random) -> Item | None:
        passage = self._passages[blank.position]
        question = asked(passage.text, blank)
        if not self._answered_by(blank, question):
            return None
        wrong = self._wrong_words(blank, question, random)
        if len(wrong) < CHOICES - 1:
            return None
        choices = [blank.words, *wrong]
        random.shuffle(choices)
        if blank.sort in MEASURED:
            choices.sort(key=lambda words: value(blank.sort, words))
        start, end = blank.sentence
        shown = passage.text[start : blank.span[0]] + GAP + passage.text[blank.span[1] : end]
        return _made(
            "cloze", shown, place_of(passage), choices, blank.words, passage, blank.sentence, blank.span
        )

    def _wrong_words(self, blank: Blank, question: str, random: Random) -> list[str]:
        """Words like those of ``blank`` that do not fit into its sentence."""
        passage = self._passages[blank.position]
        around = f" {normalized(passage.embedded)} "
        far: dict[str, tuple[float, Blank]] = {}
        for other in self._blanks[blank.sort]:
            apart_by, words = distance(blank, other), normalized(other.words)
            if apart_by is not None and f" {words} " not in around:
                far.setdefault(words, (apart_by, other))
        said = telling(passage.text[slice(*blank.sentence)])
        away = {
            words: (apart_by, -len(said & telling(other.words)), random.random())
            for words, (apart_by, other) in far.items()
        }
        likest = [far[words][1] for words in sorted(away, key=away.__getitem__)[:NEAREST]]
        wrong: list[str] = []
        for other in random.sample(likest, len(likest)):
            if len(wrong) == CHOICES - 1:
                break
            clear = all(apart(blank.sort, other.words, words) for words in (blank.words, *wrong))
            if clear and (blank.sort in MEASURED or not self._fits(other, question)):
                wrong.append(other.words)
        return wrong

    def _fits(self, other: Blank, question: str) -> bool:
        """Whether the passage of ``other``, read alone, answers ``question`` with it."""
        reading = self._assistant.read(question, other.position)
        return reading.probability > FITTING and _marks(reading, other.words)

    def _which(self, which: Which, random: Random) -> Item | None:
        passage = self._passages[which.position]
        place = _shown(passage, which.headed)
        here = [r for r in self._readings(which.question) if place_of(r.hit.passage) == place_of(passage)]
        if sum(reading.probability for reading in here) < SURE_OF_PLACE:
            return None
        wrong = self._wrong_places(which, place, random)
        if len(wrong) < CHOICES - 1:
            return None
        choices = random.sample([place, *wrong], CHOICES)
        if which.headed:
            best = here[0]
            return _made(
                "place", which.question, "", choices, place, best.hit.passage, best.answer, best.span
            )
        return _made("place", which.question, "", choices, place, passage, which.sentence, which.span)

    def _wrong_places(self, which: Which, place: str, random: Random) -> list[str]:
        """Places near to the question of ``which`` that do not answer it, though they share as many of its words as
        the right one, ``place``."""
        near: dict[str, list[Hit]] = defaultdict(list)
        for hit in self._assistant.hits(which.question, 3 * NEAREST):
            near[_shown(hit.passage, which.headed)].append(hit)
        given_away = telling(which.question) & telling(place)
        alike = [other for other in near if other != place and given_away <= telling(other)][:NEAREST]
        wrong: list[str] = []
        for tried, other in enumerate(random.sample(alike, len(alike))):
            missing = CHOICES - 1 - len(wrong)
            if not missing or len(alike) - tried < missing:
                break
            if not self._may_answer(which, near[other]):
                wrong.append(other)
        return wrong

    def _may_answer(self, which: Which, hits: Sequence[Hit]) -> bool:
        """Whether the passages ``hits`` of one place, nearest first, or others there may answer ``which``."""
        positions = {hit.position for hit in hits}
        if any(
            r.probability > ELSEWHERE and r.hit.position in positions for r in self._readings(which.question)
        ):
            return True
        place = place_of(hits[0].passage)
        there = [p for p in self._assistant.index.passages_of(hits[0].passage.path) if place_of(p) == place]
        if any(
            _holds(passage.embedded, which.absent) for passage in (*there, *(hit.passage for hit in hits))
        ):
            return True
        return any(
            self._assistant.read(which.question, hit.position).probability > FITTING for hit in hits[:READ]
        )

    def _answered_by(self, blank: Blank, question: str) -> bool:
        """Whether the assistant answers ``question`` surely, with the words of ``blank`` and nothing else."""
        best, *others = self._readings(question)
        return (
            best.hit.position == blank.position
            and best.probability >= SURE
            and _marks(best, blank.words)
            and all(other.probability <= ELSEWHERE for other in others)
        )


def _in_turn(groups: Sequence[Sequence[Candidate]]) -> Iterator[Candidate]:
    """All candidates, taking the groups in turn."""
    return (candidate for turn in zip_longest(*groups) for candidate in turn if candidate is not None)


_ASKING = {
    Sort.DATE: "tanggal berapa", Sort.MONTH: "bulan apa", Sort.YEAR: "tahun berapa", Sort.NUMBER: "berapa",
    Sort.COUNTRY: "negara mana", Sort.PERSON: "siapa", Sort.PLACE: "mana", Sort.ACRONYM: "apa", Sort.TERM: "apa",
}  # fmt: skip


def asked(text: str, blank: Blank) -> str:
    """The sentence of ``blank`` in ``text`` as a question for the words that are left blank."""
    before = text[blank.sentence[0] : blank.span[0]]
    after = text[blank.span[1] : blank.sentence[1]].rstrip(".")
    if blank.sort is Sort.TERM and not before:
        return "Apa sebutan untuk" + re.sub(r"^ (adalah|ialah|merupakan)", "", after) + "?"
    asking = "berapa" if before.endswith(("tahun ", "tanggal ")) else _ASKING[blank.sort]
    question = f"{before}{asking}{after}?"
    return question[0].upper() + question[1:]


def _rare(found: Sequence[Blank], passages: int) -> frozenset[str]:
    """The words of ``found``, normalized, that stand in few of so many ``passages``."""
    counts = Counter(words for words, _ in {(normalized(blank.words), blank.position) for blank in found})
    return frozenset(words for words, count in counts.items() if count <= max(2, FREQUENT * passages))


def _holds(text: str, words: str) -> bool:
    """Whether ``words`` stand in ``text`` as whole words."""
    return f" {normalized(words)} " in f" {normalized(text)} "


def _marks(reading: Reading, words: str) -> bool:
    """Whether ``reading`` marks ``words`` and little else."""
    marked = normalized(reading.hit.passage.text[slice(*reading.span)])
    return _holds(marked, words) and len(marked.split()) <= len(words.split()) + 4


def _shown(passage: Passage, headed: bool) -> str:
    """Where ``passage`` stands as a choice shows it: with a heading that asks the question, only its document."""
    return passage.title if headed else place_of(passage)


def _go_together(one: Item, other: Item) -> bool:
    """Whether neither of two questions of a sheet answers the other."""
    if one.passage.id == other.passage.id:
        return False
    return not _holds(one.question, _wanted(other)) and not _holds(other.question, _wanted(one))


def _wanted(item: Item) -> str:
    return item.answer if item.kind == "cloze" else item.question


def _made(
    kind: Literal["cloze", "place"],
    question: str,
    place: str,
    choices: Sequence[str],
    right: str,
    passage: Passage,
    sentence: Span,
    span: Span,
) -> Item:
    digest = blake2b("\0".join((passage.id, question, *choices)).encode(), digest_size=8)
    return Item(
        digest.hexdigest(),
        kind,
        question,
        place,
        tuple(choices),
        choices.index(right),
        passage,
        sentence,
        span,
    )
