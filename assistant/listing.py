"""The command of ``tanya`` that lists the collections."""

import json
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistant.console import JsonOption, app, say, settings_in_force
from assistant.texts import number_in_words, texts_of
from index.errors import TanyaError

if TYPE_CHECKING:
    from assistant.settings import Settings


@dataclass(frozen=True)
class Listed:
    """A collection as it is on disk.

    :param name: its name.
    :param state: ``ready``, ``stale`` if its documents have changed since, ``unbuilt`` if it has no index, ``broken`` if
        it cannot be used.
    :param documents: how many its index holds.
    :param passages: how many its index holds.
    :param bytes: what its folder takes, older builds too, without the documents themselves.
    :param docs: folder of its documents.
    :param problem: why it is broken.
    """

    name: str
    state: Literal["ready", "stale", "unbuilt", "broken"]
    documents: int = 0
    passages: int = 0
    bytes: int = 0
    docs: str = ""
    problem: str = ""


@app.command("collections")
def list_collections(as_json: JsonOption = False) -> None:
    """Daftar koleksi. / List the collections."""
    with settings_in_force() as settings:
        from assistant.collections import names

        found = [listed(settings, name) for name in names(settings)]
        texts = texts_of("collections")[settings.language]
        if as_json:
            say(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
            return
        if not found:
            say(texts["none"].format(folder=settings.collections))
        for one in found:
            size = number_in_words(ceil(one.bytes / 2**20 * 10) / 10, settings.language)
            told = texts["line"].format(**{**asdict(one), "state": texts[one.state], "size": size})
            say(f"{told} {one.problem}".rstrip())


def listed(settings: "Settings", name: str) -> Listed:
    """The collection ``name``."""
    from assistant.collections import folder_of, settings_of
    from index.folder import is_current

    taken = _bytes_below(folder_of(settings, name))
    try:
        own = settings_of(settings, name)
        store = own.store_in_use()
        if not store.exists():
            return Listed(name, "unbuilt", bytes=taken, docs=str(own.docs))
        manifest = store.manifest()
        current = own.docs.is_dir() and is_current(manifest, own.docs, own.index)
    except TanyaError as error:
        return Listed(name, "broken", bytes=taken, problem=error.message(settings.language))
    state: Literal["ready", "stale"] = "ready" if current else "stale"
    return Listed(name, state, len(manifest.documents), manifest.passages, taken, str(own.docs))


def _bytes_below(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
