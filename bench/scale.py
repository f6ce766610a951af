"""A million passages on one machine: ``python -m bench.scale DATA [--passages N ...] [--plot FILE] [--whole]``.

Prints, for kinds of FAISS indexes over this product's vectors, how many of the ten nearest they find, how long a search
takes, what they weigh, and how long they take to build and to change. With ``--whole`` it writes a whole index of so
many passages, opens it in a process of its own, and prints what searching it takes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np
from numpy.typing import NDArray

from assistant.retriever import Query, Retriever
from assistant.squad import contexts_of, passages_of, read_set
from index.builds import current_build, new_build_name, writing
from index.dense import ADDED, AGAIN, PROBED, DenseIndex, coarse
from index.embedding import files_of
from index.encoder import Encoder, load_encoder
from index.lexical import LexicalIndex
from index.manifest import Manifest
from index.passages import Passage
from index.store import NEAREST, Index, first_sentences_of, open_index, write_build

if TYPE_CHECKING:
    import psutil

Vectors = NDArray[np.float32]

SETS = ("idk_mrc", "tydiqa_id", "tydiqa_en", "facqa", "kelasqa")
ASKED = 200
TEN = 10
CHANGED = 0.01
"""Share of the vectors that are added and removed."""

NEARNESS = 0.3
"""How far a made vector lies from a real one: so many times the difference of two other real ones, so that it is moved
along directions in which passages do differ."""


@dataclass(frozen=True)
class Space:
    """Vectors to search.

    :param name: what they are.
    :param vectors: unit vectors of passages, shape (passages, dimension).
    :param queries: unit vectors of questions, shape (questions, dimension).
    """

    name: str
    vectors: Vectors
    queries: Vectors


def unit(vectors: Vectors) -> Vectors:
    """``vectors`` at unit length."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def grown(real: Vectors, count: int, chance: np.random.Generator, kind: type = np.float32) -> NDArray[Any]:
    """``count`` vectors of numbers of ``kind`` made of ``real`` ones."""
    made: NDArray[Any] = np.empty((count, real.shape[1]), dtype=kind)
    for start in range(0, count, ADDED):
        size = min(ADDED, count - start)
        base, one, other = (real[chance.integers(len(real), size=size)] for _ in range(3))
        far = NEARNESS * chance.uniform(0.3, 1, (size, 1)).astype(np.float32)
        made[start : start + size] = unit(base + far * (one - other))
    return made


