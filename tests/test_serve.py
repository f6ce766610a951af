import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from assistant.ports import PortError, check_ports
from index.encoder import Encoder
from index.store import open_index
from tests.conftest import ROOT
from tests.schoolserver import Served, answers, eventually, lines, process_of, served, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
ASKED = {"question": "Di mana letak Danau Toba?"}


@pytest.fixture(scope="module")
def running(index_folder: Path, readings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(index_folder, readings, tmp_path_factory.mktemp("serve")) as running:
        yield running


def root_of(page: str) -> str:
    found = re.search(r'"root":"([^"]*)"', page)
    assert found is not None
    return found[1]


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").exists() and ") Z" in Path(f"/proc/{process}/stat").read_text()


def test_every_worker_answers_at_its_own_port(running: Served) -> None:
    for address in running.addresses:
        assert "Sumatra" in httpx.post(f"{address}/api/v1/ask", json=ASKED, timeout=30).json()["answer"]
    assert process_of(running, 0) != process_of(running, 1)


def test_a_page_leads_back_to_its_worker_without_a_cookie(running: Served) -> None:
    for number, address in enumerate(running.addresses):
        for path in ("/", "/embed"):
            page = httpx.get(f"{address}{path}")
            assert root_of(page.text) == f"{address}/w/{number}"
            assert "set-cookie" not in page.headers
        assert httpx.get(f"{address}/w/{number}/gradio_api/info").status_code == 200


@pytest.mark.parametrize(
    "path", ["/w/1/metrics", "/w/1/readyz", "/w/1/admin", "/w/1/admin/login", "/w/1/w/1/admin"]
)
def test_what_is_not_the_pupils_is_not_below_a_worker(running: Served, path: str) -> None:
    assert httpx.get(f"{running.addresses[1]}{path}").status_code == 404


def test_a_log_line_tells_of_a_request_and_of_nobody(running: Served) -> None:
    address = running.addresses[1]
    question = {"question": "Siapa Zulaikha rahasia?"}
    httpx.post(f"{address}/api/v1/ask?nama=Budi", json=question, timeout=30)
    with httpx.stream("GET", f"{address}/w/1/gradio_api/heartbeat/abc123sesi") as beating:
        next(beating.iter_bytes())
    eventually(lambda: any(line.get("path") == "/gradio_api/heartbeat/…" for line in lines(running)), 20)
    [line] = [line for line in lines(running) if line.get("path") == "/api/v1/ask" and line["worker"] == 1][
        -1:
    ]
    assert line["method"] == "POST"
    assert line["status"] == 200
    assert line["ms"] > 0
    assert {*line} == {"time", "level", "worker", "message", "method", "path", "status", "ms"}
    told = str(lines(running))
    assert not [word for word in ("Zulaikha", "Budi", "abc123sesi", "127.0.0.1") if word in told]


def test_a_worker_that_dies_is_started_again_and_the_other_goes_on(running: Served) -> None:
    dead = process_of(running, 1)
    os.kill(dead, signal.SIGKILL)
    assert (
        httpx.post(f"{running.addresses[0]}/api/v1/ask", json=ASKED, timeout=30).json()["status"]
        == "answered"
    )
    eventually(lambda: process_of(running, 1) != dead and answers(running.addresses[1]), 90)
    assert any(line["level"] == "warning" and "-9" in line["message"] for line in lines(running))


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_is_left_over(
    index_folder: Path, readings: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    with served(index_folder, readings, tmp_path) as running:
        workers = [process_of(running, number) for number in range(2)]
        running.process.send_signal(ending)
        assert running.process.wait(30) == (-9 if ending == signal.SIGKILL else 0)
        eventually(lambda: all(map(gone, workers)), 30)


def test_an_open_page_gets_its_answer_and_does_not_hold_the_server_up(
    index_folder: Path, readings: Path, tmp_path: Path
) -> None:
    with served(index_folder, readings, tmp_path) as running:
        address = running.addresses[0]
        beats: list[bytes] = []

        def hold() -> None:
            with httpx.stream("GET", f"{address}/w/0/gradio_api/heartbeat/offen", timeout=60) as beating:
                beats.extend(beating.iter_bytes())

        page = threading.Thread(target=hold)
        page.start()
        eventually(lambda: bool(beats), 20)
        got: list[Any] = []

        def ask() -> None:
            many = {"question": ASKED["question"], "history": [ASKED] * 20}
            got.append(httpx.post(f"{address}/api/v1/ask", json=many, timeout=60).json()["status"])

        asking = [threading.Thread(target=ask) for _ in range(12)]
        for thread in asking:
            thread.start()
        eventually(lambda: bool(got), 30)
        running.process.send_signal(signal.SIGTERM)
        for thread in (*asking, page):
            thread.join(30)
        assert running.process.wait(30) == 0
    assert got == ["answered"] * 12
    assert not any("Cancel" in line["message"] for line in lines(running))


def test_the_index_is_built_once_before_the_workers_start(
    readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    with served(tmp_path / "index", readings, tmp_path) as running:
        builds = [httpx.get(f"{address}/api/v1/health").json()["build"] for address in running.addresses]
    assert builds == [open_index(tmp_path / "index", encoder).manifest.build] * 2
    assert running.log.read_text(encoding="utf-8").count("100%") >= 1


def test_an_index_that_cannot_be_opened_is_told_once_and_ends_it(readings: Path, tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "current").write_text("20260101T000000000000-abcdef", encoding="ascii")
    running = start(tmp_path / "index", readings, tmp_path)
    assert running.process.wait(120) == 1
    assert "tidak dapat dijalankan" in running.log.read_text(encoding="utf-8")
    assert "Traceback" not in running.log.read_text(encoding="utf-8")


def test_ports_beyond_the_last_are_refused() -> None:
    with pytest.raises(PortError, match="65535"):
        check_ports("127.0.0.1", 65_534, 4)


def test_a_number_of_workers_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "serve", "--workers", "0"], cwd=tmp_path, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "workers = 0" in ran.stderr


def test_a_page_of_a_worker_takes_no_files_by_an_address_in_its_address(running: Served) -> None:
    for path in ("", "/w/0", "/w/0/w/0", "/w/1/w/0"):
        address = f"{running.addresses[0]}{path}/gradio_api/upload"
        assert httpx.post(address, files={"files": ("a.md", b"# A")}).status_code == 404
