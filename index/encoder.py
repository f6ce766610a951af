"""Texts to vectors: the bundled model, or any Sentence Transformers model by folder or name."""

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderError
from index.runtime import Runtime, folder_fingerprint

BUNDLED = "bundled"
BUNDLED_FOLDER = Path(__file__).parent / "models" / "e5-small-id"

Vectors = NDArray[np.float32]

MODULE = "index.sentence_transformer.OpenVINOTransformer"
"""The module in a model folder that runs on OpenVINO."""

HUB_TIMEOUT = 5.0
"""Seconds that the model hub has to answer."""


class Encoder(Protocol):
    """What turns questions and passages into vectors of one space."""

    @property
    def name(self) -> str:
        """The model, as it was set."""

    @property
    def fingerprint(self) -> str:
        """Hash of the model: equal only for the same vectors."""

    @property
    def dimension(self) -> int:
        """Width of the vectors."""

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, shape (len(texts), dimension)."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimension)."""


class OpenVINOEncoder:
    """A folder of the bundled kind, run without torch.

    :param folder: the model's folder.
    :param name: how the model was set.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._runtime = Runtime(folder)
        self._prompts = _prompts(folder)
        self.name = name
        self.fingerprint = self._runtime.fingerprint

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return self._runtime.dimension

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        return self._runtime.encode([self._prompts["query"] + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        return self._runtime.encode([self._prompts["passage"] + text for text in texts])


class SentenceTransformerEncoder:
    """Any other model, run by Sentence Transformers.

    :param model: a ``SentenceTransformer``.
    :param name: how the model was set.
    :param fingerprint: hash of the model.
    """

    def __init__(self, model: Any, name: str, fingerprint: str) -> None:
        self._model = model
        self.name = name
        self.fingerprint = fingerprint

    @property
    def dimension(self) -> int:
        """Width of the vectors."""
        return int(self._model.get_embedding_dimension())

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        return self._encode(texts, ("query", "question"))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See :class:`Encoder`."""
        return self._encode(texts, ("passage", "document"))

    def _encode(self, texts: Sequence[str], prompts: tuple[str, ...]) -> Vectors:
        prompt = next((name for name in prompts if name in self._model.prompts), None)
        vectors = self._model.encode(
            list(texts), prompt_name=prompt, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)


def load_encoder(name: str = BUNDLED) -> Encoder:
    """The model ``name``: ``bundled``, a folder, or a name that Sentence Transformers can fetch.

    :raises EncoderError: if it cannot be loaded.
    """
    folder = BUNDLED_FOLDER if name == BUNDLED else Path(name)
    try:
        if _is_ours(folder):
            return OpenVINOEncoder(folder, name)
        if folder.is_dir():
            return SentenceTransformerEncoder(_loaded(name), name, folder_fingerprint(folder))
        return _fetched(name)
    except Exception as error:
        raise EncoderError(
            f"Model {name!r} tidak dapat dimuat: pakai folder model Sentence Transformers yang utuh, "
            f"nama model yang dapat diunduh, atau `{BUNDLED}`.",
            f"The model {name!r} cannot be loaded: use the whole folder of a Sentence Transformers "
            f"model, the name of one that can be fetched, or `{BUNDLED}`.",
        ) from error


def _is_ours(folder: Path) -> bool:
    """Whether ``folder`` asks for our own module, which runs without torch.

    :raises OSError: if it is the bundled folder or another one, and not whole.
    """
    if folder != BUNDLED_FOLDER and not folder.exists():
        return False
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    return bool(modules[0]["type"] == MODULE)


def _loaded(name: str, **options: Any) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(name, device="cpu", **options)


def _fetched(name: str) -> SentenceTransformerEncoder:
    """The model ``name`` from the hub's cache, or else from the hub if it answers within seconds."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import model_info

    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    try:
        model = _loaded(name, local_files_only=True)
    except Exception:
        model_info(name, timeout=HUB_TIMEOUT)
        model = _loaded(name)
    probe = model.encode(["Apa itu kerja sama bilateral?"], show_progress_bar=False)
    text = name.encode() + np.asarray(probe, dtype=np.float16).tobytes()
    return SentenceTransformerEncoder(model, name, hashlib.sha256(text).hexdigest())


def _prompts(folder: Path) -> dict[str, str]:
    raw = json.loads((folder / "config_sentence_transformers.json").read_text(encoding="utf-8"))
    return {"query": str(raw["prompts"]["query"]), "passage": str(raw["prompts"]["passage"])}
