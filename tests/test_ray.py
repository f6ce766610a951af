import contextlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from assistant.settings import SettingsError, load_settings
from bench.corpus import write_documents
from bench.ray_kills import Machines, building, killed_build, machines, made_of
from index.build import build_index
from index.builds import has_index
from index.cluster import EncodingWorker, ReadingWorker
from index.collection import readers
from index.encoder import Encoder
from index.errors import ClusterError
from index.folder import found_files
from index.manifest import IndexedFile
from index.parts import PARTS, cut, packed_reads, read_part, unpacked_reads, whole_parts, write_part
from index.runtime import threads
from index.store import open_index

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="the extra tanya[cluster] is not installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Machines]:
    with machines(2) as made:
        yield made


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("banyak")
    write_documents(folder, 24)
    (folder / "rusak.md").write_bytes(b"\x00\x01")
    return folder


@pytest.fixture(scope="module")
def alone(docs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index that was built without Ray."""
    index = tmp_path_factory.mktemp("sendiri") / "index"
    assert building(docs, index).wait() == 0
    return index


def test_whatever_is_killed_the_index_is_the_one_made_without_ray(
    cluster: Machines, docs: Path, alone: Path, tmp_path: Path
) -> None:
    killed = killed_build(cluster, docs, tmp_path / "index", random.Random(0))
    assert sum(killed.values()) > 1
    assert made_of(tmp_path / "index") == made_of(alone)


def test_what_a_killed_build_left_is_taken_up(
    cluster: Machines, docs: Path, encoder: Encoder, tmp_path: Path
) -> None:
    parts = tmp_path / PARTS
    process = building(docs, tmp_path, cluster.address)
    while process.poll() is None and not (parts.exists() and any(map(_is_read, parts.iterdir()))):
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not has_index(tmp_path)
    part = next(filter(_is_read, parts.iterdir()))
    (file, passages), *others = unpacked_reads(read_part(part) or b"")
    told = replace(passages[0], text="Ini dibaca sebelum mesin mati.", sentences=((0, 30),))
    write_part(part, packed_reads([(file, (told, *passages[1:])), *others]))
    build_index(docs, tmp_path, encoder, ray=cluster.address)
    assert told in open_index(tmp_path, encoder).passages
    assert not parts.exists()


def _is_read(part: Path) -> bool:
    return len(part.name) == 64 and (read_part(part) or b"").startswith(b"[")


def test_only_what_changed_is_done_on_the_cluster(
    cluster: Machines, docs: Path, alone: Path, encoder: Encoder, tmp_path: Path
) -> None:
    shutil.copytree(docs, tmp_path / "docs")
    shutil.copytree(alone, tmp_path / "index")
    (tmp_path / "docs" / "baru.md").write_text("# Baru\n\nPasar dibuka pukul lima pagi.", encoding="utf-8")
    report = build_index(tmp_path / "docs", tmp_path / "index", encoder, ray=cluster.address)
    assert [change.file for change in report.changes if change.state == "added"] == ["baru.md"]
    build_index(tmp_path / "docs", tmp_path / "without", encoder)
    opened = [open_index(tmp_path / name, encoder) for name in ("index", "without")]
    assert list(opened[0].passages) == list(opened[1].passages)
    assert (opened[0].sentence_vectors == opened[1].sentence_vectors).all()
    assert (opened[0].dense.all_vectors == opened[1].dense.all_vectors).all()


def test_a_cluster_of_our_own_is_heard_by_nobody_and_leaves_nothing(
    readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    process = building(readings, index, "local")
    heard, family = set(), set()
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            main = psutil.Process(process.pid)
            family |= {main, *main.children(recursive=True)}
        for member in family:
            with contextlib.suppress(psutil.Error):
                heard |= {one.laddr.ip for one in member.net_connections("inet") if one.status == "LISTEN"}
        time.sleep(0.2)
    assert process.returncode == 0
    assert heard <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
    assert heard
    assert not [member for member in family if member.is_running() and member.status() != "zombie"]
    assert not list(Path(tempfile.gettempdir()).glob("tanya-ray-*"))
    assert len(open_index(index, encoder).manifest.documents) == 3


def test_without_ray_nothing_of_it_is_imported(readings: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom index.build import build_index\nfrom index.encoder import "
        "load_encoder\nbuild_index(Path(sys.argv[1]), Path(sys.argv[2]), load_encoder())\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('ray', 'pyarrow')])"
    )
    command = [sys.executable, "-c", code, str(readings), str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_build_that_changes_nothing_needs_no_cluster(
    readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    first = build_index(readings, tmp_path, encoder)
    assert build_index(readings, tmp_path, encoder, ray="127.0.0.1:1").build == first.build


def test_a_cluster_that_is_not_there_is_named(readings: Path, encoder: Encoder, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(ClusterError, match=address):
            build_index(readings, tmp_path, encoder, ray=address)
    assert not has_index(tmp_path)


@pytest.mark.parametrize("address", ["ray://10.0.0.5:10001", "10.0.0.5", "http://x:1", "a b:1"])
def test_what_is_no_address_of_a_cluster_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match=r"10\.0\.0\.5:6379"):
        load_settings(ray=address)


def worked(worker: ReadingWorker | EncodingWorker, of: str) -> str:
    return worker({"name": ["bagian"], "of": [of]})["problem"][0]  # type: ignore[dict-item]


def test_a_machine_that_does_not_see_the_documents_is_named(readings: Path, tmp_path: Path) -> None:
    of = '[{"path": "danau.md", "sha256": "lain", "documents": [], "problems": []}]'
    for docs in (tmp_path / "tidak-ada", readings):
        problem = worked(ReadingWorker(str(tmp_path), str(docs), readers()), of)
        assert str(docs / "danau.md") in problem
        assert socket.gethostname() in problem


def test_a_machine_with_another_version_or_model_is_named(
    readings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    reading = ReadingWorker(str(tmp_path), str(readings), "lain")
    encoding = EncodingWorker(str(tmp_path), "bundled", "lain")
    assert "same version" in worked(reading, "[]")
    assert "same version" in worked(encoding, '["teks"]')


def test_a_machine_that_does_not_see_the_index_is_named(readings: Path, tmp_path: Path) -> None:
    worker = ReadingWorker(str(tmp_path / "tidak-ada"), str(readings), readers())
    assert str(tmp_path / "tidak-ada") in worked(worker, "[]")


def test_damaged_parts_count_as_missing(tmp_path: Path) -> None:
    for name in ("utuh", "rusak", "lain"):
        write_part(tmp_path / name, b"isi")
    (tmp_path / "rusak").write_bytes((tmp_path / "rusak").read_bytes()[:-1])
    assert whole_parts(tmp_path, {"utuh", "rusak", "tidak-ada"}) == {"utuh"}
    assert not (tmp_path / "rusak").exists()
    assert read_part(tmp_path / "utuh") == b"isi"


def test_parts_hold_all_files_once_and_few_of_them_change_with_one_more(docs: Path) -> None:
    files = list(found_files(docs))
    before = [tuple(part) for part in cut(files)]
    assert [file for part in before for file in part] == files
    assert max(map(len, before)) <= 8
    more = sorted([*files, IndexedFile("000/00007a.md", "x")], key=lambda file: file.path)
    after = [tuple(part) for part in cut(more)]
    assert len(set(after) - set(before)) <= 2


def test_a_worker_keeps_to_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "10000")
    assert threads() == cores
