"""The server's log: sentences for a terminal, or a line of JSON each for machines."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Literal

LogForm = Literal["text", "json"]
"""How the log is written."""


class JsonLines(logging.Formatter):
    """A line of JSON a record. Of an exception it tells the kind and the place and not the words, which may be those
    of a question.

    :param worker: number of the process among the workers; None for the one that looks after them.
    """

    def __init__(self, worker: int | None) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """``record`` as its line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "worker": self._worker,
            "message": record.getMessage().strip(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = [
                f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line, ensure_ascii=False)


def log_as(form: LogForm, worker: int | None = None) -> None:
    """Write this process's log in ``form`` from now on, and in JSON what ``tanya`` loggers inform of too: a line a request,
    and which process is ready."""
    if form == "json":
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines(worker))
        logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
        logging.getLogger("tanya").setLevel(logging.INFO)
        logging.captureWarnings(True)
