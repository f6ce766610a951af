"""A build in a process of its own, so that a server goes on answering beside it.

The process gets its task as a line of JSON and tells in lines of JSON how far it is and how it ended.
"""

import json
import logging
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.errors import Reason
from index.own_process import speaker, started, step_back
from index.progress import Stage, each_percent
from index.stores import Store, store_at, store_of

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildState:
    """How a build is getting on.

    :param running: whether it is still running.
    :param stage: what it is doing.
    :param done: how much of that is done.
    :param total: how much there is to do.
    :param report: what it did, once it has ended well: :meth:`index.build.BuildReport.to_dict`.
    :param problem: why it failed, if it did.
    """

    running: bool = False
    stage: Stage = "read"
    done: int = 0
    total: int = 0
    report: dict[str, Any] | None = None
    problem: Reason | None = None


FAILED = Reason(
    "Pembangunan indeks terhenti di tengah jalan; indeks yang lama tetap dipakai: coba lagi.",
    "The build stopped halfway; the old index stays in use: try again.",
)


class BuildProcess:
    """Builds one index, one build at a time.

    :param docs: folder of documents.
    :param index: folder of the index, or another store.
    :param encoder: the model, as it is set.
    :param kept: older builds that stay on disk.
    :param ray: address of the Ray cluster that builds; without, this machine does.
    """

    def __init__(self, docs: Path, index: Path | Store, encoder: str, kept: int, ray: str = "") -> None:
        self._task = {
            "docs": str(docs), "store": store_at(index).task, "encoder": encoder, "kept": kept, "ray": ray,
        }  # fmt: skip
        self._lock = threading.Lock()
        self.state = BuildState()

    def start(self) -> bool:
        """Start a build; False if one is running."""
        with self._lock:
            if self.state.running:
                return False
            self.state = BuildState(running=True)
        threading.Thread(target=self._run, daemon=True, name="build").start()
        return True

    def _run(self) -> None:
        ended = BuildState(problem=FAILED)
        try:
            ended = self._ended()
        except Exception:
            _logger.exception("a build failed")
        finally:
            self.state = ended

    def _ended(self) -> BuildState:
        """Run the process and give the state in which it ends."""
        ended = BuildState(problem=FAILED)
        with started("index.build_process") as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(self._task) + "\n")
            process.stdin.close()
            for line in process.stdout:
                said = json.loads(line)
                if "stage" in said:
                    self.state = replace(self.state, **said)
                elif "problem" in said:
                    ended = BuildState(problem=Reason(*said["problem"]))
                else:
                    ended = BuildState(report=said["report"])
        return ended


def main() -> None:
    """Build as the line on standard input says."""
    from index.build import build_index
    from index.encoder import load_encoder
    from index.errors import TanyaError

    say = speaker()
    task = json.loads(sys.stdin.readline())
    if not task["ray"]:  # Ray's own workers step back
        step_back()

    def tell(stage: Stage, done: int, total: int) -> None:
        say({"stage": stage, "done": done, "total": total})

    try:
        report = build_index(
            Path(task["docs"]),
            store_of(task["store"]),
            load_encoder(task["encoder"]),
            each_percent(tell),
            kept=task["kept"],
            ray=task["ray"],
        )
        say({"report": report.to_dict()})
    except TanyaError as error:
        say({"problem": error.reason})


if __name__ == "__main__":
    main()
