import io
import os
import sys
import zipfile
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.retriever import Retriever
from index import reading
from index.build import build_index, planned
from index.builds import CURRENT, builds, current_build
from index.child import ChildReader
from index.encoder import Encoder
from index.errors import IndexCorruptError, IndexMissingError, NoDocumentsError
from index.folder import is_current
from index.kinds import LARGEST
from index.store import Index, open_index, roll_back

TEXTS = (
    "# Danau\n\nDanau Toba terletak di Sumatra Utara.\n\nDanau itu dalam. Danau itu dalam.",
    "Danau itu dalam. Danau itu dalam.\n\nDanau itu dalam. Danau itu dalam.",
    "Koperasi siswa menjual alat tulis, buku, dan jajanan sehat supaya siswa tidak perlu keluar sekolah.",
    "# Pasar\n\n## Jam buka\n\nPasar dibuka pukul lima pagi.\n\n## Barang\n\n- beras\n- sayur\n- ikan",
    "",
)
NAMES = ("a.md", "b.txt", "b.md", "c/pasar-pagi.txt", "c/arsip.zip", "d.zip")
QUESTIONS = ("Di mana Danau Toba?", "Kapan pasar dibuka?", "Apa yang dijual koperasi?")

Step = tuple[str, str, str, int]
steps = st.tuples(
    st.sampled_from(["write", "write", "rename", "shorten", "remove"]),
    st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, len(TEXTS) - 1),
)  # fmt: skip


def contents(name: str, number: int) -> bytes:
    if not name.endswith(".zip"):
        return TEXTS[number].encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for member, text in (
            ("satu.md", TEXTS[number]),
            ("dua.txt", TEXTS[1]),
            ("rusak.pdf", "x" * (number % 2)),
        ):
            file.writestr(zipfile.ZipInfo(member), text)
    return out.getvalue()


def apply(docs: Path, step: Step) -> None:
    kind, name, other, number = step
    path, target = docs / name, docs / other
    path.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if kind == "write":
        path.write_bytes(contents(name, number))
    elif path.exists() and kind == "rename":
        path.rename(target)
    elif path.exists() and kind == "shorten":
        path.write_bytes(path.read_bytes()[:60])
    elif kind == "remove":
        path.unlink(missing_ok=True)


def assert_same(one: Index, other: Index, encoder: Encoder) -> None:
    assert list(one.passages) == list(other.passages)
    assert one.manifest.files == other.manifest.files
    everything = np.arange(len(one.passages))
    np.testing.assert_allclose(one.dense.vectors(everything), other.dense.vectors(everything), atol=1e-5)
    np.testing.assert_allclose(one.sentence_vectors, other.sentence_vectors, atol=1e-3)
    for question in QUESTIONS:
        found = [Retriever(index, encoder).search(question) for index in (one, other)]
        assert [hit.passage.id for hit in found[0]] == [hit.passage.id for hit in found[1]]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(steps, min_size=2, max_size=6))
def test_after_any_changes_an_index_is_what_a_build_from_nothing_gives(
    encoder: Encoder, sequence: list[Step]
) -> None:
    with TemporaryDirectory() as folder:
        docs = Path(folder) / "docs"
        docs.mkdir()
        (docs / "tetap.md").write_text(TEXTS[0], encoding="utf-8")
        for step in sequence:
            apply(docs, step)
            build_index(docs, Path(folder) / "step by step", encoder)
        build_index(docs, Path(folder) / "at once", encoder)
        opened = [open_index(Path(folder) / name, encoder) for name in ("step by step", "at once")]
        assert_same(*opened, encoder)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.md").write_text(TEXTS[number], encoding="utf-8")
    return folder


class Counting:
    """An encoder that counts what it encodes."""

    def __init__(self, encoder: Encoder) -> None:
        self.texts = 0
        self.name, self.fingerprint, self.dimension = encoder.name, encoder.fingerprint, encoder.dimension
        self.encode_questions = encoder.encode_questions
        self._encoder = encoder

    def encode_passages(self, texts: list[str]) -> np.ndarray:
        self.texts += len(texts)
        return self._encoder.encode_passages(texts)


def states(found: tuple) -> dict[str, str]:  # type: ignore[type-arg]
    return {change.file: change.state for change in found}


def test_only_what_changed_is_encoded_and_reported(docs: Path, encoder: Encoder, tmp_path: Path) -> None:
    index, counting = tmp_path / "index", Counting(encoder)
    first = build_index(docs, index, counting)
    assert set(states(first.changes).values()) == {"added"}
    counting.texts = 0
    (docs / "0.md").rename(docs / "pindah.md")
    (docs / "1.md").unlink()
    (docs / "2.md").write_text("Kini lain sama sekali.", encoding="utf-8")
    (docs / "foto.jpg.exe").write_bytes(b"MZ")
    wanted = {"pindah.md": "renamed", "1.md": "removed", "2.md": "changed", "3.md": "unchanged"}
    before = planned(docs, index)
    assert states(before) == {**wanted, "foto.jpg.exe": "skipped"}
    second = build_index(docs, index, counting)
    assert states(second.changes) == states(before)
    assert counting.texts == 2
    assert [path for path, _ in second.skipped] == ["foto.jpg.exe"]


