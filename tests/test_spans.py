import pytest

from assistant.spans import UNREAD, Crop, SpanModel, trimmed
from index.passages import Passage

QUESTION = "Berapa panjang Danau Toba?"


def passage(title: str, text: str, *sentences: tuple[int, int]) -> Passage:
    return Passage("0" * 16, "danau.md", title, (), None, text, sentences or ((0, len(text)),))


@pytest.fixture(scope="module")
def model() -> SpanModel:
    return SpanModel()


def test_the_answering_words_are_marked_in_their_sentence(model: SpanModel) -> None:
    text = "Danau Toba terletak di Sumatra Utara. Panjang Danau Toba sekitar 100 kilometer."
    crop = Crop(passage("Danau Toba", text, (0, 37), (38, len(text))), 0, 1)
    [[first, second]] = model.mark(QUESTION, [crop])
    assert "100 kilometer" in text[slice(*second.span)]
    assert second.odds > max(first.odds, 0)
    [[other]] = model.mark("Siapa presiden Prancis?", [Crop(crop.passage, 1, 1)])
    assert other.odds < second.odds


@pytest.mark.parametrize("title", ["", "Judul yang panjang sekali " * 400])
@pytest.mark.parametrize("question", ["panjang?", "x " * 3000])
def test_endless_headings_questions_and_sentences_are_read_in_windows(
    model: SpanModel, title: str, question: str
) -> None:
    text = "Panjang Danau Toba sekitar 100 kilometer. " + "dan airnya tenang " * 300
    [[mark]] = model.mark(question, [Crop(passage(title, text), 0, 0)])
    assert mark.odds > UNREAD
    assert text[slice(*mark.span)]


@pytest.mark.parametrize(
    ("text", "left"), [(" pada 2015,", "pada 2015"), ("...", "..."), ("(Papua)", "(Papua)")]
)
def test_edges_are_trimmed(text: str, left: str) -> None:
    start, end = trimmed(text, 0, len(text))
    assert text[start:end] == left
