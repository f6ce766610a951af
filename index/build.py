"""From a folder of documents to an index: read and encode what changed, write, verify, switch over; all or nothing."""

import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from index.builds import KEPT_BUILDS, new_build_name
from index.collection import Collection, read_collection, readers
from index.embedding import index_passages
from index.encoder import Encoder
from index.errors import Reason
from index.folder import Change, changes, check_folder, found_files
from index.manifest import Manifest
from index.parts import remove_parts
from index.progress import Progress, silent
from index.store import Index
from index.stores import Store, if_whole, store_at
from index.workers import working


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    :param build: name of the build now in use.
    :param documents: how many documents are in it.
    :param passages: how many passages.
    :param changes: what became of each file since the build before.
    :param seconds: how long it took.
    """

    build: str
    documents: int
    passages: int
    changes: tuple[Change, ...]
    seconds: float

    @property
    def skipped(self) -> tuple[tuple[str, Reason], ...]:
        """Files that could not be read, or not all of them, by path, and why."""
        return tuple((change.file, problem) for change in self.changes for problem in change.problems)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON can hold it."""
        return {**asdict(self), "counts": counts(self.changes)}


def counts(found: tuple[Change, ...]) -> dict[str, int]:
    """How many files are in each state."""
    return dict(Counter(change.state for change in found))


def build_index(
    docs: Path,
    index: Path | Store,
    encoder: Encoder,
    progress: Progress = silent,
    *,
    fresh: bool = False,
    kept: int = KEPT_BUILDS,
    ray: str = "",
) -> BuildReport:
    """Index every readable document below ``docs`` and switch ``index`` over to the result.

    What the build in use read and encoded already is taken from it. Until the very last step that build stays in
    use, whatever happens; where nothing changed, also after it.

    :param docs: folder of documents.
    :param index: folder of the index, made if missing; or another store.
    :param progress: told how far it has come.
    :param fresh: whether everything is read and encoded anew.
    :param kept: older builds that stay on disk.
    :param ray: address of the Ray cluster that reads and encodes, or ``local``; without, this process does.
    :raises NoDocumentsError: if ``docs`` is no folder or nothing in it can be read.
    :raises BuildBusyError: if another build of the same index is running.
    :raises IndexWriteError: if the index cannot be written.
    :raises StoreError: if the store cannot be reached.
    :raises ClusterError: if the cluster cannot be used; what it did is kept for the next build.
    """
    store = store_at(index)
    started = time.perf_counter()
    check_folder(docs)
    with store.writing(), working(ray, store.folder, encoder) as workers:
        if fresh:
            remove_parts(store.folder)
        base = None if fresh else if_whole(store.earlier)
        collection = read_collection(docs, progress, base, besides=store.folder, read=workers.read)
        if base is None or not _is_made_of(base.manifest, collection, encoder):
            built = index_passages(collection.passages, encoder, progress, base, workers)
            manifest = _written(built, collection, store, progress, kept)
        else:
            manifest = base.manifest
        remove_parts(store.folder)
    return BuildReport(
        build=manifest.build,
        documents=len(manifest.documents),
        passages=len(collection.passages),
        changes=changes(collection.files, base.manifest if base is not None else None),
        seconds=time.perf_counter() - started,
    )


def planned(docs: Path, index: Path | Store) -> tuple[Change, ...]:
    """What :func:`build_index` would find changed; new files are not read for it.

    :raises NoDocumentsError: if ``docs`` is no folder.
    """
    store = store_at(index)
    return changes(list(found_files(docs, store.folder)), if_whole(store.manifest))


def _is_made_of(manifest: Manifest, collection: Collection, encoder: Encoder) -> bool:
    made_by = manifest.fingerprint, manifest.readers, manifest.files
    return made_by == (encoder.fingerprint, readers(), collection.files)


def _written(built: Index, collection: Collection, store: Store, progress: Progress, kept: int) -> Manifest:
    """Write ``built``, made of ``collection``, into a new build in ``store`` and switch over to it."""
    manifest = replace(built.manifest, build=new_build_name(), readers=readers(), files=collection.files)
    progress("write", 0, 1)
    store.write(replace(built, manifest=manifest), kept)
    progress("write", 1, 1)
    return manifest
