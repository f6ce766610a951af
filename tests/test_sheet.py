import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from assistant.answers import Answer, Source
from assistant.asking import Assistant
from assistant.sheet import as_html, as_markdown
from assistant.talk import Turn
from index.passages import Passage
from tests.conftest import HOSTILE

WHEN = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)
TOBA = "Di mana letak Danau Toba di Indonesia?"
NASTY = [
    HOSTILE,
    "# bukan judul",
    "- bukan daftar\n1. bukan nomor\n> bukan kutipan\n    bukan kode",
    "`bukan kode` ~~~ ||| <script>alert(1)</script>",
    "https://jahat.example www.jahat.example [x]: y ![a](b)",
    "===\n---\n| a | b |\n| - | - |",
    "\\*tebal\\* &lt;b&gt; &#60;b&#62;",
]


def turn(question: str, text: str, marks: Sequence[tuple[int, int]] = (), page: int | None = None) -> Turn:
    passage = Passage("0" * 16, f"{text[:30]}.pdf", text, (text,), page, text, ())
    span = text[slice(*marks[0])] if marks else None
    answer = Answer(question, "answered", text, span, 0.9, (Source(passage, tuple(marks), 1.0),), 1.0)
    return Turn(question, WHEN, answer)


def asked(assistant: Assistant, *questions: str) -> list[Turn]:
    return [Turn(question, WHEN, assistant.ask(question)) for question in questions]


class Text(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_sheet_quotes_marks_and_cites(assistant: Assistant) -> None:
    turns = asked(assistant, "Di mana letak Danau Toba?", "Siapa presiden Prancis?", "halo")
    sheet = as_markdown(turns, "id", WHEN, "Kelas 7B")
    assert sheet.startswith("# Kelas 7B: lembar tanya jawab\n")
    assert "Nama: \\_" in sheet
    assert "Tanggal: 27 November 2026" in sheet
    assert "## 1. Di mana letak Danau Toba?" in sheet
    assert re.search(r"^> Danau Toba terletak di \*\*Sumatra Utara\*\*\. \[1\]$", sheet, re.MULTILINE)
    assert "## 2. Siapa presiden Prancis?\n\nJawabannya tidak ditemukan" in sheet
    assert (
        "1. _Danau di Indonesia_, bagian “Danau Toba” (danau.md). Dibaca melalui Tanya pada 27 November 2026."
        in sheet
    )
    assert "halo" not in sheet


def test_a_follow_up_says_what_it_goes_on_from(assistant: Assistant) -> None:
    answer = assistant.ask("Berapa lebarnya?", [TOBA])
    for sheet in (as_markdown, as_html):
        assert f"“{TOBA}”" in sheet([Turn("Berapa lebarnya?", WHEN, answer)], "id", WHEN)


def test_a_page_is_cited_and_a_place_is_listed_once() -> None:
    sheet = as_markdown([turn("Apa?", "Hibah itu hadiah.", [(0, 5)], 3)] * 2, "en", WHEN)
    assert sheet.count("p. 3") == 1
    assert sheet.count("> **Hibah** itu hadiah. [1]") == 2


def test_sources_that_answer_together_are_all_quoted() -> None:
    texts = ("Hibah tidak dikembalikan. Titik.", "Awal kata. Pinjaman harus dibayar. Akhir kata.")
    passages = [
        Passage("0" * 16, f"{n}.md", f"Judul {n}", (), None, text, ()) for n, text in enumerate(texts)
    ]
    sources = (Source(passages[0], ((0, 5),), 1.0), Source(passages[1], ((11, 19),), 0.5))
    answer = Answer("Apa beda?", "answered", "Hibah tidak dikembalikan.", "Hibah", 0.9, sources, 1.0, (), 2)
    sheet = as_markdown([Turn("Apa beda?", WHEN, answer)], "id", WHEN)
    assert "> **Hibah** tidak dikembalikan. [1]" in sheet
    assert "> **Pinjaman** harus dibayar. [2]" in sheet
    assert "Akhir kata" not in sheet


@pytest.mark.parametrize("text", NASTY)
def test_no_text_becomes_markup(text: str) -> None:
    turns = [turn(text, text, [(2, 9)])]
    rendered = Text(MarkdownIt("gfm-like", {"linkify": False}).render(as_markdown(turns, "id", WHEN, text)))
    assert rendered.tags <= {"h1", "h2", "p", "blockquote", "strong", "ol", "li", "em", "hr", "br"}
    printed = Text(as_html(turns, "id", WHEN, text))
    assert printed.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "span", "i", "blockquote", "mark", "ol",
        "li", "cite", "footer",
    }  # fmt: skip
    for line in text.splitlines():
        for shown in (rendered.text, printed.text):
            assert " ".join(line.split()) in " ".join(shown.split())


def test_a_printed_sheet_has_lines_for_name_and_class(assistant: Assistant) -> None:
    page = as_html(asked(assistant, "Di mana letak Danau Toba?"), "en", WHEN)
    assert '<html lang="en">' in page
    for shown in (
        "Name: <i></i>",
        "Class: <i></i>",
        "November 27, 2026",
        "<mark>Sumatra Utara</mark>",
        "<h2>Sources",
    ):
        assert shown in page
