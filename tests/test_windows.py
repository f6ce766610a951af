import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from index.encoder import BUNDLED_FOLDER, Encoder
from training.noise import misspelt
from training.windows import Window, collection_windows, cropped, drawn, encoded, retrieved_windows

QUESTION = "Berapa panjang Danau Toba?"
CONTEXT = "Danau Toba terletak di Sumatra Utara. Panjang Danau Toba sekitar 100 kilometer."


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(BUNDLED_FOLDER / "tokenizer.json"))
    tokenizer.no_truncation()
    return tokenizer


def test_an_answer_is_found_again_in_the_tokens(tokenizer: Tokenizer) -> None:
    gold = "100 kilometer"
    start = CONTEXT.index(gold)
    window = Window(QUESTION, CONTEXT, ((start, start + len(gold)),), "kelas")
    pair = encoded(window, tokenizer)
    assert pair is not None
    assert tokenizer.decode(pair.ids[pair.spans[0][0] : pair.spans[0][1] + 1]) == gold
    assert encoded(Window(QUESTION, CONTEXT, (), "kelas"), tokenizer).spans == [(0, 0)]  # type: ignore[union-attr]


def test_an_answer_beyond_the_window_is_left_out(tokenizer: Tokenizer) -> None:
    text = "kata " * 600 + "akhir"
    assert encoded(Window(QUESTION, text, ((len(text) - 5, len(text)),), "kelas"), tokenizer) is None


def test_windows_are_drawn_by_the_share_of_their_source() -> None:
    windows = [Window(str(n), "", (), "a" if n % 2 else "b") for n in range(1000)]
    chosen = drawn(windows, {"a": 2.0, "b": 0.1}, random.Random(0))
    assert sum(window.source == "a" for window in chosen) == 1000
    assert 20 < sum(window.source == "b" for window in chosen) < 90


def test_a_collection_gives_windows_with_and_without_answers(
    readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    (tmp_path / "kelas").mkdir()
    (tmp_path / "kelas" / "docs").symlink_to(readings, target_is_directory=True)
    answer = {"text": "100 kilometer", "answer_start": CONTEXT.index("100")}
    qa = {"id": "1", "question": QUESTION, "answers": [answer]}
    data = {"data": [{"paragraphs": [{"context": CONTEXT, "qas": [qa]}]}]}
    (tmp_path / "kelas" / "questions.json").write_text(json.dumps(data), encoding="utf-8")
    own, *others = collection_windows(tmp_path / "kelas", encoder)
    assert own.text[slice(*own.spans[0])] == "100 kilometer"
    assert others
    assert all(not window.spans and "100 kilometer" not in window.text for window in others)


def test_a_crop_keeps_its_heading_and_what_answers() -> None:
    text = "Danau › Danau Toba\n" + " ".join(f"Kalimat ke-{n} bercerita tentang danau." for n in range(9))
    start = text.index("Kalimat ke-5")
    window = Window("Apa isi kalimat kelima?", text, ((start, start + 12),), "kelas-headed")
    chance = random.Random(0)
    crops = [cropped(window, 0.0, chance) for _ in range(50)]
    assert all(crop.text.startswith("Danau › Danau Toba\nKalimat") for crop in crops)
    assert any(not crop.spans for crop in crops)
    for crop in crops:
        assert bool(crop.spans) == ("Kalimat ke-5" in crop.text)
        assert all(crop.text[a:b] == "Kalimat ke-5" for a, b in crop.spans)
    assert cropped(window, 1.0, chance) == window


def test_retrieved_windows_do_not_hold_the_answer(encoder: Encoder) -> None:
    texts = [CONTEXT, "Danau Poso terletak di Sulawesi Tengah.", "Panjang jembatan itu 100 kilometer."]
    start = CONTEXT.index("100 kilometer")
    own = [Window(QUESTION, text, (), "kelas") for text in texts[1:]]
    own.insert(0, Window(QUESTION, CONTEXT, ((start, start + 13),), "kelas"))
    assert [(w.text.strip(), w.spans, w.source) for w in retrieved_windows(own, encoder)] == [
        (texts[1], (), "kelas-negative")
    ]


def test_a_misspelt_question_stays_much_the_same() -> None:
    question = "Mengapa Indonesia menandatangani perjanjian dengan Jepang?"
    typed = [misspelt(question, random.Random(seed)) for seed in range(40)]
    assert len(set(typed)) > 30
    assert question not in typed
    assert all("j" in text.lower() and abs(len(text) - len(question)) < 20 for text in typed)
    assert misspelt("Apa?", random.Random(0)).lower() in {"apa?", "apa", "ap?", "ap"}
