"""The command line ``tanya``."""

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.metrics import Mode
from assistant.texts import TEXTS
from index.errors import Language, QuestionError, TanyaError
from index.words import visible

if TYPE_CHECKING:
    from assistant.answers import Answer, Source
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

        texts = TEXTS[settings.language]
        model = load_encoder(settings.encoder)
        report = build_index(settings.docs, settings.index, model, _progress(settings.language))
        _say(texts["built"].format(**{**vars(report), "index": settings.index}))
        for _, error in report.skipped:
            _say(texts["skipped"].format(reason=error.message(settings.language)), error=True)


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
            _say(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2))
        else:
            _say(_readable(answer, settings.language))


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
        serve(settings, _progress(settings.language), _say)


@app.command()
def info(index: IndexOption = None, encoder: EncoderOption = None) -> None:
    """Apa isi indeks. / What the index holds."""
    with _settings(index=index, encoder=encoder) as settings:
        from index.store import current_build, read_manifest

        texts = TEXTS[settings.language]
        manifest = read_manifest(settings.index / current_build(settings.index))
        documents = manifest.documents
        _say(
            texts["info"].format(
                index=settings.index,
                documents=len(documents),
                passages=sum(document.passages for document in documents),
                created=manifest.created,
                encoder=manifest.encoder,
            )
        )
        for document in documents:
            _say(f"  {document.path}: {document.title} ({document.passages} {texts['passages']})")


@app.command()
def evaluate(
    paths: Annotated[list[Path], typer.Argument(help="Berkas SQuAD 2.0 atau folder KelasChat.")],
    mode: Annotated[Mode, typer.Option(help="Yang diukur. / What is measured.")] = Mode.ANSWERS,
    asked: Annotated[
        list[Path] | None, typer.Option("--ask", help="Berkas yang ditanyakan. / Files asked from.")
    ] = None,
    docs: Annotated[Path | None, typer.Option(help="Dokumen, bila bukan DIR/docs.")] = None,
    predictions: Annotated[Path | None, typer.Option(help="Tulis ramalan. / Predictions.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Tulis laporan HTML (answers, chat). / HTML report.")
    ] = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Ukur pada kumpulan pertanyaan. / Measure on question sets."""
    if report is not None and mode not in (Mode.ANSWERS, Mode.CHAT):
        raise typer.BadParameter(f"--report: --mode {Mode.ANSWERS} / {Mode.CHAT}")
    with _settings(index=index, encoder=encoder) as settings:
        from assistant.evaluation import evaluate_chat, evaluate_squad, table
        from assistant.output import check_output, write_output
        from assistant.report import report_html
        from index.encoder import load_encoder

        if report is not None:
            check_output(report)
        model, progress = load_encoder(settings.encoder), _progress(settings.language)
        if mode == Mode.CHAT:
            found = evaluate_chat(paths, model, docs, settings.sure, progress)
        else:
            found = evaluate_squad(paths, asked or paths, mode, model, settings.sure, predictions, progress)
        if report is not None:
            write_output(report, report_html(found.judged, settings.language))
        _say(json.dumps(found.figures, indent=2) if as_json else table(found.figures))


def main() -> None:
    """Run ``tanya``; whatever goes wrong becomes one sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        _silence()
    except Exception as error:
        if os.environ.get("TANYA_DEBUG"):
            raise
        _silence()
        _say(TEXTS[_language()]["crashed"].format(reason=f"{type(error).__name__}: {error}"), error=True)
        sys.exit(1)


def _silence() -> None:
    """Throw away what standard output still holds, since it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _language() -> Language:
    """The language for what is said before the settings are known."""
    return "en" if os.environ.get("TANYA_LANGUAGE") == "en" else "id"


def _say(text: str, error: bool = False) -> None:
    typer.echo(visible(text), err=error)


@contextmanager
def _settings(**overrides: Any) -> "Iterator[Settings]":
    """The settings; a user's error inside becomes one sentence on the error stream."""
    from assistant.settings import SettingsError, load_settings

    language = _language()
    try:
        settings = load_settings(**overrides)
        language = settings.language
        yield settings
    except TanyaError as error:
        if os.environ.get("TANYA_DEBUG"):
            raise
        _say(error.message(language), error=True)
        misuse = isinstance(error, SettingsError | QuestionError)
        raise typer.Exit(2 if misuse else 1) from None


def _progress(language: Language) -> "Progress":
    """Progress on the error stream, one line a stage where that is no terminal."""
    last: dict[str, int] = {}

    def show(stage: str, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if percent == last.get(stage) or (not sys.stderr.isatty() and percent < 100):
            return
        last[stage] = percent
        end = "\n" if percent == 100 else "\r"
        print(f"{TEXTS[language][stage]}: {percent:3d}%", file=sys.stderr, end=end, flush=True)

    return show


def _readable(answer: "Answer", language: Language) -> str:
    if answer.status == "smalltalk":
        return str(answer.answer)
    if answer.status == "answered":
        quoted = [f"“{answer.answer}”\n\n{_place(answer.sources[0])}"]
        quoted += [
            f"“{_marked(source)}”\n\n{_place(source)}" for source in answer.sources[1 : answer.together]
        ]
        return "\n\n".join(quoted)
    nearest = (f"{_place(source)}\n  {_shortened(source.passage.text)}" for source in answer.sources)
    return "\n".join([TEXTS[language]["nearest"], "", *nearest])


def _marked(source: "Source") -> str:
    return " … ".join(source.passage.text[start:end] for start, end in source.highlights)


def _place(source: "Source") -> str:
    passage = source.passage
    return f"— {' › '.join((passage.title, *passage.headings))} ({passage.path})"


def _shortened(text: str, longest: int = 160) -> str:
    return textwrap.shorten(text, longest, placeholder=" …")


if __name__ == "__main__":
    main()
