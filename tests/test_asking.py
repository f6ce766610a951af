import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant
from index.errors import QuestionError


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Di mana letak Danau Toba?", "Sumatra Utara"),
        ("siapa ketua koperasi yg baru?", "Ratna Wulandari"),
        ("Mengapa Danau Toba terbentuk?", "letusan gunung"),
        ("Where is Lake Sentani?", "Papua"),
    ],
)
def test_the_answer_holds_the_words_that_answer(assistant: Assistant, question: str, words: str) -> None:
    answer = assistant.ask(question)
    assert answer.status == "answered"
    assert words in (answer.answer or "")
    assert answer.answer in answer.sources[0].passage.text
    assert (answer.span or "") in (answer.answer or "")


@pytest.mark.parametrize("question", ["Siapa presiden Prancis?", "Berapa harga emas hari ini?"])
def test_what_no_document_answers_is_not_found(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.answer, answer.span) == ("not_found", None, None)
    assert answer.sources, "the nearest passages are offered"


@pytest.mark.parametrize("question", ["Halo!", "selamat pagi kak", "makasih ya", "kamu siapa?", "thanks"])
def test_greetings_and_thanks_get_a_reply(assistant: Assistant, question: str) -> None:
    answer = assistant.ask(question)
    assert answer.status == "smalltalk"
    assert answer.sources == ()


@pytest.mark.parametrize("question", ["", "  \n", "???", "x" * 10_000])
def test_an_empty_or_endless_question_is_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(QuestionError):
        assistant.ask(question)


def test_a_history_that_is_too_long_is_refused(assistant: Assistant) -> None:
    with pytest.raises(QuestionError):
        assistant.ask("Di mana Danau Toba?", history=["apa?"] * 21)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=120)
    | st.lists(
        st.sampled_from(
            [
                "danau",
                "toba",
                "koperasi",
                "ketua",
                "siapa",
                "di",
                "mana",
                "kapan",
                "renang",
                "kucing",
                "<b>",
                "$x$",
            ]
        )
    ).map(" ".join)
)
def test_every_shown_answer_is_verbatim(assistant: Assistant, question: str) -> None:
    try:
        answer = assistant.ask(question)
    except QuestionError:
        return
    assert 0 <= answer.confidence <= 1
    if answer.status == "answered":
        passage = answer.sources[0].passage
        assert passage in assistant.index.passages
        assert answer.answer in passage.text
        assert answer.span in answer.answer
    for source in answer.sources:
        assert all(0 <= a < b <= len(source.passage.text) for a, b in source.highlights)


def test_the_json_form_has_the_documented_keys(assistant: Assistant) -> None:
    said = assistant.ask("Di mana letak Danau Toba?").to_dict()
    assert list(said) == [
        "question",
        "status",
        "answer",
        "span",
        "confidence",
        "sources",
        "elapsed_ms",
    ]
    assert list(said["sources"][0]) == [
        "document", "title", "path", "section", "page", "passage", "highlights", "score",
    ]  # fmt: skip


def test_starters_are_answered(assistant: Assistant) -> None:
    starters = assistant.starters
    assert starters
    assert all(assistant.ask(question).status == "answered" for question in starters)
