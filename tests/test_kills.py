import random
import subprocess
import sys
from pathlib import Path

import pytest

from bench.kills import Bench
from index.build import build_index
from index.encoder import Encoder
from index.store import open_index


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
def test_a_killed_build_leaves_a_whole_index(encoder: Encoder, tmp_path: Path) -> None:
    bench = Bench(tmp_path, encoder)
    steps = random.Random(0).sample(range(1, 24), 6)
    assert sum(map(bench.kill_at, steps)) > 3
    assert not bench.kill_at(10_000)


@pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
def test_a_full_disk_leaves_the_old_index(readings: Path, encoder: Encoder, tmp_path: Path) -> None:
    import resource

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    before = build_index(readings, tmp_path, encoder).build
    command = [
        sys.executable,
        "-m",
        "assistant.cli",
        "build",
        str(readings),
        "--fresh",
        "--index",
        str(tmp_path),
    ]
    ran = subprocess.run(command, preexec_fn=fill, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "tidak dapat ditulis" in ran.stderr
    assert open_index(tmp_path, encoder).manifest.build == before
    assert not list(tmp_path.glob("*.partial"))
