"""Search by meaning: passage vectors in FAISS, exact while that is quick, then over a part of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

EXACT = 50_000
"""Passages up to which all vectors are compared (curves in docs/scaling.md)."""

LIST = 250
"""Vectors in a list of the coarse index, on average."""

PROBED = 96
"""Lists that are searched."""

TRAINED_ON = 64
"""Vectors a list from which its centre is learned."""

ADDED = 100_000
"""Vectors that the coarse index takes at once, so that memory stays bounded."""

AGAIN = 2
"""So many times the wanted passages are taken from the coarse index and compared exactly."""


@dataclass(frozen=True)
class Ranking:
    """Passages found by one way of searching, best first.

    :param positions: numbers of the passages in the index, shape (k,).
    :param scores: the search's own scores, shape (k,), descending.
    """

    positions: NDArray[np.int64]
    scores: NDArray[np.float32]


class DenseIndex:
    """Inner-product search over unit vectors, one a passage.

    :param vectors: shape (passages, dimension); may be memory-mapped.
    :param nearest: a coarse FAISS index over them, in bytes; None to compare all.
    :raises RuntimeError: if ``nearest`` is no FAISS index.
    """

    def __init__(self, vectors: Vectors, nearest: bytes | None = None) -> None:
        self.all_vectors = vectors
        self._nearest: Any = None
        if nearest is not None:
            self._nearest = faiss.deserialize_index(np.frombuffer(nearest, dtype=np.uint8))
            self._nearest.nprobe = PROBED

    @classmethod
    def from_vectors(cls, vectors: Vectors) -> Self:
        """Index ``vectors``, shape (passages, dimension), unit length."""
        return cls(vectors, _coarse(vectors) if len(vectors) > EXACT else None)

    def nearest_bytes(self) -> bytes | None:
        """The coarse index, if there is one, as bytes, since FAISS itself opens no path with non-ASCII letters on
        Windows."""
        if self._nearest is None:
            return None
        return bytes(faiss.serialize_index(self._nearest).tobytes())

    @cached_property
    def _flat(self) -> Any:
        flat = faiss.IndexFlatIP(self.dimension)
        flat.add(np.ascontiguousarray(self.all_vectors))
        return flat

    def __len__(self) -> int:
        return len(self.all_vectors)

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return int(self.all_vectors.shape[1])

    def search(self, query: Vectors, limit: int) -> Ranking:
        """The ``limit`` passages nearest to ``query``, shape (dimension,), by cosine."""
        if self._nearest is None:
            scores, positions = self._flat.search(query[None, :], min(limit, len(self)))
            return Ranking(positions[0], scores[0])
        _, [found] = self._nearest.search(query[None, :], AGAIN * limit)
        found = found[found >= 0]
        exact = self.scores(query, found)
        best = np.argsort(-exact, kind="stable")[:limit]
        return Ranking(found[best], exact[best])

    def scores(self, query: Vectors, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of ``query`` to the passages at ``positions``, shape (len(positions),)."""
        return np.asarray(self.vectors(positions) @ query, dtype=np.float32)

    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        """Vectors of the passages at ``positions``, shape (len(positions), dimension)."""
        return np.asarray(self.all_vectors[positions], dtype=np.float32)


def _coarse(vectors: Vectors) -> bytes:
    """Lists of the vectors nearest to each of some centres, a byte a number, as FAISS writes them."""
    lists = len(vectors) // LIST
    kind = f"IVF{lists},SQ8"
    coarse = faiss.index_factory(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    coarse.train(vectors[:: max(1, len(vectors) // (lists * TRAINED_ON))])
    for start in range(0, len(vectors), ADDED):
        coarse.add(vectors[start : start + ADDED])
    return bytes(faiss.serialize_index(coarse).tobytes())
