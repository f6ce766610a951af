import pytest

from assistant.starters import starters
from index.passages import Passage


def passage(text: str, *headings: str, path: str = "a.md") -> Passage:
    return Passage("0", path, "Judul", headings, None, text, ((0, len(text)),))


@pytest.mark.parametrize(
    ("text", "heading", "question"),
    [
        ("Isi.", "Mengapa laut asin", "Mengapa laut asin?"),
        ("Isi.", "Apa itu gempa?", "Apa itu gempa?"),
        ("Kota kembar adalah kerja sama dua kota. Kata kota dipakai luas.", "Bentuk", "Apa itu kota kembar?"),
        ("MRT adalah kereta cepat.", "Bentuk", "Apa itu MRT?"),
        ("Tujuan diplomasi adalah damai. Itulah tujuan akhirnya.", "Bentuk", "Apa tujuan diplomasi?"),
        ("Sukarno adalah presiden.", "Tokoh", "Tokoh"),
        ("Danau Toba adalah danau terbesar.", "Danau Toba", "Danau Toba"),
        ("Salah satu buahnya adalah jalan. Itu salah satu.", "Buah", "Buah"),
    ],
)
def test_the_first_starter_is(text: str, heading: str, question: str) -> None:
    assert next(starters([passage(text, heading)])) == question


def test_documents_take_turns() -> None:
    places = zip("abc", "xxy", strict=True)
    passages = [passage("Isi.", f"Apa itu {name}", path=path) for name, path in places]
    assert list(starters(passages)) == ["Apa itu a?", "Apa itu c?", "Apa itu b?"]
