"""Processes of our own that talk with us in lines of JSON."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NICENESS = 10
"""How far a build steps back behind a server on the same machine, where the system knows no better way (POSIX niceness)."""

SECRET = "TANYA_PASSWORD"
"""What such a process has no need to know."""


def step_back() -> None:
    """Let this process work only when others leave a core to it (Linux), or else after them."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    elif hasattr(os, "nice"):
        os.nice(NICENESS)


def started(module: str) -> "subprocess.Popen[str]":
    """A process that runs ``module`` of this project, in a group of its own where the system has groups.

    :raises OSError: if it cannot be started.
    """
    environment = {name: value for name, value in os.environ.items() if name != SECRET}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="ascii",
        env={**environment, "PYTHONPATH": str(Path(__file__).parent.parent)}, start_new_session=True,
    )  # fmt: skip


def kill(process: "subprocess.Popen[str]") -> None:
    """End ``process`` and all that it started."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def speaker() -> Callable[[Any], None]:
    """What such a process says its lines with; what libraries print goes nowhere from now on."""
    stream = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def say(line: Any) -> None:
        stream.write(json.dumps(line) + "\n")
        stream.flush()

    return say
