"""Every page by axe-core's rules of WCAG 2.2 AA, light and dark, wide and narrow."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.schools import PASSWORD, School

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WIDTHS = {"wide": 1200, "narrow": 360}
PAGES = (
    "/",
    "/embed",
    "/documents",
    "/documents/danau.md",
    "/share",
    "/share/preview",
    "/admin/login",
    "/quiz?sheet=1",
)


@pytest.fixture(params=[(theme, width) for theme in ("light", "dark") for width in WIDTHS], ids="-".join)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    theme, width = request.param
    viewport = {"width": WIDTHS[width], "height": 800}
    context = browser.new_context(
        color_scheme=theme, viewport=viewport, reduced_motion="reduce", bypass_csp=True
    )
    yield context.new_page()
    context.close()


def found(page: Page) -> list[str]:
    """What axe-core finds, a line for each element."""
    results = Axe().run(page, options=RULES).response
    return [
        f"{one['impact']} {one['id']}: {node['html'][:120]} {' '.join(node['failureSummary'].split())[:160]}"
        for one in results["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everyone(page: Page, server: str, path: str) -> None:
    page.goto(f"{server}{path}")
    if path in {"/", "/embed"}:
        expect(page.locator("#tanya-box textarea")).to_be_visible()
    page.wait_for_timeout(500)
    assert found(page) == []


@pytest.mark.parametrize("question", ["Di mana letak Danau Toba?", "Siapa presiden Prancis?"])
def test_an_answer_is_for_everyone(page: Page, server: str, question: str) -> None:
    page.goto(server)
    page.fill("#tanya-box textarea", question)
    page.keyboard.press("Enter")
    expect(page.locator(".tanya-card").first).to_be_visible()
    page.wait_for_timeout(300)
    assert found(page) == []


def test_the_teachers_page_is_for_everyone(page: Page, school: School) -> None:
    page.goto(f"{school.address}/admin")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#tanya-files")).to_contain_text("koperasi.txt")
    for tab in page.get_by_role("tab").and_(page.locator(":visible")).all():
        tab.click()
        page.wait_for_timeout(500)
        assert found(page) == [], tab.text_content()
