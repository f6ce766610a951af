import json
from pathlib import Path
from typing import Any

import pytest

from assistant.squad import QuestionSetError, contexts_of, passages_of, read_follow_ups, read_set


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8-sig")
    return path


def squad(*paragraphs: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"data": [{"paragraphs": [{"context": context, "qas": qas} for context, qas in paragraphs]}]}


def test_questions_keep_their_context_and_answers(tmp_path: Path) -> None:
    asked = [
        {"id": 7, "question": "Apa?", "answers": [{"text": "ini", "answer_start": 0}], "type": "definisi"},
        {"id": "b", "question": "Siapa?", "is_impossible": True},
    ]
    read = read_set(write(tmp_path / "a.json", squad(("ini itu", asked), ("lain", []))))
    assert read.contexts == ("ini itu", "lain")
    assert [(q.id, q.answers, q.type) for q in read.questions] == [("7", ("ini",), "definisi"), ("b", (), "")]


def test_contexts_are_numbered_by_first_appearance(tmp_path: Path) -> None:
    one = read_set(write(tmp_path / "1.json", squad(("a", []), ("b", []))))
    two = read_set(write(tmp_path / "2.json", squad(("b", []), ("c", []))))
    assert contexts_of([one, two]) == ["a", "b", "c"]
    assert [int(passage.id, 16) for passage in passages_of(["a", "b"])] == [0, 1]


@pytest.mark.parametrize(
    "value",
    [{}, {"data": []}, {"data": "x"}, [], squad(("", [])), squad(("a", [{"id": "1"}])), {"data": [{}]}],
)
def test_what_is_no_question_set_is_named(tmp_path: Path, value: Any) -> None:
    path = write(tmp_path / "bad.json", value)
    with pytest.raises(QuestionSetError, match=r"bad\.json"):
        read_set(path)


def test_follow_ups_know_the_questions_before_them(tmp_path: Path) -> None:
    turns = [
        {"question": "Apa itu A?", "context": "A", "answers": [{"text": "A"}]},
        {"question": "kalau B?", "context": None, "answers": []},
        {"question": "dan C?", "context": "C", "answers": []},
    ]
    path = write(tmp_path / "dialogues.json", [{"id": "d", "turns": turns}])
    read = read_follow_ups(path)
    assert [turn.history for turn in read] == [("Apa itu A?",), ("Apa itu A?", "kalau B?")]
    assert read_follow_ups(tmp_path / "none.json") == []
