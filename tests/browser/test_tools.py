import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Route, expect

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.server import create_app
from tests.browser.test_embed import lesson
from tests.conftest import HOSTILE, serving

TOBA = "Di mana letak Danau Toba?"
ASKED = "#tanya-chat [data-testid=user]"
BLOCKED = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });"""
SILENT = "for (const name of ['speechSynthesis', 'SpeechRecognition', 'webkitSpeechRecognition']) delete window[name];"
SPEAKING = """window.spoken = [];
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "en-US", name: "Ann" }, { lang: "id-ID", name: "Budi" }],
  speak: (utterance) => spoken.push([utterance.text, utterance.lang, utterance]),
  cancel: () => spoken.push(["cancelled"]),
} });
Object.defineProperty(SpeechSynthesisUtterance.prototype, "voice", { set() {}, get() { return null; } });"""
HEARING = """window.heard = [];
window.SpeechRecognition = window.webkitSpeechRecognition = class {
  start() { heard.push(this); }
  stop() { this.onend(); }
  abort() { this.onend(); }
};"""


@contextmanager
def opened(context: BrowserContext, address: str, *scripts: str) -> Iterator[Page]:
    page = context.new_page()
    for script in scripts:
        page.add_init_script(script)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#tanya-box textarea")
    yield page
    page.close()
    assert problems == []


@contextmanager
def framed(assistant: Assistant, context: BrowserContext, attributes: str) -> Iterator[FrameLocator]:
    """The chat in a frame, with ``attributes``, of another site's page."""
    body: list[str] = []
    with (
        lesson(body, "") as origin,
        serving(create_app(Classroom(lambda: assistant, public=Public(("*",))))) as server,
    ):
        body.append(f"<iframe {attributes} width=340 height=600 src='{server}/embed'></iframe>")
        page = context.new_page()
        page.goto(origin)
        yield page.frame_locator("iframe")
        page.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 740}, accept_downloads=True)
    yield context
    context.close()


def ask(page: Page, question: str) -> None:
    before = page.locator(ASKED).count()
    page.fill("#tanya-box textarea", question)
    page.keyboard.press("Enter")
    expect(page.locator(ASKED)).to_have_count(before + 1, timeout=15_000)
    expect(page.locator("#tanya-box textarea")).to_have_value("")


def held(page: Page, question: str) -> Callable[[], None]:
    """Ask ``question`` on ``page`` and keep it on its way to the server; the result lets it go on."""
    held: list[Route] = []
    page.route("**/gradio_api/queue/join*", lambda route: held.append(route), times=1)
    with page.expect_request("**/gradio_api/queue/join*"):
        page.fill("#tanya-box textarea", question)
        page.keyboard.press("Enter")
    return lambda: held[0].continue_()


def kept(page: Page) -> list[str]:
    names: list[str] = page.evaluate(
        "Object.keys(localStorage).filter((name) => name.startsWith('tanya-talk'))"
    )
    return names


def test_the_question_of_a_link_is_asked_once(context: BrowserContext, server: str) -> None:
    with opened(context, f"{server}/?q={quote(TOBA)}") as page:
        expect(page.locator("#tanya-chat blockquote mark")).to_contain_text("Sumatra Utara")
        expect(page.locator(ASKED)).to_have_text([TOBA])
        ask(page, "Berapa panjangnya?")
        page.reload()
        expect(page.locator(ASKED)).to_have_text([TOBA, "Berapa panjangnya?"])
        page.wait_for_timeout(500)
        expect(page.locator(ASKED)).to_have_count(2)


def test_a_link_that_is_no_question_breaks_nothing(context: BrowserContext, server: str) -> None:
    for given in (HOSTILE, "x" * 5000, "???", "\x00\x1b"):
        with opened(context, f"{server}/embed?q={quote(given)}&title={quote(HOSTILE)}") as page:
            expect(page.locator("h1")).to_have_text(HOSTILE[:80].strip())
            ask(page, TOBA)
            expect(page.locator("#tanya-chat mark").first).to_be_attached()
            assert page.title() == "Tanya"


def test_a_link_is_copied_with_the_page_s_wishes(context: BrowserContext, server: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server)
    with opened(context, f"{server}/embed?title=Kelas+7&documents=danau.md&lang=en&inline=1") as page:
        ask(page, TOBA)
        page.get_by_role("button", name="Copy link").click()
        expect(page.locator("#tanya-said[role=status]")).to_contain_text(
            f"The link to the question “{TOBA}” is copied."
        )
        copied = urlparse(page.evaluate("navigator.clipboard.readText()"))
        assert copied.path == "/"
        assert parse_qs(copied.query) == {
            "q": [TOBA], "title": ["Kelas 7"], "documents": ["danau.md"], "lang": ["en"],
        }  # fmt: skip


