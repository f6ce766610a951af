"""Parts of a build that is not whole yet: what was read and encoded outlives a crash, and is taken up by the next run.

A part is a file, named by the hash of all that decides what is in it, and is either there and whole or not there.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import numpy as np

from index.builds import flush
from index.encoder import Vectors
from index.manifest import IndexedFile, file_of
from index.reading import Read
from index.stored import passage_of

PARTS = "parts"
"""The folder of the parts, in that of the index."""

FILES = 8
"""Files in a part, at most."""

_DIGEST = hashlib.sha256().digest_size


def cut(files: Sequence[IndexedFile]) -> Iterator[Sequence[IndexedFile]]:
    """``files`` in parts of at most :data:`FILES`; one more or less changes only the parts around it."""
    start = 0
    for end, file in enumerate(files, start=1):
        if end - start == FILES or crc32(file.path.encode()) % FILES == 0:
            yield files[start:end]
            start = end
    if start < len(files):
        yield files[start:]


def part_name(*decisive: object) -> str:
    """A name for what ``decisive``, which JSON can hold, decides."""
    return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def write_part(path: Path, data: bytes) -> None:
    """Write ``data`` as the part ``path``, in one step that a crash cannot halve.

    :raises OSError: if it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.{uuid4().hex}")
    unfinished.write_bytes(hashlib.sha256(data).digest() + data)
    flush(unfinished)
    unfinished.replace(path)
    flush(path.parent)


def read_part(path: Path) -> bytes | None:
    """What the part ``path`` holds; None if it is not there or damaged."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    data = raw[_DIGEST:]
    return data if hashlib.sha256(data).digest() == raw[:_DIGEST] else None


def whole_parts(folder: Path, names: set[str]) -> set[str]:
    """Those of ``names`` that are whole in ``folder``, made if missing; damaged ones are removed."""
    folder.mkdir(exist_ok=True)
    there = [path for path in folder.iterdir() if path.name in names]
    damaged = {path.name for path in there if read_part(path) is None}
    for name in damaged:
        (folder / name).unlink()
    return {path.name for path in there} - damaged


def remove_parts(index: Path) -> None:
    """Remove the parts that builds of ``index`` left."""
    shutil.rmtree(index / PARTS, ignore_errors=True)


def packed_reads(reads: Sequence[Read]) -> bytes:
    """``reads`` as a part holds them."""
    return json.dumps([[asdict(file), list(map(vars, passages))] for file, passages in reads]).encode()


def unpacked_reads(data: bytes) -> list[Read]:
    """The reads that were packed as ``data``."""
    return [(file_of(file), tuple(map(passage_of, passages))) for file, passages in json.loads(data)]


def packed_vectors(vectors: Vectors) -> bytes:
    """``vectors``, shape (texts, dimension), as a part holds them."""
    return vectors.astype("<f4").tobytes()


def unpacked_vectors(data: bytes, dimension: int) -> Vectors:
    """The vectors that were packed as ``data``, shape (texts, ``dimension``)."""
    return np.frombuffer(data, dtype="<f4").reshape(-1, dimension).astype(np.float32)
