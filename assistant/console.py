"""What the commands of ``tanya`` share: settings, messages, progress."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.texts import TEXTS, spoken
from index.errors import Language, QuestionError, TanyaError
from index.progress import Progress, Stage, each_percent, percent
from index.words import visible

if TYPE_CHECKING:
    from assistant.settings import Settings

app = typer.Typer(
    help="Tanya: bertanya kepada dokumen kelas. / Ask a class's documents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

IndexOption = Annotated[Path | None, typer.Option("--index", help="Folder indeks. / Index folder.")]
EncoderOption = Annotated[
    str | None, typer.Option("--encoder", help="Model: bundled, folder, atau nama. / Model.")
]
CollectionOption = Annotated[
    str | None, typer.Option("--collection", help="Nama koleksi. / A collection's name.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Cetak JSON. / Print JSON.")]


def first_language() -> Language:
    """The language for what is said before the settings are known."""
    return spoken(os.environ.get("TANYA_LANGUAGE", ""), "id")


def say(text: str, error: bool = False) -> None:
    """Print ``text`` without what cannot be seen."""
    typer.echo(visible(text), err=error)


@contextmanager
def settings_in_force(collection: str | None = None, **overrides: Any) -> "Iterator[Settings]":
    """The settings; a user's error inside becomes one sentence on the error stream.

    :param collection: whose settings they are; the server's own if None.
    """
    from assistant.settings import SettingsError, load_settings

    language = first_language()
    try:
        settings = load_settings(**overrides)
        language = settings.language
        yield settings if collection is None else _settings_of(settings, collection, overrides)
    except TanyaError as error:
        if os.environ.get("TANYA_DEBUG"):
            raise
        say(error.message(language), error=True)
        misuse = isinstance(error, SettingsError | QuestionError)
        raise typer.Exit(2 if misuse else 1) from None


def _settings_of(settings: "Settings", name: str, overrides: Mapping[str, Any]) -> "Settings":
    from assistant.collections import CollectionError, settings_of

    if overrides.get("index") is not None:
        raise CollectionError("both")
    return settings_of(settings, name)


def shown_progress(language: Language) -> Progress:
    """Progress on the error stream, one line a stage where that is no terminal."""

    def show(stage: Stage, done: int, total: int) -> None:
        now = percent(done, total)
        if now == 100 or sys.stderr.isatty():
            end = "\n" if now == 100 else "\r"
            print(f"{TEXTS[language][stage]}: {now:3d}%", file=sys.stderr, end=end, flush=True)

    return each_percent(show)
