"""A full build against one after one document changed: ``python -m bench.incremental [--documents N]``."""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from assistant.retriever import Retriever
from bench.corpus import write_documents
from index.build import build_index
from index.encoder import load_encoder
from index.store import open_index

QUESTIONS = ("Apa itu kerja sama bilateral?", "Kapan IJEPA mulai berlaku?", "Apa tujuan diplomasi?")


def main() -> None:
    """Print both times, their ratio, and whether both indexes answer alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    options = parser.parse_args()
    encoder = load_encoder()
    with tempfile.TemporaryDirectory() as folder:
        docs, index, other = (Path(folder) / name for name in ("docs", "index", "other"))
        write_documents(docs, options.documents)
        full = build_index(docs, index, encoder)
        changed = docs / "000" / "00007.md"
        changed.write_text(
            changed.read_text(encoding="utf-8") + "\n\nKantin dijaga Bu Lastri.", encoding="utf-8"
        )
        quick = build_index(docs, index, encoder)
        print(f"full build: {full.documents} documents, {full.passages} passages, {full.seconds:.1f} s")
        print(
            f"one document changed: {quick.seconds:.2f} s, {full.seconds / quick.seconds:.0f} times as fast"
        )
        started = time.perf_counter()
        build_index(docs, other, encoder)
        print(f"from nothing again: {time.perf_counter() - started:.1f} s")
        one, two = open_index(index, encoder), open_index(other, encoder)
        everything = np.arange(len(one.passages))
        same = list(one.passages) == list(two.passages) and np.array_equal(
            one.dense.vectors(everything), two.dense.vectors(everything)
        )
        found = [
            [hit.passage.id for q in QUESTIONS for hit in Retriever(i, encoder).search(q)] for i in (one, two)
        ]
        print(f"the same passages and vectors: {same}; the same found: {found[0] == found[1]}")


if __name__ == "__main__":
    main()
