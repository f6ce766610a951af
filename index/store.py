"""An index: passages with what finds them, in memory and on disk.

On disk an index is a folder of builds, ``<index>/<build>/``, and a file ``<index>/current`` that names
the build in use. A build is written once and never changed.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.builds import PARTIAL, builds, current_build, flush, no_such_build, point_to, remove_old, writing
from index.dense import DenseIndex, Vectors
from index.encoder import Encoder
from index.errors import IndexCorruptError, IndexForeignError, IndexMissingError
from index.lexical import LexicalIndex
from index.manifest import Manifest, corrupt, read_manifest, sha256, write_manifest
from index.passages import Passage
from index.searchable import Candidates, together
from index.stored import StoredPassages, write_passages

PASSAGES = "passages.jsonl"
BEGINS = "passages.npy"
VECTORS = "vectors.npy"
NEAREST = "nearest.faiss"
SENTENCES = "sentences.npy"
FIRST_SENTENCES = "first_sentences.npy"

Content = TypeVar("Content")


@dataclass(frozen=True)
class Earlier:
    """What an earlier build read and encoded.

    :param manifest: what it was made of.
    :param passages: its passages, documents by path, each in reading order.
    :param vectors: theirs, shape (passages, dimension).
    :param sentence_vectors: those of all their sentences, shape (sentences, dimension).
    """

    manifest: Manifest
    passages: Sequence[Passage]
    vectors: Vectors
    sentence_vectors: NDArray[np.float16]


@dataclass(frozen=True)
class Index:
    """An index that is at hand, in memory or in files: everything that finding and reading need, as
    :class:`index.searchable.Searchable` tells.

    :param passages: all passages, documents by path, each in reading order.
    :param dense: passage vectors.
    :param lexical: BM25 over the same passages.
    :param sentence_vectors: unit vectors of all sentences of all passages, shape
        (sentences, dimension), half precision.
    :param first_sentences: number of each passage's first sentence, and of all sentences, shape (passages + 1,).
    :param manifest: what the build was made of.
    """

    passages: Sequence[Passage]
    dense: DenseIndex
    lexical: LexicalIndex
    sentence_vectors: NDArray[np.float16]
    first_sentences: NDArray[np.int64]
    manifest: Manifest

    @cached_property
    def _places(self) -> dict[str, range]:
        """Numbers of the passages of each document."""
        documents = self.manifest.documents
        ends = accumulate(document.passages for document in documents)
        return {
            document.path: range(end - document.passages, end)
            for document, end in zip(documents, ends, strict=True)
        }

    @property
    def positions(self) -> NDArray[np.int64]:
        """See :class:`index.searchable.Searchable`; so for the others."""
        return np.arange(len(self.passages))

    def candidates(self, vector: Vectors, text: str, limit: int) -> Candidates:
        """Found in FAISS and by BM25."""
        positions, words = together(self.dense.search(vector, limit), self.lexical.search(text, limit))
        cosines = self.dense.scores(vector, positions)
        return Candidates(positions, cosines, self.nearest_sentences(vector, positions), words)

    def passages_at(self, positions: Iterable[int]) -> list[Passage]:
        """Each read when it is wanted."""
        return [self.passages[int(position)] for position in positions]

    def passages_of(self, document: str) -> tuple[Passage, ...]:
        """Each read when it is wanted."""
        return tuple(self.passages[number] for number in self._places.get(document, ()))

    def vectors_at(self, positions: NDArray[np.int64]) -> Vectors:
        """Each read when it is wanted."""
        return self.dense.vectors(positions)

    def sentences_at(self, positions: Iterable[int]) -> list[Vectors]:
        """Each read when it is wanted."""
        return [self.vectors_of_sentences(int(position)) for position in positions]

    def rarity(self, stem: str) -> float:
        """Among the passages of this index."""
        return self.lexical.rarity(stem)

    def part(self, documents: Collection[str]) -> "Index":
        """An index of its own, in memory."""
        chosen = self.numbers_of(documents)
        passages = tuple(self.passages_at(chosen))
        return Index(
            passages=passages,
            dense=DenseIndex.from_vectors(self.dense.vectors(chosen)),
            lexical=LexicalIndex.from_texts([passage.embedded for passage in passages]),
            sentence_vectors=np.concatenate(self.sentences_at(chosen)).astype(np.float16),
            first_sentences=first_sentences_of(passages),
            manifest=self.manifest.of_documents(documents),
        )

    @property
    def earlier(self) -> Earlier:
        """What a later build takes from it."""
        return Earlier(self.manifest, self.passages, self.dense.all_vectors, self.sentence_vectors)

    def numbers_of(self, documents: Iterable[str]) -> NDArray[np.int64]:
        """Numbers of the passages of ``documents``, given by their paths, ascending."""
        return np.array(sorted(chain(*(self._places.get(path, ()) for path in documents))), dtype=np.int64)

    def vectors_of_sentences(self, position: int) -> NDArray[np.float32]:
        """Sentence vectors of the passage at ``position``, shape (its sentences, dimension)."""
        first = self.first_sentences
        return self.sentence_vectors[first[position] : first[position + 1]].astype(np.float32)

    def nearest_sentences(
        self, vector: NDArray[np.float32], positions: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Cosine of the unit vector ``vector`` to the nearest sentence of each passage at ``positions``, shape
        (len(positions),)."""
        first = self.first_sentences
        counts = first[positions + 1] - first[positions]
        begins = np.cumsum(counts) - counts
        rows = np.arange(counts.sum()) + np.repeat(first[positions] - begins, counts)
        cosines = self.sentence_vectors[rows].astype(np.float32) @ vector
        return np.asarray(np.maximum.reduceat(cosines, begins), dtype=np.float32)


