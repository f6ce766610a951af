import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.server import create_app
from tests.conftest import serving

HOSTILE_STYLE = (
    "div, iframe, button { display: none !important; opacity: 0 !important; } * { color: red !important }"
)


@contextmanager
def lesson(
    body: list[str], style: str, head: Sequence[str] = (), headers: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """A page of another origin that holds ``body``, which may still grow, as may the other parts, and its address."""

    class Lesson(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            page = f"<!doctype html><html lang=id><style>{style}</style>{''.join(head)}<body><h1>Pelajaran</h1><p id=tempat></p>{''.join(body)}"
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
        serving(
            create_app(Classroom(lambda: assistant, public=Public((origin,) if allowed else ())))
        ) as server,
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


@pytest.mark.parametrize(
    ("width", "height"), [(320, 400), (320, 600), (360, 640), (480, 600), (800, 600), (800, 400)]
)
def test_it_fills_narrow_and_wide_frames_and_fits_them(
    server: str, browser: Browser, width: int, height: int
) -> None:
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    page.goto(
        f"{server}/embed?title=Kelas 7B yang rajin&starters=Di mana letak Danau Toba?&starters=Apa itu danau?"
    )
    expect(page.locator("h1")).to_have_text("Kelas 7B yang rajin")
    expect(page.locator("#tanya-starters button").first).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Di mana letak Danau Toba?").click()
    expect(page.locator("blockquote mark")).to_be_in_viewport()
    expect(page.locator("#tanya-starters")).to_be_hidden()
    for part in ("h1", "#tanya-box textarea", "#tanya-link", "#tanya-clear"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)
    root = "document.documentElement"
    assert page.evaluate(f"[{root}.scrollWidth <= {width}, {root}.scrollHeight <= {height}]") == [True, True]
    box = page.locator("#tanya-chat").bounding_box()
    assert box is not None
    assert box["width"] > width - 50
    page.context.close()
