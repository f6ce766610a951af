"""A part of the product that the teacher turns on and off."""

import contextlib
import json
import os
import threading
from pathlib import Path

from assistant.texts import sentences
from index.errors import TanyaError


class SwitchError(TanyaError):
    """What the teacher chose cannot be kept."""

    code = "switch"


class OffError(TanyaError):
    """The teacher has turned the quiz off."""

    code = "quiz_off"

    def __init__(self) -> None:
        super().__init__(*sentences("quiz", "off"))


class Switch:
    """Whether a part of the product is on: as the teacher last chose, which is kept in a file.

    :param file: a JSON object of parts and whether they are on; None keeps nothing.
    :param part: its name there.
    :param allowed: whether it may be on at all.
    """

    def __init__(self, file: Path | None = None, part: str = "quiz", allowed: bool = True) -> None:
        self._file = file
        self._part = part
        self.allowed = allowed
        self._chosen = self._kept().get(part) is not False
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        """Whether the part is on."""
        return self.allowed and self._chosen

    def turn(self, on: bool) -> None:
        """Turn the part on or off, at once and for later starts.

        :raises SwitchError: if that cannot be kept; then nothing changes.
        """
        with self._lock:
            if self._file is not None:
                self._keep(self._file, {**self._kept(), self._part: on})
            self._chosen = on

    def _kept(self) -> dict[str, object]:
        if self._file is None:
            return {}
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            return kept if isinstance(kept, dict) else {}
        return {}

    def _keep(self, file: Path, parts: dict[str, object]) -> None:
        unfinished = file.with_name(f"{file.name}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("w", encoding="utf-8") as out:
                json.dump(parts, out)
                out.flush()
                os.fsync(out.fileno())
            unfinished.replace(file)
        except OSError as error:
            raise SwitchError(*sentences("quiz", "unkept", file=file, problem=error.strerror)) from error
