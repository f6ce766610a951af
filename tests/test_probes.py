import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from assistant.asking import Assistant
from assistant.classroom import Classroom, House, Public
from assistant.guards import Allowance
from assistant.monitor import Monitor
from assistant.server import create_app
from assistant.traffic import kind_of, loggable
from tests.conftest import serving
from tests.schoolserver import eventually


@dataclass
class Watched:
    address: str
    monitor: Monitor


@pytest.fixture
def watched(assistant: Assistant) -> Iterator[Watched]:
    room = Classroom(lambda: assistant, public=Public(allowance=Allowance(per_address=5)))
    house = House.of(room)
    with serving(create_app(room, house)) as address:
        yield Watched(address, house.monitor)


def figures(address: str) -> dict[str, float]:
    lines = [line for line in httpx.get(f"{address}/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_questions_are_counted_by_how_they_ended(watched: Watched) -> None:
    for question in ("Di mana letak Danau Toba?", "Siapa presiden Prancis?", "halo", "???", "Danau?", "Apa?"):
        httpx.post(f"{watched.address}/api/v1/ask", json={"question": question})
    refused = 'tanya_requests_total{kind="api",status="429"}'
    eventually(lambda: figures(watched.address).get(refused) == 1, 10)
    found = figures(watched.address)
    counted = {status: found.get(f'tanya_questions_total{{face="api",status="{status}"}}') for status in
               ("answered", "smalltalk", "failed", "refused")}  # fmt: skip
    assert counted == {"answered": 1, "smalltalk": 1, "failed": None, "refused": 2}
    assert found['tanya_questions_total{face="api",status="not_found"}'] == 2
    assert found['tanya_answer_seconds_count{face="api"}'] == 4
    assert found['tanya_requests_total{kind="api",status="200"}'] == 4


def test_the_build_in_use_and_the_process_are_told(watched: Watched, assistant: Assistant) -> None:
    found = figures(watched.address)
    assert found["tanya_index_documents"] == 3
    assert found["tanya_index_passages"] == len(assistant.index.passages)
    assert "process_resident_memory_bytes" in found


def test_no_figure_holds_what_a_client_sent(watched: Watched) -> None:
    httpx.post(f"{watched.address}/api/v1/ask", json={"question": "Siapa Zulaikha?"})
    for number in range(50):
        httpx.request("PURGE", f"{watched.address}/rahasia-{number}/Zulaikha?q=Zulaikha")
    whole = httpx.get(f"{watched.address}/metrics").text
    assert not [word for word in ("Zulaikha", "rahasia", "PURGE", "127.0.0.1") if word in whole]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"])
def test_figures_are_not_told_through_a_proxy(watched: Watched, header: str) -> None:
    assert httpx.get(f"{watched.address}/metrics", headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize(("metrics", "status"), [(False, 403), (True, 200)])
def test_figures_are_told_to_this_machine_unless_a_setting_opens_them(
    assistant: Assistant, metrics: bool, status: int
) -> None:
    app = create_app(Classroom(lambda: assistant, public=Public(metrics=metrics)))
    wanted = {
        "8.8.8.8": status, "2606:4700::1": status, "::ffff:8.8.8.8": status, "nonsense": status,
        "192.168.1.7": status, "::ffff:10.1.1.1": status, "127.0.0.1": 200, "::1": 200, "::ffff:127.0.0.1": 200,
    }  # fmt: skip
    with ThreadPoolExecutor() as pool:
        got = {peer: pool.submit(asyncio.run, asked_from(peer, app)).result() for peer in wanted}
    assert got == wanted


async def asked_from(peer: str, app: FastAPI) -> int:
    transport = httpx.ASGITransport(app, client=(peer, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://tanya") as client:
        return (await client.get("/metrics")).status_code


def test_a_server_that_stops_is_alive_but_not_ready(watched: Watched) -> None:
    def statuses() -> list[int]:
        return [httpx.get(f"{watched.address}/{probe}").status_code for probe in ("livez", "readyz")]

    assert statuses() == [200, 200]
    watched.monitor.stopping = True
    assert statuses() == [200, 503]


def test_running_requests_are_counted_down_again(watched: Watched) -> None:
    for path in ("/", "/nothing", "/api/v1/ask", "/documents/danau.md"):
        httpx.get(f"{watched.address}{path}")
    eventually(lambda: watched.monitor.running == 0, 10)


@pytest.mark.parametrize(
    ("path", "kind", "logged"),
    [
        ("/", "page", "/"),
        ("/embed", "page", "/embed"),
        ("/gradio_api/heartbeat/0a1b2c", "talk", "/gradio_api/heartbeat/…"),
        ("/admin/gradio_api/heartbeat/0a1b2c", "admin", "/admin/gradio_api/…"),
        ("/api/v1/ask", "api", "/api/v1/ask"),
        ("/documents/kelas/danau.md", "documents", "/documents/kelas/danau.md"),
        ("/tanya/fonts/letters.woff2", "file", "/tanya/fonts/letters.woff2"),
        ("/rahasia/abc", "other", "/rahasia/…"),
        ("", "other", ""),
        ("*", "other", "*"),
    ],
)
def test_a_path_is_known_by_its_first_part(path: str, kind: str, logged: str) -> None:
    assert kind_of(path) == kind
    assert loggable(path) == logged
    assert len(loggable("/" + "x" * 5000)) == 200
