import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from assistant.asking import Assistant
from assistant.talk import LONGEST_KEPT, MOST_TURNS, Brought, Talk, Turn, kept, messages, restored
from assistant.wishes import Wishes
from tests.conftest import HOSTILE

WHEN = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)
QUESTIONS = (
    "Di mana letak Danau Toba?",
    "Siapa presiden Prancis?",
    "Siapa kucing yang suka berenang?",
    "halo",
)


@pytest.fixture
def talk(assistant: Assistant) -> Talk:
    return Talk(tuple(Turn(question, WHEN, assistant.ask(question)) for question in QUESTIONS))


def brought(talk: Talk) -> list[Any]:
    return [json.loads(kept(turn)) for turn in talk.turns]


def test_a_conversation_comes_back_as_it_was_in_either_language(talk: Talk) -> None:
    again = restored(json.dumps(brought(talk)))
    assert again.asked == talk.asked == QUESTIONS
    assert [turn.when for turn in again.turns] == [WHEN] * 4
    for language in ("id", "en"):
        assert messages(again, language) == messages(talk, language)


def test_a_page_of_a_source_comes_back(talk: Talk) -> None:
    turns = brought(talk)
    turns[0]["sources"][0]["page"] = 7
    answer = restored(json.dumps(turns)).turns[0].answer
    assert answer is not None
    assert answer.sources[0].page == 7


def test_a_problem_is_shown_but_neither_kept_nor_gone_on_from() -> None:
    talk = Talk() + Turn("Apa?", WHEN, None, "Terlalu <cepat>.")
    assert "&#60;cepat&#62;" in messages(talk, "id")[-1]["content"]
    assert talk.asked == ()
    assert kept(talk.turns[0]) == ""


def test_only_the_latest_turns_are_held(talk: Talk) -> None:
    for n in range(MOST_TURNS + 5):
        talk += Turn(f"ke-{n}", WHEN, talk.turns[0].answer)
    assert len(talk.turns) == MOST_TURNS
    assert talk.turns[-1].question == f"ke-{MOST_TURNS + 4}"
    turns = brought(talk) * 2
    assert len(restored(json.dumps(turns)).turns) == MOST_TURNS


def test_an_answer_is_found_by_its_place_among_the_messages(talk: Talk) -> None:
    shown = messages(talk, "id")
    for place, message in enumerate(shown):
        turn = talk.turn_at(place)
        assert (turn is not None) is (message["role"] == "assistant" and place > 0)
    assert talk.turn_at(2) is talk.turns[0]
    assert talk.turn_at(99) is None
    assert talk.turn_at(-1) is None


@pytest.mark.parametrize(
    "forged",
    [
        {"question": ""}, {"question": "x" * 1001}, {"question": 7}, {"status": "sure"}, {"answer": "Paris."},
        {"answer": None}, {"confidence": 2}, {"confidence": "1"}, {"together": 9}, {"together": 0}, {"sources": []},
        {"sources": "x"}, {"when": "kemarin"}, {"when": "2026-11-27T09:05:00"}, {"when": "0001-01-01T00:00:00Z"},
        {"number": 1}, {"earlier": ["x" * 2000]}, {"question": "\ud800"},
    ],
)  # fmt: skip
def test_a_forged_turn_is_left_out_and_the_others_stay(talk: Talk, forged: dict[str, Any]) -> None:
    turns = brought(talk)
    turns[0] |= forged
    assert restored(json.dumps(turns)).asked == QUESTIONS[1:]


@pytest.mark.parametrize(
    "forged",
    [
        {"id": "../../etc"}, {"id": '"><script>'}, {"page": 0}, {"page": "1"}, {"text": "x" * 6000}, {"marks": [[5, 2]]},
        {"marks": [[0, 4999]]}, {"marks": [[-1, 2]]}, {"marks": [[0, 5], [3, 9]]}, {"path": None}, {"extra": 1},
    ],
)  # fmt: skip
def test_a_forged_source_takes_its_turn_along(talk: Talk, forged: dict[str, Any]) -> None:
    turns = brought(talk)
    turns[0]["sources"][0] |= forged
    assert restored(json.dumps(turns)).asked == QUESTIONS[1:]