def test_a_link_is_copied_where_the_clipboard_is_closed(context: BrowserContext, server: str) -> None:
    closed = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
    with opened(context, server, closed) as page:
        ask(page, TOBA)
        page.click("#tanya-link")
        expect(page.locator("#tanya-said")).to_contain_text("sudah disalin")
        page.focus("#tanya-box textarea")
        page.keyboard.press("Control+V")
        expect(page.locator("#tanya-box textarea")).to_have_value(
            f"{server}/?q={quote(TOBA).replace('%20', '+')}"
        )


def test_a_reload_keeps_the_conversation_and_what_goes_on_from_it(
    context: BrowserContext, server: str
) -> None:
    with opened(context, server) as page:
        ask(page, "Di mana letak Danau Toba di Indonesia?")
        ask(page, "Siapa presiden Prancis?")
        page.reload()
        expect(page.locator(ASKED)).to_have_count(2)
        expect(page.locator("#tanya-chat blockquote mark")).to_contain_text("Sumatra Utara")
        expect(page.locator("#tanya-starters")).to_be_hidden()
        ask(page, "Berapa lebarnya?")
        expect(page.locator("#tanya-chat blockquote").last).to_contain_text("30 kilometer")
    with opened(context, server) as page:
        expect(page.locator(ASKED)).to_have_count(3)


def test_a_conversation_stays_with_its_page(context: BrowserContext, server: str) -> None:
    with opened(context, server) as page:
        ask(page, TOBA)
    for other in ("?title=Kelas+8", "embed?documents=koperasi.txt"):
        with opened(context, f"{server}/{other}") as page:
            page.wait_for_timeout(800)
            expect(page.locator(ASKED)).to_have_count(0)
    with opened(context, f"{server}/embed?lang=en") as page:
        expect(page.locator(ASKED)).to_have_text([TOBA])


def test_clearing_forgets(context: BrowserContext, server: str) -> None:
    with opened(context, server) as page:
        ask(page, TOBA)
        page.get_by_role("button", name="Bersihkan").click()
        expect(page.locator(ASKED)).to_have_count(0)
        expect(page.locator("#tanya-said")).to_contain_text("sudah dihapus")
        expect(page.locator("#tanya-starters")).to_be_visible()
        page.reload()
        page.wait_for_selector("#tanya-box textarea")
        page.wait_for_timeout(800)
        expect(page.locator(ASKED)).to_have_count(0)
        assert kept(page) == []


@pytest.mark.parametrize("before", [[], ["Siapa presiden Prancis?"]])
def test_clearing_drops_the_answer_that_is_under_way(
    context: BrowserContext, server: str, before: list[str]
) -> None:
    with opened(context, server) as page:
        for question in before:
            ask(page, question)
        let_go = held(page, TOBA)
        expect(page.locator("#tanya-asked")).to_have_text(TOBA)
        page.click("#tanya-clear")
        expect(page.locator(ASKED)).to_have_count(0)
        let_go()
        page.wait_for_timeout(1500)
        expect(page.locator(ASKED)).to_have_count(0)
        expect(page.locator("#tanya-asked")).to_be_empty()
        assert kept(page) == []
        ask(page, "Siapa kucing yang suka berenang?")
        expect(page.locator(ASKED)).to_have_text(["Siapa kucing yang suka berenang?"])


def test_clearing_forgets_every_conversation_also_in_other_tabs(context: BrowserContext, server: str) -> None:
    with opened(context, f"{server}/?title=Kelas+8") as closed:
        ask(closed, "Siapa presiden Prancis?")
    with opened(context, server) as page, opened(context, f"{server}/?title=Kelas+7") as other:
        ask(other, TOBA)
        ask(page, TOBA)
        assert len(kept(page)) == 3
        page.click("#tanya-clear")
        expect(other.locator(ASKED)).to_have_count(0)
        assert kept(page) == []
        ask(other, "Siapa kucing yang suka berenang?")
        expect(other.locator(ASKED)).to_have_count(1)
        assert len(kept(page)) == 1
        assert not any(
            TOBA in other.evaluate("(name) => localStorage.getItem(name)", name) for name in kept(other)
        )


