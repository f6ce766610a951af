"""The bundled encoder as a module that ``SentenceTransformer(folder)`` loads."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule

from index.runtime import FILES, Runtime, padded


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

    @property
    def max_seq_length(self) -> int:
        """Longest input in tokens; what is beyond is cut."""
        return self._max_seq_length

    @max_seq_length.setter
    def max_seq_length(self, tokens: int) -> None:
        self._max_seq_length = tokens
        self.tokenizer.enable_truncation(tokens)

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
        """Write the module's files into the folder ``output_path``."""
        self.save_config(output_path)
        for name in FILES:
            shutil.copyfile(self.runtime.folder / name, Path(output_path) / name)

    @classmethod
    def load(cls, model_name_or_path: str, *args: Any, **kwargs: Any) -> Self:
        """The module in the local folder ``model_name_or_path``."""
        config = json.loads((Path(model_name_or_path) / cls.config_file_name).read_text(encoding="utf-8"))
        return cls(Runtime(Path(model_name_or_path)), int(config["max_seq_length"]))
