"""A connection to a Ray cluster, or one started here; nothing of it stays, and nothing is told to anybody."""

import contextlib
import hashlib
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil

from index.errors import ClusterError
from index.own_process import SECRET
from index.runtime import threads

LOCAL = "local"
"""The address of a cluster that is started here."""

SECONDS = 10.0
"""How long a cluster may take to answer, and its processes to end by themselves."""

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}


@cache
def _loopback() -> dict[str, str]:
    """Variables by which Ray listens on loopback only, and to this process only. They stay the same: Ray's library
    reads them once."""
    return {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }


@contextmanager
def joined(address: str, index: Path) -> Iterator[int]:
    """Be part of the Ray cluster at ``address``, or of one started here if that is ``local``; gives its cores.

    :param index: folder of the index that is being built.
    :raises ImportError: if Ray is not installed.
    :raises ClusterError: if there is no cluster.
    """
    local = address == LOCAL
    with contextlib.ExitStack() as stack:
        stack.enter_context(_environment(QUIET | (_loopback() if local else {})))
        folder = stack.enter_context(_temporary(index)) if local else None
        import ray
        import ray.data

        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        ray.data.DataContext.get_current().enable_progress_bars = False
        stack.callback(_leave, set(psutil.Process().children()) if local else None)
        options = _local_options(folder) if folder is not None else {}
        try:
            _reached(address)
            with _silence():
                ray.init(address=address, logging_level=logging.CRITICAL, log_to_driver=False, **options)
            cores = int(ray.cluster_resources().get("CPU", 0))
        except (OSError, RuntimeError, ValueError, OverflowError) as error:
            raise _absent(address) from error
        yield max(1, cores)


def _reached(address: str) -> None:
    """Make sure that something listens at ``address``, if it names a port: Ray itself would wait for long.

    :raises OSError: if nothing does.
    """
    host, colon, port = address.rpartition(":")
    if colon:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS):
            pass


def _local_options(folder: Path) -> dict[str, object]:
    return {
        "include_dashboard": False,
        "num_cpus": threads(),
        "_temp_dir": str(folder),
        "_node_ip_address": "127.0.0.1",
    }


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set ``variables``, and hide what Ray need not know, for as long as this lasts."""
    before = {name: os.environ.get(name) for name in (*variables, SECRET)}
    os.environ.pop(SECRET, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _temporary(index: Path) -> Iterator[Path]:
    """A folder for Ray, which is removed; so is one that a build of ``index`` left which was killed. Its path is short:
    Ray puts sockets into it, and these allow no more than about a hundred letters."""
    place = Path("/tmp") if sys.platform == "darwin" else Path(tempfile.gettempdir())
    prefix = f"tanya-ray-{hashlib.sha256(os.fsencode(index.resolve())).hexdigest()[:8]}-"
    for old in place.glob(f"{prefix}*"):
        shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _leave(others: set[psutil.Process] | None) -> None:
    """Leave the cluster; if it is one of ours, wait until its processes are gone, and kill those that stay.

    :param others: processes that this one had started before the cluster; None if the cluster is not ours.
    """
    import ray

    ours = psutil.Process().children(recursive=True) if others is not None else []
    started = [process for process in ours if process not in (others or ())]
    ray.shutdown()
    _, alive = psutil.wait_procs(started, timeout=SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing reaches the error stream, not from native code either."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _absent(address: str) -> ClusterError:
    return ClusterError(
        f"Kluster Ray {address} tidak dapat dipakai: periksa alamatnya, dan apakah Ray dan Python di sana sama "
        "versinya.",
        f"The Ray cluster {address} cannot be used: check its address, and that it runs the same versions of Ray "
        "and Python.",
    )
