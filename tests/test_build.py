import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from index.build import build_index
from index.builds import CURRENT, current_build
from index.encoder import Encoder
from index.errors import (
    BuildBusyError,
    IndexCorruptError,
    IndexForeignError,
    IndexMissingError,
    NoDocumentsError,
)
from index.manifest import MANIFEST
from index.store import open_index


class OtherEncoder:
    name = "lain"
    fingerprint = "lain"


def test_a_renamed_or_removed_document_leaves_nothing_behind(
    readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    docs, index = tmp_path / "docs", tmp_path / "index"
    shutil.copytree(readings, docs)
    build_index(docs, index, encoder)
    (docs / "danau.md").rename(docs / "telaga.md")
    (docs / "koperasi.txt").unlink()
    build_index(docs, index, encoder)
    opened = open_index(index, encoder)
    assert {passage.path for passage in opened.passages} == {"telaga.md", "aneh.txt"}
    assert len(opened.dense) == len(opened.lexical) == len(opened.passages)
    assert len(opened.lexical.search("koperasi Ratna Wulandari", 9).positions) == 0


def test_folders_of_others_are_never_removed(readings: Path, encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / "foto").mkdir()
    for _ in range(3):
        build_index(readings, tmp_path, encoder, fresh=True, kept=1)
    assert (tmp_path / "foto").is_dir()
    assert sum((folder / MANIFEST).exists() for folder in tmp_path.iterdir() if folder.is_dir()) == 2


def test_two_builds_at_once_are_refused(readings: Path, encoder: Encoder, tmp_path: Path) -> None:
    with FileLock(tmp_path / "build.lock"), pytest.raises(BuildBusyError):
        build_index(readings, tmp_path, encoder)


@pytest.mark.parametrize("name", ["tidak-ada", "kosong"])
def test_a_folder_without_documents_is_named(tmp_path: Path, encoder: Encoder, name: str) -> None:
    (tmp_path / "kosong").mkdir()
    with pytest.raises(NoDocumentsError, match=name):
        build_index(tmp_path / name, tmp_path / "index", encoder)


def test_one_bad_file_does_not_stop_the_others(readings: Path, encoder: Encoder, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(readings, docs)
    (docs / "rusak.md").write_bytes(b"\x00\x01")
    report = build_index(docs, tmp_path / "index", encoder)
    assert [path for path, _ in report.skipped] == ["rusak.md"]
    assert report.documents == 3


def test_a_missing_index_says_how_to_build_one(tmp_path: Path, encoder: Encoder) -> None:
    with pytest.raises(IndexMissingError, match="tanya build"):
        open_index(tmp_path, encoder)


def test_an_index_of_another_model_is_refused(index_folder: Path) -> None:
    with pytest.raises(IndexForeignError, match="lain"):
        open_index(index_folder, OtherEncoder())  # type: ignore[arg-type]


def test_any_damaged_file_is_found(index_folder: Path, encoder: Encoder, tmp_path: Path) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_folder, copy)
    build = copy / current_build(copy)
    for path in sorted(build.iterdir()):
        whole = path.read_bytes()
        path.write_bytes(whole[:-3])
        with pytest.raises(IndexCorruptError, match="tanya build"):
            open_index(copy, encoder)
        path.write_bytes(whole)
    assert open_index(copy, encoder).passages


@pytest.mark.parametrize("pointer", [b"", b"../elsewhere", b"\xff\xfe", b"nope"])
def test_a_foreign_pointer_is_refused(
    index_folder: Path, encoder: Encoder, tmp_path: Path, pointer: bytes
) -> None:
    copy = tmp_path / "index"
    shutil.copytree(index_folder, copy)
    (copy / CURRENT).write_bytes(pointer)
    with pytest.raises(IndexCorruptError):
        open_index(copy, encoder)


def test_nothing_on_disk_is_a_pickle(index_folder: Path) -> None:
    build = index_folder / current_build(index_folder)
    assert {path.suffix for path in build.iterdir()} <= {".json", ".jsonl", ".npy", ".faiss"}
    assert json.loads((build / MANIFEST).read_text())["files"]


def test_the_nearest_sentence_of_each_passage_counts(index_folder: Path, encoder: Encoder) -> None:
    index = open_index(index_folder, encoder)
    vector = encoder.encode_questions(["Siapa ketua koperasi siswa?"])[0]
    positions = np.arange(len(index.passages))[::-1]
    nearest = [(index.vectors_of_sentences(int(n)) @ vector).max() for n in positions]
    np.testing.assert_allclose(index.nearest_sentences(vector, positions), nearest, atol=1e-6)
