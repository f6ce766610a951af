"""Pages of the web, fetched with care: only from public addresses, within bounds of size and time."""

import ipaddress
import re
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpcore

from index.documents import BEGINNINGS, SUFFIXES, document_of
from index.errors import AddressError

LONGEST_WAIT = 30.0
"""Seconds for a page, with all its redirects."""

MOST_REDIRECTS = 5

LARGEST_PAGE = 20 * 2**20
"""Bytes of the largest file that is fetched."""

KINDS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/rtf": ".rtf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.text": ".odt",
}
"""Kinds of contents that are kept, and their endings."""

HEADERS = [
    (b"User-Agent", b"Tanya/0.1 (class reader)"),
    (b"Accept", b"text/html,application/pdf,*/*;q=0.5"),
]

Allowed = Callable[[str], bool]
"""Says of an IP address whether it may be connected to."""


@dataclass(frozen=True)
class Page:
    """What stands at an address.

    :param address: where it was found in the end.
    :param kind: the ending of its kind of file, such as ``.html``.
    :param data: its bytes; those of a text are UTF-8.
    """

    address: str
    kind: str
    data: bytes


def is_public(address: str) -> bool:
    """Whether the IP address ``address`` lies outside all private and reserved networks."""
    found = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or is_public(str(mapped)))


class _Guarded(httpcore.NetworkBackend):
    """Connects to allowed addresses only: names are resolved here, once, and what was checked is what is connected
    to.

    :param deadline: when to give up, on the clock of ``time.monotonic``.
    """

    def __init__(self, allowed: Allowed, deadline: float) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(map(self._allowed, addresses)):
            raise _inside(host)
        left = max(0.1, self._deadline - time.monotonic())
        return self._inner.connect_tcp(addresses[0], port, left, local_address, socket_options)


def fetched(address: str, allowed: Allowed = is_public) -> Page:
    """What stands at ``address``, redirects followed.

    :param allowed: says of an IP address whether it may be connected to.
    :raises AddressError: if the address is none of the public web, or nothing readable comes from it in time.
    """
    deadline = time.monotonic() + LONGEST_WAIT
    try:
        with httpcore.ConnectionPool(network_backend=_Guarded(allowed, deadline)) as pool:
            for _ in range(MOST_REDIRECTS + 1):
                _check(address)
                with pool.stream("GET", address, headers=HEADERS, extensions=_timeouts(deadline)) as response:
                    moved = _header(response, b"location") if 300 <= response.status < 400 else ""
                    if not moved:
                        return _page(address, response, deadline)
                    address = urljoin(address, moved)
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise _late(address) from error
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
        OSError,
        ValueError,
    ) as error:
        raise AddressError(
            f"Alamat {address} tidak dapat dibuka: periksa tulisannya dan sambungan internet.",
            f"The address {address} cannot be opened: check its spelling and the connection.",
        ) from error
    raise AddressError(
        f"Alamat {address} dialihkan lebih dari {MOST_REDIRECTS} kali: buka di peramban dan salin alamat akhirnya.",
        f"The address {address} is redirected more than {MOST_REDIRECTS} times: open it in a browser and copy where "
        f"it leads.",
    )


def kept(page: Page, docs: Path) -> Path:
    """Write ``page`` into the folder ``docs`` under a name made of its title; a page fetched again takes its own place.

    :raises DocumentError: if there is nothing in it to ask.
    """
    name = f"{_host(page.address)}{page.kind}"
    document = document_of(page.data, name)
    title = document.title if document.titled else urlsplit(page.address).path
    path = docs / "web" / f"{_slug(f'{_host(page.address)} {title}')}{page.kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_bytes(page.data)
    unfinished.replace(path)
    return path


def _check(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise AddressError(
            f"Alamat {address} bukan alamat web: tulis lengkap, misalnya https://contoh.id/bacaan.",
            f"The address {address} is none of the web: write it whole, such as https://contoh.id/bacaan.",
        )


def _page(address: str, response: httpcore.Response, deadline: float) -> Page:
    if response.status != 200:
        raise AddressError(
            f"Alamat {address} menjawab {response.status}: buka di peramban, mungkin perlu masuk atau sudah pindah.",
            f"The address {address} answers {response.status}: open it in a browser; it may need a login or have moved.",
        )
    stated = _header(response, b"content-type")
    kind = KINDS.get(stated.split(";")[0].strip().lower())
    ending = Path(urlsplit(address).path).suffix.lower()
    if kind is None and ending in SUFFIXES and "octet-stream" in stated:
        kind = ending
    if kind is None:
        raise AddressError(
            f"Alamat {address} berisi {stated or 'sesuatu yang tak dikenal'}: hanya halaman dan dokumen yang dibaca.",
            f"The address {address} holds {stated or 'something unknown'}: only pages and documents are read.",
        )
    data = _body(address, response, deadline)
    return Page(address, kind, data if kind in BEGINNINGS else _in_utf8(data, stated))


def _body(address: str, response: httpcore.Response, deadline: float) -> bytes:
    data = bytearray()
    for part in response.iter_stream():
        data += part
        if len(data) > LARGEST_PAGE:
            raise AddressError(
                f"Alamat {address} terlalu besar (paling besar {LARGEST_PAGE >> 20} MB): unduh sendiri dan pecah.",
                f"The address {address} is too large (at most {LARGEST_PAGE >> 20} MB): download and split it.",
            )
        if time.monotonic() > deadline:
            raise _late(address)
    return bytes(data)


def _in_utf8(data: bytes, stated: str) -> bytes:
    """The text ``data`` in UTF-8, its encoding being ``stated`` by the server or by itself."""
    found = re.search(rb"charset=[\"']?([\w.:-]+)", stated.encode() + data[:2048], re.IGNORECASE)
    try:
        return data.decode(found[1].decode()).encode() if found else data
    except (LookupError, UnicodeDecodeError):
        return data


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


def _timeouts(deadline: float) -> dict[str, dict[str, float]]:
    left = max(0.1, deadline - time.monotonic())
    return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), left)}


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text.lower()).strip("-")[:80] or "halaman"


def _late(address: str) -> AddressError:
    return AddressError(
        f"Alamat {address} tidak selesai dibuka dalam {LONGEST_WAIT:.0f} detik: coba lagi nanti.",
        f"The address {address} was not opened within {LONGEST_WAIT:.0f} seconds: try again later.",
    )


def _inside(host: str) -> AddressError:
    return AddressError(
        f"Alamat {host} berada di dalam jaringan sendiri: hanya halaman web umum yang diambil.",
        f"The address {host} lies inside the own network: only public web pages are fetched.",
    )
