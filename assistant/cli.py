"""The command line ``tanya``."""

import json
import os
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import indexing, listing  # noqa: F401  (their commands)
from assistant.console import (
    CollectionOption,
    EncoderOption,
    IndexOption,
    JsonOption,
    app,
    first_language,
    say,
    settings_in_force,
    shown_progress,
)
from assistant.metrics import Mode
from assistant.texts import TEXTS, texts_of
from index.errors import Language

if TYPE_CHECKING:
    from assistant.answers import Answer, Source


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="Pertanyaan. / Question.")],
    as_json: JsonOption = False,
    collection: CollectionOption = None,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Jawab satu pertanyaan. / Answer one question."""
    with settings_in_force(collection, index=index, encoder=encoder) as settings:
        from assistant.asking import Assistant

        assistant = Assistant.open(settings.store_in_use(), settings.encoder, sure=settings.sure)
        answer = assistant.ask(question, language=settings.language)
        if as_json:
            say(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2))
        else:
            say(_readable(answer, settings.language))


@app.command()
def chat(
    host: Annotated[str | None, typer.Option(help="Alamat. / Address.")] = None,
    port: Annotated[int | None, typer.Option(help="Porta. / Port.")] = None,
    docs: Annotated[Path | None, typer.Option(help="Folder dokumen. / Documents.")] = None,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Buka obrolan di peramban; indeks dibangun bila belum ada. / Serve the chat."""
    with settings_in_force(host=host, port=port, docs=docs, index=index, encoder=encoder) as settings:
        from assistant.ports import check_port
        from assistant.server import serve

        check_port(settings.host, settings.port)
        serve(settings, shown_progress(settings.language), say)


@app.command("serve")
def serve_many(
    workers: Annotated[int | None, typer.Option(help="Banyaknya proses. / Processes.")] = None,
    host: Annotated[str | None, typer.Option(help="Alamat. / Address.")] = None,
    port: Annotated[int | None, typer.Option(help="Porta pertama. / First port.")] = None,
    docs: Annotated[Path | None, typer.Option(help="Folder dokumen. / Documents.")] = None,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Layani satu sekolah dengan beberapa proses. / Serve a school with several processes."""
    given = {"workers": workers, "host": host, "port": port, "docs": docs, "index": index, "encoder": encoder}
    with settings_in_force(None, **given) as settings:
        from assistant.workers import serve_workers

        serve_workers(settings, shown_progress(settings.language), say)


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
    with settings_in_force(index=index, encoder=encoder) as settings:
        from assistant.evaluation import evaluate_chat, evaluate_squad, table
        from assistant.output import check_output, write_output
        from assistant.report import report_html
        from index.encoder import load_encoder

        if report is not None:
            check_output(report)
        model, progress = load_encoder(settings.encoder), shown_progress(settings.language)
        if mode == Mode.CHAT:
            found = evaluate_chat(paths, model, docs, settings.sure, progress)
        else:
            found = evaluate_squad(paths, asked or paths, mode, model, settings.sure, predictions, progress)
        if report is not None:
            write_output(report, report_html(found.judged, settings.language))
        say(json.dumps(found.figures, indent=2) if as_json else table(found.figures))


@app.command()
def password(collection: CollectionOption = None) -> None:
    """Buat kata sandi halaman guru. / Make the password of the teacher's page."""
    with settings_in_force(collection) as settings:
        from assistant.passwords import hashed, keep

        texts = TEXTS[settings.language]
        given = typer.prompt(
            texts["new_password"], hide_input=True, confirmation_prompt=texts["again"], err=True
        )
        keep(hashed(given), settings.password_file)
        if collection is None:
            say(texts["password_kept"].format(file=settings.password_file))
        else:
            told = texts_of("collections")[settings.language]["password_kept"]
            say(told.format(file=settings.password_file, name=collection))


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
        say(TEXTS[first_language()]["crashed"].format(reason=f"{type(error).__name__}: {error}"), error=True)
        sys.exit(1)


def _silence() -> None:
    """Throw away what standard output still holds, since it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _readable(answer: "Answer", language: Language) -> str:
    if answer.status == "smalltalk":
        return str(answer.answer)
    if answer.status == "answered":
        quoted = [f"“{answer.answer}”\n\n{_place(answer.sources[0], language)}"]
        quoted += [
            f"“{_marked(source)}”\n\n{_place(source, language)}"
            for source in answer.sources[1 : answer.together]
        ]
        return "\n\n".join(quoted)
    nearest = (
        f"{_place(source, language)}\n  {_shortened(source.passage.text)}" for source in answer.sources
    )
    return "\n".join([TEXTS[language]["nearest"], "", *nearest])


def _marked(source: "Source") -> str:
    return " … ".join(source.passage.text[start:end] for start, end in source.highlights)


def _place(source: "Source", language: Language) -> str:
    passage = source.passage
    page = f", {TEXTS[language]['page']} {source.page}" if source.page else ""
    return f"— {' › '.join((passage.title, *passage.headings))} ({passage.path}{page})"


def _shortened(text: str, longest: int = 160) -> str:
    return textwrap.shorten(text, longest, placeholder=" …")


if __name__ == "__main__":
    main()
