"""Kill builds, at every step that they take on disk and at random moments: ``python -m bench.kills [--random N]``.

After each, the index must open and be whole, old or new, and the next build must end well and clean up.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assistant.settings import default_docs
from index.build import build_index
from index.builds import PARTIAL
from index.encoder import Encoder, load_encoder
from index.store import open_index

KILLED_AT = """
import os, signal, sys
from pathlib import Path
from index.build import build_index
from index.encoder import load_encoder
docs, index, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
encoder, steps = load_encoder(), 0
def count(event, arguments):
    global steps
    if event in STEPS and str(arguments[0]).startswith(index):
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}
sys.addaudithook(count)
build_index(docs, Path(index), encoder)
"""
"""Builds until the step on disk of the given number and dies there."""


class Bench:
    """An index that is built and killed again and again.

    :param folder: a folder of its own.
    """

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.docs, self.index = folder / "docs", folder / "index"
        self._encoder = encoder
        self._number = 0
        shutil.copytree(default_docs(), self.docs)
        build_index(self.docs, self.index, encoder)

    def kill_at(self, step: int) -> bool:
        """Kill a build at its ``step`` on disk; False if it ended before."""
        self._change()
        command = [sys.executable, "-c", KILLED_AT, str(self.docs), str(self.index), str(step)]
        killed = subprocess.run(command, check=False).returncode == -signal.SIGKILL
        self._check()
        return killed

    def kill_after(self, seconds: float) -> bool:
        """Kill a build after ``seconds``; False if it ended before."""
        self._change()
        command = [sys.executable, "-m", "assistant.cli", "build", str(self.docs), "--index", str(self.index)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        process.kill()
        killed = process.wait() == -signal.SIGKILL
        self._check()
        return killed

    def _change(self) -> None:
        self._number += 1
        text = f"# Catatan\n\nIni catatan nomor {self._number} tentang kerja sama bilateral."
        (self.docs / "catatan.md").write_text(text, encoding="utf-8")

    def _check(self) -> None:
        """Make sure that the index is whole, and becomes what a build that nobody kills makes."""
        notes = [p.text for p in open_index(self.index, self._encoder).passages if p.path == "catatan.md"]
        known = [f"Ini catatan nomor {number} tentang" for number in range(self._number + 1)]
        assert not notes or any(note.startswith(tuple(known)) for note in notes), notes
        build_index(self.docs, self.index, self._encoder)
        opened = open_index(self.index, self._encoder)
        assert any(f"nomor {self._number} tentang" in passage.text for passage in opened.passages)
        assert not list(self.index.glob(f"*{PARTIAL}"))


def main() -> None:
    """Print how many builds were killed, and that nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), load_encoder())
        step = 0
        while bench.kill_at(step + 1):
            step += 1
        print(f"killed at each of {step} steps on disk: the index was whole each time")
        chance = random.Random(0)
        killed = sum(bench.kill_after(chance.uniform(0.1, 4)) for _ in range(options.random))
        print(f"{options.random} builds killed at random moments, {killed} before their end: whole each time")


if __name__ == "__main__":
    main()
