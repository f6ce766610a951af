"""``redis-server`` as a process on loopback."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.schoolserver import eventually, free_ports

REDIS = shutil.which("redis-server")
PASSWORD = "rahasia-sekali"


def pings(address: str) -> bool:
    try:
        return bool(redis.Redis.from_url(address).ping())
    except redis.exceptions.RedisError:
        return False


def address_on(port: int) -> str:
    return f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


@contextmanager
def running_redis(folder: Path, port: int | None = None) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The address of a Redis that keeps nothing on disk, and its process."""
    assert REDIS is not None
    port = port or free_ports(1)
    command = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", ""]
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen([*command, "--dir", str(folder)], stdout=log, stderr=log)
    try:
        eventually(lambda: pings(address_on(port)), 20)
        yield address_on(port), process
    finally:
        process.kill()
        process.wait(20)


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of what takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield address_on(listening.getsockname()[1])
