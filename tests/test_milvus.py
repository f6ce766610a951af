import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
import pytest

pytest.importorskip(
    "pymilvus", reason="Milvus is not tried: install the extra with pip install 'tanya[test]'"
)
pytest.importorskip(
    "milvus_lite", reason="Milvus is not tried: install the extra with pip install 'tanya[test]'"
)

from assistant.asking import Assistant
from assistant.classroom import Classroom
from assistant.live import LiveAssistant
from assistant.server import create_app
from assistant.squad import read_set
from index import milvus_build
from index.build import build_index, planned
from index.build_process import BuildProcess
from index.encoder import Encoder
from index.errors import BuildBusyError, IndexCorruptError, IndexForeignError, IndexMissingError, StoreError
from index.milvus import MilvusStore
from index.milvus_client import Milvus
from index.store import open_index
from index.stores import store_of
from tests.conftest import ROOT, serving
from tests.test_incremental import Counting

QUESTIONS = ROOT / "tests" / "data" / "kerja-sama-bilateral" / "questions.json"
HOSTILE = "\"; drop collection 'tanya' -- \\ {x} %s ] or number >= 0 \U0001f642 \ufdfa <b>&amp;"


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("milvus") / "milvus.db")


@pytest.fixture
def store(lite: str, tmp_path: Path) -> MilvusStore:
    return MilvusStore(lite, "", f"t{uuid4().hex[:8]}", tmp_path / "index")


@pytest.fixture
def docs(readings: Path, tmp_path: Path) -> Path:
    shutil.copytree(readings, tmp_path / "docs")
    return tmp_path / "docs"


def collections(store: MilvusStore) -> list[str]:
    with Milvus(store.uri).reached() as client:
        return [name for name in client.list_collections() if name.startswith(store.prefix)]


def wrote(docs: Path, text: str) -> None:
    (docs / "pustaka.md").write_text(f"# Perpustakaan\n\n{text}", encoding="utf-8")


def test_answers_and_what_is_found_are_those_of_an_index_on_disk(
    store: MilvusStore, encoder: Encoder, tmp_path: Path
) -> None:
    build_index(ROOT / "docs_src", tmp_path / "disk", encoder)
    build_index(ROOT / "docs_src", store, encoder)
    disk, milvus = (Assistant.open(place) for place in (tmp_path / "disk", store))
    questions = [question.text for question in read_set(QUESTIONS).questions]
    shared = 0.0
    for question in questions:
        one, other = ({hit.passage.id for hit in asked.hits(question, 10)} for asked in (disk, milvus))
        shared += len(one & other) / len(one)
        assert milvus.ask(question).answer == disk.ask(question).answer
    assert shared >= 0.99 * len(questions)
    assert milvus.starters == disk.starters