def test_a_build_without_changes_makes_no_new_one(docs: Path, encoder: Encoder, tmp_path: Path) -> None:
    first = build_index(docs, tmp_path, encoder)
    assert build_index(docs, tmp_path, encoder).build == first.build
    assert build_index(docs, tmp_path, encoder, fresh=True).build != first.build


def test_a_link_out_of_the_folder_is_not_followed(docs: Path, encoder: Encoder, tmp_path: Path) -> None:
    (tmp_path / "rahasia.md").write_text("# Rahasia\n\nKata sandinya kelapa.", encoding="utf-8")
    (docs / "tautan.md").symlink_to(tmp_path / "rahasia.md")
    (docs / "luar").symlink_to(tmp_path)
    report = build_index(docs, tmp_path / "index", encoder)
    assert [path for path, _ in report.skipped] == ["tautan.md"]
    assert report.documents == 4


def test_a_damaged_index_is_built_from_nothing(docs: Path, encoder: Encoder, tmp_path: Path) -> None:
    build = tmp_path / build_index(docs, tmp_path, encoder).build
    (build / "passages.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(IndexCorruptError):
        open_index(tmp_path, encoder)
    build_index(docs, tmp_path, encoder)
    assert len(open_index(tmp_path, encoder).manifest.files) == 4


def test_rolling_back_returns_to_an_older_build(docs: Path, encoder: Encoder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    made = [build_index(docs, index, encoder).build]
    for text in ("Satu.", "Dua.", "Tiga."):
        (docs / "baru.md").write_text(text, encoding="utf-8")
        made.append(build_index(docs, index, encoder).build)
    assert builds(index) == made[1:]
    assert roll_back(index).build == made[2]
    assert any(passage.text == "Dua." for passage in open_index(index, encoder).passages)
    assert roll_back(index, made[3]).build == current_build(index) == made[3]
    roll_back(index, made[1])
    with pytest.raises(IndexMissingError, match="older build"):
        roll_back(index)
    with pytest.raises(IndexMissingError, match=made[0]):
        roll_back(index, made[0])


def test_a_damaged_build_is_not_rolled_back_to(docs: Path, encoder: Encoder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    first = build_index(docs, index, encoder).build
    (docs / "baru.md").write_text("Baru.", encoding="utf-8")
    second = build_index(docs, index, encoder).build
    (index / first / "sentences.npy").write_bytes(b"")
    with pytest.raises(IndexCorruptError):
        roll_back(index)
    assert current_build(index) == second


def test_an_emptied_folder_leaves_the_old_index(docs: Path, encoder: Encoder, tmp_path: Path) -> None:
    index = tmp_path / "index"
    before = build_index(docs, index, encoder).build
    for path in docs.iterdir():
        path.unlink()
    with pytest.raises(NoDocumentsError):
        build_index(docs, index, encoder)
    assert current_build(index) == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names or files")
def test_huge_files_and_names_of_all_kinds_are_no_trouble(
    docs: Path, encoder: Encoder, tmp_path: Path
) -> None:
    for name in ("皇后.md", "كتاب.md", "baris\nbaru.md", "🙂.md", "spasi  .md"):
        (docs / name).write_text("# Bacaan\n\nIsi bacaan.", encoding="utf-8")
    Path(os.fsdecode(os.fsencode(docs) + b"/rusak\xff.md")).write_text("# Bacaan\n\nIsi.")
    with (docs / "raksasa.pdf").open("wb") as file:
        file.truncate(10 * 2**30)
    report = build_index(docs, tmp_path / "index", encoder)
    assert report.documents == 9
    reasons = dict(report.skipped)
    assert "too large (10240 MB" in reasons["raksasa.pdf"].english
    assert "not UTF-8" in reasons["rusak?.md"].english
    assert len(open_index(tmp_path / "index", encoder).manifest.files) == 11


def test_a_reading_that_can_no_longer_be_read_is_a_change(
    docs: Path, encoder: Encoder, tmp_path: Path
) -> None:
    build_index(docs, tmp_path / "index", encoder)
    manifest = open_index(tmp_path / "index", encoder).manifest
    (docs / "0.md").write_bytes(b"x" * (LARGEST + 1))
    [change] = [change for change in planned(docs, tmp_path / "index") if change.file == "0.md"]
    assert change.state == "changed"
    assert "too large" in change.problems[0].english
    assert not is_current(manifest, docs)
    build_index(docs, tmp_path / "index", encoder)
    assert states(planned(docs, tmp_path / "index"))["0.md"] == "skipped"


def test_a_file_whose_reader_ended_is_tried_again(
    docs: Path, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(reading, "ChildReader", partial(ChildReader, 0.0))
        with pytest.raises(NoDocumentsError, match="not read within"):
            build_index(docs, tmp_path / "index", encoder)
    assert build_index(docs, tmp_path / "index", encoder).documents == 4


def test_a_damaged_pointer_does_not_keep_from_an_older_build(
    docs: Path, encoder: Encoder, tmp_path: Path
) -> None:
    build = build_index(docs, tmp_path / "index", encoder).build
    (tmp_path / "index" / CURRENT).write_text("rusak", encoding="ascii")
    with pytest.raises(IndexCorruptError):
        roll_back(tmp_path / "index")
    assert roll_back(tmp_path / "index", build).build == build
