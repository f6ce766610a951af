"""An index on Milvus: nothing of it is held here but the list of documents, and words that were asked for."""

from collections import Counter
from collections.abc import Collection as Group
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, groupby

import numpy as np
from numpy.typing import NDArray

from index.dense import Ranking, Vectors
from index.lexical import Word, rarity
from index.manifest import Manifest, corrupt
from index.milvus_client import WINDOW, Collection, Milvus, Row
from index.passages import Passage
from index.searchable import Candidates, together
from index.stored import passage_from_json
from index.words import stems

SENTENCE_BITS = 12
"""A sentence's number is its passage's, times two to this, and its own in the passage."""

PASSAGES_AT_ONCE = 25
"""Passages whose sentences are read at once: however short these are, Milvus gives so many at once."""

KNOWN_WORDS = 100_000
"""Words of questions that are kept at hand."""


@dataclass(frozen=True)
class Collections:
    """The collections of one build.

    :param passages: number, number of the document, the passage as JSON, its vector, its words' BM25 weights.
    :param sentences: number, number of the passage, vector.
    :param words: stem, number, how many passages hold it.
    :param manifest: the manifest, as pieces of JSON.
    """

    passages: Collection
    sentences: Collection
    words: Collection
    manifest: Collection

    @classmethod
    def of(cls, milvus: Milvus, name: str, ending: str = "") -> "Collections":
        """Those of the build whose collection of passages is called ``name`` and ``ending``."""
        others = (Collection(milvus, f"{name}_{part}") for part in ("sentences", "words", "manifest"))
        return cls(Collection(milvus, name + ending), *others)

    @property
    def all(self) -> tuple[Collection, ...]:
        """The collections."""
        return (self.passages, self.sentences, self.words, self.manifest)

    def named(self, name: str) -> Collection:
        """The one that is called ``name`` here."""
        found: Collection = getattr(self, name)
        return found


class WordList:
    """The words of a build, each looked up once.

    :param words: their collection.
    :param passages: how many passages there are.
    """

    def __init__(self, words: Collection, passages: int) -> None:
        self._words = words
        self._passages = passages
        self._known: dict[str, Word | None] = {}

    def known(self, wanted: Iterable[str]) -> dict[str, Word]:
        """Those of ``wanted`` that passages hold, by stem."""
        stems = set(wanted)
        known = {stem: self._known[stem] for stem in stems if stem in self._known}
        new = sorted(stems - known.keys())
        if new:
            rows = self._words.those("stem", new, ("stem", "number", "holding"))
            found = {row["stem"]: Word(row["stem"], int(row["number"]), int(row["holding"])) for row in rows}
            looked_up = {stem: found.get(stem) for stem in new}
            if len(self._known) > KNOWN_WORDS:
                self._known = {}
            self._known.update(looked_up)
            known |= looked_up
        return {stem: word for stem, word in known.items() if word is not None}

    def rarity(self, stem: str) -> float:
        """Inverse document frequency of ``stem``, above 0."""
        word = self.known([stem]).get(stem)
        return rarity(self._passages, word.holding if word is not None else 0)


