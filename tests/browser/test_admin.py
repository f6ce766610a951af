from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.schools import PASSWORD, School


@pytest.fixture
def page(browser: Browser, school: School) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.goto(f"{school.address}/admin")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#tanya-files")).to_contain_text("koperasi.txt")
    yield page
    context.close()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_a_teacher_adds_a_reading_and_pupils_can_ask_it(page: Page, school: School, tmp_path: Path) -> None:
    (tmp_path / "kantin.md").write_text("# Kantin\n\nKantin dijaga oleh Bu Lastri.", encoding="utf-8")
    (tmp_path / "palsu.pdf").write_text("<html>", encoding="utf-8")
    page.set_input_files("#tanya-upload input[type=file]", [tmp_path / "kantin.md", tmp_path / "palsu.pdf"])
    expect(page.locator("#tanya-said")).to_contain_text("kantin.md ditambahkan")
    expect(page.locator("#tanya-said")).to_contain_text("palsu.pdf bukan .pdf")
    page.click("#tanya-build")
    expect(page.locator("#tanya-said")).to_contain_text("Indeks siap: 4 bacaan", timeout=60_000)
    assert "Lastri" in str(school.live.now().ask("Siapa yang menjaga kantin?").answer)


def test_a_teacher_removes_a_reading(page: Page, school: School) -> None:
    page.click("#tanya-chosen input")
    page.get_by_role("option", name="koperasi.txt").click()
    page.click("#tanya-remove")
    expect(page.locator("#tanya-said")).to_contain_text("koperasi.txt dihapus")
    assert not (school.desk.docs / "koperasi.txt").exists()


def test_passages_trials_and_questions_are_shown_literally(page: Page, school: School) -> None:
    school.log.record(school.live.now().ask("Siapa presiden <img src=x> Prancis?"))
    tab(page, "Isi bacaan")
    page.click("#tanya-document input")
    page.get_by_role("option", name="aneh.txt").click()
    expect(page.locator("#tanya-passages")).to_contain_text("Zulaikha")
    expect(page.locator("#tanya-passages")).to_contain_text("<img src=x")
    tab(page, "Coba tanya")
    page.fill("#tanya-trial textarea, #tanya-trial input", "Siapa kucing yang suka berenang?")
    page.keyboard.press("Enter")
    expect(page.locator("#tanya-found td", has_text="Zulaikha").first).to_be_visible()
    tab(page, "Pertanyaan murid")
    expect(page.locator("#tanya-unanswered")).to_contain_text("<img src=x")
    assert page.locator("#tanya-passages img, #tanya-found img, #tanya-unanswered img").count() == 0
    assert page.title() == "Tanya: halaman guru"


def test_pictures_are_drawn(page: Page) -> None:
    tab(page, "Gambar")
    expect(page.locator("canvas, svg.marks").first).to_be_visible(timeout=20_000)
