"""What machines ask a server: whether it lives, whether it is ready, and its figures."""

import ipaddress

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from assistant.monitor import Monitor

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers that a proxy adds; whoever is asked by one is asked from outside."""


def probes_router(monitor: Monitor, metrics_public: bool) -> APIRouter:
    """``/livez``, ``/readyz`` and ``/metrics``.

    :param metrics_public: whether everybody may see the figures, not only who asks from this machine.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def lives() -> Response:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def is_ready() -> Response:
        if monitor.stopping:
            return PlainTextResponse("stopping\n", status_code=503)
        return PlainTextResponse("ok\n")

    @router.get("/metrics")
    async def figures(request: Request) -> Response:
        if not (metrics_public or _comes_from_near(request)):
            return PlainTextResponse("forbidden\n", status_code=403)
        return Response(monitor.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router


def _comes_from_near(request: Request) -> bool:
    """Whether ``request`` comes from this machine, and by no proxy."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
