"""The bundled encoder without torch: a tokenizer and an int8 model on OpenVINO."""

import hashlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

MODEL = "openvino_model.xml"
FILES = (MODEL, "openvino_model.bin", "tokenizer.json")
BATCH = 8
"""Texts in one inference; batches are sorted by length. All cores work on a single one; of several, each core has its
own."""

STEP = 16
"""Batches are padded to a multiple of so many tokens: OpenVINO makes its kernels anew for every length."""

KEPT_CACHES = 6
"""Models whose compiled form stays in the cache."""


class Runtime:
    """Token vectors of texts. Several threads may use one runtime at once.

    :param folder: holds ``openvino_model.xml``, ``openvino_model.bin`` and ``tokenizer.json``.
    :raises OSError: if a file is missing.
    :raises RuntimeError: if OpenVINO cannot read the model.
    """

    def __init__(self, folder: Path) -> None:
        for name in FILES:
            if not (folder / name).is_file():
                raise FileNotFoundError(folder / name)
        self.folder = folder
        self.tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
        self.tokenizer.no_padding()
        self.fingerprint = folder_fingerprint(folder)
        self._quick = _Compiled(folder / MODEL, self.fingerprint, {"PERFORMANCE_HINT": "LATENCY"})

    @cached_property
    def _many(self) -> "_Compiled":
        return _Compiled(self.folder / MODEL, self.fingerprint, {"NUM_STREAMS": threads()})

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return self._quick.dimension

    def token_vectors(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors of the tokens ``ids``, shape (texts, tokens, dimension).

        :param ids: token ids, shape (texts, tokens).
        :param mask: 1 where a token counts, 0 where it is padding; same shape.
        """
        return self._quick.infer(ids, mask)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of ``texts``, shape (len(texts), dimension); what is beyond 512 tokens is cut."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        encodings = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda number: len(encodings[number].ids))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        several = len(batches) > 1
        compiled = self._many if several else self._quick

        def vectors_of(batch: list[int]) -> NDArray[np.float32]:
            ids, mask = padded([encodings[number].ids for number in batch])
            return pooled(compiled.infer(ids, mask), mask)

        with ThreadPoolExecutor(threads()) as pool:
            results = pool.map(vectors_of, batches) if several else map(vectors_of, batches)
            for batch, found in zip(batches, results, strict=True):
                vectors[batch] = found
        return vectors


class _Compiled:
    """A model compiled for this processor. Several threads may use it at once."""

    def __init__(self, model: Path, fingerprint: str, options: dict[str, Any]) -> None:
        import openvino as ov

        ov.Tensor(
            np.zeros(1)
        )  # the first tensor of a process, were two threads to make it at once, is a deadlock
        core = ov.Core()
        options = {**options, "INFERENCE_NUM_THREADS": threads()}
        cache = _cache_folder(fingerprint)
        if cache is not None:
            options["CACHE_DIR"] = str(cache)
        if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            options["INFERENCE_PRECISION_HINT"] = "f32"
        self._model = core.compile_model(model, "CPU", options)
        self._requests = threading.local()

    @property
    def dimension(self) -> int:
        return int(self._model.output(0).partial_shape[2].get_length())

    def infer(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        request = getattr(self._requests, "value", None)
        if request is None:
            request = self._requests.value = self._model.create_infer_request()
        result = request.infer({0: ids, 1: mask}, share_inputs=True)
        return np.asarray(result[0], dtype=np.float32)


def folder_fingerprint(folder: Path) -> str:
    """SHA-256 over the names and contents of the files below ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def padded(sequences: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and mask of ``sequences``, both of shape (sequences, the longest's length rounded up to a
    multiple of :data:`STEP`); the padding's id is 1."""
    longest = -(-max(map(len, sequences)) // STEP) * STEP
    ids = np.ones((len(sequences), longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return ids, mask


def pooled(vectors: NDArray[np.float32], mask: NDArray[np.int64]) -> NDArray[np.float32]:
    """Mean of the unmasked token vectors at unit length, shape (texts, dimension); the same for a text whatever its
    batch is padded to.

    :param mask: 1 for each token of a text, then 0 for the padding; shape (texts, tokens).
    """
    lengths = mask.sum(axis=1)
    means = np.stack([row[:length].mean(axis=0) for row, length in zip(vectors, lengths, strict=True)])
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), dtype=np.float32)


def threads() -> int:
    """Cores that this process may use, or fewer where ``OMP_NUM_THREADS`` says so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, max(1, int(wanted))) if wanted.isdecimal() else cores


def _cache_folder(fingerprint: str) -> Path | None:
    """Where the compiled model is kept between starts; None where nothing can be written.

    A folder for each model: OpenVINO's own key leaves the weights out.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or tempfile.gettempdir()
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "tanya" / "openvino" / fingerprint[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        older = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)
    except (OSError, RuntimeError):
        return None
    for path in older[:-KEPT_CACHES]:
        if path != folder:
            shutil.rmtree(path, ignore_errors=True)
    return folder if os.access(folder, os.W_OK) else None
