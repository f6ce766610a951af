"""The commands of ``tanya`` about the index: build, add, info, rollback, verify."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.console import (
    CollectionOption,
    EncoderOption,
    IndexOption,
    JsonOption,
    app,
    say,
    settings_in_force,
    shown_progress,
)
from assistant.texts import TEXTS, moment_in_words
from index.errors import BuildBusyError, IndexCorruptError, Language, TanyaError

if TYPE_CHECKING:
    from assistant.settings import Settings
    from index.encoder import Encoder
    from index.folder import Change

LISTED = 40
"""Files of one state that are named in words; JSON names all."""

STATES = ("added", "changed", "renamed", "removed", "unchanged", "skipped")

WATCH_MS = 1000
"""Milliseconds between looks at what changed."""


@app.command()
def build(
    docs: Annotated[Path | None, typer.Argument(help="Folder dokumen. / Documents.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Hanya katakan. / Only tell.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Ikuti isi folder. / Follow the folder.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Baca semua lagi. / Read all anew.")] = False,
    keep: Annotated[int | None, typer.Option(help="Indeks lama yang disimpan. / Old builds kept.")] = None,
    ray: Annotated[
        str | None, typer.Option(help="Alamat kluster Ray, atau local. / Ray cluster, or local.")
    ] = None,
    as_json: JsonOption = False,
    collection: CollectionOption = None,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Bangun indeks dari dokumen; hanya yang berubah dibaca. / Build the index from what changed."""
    if collection is not None:
        _prepare(collection, docs, index)
    given = {"docs": docs, "index": index, "encoder": encoder, "keep": keep, "ray": ray}
    with settings_in_force(collection, **given) as settings:
        if dry_run:
            _tell_plan(settings, as_json)
            return
        from index.encoder import load_encoder
        from index.own_process import step_back

        if not settings.ray:  # Ray's own workers step back
            step_back()
        model = load_encoder(settings.encoder)
        if watch:
            _follow(settings, model, fresh, as_json)
        else:
            _build_once(settings, model, fresh, as_json)


def _prepare(collection: str, docs: Path | None, index: Path | None) -> None:
    """Make the collection of the documents in ``docs`` if there is none of its name; it brings its own index."""
    with settings_in_force() as settings:
        from assistant.collections import CollectionError, made
        from index.folder import check_folder

        if index is not None:
            raise CollectionError("both")
        if docs is not None:
            check_folder(docs)
        made(settings, collection, docs)


@app.command()
def add(
    address: Annotated[str, typer.Argument(help="Alamat web. / Web address.")],
    docs: Annotated[Path | None, typer.Option("--docs", help="Folder dokumen. / Documents.")] = None,
    collection: CollectionOption = None,
    index: IndexOption = None,
    encoder: EncoderOption = None,
) -> None:
    """Ambil halaman web ke folder dokumen dan bangun indeks. / Fetch a web page and build."""
    if collection is not None:
        _prepare(collection, docs, index)
    with settings_in_force(collection, docs=docs, index=index, encoder=encoder) as settings:
        from assistant.settings import check_own_docs
        from index.encoder import load_encoder
        from index.folder import check_folder
        from index.web import fetched, kept

        check_folder(settings.docs)
        check_own_docs(settings.docs)
        path = kept(fetched(address), settings.docs)
        say(TEXTS[settings.language]["added"].format(path=path))
        _build_once(settings, load_encoder(settings.encoder), False, False)


