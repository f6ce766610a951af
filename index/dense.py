"""Search by meaning: passage vectors in FAISS, exact while that is quick, then over a part of them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
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
    :param nearest: a coarse FAISS index over them; None to compare all.
    """

    def __init__(self, vectors: Vectors, nearest: Any = None) -> None:
        self.all_vectors = vectors
        self._nearest = nearest
        if nearest is not None:
            nearest.nprobe = PROBED

    @classmethod
    def from_vectors(cls, vectors: Vectors) -> Self:
        """Index ``vectors``, shape (passages, dimension), unit length."""
        return cls(vectors, coarse(vectors) if len(vectors) > EXACT else None)

    @classmethod
    def load(cls, vectors: Vectors, nearest: Path) -> Self:
        """The index of ``vectors`` with what :meth:`save` wrote to ``nearest``, if it did.

        :raises RuntimeError: if that is no FAISS index.
        """
        if not nearest.exists():
            return cls(vectors)
        return cls(vectors, faiss.deserialize_index(np.fromfile(nearest, dtype=np.uint8)))

    def save(self, nearest: Path) -> None:
        """Write the coarse index, if there is one, to ``nearest``; FAISS itself opens no path with non-ASCII letters
        on Windows."""
        if self._nearest is not None:
            nearest.write_bytes(faiss.serialize_index(self._nearest).data)

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


def coarse(vectors: Vectors) -> Any:
    """A FAISS index of lists of ``vectors``, those nearest to each of some centres, a byte a number."""
    lists = len(vectors) // LIST
    index = faiss.index_factory(vectors.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    index.train(np.ascontiguousarray(vectors[:: max(1, len(vectors) // (lists * TRAINED_ON))]))
    for start in range(0, len(vectors), ADDED):
        index.add(np.ascontiguousarray(vectors[start : start + ADDED]))
    return index
