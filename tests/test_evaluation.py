import json
import shutil
from pathlib import Path

import pytest

from assistant.evaluation import evaluate_chat, evaluate_squad
from assistant.metrics import Mode
from assistant.output import OutputError
from assistant.report import report_html
from assistant.settings import SURE
from assistant.squad import QuestionSetError
from index.encoder import Encoder
from index.progress import silent

TOBA = "Danau Toba terletak di Sumatra Utara. Panjang Danau Toba sekitar 100 kilometer."
KUCING = "Kucing bernama Zulaikha suka berenang di kolam belakang."
TWINS = ["Bandung adalah ibu kota Jawa Barat.", "Semarang adalah ibu kota Jawa Tengah."]
SET = {
    "data": [
        {
            "paragraphs": [
                {
                    "context": TOBA,
                    "qas": [
                        {
                            "id": "1",
                            "question": "Berapa panjang Danau Toba?",
                            "answers": [{"text": "100 kilometer"}, {"text": "sekitar 100 kilometer"}],
                        },
                        {"id": "2", "question": "Siapa presiden Prancis?", "is_impossible": True},
                        {"id": "3", "question": "x" * 2000, "is_impossible": True},
                    ],
                },
                {"context": KUCING, "qas": []},
                *({"context": text, "qas": []} for text in TWINS),
            ]
        }
    ]
}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "set.json"
    path.write_text(json.dumps(SET), encoding="utf-8")
    return path


@pytest.mark.parametrize("mode", [Mode.RETRIEVAL, Mode.READER, Mode.ANSWERS])
def test_predictions_number_contexts_by_first_appearance(
    questions: Path, encoder: Encoder, mode: Mode
) -> None:
    out = questions.parent / "out.json"
    report = evaluate_squad([questions], [questions], mode, encoder, 0.0, out, silent).figures["all"]
    said = json.loads(out.read_text(encoding="utf-8"))
    assert set(said) == {"1", "2", "3"}
    assert set(said["1"]) == {"span", "answer", "score", "ranked"}
    if mode != Mode.READER:
        assert said["1"]["ranked"][0] == 0
        assert report["recall@1"] == report["MRR@10"] == 1
    if mode != Mode.RETRIEVAL:
        assert "100 kilometer" in said["1"]["span"]
        assert report["answerable EM"] == 1
        assert {"EM", "F1", "answerable F1", "no-answer acc"} <= set(report)
    if mode == Mode.ANSWERS:
        assert report["citation acc"] == 1
        assert said["3"]["span"] == ""


def test_types_and_varieties_are_reported_where_a_set_names_them(questions: Path, encoder: Encoder) -> None:
    named = json.loads(questions.read_text(encoding="utf-8"))
    named["data"][0]["paragraphs"][0]["qas"][0] |= {"type": "faktoid", "variety": "baku"}
    questions.write_text(json.dumps(named), encoding="utf-8")
    figures = evaluate_squad([questions], [questions], Mode.READER, encoder, 0.0, None, silent).figures
    assert list(figures) == ["all", "type faktoid", "variety baku"]
    assert figures["type faktoid"]["questions"] == 1
    assert figures["all"]["questions"] == 3


def test_repeated_ids_and_hopeless_places_are_refused_before_measuring(
    questions: Path, encoder: Encoder, tmp_path: Path
) -> None:
    twin = shutil.copy(questions, tmp_path / "twin.json")
    out = tmp_path / "out.json"
    with pytest.raises(QuestionSetError, match="'1' occurs 2 times"):
        evaluate_squad([questions], [questions, twin], Mode.RETRIEVAL, encoder, 0.5, out, silent)
    assert not out.exists()
    nowhere = tmp_path / "nowhere" / "out.json"
    with pytest.raises(OutputError, match="nowhere"):
        evaluate_squad([questions], [questions], Mode.RETRIEVAL, encoder, 0.5, nowhere, silent)


def test_a_collection_is_reported_by_type_and_variety(
    questions: Path, readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    folder = tmp_path / "kelas"
    shutil.copytree(readings, folder / "docs")
    shutil.copy(questions, folder / "questions.json")
    turns = [{"question": "Di mana Danau Toba?"}, {"question": "panjangnya?", "answers": [{"text": "100"}]}]
    (folder / "dialogues.json").write_text(json.dumps([{"id": "d", "turns": turns}]), encoding="utf-8")
    evaluation = evaluate_chat([folder], encoder, None, 0.0, silent)
    report = evaluation.figures
    assert report["all"]["questions"] == report["kelas"]["questions"] == 3
    assert report["all"]["right"] + report["all"]["wrong shown"] + report["all"]["refused"] == 1
    assert report["all"]["cited right"] == 1
    assert report["follow-ups"]["questions"] == 1
    page = report_html(evaluation.judged, "id")
    assert page.count("<article>") == 4
    assert "Dijawab, padahal tidak ada jawabannya (1)" in page
    assert "<mark>" in page
    silent_report = evaluate_chat([folder], encoder, None, 1.0, silent).figures["all"]
    assert silent_report["refused"] == silent_report["kept silent"] == 1


def test_the_shipped_documents_are_answered(encoder: Encoder) -> None:
    """A few questions below what ``bench/README.md`` states: processors differ in how they round int8."""
    root = Path(__file__).parent
    folder = root / "data" / "kerja-sama-bilateral"
    figures = evaluate_chat([folder], encoder, root.parent / "docs_src", SURE, silent).figures
    assert figures["all"]["right"] >= 0.88
    assert figures["all"]["kept silent"] >= 0.80
    assert figures["follow-ups"]["right"] >= 0.65