def clustered(count: int, dimension: int, chance: np.random.Generator) -> Space:
    """``count`` vectors around one centre a thousand, and questions near some of them."""
    centres = chance.standard_normal((max(10, count // 1000), dimension), dtype=np.float32)
    vectors = np.empty((count, dimension), dtype=np.float32)
    for start in range(0, count, ADDED):
        size = min(ADDED, count - start)
        noise = chance.standard_normal((size, dimension), dtype=np.float32)
        vectors[start : start + size] = unit(centres[chance.integers(len(centres), size=size)] + noise)
    near = vectors[chance.integers(count, size=ASKED)]
    noise = chance.standard_normal(near.shape, dtype=np.float32) / np.sqrt(dimension)
    return Space("clustered", vectors, unit(near + noise))


def nearest(space: Space) -> NDArray[np.int64]:
    """Numbers of the ten vectors nearest to each query, shape (queries, 10)."""
    heap = faiss.ResultHeap(len(space.queries), TEN, keep_max=True)
    for start in range(0, len(space.vectors), ADDED):
        scores = space.queries @ space.vectors[start : start + ADDED].T
        numbers = np.argsort(-scores, axis=1)[:, :TEN]
        heap.add_result(np.take_along_axis(scores, numbers, 1), numbers.astype(np.int64) + start)
    heap.finalize()
    return np.asarray(heap.I)


def hnsw(vectors: Vectors) -> Any:
    """A graph of 16 neighbours a vector, a byte a number."""
    index = faiss.IndexHNSWSQ(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 60
    index.hnsw.efSearch = 128
    index.train(vectors[: min(len(vectors), ADDED)])
    index.add(vectors)
    return index


def flat(vectors: Vectors) -> Any:
    """All vectors as they are."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def lists(vectors: Vectors) -> Any:
    """Lists around centres, a byte a number: what the product uses for many passages."""
    index = coarse(vectors)
    index.nprobe = PROBED
    return index


KINDS: dict[str, Callable[[Vectors], Any]] = {"exact": flat, "IVF, SQ8": lists, "HNSW, SQ8": hnsw}


def measured(kind: str, space: Space, truth: NDArray[np.int64]) -> dict[str, Any]:
    """The figures of ``kind`` over ``space``."""
    started = time.perf_counter()
    index = KINDS[kind](space.vectors)
    built = time.perf_counter() - started
    seconds, found = [], 0
    for query, right in zip(space.queries, truth, strict=True):
        started = time.perf_counter()
        _, [numbers] = index.search(query[None, :], AGAIN * 100)
        numbers = numbers[numbers >= 0]
        best = numbers[np.argsort(-(space.vectors[numbers] @ query))[:TEN]]
        seconds.append(time.perf_counter() - started)
        found += len(np.intersect1d(best, right))
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    size = faiss.serialize_index(index).nbytes / 1e6
    count = int(CHANGED * len(space.vectors))
    return {
        "space": space.name,
        "passages": len(space.vectors),
        "kind": kind,
        "recall@10": round(found / truth.size, 4),
        "p50 ms": round(p50, 2),
        "p95 ms": round(p95, 2),
        "MB": round(size),
        "build s": round(built, 1),
        "add 1% s": timed(lambda: index.add(space.vectors[:count])),
        "remove 1% s": timed(lambda: index.remove_ids(np.arange(count, dtype=np.int64))),
    }


def timed(work: Callable[[], object]) -> float | str:
    """Seconds that ``work`` takes; a dash where FAISS cannot do it."""
    started = time.perf_counter()
    try:
        work()
    except RuntimeError:
        return "-"
    return round(time.perf_counter() - started, 2)


def spaces(real: Vectors, queries: Vectors, count: int) -> Iterator[Space]:
    """Made vectors, ``count`` each, one space at a time."""
    chance = np.random.default_rng(count)
    yield Space("grown", grown(real, count, chance), queries)
    yield clustered(count, real.shape[1], chance)


def made_index(passages: Sequence[Passage], real: Vectors, count: int, encoder: Encoder) -> Index:
    """An index of ``count`` passages: ``passages`` again and again, each time in another document and with vectors near
    ``real`` ones."""
    chance = np.random.default_rng(count)
    made = [
        _made(passages[int(n)], number) for number, n in enumerate(chance.integers(len(passages), size=count))
    ]
    firsts = first_sentences_of(made)
    lexical = LexicalIndex.from_texts([passage.embedded for passage in made])
    return Index(
        passages=made,
        dense=DenseIndex.from_vectors(grown(real, count, chance)),
        lexical=lexical,
        sentence_vectors=grown(real, int(firsts[-1]), chance, np.float16),
        first_sentences=firsts,
        manifest=Manifest(
            build=new_build_name(),
            created="2026-01-01T00:00:00+00:00",
            encoder=encoder.name,
            fingerprint=encoder.fingerprint,
            files=tuple(files_of(made)),
        ),
    )


def _made(passage: Passage, number: int) -> Passage:
    return replace(
        passage, id=f"{number:016x}", path=f"{number // 20:06d}.md", title=f"Bacaan {number // 20}"
    )


def search_opened(folder: Path, asked: Sequence[str]) -> dict[str, float]:
    """Open the index at ``folder`` and search it for ``asked``; what that took."""
    import psutil

    me, encoder = psutil.Process(), load_encoder()
    queries = [Query(*pair) for pair in zip(asked, encoder.encode_questions(asked), strict=True)]
    before, started = own_memory(me), time.perf_counter()
    index = open_index(folder, encoder)
    opened, retriever = time.perf_counter() - started, Retriever(index, encoder)
    for query in queries[:20]:
        retriever.search(query, 6)
    seconds, dense = [], []
    for query in queries:
        started = time.perf_counter()
        retriever.search(query, 6)
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
        index.dense.search(query.vector, 100)
        dense.append(time.perf_counter() - started)
    held = own_memory(me) - before
    coarse_one = folder / current_build(folder) / NEAREST
    vectors = coarse_one.stat().st_size if coarse_one.exists() else index.dense.all_vectors.nbytes
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return {
        "passages": len(index.passages),
        "open s": round(opened, 1),
        "dense p95 ms": round(float(np.percentile(dense, 95)) * 1000, 1),
        "p50 ms": round(p50, 1),
        "p95 ms": round(p95, 1),
        "MB": round(held / 1e6),
        "of it vectors": round(vectors / 1e6),
        "bytes a passage beside": round((held - vectors) / len(index.passages)),
        "MB on disk": round(sum(file.stat().st_size for file in coarse_one.parent.iterdir()) / 1e6),
    }


def own_memory(process: "psutil.Process") -> int:
    """Bytes that ``process`` holds itself, without the pages of files that it has mapped, which the system takes back."""
    held = process.memory_info()
    return int(held.rss - held.shared)


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print ``rows`` as a table."""
    print("| " + " | ".join(rows[0]) + " |\n|" + " --- |" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |", flush=True)


def plot(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw each figure of ``rows`` over the number of passages."""
    import matplotlib.pyplot as plt

    figures = ("recall@10", "p95 ms", "MB", "build s")
    drawn, axes = plt.subplots(1, len(figures), figsize=(16, 4))
    for axis, figure in zip(axes, figures, strict=True):
        for space, style in (("grown", "-"), ("clustered", "--")):
            for kind in KINDS:
                mine = [row for row in rows if (row["space"], row["kind"]) == (space, kind)]
                axis.plot(
                    [r["passages"] for r in mine],
                    [r[figure] for r in mine],
                    style,
                    marker="o",
                    label=f"{kind}, {space}",
                )
        axis.set(
            title=figure, xlabel="passages", xscale="log", yscale="linear" if figure == "recall@10" else "log"
        )
    axes[0].legend(fontsize=7)
    drawn.tight_layout()
    drawn.savefig(path, dpi=110)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the question sets")
    parser.add_argument("--passages", type=float, nargs="+", default=[1e4, 1e5, 1e6])
    parser.add_argument("--plot", type=Path, help="picture to write")
    parser.add_argument("--whole", action="store_true", help="write and search whole indexes")
    parser.add_argument("--opened", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.opened:
        asked = json.loads(sys.stdin.read())
        print(json.dumps(search_opened(options.opened, asked)))
        return
    encoder = load_encoder()
    sets = [read_set(options.data / name / f"{part}.json") for name in SETS for part in ("train", "valid")]
    passages = passages_of(contexts_of(sets))
    asked = [question.text for number in range(1, len(sets), 2) for question in sets[number].questions][::10][
        :ASKED
    ]
    real = encoder.encode_passages([passage.embedded for passage in passages])
    counts = [int(count) for count in options.passages]
    if options.whole:
        show([_whole(passages, real, count, encoder, asked) for count in counts])
        return
    queries = encoder.encode_questions(asked)
    rows = []
    for count in counts:
        for space in spaces(real, queries, count):
            truth = nearest(space)
            rows += [measured(kind, space, truth) for kind in KINDS]
            show(rows[-len(KINDS) :])
    if options.plot:
        plot(rows, options.plot)


def _whole(
    passages: Sequence[Passage], real: Vectors, count: int, encoder: Encoder, asked: Sequence[str]
) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "var") as name:
        folder = Path(name)
        with writing(folder):
            write_build(folder, made_index(passages, real, count, encoder), 0)
        command = [sys.executable, "-m", "bench.scale", "--opened", str(folder)]
        said = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
        figures: dict[str, float] = json.loads(said.stdout)
        return figures


if __name__ == "__main__":
    main()
