import json
import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from assistant.alone import stands_alone
from assistant.asking import Assistant
from assistant.blanks import Names, Sort, blanks
from assistant.classroom import Classroom, Public
from assistant.guards import Allowance
from assistant.likeness import apart, value
from assistant.metrics import normalized
from assistant.quiz import CHOICES, GAP, ITEMS, Item, Maker
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.sheets import NEW_SHEET, QuizItemError, graded, sheet_number
from assistant.switch import Switch, SwitchError
from index.build import build_index
from index.encoder import Encoder
from index.passages import Passage
from index.sentences import sentence_spans
from tests.conftest import ROOT, serving
from tests.schools import School

SHEETS = range(1, 7)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def library(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("perpustakaan") / "index"
    build_index(ROOT / "docs_src", folder, encoder)
    return Assistant.open(folder)


@pytest.fixture(scope="module")
def sheets(library: Assistant) -> dict[int, tuple[Item, ...]]:
    maker = Maker(library)
    return {number: maker.sheet(number) for number in SHEETS}


@pytest.fixture(scope="module")
def address(library: Assistant) -> Iterator[str]:
    with serving(create_app(Classroom(lambda: library))) as address:
        yield address


def all_items(sheets: dict[int, tuple[Item, ...]]) -> list[Item]:
    return [item for items in sheets.values() for item in items]


def test_a_sheet_has_five_questions_of_different_passages(sheets: dict[int, tuple[Item, ...]]) -> None:
    for items in sheets.values():
        assert len(items) == ITEMS
        assert len({item.passage.id for item in items}) == ITEMS
    assert {item.kind for item in all_items(sheets)} == {"cloze", "place"}


def test_the_words_left_blank_stand_in_the_sentence_of_the_source(
    sheets: dict[int, tuple[Item, ...]],
) -> None:
    for item in all_items(sheets):
        text, (start, end) = item.passage.text, item.sentence
        assert (start, end) in item.passage.sentences or item.kind == "place"
        if item.kind == "cloze":
            assert text[slice(*item.span)].casefold() == item.answer.casefold()
            assert item.question.count(GAP) == 1
            whole = text[start : item.span[0]] + GAP + text[item.span[1] : end]
            assert item.question == whole


def test_of_the_choices_exactly_one_is_right(sheets: dict[int, tuple[Item, ...]], library: Assistant) -> None:
    for item in all_items(sheets):
        assert len({normalized(choice) for choice in item.choices}) == CHOICES
        source = normalized(item.passage.embedded)
        if item.kind == "cloze":
            there = [choice for choice in item.choices if f" {normalized(choice)} " in f" {source} "]
            assert there == [item.answer]
        else:
            best = library.readings(item.question)[0].hit.passage
            assert best.path == item.passage.path
            assert item.answer.startswith(item.passage.title)


def test_no_question_answers_another_one_of_its_sheet(sheets: dict[int, tuple[Item, ...]]) -> None:
    for items in sheets.values():
        for item in (item for item in items if item.kind == "cloze"):
            told = [other.question for other in items if other is not item]
            assert not any(f" {normalized(item.answer)} " in f" {normalized(text)} " for text in told)


def test_a_number_always_gives_the_same_sheet(
    sheets: dict[int, tuple[Item, ...]], library: Assistant
) -> None:
    again = Maker(library)
    assert {number: again.sheet(number) for number in reversed(SHEETS)} == sheets
    assert len(set(sheets.values())) == len(SHEETS)


def test_a_tiny_collection_gives_few_questions_or_an_honest_sentence(
    assistant: Assistant, server: str
) -> None:
    items = Maker(assistant).sheet(1)
    assert len(items) < ITEMS
    said = "baru cukup untuk" if items else "belum cukup untuk"
    assert said in httpx.get(f"{server}/quiz?sheet=1").text


def passage(text: str, *headings: str) -> Passage:
    return Passage("0" * 16, "a.md", "A", headings, None, text, sentence_spans(text))


@pytest.mark.parametrize(
    ("text", "words", "sort"),
    [
        ("Danau Toba dibuka untuk umum pada 3 Maret 2019 oleh warga.", "3 Maret 2019", Sort.DATE),
        ("Pelabuhan Merdeka mulai dibangun pada Juni 1994.", "Juni 1994", Sort.MONTH),
        ("Universitas Harapan berdiri sejak 1987 di Medan.", "1987", Sort.YEAR),
        ("Menara Kota Intan menjulang setinggi 1.250 meter di pantai.", "1.250", Sort.NUMBER),
        ("Perjanjian itu disahkan di Bern oleh Swiss dan Jepang.", "Swiss", Sort.COUNTRY),
        ("Surat dari Presiden Woodrow Wilson tiba.", "Woodrow Wilson", Sort.PERSON),
        ("Zat yang tertinggal disebut residu.", "residu", Sort.TERM),
    ],
)
def test_words_are_told_by_their_sort(text: str, words: str, sort: Sort) -> None:
    there = passage(text)
    assert (words, sort) in [(found.words, found.sort) for found in blanks(0, there, Names.of([there]))]


@pytest.mark.parametrize(
    "text",
    [
        "Itu sebabnya Danau Toba dibuka untuk umum pada 3 Maret 2019.",
        "Hal ini diumumkan Kementerian Pariwisata pada 3 Maret 2019.",
        "Mereka menandatangani Perjanjian Lombok pada 3 Maret 2019.",
        "Perjanjiannya dengan Jepang ditandatangani pada 3 Maret 2019.",
        "Presiden Joko Widodo menyaksikan penandatanganannya pada 3 Maret 2019.",
        "Danau Toba, 3 Maret 2019; Kementerian Pariwisata, siaran pers.",
        "Laporan dikumpulkan paling lambat Jumat, 3 Maret 2019.",
        "Danau Toba dibuka pada 3 Maret 2019 dan dibuka lagi pada 3 Maret 2019.",
    ],
)
def test_a_sentence_that_leans_on_others_is_not_asked(text: str) -> None:
    there = passage(text)
    [found, *_] = [found for found in blanks(0, there, Names.of([there])) if found.sort is Sort.DATE]
    assert not stands_alone(text, "", found)
    sound = passage("Danau Toba dibuka untuk umum oleh Kementerian Pariwisata pada 3 Maret 2019.")
    [found, *_] = blanks(0, sound, Names.of([sound]))
    assert stands_alone(sound.text, "", found)
    assert not stands_alone(sound.text, "Daftar pustaka", found)


@pytest.mark.parametrize(
    ("sort", "one", "other", "clear"),
    [
        (Sort.DATE, "3 Maret 2019", "5 Maret 2019", False),
        (Sort.DATE, "3 Maret 2019", "3 Maret 2020", True),
        (Sort.NUMBER, "1.000", "1000", False),
        (Sort.NUMBER, "3,2", "2,6", True),
        (Sort.TERM, "kerja sama bilateral", "kerja sama militer bilateral", False),
        (Sort.TERM, "kerja sama bilateral", "kerja sama regional", True),
        (Sort.PERSON, "Yohanis", "Yohanis Rumere", False),
    ],
)
def test_choices_are_clearly_apart(sort: Sort, one: str, other: str, clear: bool) -> None:
    assert apart(sort, one, other) is clear
    assert apart(sort, other, one) is clear


def test_numbers_are_read_as_indonesian_writes_them() -> None:
    assert [value(Sort.NUMBER, words) for words in ("1.250", "3,2", "12")] == [1250, 3.2, 12]


def test_grading_tells_right_wrong_and_open(sheets: dict[int, tuple[Item, ...]]) -> None:
    first, second, *_ = sheets[1]
    results = graded(sheets[1], {first.id: first.right, second.id: (second.right + 1) % CHOICES})
    assert [result.is_right for result in results] == [True, False, False, False, False]
    assert [result.chosen is None for result in results] == [False, False, True, True, True]


@pytest.mark.parametrize("choices", [{"0" * 16: 0}, {"<script>": 1}])
def test_a_forged_answer_is_refused(sheets: dict[int, tuple[Item, ...]], choices: dict[str, int]) -> None:
    with pytest.raises(QuizItemError):
        graded(sheets[1], choices)
    with pytest.raises(QuizItemError):
        graded(sheets[1], {sheets[1][0].id: CHOICES})


@pytest.mark.parametrize("text", ["0", "-1", "1000", "1e2", "²", "", "3; drop"])
def test_what_is_no_number_of_a_sheet_is_none(text: str) -> None:
    assert sheet_number(text) is None


def test_the_page_does_not_tell_the_answers_before_grading(
    address: str, sheets: dict[int, tuple[Item, ...]]
) -> None:
    page = httpx.get(f"{address}/quiz?sheet=1").text
    for item in sheets[1]:
        assert page.count(f'name="{item.id}"') == CHOICES
        assert "checked" not in page
        if item.kind == "cloze":
            sentence = item.passage.text[slice(*item.sentence)]
            assert escape(sentence) not in page
            assert len(re.findall(rf"\b{re.escape(escape(item.answer))}\b", page)) == 1
        assert item.passage.id not in page
    said = httpx.get(f"{address}/api/v1/quiz?sheet=1").json()
    assert [set(item) for item in said["items"]] == [
        {"id", "kind", "task", "question", "place", "choices"}
    ] * ITEMS
    assert all(item.passage.text[slice(*item.sentence)] not in str(said) for item in sheets[1])


def test_the_page_grades_in_words_with_sources_and_a_score(
    address: str, sheets: dict[int, tuple[Item, ...]]
) -> None:
    first, second, third, *rest = sheets[2]
    choices = {item.id: item.right for item in (first, *rest)} | {second.id: (second.right + 1) % CHOICES}
    page = httpx.post(f"{address}/quiz?sheet=2", content=urlencode(choices)).text
    assert "Nilaimu: 3 dari 5 benar" in page
    assert "Soal 1: benar" in page
    assert "Soal 2: belum tepat" in page
    assert "Soal 3: belum dijawab" in page
    link = f"/documents/{third.passage.path}#p-{third.passage.id}"
    assert link in page
    assert f'id="p-{third.passage.id}"' in httpx.get(address + link).text


def test_the_page_refuses_what_is_forged(address: str) -> None:
    refused = httpx.post(f"{address}/quiz?sheet=1", content=urlencode({SCRIPT: "0"}))
    assert refused.status_code == 422
    assert "bukan bagian dari lembar ini" in refused.text
    assert SCRIPT not in refused.text
    opened = httpx.get(f"{address}/quiz?sheet=<script>")
    assert opened.status_code == 303
    assert re.fullmatch(r"/quiz\?sheet=\d+", opened.headers["location"])


def test_the_api_grades(address: str) -> None:
    items = httpx.get(f"{address}/api/v1/quiz", params={"sheet": 3, "language": "en"}).json()["items"]
    assert {item["task"] for item in items} <= {
        "complete the sentence",
        "in which part of the readings does the answer stand?",
    }
    body = {"sheet": 3, "answers": [{"id": items[0]["id"], "choice": 0}]}
    said = httpx.post(f"{address}/api/v1/quiz", json=body).json()
    assert said["of"] == ITEMS
    body["answers"] = [{"id": item["id"], "choice": item["answer"]} for item in said["items"]]
    assert httpx.post(f"{address}/api/v1/quiz", json=body).json()["right"] == ITEMS
    assert "/api/v1/quiz" in httpx.get(f"{address}/api/v1/openapi.json").json()["paths"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([{"id": "0" * 16, "choice": 0}], "quiz_item"),
        ([{"id": "x", "choice": 9}], "invalid"),
        ([{"id": "x", "choice": 0, "right": True}], "invalid"),
        ([{"id": "x", "choice": 0}] * 2, "quiz_item"),
        ([{"id": "x", "choice": 0}] * 99, "invalid"),
    ],
)
def test_the_api_refuses_forged_answers_clearly(address: str, answers: object, code: str) -> None:
    refused = httpx.post(f"{address}/api/v1/quiz", json={"sheet": 1, "answers": answers})
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == code


