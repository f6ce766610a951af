import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from index import web
from index.errors import AddressError, DocumentError
from index.web import fetched, is_public, kept

PAGE = (
    "<html><head><title>Bacaan</title><meta charset={0}></head><body><article><h1>Perjanjian dagang Indonésia</h1>"
    "<p>Perjanjian itu ditandatangani pada 4 Mei 2019 di Jakarta oleh kedua menteri perdagangan.</p></article></body></html>"
)


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        paths = {
            "/baik": (200, "text/html; charset=latin-1", PAGE.format("utf-8").encode("latin-1")),
            "/meta": (200, "text/html", PAGE.format("iso-8859-1").encode("latin-1")),
            "/pindah": (302, "/baik", b""),
            "/putar": (302, "/putar", b""),
            "/masuk": (302, "http://169.254.169.254/latest/meta-data", b""),
            "/berkas": (302, "file:///etc/passwd", b""),
            "/gambar": (200, "image/png", b"\x89PNG"),
            "/kosong": (200, "text/html", b"<html></html>"),
            "/besar": (200, "text/plain", b"x" * 5000),
        }
        status, kind, data = paths.get(self.path, (404, "text/html", b""))
        self.send_response(status)
        self.send_header("Location" if status == 302 else "Content-Type", kind)
        self.end_headers()
        if self.path == "/lambat":
            return
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class Dripping(Site):
    def do_GET(self) -> None:
        for sign in "HTTP/1.1 200 OK" + "x" * 100:
            self.wfile.write(sign.encode())
            time.sleep(0.1)


class Slow(Site):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.05)


def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def site() -> Iterator[str]:
    yield from served(Site)


@pytest.fixture
def slow_site() -> Iterator[str]:
    yield from served(Slow)


@pytest.fixture
def dripping_site() -> Iterator[str]:
    yield from served(Dripping)


def loopback(address: str) -> bool:
    return address == "127.0.0.1"


@pytest.mark.parametrize("path", ["/baik", "/meta", "/pindah"])
def test_a_page_is_kept_in_utf8_under_its_address(site: str, tmp_path: Path, path: str) -> None:
    page = fetched(site + path, loopback)
    kept(page, tmp_path)
    written = kept(page, tmp_path)
    assert re.fullmatch(r"127-0-0-1-(baik|meta)-[0-9a-f]{8}\.html", written.name)
    assert "Indonésia" in written.read_text(encoding="utf-8")
    assert list(written.parent.iterdir()) == [written]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/putar", "redirected more than"),
        ("/masuk", "lies inside the own network"),
        ("/berkas", "none of the web"),
        ("/gambar", "holds image/png"),
        ("/tidak-ada", "answers 404"),
    ],
)
def test_what_cannot_be_read_is_refused(site: str, path: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        fetched(site + path, loopback)


def test_a_page_without_text_is_not_kept(site: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        kept(fetched(site + "/kosong", loopback), tmp_path)
    assert not (tmp_path / "web").exists()


def test_size_and_time_are_bounded(
    site: str, slow_site: str, dripping_site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "LARGEST_PAGE", 4000)
    with pytest.raises(AddressError, match="too large"):
        fetched(site + "/besar", loopback)
    monkeypatch.setattr(web, "LONGEST_WAIT", 0.5)
    for address in (slow_site, dripping_site):
        with pytest.raises(AddressError, match="not opened within"):
            fetched(address, loopback)


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost/", "http://127.0.0.1:8000/", "http://[::1]/", "http://10.0.0.1/", "http://192.168.1.1/",
        "http://169.254.169.254/", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://2130706433/",
        "http://0x7f.1/", "http://127.1/",
    ],
)  # fmt: skip
def test_addresses_inside_the_network_are_refused(address: str) -> None:
    with pytest.raises(AddressError, match=r"own network|cannot be opened"):
        fetched(address)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a.id/x", "bacaan", "http://", "http://a:b@c.id/", ""]
)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    with pytest.raises(AddressError, match="none of the web"):
        fetched(address)


def test_public_addresses_are_known() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2001:4860:4860::8888")
    assert not any(
        map(
            is_public,
            (
                "100.64.0.1",
                "224.0.0.1",
                "fe80::1%eth0",
                "fc00::1",
                "2002:7f00:1::",
                "64:ff9b::a00:1",
                "::7f00:1",
                "fec0::1",
            ),
        )
    )
    assert is_public("64:ff9b::808:808")