def test_what_finding_and_reading_see_is_the_same_number_for_number(
    store: MilvusStore, readings: Path, index_folder: Path, encoder: Encoder
) -> None:
    build_index(readings, store, encoder)
    disk, milvus = open_index(index_folder, encoder), store.open(encoder)
    assert milvus.positions.tolist() == disk.positions.tolist()
    assert milvus.passages_at(disk.positions) == list(disk.passages)
    np.testing.assert_allclose(milvus.vectors_at(disk.positions), disk.vectors_at(disk.positions))
    backwards = disk.positions[::-1]
    for one, other in zip(milvus.sentences_at(backwards), disk.sentences_at(backwards), strict=True):
        np.testing.assert_allclose(one, other)
    text = "Siapa ketua ketua koperasi siswa di danau?"
    vector = encoder.encode_questions([text])[0]
    for one, other in zip(
        vars(milvus.candidates(vector, text, 3)).values(),
        vars(disk.candidates(vector, text, 3)).values(),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for word in ("koperasi", "danau", "tak-ada"):
        assert milvus.rarity(word) == pytest.approx(disk.rarity(word))
    assert milvus.passages_of("danau.md") == disk.passages_of("danau.md")
    assert milvus.passages_of("tidak-ada.md") == ()


def test_many_passages_are_found_by_the_index_that_milvus_chooses(
    store: MilvusStore, readings: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_build, "EXACT", 1)
    build_index(readings, store, encoder)
    assert "Ratna Wulandari" in str(Assistant.open(store).ask("Siapa ketua koperasi siswa?").answer)


def test_builds_are_switched_kept_and_rolled_back_to(
    store: MilvusStore, docs: Path, encoder: Encoder
) -> None:
    assert not store.exists()
    made = []
    for text in ("Satu.", "Dua.", "Tiga."):
        wrote(docs, text)
        made.append(build_index(docs, store, encoder, kept=1).build)
        assert store.current() == made[-1]
    assert store.builds() == made[1:]
    assert len(collections(store)) == 8
    assert store.roll_back().build == store.current() == made[1]
    assert [passage.text for passage in store.open(encoder).passages_of("pustaka.md")] == ["Dua."]
    assert store.roll_back(made[2]).build == store.current() == made[2]
    with pytest.raises(IndexMissingError, match=made[0]):
        store.roll_back(made[0])


def test_without_a_build_what_to_do_is_said(store: MilvusStore, encoder: Encoder) -> None:
    for opening in (store.current, store.manifest, lambda: store.open(encoder), store.roll_back):
        with pytest.raises(IndexMissingError, match="tanya build"):
            opening()


def test_only_what_changed_is_encoded(store: MilvusStore, docs: Path, encoder: Encoder) -> None:
    counting = Counting(encoder)
    first = build_index(docs, store, counting)
    counting.texts = 0
    assert build_index(docs, store, counting).build == first.build
    wrote(docs, "Penjaga perpustakaan bernama Bu Sulastri.")
    assert {change.file: change.state for change in planned(docs, store)}["pustaka.md"] == "added"
    assert build_index(docs, store, counting).build != first.build
    assert counting.texts == 2
    build_index(docs, store, encoder, fresh=True)
    assert "Sulastri" in str(Assistant.open(store).ask("Siapa nama penjaga perpustakaan?").answer)


def test_an_index_of_another_model_is_refused(store: MilvusStore, readings: Path, encoder: Encoder) -> None:
    build_index(readings, store, encoder)
    other = Counting(encoder)
    other.fingerprint = "lain"
    with pytest.raises(IndexForeignError, match="tanya build"):
        store.open(other)


def test_two_builds_at_once_are_refused(store: MilvusStore, readings: Path, encoder: Encoder) -> None:
    with store.writing(), pytest.raises(BuildBusyError):
        build_index(readings, store, encoder)


def test_rows_that_are_lost_or_changed_are_noticed(store: MilvusStore, docs: Path, encoder: Encoder) -> None:
    build = build_index(docs, store, encoder).build
    assert store.verified(build).build == build
    name = store._name(build)
    with Milvus(store.uri).reached() as client:
        [row] = client.query(name, ids=[0], output_fields=["*"])
        client.upsert(name, [{**row, "passage": row["passage"].replace("Kucing", "Anjing")}])
    with pytest.raises(IndexCorruptError, match="passages"):
        store.verified(build)
    with Milvus(store.uri).reached() as client:
        client.delete(name, ids=[1])
    with pytest.raises(IndexCorruptError, match="passages"):
        store.open(encoder)
    build_index(docs, store, encoder)
    assert store.open(encoder).passages_at([0])[0].text


def test_hostile_texts_and_names_come_back_as_they_were(
    store: MilvusStore, docs: Path, encoder: Encoder, tmp_path: Path
) -> None:
    name = "a\" or 1 == 1 or document == '.md"
    (docs / name).write_text(f"# {HOSTILE}\n\n{HOSTILE} Kucing itu bernama Zulaikha.", encoding="utf-8")
    build_index(docs, store, encoder)
    build_index(docs, tmp_path / "disk", encoder)
    disk, milvus = open_index(tmp_path / "disk", encoder), store.open(encoder)
    assert milvus.passages_at(disk.positions) == list(disk.passages)
    assistant = Assistant(milvus, encoder)
    assert assistant.ask(HOSTILE).status
    assert {hit.passage.path for hit in assistant.about([name]).hits("Siapa nama kucing itu?", 5)} == {name}


def test_headings_too_long_for_a_row_are_shortened(store: MilvusStore, docs: Path, encoder: Encoder) -> None:
    (docs / "panjang.md").write_text(
        f"# Judul\n\n## {'Sangat ' * 20_000}\n\nKolam itu dalamnya sembilan meter.\n\n{'x' * 9000} akhir.",
        encoding="utf-8",
    )
    build_index(docs, store, encoder)
    index = store.open(encoder)
    assert index.passages_of("panjang.md")[0].text == "Kolam itu dalamnya sembilan meter."
    assert len(index.passages_of("panjang.md")[0].headings[0]) == milvus_build.HEADING


def test_a_part_of_the_documents_is_asked(store: MilvusStore, readings: Path, encoder: Encoder) -> None:
    build_index(readings, store, encoder)
    assistant = Assistant.open(store)
    part = assistant.about(["danau.md", "tidak-ada.md"])
    assert {document.path for document in part.index.manifest.documents} == {"danau.md"}
    assert part.index.passages_at(part.index.positions) == list(assistant.index.passages_of("danau.md"))
    assert {hit.passage.path for hit in part.hits("Siapa ketua koperasi siswa?", 9)} == {"danau.md"}
    assert "Sumatra Utara" in str(part.ask("Di mana letak Danau Toba?").answer)
    assert part.ask("Siapa ketua koperasi siswa?").status == "not_found"
    assert part.starters


def test_a_server_follows_the_alias(store: MilvusStore, docs: Path, encoder: Encoder) -> None:
    question = "Siapa nama penjaga perpustakaan?"
    build_index(docs, store, encoder)
    live = LiveAssistant(store, encoder, sure=0.5)
    before = live.now()
    assert not live.refresh()
    wrote(docs, "Penjaga perpustakaan bernama Bu Sulastri.")
    build_index(docs, store, encoder)
    assert live.refresh()
    assert "Sulastri" in str(live.now().ask(question).answer)
    assert before.ask(question).status == "not_found"
    store.roll_back()
    assert live.refresh()
    assert live.now().ask(question).status == "not_found"


@pytest.mark.parametrize("uri", ["http://siswa:rahasia@127.0.0.1:1", "/tidak/ada/milvus.db", "http://[rusak"])
def test_what_cannot_be_reached_is_named_without_its_password(
    uri: str, readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="TANYA_MILVUS_URI") as raised:
        build_index(readings, MilvusStore(uri, "", "tanya", tmp_path), encoder)
    assert "rahasia" not in str(raised.value)


def test_without_the_extra_how_to_install_it_is_said(
    store: MilvusStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(StoreError, match=r"tanya\[cluster\]"):
        store.exists()


class Server:
    """Milvus Lite in a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self.start()

    def start(self) -> None:
        arguments = ["server", "--data-dir", str(self._folder), "--port", str(self.port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "milvus_lite", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process.poll() is None, "Milvus Lite did not start"
            time.sleep(0.1)
        pytest.fail("Milvus Lite did not listen")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


@pytest.fixture
def server_of_milvus(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "milvus")
    yield server
    server.stop()


def test_a_server_is_kind_while_milvus_is_away_and_recovers(
    server_of_milvus: Server, docs: Path, encoder: Encoder, tmp_path: Path
) -> None:
    store = MilvusStore(server_of_milvus.uri, "", "tanya", tmp_path / "index")
    build_index(docs, store, encoder)
    live = LiveAssistant(store, encoder, sure=0.5)
    asked = {"question": "Siapa ketua koperasi siswa?"}
    with (
        serving(create_app(Classroom(live.now))) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        server_of_milvus.stop()
        answer = client.post("/api/v1/ask", json=asked, headers={"Accept-Language": "en"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "away")
        assert "127.0.0.1" not in answer.text
        page = client.get("/documents/danau.md")
        assert (page.status_code, "text/html" in page.headers["content-type"]) == (503, True)
        assert not live.refresh()
        server_of_milvus.start()
        for _ in range(120):
            answer = client.post("/api/v1/ask", json=asked)
            if answer.status_code == 200:
                break
            time.sleep(0.25)
        assert "Ratna Wulandari" in answer.json()["answer"]
        assert client.get("/documents/danau.md").status_code == 200


CRASHING = """
import os, sys
from pathlib import Path
from index import milvus_build
from index.build import build_index
from index.encoder import load_encoder
from index.milvus import MilvusStore

milvus_build._word_rows = lambda lexical: os._exit(9)
build_index(Path(sys.argv[2]), MilvusStore(sys.argv[1], "", "tanya", Path(sys.argv[3])), load_encoder())
"""


def test_a_build_that_is_killed_midway_leaves_the_old_one_and_is_cleared_away(
    server_of_milvus: Server, docs: Path, encoder: Encoder, tmp_path: Path
) -> None:
    store = MilvusStore(server_of_milvus.uri, "", "tanya", tmp_path / "index")
    first = build_index(docs, store, encoder).build
    wrote(docs, "Penjaga perpustakaan bernama Bu Sulastri.")
    arguments = [server_of_milvus.uri, str(docs), str(tmp_path / "index")]
    killed = subprocess.run([sys.executable, "-c", CRASHING, *arguments], cwd=ROOT, check=False)
    assert killed.returncode == 9
    assert len(collections(store)) > 4
    assert store.current() == first
    assert store.builds() == [first]
    assert "Ratna" in str(Assistant.open(store).ask("Siapa ketua koperasi siswa?").answer)
    second = build_index(docs, store, encoder).build
    assert store.builds() == [first, second]
    assert len(collections(store)) == 8


def test_a_build_that_fails_midway_clears_itself_away(
    store: MilvusStore, docs: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_index(docs, store, encoder).build
    wrote(docs, "Penjaga perpustakaan bernama Bu Sulastri.")

    def broken(*_: object) -> Iterator[dict[str, object]]:
        raise MemoryError
        yield {}

    with monkeypatch.context() as faulty:
        faulty.setattr(milvus_build, "_sentence_rows", broken)
        with pytest.raises(MemoryError):
            build_index(docs, store, encoder)
    assert store.current() == first
    assert len(collections(store)) == 4
    assert build_index(docs, store, encoder).build == store.current() != first


def test_the_teachers_page_builds_on_milvus_in_a_process_of_its_own(
    server_of_milvus: Server, readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    store = MilvusStore(server_of_milvus.uri, "", "kelas_7b", tmp_path / "index")
    assert store_of(json.loads(json.dumps(store.task))) == store
    builder = BuildProcess(readings, store, "bundled", 2)
    assert builder.start()
    while builder.state.running:
        time.sleep(0.1)
    assert builder.state.problem is None
    assert builder.state.report is not None
    assert store.current() == builder.state.report["build"]


def tanya(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "assistant.cli", *arguments], env={**os.environ, **environment},
        capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip


def test_the_command_line_builds_asks_and_rolls_back_on_milvus(readings: Path, tmp_path: Path) -> None:
    milvus = {
        "TANYA_STORE": "milvus", "TANYA_MILVUS_URI": str(tmp_path / "m.db"), "TANYA_INDEX": str(tmp_path / "index"),
    }  # fmt: skip
    built = tanya("build", str(readings), **milvus)
    assert built.returncode == 0, built.stderr
    assert "tanya @" in built.stdout
    assert "Ratna Wulandari" in tanya("ask", "Siapa ketua koperasi siswa?", **milvus).stdout
    assert "danau.md" in tanya("info", **milvus).stdout
    assert tanya("verify", **milvus).returncode == 0
    assert tanya("rollback", **milvus).returncode == 1


def test_an_unreachable_milvus_is_one_sentence_on_the_command_line(readings: Path, tmp_path: Path) -> None:
    failed = tanya(
        "build", str(readings), TANYA_STORE="milvus", TANYA_MILVUS_URI="http://127.0.0.1:1",
        TANYA_MILVUS_TOKEN="rahasia", TANYA_INDEX=str(tmp_path), TANYA_LANGUAGE="en",
    )  # fmt: skip
    assert failed.returncode == 1
    assert "127.0.0.1:1 cannot be reached" in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    assert "rahasia" not in failed.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("STORE", "awan"), ("MILVUS_URI", "ftp://rahasia"), ("MILVUS_PREFIX", "kelas 7; drop")],
)
def test_bad_settings_are_refused(name: str, value: str) -> None:
    refused = tanya("info", **{f"TANYA_{name}": value})
    assert refused.returncode == 2
    assert name.lower() in refused.stderr
    assert "rahasia" not in refused.stderr
