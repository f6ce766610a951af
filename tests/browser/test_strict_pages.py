"""Pages and browsers that forbid much: the chat in them works, or says why it does not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.server import create_app
from tests.browser.conftest import FLAGS
from tests.browser.test_embed import ask, chat, lesson
from tests.conftest import chromium, serving

STRICT = "default-src 'none'; script-src {server}; style-src 'none'; frame-src {server}"
HOSTILE_STYLE = (
    "body *, body *::before { all: unset !important; display: none !important; visibility: hidden !important; "
    "position: static !important; width: 0 !important; height: 0 !important; transform: scale(0) !important }"
    "body #tempat { display: block !important; visibility: visible !important; transform: none !important; "
    "width: 100% !important }"
)


@contextmanager
def strict(
    assistant: Assistant,
    browser: Browser,
    policy: str = "",
    style: str = "",
    head: str = "",
    body: str = "",
    origins: tuple[str, ...] = (),
) -> Iterator[Page]:
    """A page of another site with that content, in which ``{server}`` is the server's address."""
    parts: tuple[list[str], list[str]] = ([], [])
    headers: dict[str, str] = {}
    with (
        lesson(parts[1], style, parts[0], headers) as school,
        serving(create_app(Classroom(lambda: assistant, public=Public(origins or (school,))))) as server,
    ):
        for part, text in zip(parts, (head, body), strict=True):
            part.append(text.format(server=server))
        if policy:
            headers["Content-Security-Policy"] = policy.format(server=server)
        page = browser.new_context(viewport={"width": 900, "height": 800}).new_page()
        page.goto(school)
        yield page
        page.context.close()


def answers(page: Page) -> None:
    ask(page, "Di mana letak Danau Toba?")
    expect(chat(page).locator("blockquote mark")).to_contain_text("Sumatra Utara")


def test_a_policy_that_allows_no_style_leaves_the_bubble_its_looks(
    assistant: Assistant, browser: Browser
) -> None:
    with strict(assistant, browser, STRICT, body='<script src="{server}/embed.js"></script>') as page:
        bubble = page.get_by_role("button", name="Tanya bacaan")
        box = bubble.bounding_box()
        assert box is not None
        assert box["x"] > 600
        assert box["y"] > 600
        expect(bubble).to_have_css("background-color", "rgb(11, 110, 105)")
        bubble.click()
        answers(page)


def test_a_policy_that_forbids_the_frame_is_named(assistant: Assistant, browser: Browser) -> None:
    policy = "script-src {server}; frame-src 'none'"
    with strict(
        assistant, browser, policy, body='<script src="{server}/embed.js" data-open="true"></script>'
    ) as page:
        expect(page.get_by_role("alert")).to_contain_text("frame-src")


@pytest.mark.parametrize("options", ["", 'data-target="#tempat"'])
def test_styles_that_unset_and_hide_everything_change_nothing(
    assistant: Assistant, browser: Browser, options: str
) -> None:
    script = f'<script src="{{server}}/embed.js" {options}></script>'
    with strict(assistant, browser, style=HOSTILE_STYLE, body=script) as page:
        if not options:
            page.get_by_role("button", name="Tanya bacaan").click()
        answers(page)
        box = page.locator("iframe").bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 300


@pytest.mark.parametrize("loading", ["", "async", "defer"])
@pytest.mark.parametrize("options", ["", 'data-target="#tempat"'])
def test_a_script_in_the_head_waits_for_its_place(
    assistant: Assistant, browser: Browser, options: str, loading: str
) -> None:
    script = f'<script {loading} src="{{server}}/embed.js" {options}></script>'
    with strict(assistant, browser, head=script) as page:
        if options:
            expect(page.locator("#tempat iframe")).to_be_visible()
        else:
            page.get_by_role("button", name="Tanya bacaan").click()
        expect(chat(page).locator("#tanya-box")).to_be_visible()


def test_the_question_of_the_page_goes_into_the_chats_address(assistant: Assistant, browser: Browser) -> None:
    script = '<script src="{server}/embed.js" data-open="true" data-question="Apa & siapa?"></script>'
    with strict(assistant, browser, body=script) as page:
        address = page.locator("iframe").get_attribute("src")
        assert address is not None
        assert "q=Apa+%26+siapa%3F" in address


@pytest.fixture
def guarded(tmp_path: Path, browser: Browser) -> Iterator[BrowserContext]:
    """A browser that blocks cookies and storage of third parties."""
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "Preferences").write_text(
        '{"profile": {"block_third_party_cookies": true, "cookie_controls_mode": 1}}', encoding="utf-8"
    )
    context = browser.browser_type.launch_persistent_context(
        tmp_path, executable_path=chromium(), args=[*FLAGS, "--test-third-party-cookie-phaseout"]
    )
    yield context
    context.close()


SANDBOXED = (
    '<iframe title="Obrolan dengan bacaan" sandbox="allow-scripts allow-forms" src="{server}/embed?lang=id" '
    'width="600" height="500"></iframe>'
)
STORES = """() => { try { localStorage.setItem("a", "1"); return true } catch { return false } }"""


def test_the_chat_needs_no_storage_of_third_parties(assistant: Assistant, guarded: BrowserContext) -> None:
    body: list[str] = []
    with (
        lesson(body, "") as school,
        serving(create_app(Classroom(lambda: assistant, public=Public((school,))))) as server,
    ):
        body.append(f'<script src="{server}/embed.js" data-target="#tempat"></script>')
        page = guarded.new_page()
        page.goto(school)
        expect(chat(page).locator("#tanya-box")).to_be_visible()
        assert not page.frames[-1].evaluate(STORES)
        answers(page)


def test_a_sandbox_without_an_origin_holds_the_chat_where_every_site_may(
    assistant: Assistant, browser: Browser
) -> None:
    with strict(assistant, browser, body=SANDBOXED, origins=("*",)) as page:
        expect(chat(page).locator("#tanya-box")).to_be_visible()
        assert not page.frames[-1].evaluate(STORES)
        answers(page)
