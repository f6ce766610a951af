"""Reading and encoding on a Ray cluster, part by part.

Workers write parts to the folder of the index, which they share, and tell their names. Whatever ends, a worker, a node or
this process, the parts that are written stay, and only the others are made again.
"""

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from index.child import ChildReader
from index.collection import readers
from index.encoder import Encoder, Vectors, load_encoder
from index.errors import ClusterError, Reason, TanyaError
from index.manifest import IndexedFile, file_of, sha256
from index.parts import (
    PARTS,
    cut,
    packed_reads,
    packed_vectors,
    part_name,
    read_part,
    unpacked_reads,
    unpacked_vectors,
    whole_parts,
    write_part,
)
from index.reading import Read, read_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLICE = 128
"""Texts in a part."""

CPUS = 1
"""Cores of a worker."""

AHEAD = 2
"""Parts that a worker is given at once."""

Task = dict[str, str]
"""A part to make: its name and, as JSON, of what."""


class Cluster:
    """The workers of a Ray cluster; Ray is started or joined when there is work for it.

    :param address: where the cluster is, or ``local``.
    :param index: folder of the index; like that of the documents the workers have it at the same place.
    """

    slice = SLICE

    def __init__(self, address: str, index: Path, encoder: Encoder) -> None:
        self._address = address
        self._folder = index.absolute() / PARTS
        self._encoder = encoder
        self._joined = ExitStack()
        self._cores = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._joined.close()

    def read(self, docs: Path, files: Sequence[IndexedFile]) -> Iterator[Read]:
        """See :class:`index.workers.Workers`."""
        tasks = []
        for part in cut(files):
            name = part_name(readers(), [(file.path, file.sha256) for file in part])
            tasks.append({"name": name, "of": json.dumps([asdict(file) for file in part])})
        for data in self._made(tasks, ReadingWorker, str(docs.absolute()), readers()):
            yield from unpacked_reads(data)

    def encode(self, slices: Sequence[Sequence[str]]) -> Iterator[Vectors]:
        """See :class:`index.workers.Workers`."""
        name, fingerprint = self._encoder.name, self._encoder.fingerprint
        place = str(Path(name).absolute()) if Path(name).is_dir() else name
        tasks = [{"name": part_name(fingerprint, texts), "of": json.dumps(texts)} for texts in slices]
        for data in self._made(tasks, EncodingWorker, place, fingerprint):
            yield unpacked_vectors(data, self._encoder.dimension)

    def _made(self, tasks: Sequence[Task], worker: type["_Worker"], *arguments: str) -> Iterator[bytes]:
        """What the parts that ``tasks`` ask for hold, in their order.

        :param worker: makes those that are missing.
        :param arguments: what it is made with.
        """
        there = whole_parts(self._folder, {task["name"] for task in tasks})
        files = {name: name for name in there}
        missing = [task for task in tasks if task["name"] not in there]
        made = self._making(missing, worker, arguments) if missing else iter(())
        for task in tasks:
            while task["name"] not in files:
                told = next(made)
                files[told["name"]] = told["file"]
            data = read_part(self._folder / files[task["name"]])
            if data is None:
                raise _not_shared(self._folder, f"{files[task['name']]}?")
            yield data

    def _making(
        self, tasks: list[Task], worker: type["_Worker"], arguments: tuple[str, ...]
    ) -> Iterator[dict[str, Any]]:
        """Have the parts made that ``tasks`` ask for; gives the name of each and that of its file, as they come.

        :raises ClusterError: if that cannot be done.
        """
        self._join()
        from ray.data import ActorPoolStrategy, from_items
        from ray.exceptions import RayError

        workers = min(len(tasks), max(1, self._cores // CPUS))
        pool = ActorPoolStrategy(
            min_size=workers, max_size=max(workers, len(tasks)), max_tasks_in_flight_per_actor=AHEAD
        )
        made = from_items(tasks, override_num_blocks=len(tasks)).map_batches(
            worker,
            fn_constructor_args=(str(self._folder), *arguments),
            batch_size=1,
            compute=pool,
            num_cpus=CPUS,
        )
        try:
            for told in made.iter_rows():
                if told["problem"]:
                    raise ClusterError(*json.loads(told["problem"]))
                yield told
        except RayError as error:
            raise _stopped(self._address, error) from error

    def _join(self) -> None:
        if self._cores:
            return
        try:
            from index.ray_session import joined

            self._cores = self._joined.enter_context(joined(self._address, self._folder.parent))
        except ImportError as error:
            raise _not_installed() from error


class _Worker:
    """Makes parts on a worker; Ray Data makes one of these for each process.

    :param folder: the folder of the parts.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def __call__(self, batch: "dict[str, NDArray[Any]]") -> dict[str, list[str]]:
        """Make the parts that ``batch`` asks for, unless they are there; tells their files, or why that failed."""
        told: dict[str, list[str]] = {"name": [], "file": [], "problem": []}
        for name, of in zip(batch["name"], batch["of"], strict=True):
            file, problem = self._tried(str(name), str(of))
            told["name"].append(str(name))
            told["file"].append(file)
            told["problem"].append(json.dumps(problem) if problem is not None else "")
        return told

    def _tried(self, name: str, of: str) -> tuple[str, Reason | None]:
        try:
            if not (self._folder / name).exists():
                data, lasting = self._made(json.loads(of))
                name = name if lasting else f"{name}.once"
                write_part(self._folder / name, data)
        except TanyaError as error:
            return name, error.reason
        except OSError as error:
            return name, _not_shared(self._folder, str(error.strerror)).reason
        return name, None

    def _made(self, of: Any) -> tuple[bytes, bool]:
        """What the part made of ``of`` holds, and whether a later run may take it up."""
        raise NotImplementedError


class ReadingWorker(_Worker):
    """Reads files.

    :param docs: folder of the documents.
    :param version: what :func:`index.collection.readers` gives where the build was started.
    """

    def __init__(self, folder: str, docs: str, version: str) -> None:
        super().__init__(folder)
        self._docs = Path(docs)
        self._version = version
        self._reader = ChildReader()

    def _made(self, of: Any) -> tuple[bytes, bool]:
        if readers() != self._version:
            raise _other_version()
        files = [file_of(raw) for raw in of]
        for file in files:
            if not _is_same(self._docs / file.path, file):
                raise _not_same(self._docs / file.path)
        found = [read_file(file, self._docs, self._reader) for file in files]
        return packed_reads(found), all(file.sha256 for file, _ in found)


class EncodingWorker(_Worker):
    """Encodes texts with a model that it loads once.

    :param encoder: the model.
    :param fingerprint: its hash where the build was started.
    """

    def __init__(self, folder: str, encoder: str, fingerprint: str) -> None:
        super().__init__(folder)
        os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = str(CPUS)
        self._name = encoder
        self._fingerprint = fingerprint

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = load_encoder(self._name)
        if encoder.fingerprint != self._fingerprint:
            raise _other_version()
        return encoder

    def _made(self, of: Any) -> tuple[bytes, bool]:
        return packed_vectors(self._encoder.encode_passages(of)), True


def _is_same(path: Path, file: IndexedFile) -> bool:
    try:
        return sha256(path) == file.sha256
    except OSError:
        return False


def _not_installed() -> ClusterError:
    return ClusterError(
        "Ray belum terpasang: pasang dengan `pip install tanya[cluster]`, atau bangun tanpa `--ray`.",
        "Ray is not installed: install it with `pip install tanya[cluster]`, or build without `--ray`.",
    )


def _not_shared(folder: Path, why: str) -> ClusterError:
    host = socket.gethostname()
    return ClusterError(
        f"Mesin {host} tidak dapat memakai folder {folder} ({why}): taruh indeks di penyimpanan bersama, di tempat "
        "yang sama pada semua mesin.",
        f"The machine {host} cannot use the folder {folder} ({why}): put the index on storage that all machines "
        "share, at the same place.",
    )


def _not_same(path: Path) -> ClusterError:
    host = socket.gethostname()
    return ClusterError(
        f"Mesin {host} tidak menemukan berkas {path} yang sama: taruh dokumen di penyimpanan bersama dan jangan "
        "mengubahnya selama pembangunan.",
        f"The machine {host} does not find the same file {path}: put the documents on storage that all machines "
        "share, and leave them alone during a build.",
    )


def _other_version() -> ClusterError:
    host = socket.gethostname()
    return ClusterError(
        f"Tanya atau modelnya pada mesin {host} lain dari yang di sini: pasang versi yang sama pada semua mesin.",
        f"Tanya or its model on the machine {host} is not the one here: install the same version on all machines.",
    )


def _stopped(address: str, error: Exception) -> ClusterError:
    kind = type(error).__name__
    return ClusterError(
        f"Kluster Ray {address} berhenti di tengah jalan ({kind}): ulangi; yang sudah jadi tidak dikerjakan lagi.",
        f"The Ray cluster {address} stopped halfway ({kind}): try again; what is done is not done again.",
    )
