from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.asking import Assistant
from assistant.classroom import Classroom
from assistant.quiz import ITEMS
from assistant.server import create_app
from index.build import build_index
from index.encoder import Encoder
from tests.conftest import ROOT, serving
from tests.schools import PASSWORD, School


@pytest.fixture(scope="module")
def library(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("perpustakaan") / "index"
    build_index(ROOT / "docs_src", folder, encoder)
    library = Assistant.open(folder)
    with serving(create_app(Classroom(lambda: library))) as address:
        yield address


def opened(browser: Browser, address: str, width: int = 1000, script: bool = True) -> Page:
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{address}/quiz?sheet=1")
    return page


def test_a_sheet_is_answered_with_the_keyboard_and_the_focus_moves_to_the_score(
    browser: Browser, library: str
) -> None:
    page = opened(browser, library)
    groups = page.get_by_role("group")
    expect(groups).to_have_count(ITEMS)
    groups.first.get_by_role("radio").first.focus()
    for _ in range(ITEMS):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    score = page.get_by_role("heading", name="Nilaimu", level=2)
    expect(score).to_contain_text(f"dari {ITEMS} benar")
    expect(score).to_be_focused()
    with page.context.expect_page() as source:
        page.get_by_role("link", name="Buka bacaan").first.click()
    expect(source.value.locator("p:target")).to_be_visible()
    page.get_by_role("link", name="Lembar baru").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("lembar 2")
    page.context.close()


def test_each_group_of_choices_is_named_by_its_question(browser: Browser, library: str) -> None:
    page = opened(browser, library)
    for number, group in enumerate(page.get_by_role("group").all(), start=1):
        expect(page.get_by_role("group", name=f"Soal {number}")).to_have_count(1)
        expect(group.locator("legend .ask")).not_to_be_empty()
    page.context.close()


def test_it_works_without_scripts_on_a_narrow_phone(browser: Browser, library: str) -> None:
    page = opened(browser, library, width=320, script=False)
    for group in page.locator("fieldset").all():
        group.locator("input").first.check()
    page.get_by_role("button", name="Periksa jawaban").click()
    expect(page.get_by_role("heading", name="Nilaimu", level=2)).to_be_visible()
    boxes = [element.bounding_box() for element in page.locator("article, h1, .again").all()]
    assert all(box is not None and box["x"] + box["width"] <= 320 for box in boxes)
    page.context.close()


def test_nothing_is_graded_before_all_is_answered(browser: Browser, library: str) -> None:
    page = opened(browser, library)
    page.get_by_role("button", name="Periksa jawaban").click()
    expect(page.locator("#score")).to_have_count(0)
    page.context.close()


def test_the_teacher_turns_it_off_and_the_chat_no_longer_links_to_it(
    browser: Browser, school: School
) -> None:
    pupil = browser.new_context().new_page()
    pupil.goto(school.address)
    expect(pupil.locator("a[href^='/quiz']")).to_have_text("Uji pemahaman")
    teacher = browser.new_context().new_page()
    teacher.goto(f"{school.address}/admin")
    teacher.fill("#password", PASSWORD)
    teacher.keyboard.press("Enter")
    expect(teacher.locator("#tanya-quiz input")).to_be_checked()
    teacher.locator("#tanya-quiz input").uncheck()
    expect(teacher.locator("#tanya-said")).to_contain_text("Uji pemahaman dimatikan")
    pupil.reload()
    expect(pupil.locator(".tanya-documents")).to_contain_text("Danau di Indonesia")
    expect(pupil.locator("a[href^='/quiz']")).to_have_count(0)
    pupil.goto(f"{school.address}/quiz")
    expect(pupil.get_by_role("alert")).to_contain_text("dimatikan oleh gurumu")
    for page in (pupil, teacher):
        page.context.close()
