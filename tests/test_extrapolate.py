import doctest
import math
from dataclasses import replace

import faiss
import numpy as np
import pytest

import bench.extrapolate
from bench.extrapolate import (
    INPUTS,
    PASSAGES,
    QUESTIONS,
    Inputs,
    Serving,
    encoding_hours,
    index_memory,
    kmeans_flops,
    passages_table,
    printed,
    read_inputs,
    serving,
    serving_table,
    shards,
    vector_bytes,
)
from bench.scale import hnsw
from index.dense import coarse
from tests.conftest import ROOT


@pytest.fixture
def inputs() -> Inputs:
    round_ones = {
        "dimension": 100, "memory_beside": 90, "disk": 5000, "worker_memory": 1e9, "answer_ms": 30, "search_ms": 10,
        "shard": 1e6, "encoded_cpu": 100, "encoded_gpu": math.nan, "machine_memory": 9e9, "machine_price": 0.1,
        "gpu_price": 1, "busy": 0.5, "builders": 10,
    }  # fmt: skip
    return read_inputs(INPUTS, round_ones)


def test_hours_shards_and_machines_add_up(inputs: Inputs) -> None:
    assert encoding_hours(3_600_000, 100, 10) == 1
    assert [shards(inputs, count) for count in (1, 1e6, 1_000_001, 1e9)] == [1, 1, 2, 1000]
    assert shards(replace(inputs, machine_memory=1e9 + index_memory(inputs, 1e5, "IVF, SQ8")), 1e6) == 10
    assert serving(inputs, 1e6, 600) == Serving(1, 0)
    assert serving(inputs, 1e6, 60_000) == Serving(80, 0)
    assert serving(inputs, 3e6, 60_000) == Serving(60, 3 * 20)
    assert kmeans_flops(inputs, 2e6) == 4 * kmeans_flops(inputs, 1e6)


def test_bytes_a_passage_are_those_that_faiss_takes() -> None:
    vectors = np.random.default_rng(1).standard_normal((20_000, 64), dtype=np.float32)
    reckoned = vector_bytes(64)
    for kind, index in (("IVF, SQ8", coarse(vectors)), ("HNSW, SQ8", hnsw(vectors))):
        size = faiss.serialize_index(index).nbytes / len(vectors)
        assert size == pytest.approx(reckoned[kind], rel=0.05)


def test_what_is_not_measured_is_a_question_mark_and_spreads_no_further(inputs: Inputs) -> None:
    without = replace(inputs, encoded_gpu=math.nan, search_ms=math.nan)
    head, *rows = passages_table(without)
    unknown = {head[column] for row in rows for column, cell in enumerate(row) if cell == "?"}
    assert unknown == {"hours on a GPU", "USD on a GPU"}
    assert "?" in printed(serving_table(without))
    assert "?" not in printed(serving_table(inputs))


def test_the_tables_have_a_row_for_each_size() -> None:
    inputs = read_inputs(INPUTS, {})
    assert len(list(passages_table(inputs))) == len(list(serving_table(inputs))) == 1 + len(PASSAGES)
    assert all(len(row) == 1 + len(QUESTIONS) for row in serving_table(inputs))
    with pytest.raises(ValueError, match="speed"):
        read_inputs(INPUTS, {"speed": 1})


def test_the_documentation_has_these_tables() -> None:
    inputs, told = read_inputs(INPUTS, {}), (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    assert printed(passages_table(inputs)) in told
    assert printed(serving_table(inputs)) in told


def test_the_examples_are_right() -> None:
    assert doctest.testmod(bench.extrapolate).failed == 0
