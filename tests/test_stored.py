from pathlib import Path

import numpy as np
import pytest

from index.passages import Passage
from index.stored import StoredPassages, write_passages

PASSAGES = [
    Passage(f"{n:016x}", "a.md", "Judul", ("Bagian",), n or None, f"Kalimat ke-{n} é.", ((0, 5),), ((3, 2),))
    for n in range(5)
]


@pytest.fixture
def stored(tmp_path: Path) -> StoredPassages:
    return StoredPassages(tmp_path / "lines", write_passages(PASSAGES, tmp_path / "lines"))


def test_what_was_written_is_read(stored: StoredPassages) -> None:
    assert list(stored) == PASSAGES
    assert [stored[number] for number in range(-5, 5)] == PASSAGES * 2
    assert stored[1:9:2] == (PASSAGES[1], PASSAGES[3])


def test_a_passage_read_again_is_the_same_object(stored: StoredPassages) -> None:
    assert stored[3] is stored[-2]


def test_there_are_no_more(stored: StoredPassages) -> None:
    with pytest.raises(IndexError):
        stored[5]


@pytest.mark.parametrize("begins", [[0], [0, 5], [0, 10**6]])
def test_offsets_that_do_not_fit_are_refused(tmp_path: Path, begins: list[int]) -> None:
    write_passages(PASSAGES, tmp_path / "lines")
    with pytest.raises(ValueError, match="lines"):
        StoredPassages(tmp_path / "lines", np.array(begins, dtype=np.int64))
