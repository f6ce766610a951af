from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.lti import Tool
from assistant.server import create_app
from tests.conftest import serving
from tests.lms import Lms, teaching


@contextmanager
def taught(assistant: Assistant, folder: Path) -> Iterator[Lms]:
    """A platform of another site whose course frames the tool."""
    with teaching() as lms:
        file = folder / "lti.toml"
        file.write_text(lms.toml(), encoding="utf-8")
        with serving(create_app(Classroom(lambda: assistant, public=Public(lti=Tool.open(file))))) as address:
            lms.opened_at(address)
            yield lms


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 900, "height": 900})
    yield context.new_page()
    assert context.cookies() == []
    context.close()


def tool(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def test_a_course_opens_the_chat_in_its_page(assistant: Assistant, page: Page, tmp_path: Path) -> None:
    with taught(assistant, tmp_path) as lms:
        lms.custom, lms.locale = {"title": "Kelas 7B", "documents": "danau.md"}, "id"
        page.goto(f"{lms.address}/course")
        expect(tool(page).locator("h1")).to_have_text("Kelas 7B")
        box = tool(page).locator("#tanya-box textarea")
        box.fill("Di mana letak Danau Toba?")
        box.press("Enter")
        expect(tool(page).locator("blockquote mark")).to_contain_text("Sumatra Utara")


def test_a_teacher_puts_a_link_into_the_course_by_keyboard(
    assistant: Assistant, page: Page, tmp_path: Path
) -> None:
    with taught(assistant, tmp_path) as lms:
        lms.choosing, lms.locale = True, "id"
        page.goto(f"{lms.address}/course")
        tool(page).get_by_label("Judul").fill("Danau kita")
        page.keyboard.press("Tab")
        page.keyboard.type("Apa itu danau?")
        tool(page).get_by_label("Danau di Indonesia").check()
        tool(page).get_by_label("Bahasa obrolan").select_option(label="English")
        tool(page).get_by_role("button", name="Masukkan ke kelas").press("Enter")
        expect(tool(page).locator("p")).to_have_text("Tersimpan")
        assert [item["custom"] for item in lms.received] == [
            {"q": "Apa itu danau?", "title": "Danau kita", "documents": "danau.md", "lang": "en"}
        ]


@pytest.mark.parametrize("width", [320, 900])
def test_the_pages_fit(assistant: Assistant, page: Page, tmp_path: Path, width: int) -> None:
    with taught(assistant, tmp_path) as lms:
        page.set_viewport_size({"width": width, "height": 700})
        page.goto(f"{lms.tool}/lti")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        lms.choosing = True
        page.goto(lms.login_address())
        expect(page.get_by_label("Judul")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