class MilvusIndex:
    """A build on Milvus, as :class:`index.searchable.Searchable` tells.

    :param collections: where it is.
    :param manifest: what it was made of.
    :param chosen: paths of the documents that are searched; None for all.
    """

    def __init__(
        self, collections: Collections, manifest: Manifest, chosen: frozenset[str] | None = None
    ) -> None:
        self._collections = collections
        self._whole = manifest
        self._chosen = chosen
        ends = list(accumulate(document.passages for document in manifest.documents))
        self._places = {
            document.path: (number, range(end - document.passages, end))
            for number, (document, end) in enumerate(zip(manifest.documents, ends, strict=True))
        }
        self._words = WordList(collections.words, ends[-1])

    @property
    def manifest(self) -> Manifest:
        """See :class:`index.searchable.Searchable`; so for the others."""
        return self._whole if self._chosen is None else self._whole.of_documents(self._chosen)

    @property
    def positions(self) -> NDArray[np.int64]:
        """In a part too, numbers in the whole."""
        wanted = self._places if self._chosen is None else sorted(self._chosen)
        return np.sort(np.fromiter(chain(*(self._places[path][1] for path in wanted)), dtype=np.int64))

    def candidates(self, vector: Vectors, text: str, limit: int) -> Candidates:
        """Found by two searches, since one that joins both gives only what its own fusion makes of the scores. The
        cosines of passages that were found by their words alone are counted here."""
        dense = _ranking(self._collections.passages.nearest(vector, "vector", limit, self._condition))
        positions, words = together(dense, self._sharing(text, limit))
        cosines = np.zeros(len(positions), dtype=np.float32)
        cosines[np.searchsorted(positions, dense.positions)] = dense.scores
        others = np.setdiff1d(positions, dense.positions)
        if len(others):
            cosines[np.searchsorted(positions, others)] = self.vectors_at(others) @ vector
        return Candidates(positions, cosines, self._nearest_sentences(vector, positions), words)

    def passages_at(self, positions: Iterable[int]) -> list[Passage]:
        """Asked for together."""
        wanted = [int(position) for position in positions]
        return [passage_from_json(row["passage"]) for row in self._rows(wanted, "passage")]

    def passages_of(self, document: str) -> tuple[Passage, ...]:
        """Asked for together."""
        return tuple(self.passages_at(self._places[document][1] if document in self._places else ()))

    def vectors_at(self, positions: NDArray[np.int64]) -> Vectors:
        """Asked for together."""
        rows = self._rows([int(position) for position in positions], "vector")
        return np.array([row["vector"] for row in rows], dtype=np.float32)

    def sentences_at(self, positions: Iterable[int]) -> list[Vectors]:
        """Asked for together."""
        wanted = [int(position) for position in positions]
        rows = self._collections.sentences.those(
            "passage", sorted(set(wanted)), ("number", "vector"), PASSAGES_AT_ONCE
        )
        found = groupby(sorted(rows, key=_number), key=lambda row: _number(row) >> SENTENCE_BITS)
        vectors = {
            position: np.array([row["vector"] for row in group], dtype=np.float32)
            for position, group in found
        }
        try:
            return [vectors[position] for position in wanted]
        except KeyError as error:
            raise corrupt(self._collections.sentences.name, str(error)) from error

    def rarity(self, stem: str) -> float:
        """Among all passages, in a part too."""
        return self._words.rarity(stem)

    def part(self, documents: Group[str]) -> "MilvusIndex":
        """The same collections, searched under a condition."""
        return MilvusIndex(self._collections, self._whole, frozenset(documents) & self._places.keys())

    @property
    def _condition(self) -> str:
        if self._chosen is None:
            return ""
        return f"document in {sorted(self._places[path][0] for path in self._chosen)}"

    def _sharing(self, text: str, limit: int) -> Ranking:
        counts = Counter(stems(text))
        asked = {word.number: float(counts[stem]) for stem, word in self._words.known(counts).items()}
        if not asked:
            return _ranking(())
        return _ranking(self._collections.passages.nearest(asked, "words", limit, self._condition))

    def _nearest_sentences(self, vector: Vectors, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines to the nearest sentence of each passage. One of a passage with more sentences than Milvus gives at
        once may be missing: then it is as far as the farthest of the others."""
        wanted = f"passage in {positions.tolist()}"
        found = list(self._collections.sentences.nearest(vector, "vector", WINDOW, wanted, "passage"))
        farthest = min((cosine for _, cosine in found), default=0.0)
        nearest = np.full(len(positions), farthest, dtype=np.float32)
        for position, cosine in found:
            place = np.searchsorted(positions, position)
            nearest[place] = max(nearest[place], cosine)
        return nearest

    def _rows(self, positions: Sequence[int], field: str) -> list[Row]:
        """The rows of the passages at ``positions``, in that order, with ``field``."""
        found = self._collections.passages.those("number", sorted(set(positions)), ("number", field))
        rows = {_number(row): row for row in found}
        try:
            return [rows[position] for position in positions]
        except KeyError as error:
            raise corrupt(self._collections.passages.name, str(error)) from error


def _number(row: Row) -> int:
    return int(row["number"])


def _ranking(found: Iterable[tuple[int, float]]) -> Ranking:
    pairs = list(found)
    return Ranking(
        np.array([number for number, _ in pairs], dtype=np.int64),
        np.array([score for _, score in pairs], dtype=np.float32),
    )
