"""Quantize a trained span reader: ``python -m training.ship_span_reader CHECKPOINT``."""

import argparse
import random
from pathlib import Path

import openvino as ov

from assistant.spans import FOLDER
from training.make_encoder import CALIBRATION_TEXTS, quantized
from training.make_span_reader import fresh_model, windows_of
from training.trunk import shared_tokenizer
from training.windows import encoded


def main() -> None:
    """Convert, quantize and write the folder that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, help="needed where --work holds no windows yet")
    parser.add_argument("--work", type=Path, default=Path("training/work/span"))
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    tokenizer = shared_tokenizer()
    model = fresh_model(tokenizer, options.checkpoint)
    windows = windows_of(options.data, options.work / "windows.json")
    chosen = random.Random(0).sample(windows, CALIBRATION_TEXTS)
    texts = [pair.ids for window in chosen if (pair := encoded(window, tokenizer)) is not None]
    options.out.mkdir(parents=True, exist_ok=True)
    ov.save_model(quantized(model.eval(), texts), options.out / "openvino_model.xml", compress_to_fp16=True)
    tokenizer.save(str(options.out / "tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
