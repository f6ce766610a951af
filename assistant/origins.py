"""Origins of pages, ``http(s)://HOST[:PORT]``: which may embed the chat, and the server's own."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request

ORIGIN = re.compile(r"\*|https?://(?:(?:\*\.)?[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")
"""What may stand among the origins that may embed: one, all sites below a name (``https://*.NAME``), or all."""

_AUTHORITY = re.compile(r"(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)
_USUAL = {"http": 80, "https": 443}


def allows(origins: Sequence[str], origin: str) -> bool:
    """Whether a page of ``origin`` is one of ``origins``.

    >>> allows(["https://*.sekolah.id"], "https://kelas.sekolah.id"), allows(["https://a.id"], "https://b.id")
    (True, False)
    """
    return any(one in ("*", origin) or _below(one, origin) for one in origins)


def below(origins: Sequence[str]) -> str | None:
    """A regular expression of the origins below the names (``https://*.NAME``) among ``origins``; None if there is none.

    >>> below(["https://a.id", "https://*.b.id"])
    'https://[a-z0-9.-]+\\\\.b\\\\.id'
    """
    starred = [re.escape(one).replace(re.escape("*"), "[a-z0-9.-]+") for one in origins if "*." in one]
    return "|".join(starred) or None


def _below(pattern: str, origin: str) -> bool:
    scheme, star, name = pattern.partition("*")
    within = origin.removeprefix(scheme)
    return bool(star and scheme) and origin.startswith(scheme) and within.endswith(name) and within != name


def origin_of(address: str) -> str | None:
    """The origin of the page at ``address``, https if it names no scheme; None if it is no address of the web.

    >>> origin_of("sekolah.sch.id/kelas/7"), origin_of("http://Sekolah.id:80/"), origin_of("javascript:alert(1)")
    ('https://sekolah.sch.id', 'http://sekolah.id', None)
    """
    if "://" not in address:
        address = f"https://{address}"
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    host = f"[{host}]" if ":" in host else host
    suffix = "" if port is None or port == _USUAL.get(parts.scheme) else f":{port}"
    origin = f"{parts.scheme}://{host}{suffix}"
    return origin if "*" not in origin and ORIGIN.fullmatch(origin) else None


def own_address(request: "Request", behind_proxy: bool) -> str | None:
    """The address of this server, without a slash at its end, as who sent ``request`` sees it; None if what the request
    says is none.

    :param behind_proxy: whether to believe what a proxy forwards.
    """
    host, scheme = request.headers.get("host", ""), request.url.scheme
    if behind_proxy:
        host = _first(request.headers.get("x-forwarded-host")) or host
        scheme = _first(request.headers.get("x-forwarded-proto")) or scheme
    if scheme not in _USUAL or not _AUTHORITY.fullmatch(host):
        return None
    return f"{scheme}://{host.lower()}{root_path(request)}"


def root_path(request: "Request") -> str:
    """The path below which this server stands, without a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def _first(header: str | None) -> str:
    return (header or "").split(",")[0].strip()
