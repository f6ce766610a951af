"""The assistant: an index, a retriever and a reader behind one question."""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache, cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Self

from assistant.answers import Answer, Source, composed
from assistant.conversation import earlier_questions
from assistant.reader import Judgement, Network, Reading, SpanReader
from assistant.retriever import Hit, Retriever
from assistant.settings import SURE
from assistant.smalltalk import smalltalk
from assistant.spans import bundled_model
from assistant.starters import starters
from assistant.texts import sentences
from index.build import build_index
from index.encoder import BUNDLED, Encoder, load_encoder
from index.errors import Language, QuestionError
from index.progress import Progress, silent
from index.searchable import Searchable
from index.stores import Store, store_at
from index.words import visible

LONGEST_QUESTION = 1000
"""Characters of the longest question."""

LONGEST_HISTORY = 20
"""Earlier questions that may come with a question."""

STARTERS = 4
"""Questions that are offered to begin with."""

STARTING = 2000
"""Passages from which starters are made."""

STARTERS_TRIED = 24
"""Questions at most that are tried as starters."""

HITS = 6
"""Passages that are read for a question."""

MOST_PARTS = 16
"""Selections of documents whose indexes are kept at hand."""

FOLLOWING = 0.7
"""A question that hangs on earlier ones is answered from so many times the least confidence on: few of them ask what
the documents do not say (table in bench/README.md)."""


class Assistant:
    """Answers questions from the documents of an index. Several threads may ask at once.

    :param index: the index.
    :param encoder: the model that the index was built with.
    :param sure: least confidence to answer, 0 to 1.
    :param starters: its questions to begin with, if they are known already.
    """

    def __init__(
        self, index: Searchable, encoder: Encoder, sure: float = SURE, starters: tuple[str, ...] | None = None
    ) -> None:
        self.index = index
        self._encoder = encoder
        self._parts = lru_cache(MOST_PARTS)(self._part)
        self._making_part = threading.Lock()
        self._retriever = Retriever(index, encoder)
        self._reader = SpanReader(index, _network(), bundled_model(), _judgement())
        self.sure = sure
        if starters is not None:
            self.starters = starters

    @classmethod
    def open(
        cls,
        index: Path | str | Store = Path("var/index"),
        encoder: str = BUNDLED,
        docs: Path | str | None = None,
        progress: Progress = silent,
        sure: float = SURE,
    ) -> Self:
        """The assistant over the index in the folder ``index``, or in another store.

        :param encoder: ``bundled``, or a Sentence Transformers model by folder or name.
        :param docs: folder of documents to build the index from if there is none yet.
        :param sure: least confidence to answer, 0 to 1.
        :raises IndexMissingError: if there is no index and ``docs`` is None.
        :raises TanyaError: any other that opening or building raises.
        """
        model = load_encoder(encoder)
        store = store_at(index)
        if docs is not None and not store.exists():
            build_index(Path(docs), store, model, progress)
        return cls(store.open(model), model, sure)

    def known(self, documents: Iterable[str]) -> frozenset[str]:
        """Those of ``documents``, given by their paths, that are there."""
        return frozenset(document.path for document in self.index.manifest.documents) & frozenset(documents)

    def about(self, documents: Iterable[str]) -> "Assistant":
        """The assistant over those of ``documents``, given by their paths, that are there; itself if none is."""
        known = self.known(documents)
        if not known or len(known) == len(self.index.manifest.documents):
            return self
        with self._making_part:
            return self._parts(known)

    def _part(self, documents: frozenset[str]) -> "Assistant":
        return Assistant(self.index.part(documents), self._encoder, self.sure)

    def ask(self, question: str, history: Sequence[str] = (), language: Language = "id") -> Answer:
        """The answer to ``question``.

        :param history: earlier questions, oldest first; a question that hangs on them is understood from them.
        :param language: of the reply to a greeting.
        :raises QuestionError: if a question is empty or too long, or the history is.
        """
        started = time.perf_counter()
        answer = greeted(question, language) or self.answer(*understood(question, history))
        return replace(answer, question=question, elapsed_ms=1000 * (time.perf_counter() - started))

    def answer(self, question: str, earlier: tuple[str, ...]) -> Answer:
        """The answer to ``question``, understood from the ``earlier`` ones, as :func:`understood` gives both."""
        wanted, asked = self._retriever.queries(question, earlier)
        hits = self._retriever.search(wanted, HITS)
        sure = self.sure * FOLLOWING if earlier else self.sure
        return replace(composed(question, self._reader.read(asked, hits), hits, sure), earlier=earlier)

    def search(self, question: str, limit: int = 5) -> tuple[Source, ...]:
        """The ``limit`` passages nearest to ``question``, best first.

        :raises QuestionError: if ``question`` is empty or too long.
        """
        hits = self._retriever.search(checked(question), limit)
        return tuple(Source(hit.passage, (), max(0.0, min(1.0, hit.cosine))) for hit in hits)

    def hits(self, question: str, limit: int) -> list[Hit]:
        """The ``limit`` passages nearest to ``question`` with their scores, best first."""
        return self._retriever.search(question, limit)

    def readings(self, question: str) -> list[Reading]:
        """What the passages that are read for ``question`` say, most probable first.

        :raises QuestionError: if ``question`` is empty or too long.
        """
        query = self._retriever.query(checked(question))
        return self._reader.read(query, self._retriever.search(query, HITS))

    def ranked(self, question: str, limit: int) -> list[int]:
        """Numbers of the ``limit`` best passages for ``question``: those that are read in the order of what
        they answer, then the nearest of the others."""
        query = self._retriever.query(question)
        hits = self._retriever.search(query, limit)
        readings = self._reader.read(query, hits[:HITS])
        return [reading.hit.position for reading in readings] + [hit.position for hit in hits[HITS:]]

    def read(self, question: str, position: int) -> Reading:
        """What the passage at ``position`` alone says to ``question``.

        :raises QuestionError: if ``question`` is empty or too long.
        """
        return self._reader.alone(checked(question), position)

    @cached_property
    def starters(self) -> tuple[str, ...]:
        """At most :data:`STARTERS` questions that the documents answer, to begin with."""
        candidates = islice(starters(self.index.passages_at(self.index.positions[:STARTING])), STARTERS_TRIED)
        answered = (question for question in candidates if self.ask(question).status == "answered")
        return tuple(islice(answered, STARTERS))


