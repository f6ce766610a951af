import shutil
import time
from pathlib import Path

import pytest

from assistant.crowd import Crowd
from assistant.live import LiveAssistant
from index.build import build_index
from index.builds import CURRENT
from index.encoder import Encoder
from index.store import roll_back
from tests.conftest import awaited


@pytest.fixture
def live(readings: Path, encoder: Encoder, tmp_path: Path) -> LiveAssistant:
    shutil.copytree(readings, tmp_path / "docs")
    build_index(tmp_path / "docs", tmp_path / "index", encoder)
    return LiveAssistant(tmp_path / "index", encoder, sure=0.5)


def test_a_new_build_is_asked_once_it_is_in_use(
    live: LiveAssistant, encoder: Encoder, tmp_path: Path
) -> None:
    question = "Siapa nama penjaga perpustakaan?"
    before = live.now()
    crowd = Crowd(live.now)
    assert awaited(crowd.ask(question)).status == "not_found"
    assert not live.refresh()
    (tmp_path / "docs" / "pustaka.md").write_text(
        "# Perpustakaan\n\nPenjaga perpustakaan bernama Bu Sulastri.", encoding="utf-8"
    )
    build_index(tmp_path / "docs", tmp_path / "index", encoder)
    assert live.refresh()
    assert "Sulastri" in str(live.now().ask(question).answer)
    assert "Sulastri" in str(awaited(crowd.ask(question)).answer)
    assert before.ask(question).status == "not_found"
    roll_back(tmp_path / "index")
    assert live.refresh()
    assert live.now().ask(question).status == "not_found"


@pytest.mark.parametrize("pointer", ["", "20260101T000000000000-abcdef"])
def test_an_index_that_cannot_be_opened_leaves_the_old_one(
    live: LiveAssistant, tmp_path: Path, pointer: str
) -> None:
    before = live.now()
    (tmp_path / "index" / CURRENT).write_text(pointer, encoding="ascii")
    assert not live.refresh()
    assert live.now() is before


def test_a_server_follows_the_build_in_use(live: LiveAssistant, encoder: Encoder, tmp_path: Path) -> None:
    live.follow()
    (tmp_path / "docs" / "danau.md").unlink()
    wanted = build_index(tmp_path / "docs", tmp_path / "index", encoder).build
    for _ in range(200):
        if live.now().index.manifest.build == wanted:
            return
        time.sleep(0.05)
    pytest.fail("the server went on with the old build")