def first_sentences_of(passages: Sequence[Passage]) -> NDArray[np.int64]:
    """Number of the first sentence of each of ``passages``, and of all sentences, shape (passages + 1,)."""
    return np.cumsum([0, *(len(passage.sentences) for passage in passages)], dtype=np.int64)


def open_index(folder: Path, encoder: Encoder) -> Index:
    """The current build of the index at ``folder``, checked against its checksums.

    :raises IndexMissingError: if there is none.
    :raises IndexCorruptError: if it is damaged or of another format.
    :raises IndexForeignError: if it was built with another model than ``encoder``.
    """
    build = folder / current_build(folder)
    check_model(read_manifest(build), encoder, str(folder))
    return read_build(build)


def check_model(manifest: Manifest, encoder: Encoder, where: str) -> None:
    """Make sure that ``encoder`` made the index at ``where``.

    :raises IndexForeignError: if another model did.
    """
    if manifest.fingerprint != encoder.fingerprint:
        raise IndexForeignError(
            f"Indeks {where} dibuat dengan model {manifest.encoder!r}, bukan {encoder.name!r}: "
            f"pakai model itu atau bangun ulang dengan `tanya build`.",
            f"The index {where} was built with the model {manifest.encoder!r}, not "
            f"{encoder.name!r}: set that model or rebuild with `tanya build`.",
        )


def read_build(build: Path) -> Index:
    """The index in the folder ``build``, checked against its checksums.

    :raises IndexCorruptError: if a file is missing, changed or does not fit the others.
    """
    manifest = read_manifest(build)
    for name, digest in manifest.checksums.items():
        if not (build / name).is_file() or sha256(build / name) != digest:
            raise corrupt(build, name)
    try:
        index = Index(
            passages=StoredPassages(build / PASSAGES, _mapped(build / BEGINS)),
            dense=DenseIndex.load(_mapped(build / VECTORS), build / NEAREST),
            lexical=LexicalIndex.load(build),
            sentence_vectors=_mapped(build / SENTENCES),
            first_sentences=_mapped(build / FIRST_SENTENCES),
            manifest=manifest,
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise corrupt(build, PASSAGES) from error
    if not len(index.passages) == len(index.dense) == len(index.lexical):
        raise corrupt(build, VECTORS)
    if len(index.first_sentences) != len(index.passages) + 1:
        raise corrupt(build, FIRST_SENTENCES)
    if index.first_sentences[-1] != len(index.sentence_vectors):
        raise corrupt(build, SENTENCES)
    if len(index.passages) != sum(document.passages for document in manifest.documents):
        raise corrupt(build, PASSAGES)
    return index


def write_build(folder: Path, index: Index, kept: int) -> None:
    """Write ``index`` into the folder of builds ``folder``, read it again, and put it to use.

    :param kept: older builds that stay beside it.
    """
    name = index.manifest.build
    unfinished = folder / f"{name}{PARTIAL}"
    _write(unfinished, index)
    read_build(unfinished)
    unfinished.replace(folder / name)
    before = in_use(folder, lambda build: build.name)
    point_to(folder, name)
    remove_old(folder, kept, name, before or name)


def roll_back(folder: Path, build: str | None = None) -> Manifest:
    """Put the older ``build`` to use, or the last one before that in use; returns its manifest.

    :raises IndexMissingError: if there is no such build.
    :raises IndexCorruptError: if it is damaged; then nothing changes.
    :raises BuildBusyError: if the index is being built.
    """
    before = current_build(folder) if build is None else ""
    with writing(folder):
        names = builds(folder)
        wanted = build or max((name for name in names if name < before), default=None)
        if wanted not in names:
            raise no_such_build(build, str(folder), names)
        manifest = read_build(folder / wanted).manifest
        point_to(folder, wanted)
        return manifest


def in_use(folder: Path, read: Callable[[Path], Content]) -> Content | None:
    """What ``read`` gives for the folder of the build in use at ``folder``; None if there is none, or none that it can
    read."""
    try:
        return read(folder / current_build(folder))
    except (IndexMissingError, IndexCorruptError):
        return None


def _write(build: Path, index: Index) -> None:
    build.mkdir(parents=True)
    begins = write_passages(index.passages, build / PASSAGES)
    for name, array in (
        (BEGINS, begins),
        (VECTORS, index.dense.all_vectors),
        (SENTENCES, index.sentence_vectors),
        (FIRST_SENTENCES, index.first_sentences),
    ):
        _save(build / name, array)
    index.dense.save(build / NEAREST)
    index.lexical.save(build)
    checksums = {path.name: sha256(path) for path in sorted(build.iterdir())}
    write_manifest(build, replace(index.manifest, checksums=checksums))
    for path in build.iterdir():
        flush(path)
    flush(build)


def _save(path: Path, array: NDArray[Any]) -> None:
    """Write ``array`` as NumPy does, but not past Python's files: where the disk is full, NumPy's may not say so."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
        file.write(np.ascontiguousarray(array).data)


def _mapped(path: Path) -> NDArray[Any]:
    """The array in the file ``path``, whose pages are read when they are wanted."""
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
