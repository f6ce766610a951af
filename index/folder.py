"""The folder of documents: its files, and how they differ from what a build was made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from index.errors import DocumentError, NoDocumentsError, Reason
from index.kinds import check_kind, check_size, unopened
from index.manifest import IndexedFile, Manifest, sha256

State = Literal["added", "changed", "renamed", "removed", "unchanged", "skipped"]


@dataclass(frozen=True)
class Change:
    """What became of a file since a build.

    :param file: path relative to the documents' folder, with forward slashes.
    :param state: what became of it; ``skipped`` is a file that gives no document.
    :param before: its former path, if it was renamed.
    :param passages: how many passages it gives, as far as is known.
    :param problems: why it, or a part of it, could not be read.
    """

    file: str
    state: State
    before: str | None = None
    passages: int = 0
    problems: tuple[Reason, ...] = ()


def check_folder(docs: Path) -> None:
    """Make sure that there is a folder ``docs``.

    :raises NoDocumentsError: if there is none.
    """
    if not docs.is_dir():
        raise NoDocumentsError(
            f"Folder dokumen {docs} tidak ada: periksa namanya.",
            f"There is no folder of documents {docs}: check its name.",
        )


def found_files(docs: Path, besides: Path | None = None) -> Iterator[IndexedFile]:
    """The files below ``docs``, not read yet, by path; hidden ones and those below ``besides`` are passed over.

    :raises NoDocumentsError: if ``docs`` is no folder.
    """
    check_folder(docs)
    root = docs.resolve()
    other = besides.resolve() if besides is not None else root
    inside = other != root and other.is_relative_to(root)
    for path in sorted(docs.rglob("*")):
        inner = path.relative_to(docs)
        passed = inside and path.is_relative_to(docs / other.relative_to(root))
        if not is_hidden(inner) and not passed and _is_file(path):
            yield _found(path, inner.as_posix(), root)


def is_hidden(inner: PurePath) -> bool:
    """Whether ``inner``, a path relative to the documents' folder, is hidden, or in a hidden folder."""
    return any(part.startswith(".") for part in inner.parts)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _found(path: Path, name: str, root: Path) -> IndexedFile:
    shown = name.encode("utf-8", "replace").decode()
    if shown != name:
        return IndexedFile(shown, None, problems=(_badly_named(shown),))
    try:
        _check(path, name, root)
        return IndexedFile(name, sha256(path))
    except DocumentError as error:
        return IndexedFile(name, None, problems=(error.reason,))
    except (OSError, RuntimeError) as error:  # links that lead in a circle are a RuntimeError
        return IndexedFile(name, None, problems=(unopened(name, error).reason,))


def _badly_named(name: str) -> Reason:
    return Reason(
        f"Nama berkas {name} rusak (bukan UTF-8): ganti namanya.",
        f"The name of the file {name} is broken (it is not UTF-8): rename it.",
    )


def _check(path: Path, name: str, root: Path) -> None:
    if not path.resolve().is_relative_to(root):
        raise DocumentError(
            f"Berkas {name} menunjuk ke luar folder dokumen: salin berkasnya ke dalam.",
            f"The file {name} points outside the folder of documents: copy the file into it.",
        )
    check_kind(name)
    check_size(path, name)


def changes(files: Sequence[IndexedFile], base: Manifest | None) -> tuple[Change, ...]:
    """What became of each of ``files``, read or not yet, since the build ``base``, and of those that it alone has;
    by path."""
    before = {file.path: file for file in base.files} if base is not None else {}
    now = {file.path for file in files}
    gone = {file.contents: file for file in before.values() if file.sha256 and file.path not in now}
    found = [_change(file, before.get(file.path), gone) for file in files]
    renamed = {change.before for change in found}
    removed = [Change(path, "removed") for path in before if path not in now and path not in renamed]
    return tuple(sorted([*found, *removed], key=lambda change: change.file))


def is_current(base: Manifest, docs: Path, besides: Path | None = None) -> bool:
    """Whether the documents below ``docs`` are those that the build ``base`` was made from.

    :raises NoDocumentsError: if ``docs`` is no folder.
    """
    found = changes(list(found_files(docs, besides)), base)
    return all(change.state in ("unchanged", "skipped") for change in found)


def _change(
    file: IndexedFile, before: IndexedFile | None, gone: Mapping[tuple[str, str | None], IndexedFile]
) -> Change:
    state: State = "added" if before is None else "changed"
    former = gone.get(file.contents) if before is None else None
    if former is not None:
        state = "renamed"
    elif before is not None and before.contents == file.contents:
        state, former = "unchanged", before
    known = file if former is None or file.documents or file.problems else former
    if known.problems and not known.documents and not (before is not None and before.documents):
        state = "skipped"
    renamed_from = former.path if former is not None and state == "renamed" else None
    return Change(file.path, state, renamed_from, known.passages, known.problems)
