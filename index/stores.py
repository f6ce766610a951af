"""Where the builds of an index are kept: in a folder, or elsewhere in the same manner."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from index import builds
from index.errors import IndexCorruptError, IndexMissingError
from index.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from index.encoder import Encoder
    from index.searchable import Searchable
    from index.store import Earlier, Index

Content = TypeVar("Content")


class Store(Protocol):
    """Keeps the builds of one index, of which one is in use. A build is written once and never changed.

    Besides what they say, all raise StoreError where the store cannot be reached.
    """

    @property
    def folder(self) -> Path:
        """A folder of this machine that belongs to the index."""

    @property
    def place(self) -> str:
        """How it is called in messages."""

    @property
    def task(self) -> dict[str, Any]:
        """What :func:`store_of` makes it of in another process, as JSON can hold it."""

    def exists(self) -> bool:
        """Whether there is an index, whole or not."""

    def current(self) -> str:
        """Name of the build in use.

        :raises IndexMissingError: if there is none.
        :raises IndexCorruptError: if what is in use is no build.
        """

    def builds(self) -> list[str]:
        """Names of the whole builds, oldest first."""

    def manifest(self) -> Manifest:
        """What the build in use was made of.

        :raises IndexMissingError: if there is none.
        :raises IndexCorruptError: if it is damaged or of another format.
        """

    def open(self, encoder: "Encoder") -> "Searchable":
        """The build in use.

        :raises IndexMissingError: if there is none.
        :raises IndexCorruptError: if it is damaged or of another format.
        :raises IndexForeignError: if it was built with another model than ``encoder``.
        """

    def earlier(self) -> "Earlier":
        """What a new build can take from the one in use.

        :raises IndexMissingError: if there is none.
        :raises IndexCorruptError: if it is damaged or of another format.
        """

    def writing(self) -> AbstractContextManager[None]:
        """Hold the right to change the index; what builds left unfinished is removed.

        :raises BuildBusyError: if another process of this machine holds it.
        :raises IndexWriteError: if it cannot be written.
        """

    def write(self, index: "Index", kept: int) -> None:
        """Write ``index`` as a new build, prove it whole, and put it to use; ``kept`` older ones stay beside it."""

    def roll_back(self, build: str | None = None) -> Manifest:
        """Put the older ``build`` to use, or the last one before that in use; returns its manifest.

        :raises IndexMissingError: if there is no such build.
        :raises IndexCorruptError: if it is damaged; then nothing changes.
        :raises BuildBusyError: if the index is being built.
        """

    def verified(self, build: str) -> Manifest:
        """The manifest of ``build``, once all of it has been read and compared with its checksums.

        :raises IndexCorruptError: if it is damaged.
        """


@dataclass(frozen=True)
class DiskStore:
    """An index in a folder, as :mod:`index.store` writes it.

    :param folder: the folder.
    """

    folder: Path

    @property
    def place(self) -> str:
        """See :class:`Store`; so for the others."""
        return str(self.folder)

    @property
    def task(self) -> dict[str, Any]:
        """The folder's name."""
        return {"folder": str(self.folder)}

    def exists(self) -> bool:
        """Whether a file names the build in use."""
        return builds.has_index(self.folder)

    def current(self) -> str:
        """What that file says."""
        return builds.current_build(self.folder)

    def builds(self) -> list[str]:
        """The folders of builds."""
        return builds.builds(self.folder)

    def manifest(self) -> Manifest:
        """Read without the rest."""
        return read_manifest(self.folder / self.current())

    def open(self, encoder: "Encoder") -> "Index":
        """Checked against its checksums."""
        from index.store import open_index

        return open_index(self.folder, encoder)

    def earlier(self) -> "Earlier":
        """Checked against its checksums."""
        from index.store import read_build

        return read_build(self.folder / self.current()).earlier

    def writing(self) -> AbstractContextManager[None]:
        """By a lock in the folder."""
        return builds.writing(self.folder)

    def write(self, index: "Index", kept: int) -> None:
        """Into a folder of its own."""
        from index.store import write_build

        write_build(self.folder, index, kept)

    def roll_back(self, build: str | None = None) -> Manifest:
        """By the file that names the build in use."""
        from index.store import roll_back

        return roll_back(self.folder, build)

    def verified(self, build: str) -> Manifest:
        """Checked against its checksums."""
        from index.store import read_build

        return read_build(self.folder / build).manifest


def store_at(place: "Path | str | Store") -> Store:
    """The store ``place``, or the one in the folder ``place``."""
    return DiskStore(Path(place)) if isinstance(place, Path | str) else place


def store_of(task: dict[str, Any]) -> Store:
    """The store whose :attr:`Store.task` is ``task``."""
    if "uri" in task:
        from index.milvus import MilvusStore

        return MilvusStore(**{**task, "folder": Path(task["folder"])})
    return DiskStore(Path(task["folder"]))


def if_whole(read: Callable[[], Content]) -> Content | None:
    """What ``read`` gives of the build in use; None if there is none, or none that can be read."""
    try:
        return read()
    except (IndexMissingError, IndexCorruptError):
        return None
