"""Pages of the web, fetched with care: only from public addresses, within bounds of size and time."""

import contextlib
import hashlib
import ipaddress
import re
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpcore
import httpx

from index.child import ChildReader
from index.errors import AddressError
from index.kinds import BEGINNINGS, SUFFIXES, check_size

LONGEST_WAIT = 30.0
"""Seconds for a page, with all its redirects."""

FIRST_TRY = 5.0
"""Seconds for one of several addresses of a name."""

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

ENCODINGS = frozenset(
    {"iso-8859-1", "iso-8859-15", "latin1", "latin-1", "windows-1252", "cp1252", "utf-16", "us-ascii"}
)
"""Encodings beside UTF-8 that pages in Indonesian and English say they have."""

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
    """Whether the IP address ``address`` lies outside all private and reserved networks, also if it wraps another."""
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour
        if wrapped is None and any(found in network for network in _WRAPPING):
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if found.is_site_local or (wrapped is not None and not is_public(str(wrapped))):
            return False
    return found.is_global and not found.is_multicast


_WRAPPING = [ipaddress.IPv6Network(network) for network in ("64:ff9b::/96", "::/96")]
"""Networks whose addresses end in an IPv4 address."""


class _Timed(httpcore.NetworkStream):
    """A connection on which nothing is waited for beyond a deadline.

    :param deadline: when to give up, on the clock of ``time.monotonic``.
    """

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See httpcore."""
        return self._inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See httpcore."""
        self._inner.write(buffer, self._left())

    def close(self) -> None:
        """See httpcore."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, self._left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._inner.get_extra_info(info)


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
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(map(self._allowed, addresses)):
            raise _inside(host)
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.NetworkError, httpcore.TimeoutException):
                return self._connected(address, port, socket_options, FIRST_TRY)
        return self._connected(addresses[-1], port, socket_options, LONGEST_WAIT)

    def _connected(
        self, address: str, port: int, options: Iterable[httpcore.SOCKET_OPTION] | None, longest: float
    ) -> httpcore.NetworkStream:
        left = min(longest, max(0.1, self._deadline - time.monotonic()))
        stream = self._inner.connect_tcp(address, port, left, socket_options=options)
        return _Timed(stream, self._deadline)


def fetched(address: str, allowed: Allowed = is_public) -> Page:
    """What stands at ``address``, redirects followed.

    :param allowed: says of an IP address whether it may be connected to.
    :raises AddressError: if the address is none of the public web, or nothing readable comes from it in time.
    """
    deadline = time.monotonic() + LONGEST_WAIT
    try:
        with httpcore.ConnectionPool(network_backend=_Guarded(allowed, deadline)) as pool:
            for _ in range(MOST_REDIRECTS + 1):
                address = _checked(address)
                with pool.stream("GET", address, headers=HEADERS) as response:
                    moved = _header(response, b"location") if 300 <= response.status < 400 else ""
                    if not moved:
                        return _page(address, response)
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
    """Write ``page`` into the folder ``docs``; one of the same address takes its own place.

    :raises DocumentError: if there is nothing in it to ask.
    """
    with tempfile.TemporaryDirectory() as folder, ChildReader() as reader:
        copy = Path(folder) / f"halaman{page.kind}"
        copy.write_bytes(page.data)
        check_size(copy, page.address)
        reader.load(copy, copy.parent)
    path = docs / "web" / f"{_name(page.address)}{page.kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_bytes(page.data)
    unfinished.replace(path)
    return path


def _name(address: str) -> str:
    """A name for the file that keeps what stands at ``address``: its words, and a hash that makes it the only one."""
    parts = urlsplit(address)
    words = re.sub(r"[^\w]+", "-", unquote(f"{parts.hostname}{parts.path}").removeprefix("www.").lower())
    return f"{words.strip('-')[:80]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def _checked(address: str) -> str:
    """``address`` with signs that an address cannot hold written by their numbers."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise _no_address(address) from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise _no_address(address)
    return str(url)


def _no_address(address: str) -> AddressError:
    return AddressError(
        f"Alamat {address} bukan alamat web: tulis lengkap, misalnya https://contoh.id/bacaan.",
        f"The address {address} is none of the web: write it whole, such as https://contoh.id/bacaan.",
    )


def _page(address: str, response: httpcore.Response) -> Page:
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
    data = _body(address, response)
    return Page(address, kind, data if kind in BEGINNINGS else _in_utf8(data, stated))


def _body(address: str, response: httpcore.Response) -> bytes:
    data = bytearray()
    for part in response.iter_stream():
        data += part
        if len(data) > LARGEST_PAGE:
            raise AddressError(
                f"Alamat {address} terlalu besar (paling besar {LARGEST_PAGE >> 20} MB): unduh sendiri dan pecah.",
                f"The address {address} is too large (at most {LARGEST_PAGE >> 20} MB): download and split it.",
            )
    return bytes(data)


def _in_utf8(data: bytes, stated: str) -> bytes:
    """The text ``data`` in UTF-8, its encoding being ``stated`` by the server or by itself."""
    found = re.search(rb"charset=[\"']?([\w.:-]+)", stated.encode() + data[:2048], re.IGNORECASE)
    encoding = found[1].decode().lower() if found else ""
    if encoding not in ENCODINGS:
        return data
    try:
        return data.decode(encoding).encode()
    except UnicodeDecodeError:
        return data


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


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
