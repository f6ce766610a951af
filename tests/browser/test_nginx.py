import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.settings import load_settings
from index.encoder import Encoder
from tests.browser.test_chat import ask
from tests.rooms import ASKED, PASSWORDS, built
from tests.schools import PASSWORD
from tests.schoolserver import NGINX, Served, answers, behind_nginx, eventually, process_of, served

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]


@dataclass
class Deployed:
    address: str
    workers: Served


@pytest.fixture(scope="module")
def deployed(
    index_folder: Path, readings: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("nginx")
    built(load_settings(collections=folder / "var" / "collections"), "kelas-7a", encoder)
    settings = {"TANYA_BEHIND_PROXY": "1", "TANYA_PASSWORD": PASSWORD, "TANYA_RATE_ADDRESS": "100"}
    with (
        served(index_folder, readings, folder, **settings) as workers,
        behind_nginx(workers.port, folder) as address,
    ):
        yield Deployed(address, workers)


@pytest.fixture
def client(deployed: Deployed) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=deployed.address, verify=False, timeout=30) as client:
        yield client


@pytest.fixture
def page(browser: Browser, deployed: Deployed) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.called = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.called.append(request.url))  # type: ignore[attr-defined]
    page.goto(deployed.address)
    page.wait_for_selector("#tanya-box textarea")
    yield page
    context.close()


def worker_of(page: Page) -> int:
    return int(page.evaluate("window.gradio_config.root")[-1])


def talks(page: Page) -> list[str]:
    called: list[str] = page.called  # type: ignore[attr-defined]
    return [url for url in called if "/gradio_api/" in url]


def test_a_conversation_stays_on_its_worker_without_cookies(page: Page, deployed: Deployed) -> None:
    ask(page, "Di mana letak Danau Toba di Indonesia?")
    expect(page.locator("#tanya-chat blockquote mark")).to_contain_text("Sumatra Utara")
    ask(page, "Berapa lebarnya?")
    expect(page.locator("#tanya-chat blockquote").last).to_contain_text("30 kilometer")
    expect(page.locator(".tanya-understood")).to_contain_text("“Di mana letak Danau Toba di Indonesia?”")
    own = f"{deployed.address}/w/{worker_of(page)}/gradio_api/"
    assert len(talks(page)) >= 5
    assert all(url.startswith(own) for url in talks(page))
    assert page.context.cookies() == []


def test_new_pages_go_to_all_workers(client: httpx.Client) -> None:
    pages = [client.get("/").text for _ in range(8)]
    assert all(any(f"/w/{number}" in page for page in pages) for number in range(2))


def test_a_killed_worker_is_replaced_and_its_pages_are_answered_meanwhile(
    page: Page, deployed: Deployed
) -> None:
    ask(page, "Di mana letak Danau Sentani?")
    expect(page.locator("#tanya-chat blockquote mark")).to_contain_text("Papua")
    number = worker_of(page)
    dead = process_of(deployed.workers, number)
    os.kill(dead, signal.SIGKILL)
    eventually(lambda: not answers(deployed.workers.addresses[number]))
    ask(page, "Di mana letak Danau Toba?")
    expect(page.locator("#tanya-chat blockquote mark").last).to_contain_text("Sumatra Utara", timeout=20_000)
    eventually(lambda: process_of(deployed.workers, number) != dead)
    eventually(lambda: answers(deployed.workers.addresses[number]))
    ask(page, "Siapa ketua koperasi siswa?")
    expect(page.locator("#tanya-chat blockquote mark").last).to_contain_text("Ratna", timeout=20_000)


def test_an_address_cannot_be_forged(client: httpx.Client) -> None:
    refused = 0
    for number in range(260):
        forged = {
            "X-Forwarded-For": f"10.0.{number}.1",
            "X-Real-IP": f"10.1.{number}.1",
            "Forwarded": "for=10.9.9.9",
        }
        asked = client.post("/api/v1/search", json={"question": "danau", "limit": 1}, headers=forged)
        refused += asked.status_code == 429
    assert refused > 20


def test_a_page_is_told_where_it_really_is(client: httpx.Client, deployed: Deployed) -> None:
    forged = {
        "X-Forwarded-Host": "jahat.example",
        "X-Forwarded-Proto": "http",
        "X-Gradio-Server": "http://jahat.example",
    }
    page = client.get("/", headers=forged).text
    assert "jahat.example" not in page
    assert f'"root":"{deployed.address}/w/' in page


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "//metrics",
        "/%6detrics",
        "/metrics/",
        "/w/0/metrics",
        "/w/0/%6detrics",
        "/w/0/w/0/metrics",
        "/readyz",
    ],
)
def test_what_is_for_machines_inside_is_not_to_be_had(deployed: Deployed, path: str) -> None:
    answer = httpx.get(f"{deployed.address}{path}", verify=False)
    assert answer.status_code == 404
    assert "tanya_" not in answer.text


def test_the_teacher_logs_in_at_the_first_worker(client: httpx.Client) -> None:
    for _ in range(4):
        entered = client.post("/admin/login", data={"password": PASSWORD})
        assert entered.status_code == 303
        assert "Secure" in entered.headers["set-cookie"]
        assert client.get("/admin/").status_code == 200
    assert client.get("/w/1/admin/").status_code == 404


def test_the_teacher_of_a_collection_logs_in_at_the_first_worker(client: httpx.Client) -> None:
    for _ in range(4):
        entered = client.post("/c/kelas-7a/admin/login", data={"password": PASSWORDS["kelas-7a"]})
        assert entered.status_code == 303
        assert client.get("/c/kelas-7a/admin/").status_code == 200
        assert client.get("/c/kelas-7a/%61dmin/questions.csv").status_code == 401  # the other worker says 403
    assert client.get("/w/1/c/kelas-7a/admin/").status_code == 404
    assert client.get("/c/kelas-7a/metrics").status_code == 404


def test_a_chat_of_a_collection_stays_on_its_worker(browser: Browser, deployed: Deployed) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.called = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.called.append(request.url))  # type: ignore[attr-defined]
    page.goto(f"{deployed.address}/c/kelas-7a")
    page.wait_for_selector("#tanya-box textarea")
    question, word = ASKED["kelas-7a"]
    ask(page, question)
    expect(page.locator("#tanya-chat blockquote mark")).to_contain_text(word)
    roots = {url.split("/gradio_api/")[0] for url in talks(page)}
    assert roots in [{f"{deployed.address}/w/{number}/c/kelas-7a"} for number in range(2)]
    context.close()


def test_plain_http_is_led_to_https(deployed: Deployed) -> None:
    port = int(deployed.address.rsplit(":", 1)[1]) - 1
    moved = httpx.get(f"http://127.0.0.1:{port}/embed?lang=en")
    assert moved.status_code == 301
    assert moved.headers["location"].endswith("/embed?lang=en")