def test_a_question_on_its_way_is_shown_and_the_next_one_waits_in_the_box(
    context: BrowserContext, server: str
) -> None:
    with opened(context, server) as page:
        box, searching = page.locator("#tanya-box textarea"), page.locator("#tanya-searching[role=status]")
        let_go = held(page, TOBA)
        expect(page.locator("#tanya-asked")).to_have_text(TOBA)
        expect(searching).to_have_text("Sedang mencari jawabannya di bacaan …")
        expect(box).to_have_value("")
        expect(page.locator("#tanya-starters")).to_be_hidden()
        box.fill("Berapa lebarnya?")
        box.press("Enter")
        page.get_by_role("button", name="Kirim").click()
        page.locator("#tanya-starters button").first.dispatch_event("click")
        page.wait_for_timeout(500)
        expect(page.locator("#tanya-asked")).to_have_text(TOBA)
        expect(box).to_have_value("Berapa lebarnya?")
        let_go()
        expect(page.locator(ASKED)).to_have_text([TOBA])
        expect(searching).to_be_empty()
        expect(box).to_have_value("Berapa lebarnya?")
        box.press("Enter")
        expect(page.locator(ASKED)).to_have_text([TOBA, "Berapa lebarnya?"])
        page.reload()
        expect(page.locator(ASKED)).to_have_text([TOBA, "Berapa lebarnya?"])


def test_a_starter_and_a_question_at_once_are_not_lost(context: BrowserContext, server: str) -> None:
    with opened(context, server) as page:
        page.locator("#tanya-starters button").first.wait_for()
        page.fill("#tanya-box textarea", TOBA)
        page.evaluate("""() => {
            document.querySelector("#tanya-starters button").click();
            document.querySelector("#tanya-ask button.primary").click();
        }""")
        expect(page.locator(ASKED)).to_have_count(1)
        page.wait_for_timeout(800)
        expect(page.locator(ASKED)).to_have_count(1)
        expect(page.locator("#tanya-box textarea")).to_have_value(TOBA)


def test_a_question_that_is_cut_off_comes_back_into_the_box(context: BrowserContext, server: str) -> None:
    with opened(context, server) as page:
        page.route("**/gradio_api/queue/join*", lambda route: route.fulfill(status=500, body="{}"), times=1)
        page.fill("#tanya-box textarea", TOBA)
        page.keyboard.press("Enter")
        expect(page.locator("#tanya-said")).to_contain_text("belum terkirim")
        expect(page.locator("#tanya-box textarea")).to_have_value(TOBA)
        expect(page.locator("#tanya-searching")).to_be_empty()
        page.route("**/gradio_api/queue/join*", lambda route: route.abort(), times=1)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator("#tanya-box textarea")).to_have_value(TOBA)
        page.keyboard.press("Enter")
        expect(page.locator(ASKED)).to_have_text([TOBA])
        page.reload()
        expect(page.locator(ASKED)).to_have_text([TOBA])
        expect(page.locator("#tanya-box textarea")).to_have_value("")


def test_an_old_conversation_is_forgotten(context: BrowserContext, server: str) -> None:
    with opened(context, server) as page:
        ask(page, TOBA)
        page.evaluate("""() => { for (const name of Object.keys(localStorage)) if (name.startsWith("tanya-talk"))
            localStorage.setItem(name, JSON.stringify({ ...JSON.parse(localStorage.getItem(name)), when: 1 })); }""")
        page.reload()
        page.wait_for_selector("#tanya-box textarea")
        page.wait_for_timeout(800)
        expect(page.locator(ASKED)).to_have_count(0)


def test_the_chat_works_where_nothing_may_be_kept(context: BrowserContext, server: str) -> None:
    with opened(context, f"{server}/?q={quote(TOBA)}", BLOCKED) as page:
        expect(page.locator("#tanya-chat blockquote mark")).to_contain_text("Sumatra Utara")
        ask(page, "Berapa lebarnya?")
        page.click("#tanya-text")
        page.get_by_role("button", name="Perbesar teks").click()
        expect(page.locator("#tanya-said")).to_have_text("Ukuran teks 125%.")
        page.click("#tanya-clear")
        expect(page.locator(ASKED)).to_have_count(0)


def test_the_chat_works_in_a_sandboxed_frame(assistant: Assistant, context: BrowserContext) -> None:
    with framed(assistant, context, "sandbox='allow-scripts'") as frame:
        frame.locator("#tanya-box textarea").fill(TOBA)
        frame.locator("#tanya-box textarea").press("Enter")
        expect(frame.locator("#tanya-chat blockquote mark")).to_contain_text("Sumatra Utara")
        expect(frame.locator("#tanya-link")).to_be_visible()


