import asyncio
import threading
from typing import Any

import pytest

from assistant.asking import Assistant
from assistant.crowd import Crowd, Turns
from assistant.guards import CrowdedError
from index.errors import QuestionError
from tests.conftest import awaited

QUESTION = "Di mana letak Danau Toba?"


class Slow:
    """An assistant that answers when it is let to, and counts."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.let = threading.Event()
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._assistant, name)

    def about(self, documents: frozenset[str]) -> "Slow":
        self.documents = documents
        return self

    def answer(self, question: str, earlier: tuple[str, ...]) -> Any:
        self.asked.append(question)
        self.let.wait(30)
        return self._assistant.answer(question, earlier)


def test_many_get_what_one_gets(assistant: Assistant) -> None:
    crowd = Crowd(lambda: assistant)

    async def all_ask() -> list[Any]:
        return await asyncio.gather(
            *(crowd.ask(question) for question in (QUESTION, f" {QUESTION}", "Halo!") * 5)
        )

    answers = awaited(all_ask())
    alone = assistant.ask(QUESTION)
    assert {answer.answer for answer in answers[::3]} == {alone.answer}
    assert {answer.question for answer in answers[1::3]} == {f" {QUESTION}"}
    assert {answer.status for answer in answers[2::3]} == {"smalltalk"}


def test_a_question_is_answered_once(assistant: Assistant) -> None:
    slow = Slow(assistant)
    slow.let.set()
    crowd = Crowd(lambda: slow)  # type: ignore[arg-type, return-value]

    async def ask_again() -> None:
        await asyncio.gather(crowd.ask(QUESTION), crowd.ask(QUESTION))
        await crowd.ask(QUESTION, ["Siapa ketua koperasi?"])
        await crowd.ask("Berapa panjangnya?", [QUESTION])

    awaited(ask_again())
    assert slow.asked == [QUESTION, "Berapa panjangnya?"]


def test_other_documents_are_asked_anew(assistant: Assistant) -> None:
    crowd = Crowd(lambda: assistant)
    answer = awaited(crowd.ask(QUESTION, documents=["koperasi.txt"]))
    assert answer.status == "not_found"
    assert awaited(crowd.ask(QUESTION, documents=["tidak-ada.md"])).status == "answered"


def test_too_many_are_told_to_come_back(assistant: Assistant) -> None:
    slow = Slow(assistant)
    crowd = Crowd(lambda: slow, Turns(at_once=1, most_waiting=2))  # type: ignore[arg-type, return-value]

    async def crowded() -> list[Any]:
        asked = [asyncio.create_task(crowd.ask(f"Apa itu danau nomor {n}?")) for n in range(5)]
        await asyncio.sleep(0.2)
        slow.let.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = awaited(crowded())
    assert [type(answer) for answer in answers[3:]] == [CrowdedError, CrowdedError]
    assert all(answer.status in {"answered", "not_found"} for answer in answers[:3])
    assert awaited(crowd.ask(QUESTION)).status == "answered"


def test_who_leaves_takes_the_answer_from_nobody(assistant: Assistant) -> None:
    slow = Slow(assistant)
    crowd = Crowd(lambda: slow)  # type: ignore[arg-type, return-value]

    async def one_leaves() -> Any:
        leaving, staying = asyncio.create_task(crowd.ask(QUESTION)), asyncio.create_task(crowd.ask(QUESTION))
        await asyncio.sleep(0.1)
        leaving.cancel()
        slow.let.set()
        return await staying

    assert awaited(one_leaves()).status == "answered"


def test_what_fails_is_not_kept(assistant: Assistant) -> None:
    slow = Slow(assistant)
    slow.let.set()
    crowd = Crowd(lambda: slow)  # type: ignore[arg-type, return-value]
    slow._assistant = None  # type: ignore[assignment]
    slow.known = assistant.known  # type: ignore[attr-defined]
    slow.index = assistant.index  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        awaited(crowd.ask(QUESTION))
    slow._assistant = assistant
    assert awaited(crowd.ask(QUESTION)).status == "answered"


@pytest.mark.parametrize("question", ["", "?!", "x" * 1001])
def test_bad_questions_are_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError):
        awaited(Crowd(lambda: assistant).ask(question))


def test_starters_are_found_once_and_of_the_documents_asked(assistant: Assistant) -> None:
    crowd = Crowd(lambda: assistant)
    assert awaited(crowd.starters()) == assistant.starters
    chosen = awaited(crowd.starters(["koperasi.txt"]))
    assert not any("Danau" in question for question in chosen)