_network = cache(Network.load)
_judgement = cache(Judgement.load)


def greeted(question: str, language: Language) -> Answer | None:
    """The reply to ``question`` if it is a greeting, thanks or farewell.

    :raises QuestionError: if ``question`` is empty or too long.
    """
    reply = smalltalk(checked(question), language)
    return None if reply is None else Answer(question, "smalltalk", reply, None, 1.0, (), 0.0)


def understood(question: str, history: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """``question`` on one line, and the questions of ``history`` that it hangs on, oldest first.

    :raises QuestionError: if a question is empty or too long, or the history is.
    """
    text = checked(question)
    _check_history(history)
    return text, earlier_questions(text, [one_line(before) for before in history])


def checked(question: str) -> str:
    """``question`` on one line, without characters that cannot be seen or encoded.

    :raises QuestionError: if it is empty or longer than :data:`LONGEST_QUESTION`.
    """
    text = one_line(question)
    if not any(char.isalnum() for char in text):
        raise QuestionError(*sentences("asking", "empty"))
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(*sentences("asking", "long", length=len(text), longest=LONGEST_QUESTION))
    return text


def one_line(text: str) -> str:
    """``text`` on one line, without characters that cannot be seen or encoded."""
    return " ".join(visible(text).encode("utf-8", "ignore").decode().split())


def _check_history(history: Sequence[str]) -> None:
    if len(history) > LONGEST_HISTORY or any(len(text) > LONGEST_QUESTION for text in history):
        raise QuestionError(*sentences("asking", "history", longest=LONGEST_HISTORY))
