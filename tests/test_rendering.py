import re

from assistant import Assistant
from assistant.rendering import answer_html, escaped, marked
from tests.conftest import HOSTILE


def test_marks_stand_around_the_spans() -> None:
    assert marked("satu dua tiga", [(5, 8)]) == "satu <mark>dua</mark> tiga"


def test_nothing_of_a_document_becomes_markup(assistant: Assistant) -> None:
    answer = assistant.ask("Siapa kucing yang suka berenang di kolam?")
    html = answer_html(answer, "id")
    assert "Zulaikha" in html
    assert set(re.findall(r"</?(\w+)", html)) <= {
        "p",
        "blockquote",
        "div",
        "mark",
        "a",
        "details",
        "summary",
    }
    assert "**" not in html
    assert "$$" not in html
    assert 'href="javascript' not in html


def test_escaping_leaves_only_letters_digits_and_space() -> None:
    assert re.fullmatch(r"(\w|[ ]|&#\d+;)+", escaped(HOSTILE.replace("_", "")))


def test_both_languages_are_kind_when_nothing_is_found(assistant: Assistant) -> None:
    answer = assistant.ask("Siapa presiden Prancis?")
    assert "Maaf" in answer_html(answer, "id")
    assert "Sorry" in answer_html(answer, "en")
