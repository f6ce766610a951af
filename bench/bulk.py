"""Index a mixed 100 MB: ``python -m bench.bulk [--megabytes N]``; prints time, memory, and how true the progress was."""

import argparse
import io
import os
import random
import tempfile
import threading
import time
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from fpdf import FPDF
from PIL import Image

from assistant.settings import default_docs
from bench.corpus import write_documents
from index.build import build_index
from index.collection import read_collection
from index.encoder import load_encoder
from index.progress import Stage
from tests.samples import office

MB = 2**20


def write_mixed(folder: Path, size: int) -> None:
    """Write documents of ``size`` bytes: most of it PDF and Word with photographs, the rest Markdown, HTML and CSV."""
    chance = random.Random(0)
    sentences = [passage.text for passage in read_collection(default_docs()).passages]
    write_documents(folder / "markdown", size // (20 * 1500))
    written, number = _size(folder), 0
    while written < size:
        text = [f"Catatan {number}: {one}" for one in chance.sample(sentences, 12)]
        kind = ("pdf", "docx", "html", "csv")[number % 4]
        data = {"pdf": _pdf, "docx": _docx, "html": _html, "csv": _csv}[kind](text, chance)
        (folder / f"{number:04d}.{kind}").write_bytes(data)
        written += len(data)
        number += 1


def _photo(chance: random.Random) -> bytes:
    noise = np.frombuffer(chance.randbytes(700 * 700 * 3), dtype=np.uint8).reshape(700, 700, 3)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG", quality=90)
    return out.getvalue()


def _pdf(text: list[str], chance: random.Random) -> bytes:
    paper = FPDF()
    paper.set_font("helvetica", size=11)
    paper.add_page()
    paper.image(io.BytesIO(_photo(chance)), w=120)
    for paragraph in text:
        paper.multi_cell(
            w=0,
            h=6,
            text=paragraph.encode("latin-1", "replace").decode("latin-1"),
            new_x="LMARGIN",
            new_y="NEXT",
        )
        paper.ln(3)
    return bytes(paper.output())


def _docx(text: list[str], chance: random.Random) -> bytes:
    out = io.BytesIO(office("docx", "\n\n".join(text)))
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("word/media/foto.jpg", _photo(chance))
    return out.getvalue()


def _html(text: list[str], chance: random.Random) -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in text)
    script = "<script>" + "x=1;" * 20_000 + "</script>"
    return f"<html><head><title>Bacaan</title>{script}</head><body><article>{body}</article></body></html>".encode()


def _csv(text: list[str], chance: random.Random) -> bytes:
    rows = [
        f"{number};{chance.randint(1, 999)};{line[:60].replace(';', ',')}"
        for number, line in enumerate(text * 10)
    ]
    return ("Nomor;Jumlah;Keterangan\n" + "\n".join(rows)).encode()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Memory:
    """The most memory that this process and its children held together, looked at ten times a second (Linux)."""

    def __init__(self) -> None:
        self.most = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, sum(map(_resident, _family())))
            time.sleep(0.1)


def _family() -> list[str]:
    parents: dict[str, list[str]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[folder.joinpath("stat").read_text().rpartition(")")[2].split()[1]].append(folder.name)
        except OSError:
            continue
    family = [str(os.getpid())]
    for member in family:
        family += parents[member]
    return family


def _resident(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        docs = Path(folder) / "docs"
        docs.mkdir()
        write_mixed(docs, options.megabytes * MB)
        times: dict[Stage, list[tuple[float, float]]] = defaultdict(list)

        def tell(stage: Stage, done: int, total: int) -> None:
            times[stage].append((time.perf_counter(), done / total if total else 1.0))

        encoder, memory = load_encoder(), Memory()
        report = build_index(docs, Path(folder) / "index", encoder, tell)
        print(
            f"{_size(docs) / MB:.0f} MB, {report.documents} documents, {report.passages} passages, skipped {len(report.skipped)}"
        )
        print(f"{report.seconds:.0f} s, at most {memory.most / MB:.0f} MB of memory with all child processes")
        for stage in ("read", "encode"):
            moments = np.array(times[stage])
            passed = (moments[:, 0] - moments[0, 0]) / max(1e-9, moments[-1, 0] - moments[0, 0])
            off = float(np.abs(passed - moments[:, 1]).max())
            print(
                f"{stage}: {moments[-1, 0] - moments[0, 0]:.0f} s, told at most {off:.0%} too much or too little"
            )


if __name__ == "__main__":
    main()
