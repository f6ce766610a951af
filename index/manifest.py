"""What a build of an index was made of, and how that is written."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from index.errors import IndexCorruptError, Reason

FORMAT = 4
"""Version of the layout on disk; another one is refused."""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class IndexedDocument:
    """A document as the index knows it.

    :param path: path relative to the documents' folder, with forward slashes.
    :param title: its title.
    :param titled: whether the title is its own, not made of the file's name.
    :param passages: how many passages it gave.
    """

    path: str
    title: str
    titled: bool
    passages: int


@dataclass(frozen=True)
class IndexedFile:
    """A file of the documents' folder, as a build found it.

    :param path: path relative to the folder, with forward slashes.
    :param sha256: hash of its contents; None if they were not read.
    :param documents: the documents in it: several in an archive, none if it could not be read.
    :param problems: why it, or a part of it, could not be read.
    """

    path: str
    sha256: str | None
    documents: tuple[IndexedDocument, ...] = ()
    problems: tuple[Reason, ...] = ()

    @property
    def contents(self) -> tuple[str, str | None]:
        """What decides what is read from it: its ending and hash."""
        return PurePosixPath(self.path).suffix.lower(), self.sha256

    @property
    def passages(self) -> int:
        """How many passages it gives."""
        return sum(document.passages for document in self.documents)


@dataclass(frozen=True)
class Manifest:
    """What a build was made of.

    :param build: name of the build's folder.
    :param created: time of the build, ISO 8601 with zone.
    :param encoder: name of the model, as it was set.
    :param fingerprint: hash of the model.
    :param readers: hash of what read the files.
    :param files: the files of the documents' folder, by path.
    :param checksums: SHA-256 of each file of the build, by name.
    """

    build: str
    created: str
    encoder: str
    fingerprint: str
    readers: str = ""
    files: tuple[IndexedFile, ...] = ()
    checksums: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def documents(self) -> tuple[IndexedDocument, ...]:
        """The documents, by path of their files."""
        return tuple(document for file in self.files for document in file.documents)

    @property
    def passages(self) -> int:
        """How many passages they gave."""
        return sum(document.passages for document in self.documents)

    def of_documents(self, paths: Collection[str]) -> "Manifest":
        """The part of it that tells of the documents at ``paths``."""
        files = (
            replace(file, documents=tuple(one for one in file.documents if one.path in paths))
            for file in self.files
        )
        return replace(self, files=tuple(file for file in files if file.documents))


def read_manifest(build: Path) -> Manifest:
    """The manifest of the build at ``build``.

    :raises IndexCorruptError: if it cannot be read or is of another format.
    """
    try:
        return manifest_of((build / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise corrupt(build, MANIFEST) from error


def manifest_of(text: str) -> Manifest:
    """The manifest that the JSON ``text`` holds.

    :raises ValueError: if it is no JSON, or of another format; so do TypeError and KeyError.
    """
    raw = json.loads(text)
    if raw["format"] != FORMAT:
        raise ValueError(f"format {raw['format']}")
    return Manifest(**{**raw, "files": tuple(map(file_of, raw["files"]))})


def write_manifest(build: Path, manifest: Manifest) -> None:
    """Write ``manifest`` into the folder ``build``."""
    (build / MANIFEST).write_text(manifest_json(manifest), encoding="utf-8", newline="\n")


def manifest_json(manifest: Manifest) -> str:
    """``manifest`` as JSON, which :func:`manifest_of` reads."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=1)


def file_of(raw: dict[str, Any]) -> IndexedFile:
    """The file that JSON holds as ``raw``."""
    documents = tuple(IndexedDocument(**document) for document in raw["documents"])
    problems = tuple(Reason(*problem) for problem in raw["problems"])
    return IndexedFile(raw["path"], raw["sha256"], documents, problems)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file at ``path``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def corrupt(where: Path | str, name: str) -> IndexCorruptError:
    """The error for a file ``name`` of an index that is not what it should be."""
    return IndexCorruptError(
        f"Indeks {where} rusak pada berkas {name}: bangun ulang dengan `tanya build`.",
        f"The index {where} is damaged at its file {name}: rebuild it with `tanya build`.",
    )
