"""The bundled encoder as a module that ``SentenceTransformer(folder)`` loads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule

from index.runtime import Runtime, padded


class OpenVINOTransformer(InputModule):
    """Token vectors from the int8 model; pooling and normalization are the library's own modules.

    :param runtime: the model's session.
    :param max_seq_length: longest input in tokens.
    """

    config_file_name = "encoder.json"
    config_keys = ["max_seq_length"]  # noqa: RUF012 - the library's own convention

    def __init__(self, runtime: Runtime, max_seq_length: int = 512) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.runtime = runtime
        self.tokenizer = runtime.tokenizer
        self.max_seq_length = max_seq_length

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return self.runtime.dimension

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Token ids and mask of the texts ``inputs``, each after ``prompt``."""
        texts = [f"{prompt or ''}{text}" for text in inputs]
        ids, mask = padded([encoding.ids for encoding in self.runtime.tokenizer.encode_batch(texts)])
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """``features`` with ``token_embeddings``, shape (texts, tokens, dimension)."""
        ids = np.asarray(features["input_ids"].cpu(), dtype=np.int64)
        mask = np.asarray(features["attention_mask"].cpu(), dtype=np.int64)
        vectors = torch.from_numpy(self.runtime.token_vectors(ids, mask).copy())
        return {**features, "token_embeddings": vectors}

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Only the configuration: the model's files are copied with their folder."""
        self.save_config(output_path)

    @classmethod
    def load(cls, model_name_or_path: str, *args: Any, **kwargs: Any) -> Self:
        """The module in the local folder ``model_name_or_path``."""
        return cls(Runtime(Path(model_name_or_path)))
