"""Make the bundled encoder: ``python -m training.make_encoder --data DATA --out FOLDER``."""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

import nncf
import numpy as np
import openvino as ov
import torch
from tokenizers import Tokenizer

from index.encoder import MODULE
from training.nano import installed_weights, read_nano
from training.rebuild import bert_of, kept_pieces, trimmed_tokenizer
from training.trunk import TokenVectors

LATIN_RANKS = 20_000
CALIBRATION_TEXTS = 400
KEEP = 0.3
"""Share of the original weights beside tuned ones (table in RUNS.md)."""

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": MODULE},
    {"idx": 1, "name": "1", "path": "1_Pooling",
     "type": "sentence_transformers.sentence_transformer.modules.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize",
     "type": "sentence_transformers.base.modules.normalize.Normalize"},
]  # fmt: skip
PROMPTS = {"query": "query: ", "passage": "passage: "}


def texts_of(files: list[Path]) -> Iterator[str]:
    """Contexts and questions of SQuAD files."""
    for file in files:
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                yield "passage: " + paragraph["context"]
                for qa in paragraph["qas"]:
                    yield "query: " + qa["question"]


def quantized(module: torch.nn.Module, texts: list[list[int]]) -> ov.Model:
    """``module`` on OpenVINO with static int8 weights and activations, calibrated on the token ids ``texts``."""
    inputs = [_inputs(ids) for ids in texts]
    example = {name: torch.from_numpy(value) for name, value in inputs[0].items()}
    model = ov.convert_model(module, example_input=example)
    model.reshape({0: [-1, -1], 1: [-1, -1]})
    data = nncf.Dataset(inputs)
    return nncf.quantize(model, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(texts))


def write_folder(out: Path, model: ov.Model, tokenizer: Tokenizer) -> None:
    """Write a Sentence Transformers model folder."""
    out.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, out / "openvino_model.xml", compress_to_fp16=True)
    tokenizer.enable_truncation(512)
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    _write_json(out / "modules.json", MODULES)
    _write_json(
        out / "config_sentence_transformers.json",
        {"model_type": "SentenceTransformer", "prompts": PROMPTS, "default_prompt_name": None,
         "similarity_fn_name": "cosine"},
    )  # fmt: skip
    _write_json(out / "encoder.json", {"max_seq_length": 512})
    (out / "1_Pooling").mkdir(exist_ok=True)
    _write_json(out / "1_Pooling" / "config.json", {"embedding_dimension": 384, "pooling_mode": "mean"})
    (out / "2_Normalize").mkdir(exist_ok=True)
    _write_json(out / "2_Normalize" / "config.json", {})


def main() -> None:
    """Rebuild, trim, convert, quantize and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.json files")
    parser.add_argument("--out", type=Path, default=Path("index/models/e5-small-id"))
    parser.add_argument("--tuned", type=Path, help="weights that training.tune_encoder wrote")
    parser.add_argument("--keep", type=float, default=KEEP, help="share of the original weights beside them")
    options = parser.parse_args()
    files = sorted([*options.data.glob("*/train.json"), *options.data.glob("*/train/*/questions.json")])
    texts = list(texts_of(files))
    nano = read_nano(installed_weights())
    kept = kept_pieces(nano, texts, LATIN_RANKS)
    tokenizer = trimmed_tokenizer(nano, kept)
    bert = bert_of(nano, kept)
    print(f"{len(kept)} of {len(nano.pieces)} pieces kept")
    if options.tuned:
        bert.load_state_dict(mixed(bert.state_dict(), torch.load(options.tuned), options.keep))
    calibration = random.Random(0).sample(texts, CALIBRATION_TEXTS)
    ids = [tokenizer.encode(text).ids[:512] for text in calibration]
    write_folder(options.out, quantized(TokenVectors(bert), ids), tokenizer)


def mixed(
    original: dict[str, torch.Tensor], tuned: dict[str, torch.Tensor], keep: float
) -> dict[str, torch.Tensor]:
    """``keep`` parts of ``original`` and the rest ``tuned``: the mean forgets less (Wortsman et al. 2022)."""
    return {name: torch.lerp(tuned[name], weights, keep) for name, weights in original.items()}


def _inputs(ids: list[int]) -> dict[str, np.ndarray]:
    return {
        "input_ids": np.array([ids], dtype=np.int64),
        "attention_mask": np.ones((1, len(ids)), dtype=np.int64),
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