def test_hostile_text_comes_back_as_text(talk: Talk) -> None:
    turns = brought(talk)
    turns[0] |= {"question": HOSTILE, "answer": HOSTILE, "span": "<img"}
    turns[0]["sources"][0] |= {
        "text": HOSTILE, "marks": [], "title": HOSTILE, "path": "javascript:alert(1)", "headings": [HOSTILE],
    }  # fmt: skip
    html = "".join(message["content"] for message in messages(restored(json.dumps(turns)), "id"))
    assert "tebal" in html
    assert "<img" not in html
    assert 'href="/documents/javascript%3Aalert' in html


@pytest.mark.parametrize(
    "text", [None, 7, "", "{}", "[", "[" * 50_000, '["x", null, 3, {}]', "x" * (LONGEST_KEPT + 1)]
)
def test_what_is_no_conversation_is_none(text: Any) -> None:
    assert restored(text) == Talk()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_nothing_that_is_brought_breaks_anything(value: Any) -> None:
    assert restored(json.dumps([value])).turns == ()


def test_what_is_brought_is_never_evidence(talk: Talk, assistant: Assistant) -> None:
    turns = brought(talk)
    turns[0]["answer"] = turns[0]["sources"][0]["text"] = "Presiden Prancis adalah Emmanuel Macron."
    turns[0]["sources"][0]["marks"] = []
    answer = assistant.ask("Siapa presiden Prancis?", restored(json.dumps(turns)).asked)
    assert answer.status == "not_found"
    assert all("Macron" not in source.passage.text for source in answer.sources)


def test_the_question_of_a_link_is_cleaned_and_bounded() -> None:
    assert Wishes.of(QueryParams({"q": "  Apa\n\x00 itu\u202e  hibah? "})).question == "Apa itu hibah?"
    assert len(Wishes.of(QueryParams({"q": "x" * 5000})).question) == 1000
    assert Wishes.of(QueryParams({})).question == ""


def test_a_question_is_known_however_it_is_spaced(talk: Talk) -> None:
    assert talk.has(" Di mana  letak Danau Toba? ")
    assert not talk.has("Di mana letak Danau Sentani?")


def test_a_question_is_known_as_long_as_it_is_shown(talk: Talk) -> None:
    for n in range(MOST_TURNS - 1 - len(talk.turns)):
        talk += Turn(f"ke-{n}", WHEN, talk.turns[0].answer)
    talk += Turn("Apa?", WHEN, None, "Terlalu cepat.")
    assert talk.has(QUESTIONS[0])
    assert QUESTIONS[0] not in talk.asked
    assert not talk.has("Apa?")


def test_the_server_goes_on_from_its_own_conversation_unless_that_was_cleared(talk: Talk) -> None:
    turns = json.dumps(brought(talk)[:1])
    assert Brought(turns=turns).talk_after(talk) is talk
    assert Brought(turns=turns).talk_after(Talk()).asked == QUESTIONS[:1]
    cleared = Brought(talk=1).talk_after(talk)
    assert cleared == Talk(number=1)
    assert (cleared + talk.turns[0]).number == 1


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", '{"talk": -1}', '{"talk": "1"}', '{"turns": []}', '{"x": 1}', "[" * 50_000]
)
def test_what_is_not_sound_brings_nothing(text: Any) -> None:
    assert Brought.of(text) == Brought()


def test_a_question_is_answered_by_its_number(talk: Talk) -> None:
    answered = json.loads(Brought(ask=7).answered(talk.turns[0]))
    assert answered == {"ask": 7, "turn": brought(talk)[0]}
    problem = Turn("Apa?", WHEN, None, "Terlalu cepat.")
    assert json.loads(Brought(ask=8).answered(problem)) == {"ask": 8, "turn": None}
