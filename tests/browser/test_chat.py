from collections.abc import Iterator
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.outside = []  # type: ignore[attr-defined]
    host = urlparse(server).netloc
    opened.on(
        "request",
        lambda request: (
            None if urlparse(request.url).netloc in (host, "") else opened.outside.append(request.url)  # type: ignore[attr-defined]
        ),
    )
    opened.goto(server)
    opened.wait_for_selector("#tanya-box textarea")
    yield opened
    assert opened.outside == [], "a request left the machine"  # type: ignore[attr-defined]
    context.close()


def ask(page: Page, question: str) -> None:
    page.fill("#tanya-box textarea", question)
    page.keyboard.press("Enter")


def test_the_answer_is_marked_and_its_source_opens(page: Page) -> None:
    ask(page, "Di mana letak Danau Toba?")
    expect(page.locator("#tanya-chat blockquote mark")).to_contain_text("Sumatra Utara")
    expect(page.locator(".tanya-place").first).to_contain_text("Danau di Indonesia › Danau Toba")
    with page.context.expect_page() as opened:
        page.locator(".tanya-card a").first.click()
    expect(opened.value.locator("p:target")).to_contain_text("Danau Toba terletak")


def test_what_is_not_found_is_said_kindly(page: Page) -> None:
    ask(page, "Siapa presiden Prancis?")
    expect(page.locator("#tanya-chat")).to_contain_text("Maaf, saya tidak menemukan")
    expect(page.locator(".tanya-card").first).to_be_visible()


def test_a_follow_up_says_how_it_was_understood(page: Page) -> None:
    ask(page, "Di mana letak Danau Toba di Indonesia?")
    expect(page.locator("#tanya-chat blockquote")).to_have_count(1)
    ask(page, "Berapa lebarnya?")
    expect(page.locator("#tanya-chat blockquote").last).to_contain_text("30 kilometer")
    expect(page.locator(".tanya-understood")).to_contain_text("“Di mana letak Danau Toba di Indonesia?”")


def test_a_phone_needs_no_sideways_scrolling(page: Page) -> None:
    ask(page, "Di mana letak Danau Toba?")
    expect(page.locator("#tanya-chat blockquote")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_text_of_a_document_is_shown_literally(page: Page) -> None:
    ask(page, "Siapa kucing yang suka berenang di kolam?")
    expect(page.locator(".tanya-passage").first).to_contain_text("**tebal** $$x^2$$")
    assert page.title() == "Tanya"
    assert page.locator(".tanya-passage img").count() == 0


def test_the_page_speaks_english_too(page: Page, server: str) -> None:
    page.goto(f"{server}/?lang=en")
    expect(page.locator("#tanya-header")).to_contain_text("Every answer is a quotation")
    ask(page, "Siapa presiden Prancis?")
    expect(page.locator("#tanya-chat")).to_contain_text("Sorry, I could not find")


def test_a_long_answer_is_read_from_its_question_on(page: Page) -> None:
    for _ in range(3):
        ask(page, "Mengapa Danau Toba terbentuk?")
        page.wait_for_timeout(800)
    asked = page.locator("#tanya-chat [data-testid=user]").last
    top = page.locator("#tanya-chat").bounding_box()
    place = asked.bounding_box()
    assert top is not None
    assert place is not None
    assert 0 <= place["y"] - top["y"] < 120


def test_starters_are_answered(page: Page) -> None:
    starter = page.locator("#tanya-starters button").first
    question = starter.inner_text()
    starter.click()
    expect(page.locator("#tanya-chat [data-testid=user]").last).to_contain_text(question)
    expect(page.locator("#tanya-chat blockquote mark").first).to_be_visible()


def test_clearing_begins_anew(page: Page) -> None:
    ask(page, "Di mana letak Danau Toba?")
    expect(page.locator("#tanya-chat blockquote")).to_be_visible()
    page.click("#tanya-clear")
    expect(page.locator("#tanya-chat [data-testid=user]")).to_have_count(0)


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.keyboard.type("Di mana letak Danau Toba?")
    page.keyboard.press("Enter")
    expect(page.locator("#tanya-chat blockquote mark")).to_contain_text("Sumatra Utara")
    page.locator("#tanya-chat summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tanya-chat details .tanya-card").first).to_be_visible()
