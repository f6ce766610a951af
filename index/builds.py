"""The builds in an index's folder: their names, which one is in use, and who may write."""

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from index.errors import BuildBusyError, IndexMissingError, IndexWriteError
from index.manifest import corrupt

CURRENT = "current"
"""The file that names the build in use."""

KEPT_BUILDS = 2
"""Older builds that stay on disk beside the newest."""

LOCK = "build.lock"
PARTIAL = ".partial"
_NAME = r"\d{8}T\d{12}-[0-9a-f]{6}"


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


def has_index(folder: Path) -> bool:
    """Whether there is an index at ``folder``, whole or not."""
    return (folder / CURRENT).exists()


def builds(folder: Path) -> list[str]:
    """Names of the builds at ``folder``, oldest first; nothing that something else made."""
    return _named(folder, "")


def no_such_build(build: str | None, where: str, names: Sequence[str]) -> IndexMissingError:
    """The error for ``build``, or any older one, that is not among ``names``, those at ``where``."""
    return IndexMissingError(
        f"Tidak ada bangunan indeks {build or 'yang lebih lama'} di {where}: yang ada {', '.join(names)}.",
        f"There is no {'build ' + build if build else 'older build'} at {where}: there are {', '.join(names)}.",
    )


def new_build_name() -> str:
    """A name that sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:6]}"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the right to change the index at ``folder``, made if missing; what builds left unfinished is removed,
    before and after.

    :raises BuildBusyError: if another process holds it.
    :raises IndexWriteError: if something inside cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK, timeout=0):
            _remove_unfinished(folder)
            try:
                yield
            finally:
                _remove_unfinished(folder)
    except Timeout:
        raise BuildBusyError(
            f"Indeks {folder} sedang dibangun oleh proses lain: tunggu sampai selesai.",
            f"The index {folder} is being built by another process: wait until it has ended.",
        ) from None
    except OSError as error:
        raise IndexWriteError(
            f"Indeks {folder} tidak dapat ditulis ({error.strerror}): kosongkan ruang, atau pilih folder lain "
            f"dengan `--index`.",
            f"The index {folder} cannot be written ({error.strerror}): make room, or choose another folder with "
            f"`--index`.",
        ) from error


def point_to(folder: Path, build: str) -> None:
    """Make ``build`` the one in use, in one step that a crash cannot halve."""
    pointer = folder / f"{CURRENT}.new"
    pointer.write_text(build, encoding="ascii")
    flush(pointer)
    flush(folder)
    _replace(pointer, folder / CURRENT)
    flush(folder)


def _replace(new: Path, old: Path) -> None:
    """Put ``new`` in the place of ``old``; Windows refuses that for the moment in which a server reads ``old``."""
    for _ in range(20):
        with contextlib.suppress(PermissionError):
            new.replace(old)
            return
        time.sleep(0.05)
    new.replace(old)


def remove_old(folder: Path, kept: int, *needed: str) -> None:
    """Remove all builds but the newest and ``kept`` older ones; ``needed`` stay among these."""
    for name in outdated(builds(folder), kept, *needed):
        with contextlib.suppress(OSError):
            shutil.rmtree((folder / name).rename(folder / f"{name}{PARTIAL}"))


def outdated(names: Sequence[str], kept: int, *needed: str) -> Sequence[str]:
    """All of ``names``, oldest first, but the newest and ``kept`` older ones; ``needed`` are among these."""
    spared = [name for name in names if name in needed]
    others = [name for name in names if name not in needed]
    return others[: max(0, len(others) - max(0, kept + 1 - len(spared)))]


def flush(path: Path) -> None:
    """Make sure that the file or folder at ``path`` outlives a power cut."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_unfinished(folder: Path) -> None:
    for name in _named(folder, PARTIAL):
        shutil.rmtree(folder / name, ignore_errors=True)


def _named(folder: Path, suffix: str) -> list[str]:
    name = re.compile(_NAME + re.escape(suffix))
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and name.fullmatch(path.name))
