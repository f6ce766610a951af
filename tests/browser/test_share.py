import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.server import create_app
from tests.browser.test_embed import ask, chat, lesson
from tests.conftest import serving
from tests.test_share import decoded


@contextmanager
def sharing(
    assistant: Assistant, browser: Browser, query: str = "", **options: object
) -> Iterator[tuple[Page, str, list[str]]]:
    """The page that makes snippets, another site's page that may embed the chat, and what that holds."""
    body: list[str] = []
    with (
        lesson(body, "") as school,
        serving(create_app(Classroom(lambda: assistant, public=Public((school,))))) as server,
    ):
        context = browser.new_context(viewport={"width": 1200, "height": 900}, **options)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{server}/share?{query}")
        yield page, school, body
        context.close()


def text_of(page: Page, name: str) -> str:
    return page.locator(f"textarea#{name}").input_value()


@pytest.mark.parametrize(("shape", "output"), [("bubble", "script"), ("block", "script"), ("frame", "frame")])
def test_what_is_copied_shows_the_chat_in_another_sites_page(
    assistant: Assistant, browser: Browser, shape: str, output: str
) -> None:
    with sharing(assistant, browser) as (page, school, body):
        page.locator(f"input[value={shape}]").check()
        page.get_by_label("Judul obrolan").fill('Kelas <7> & "B"')
        page.get_by_label("koperasi.txt").check()
        page.get_by_label("Alamat halaman Anda").fill(f"{school}/kelas")
        expect(page.locator(f"textarea#{output}")).to_have_value(containing("koperasi"))
        expect(page.locator("#notes .yes")).to_contain_text(school)
        body.append(text_of(page, output))
        page.goto(school)
        if shape == "bubble":
            page.get_by_role("button", name="Tanya bacaan").click()
        expect(chat(page).locator("h1")).to_have_text('Kelas <7> & "B"')
        ask(page, "Siapa ketua koperasi siswa?")
        expect(chat(page).locator("blockquote mark")).to_contain_text("Ratna Wulandari")


def containing(part: str) -> re.Pattern[str]:
    return re.compile(re.escape(part))


def test_the_preview_is_the_chat_and_follows_the_form(assistant: Assistant, browser: Browser) -> None:
    with sharing(assistant, browser, "shape=block&title=Pertama") as (page, _, _):
        shown = page.frame_locator("#preview").frame_locator("iframe")
        expect(shown.locator("h1")).to_have_text("Pertama")
        page.get_by_label("Judul obrolan").fill("Kedua")
        expect(shown.locator("h1")).to_have_text("Kedua")
        expect(page).to_have_url(containing("title=Kedua"))
        page.locator("input[value=bubble]").check()
        page.frame_locator("#preview").get_by_role("button", name="Tanya bacaan").click()
        expect(shown.locator("#tanya-box")).to_be_visible()


def test_the_qr_code_that_is_shown_holds_the_link(assistant: Assistant, browser: Browser) -> None:
    with sharing(assistant, browser, "title=Kelas 7B", color_scheme="dark") as (page, _, _):
        picture = page.locator("#qr")
        expect(picture).to_have_js_property("complete", True)
        assert decoded(picture.screenshot()) == text_of(page, "link")


def test_without_scripts_the_form_is_sent(assistant: Assistant, browser: Browser) -> None:
    with sharing(assistant, browser, java_script_enabled=False) as (page, _, _):
        page.get_by_label("Judul obrolan").fill("Tanpa skrip")
        page.get_by_role("button", name="Perbarui").click()
        assert 'data-title="Tanpa skrip"' in text_of(page, "script")
        expect(page.locator("#qr")).to_have_js_property("complete", True)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_button_copies_or_selects_what_is_to_copy(
    assistant: Assistant, browser: Browser, allowed: bool
) -> None:
    with sharing(assistant, browser, "title=Salin") as (page, _, _):
        page.add_init_script("" if allowed else "delete Navigator.prototype.clipboard")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.reload()
        button = page.get_by_role("button", name="Salin Tautan")
        button.click()
        expect(page.get_by_text("Tersalin.")).to_be_visible()
        expect(button).to_be_focused()
        page.get_by_label("Judul obrolan").focus()
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+v")
        expect(page.get_by_label("Judul obrolan")).to_have_value(containing("/?title=Salin"))


def test_it_fits_a_telephone(assistant: Assistant, browser: Browser) -> None:
    with sharing(assistant, browser) as (page, _, _):
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        policies: list[str] = []
        page.on("console", lambda said: policies.append(said.text))
        page.reload()
        expect(page.locator("#qr")).to_be_visible()
        assert not [text for text in policies if "Content Security Policy" in text]