def _build_once(settings: "Settings", model: "Encoder", fresh: bool, as_json: bool) -> None:
    from index.build import build_index

    progress = shown_progress(settings.language)
    store = settings.store_in_use()
    report = build_index(
        settings.docs, store, model, progress, fresh=fresh, kept=settings.keep, ray=settings.ray
    )
    if as_json:
        say(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        _tell(report.changes, settings.language)
        say(TEXTS[settings.language]["built"].format(**{**vars(report), "index": store.place}))


def _follow(settings: "Settings", model: "Encoder", fresh: bool, as_json: bool) -> None:
    """Build at first and whenever something below the folder of documents changes, until interrupted."""
    from watchfiles import watch

    from index.folder import check_folder, is_hidden

    check_folder(settings.docs)
    index, docs, due = settings.index.resolve(), settings.docs.resolve(), True

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        return not is_hidden(path.relative_to(docs)) and not path.is_relative_to(index)

    for changed in watch(docs, watch_filter=counts, yield_on_timeout=True, rust_timeout=WATCH_MS):
        due = due or bool(changed)
        if not due:
            continue
        try:
            _build_once(settings, model, fresh, as_json)
            due = fresh = False
        except BuildBusyError:
            continue
        except TanyaError as error:
            say(error.message(settings.language), error=True)
            due = False
        say(TEXTS[settings.language]["following"].format(docs=settings.docs), error=True)


def _tell_plan(settings: "Settings", as_json: bool) -> None:
    from index.build import planned

    changes = planned(settings.docs, settings.store_in_use())
    if as_json:
        say(json.dumps([asdict(change) for change in changes], ensure_ascii=False))
    else:
        _tell(changes, settings.language)


def _tell(changes: "Sequence[Change]", language: Language) -> None:
    """Say in words what became of the files."""
    texts = TEXTS[language]
    for state in STATES:
        files = [change for change in changes if change.state == state]
        if files:
            say(texts[f"state_{state}"].format(count=len(files)))
        for change in files[:LISTED] if state not in ("unchanged", "skipped") else ():
            was = f" ← {change.before}" if change.before else ""
            say(f"  {change.file}{was}")
        if state not in ("unchanged", "skipped") and len(files) > LISTED:
            say(f"  … {len(files) - LISTED}")
    for change in changes:
        for problem in change.problems:
            say(texts["skipped"].format(reason=problem.message(language)), error=True)


@app.command()
def info(
    collection: CollectionOption = None, index: IndexOption = None, encoder: EncoderOption = None
) -> None:
    """Apa isi indeks. / What the index holds."""
    with settings_in_force(collection, index=index, encoder=encoder) as settings:
        texts, store = TEXTS[settings.language], settings.store_in_use()
        manifest = store.manifest()
        documents = manifest.documents
        say(
            texts["info"].format(
                index=store.place,
                documents=len(documents),
                passages=manifest.passages,
                created=moment_in_words(
                    datetime.fromisoformat(manifest.created).astimezone(), settings.language
                ),
                encoder=manifest.encoder,
            )
        )
        for document in documents:
            say(f"  {document.path}: {document.title} ({document.passages} {texts['passages']})")
        for name in store.builds():
            say(f"{'→' if name == manifest.build else ' '} {name}")


@app.command()
def rollback(
    build: Annotated[str | None, typer.Argument(help="Nama indeks lama. / Older build.")] = None,
    collection: CollectionOption = None,
    index: IndexOption = None,
) -> None:
    """Kembali ke indeks sebelumnya. / Return to an older build."""
    with settings_in_force(collection, index=index) as settings:
        store = settings.store_in_use()
        manifest = store.roll_back(build)
        say(TEXTS[settings.language]["rolled_back"].format(**vars(manifest), index=store.place))


@app.command()
def verify(collection: CollectionOption = None, index: IndexOption = None) -> None:
    """Periksa keutuhan indeks. / Prove the index whole by its checksums."""
    with settings_in_force(collection, index=index) as settings:
        texts, damaged, store = TEXTS[settings.language], None, settings.store_in_use()
        for name in dict.fromkeys([store.current(), *store.builds()]):
            try:
                manifest = store.verified(name)
            except IndexCorruptError as error:
                say(error.message(settings.language), error=True)
                damaged = error
                continue
            say(
                texts["verified"].format(
                    build=name, passages=manifest.passages, files=len(manifest.checksums)
                )
            )
        if damaged is not None:
            raise typer.Exit(1)
