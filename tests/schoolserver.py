"""``tanya serve`` as a process, and nginx in front of it with the example file of ``deploy``."""

import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


@dataclass
class Served:
    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    workers: int = 2
    addresses: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.addresses = [f"http://127.0.0.1:{self.port + n}" for n in range(self.workers)]


def free_ports(count: int) -> int:
    """The first of ``count`` free ports that follow one another."""
    for first in range(18_000 + os.getpid() % 1000 * 20, 60_000, count):
        with_all = [socket.socket() for _ in range(count)]
        try:
            for number, probe in enumerate(with_all):
                probe.bind(("127.0.0.1", first + number))
            return first
        except OSError:
            continue
        finally:
            for probe in with_all:
                probe.close()
    raise AssertionError("no free ports")


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until ``holds``."""
    latest = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < latest, "it did not come about in time"
        time.sleep(0.1)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def start(index: Path, docs: Path, folder: Path, workers: int = 2, **settings: str) -> Served:
    """``tanya serve`` over ``index``, its log in ``folder``."""
    port = free_ports(workers)
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "TANYA_LOG": "json", "TANYA_INDEX": str(index),
        "TANYA_DOCS": str(docs), "TANYA_PORT": str(port), "TANYA_WORKERS": str(workers), **settings,
    }  # fmt: skip
    log = folder / "serve.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", "serve"], cwd=folder, env=environment, stdout=stream,
            stderr=stream,
        )  # fmt: skip
    return Served(process, port, log, workers)


def _died(served: Served) -> bool:
    return served.process.poll() is not None


@contextmanager
def served(index: Path, docs: Path, folder: Path, workers: int = 2, **settings: str) -> Iterator[Served]:
    """Workers that answer."""
    running = start(index, docs, folder, workers, **settings)
    try:
        eventually(lambda: _died(running) or all(map(answers, running.addresses)), 120)
        assert not _died(running), running.log.read_text(encoding="utf-8")
        yield running
    finally:
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)


def lines(served: Served) -> list[dict[str, Any]]:
    """The lines of the log that are JSON."""
    written = served.log.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in written if line.startswith("{")]


def process_of(served: Served, worker: int) -> int:
    """Number of the process that is ``worker``."""
    return [line["pid"] for line in lines(served) if line["message"] == "ready" and line["worker"] == worker][
        -1
    ]


def _as_us() -> str:
    """nginx steps down from root unless told to stay, and then cannot read a folder of ours."""
    return f"user {getpass.getuser()};" if os.geteuid() == 0 else ""


@contextmanager
def behind_nginx(port: int, folder: Path, second: int | None = None) -> Iterator[str]:
    """The address of nginx with the example file, in front of workers at ``port`` and ``second``, or the port after it."""
    assert NGINX is not None
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1",
         "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True,
    )  # fmt: skip
    plain = free_ports(2)
    site = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for given, ours in (
        ("127.0.0.1:7860", f"127.0.0.1:{port}"),
        ("127.0.0.1:7861", f"127.0.0.1:{second or port + 1}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen [::]:80;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{plain + 1} ssl http2;"),
        ("listen [::]:443 ssl http2;", ""),
        ("/var/log/nginx/error.log", str(folder / "error.log")),
        ("/etc/ssl/tanya/fullchain.pem", str(certificate)),
        ("/etc/ssl/tanya/privkey.pem", str(key)),
    ):
        assert given in site
        site = site.replace(given, ours)
    (folder / "tanya.conf").write_text(site, encoding="utf-8")
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = (
        f"{_as_us()} pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; worker_processes 1; "
        f"events {{}} http {{ include /etc/nginx/mime.types; {paths} include {folder}/tanya.conf; }}"
    )
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    process = subprocess.Popen([NGINX, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
    try:
        address = f"https://localhost:{plain + 1}"
        eventually(lambda: socket.socket().connect_ex(("127.0.0.1", plain + 1)) == 0, 20)
        yield address
    finally:
        process.terminate()
        process.wait(20)
