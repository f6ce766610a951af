"""A server with a teacher."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.classroom import Classroom, Teacher
from assistant.live import LiveAssistant
from assistant.passwords import hashed
from assistant.question_log import FileLog
from assistant.server import create_app
from assistant.teacher import Desk
from index.build import build_index
from index.build_process import BuildProcess
from index.encoder import Encoder
from tests.conftest import serving

PASSWORD = "kucing-berenang"


@dataclass
class School:
    address: str
    desk: Desk
    log: FileLog
    live: LiveAssistant


@contextmanager
def opened(readings: Path, encoder: Encoder, folder: Path) -> Iterator[School]:
    docs, index = folder / "docs", folder / "index"
    shutil.copytree(readings, docs)
    build_index(docs, index, encoder)
    live = LiveAssistant(index, encoder, sure=0.5)
    desk = Desk(docs, index, BuildProcess(docs, index, "bundled", 2), live.refresh)
    log = FileLog(folder / "log" / "questions.sqlite", days=30)
    with serving(
        create_app(Classroom(live.now, "id", Teacher(desk, encoder, hashed(PASSWORD)), log))
    ) as address:
        yield School(address, desk, log, live)
