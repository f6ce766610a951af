"""Average trained span readers and quantize them: ``python -m training.ship_span_reader CHECKPOINT ...``."""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import openvino as ov
import torch
from tokenizers import Tokenizer

from assistant.spans import FOLDER
from training.make_encoder import CALIBRATION_TEXTS, quantized
from training.make_span_reader import SpanModel, fresh_model, windows_of
from training.trunk import shared_tokenizer
from training.windows import encoded


def averaged(checkpoints: Sequence[Path], tokenizer: Tokenizer) -> SpanModel:
    """A model whose weights are the mean of those of ``checkpoints`` (Wortsman et al. 2022)."""
    model, *others = (fresh_model(tokenizer, checkpoint) for checkpoint in checkpoints)
    states = [model.state_dict(), *(other.state_dict() for other in others)]
    model.load_state_dict(
        {name: torch.stack([state[name].float() for state in states]).mean(dim=0) for name in states[0]}
    )
    return model.eval()


def main() -> None:
    """Convert, quantize and write the folder that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="as make_span_reader's --start")
    parser.add_argument("--data", type=Path, help="needed where --work holds no windows yet")
    parser.add_argument("--work", type=Path, default=Path("training/work/span"))
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    tokenizer = shared_tokenizer()
    model = averaged(options.checkpoints, tokenizer)
    windows = windows_of(options.data, options.work / "windows.json")
    chosen = random.Random(0).sample(windows, CALIBRATION_TEXTS)
    texts = [pair.ids for window in chosen if (pair := encoded(window, tokenizer)) is not None]
    options.out.mkdir(parents=True, exist_ok=True)
    ov.save_model(quantized(model, texts), options.out / "openvino_model.xml", compress_to_fp16=True)
    tokenizer.save(str(options.out / "tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
