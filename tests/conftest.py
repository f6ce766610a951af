import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from assistant.asking import Assistant
from index.build import build_index
from index.encoder import Encoder, load_encoder

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
HOSTILE = "<img src=x onerror=\"document.title='broken'\"> **tebal** $$x^2$$ [klik](javascript:alert(1))"

READINGS = {
    "danau.md": (
        "# Danau di Indonesia\n\n## Danau Toba\n\nDanau Toba terletak di Sumatra Utara. Panjang Danau Toba "
        "sekitar 100 kilometer dan lebarnya sekitar 30 kilometer. Danau itu terbentuk karena letusan gunung "
        "api raksasa sekitar 74.000 tahun yang lalu.\n\n## Danau Sentani\n\nDanau Sentani berada di Papua, di "
        "kaki Pegunungan Cycloop. Festival Danau Sentani diadakan untuk memperkenalkan budaya masyarakatnya.\n"
    ),
    "koperasi.txt": (
        "Koperasi Sekolah Dibuka Kembali\n\nKOTA BARU - Koperasi siswa SMA Harapan Baru dibuka kembali pada 3 "
        "Maret 2025. Ketua koperasi yang baru adalah Ratna Wulandari, siswa kelas XI.\n\nBaca juga: Kantin sehat\n\n"
        "Koperasi siswa menjual alat tulis, buku, dan jajanan sehat supaya siswa tidak perlu keluar sekolah.\n"
    ),
    "aneh.txt": f"Bacaan aneh\n\nKucing bernama Zulaikha suka berenang di kolam belakang. {HOSTILE}\n",
}


def awaited(coming: Coroutine[Any, Any, T]) -> T:
    """What ``coming`` gives, in a thread of its own: in this one the loop of the browser's tests may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coming).result()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="session")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bacaan")
    for name, text in READINGS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def index_folder(readings: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("indeks") / "index"
    build_index(readings, folder, encoder)
    return folder


@pytest.fixture(scope="session")
def assistant(index_folder: Path) -> Assistant:
    return Assistant.open(index_folder)


@pytest.fixture(scope="session")
def server(assistant: Assistant) -> Iterator[str]:
    from assistant.classroom import Classroom
    from assistant.server import create_app

    with serving(create_app(Classroom(lambda: assistant))) as address:
        yield address


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """``app`` on loopback, and its address."""
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="warning", proxy_headers=False))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


@pytest.fixture
def school(readings: Path, encoder: Encoder, tmp_path: Path) -> Iterator[Any]:
    from tests.schools import opened

    with opened(readings, encoder, tmp_path) as school:
        yield school


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("TANYA_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("TANYA_REQUIRE_BROWSER"):
        pytest.fail("no Chromium was found, and this run must not skip the browser tests")
    return found
