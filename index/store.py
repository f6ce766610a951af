"""An index: passages with what finds them, in memory and on disk.

On disk an index is a folder of builds, ``<index>/<build>/``, and a file ``<index>/current`` that names
the build in use. A build is written once and never changed.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.dense import DenseIndex
from index.encoder import Encoder
from index.errors import IndexCorruptError, IndexForeignError, IndexMissingError
from index.lexical import LexicalIndex
from index.passages import Passage

FORMAT = 2
"""Version of the layout on disk; another one is refused."""

CURRENT = "current"
MANIFEST = "manifest.json"
PASSAGES = "passages.jsonl"
VECTORS = "vectors.faiss"
SENTENCES = "sentences.npy"


@dataclass(frozen=True)
class IndexedDocument:
    """A document as the index knows it.

    :param path: path relative to the documents' folder, with forward slashes.
    :param title: its title.
    :param sha256: hash of the file it was read from.
    :param passages: how many passages it gave.
    :param file: path of that file, which for a document in an archive is the archive's.
    """

    path: str
    title: str
    sha256: str
    passages: int
    file: str


@dataclass(frozen=True)
class Manifest:
    """What a build was made of.

    :param build: name of the build's folder.
    :param created: time of the build, ISO 8601 with zone.
    :param encoder: name of the model, as it was set.
    :param fingerprint: hash of the model.
    :param documents: the documents, by path.
    :param skipped: paths of the files that could not be read.
    :param files: SHA-256 of each file of the build, by name.
    """

    build: str
    created: str
    encoder: str
    fingerprint: str
    documents: tuple[IndexedDocument, ...] = ()
    skipped: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Index:
    """Everything that retrieval and reading need.

    :param passages: all passages, documents by path, each in reading order.
    :param dense: passage vectors.
    :param lexical: BM25 over the same passages.
    :param sentence_vectors: unit vectors of all sentences of all passages, shape
        (sentences, dimension), half precision.
    :param manifest: what the build was made of.
    """

    passages: tuple[Passage, ...]
    dense: DenseIndex
    lexical: LexicalIndex
    sentence_vectors: NDArray[np.float16]
    manifest: Manifest

    def __post_init__(self) -> None:
        counts = [len(passage.sentences) for passage in self.passages]
        object.__setattr__(self, "_first_sentence", np.concatenate([[0], np.cumsum(counts)]))

    def vectors_of_sentences(self, position: int) -> NDArray[np.float32]:
        """Sentence vectors of the passage at ``position``, shape (its sentences, dimension)."""
        first: NDArray[np.int64] = self._first_sentence  # type: ignore[attr-defined]
        return self.sentence_vectors[first[position] : first[position + 1]].astype(np.float32)

    def nearest_sentences(
        self, vector: NDArray[np.float32], positions: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Cosine of the unit vector ``vector`` to the nearest sentence of each passage at ``positions``, shape
        (len(positions),)."""
        first: NDArray[np.int64] = self._first_sentence  # type: ignore[attr-defined]
        counts = first[positions + 1] - first[positions]
        begins = np.cumsum(counts) - counts
        rows = np.arange(counts.sum()) + np.repeat(first[positions] - begins, counts)
        cosines = self.sentence_vectors[rows].astype(np.float32) @ vector
        return np.asarray(np.maximum.reduceat(cosines, begins), dtype=np.float32)


def open_index(folder: Path, encoder: Encoder) -> Index:
    """The current build of the index at ``folder``, checked against its checksums.

    :raises IndexMissingError: if there is none.
    :raises IndexCorruptError: if it is damaged or of another format.
    :raises IndexForeignError: if it was built with another model than ``encoder``.
    """
    build = folder / current_build(folder)
    manifest = read_manifest(build)
    if manifest.fingerprint != encoder.fingerprint:
        raise IndexForeignError(
            f"Indeks {folder} dibuat dengan model {manifest.encoder!r}, bukan {encoder.name!r}: "
            f"pakai model itu atau bangun ulang dengan `tanya build`.",
            f"The index {folder} was built with the model {manifest.encoder!r}, not "
            f"{encoder.name!r}: set that model or rebuild with `tanya build`.",
        )
    return read_build(build)


