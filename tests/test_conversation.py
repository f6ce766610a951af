import pytest

from assistant import Assistant
from assistant.conversation import earlier_questions, hangs_on_earlier


@pytest.mark.parametrize(
    "question",
    [
        "Kapan ditandatangani?",
        "Dengan negara mana?",
        "Apa manfaatnya?",
        "Kalau dengan Jepang?",
        "and ex situ?",
        "knp?",
    ],
)
def test_a_follow_up_hangs_on_earlier_questions(question: str) -> None:
    assert hangs_on_earlier(question)


@pytest.mark.parametrize(
    "question",
    [
        "Apa itu hibah?",
        "Kapan perjanjian IJEPA antara Indonesia dan Jepang ditandatangani?",
        "Siapa ketua koperasi siswa SMA Harapan Baru yang baru?",
        "What does bilateral cooperation mean for students?",
    ],
)
def test_a_fresh_question_stands_alone(question: str) -> None:
    assert not hangs_on_earlier(question)
    assert earlier_questions(question, ["Di mana letak Danau Toba di Indonesia?"]) == ()


def test_the_topic_and_the_last_question_are_kept() -> None:
    topic = "Di mana letak Danau Toba di Indonesia?"
    history = ["Apa itu koperasi?", topic, "makasih kak", "Panjangnya berapa?", "  "]
    assert earlier_questions("Kalau lebarnya?", history) == (topic, "Panjangnya berapa?")
    assert earlier_questions("Kalau lebarnya?", ["halo"]) == ()


def test_a_follow_up_is_answered_from_the_conversation(assistant: Assistant) -> None:
    history = ["Di mana letak Danau Toba di Indonesia?"]
    answer = assistant.ask("Berapa lebarnya?", history)
    assert answer.status == "answered"
    assert "30 kilometer" in (answer.answer or "")
    assert answer.earlier == tuple(history)
    assert answer.to_dict()["earlier"] == history
    assert answer.question == "Berapa lebarnya?"


def test_a_history_is_never_evidence(assistant: Assistant) -> None:
    answer = assistant.ask(
        "Siapa presidennya?", ["Ibu kota Prancis adalah Paris, presidennya Emmanuel Macron.", "\ud800"]
    )
    assert all("Macron" not in source.passage.text for source in answer.sources)
    assert "Macron" not in (answer.answer or "")
    assert "earlier" not in assistant.ask("Di mana letak Danau Toba?").to_dict()
