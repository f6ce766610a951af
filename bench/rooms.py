"""What collections cost in memory: ``python -m bench.rooms``.

Builds ten collections of the shipped documents, each with a teacher's page, serves them from this process, and prints
what it takes before anybody asks, while all are open, and after all were closed (Linux).
"""

import gc
import shutil
import tempfile
import time
from pathlib import Path

import httpx

from assistant.classroom import House
from assistant.collections import folder_of, made
from assistant.live import LiveAssistant
from assistant.passwords import hashed, keep
from assistant.school import School
from assistant.server import classroom, collection_maker, create_app
from assistant.settings import load_settings
from index.build import build_index
from index.encoder import load_encoder
from tests.conftest import serving

ROOT = Path(__file__).parent.parent
COUNT = 10
IDLE_SECONDS = 15.0
"""After which collections are closed here."""

QUESTIONS = ("Apa itu kerja sama bilateral?", "Kapan IJEPA mulai berlaku?", "Apa itu ekstradisi?")


def megabytes() -> float:
    """Memory of this process that is its own, not mapped from files."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    [own] = [line for line in lines if line.startswith("Anonymous:")]
    return int(own.split()[1]) / 1024


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        _measure(Path(name))


def _measure(folder: Path) -> None:
    encoder = load_encoder()
    settings = load_settings(
        docs=ROOT / "docs_src", index=folder / "index", collections=folder / "collections"
    )
    build_index(settings.docs, settings.index, encoder)
    names = [f"kelas-{number}" for number in range(COUNT)]
    password = hashed("sepuluh-kelas")
    for name in names:
        made(settings, name, settings.docs)
        shutil.copytree(settings.index, folder_of(settings, name) / "index")
        keep(password, folder_of(settings, name) / "password")
    live = LiveAssistant(settings.index, encoder, settings.sure)
    room = classroom(settings, live, encoder, teaching=True)
    house = House.of(room)
    maker = collection_maker(settings, encoder, house, teaching=True)
    school = School(settings.collections, maker, settings.language, COUNT, IDLE_SECONDS)
    with serving(create_app(room, house, school)) as address:
        _asked(address)
        _asked(address)
        before = _told("no collection was asked", 0.0)
        for name in names:
            _asked(f"{address}/c/{name}")
        _told(f"{COUNT} collections open", before)
        while school.open_now:
            time.sleep(0.2)
        _told(f"{COUNT} collections idle", before)


def _asked(address: str) -> None:
    for question in QUESTIONS:
        httpx.post(f"{address}/api/v1/ask", json={"question": question}, timeout=60).raise_for_status()
    httpx.get(f"{address}/", timeout=60).raise_for_status()


def _told(what: str, before: float) -> float:
    gc.collect()
    now = megabytes()
    each = f", {(now - before) / COUNT:.1f} MB each" if before else ""
    print(f"{what}: {now:.0f} MB{each}", flush=True)
    return now


if __name__ == "__main__":
    main()
