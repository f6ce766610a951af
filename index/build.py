"""From a folder of documents to an index: read, encode, write, verify, switch over; all or nothing."""

import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

import numpy as np
from filelock import FileLock, Timeout

from index.child import ChildReader
from index.dense import DenseIndex
from index.documents import READABLE, pages_unread
from index.encoder import Encoder
from index.errors import BuildBusyError, DocumentError, IndexWriteError, NoDocumentsError, TanyaError
from index.lexical import LexicalIndex
from index.passages import Passage, split_document
from index.store import (
    Index,
    IndexedDocument,
    Manifest,
    corrupt,
    point_to,
    read_build,
    sha256,
    write_build,
)

Stage = Literal["read", "encode", "write"]
Progress = Callable[[Stage, int, int], None]

KEPT_BUILDS = 2
"""The build in use and the one before it stay on disk."""

PARTIAL = ".partial"
_BUILD_NAME = r"\d{8}T\d{12}-[0-9a-f]{6}"


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    :param build: name of the new build.
    :param documents: how many documents are in it.
    :param passages: how many passages.
    :param skipped: files that could not be read, or not all of them, by path, and why.
    :param seconds: how long it took.
    """

    build: str
    documents: int
    passages: int
    skipped: tuple[tuple[str, TanyaError], ...]
    seconds: float


@dataclass(frozen=True)
class Collection:
    """The readable documents of a folder.

    :param documents: the documents, by path.
    :param passages: their passages.
    :param skipped: files that could not be read, or not all of them, by path, and why.
    """

    documents: tuple[IndexedDocument, ...]
    passages: tuple[Passage, ...]
    skipped: tuple[tuple[str, TanyaError], ...]


def silent(stage: Stage, done: int, total: int) -> None:
    """Progress that nobody watches."""


def build_index(docs: Path, index: Path, encoder: Encoder, progress: Progress = silent) -> BuildReport:
    """Index every readable document below ``docs`` and switch ``index`` over to the result.

    Until the very last step the old build stays in use, whatever happens.

    :param docs: folder of documents.
    :param index: folder of the index; made if missing.
    :param progress: told the stage, the steps done and the steps in all.
    :raises NoDocumentsError: if ``docs`` is no folder or nothing in it can be read.
    :raises BuildBusyError: if another build of the same index is running.
    :raises IndexWriteError: if the index cannot be written.
    """
    started = time.perf_counter()
    collection = read_collection(docs, progress)
    try:
        index.mkdir(parents=True, exist_ok=True)
        with FileLock(index / "build.lock", timeout=0):
            build = _built(collection, index, encoder, progress)
    except Timeout:
        raise BuildBusyError(
            f"Indeks {index} sedang dibangun oleh proses lain: tunggu sampai selesai.",
            f"The index {index} is being built by another process: wait until it has ended.",
        ) from None
    except OSError as error:
        raise IndexWriteError(
            f"Indeks {index} tidak dapat ditulis ({error.strerror}): pilih folder lain dengan `--index`.",
            f"The index {index} cannot be written ({error.strerror}): choose another folder with `--index`.",
        ) from error
    return BuildReport(
        build=build,
        documents=len(collection.documents),
        passages=len(collection.passages),
        skipped=collection.skipped,
        seconds=time.perf_counter() - started,
    )


def _built(collection: Collection, index: Path, encoder: Encoder, progress: Progress) -> str:
    """Embed and write ``collection`` into a new folder of ``index``, switch over, and give its name."""
    _remove_unfinished(index)
    build = _new_build_name()
    built = index_passages(collection.passages, encoder, progress)
    manifest = replace(
        built.manifest,
        build=build,
        documents=collection.documents,
        skipped=tuple(path for path, _ in collection.skipped),
    )
    progress("write", 0, 1)
    _write_and_switch(index, build, replace(built, manifest=manifest))
    progress("write", 1, 1)
    return build


def index_passages(
    passages: Sequence[Passage],
    encoder: Encoder,
    progress: Progress = silent,
) -> Index:
    """An index of ``passages``, at least one, in memory."""
    texts = [passage.embedded for passage in passages]
    pieces = [text for passage in passages for text in _sentence_texts(passage)]
    total = len(texts) + len(pieces)
    vectors = encoder.encode_passages(texts, lambda done: progress("encode", done, total))
    sentence_vectors = encoder.encode_passages(
        pieces, lambda done: progress("encode", len(texts) + done, total)
    )
    return Index(
        passages=tuple(passages),
        dense=DenseIndex.from_vectors(vectors),
        lexical=LexicalIndex.from_texts(texts),
        sentence_vectors=sentence_vectors.astype(np.float16),
        manifest=Manifest(
            build="memory",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            encoder=encoder.name,
            fingerprint=encoder.fingerprint,
        ),
    )


def _sentence_texts(passage: Passage) -> list[str]:
    return [passage.text[start:end] for start, end in passage.sentences]


def read_collection(docs: Path, progress: Progress = silent) -> Collection:
    """Every readable document below ``docs``, cut into passages.

    :raises NoDocumentsError: if ``docs`` is no folder or nothing in it can be read.
    """
    if not docs.is_dir():
        raise NoDocumentsError(
            f"Folder dokumen {docs} tidak ada: periksa namanya.",
            f"There is no folder of documents {docs}: check its name.",
        )
    paths = sorted(_document_paths(docs))
    documents: list[IndexedDocument] = []
    passages: list[Passage] = []
    skipped: list[tuple[str, TanyaError]] = []
    with ChildReader() as reader:
        for count, path in enumerate(paths, 1):
            name = path.relative_to(docs).as_posix()
            try:
                found = reader.load(path, docs)
                digest = sha256(path)
            except DocumentError as error:
                skipped.append((name, error))
                found = []
            for document in found:
                if isinstance(document, DocumentError):
                    skipped.append((name, document))
                    continue
                pieces = split_document(document)
                documents.append(IndexedDocument(document.path, document.title, digest, len(pieces), name))
                if document.unread:
                    skipped.append((name, pages_unread(document.path, document.unread)))
                passages.extend(pieces)
            progress("read", count, len(paths))
    if not passages:
        raise _nothing_to_read(docs, skipped)
    return Collection(tuple(documents), tuple(passages), tuple(skipped))


def is_current(manifest: Manifest, docs: Path) -> bool:
    """Whether the build of ``manifest`` was made from the documents below ``docs`` as they are now."""
    paths = {path.relative_to(docs).as_posix(): path for path in _document_paths(docs)}
    known = {document.file: document.sha256 for document in manifest.documents}
    if set(paths) - (set(manifest.skipped) - set(known)) != set(known):
        return False
    return all(sha256(paths[name]) == digest for name, digest in known.items())


def _nothing_to_read(docs: Path, skipped: Sequence[tuple[str, TanyaError]]) -> NoDocumentsError:
    kinds = ", ".join(sorted(READABLE))
    if skipped:
        first = skipped[0][1]
        return NoDocumentsError(
            f"Tidak ada dokumen di {docs} yang dapat dibaca; yang pertama: {first.indonesian}",
            f"No document in {docs} can be read; the first: {first.english}",
        )
    return NoDocumentsError(
        f"Tidak ada dokumen di {docs}: taruh berkas {kinds} di sana.",
        f"There are no documents in {docs}: put files of the kinds {kinds} there.",
    )


def _document_paths(docs: Path) -> Iterable[Path]:
    root = docs.resolve()
    for path in docs.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(docs).parts)
        inside = path.resolve().is_relative_to(root)
        if path.suffix.lower() in READABLE and not hidden and inside and path.is_file():
            yield path


def _write_and_switch(index: Path, build: str, built: Index) -> None:
    unfinished = index / f"{build}{PARTIAL}"
    write_build(unfinished, built)
    if len(read_build(unfinished).passages) != len(built.passages):
        raise corrupt(unfinished, "passages")
    unfinished.replace(index / build)
    point_to(index, build)
    for old in _folders(index)[:-KEPT_BUILDS]:
        shutil.rmtree(old, ignore_errors=True)


def _remove_unfinished(index: Path) -> None:
    for path in _folders(index, suffix=PARTIAL):
        shutil.rmtree(path, ignore_errors=True)


def _folders(index: Path, suffix: str = "") -> list[Path]:
    """Builds in ``index``, oldest first; never a folder that something else made."""
    name = re.compile(_BUILD_NAME + re.escape(suffix))
    return sorted(p for p in index.iterdir() if p.is_dir() and name.fullmatch(p.name))


def _new_build_name() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:6]}"
