"""The folder of documents as passages; what an earlier build read already is not read again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from itertools import accumulate, islice
from pathlib import Path

from index.child import ChildReader, ReaderEndedError
from index.documents import title_of_file, unread
from index.errors import DocumentError, NoDocumentsError, Reason
from index.folder import found_files
from index.kinds import READABLE
from index.manifest import IndexedDocument, IndexedFile
from index.ocr import tesseract
from index.passages import Passage, moved, split_document
from index.progress import Progress, silent
from index.store import Index

CONVERTERS = (
    "trafilatura",
    "markdown-it-py",
    "pypdfium2",
    "pypandoc_binary",
    "openpyxl",
    "sentencex",
    "lxml",
    "pillow",
)


@dataclass(frozen=True)
class Collection:
    """The files of a folder and what was read from them.

    :param files: all files, by path.
    :param passages: the passages of their documents, in the same order.
    """

    files: tuple[IndexedFile, ...]
    passages: tuple[Passage, ...]


Read = tuple[IndexedFile, tuple[Passage, ...]]


def read_collection(
    docs: Path, progress: Progress = silent, base: Index | None = None, besides: Path | None = None
) -> Collection:
    """Every readable document below ``docs``, cut into passages.

    :param progress: told the bytes read and those to read in all.
    :param base: an earlier build; files that it read alike are taken from it.
    :param besides: a folder below ``docs`` that is passed over.
    :raises NoDocumentsError: if ``docs`` is no folder or nothing in it can be read.
    """
    found = list(found_files(docs, besides))
    kept = _kept(base)
    sizes = [_size(docs / file.path) if file.sha256 else 0 for file in found]
    total = sum(sizes)
    read: list[Read] = []
    with ChildReader() as reader:
        for file, done in zip(found, accumulate(sizes), strict=True):
            read.append(_taken_over(kept.get(file.contents), file) or _read(file, docs, reader))
            progress("read", done, total)
    files = tuple(file for file, _ in read)
    passages = tuple(passage for _, passages in read for passage in passages)
    if not passages:
        raise _nothing_to_read(docs, files)
    return Collection(files, passages)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


@cache
def readers() -> str:
    """Hash of all that decides how files are read: the code of this package and the versions of the converters."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    for name in CONVERTERS:
        digest.update(version(name).encode())
    digest.update(tesseract().encode())
    return digest.hexdigest()


def _kept(base: Index | None) -> dict[tuple[str, str | None], Read]:
    """What ``base`` read, by the contents of the files."""
    if base is None or base.manifest.readers != readers():
        return {}
    passages = iter(base.passages)
    return {file.contents: (file, tuple(islice(passages, file.passages))) for file in base.manifest.files}


def _taken_over(kept: Read | None, file: IndexedFile) -> Read | None:
    """``kept`` as if read from ``file`` of the same contents; None if only reading it again can tell: problems name
    their file."""
    if kept is None or file.sha256 is None or (kept[0].problems and kept[0].path != file.path):
        return None
    known, passages = kept
    if known.path == file.path:
        return kept
    rest = iter(passages)
    documents: list[IndexedDocument] = []
    placed: list[Passage] = []
    for document in known.documents:
        path = file.path + document.path.removeprefix(known.path)
        title = document.title if document.titled else title_of_file(path)
        documents.append(replace(document, path=path, title=title))
        placed += moved(tuple(islice(rest, document.passages)), path, title)
    return IndexedFile(file.path, file.sha256, tuple(documents)), tuple(placed)


def _read(file: IndexedFile, docs: Path, reader: ChildReader) -> Read:
    if file.sha256 is None:
        return file, ()
    try:
        found = reader.load(docs / file.path, docs)
    except ReaderEndedError as error:
        return IndexedFile(file.path, None, problems=(error.reason,)), ()
    except DocumentError as error:
        return replace(file, problems=(error.reason,)), ()
    documents: list[IndexedDocument] = []
    passages: list[Passage] = []
    problems: list[Reason] = []
    for document in found:
        if isinstance(document, DocumentError):
            problems.append(document.reason)
            continue
        pieces = split_document(document)
        passages += pieces
        documents.append(IndexedDocument(document.path, document.title, document.titled, len(pieces)))
        if document.unread:
            problems.append(unread(document.path, document.unread).reason)
    return IndexedFile(file.path, file.sha256, tuple(documents), tuple(problems)), tuple(passages)


def _nothing_to_read(docs: Path, files: Sequence[IndexedFile]) -> NoDocumentsError:
    problems = [problem for file in files for problem in file.problems]
    if problems:
        return NoDocumentsError(
            f"Tidak ada dokumen di {docs} yang dapat dibaca; yang pertama: {problems[0].indonesian}",
            f"No document in {docs} can be read; the first: {problems[0].english}",
        )
    kinds = ", ".join(sorted(READABLE))
    return NoDocumentsError(
        f"Tidak ada dokumen di {docs}: taruh berkas {kinds} di sana.",
        f"There are no documents in {docs}: put files of the kinds {kinds} there.",
    )
