"""Files that a command writes."""

from pathlib import Path

from index.errors import TanyaError


class OutputError(TanyaError):
    """A file cannot be written."""

    code = "output"


def check_output(path: Path) -> None:
    """Make sure, before the work for it begins, that the file ``path`` can be written.

    :raises OutputError: if it is a folder, or in no folder.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise _not_written(path, None)


def write_output(path: Path, text: str) -> None:
    """Write ``text`` to the file ``path``.

    :raises OutputError: if it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _not_written(path, error.strerror) from error


def _not_written(path: Path, reason: str | None) -> OutputError:
    why = f" ({reason})" if reason else ""
    return OutputError(
        f"Berkas {path} tidak dapat ditulis{why}: pilih berkas di folder yang ada.",
        f"The file {path} cannot be written{why}: choose one in an existing folder.",
    )
