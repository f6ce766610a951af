"""What a teacher does with the documents of a running server: see, add, remove, build."""

import re
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.settings import check_own_docs
from index.build import planned
from index.build_process import BuildProcess
from index.errors import DocumentError, Reason
from index.folder import Change, is_hidden
from index.kinds import check_content, check_kind, check_size
from index.stores import Store

REMOVED = ".removed"
"""Folder below the documents' folder that keeps what was removed or replaced; it is never read."""

LONGEST_NAME = 120
"""Characters of the longest name of a file that is added."""

MOST_ADDED = 100
"""Files that may be added at once."""


@dataclass(frozen=True)
class Added:
    """What became of a file that a teacher added.

    :param name: its name below the documents' folder.
    :param problem: why it was not added; None if it was.
    """

    name: str
    problem: Reason | None


class Desk:
    """The documents of a server and the index made of them.

    :param docs: folder of documents.
    :param index: folder of the index, or another store.
    :param builder: what builds it.
    :param refresh: called after a build, so that the server uses it at once.
    """

    def __init__(
        self, docs: Path, index: Path | Store, builder: BuildProcess, refresh: Callable[[], object]
    ) -> None:
        self.docs = docs
        self._index = index
        self.builder = builder
        self.refresh = refresh

    def documents(self) -> tuple[Change, ...]:
        """The files with what became of each since the build in use.

        :raises NoDocumentsError: if the folder of documents is gone.
        """
        return planned(self.docs, self._index)

    def add(self, paths: list[str]) -> list[Added]:
        """Put the files at ``paths`` into the folder of documents, each if it is what its name says; one of the same
        name gives way. The files at ``paths`` are gone afterwards.

        :raises SettingsError: if the folder belongs to the program.
        """
        check_own_docs(self.docs)
        added = [self._added(Path(path)) for path in paths[:MOST_ADDED]]
        added += [Added(cleaned(Path(path).name), _TOO_MANY) for path in paths[MOST_ADDED:]]
        for path in paths:
            Path(path).unlink(missing_ok=True)
        return added

    def _added(self, path: Path) -> Added:
        name = cleaned(path.name)
        unfinished = self.docs / f".{name}"
        try:
            check_kind(name)
            check_size(path, name)
            check_content(path.read_bytes(), name)
            shutil.copyfile(path, unfinished)
            self._put_away(name)
            unfinished.replace(self.docs / name)
        except DocumentError as error:
            return Added(name, error.reason)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            return Added(name, _unwritten(name, error))
        return Added(name, None)

    def remove(self, names: list[str]) -> list[str]:
        """Put the files ``names`` of the folder of documents away; gives those that were there.

        :raises SettingsError: if the folder belongs to the program.
        """
        check_own_docs(self.docs)
        gone = [name for name in names if self._holds(name)]
        for name in gone:
            self._put_away(name)
        return gone

    def _holds(self, name: str) -> bool:
        path = self.docs / name
        inside = path.resolve().is_relative_to(self.docs.resolve())
        return inside and path.is_file() and not is_hidden(Path(name))

    def _put_away(self, name: str) -> None:
        path = self.docs / name
        if not path.is_file():
            return
        folder = self.docs / REMOVED / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        folder.mkdir(parents=True, exist_ok=True)
        path.replace(folder / path.name)


def cleaned(name: str) -> str:
    """``name`` as the name of a file that every system takes, without folders, dots before it and control signs.

    >>> cleaned("../../.Bacaan: kelas 7.PDF"), cleaned("CON.md")
    ('Bacaan kelas 7.pdf', '_CON.md')
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = re.sub(r"[^\w .,()&+-]", "", name).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    stem = re.sub(r"\s+", " ", stem if dot else suffix).strip(" .")[:LONGEST_NAME] or "bacaan"
    if re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", stem, re.IGNORECASE):
        stem = f"_{stem}"
    return f"{stem}.{suffix.lower()}" if dot else stem


def _unwritten(name: str, error: OSError) -> Reason:
    return Reason(
        f"Berkas {name} tidak dapat disimpan ({error.strerror}): periksa ruang dan izin folder dokumen.",
        f"The file {name} cannot be kept ({error.strerror}): check room and permissions of the documents' folder.",
    )


_TOO_MANY = Reason(
    f"Berkas itu tidak ditambahkan: paling banyak {MOST_ADDED} berkas sekaligus.",
    f"That file was not added: at most {MOST_ADDED} files at once.",
)
