"""Time builds by one worker, by two and without Ray: ``python -m bench.ray_speed [--documents N]``."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.corpus import write_documents
from bench.ray_kills import machines


def seconds(docs: Path, index: Path, *options: str) -> float:
    """How long a build in a process of its own says that it took, joining the cluster included."""
    command = [sys.executable, "-m", "assistant.cli", "build", str(docs), "--index", str(index), "--json"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    return float(json.loads(ran.stdout)["seconds"])


def main() -> None:
    """Print the seconds of each build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2, help="so many are compared with one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, machines(1) as cluster:
        docs = Path(folder) / "docs"
        write_documents(docs, options.documents)
        alone = seconds(docs, Path(folder) / "alone")
        print(f"without Ray, on all cores: {alone:.1f} s", flush=True)
        one = seconds(docs, Path(folder) / "one", "--ray", cluster.address)
        print(f"1 worker of a core: {one:.1f} s", flush=True)
        for _ in range(options.workers - 1):
            cluster.add()
        more = seconds(docs, Path(folder) / "more", "--ray", cluster.address)
        print(f"{options.workers} workers of a core each: {more:.1f} s, {one / more:.2f} times as fast")


if __name__ == "__main__":
    main()