def current_build(folder: Path) -> str:
    """Name of the build in use.

    :raises IndexMissingError: if there is no index at ``folder``.
    :raises IndexCorruptError: if the pointer names no build.
    """
    try:
        name = (folder / CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise IndexMissingError(
            f"Belum ada indeks di {folder}: bangun dulu dengan `tanya build`.",
            f"There is no index at {folder}: build one with `tanya build`.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise corrupt(folder, CURRENT) from error
    if not name or Path(name).name != name or not (folder / name).is_dir():
        raise corrupt(folder, CURRENT)
    return name


def read_manifest(build: Path) -> Manifest:
    """The manifest of the build at ``build``.

    :raises IndexCorruptError: if it cannot be read or is of another format.
    """
    try:
        raw = json.loads((build / MANIFEST).read_text(encoding="utf-8"))
        raw["skipped"] = tuple(raw["skipped"])
        raw["documents"] = tuple(IndexedDocument(**document) for document in raw["documents"])
        manifest = Manifest(**raw)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise corrupt(build, MANIFEST) from error
    if manifest.format != FORMAT:
        raise corrupt(build, MANIFEST)
    return manifest


def read_build(build: Path) -> Index:
    """The index in the folder ``build``, checked against its checksums.

    :raises IndexCorruptError: if a file is missing, changed or does not fit the others.
    """
    manifest = read_manifest(build)
    for name, digest in manifest.files.items():
        if not (build / name).is_file() or sha256(build / name) != digest:
            raise corrupt(build, name)
    try:
        index = Index(
            passages=tuple(_read_passages(build / PASSAGES)),
            dense=DenseIndex.from_bytes((build / VECTORS).read_bytes()),
            lexical=LexicalIndex.load(build),
            sentence_vectors=np.load(build / SENTENCES, allow_pickle=False),
            manifest=manifest,
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise corrupt(build, MANIFEST) from error
    if not len(index.passages) == len(index.dense) == len(index.lexical):
        raise corrupt(build, MANIFEST)
    return index


def write_build(build: Path, index: Index) -> Manifest:
    """Write ``index`` into the new folder ``build``; returns its manifest with checksums."""
    build.mkdir(parents=True)
    with (build / PASSAGES).open("w", encoding="utf-8", newline="\n") as file:
        for passage in index.passages:
            file.write(json.dumps(asdict(passage), ensure_ascii=False) + "\n")
    (build / VECTORS).write_bytes(index.dense.to_bytes())
    with (build / SENTENCES).open("wb") as file:
        np.save(file, index.sentence_vectors, allow_pickle=False)
    index.lexical.save(build)
    files = {path.name: sha256(path) for path in sorted(build.iterdir())}
    manifest = Manifest(**{**vars(index.manifest), "files": files})
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    (build / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    for path in build.iterdir():
        _flush(path)
    return manifest


def point_to(folder: Path, build: str) -> None:
    """Make ``build`` the one in use, in one step that a crash cannot halve."""
    pointer = folder / f"{CURRENT}.new"
    pointer.write_text(build, encoding="ascii")
    _flush(pointer)
    pointer.replace(folder / CURRENT)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file at ``path``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def corrupt(where: Path, name: str) -> IndexCorruptError:
    """The error for a file ``name`` of an index that is not what it should be."""
    return IndexCorruptError(
        f"Indeks {where} rusak pada berkas {name}: bangun ulang dengan `tanya build`.",
        f"The index {where} is damaged at its file {name}: rebuild it with `tanya build`.",
    )


def _read_passages(path: Path) -> Iterator[Passage]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            raw: dict[str, Any] = json.loads(line)
            raw["headings"] = tuple(raw["headings"])
            raw["sentences"] = tuple((start, end) for start, end in raw["sentences"])
            raw["turns"] = tuple((start, page) for start, page in raw["turns"])
            yield Passage(**raw)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