def test_sheets_count_as_questions_do(assistant: Assistant) -> None:
    public = Public(allowance=Allowance(per_address=NEW_SHEET + 2))
    with serving(create_app(Classroom(lambda: assistant, public=public))) as address:
        answers = [httpx.get(f"{address}{path}?sheet=1") for path in ("/quiz", "/api/v1/quiz") * 3]
        assert [answer.status_code for answer in answers[:3]] == [200, 200, 200], (
            "only making a sheet costs much"
        )
        assert [answer.status_code for answer in answers[-2:]] == [429, 429]
        assert "coba lagi dalam" in answers[-2].text


def test_a_sheet_can_be_about_chosen_documents(address: str) -> None:
    path = "06-indonesia-jepang.md"
    items = httpx.get(f"{address}/api/v1/quiz", params={"documents": path}).json()["items"]
    assert items
    graded = httpx.post(
        f"{address}/api/v1/quiz", json={"sheet": 1, "documents": [path], "answers": []}
    ).json()
    assert {item["source"]["document"] for item in graded["items"]} == {path}


def test_text_of_documents_is_shown_literally(encoder: Encoder, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    events = [
        ("Lomba Layar Samudra", "Pantai Kenari", "3 Maret 2001"),
        ("Pameran Batik Cakrawala", "Gedung Merpati", "14 Juli 2005"),
        ("Festival Gamelan Nusantara", "Taman Kamboja", "21 Mei 2009"),
        ("Kongres Astronomi Bintang", "Aula Cendrawasih", "9 Oktober 2013"),
        ("Pekan Film Harapan", "Teater Anggrek", "30 Agustus 2017"),
    ]
    for number, (name, place, date) in enumerate(events):
        text = f"# Catatan {number}\n\n{name} &lt;script&gt;alert(1)&lt;/script&gt; dibuka Wali Kota di {place} pada {date}.\n"
        (docs / f"{number}.md").write_text(text, encoding="utf-8")
    build_index(docs, tmp_path / "index", encoder)
    library = Assistant.open(tmp_path / "index")
    items = Maker(library).sheet(1)
    assert items
    assert all(SCRIPT in item.passage.text for item in items)
    with serving(create_app(Classroom(lambda: library))) as address:
        for page in (
            httpx.get(f"{address}/quiz?sheet=1").text,
            httpx.post(f"{address}/quiz?sheet=1", content="").text,
        ):
            assert page.count("<script") == 1, "the letters'"
            assert "<script>" in unescape(page)


def test_what_the_teacher_chose_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "var" / "switches.json"
    switch = Switch(file)
    assert switch.on
    switch.turn(False)
    assert not switch.on
    assert json.loads(file.read_text()) == {"quiz": False}
    assert not Switch(file).on
    assert Switch(file, part="lain").on
    switch.turn(True)
    assert Switch(file).on
    assert not Switch(file, allowed=False).on
    file.write_text("rusak")
    assert Switch(file).on
    (tmp_path / "berkas").write_text("")
    unkept = Switch(tmp_path / "berkas" / "switches.json")
    with pytest.raises(SwitchError, match="cannot be kept"):
        unkept.turn(False)
    assert unkept.on


def test_turned_off_it_is_refused_kindly_at_once(assistant: Assistant) -> None:
    switch = Switch()
    with serving(create_app(Classroom(lambda: assistant, quiz=switch))) as address:
        assert httpx.get(f"{address}/quiz?sheet=1").status_code == 200
        switch.turn(False)
        page = httpx.get(f"{address}/quiz?sheet=1")
        assert page.status_code == 403
        assert "dimatikan oleh gurumu" in page.text
        for refused in (
            httpx.get(f"{address}/api/v1/quiz"),
            httpx.post(f"{address}/api/v1/quiz", json={"sheet": 1, "answers": []}),
        ):
            assert refused.status_code == 403
            assert refused.json()["error"]["code"] == "quiz_off"
        switch.turn(True)
        assert httpx.get(f"{address}/api/v1/quiz").status_code == 200


def test_the_setting_turns_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().quiz
    monkeypatch.setenv("TANYA_QUIZ", "0")
    assert not load_settings().quiz


def test_a_new_build_has_its_own_sheets(school: School) -> None:
    first = httpx.get(f"{school.address}/api/v1/quiz").json()["items"]
    for path in (ROOT / "docs_src").glob("0[678]*.md"):
        (school.desk.docs / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    school.desk.builder.start()
    while school.desk.builder.state.running:
        pass
    school.live.refresh()
    then = httpx.get(f"{school.address}/api/v1/quiz").json()["items"]
    assert len(then) == ITEMS > len(first)
