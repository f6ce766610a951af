"""Where a server listens."""

import os
import socket

from assistant.texts import sentences
from index.errors import TanyaError

HIGHEST = 65535
"""The last port there is."""


class PortError(TanyaError):
    """The server cannot listen where it was told to."""

    code = "port"


def check_port(host: str, port: int) -> None:
    """Make sure that ``host``:``port`` can be listened on.

    :raises PortError: if it cannot.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        other = port + 1 if port < HIGHEST else 7860
        raise PortError(
            *sentences("server", "port", host=host, port=port, reason=error.strerror, other=other)
        ) from error


def check_ports(host: str, first: int, count: int) -> None:
    """Make sure that ``count`` ports of ``host`` from ``first`` on can be listened on.

    :raises PortError: if one cannot.
    """
    if first + count - 1 > HIGHEST:
        raise PortError(*sentences("server", "ports", first=first, count=count, last=HIGHEST))
    for port in range(first, first + count):
        check_port(host, port)


def address_at(host: str, port: int) -> str:
    """The address of a server at ``port`` of ``host``.

    >>> address_at("::1", 7860)
    'http://[::1]:7860'
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
