"""Kill workers, machines and the build itself while a Ray cluster builds: ``python -m bench.ray_kills [--builds N]``.

Each index must be, to the byte, what a build without Ray makes of the same documents.
"""

import argparse
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.corpus import write_documents
from index.builds import current_build
from index.manifest import MANIFEST
from index.parts import PARTS

VICTIMS = ("worker", "machine", "build")


class Machines:
    """Nodes of a Ray cluster on this machine, of a core each, beside a head that does no work.

    :param folder: a folder for Ray, of a short path.
    """

    def __init__(self, folder: Path, count: int) -> None:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": str(folder)}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(count):
            self.add()

    @property
    def address(self) -> str:
        """Where the cluster is."""
        return str(self._cluster.address)

    def add(self) -> None:
        """Let one more machine join."""
        self._cluster.add_node(num_cpus=1)

    def replace(self, chance: random.Random) -> bool:
        """Kill a machine with all that runs on it, and let another one join."""
        self._cluster.remove_node(
            chance.choice(sorted(self._cluster.worker_nodes, key=id)), allow_graceful=False
        )
        self.add()
        return True

    def kill_worker(self, chance: random.Random) -> bool:
        """Kill a process that reads or encodes; False if there is none."""
        workers = [process for process in psutil.Process().children(recursive=True) if _is_worker(process)]
        if workers:
            chance.choice(workers).kill()
        return bool(workers)

    def shut_down(self) -> None:
        """End all of it."""
        ours = psutil.Process().children(recursive=True)
        self._cluster.shutdown()
        for process in psutil.wait_procs(ours, timeout=10)[1]:
            process.kill()


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "MapWorker" in " ".join(process.cmdline())
    except psutil.Error:
        return False


@contextmanager
def machines(count: int) -> Iterator[Machines]:
    """A cluster of ``count`` nodes, which listens on loopback only."""
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        variables = {
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_BACKEND_LOG_LEVEL": "fatal",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_TMPDIR": folder,
        }
        before = dict(os.environ)
        os.environ.update(variables)
        (Path(folder) / "ray").mkdir()
        made = Machines(Path(folder) / "ray", count)
        try:
            yield made
        finally:
            made.shut_down()
            os.environ.clear()
            os.environ.update(before)


def building(docs: Path, index: Path, ray: str = "") -> "subprocess.Popen[str]":
    """A build in a process of its own. Sets have the same order in each: BM25 numbers words by it."""
    command = [sys.executable, "-m", "assistant.cli", "build", str(docs), "--index", str(index), "--ray", ray]
    return subprocess.Popen(
        command, env={**os.environ, "PYTHONHASHSEED": "0"}, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def made_of(index: Path) -> dict[str, Any]:
    """The manifest of the build in use, with the checksums of all its files, without its name and time."""
    manifest = json.loads((index / current_build(index) / MANIFEST).read_text(encoding="utf-8"))
    return {name: value for name, value in manifest.items() if name not in ("build", "created")}


def killed_build(cluster: Machines, docs: Path, index: Path, chance: random.Random) -> Counter[str]:
    """Build and kill at random moments until the build ends; gives how many of each kind were killed."""
    killed: Counter[str] = Counter()
    victims = chance.sample(VICTIMS, len(VICTIMS))
    process = building(docs, index, cluster.address)
    while process.poll() is None:
        _wait(process, index, chance)
        if not victims or process.poll() is not None:
            continue
        victim = victims.pop()
        if victim == "build":
            process.kill()
            process.wait()
            process, done = building(docs, index, cluster.address), True
        else:
            done = cluster.replace(chance) if victim == "machine" else cluster.kill_worker(chance)
        killed[victim] += done
    assert process.returncode == 0, process.stderr.read() if process.stderr else ""
    assert not (index / PARTS).exists()
    return killed


def _wait(process: "subprocess.Popen[str]", index: Path, chance: random.Random) -> None:
    """Wait until some more parts are made, and a moment."""
    wanted = _parts(index) + chance.randint(1, 4)
    while process.poll() is None and _parts(index) < wanted:
        time.sleep(0.05)
    time.sleep(chance.uniform(0, 0.5))


def _parts(index: Path) -> int:
    return len(list((index / PARTS).glob("*"))) if (index / PARTS).exists() else 0


def main() -> None:
    """Print how many were killed, and that nothing was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--machines", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, machines(options.machines) as cluster:
        docs = Path(folder) / "docs"
        write_documents(docs, options.documents, options.seed)
        assert building(docs, Path(folder) / "alone").wait() == 0
        for number in range(options.builds):
            index, started = Path(folder) / f"killed {number}", time.perf_counter()
            killed = killed_build(cluster, docs, index, chance)
            one, other = made_of(index), made_of(Path(folder) / "alone")
            assert one == other, [name for name in one if one[name] != other[name]]
            print(
                f"killed {dict(killed)}: the same to the byte, {time.perf_counter() - started:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