def test_a_forged_conversation_is_text_and_breaks_nothing(context: BrowserContext, server: str) -> None:
    with opened(context, server) as page:
        ask(page, TOBA)
        name = page.evaluate("Object.keys(localStorage).find((name) => name.startsWith('tanya-talk'))")
        record = json.loads(page.evaluate("(name) => localStorage.getItem(name)", name))
        good = record["turns"][0]
        passage = {**good["sources"][0], "text": HOSTILE, "title": HOSTILE, "marks": []}
        bad = {**good, "question": HOSTILE, "answer": HOSTILE, "span": None, "sources": [passage]}
        record["turns"] = [{"question": "palsu"}, 7, bad, good]
        page.evaluate("([name, text]) => localStorage.setItem(name, text)", [name, json.dumps(record)])
        page.reload()
        expect(page.locator(ASKED)).to_have_text([HOSTILE, TOBA])
        expect(page.locator("#tanya-chat blockquote").first).to_have_text(HOSTILE)
        assert page.locator("#tanya-chat img").count() == 0
        assert page.title() == "Tanya"
        ask(page, "Berapa lebarnya?")
        for broken in ("{", "[]", '{"when":9e15,"turns":"x"}', '{"when":9e15,"turns":[null]}'):
            page.evaluate("([name, text]) => localStorage.setItem(name, text)", [name, broken])
            page.reload()
            page.wait_for_selector("#tanya-box textarea")
            ask(page, TOBA)


def test_a_server_that_forgot_is_told_again(
    assistant: Assistant, context: BrowserContext, server: str
) -> None:
    with serving(create_app(Classroom(lambda: assistant))) as other, opened(context, server) as page:
        ask(page, "Di mana letak Danau Toba di Indonesia?")
        page.route(
            "**/gradio_api/**", lambda route: route.continue_(url=route.request.url.replace(server, other))
        )
        ask(page, "Berapa lebarnya?")
        expect(page.locator("#tanya-chat blockquote").last).to_contain_text("30 kilometer")


def test_the_conversation_is_saved(context: BrowserContext, server: str, tmp_path: Path) -> None:
    with opened(context, f"{server}/?title=Kelas+7B") as page:
        ask(page, TOBA)
        ask(page, "Siapa presiden Prancis?")
        page.reload()
        expect(page.locator(ASKED)).to_have_count(2)
        with page.expect_download() as saving:
            page.click("#tanya-save")
        assert saving.value.suggested_filename.startswith("tanya-20")
        assert saving.value.suggested_filename.endswith(".md")
        saving.value.save_as(tmp_path / "lembar.md")
        text = (tmp_path / "lembar.md").read_text(encoding="utf-8")
        assert text.startswith("# Kelas 7B: lembar tanya jawab")
        assert "**Sumatra Utara**. [1]" in text
        assert "Jawabannya tidak ditemukan" in text


def test_a_sheet_is_printed_also_from_a_frame_of_another_site(
    assistant: Assistant, context: BrowserContext
) -> None:
    context.add_init_script(
        "if (location.href === 'about:srcdoc') window.print = () => { document.body.dataset.printed = 'yes'; };"
    )
    with framed(assistant, context, "") as frame:
        frame.locator("#tanya-box textarea").fill(TOBA)
        frame.locator("#tanya-box textarea").press("Enter")
        frame.locator("#tanya-print").click()
        sheet = frame.frame_locator("#tanya-sheet")
        expect(sheet.locator("body[data-printed=yes] h1")).to_have_text("Tanya: lembar tanya jawab")
        expect(sheet.locator("blockquote mark")).to_have_text("Sumatra Utara")
        expect(sheet.locator("ol li")).to_contain_text("danau.md")


def test_the_last_answer_is_read_aloud_and_stopped(context: BrowserContext, server: str) -> None:
    with opened(context, server, SPEAKING) as page:
        ask(page, TOBA)
        button = page.locator("#tanya-read")
        button.click()
        expect(page.get_by_role("button", name="Berhenti")).to_be_visible()
        assert button.get_attribute("aria-pressed") is None
        said = page.evaluate("spoken.filter((one) => one.length > 1).map((one) => one.slice(0, 2))")
        assert "Sumatra Utara" in said[0][0]
        assert {tag for _, tag in said} == {"id-ID"}
        page.get_by_role("button", name="Berhenti").click()
        expect(page.get_by_role("button", name="Bacakan")).to_be_visible()
        assert page.evaluate("spoken.at(-1)") == ["cancelled"]
        button.click()
        page.evaluate("spoken.at(-1)[2].onend()")
        expect(page.get_by_role("button", name="Bacakan")).to_be_visible()


