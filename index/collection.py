"""The folder of documents as passages; what an earlier build read already is not read again."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from itertools import accumulate, islice
from pathlib import Path

from index.documents import title_of_file
from index.errors import NoDocumentsError
from index.folder import found_files
from index.kinds import READABLE
from index.manifest import IndexedDocument, IndexedFile
from index.ocr import tesseract
from index.passages import Passage, moved
from index.progress import Progress, silent
from index.reading import Read, read_files
from index.store import Earlier

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


ReadFiles = Callable[[Path, Sequence[IndexedFile]], Iterator[Read]]
"""What :func:`index.reading.read_files` is."""


def read_collection(
    docs: Path,
    progress: Progress = silent,
    base: Earlier | None = None,
    besides: Path | None = None,
    read: ReadFiles = read_files,
) -> Collection:
    """Every readable document below ``docs``, cut into passages.

    :param progress: told the bytes read and those to read in all.
    :param base: an earlier build; files that it read alike are taken from it.
    :param besides: a folder below ``docs`` that is passed over.
    :param read: reads the others.
    :raises NoDocumentsError: if ``docs`` is no folder or nothing in it can be read.
    """
    found = list(found_files(docs, besides))
    kept = _kept(base)
    known = [_known(file, kept) for file in found]
    sizes = [_size(docs / file.path) if file.sha256 else 0 for file in found]
    total = sum(sizes)
    reads: list[Read] = []
    new = read(docs, [file for file, old in zip(found, known, strict=True) if old is None])
    for old, done in zip(known, accumulate(sizes), strict=True):
        reads.append(old or next(new))
        progress("read", done, total)
    files = tuple(file for file, _ in reads)
    passages = tuple(passage for _, passages in reads for passage in passages)
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


def _kept(base: Earlier | None) -> dict[tuple[str, str | None], Read]:
    """What ``base`` read, by the contents of the files."""
    if base is None or base.manifest.readers != readers():
        return {}
    passages = iter(base.passages)
    return {file.contents: (file, tuple(islice(passages, file.passages))) for file in base.manifest.files}


def _known(file: IndexedFile, kept: dict[tuple[str, str | None], Read]) -> Read | None:
    """What reading ``file`` would give; None if only reading it can tell."""
    if file.sha256 is None:
        return file, ()
    same = kept.get(file.contents)
    return _taken_over(same, file) if same is not None else None


def _taken_over(kept: Read, file: IndexedFile) -> Read | None:
    """``kept`` as if read from ``file`` of the same contents; None if it has problems, which name their file."""
    known, passages = kept
    if known.path == file.path:
        return kept
    if known.problems:
        return None
    rest = iter(passages)
    documents: list[IndexedDocument] = []
    placed: list[Passage] = []
    for document in known.documents:
        path = file.path + document.path.removeprefix(known.path)
        title = document.title if document.titled else title_of_file(path)
        documents.append(replace(document, path=path, title=title))
        placed += moved(tuple(islice(rest, document.passages)), path, title)
    return IndexedFile(file.path, file.sha256, tuple(documents)), tuple(placed)


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
