import pytest

from assistant.questions import Kind, content_words, kind_of
from index.lexical import LexicalIndex
from index.words import visible, words


def test_short_forms_are_spelt_out() -> None:
    assert words("knp negara2 hrs bekerjasama?") == ["kenapa", "negara", "harus", "bekerjasama"]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Apa itu ekstradisi?", Kind.DEFINITION),
        ("knp Indonesia bekerja sama?", Kind.WHY),
        ("Kapan IJEPA berlaku?", Kind.WHEN),
        ("Berapa lama kuliahnya?", Kind.NUMBER),
        ("Sebutkan bidang kerja sama", Kind.LIST),
        ("What is the purpose of the treaty?", Kind.PURPOSE),
        ("Apa beda hibah dan pinjaman?", Kind.COMPARISON),
        ("Siapa yang menandatangani?", Kind.WHO),
    ],
)
def test_the_kind_of_a_question(question: str, kind: Kind) -> None:
    assert kind_of(question) is kind


def test_content_words_leave_function_words_out() -> None:
    assert content_words("Apa yang dimaksud dengan ekstradisi?") == ["ekstradisi"]


def test_bm25_prefers_rare_words() -> None:
    index = LexicalIndex.from_texts(["negara dan ekstradisi", "negara dan dagang", "negara"])
    assert index.search("ekstradisi negara", 3).positions.tolist()[0] == 0
    assert index.rarity("ekstradisi") > index.rarity("negara") > 0


def test_bm25_over_texts_without_words_finds_nothing() -> None:
    assert LexicalIndex.from_texts(["", "..."]).search("apa", 2).positions.tolist() == []


def test_halves_of_characters_are_joined_or_left_out() -> None:
    assert visible("\ud83d\ude00 baik \ud83d\ude00 dan \ude00\ud83d.") == "😀 baik 😀 dan ."
