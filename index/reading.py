"""Files to passages, one after the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from index.child import ChildReader, ReaderEndedError
from index.documents import unread
from index.errors import DocumentError, Reason
from index.manifest import IndexedDocument, IndexedFile
from index.passages import Passage, split_document

Read = tuple[IndexedFile, tuple[Passage, ...]]
"""A file with what was found in it, and its passages."""


def read_files(docs: Path, files: Sequence[IndexedFile]) -> Iterator[Read]:
    """What is read from each of ``files`` below ``docs``, in their order."""
    with ChildReader() as reader:
        for file in files:
            yield read_file(file, docs, reader)


def read_file(file: IndexedFile, docs: Path, reader: ChildReader) -> Read:
    """What ``reader`` finds in ``file`` below ``docs``, or why it cannot be read."""
    try:
        found = reader.load(docs / file.path, docs)
    except ReaderEndedError as error:
        return IndexedFile(file.path, None, problems=(error.reason,)), ()
    except DocumentError as error:
        return IndexedFile(file.path, file.sha256, problems=(error.reason,)), ()
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
