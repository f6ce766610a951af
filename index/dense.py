"""Exact search by meaning: passage vectors in FAISS."""

from dataclasses import dataclass
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


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

    :param flat: a FAISS index of exact inner products.
    """

    def __init__(self, flat: Any) -> None:
        self._flat = flat

    @classmethod
    def from_vectors(cls, vectors: Vectors) -> Self:
        """Index ``vectors``, shape (passages, dimension), unit length."""
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(np.ascontiguousarray(vectors))
        return cls(flat)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The index that :meth:`to_bytes` wrote.

        :raises RuntimeError: if the bytes are not a FAISS index.
        """
        return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))

    def to_bytes(self) -> bytes:
        """The index as bytes, since FAISS itself opens no path with non-ASCII letters on Windows."""
        return bytes(faiss.serialize_index(self._flat).tobytes())

    def __len__(self) -> int:
        return int(self._flat.ntotal)

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return int(self._flat.d)

    def search(self, query: Vectors, limit: int) -> Ranking:
        """The ``limit`` passages nearest to ``query``, shape (dimension,), by cosine."""
        scores, positions = self._flat.search(query[None, :], min(limit, len(self)))
        return Ranking(positions[0], scores[0])

    def scores(self, query: Vectors, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosines of ``query`` to the passages at ``positions``, shape (len(positions),)."""
        return np.asarray(self.vectors(positions) @ query, dtype=np.float32)

    def vectors(self, positions: NDArray[np.int64]) -> Vectors:
        """Vectors of the passages at ``positions``, shape (len(positions), dimension)."""
        return np.asarray(self._flat.reconstruct_batch(positions.astype(np.int64)), dtype=np.float32)
