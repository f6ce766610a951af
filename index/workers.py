"""Who reads files and encodes texts for a build: this process, or the workers of a cluster."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index.encoder import Encoder, Vectors
from index.manifest import IndexedFile
from index.reading import Read, read_files


class Workers(Protocol):
    """Who does the work of a build that can be divided."""

    @property
    def slice(self) -> int:
        """Texts that are handed to them at once."""

    def read(self, docs: Path, files: Sequence[IndexedFile]) -> Iterator[Read]:
        """What is read from each of ``files`` below ``docs``, in their order."""

    def encode(self, slices: Sequence[Sequence[str]]) -> Iterator[Vectors]:
        """Unit vectors of the texts of each of ``slices``, in their order."""


@dataclass(frozen=True)
class Here:
    """This process.

    :param slice: texts that are encoded at once, so that memory stays bounded.
    """

    encoder: Encoder
    slice: int = 512

    def read(self, docs: Path, files: Sequence[IndexedFile]) -> Iterator[Read]:
        """See :class:`Workers`."""
        return read_files(docs, files)

    def encode(self, slices: Sequence[Sequence[str]]) -> Iterator[Vectors]:
        """See :class:`Workers`."""
        return map(self.encoder.encode_passages, slices)


def working(ray: str, index: Path, encoder: Encoder) -> AbstractContextManager[Workers]:
    """Who works on a build of ``index``: the Ray cluster at ``ray``, or this process if that is empty."""
    if not ray:
        return nullcontext(Here(encoder))
    from index.cluster import Cluster

    return Cluster(ray, index, encoder)