def test_dictation_fills_the_box_and_sends_nothing(context: BrowserContext, server: str) -> None:
    with opened(context, f"{server}/?lang=en", HEARING) as page:
        page.fill("#tanya-box textarea", "Please:")
        button = page.get_by_role("button", name="Dictate")
        expect(button).to_have_attribute(
            "title", "Speak your question. Some browsers send your voice to a server of their maker."
        )
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        page.evaluate(
            "heard[0].onresult({ results: [[{ transcript: 'what is ' }], [{ transcript: 'a lake' }]] })"
        )
        expect(page.locator("#tanya-box textarea")).to_have_value("Please: what is a lake")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false")
        expect(page.locator("#tanya-box textarea")).to_be_focused()
        expect(page.locator(ASKED)).to_have_count(0)
        assert page.evaluate("heard[0].lang") == "en-US"
        page.keyboard.press("Enter")
        expect(page.locator(ASKED)).to_have_text(["Please: what is a lake"])


@pytest.mark.parametrize(
    ("error", "said"),
    [("not-allowed", "Mikrofon tidak diizinkan"), ("audio-capture", "Mikrofon tidak ditemukan"),
     ("no-speech", "Tidak ada suara"), ("network", "perlu internet"), ("bad-grammar", "Dikte tidak berhasil")],
)  # fmt: skip
def test_a_failure_of_dictation_is_said(context: BrowserContext, server: str, error: str, said: str) -> None:
    with opened(context, server, HEARING) as page:
        page.click("#tanya-dictate")
        page.evaluate("(error) => { heard[0].onerror({ error }); heard[0].onend(); }", error)
        expect(page.locator("#tanya-said")).to_contain_text(said)


def test_a_browser_without_speech_shows_no_button_for_it(context: BrowserContext, server: str) -> None:
    with opened(context, server, SILENT) as page:
        ask(page, TOBA)
        expect(page.locator("#tanya-save")).to_be_visible()
        expect(page.locator("#tanya-read")).to_be_hidden()
        expect(page.locator("#tanya-dictate")).to_be_hidden()


def test_the_size_and_face_of_letters_last_and_reach_the_documents(
    context: BrowserContext, server: str
) -> None:
    with opened(context, server) as page:
        fonts: list[str] = []
        page.on("request", lambda request: fonts.append(request.url) if ".woff2" in request.url else None)
        page.reload()
        ask(page, TOBA)
        quoted = page.locator("#tanya-chat blockquote")
        before = quoted.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)")
        assert fonts == []
        page.click("#tanya-text")
        for _ in range(6):
            page.get_by_role("button", name="Perbesar teks").click()
        page.get_by_label("Huruf yang lebih mudah dibaca").check()
        expect(page.locator("#tanya-said")).to_have_text("Ukuran teks 200%.")
        page.reload()
        expect(quoted).to_be_attached()
        assert quoted.evaluate("(element) => parseFloat(getComputedStyle(element).fontSize)") == 2 * before
        page.wait_for_function("document.fonts.check('16px \"Tanya Letters\"')")
        assert fonts
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.goto(f"{server}/documents/danau.md")
        assert page.locator("html").evaluate("(element) => getComputedStyle(element).fontSize") == "32px"
        assert "Tanya Letters" in page.locator("p").first.evaluate(
            "(element) => getComputedStyle(element).fontFamily"
        )


def test_the_tools_need_no_mouse_and_fit_a_small_phone(context: BrowserContext, server: str) -> None:
    with opened(context, server, SPEAKING, HEARING) as page:
        page.set_viewport_size({"width": 320, "height": 640})
        ask(page, TOBA)
        names = ("Salin tautan", "Simpan", "Cetak", "Bacakan", "Teks", "Bersihkan", "Dikte", "Kirim")
        for name in names:
            button = page.get_by_role("button", name=name, exact=True)
            expect(button).to_be_in_viewport()
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.locator("#tanya-text").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#tanya-letters")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(page.locator("#tanya-letters")).to_be_hidden()
        expect(page.locator("#tanya-text")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#tanya-clear")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(ASKED)).to_have_count(0)
        expect(page.locator("#tanya-box textarea")).to_be_focused()


def test_a_switch_of_language_says_the_conversation_again(context: BrowserContext, server: str) -> None:
    with opened(context, server) as page:
        ask(page, "Siapa presiden Prancis?")
        expect(page.locator("#tanya-chat")).to_contain_text("Maaf")
        page.get_by_label("English").check()
        expect(page.locator("#tanya-chat")).to_contain_text("Sorry, I could not find")
        expect(page.get_by_role("button", name="Copy link")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "en")
