import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from assistant.asking import Assistant
from assistant.server import Public, create_app
from tests.conftest import serving

HOSTILE_STYLE = (
    "div, iframe, button { display: none !important; opacity: 0 !important; } * { color: red !important }"
)


@contextmanager
def lesson(body: list[str], style: str) -> Iterator[str]:
    """A page of another origin that holds ``body``, which may still grow, and its address."""

    class Lesson(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            page = f"<!doctype html><html lang=id><style>{style}</style><h1>Pelajaran</h1><p id=tempat></p>{''.join(body)}"
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Lesson) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@contextmanager
def embedded(
    assistant: Assistant, browser: Browser, options: str = "", style: str = "", allowed: bool = True
) -> Iterator[Page]:
    """A lesson that embeds the chat with the attributes ``options``."""
    body: list[str] = []
    with (
        lesson(body, style) as origin,
        serving(create_app(lambda: assistant, public=Public((origin,) if allowed else ()))) as server,
    ):
        body.append(f'<script src="{server}/embed.js" {options}></script>')
        page = browser.new_context(viewport={"width": 900, "height": 800}).new_page()
        page.goto(origin)
        yield page
        page.context.close()


def chat(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title='Obrolan dengan bacaan']")


def ask(page: Page, question: str) -> None:
    box = chat(page).locator("#tanya-box textarea")
    box.fill(question)
    box.press("Enter")


def test_a_bubble_opens_the_chat_and_escape_closes_it(assistant: Assistant, browser: Browser) -> None:
    with embedded(
        assistant, browser, 'data-title="Kelas 7" data-greeting="Halo &lt;b&gt;kelas&lt;/b&gt;!"'
    ) as page:
        bubble = page.get_by_role("button", name="Tanya bacaan")
        bubble.focus()
        page.keyboard.press("Enter")
        expect(chat(page).locator("h1")).to_have_text("Kelas 7")
        expect(chat(page).locator("#tanya-chat")).to_contain_text("Halo <b>kelas</b>!")
        ask(page, "Di mana letak Danau Toba?")
        expect(chat(page).locator("blockquote mark")).to_contain_text("Sumatra Utara")
        chat(page).locator("#tanya-box textarea").press("Escape")
        expect(bubble).to_be_focused()
        expect(page.locator("iframe")).to_be_hidden()


def test_the_chat_stands_in_a_block_of_chosen_documents(assistant: Assistant, browser: Browser) -> None:
    options = 'data-target="#tempat" data-documents="koperasi.txt" data-starters="Siapa ketua koperasi siswa?|Apa itu danau?"'
    with embedded(assistant, browser, options) as page:
        chat(page).get_by_role("button", name="Siapa ketua koperasi siswa?").click()
        expect(chat(page).locator("blockquote mark")).to_contain_text("Ratna Wulandari")
        ask(page, "Di mana letak Danau Toba?")
        expect(chat(page).locator("#tanya-chat")).to_contain_text("tidak menemukan jawabannya")
        tall = page.locator("iframe").bounding_box()
        page.wait_for_timeout(1000)
        assert page.locator("iframe").bounding_box() == tall
        assert tall is not None
        assert tall["height"] < 900


def test_a_strict_page_cannot_break_it(assistant: Assistant, browser: Browser) -> None:
    with embedded(assistant, browser, style=HOSTILE_STYLE) as page:
        page.get_by_role("button", name="Tanya bacaan").click()
        expect(chat(page).locator("#tanya-box")).to_be_visible()


def test_a_page_that_is_not_allowed_says_why(assistant: Assistant, browser: Browser) -> None:
    with embedded(assistant, browser, allowed=False) as page:
        page.get_by_role("button", name="Tanya bacaan").click()
        expect(page.get_by_role("alert")).to_contain_text(
            "TANYA_EMBED_ORIGINS: http://localhost", timeout=15_000
        )


@pytest.mark.parametrize("width", [320, 800])
def test_it_fits_narrow_and_wide_frames(assistant: Assistant, browser: Browser, width: int) -> None:
    with serving(create_app(lambda: assistant)) as server:
        page = browser.new_context(viewport={"width": width, "height": 600}).new_page()
        page.goto(f"{server}/embed?lang=en&title=Class")
        expect(page.locator("h1")).to_have_text("Class")
        expect(page.locator("#tanya-box textarea")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()
