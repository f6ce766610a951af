"""Ask a running server while its index is built anew: ``python -m bench.reload [--askers N] [--rebuilds N]``.

Prints how long answers took without and during rebuilds, in one run.
"""

import argparse
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np

from assistant.settings import default_docs

THINKING = 10.0
"""Seconds between a pupil's questions, on average."""

LIMIT = 0.2
"""Seconds that no answer should take longer than."""

QUESTIONS = (
    "Apa itu kerja sama bilateral?", "Kapan IJEPA mulai berlaku?", "apa tujuan kerja sama bilateral", "Siapa presiden Prancis?",
    "Apa itu diplomasi?", "sebutkan bentuk kerja sama", "Apa beda hibah dan pinjaman?", "knp negara butuh kerjasama",
)  # fmt: skip


class Askers:
    """Pupils who ask on their own, each with time to think.

    :param address: of the server.
    :param count: how many.
    """

    def __init__(self, address: str, count: int) -> None:
        self._address = address
        self._stop = threading.Event()
        self.seconds: list[float] = []
        self.problems: list[str] = []
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(count)]

    def __enter__(self) -> "Askers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        chance = random.Random(number)
        with httpx.Client(base_url=self._address, timeout=30) as client:
            while not self._stop.wait(chance.expovariate(1 / THINKING)):
                started = time.perf_counter()
                try:
                    said = client.post("/api/v1/ask", json={"question": chance.choice(QUESTIONS)})
                    if said.status_code != 200:
                        self.problems.append(f"{said.status_code} {said.text[:100]}")
                except httpx.HTTPError as error:
                    self.problems.append(repr(error))
                self.seconds.append(time.perf_counter() - started)

    def told(self, name: str) -> str:
        """The figures as a row of a table."""
        taken = np.array(self.seconds) * 1000
        late = int((taken > 1000 * LIMIT).sum())
        p50, p95 = np.percentile(taken, [50, 95])
        return f"| {name} | {len(taken)} | {len(self.problems)} | {p50:.0f} | {p95:.0f} | {taken.max():.0f} | {late} |"


def main() -> None:
    """Print a table of both phases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--askers", type=int, default=20)
    parser.add_argument("--rebuilds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        docs, index = Path(folder) / "docs", Path(folder) / "index"
        shutil.copytree(default_docs(), docs)
        port = free_port()
        command = ["chat", "--docs", str(docs), "--index", str(index), "--port", str(port)]
        with subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", *command], stdout=subprocess.DEVNULL
        ) as server:
            address = f"http://127.0.0.1:{port}"
            waited_for(address)
            with Askers(address, options.askers) as still:
                time.sleep(60)
            with Askers(address, options.askers) as rebuilt:
                for number in range(options.rebuilds):
                    _rebuild(docs, index, address, number)
            print(
                "| answers | asked | failed | p50 ms | p95 ms | longest ms | over 200 ms |\n|---|---|---|---|---|---|---|"
            )
            print(still.told("without rebuilds"))
            print(rebuilt.told(f"during {options.rebuilds} rebuilds"))
            print(*still.problems, *rebuilt.problems, sep="\n")
            server.terminate()


def _rebuild(docs: Path, index: Path, address: str, number: int) -> None:
    """Change a document, build, and wait until the server uses the result."""
    before = httpx.get(f"{address}/api/v1/health").json()["build"]
    text = "\n\n".join(
        f"Catatan {number} nomor {n} tentang kerja sama bilateral dua negara." for n in range(200)
    )
    (docs / "catatan.md").write_text(f"# Catatan\n\n{text}", encoding="utf-8")
    command = [sys.executable, "-m", "assistant.cli", "build", str(docs), "--index", str(index)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while httpx.get(f"{address}/api/v1/health").json()["build"] == before:
        time.sleep(0.1)


def waited_for(address: str) -> None:
    """Return once the server at ``address`` answers."""
    for _ in range(600):
        try:
            if httpx.get(f"{address}/api/v1/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
