from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from index.encoder import Encoder
from tests.browser.test_chat import ask
from tests.rooms import ASKED, PASSWORDS, TEXTS, Rooms, opened

A, B = "kelas-7a", "kelas-7b"


@pytest.fixture(scope="module")
def rooms(
    readings: Path, index_folder: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rooms]:
    with opened(readings, index_folder, encoder, tmp_path_factory.mktemp("rooms")) as rooms:
        yield rooms


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 900, "height": 900})
    yield context
    context.close()


def chat(context: BrowserContext, rooms: Rooms, name: str, path: str = "/") -> Page:
    page = context.new_page()
    page.called = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.called.append(request.url))  # type: ignore[attr-defined]
    page.goto(f"{rooms.address}/c/{name}{path}")
    page.wait_for_selector("#tanya-box textarea")
    return page


def answered(page: Page, name: str) -> None:
    question, word = ASKED[name]
    ask(page, question)
    expect(page.locator("#tanya-chat blockquote mark").last).to_contain_text(word)


def test_chats_of_two_collections_in_one_browser_stay_apart(context: BrowserContext, rooms: Rooms) -> None:
    pages = {name: chat(context, rooms, name) for name in (A, B)}
    for name, page in pages.items():
        answered(page, name)
    for name, other in ((A, B), (B, A)):
        page = pages[name]
        ask(page, ASKED[other][0])
        expect(page.locator("#tanya-chat")).to_contain_text("Maaf, saya tidak menemukan")
        expect(page.locator("#tanya-chat")).not_to_contain_text(ASKED[other][1] + ".")
        own = (f"{rooms.address}/c/{name}/", f"{rooms.address}/tanya/", f"{rooms.address}/manifest.json")
        called: list[str] = page.called  # type: ignore[attr-defined]
        assert [url for url in called if not url.startswith(own)] == []
        with context.expect_page() as source:
            page.locator(".tanya-card a").first.click()
        assert source.value.url.startswith(f"{rooms.address}/c/{name}/documents/{TEXTS[name][0]}")
        source.value.get_by_role("link", name="Kembali ke obrolan").click()
        expect(source.value).to_have_url(f"{rooms.address}/c/{name}/")


def test_a_conversation_that_the_browser_keeps_comes_back_in_its_own_collection_alone(
    context: BrowserContext, rooms: Rooms
) -> None:
    page = chat(context, rooms, A)
    answered(page, A)
    page.wait_for_function("Object.keys(localStorage).some((key) => key.startsWith('tanya-talk '))")
    for name, count in ((B, 0), (A, 1)):
        again = chat(context, rooms, name)
        expect(again.locator("#tanya-chat blockquote")).to_have_count(count)
        again.wait_for_timeout(500)
        expect(again.locator("#tanya-chat blockquote")).to_have_count(count)
    embedded = chat(context, rooms, A, "/embed")
    expect(embedded.locator("#tanya-chat blockquote")).to_have_count(1)
    assert embedded.evaluate("document.documentElement.classList.contains('tanya-embedded')")


def test_a_link_to_a_question_leads_to_its_collection(context: BrowserContext, rooms: Rooms) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = chat(context, rooms, A)
    answered(page, A)
    page.click("#tanya-link")
    expect(page.locator("#tanya-said")).to_contain_text("disalin")
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"{rooms.address}/c/{A}/?q=")


def test_a_teacher_works_on_one_collection_and_is_a_stranger_in_the_other(
    context: BrowserContext, rooms: Rooms, tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(f"{rooms.address}/c/{A}/admin")
    page.fill("#password", PASSWORDS[A])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(f"Tanya: halaman guru · {A}")
    expect(page.locator("#tanya-files")).to_contain_text(TEXTS[A][0])
    expect(page.locator("#tanya-files")).not_to_contain_text(TEXTS[B][0])
    (tmp_path / "kantin.md").write_text("# Kantin\n\nKantin sekolah dijaga Pak Darmo.", encoding="utf-8")
    page.set_input_files("#tanya-upload input[type=file]", tmp_path / "kantin.md")
    expect(page.locator("#tanya-said")).to_contain_text("kantin.md ditambahkan")
    page.click("#tanya-build")
    expect(page.locator("#tanya-said")).to_contain_text("Indeks siap: 2 bacaan", timeout=60_000)
    pupil = chat(context, rooms, A)
    ask(pupil, "Siapa yang menjaga kantin sekolah?")
    expect(pupil.locator("#tanya-chat blockquote mark").last).to_contain_text("Darmo")
    other = context.new_page()
    other.goto(f"{rooms.address}/c/{B}/admin")
    expect(other.locator("#password")).to_be_visible()
    assert other.url == f"{rooms.address}/c/{B}/admin/login"
    page.get_by_role("button", name="Keluar").click()
    expect(page).to_have_url(f"{rooms.address}/c/{A}/")
