"""The command line ``tanya``."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.errors import QuestionError, TanyaError

if TYPE_CHECKING:
    from assistant.answers import Answer
    from assistant.settings import Settings
    from index.build import Progress

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
JsonOption = Annotated[bool, typer.Option("--json", help="Cetak JSON. / Print JSON.")]


@app.command()
def build(
    docs: Annotated[Path | None, typer.Argument(help="Folder dokumen. / Documents.")] = None,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Bangun indeks dari dokumen. / Build the index from documents."""
    with _settings(docs=docs, index=index, encoder=encoder) as settings:
        from index.build import build_index
        from index.encoder import load_encoder

        with _progress() as progress:
            report = build_index(settings.docs, settings.index, load_encoder(settings.encoder), progress)
        typer.echo(
            f"{report.documents} dokumen, {report.passages} bagian, {report.seconds:.1f} detik: "
            f"indeks {settings.index} siap."
        )
        for _, error in report.skipped:
            typer.echo(f"Dilewati: {error.message(settings.language)}", err=True)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="Pertanyaan. / Question.")],
    as_json: JsonOption = False,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Jawab satu pertanyaan. / Answer one question."""
    with _settings(index=index, encoder=encoder) as settings:
        from assistant.asking import Assistant

        assistant = Assistant.open(settings.index, settings.encoder, sure=settings.sure)
        answer = assistant.ask(question, language=settings.language)
        if as_json:
            typer.echo(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2))
        else:
            typer.echo(_readable(answer))


@app.command()
def chat(
    host: Annotated[str | None, typer.Option(help="Alamat. / Address.")] = None,
    port: Annotated[int | None, typer.Option(help="Porta. / Port.")] = None,
    docs: Annotated[Path | None, typer.Option(help="Folder dokumen. / Documents.")] = None,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Buka obrolan di peramban; indeks dibangun bila belum ada. / Serve the chat."""
    with _settings(host=host, port=port, docs=docs, index=index, encoder=encoder) as settings:
        from assistant.server import check_port, serve

        check_port(settings.host, settings.port)
        with _progress() as progress:
            serve(settings, progress, typer.echo)


@app.command()
def info(index: IndexOption = None, encoder: EncoderOption = None) -> None:
    """Apa isi indeks. / What the index holds."""
    with _settings(index=index, encoder=encoder) as settings:
        from index.store import current_build, read_manifest

        manifest = read_manifest(settings.index / current_build(settings.index))
        typer.echo(f"Indeks: {settings.index} ({manifest.build}, {manifest.created})")
        typer.echo(f"Model: {manifest.encoder} ({manifest.fingerprint[:12]})")
        for document in manifest.documents:
            typer.echo(f"  {document.path}: {document.title} ({document.passages} bagian)")


@app.command()
def evaluate(
    paths: Annotated[list[Path], typer.Argument(help="Berkas SQuAD 2.0 atau folder KelasChat.")],
    mode: Annotated[str, typer.Option(help="retrieval, reader, answers, chat.")] = "answers",
    asked: Annotated[
        list[Path] | None, typer.Option("--ask", help="Berkas yang ditanyakan. / Files asked from.")
    ] = None,
    docs: Annotated[Path | None, typer.Option(help="Dokumen, bila bukan DIR/docs.")] = None,
    predictions: Annotated[Path | None, typer.Option(help="Tulis ramalan. / Predictions.")] = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Ukur pada kumpulan pertanyaan. / Measure on question sets."""
    with _settings(index=index, encoder=encoder) as settings:
        from assistant.evaluation import evaluate_chat, evaluate_squad, table
        from index.encoder import load_encoder

        model = load_encoder(settings.encoder)
        with _progress() as progress:
            if mode == "chat":
                report = evaluate_chat(paths, model, docs, settings.sure, progress)
            elif mode in ("retrieval", "reader", "answers"):
                report = evaluate_squad(
                    paths, asked or paths, mode, model, settings.sure, predictions, progress
                )
            else:
                raise typer.BadParameter(f"{mode!r}: retrieval, reader, answers, chat")
        typer.echo(json.dumps(report, indent=2) if as_json else table(report))


def main() -> None:
    """Run ``tanya``; errors become one sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _settings(**overrides: Any) -> "Iterator[Settings]":
    """The settings; a user's error inside becomes one sentence on the error stream."""
    from assistant.settings import SettingsError, load_settings

    language: Any = "id"
    try:
        settings = load_settings(**overrides)
        language = settings.language
        yield settings
    except TanyaError as error:
        if os.environ.get("TANYA_DEBUG"):
            raise
        typer.echo(error.message(language), err=True)
        misuse = isinstance(error, SettingsError | QuestionError)
        raise typer.Exit(2 if misuse else 1) from None


@contextmanager
def _progress() -> "Iterator[Progress]":
    """Progress on the error stream, one line a stage where that is no terminal."""
    names = {"read": "Membaca", "encode": "Menyematkan", "write": "Menulis"}
    last: dict[str, int] = {}

    def show(stage: str, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if percent == last.get(stage) or (not sys.stderr.isatty() and percent < 100):
            return
        last[stage] = percent
        end = "\n" if percent == 100 else "\r"
        print(f"{names[stage]}: {percent:3d}%", file=sys.stderr, end=end, flush=True)

    yield show


def _readable(answer: "Answer") -> str:
    if answer.status == "smalltalk":
        return str(answer.answer)
    lines = []
    if answer.status == "answered":
        lines += [f"“{answer.answer}”", ""]
    else:
        lines += ["Jawabannya tidak ditemukan di dokumen. Yang terdekat:", ""]
    for source in answer.sources[: 1 if answer.status == "answered" else 3]:
        passage = source.passage
        lines.append(f"— {' › '.join((passage.title, *passage.headings))} ({passage.path})")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
