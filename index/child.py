"""Reads documents in a process of its own, which may fail, hang or swell without harm to the others.

The process reads lines of JSON, each naming a file, and answers each with a line.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from index.alive import when_alive
from index.blocks import Block, Document
from index.documents import load_documents
from index.errors import DocumentError
from index.own_process import kill, speaker, started

SECONDS = 120.0
"""How long one file may take, or one page of pictures."""

ALIVE = {"alive": True}
"""What the process says between two such pages."""

MEMORY = 1200 * 2**20
"""Bytes of address space that the process may take, where the system can limit it; Pandoc has a limit of its own."""


class ChildReader:
    """Reads documents in a child process that is started when needed.

    :param seconds: how long one file may take.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def load(self, path: Path, root: Path) -> list[Document | DocumentError]:
        """The documents that the file at ``path``, below ``root``, holds, and why others could not be read.

        :raises ReaderEndedError: if reading takes too long, or ends the process.
        :raises DocumentError: if the file cannot be read.
        """
        name = path.relative_to(root).as_posix()
        process = self._started(name)
        late = threading.Event()

        def end() -> None:
            late.set()
            kill(process)

        answer: dict[str, Any] | None = ALIVE
        request: dict[str, str] | None = {"path": str(path), "root": str(root)}
        while answer == ALIVE:
            timer = threading.Timer(self._seconds, end)
            timer.start()
            try:
                answer = _asked(process, request)
            finally:
                timer.cancel()
            request = None
        if answer is None or late.is_set():
            self._stop()
        if answer is None:
            raise _too_long(name, self._seconds) if late.is_set() else _too_heavy(name)
        if "error" in answer:
            raise DocumentError(*answer["error"])
        return [
            _document(raw) if isinstance(raw, dict) else DocumentError(*raw) for raw in answer["documents"]
        ]

    def _started(self, name: str) -> "subprocess.Popen[str]":
        if self._process is None:
            try:
                self._process = started("index.child")
            except OSError as error:
                raise _not_started(name, error) from error
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            kill(self._process)
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()  # type: ignore[union-attr]
            self._process = None


class ReaderEndedError(DocumentError):
    """The process that read a file ended before it was done; another try may go better."""


def _asked(process: "subprocess.Popen[str]", request: dict[str, str] | None) -> dict[str, Any] | None:
    """What the child answers to ``request``, or further to the one before; None if it ended."""
    try:
        if request is not None:
            process.stdin.write(json.dumps(request) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        line = process.stdout.readline()  # type: ignore[union-attr]
    except OSError:
        return None
    return json.loads(line) if line.endswith("\n") else None


def _document(raw: dict[str, Any]) -> Document:
    blocks = tuple(
        Block(b["text"], tuple(b["headings"]), b["page"], tuple((at, page) for at, page in b["turns"]))
        for b in raw["blocks"]
    )
    return Document(raw["path"], raw["title"], raw["titled"], blocks, tuple(raw["unread"]))


def _too_long(name: str, seconds: float) -> ReaderEndedError:
    return ReaderEndedError(
        f"Berkas {name} tidak selesai dibaca dalam {seconds:.0f} detik: pecah atau simpan ulang berkas itu.",
        f"The file {name} was not read within {seconds:.0f} seconds: split it or save it anew.",
    )


def _not_started(name: str, error: OSError) -> ReaderEndedError:
    return ReaderEndedError(
        f"Pembaca berkas {name} tidak dapat dijalankan ({error.strerror}): tutup program lain dan ulangi.",
        f"The reader of the file {name} cannot be started ({error.strerror}): close other programs and try again.",
    )


def _too_heavy(name: str) -> ReaderEndedError:
    return ReaderEndedError(
        f"Berkas {name} menghabiskan memori atau menghentikan pembacanya: pecah atau simpan ulang berkas itu.",
        f"The file {name} used up the memory or ended its reader: split it or save it anew.",
    )


def _answer(request: dict[str, str]) -> dict[str, Any]:
    try:
        found = load_documents(Path(request["path"]), Path(request["root"]))
        return {"documents": [_sent(one) for one in found]}
    except DocumentError as error:
        return {"error": [error.indonesian, error.english]}


def _sent(one: Document | DocumentError) -> dict[str, Any] | list[str]:
    return [one.indonesian, one.english] if isinstance(one, DocumentError) else asdict(one)


def _requests() -> Iterator[dict[str, str]]:
    for line in sys.stdin:
        yield json.loads(line)


def main() -> None:
    """Answer requests until there are no more; what libraries print goes nowhere."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    say = speaker()
    when_alive(lambda: say(ALIVE))
    for request in _requests():
        say(_answer(request))


if __name__ == "__main__":
    main()
