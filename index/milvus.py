"""Builds of an index on Milvus: collections of their own, and an alias that names the one in use."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from index import builds
from index.encoder import Encoder
from index.errors import IndexMissingError, StoreError
from index.manifest import Manifest, corrupt
from index.milvus_build import check_contents, check_counts, read_earlier, read_manifest, write_build
from index.milvus_client import PATIENCE, SECONDS, Milvus
from index.milvus_index import Collections, MilvusIndex
from index.store import Earlier, Index, check_model

UNFINISHED = "_unfinished"
"""How the name of a build's first collection ends until all of it is there."""


@dataclass(frozen=True)
class MilvusStore:
    """An index on Milvus, as :class:`index.stores.Store` tells.

    The build ``20260102T030405000006-abcdef`` is the collection ``PREFIX_20260102T030405000006_abcdef`` and some whose
    names begin so; the alias ``PREFIX`` names the build in use.

    :param uri: address of Milvus, or a file of Milvus Lite.
    :param token: what it knows us by; empty if it asks for none.
    :param prefix: how the names of the collections begin, and the alias.
    :param folder: a folder of this machine for the lock.
    """

    uri: str
    token: str = field(repr=False)
    prefix: str
    folder: Path

    @cached_property
    def _milvus(self) -> Milvus:
        return Milvus(self.uri, self.token)

    @property
    def place(self) -> str:
        """See :class:`index.stores.Store`; so for the others."""
        return f"{self.prefix} @ {self._milvus.place}"

    @property
    def task(self) -> dict[str, Any]:
        """Its parameters."""
        return {**asdict(self), "folder": str(self.folder)}

    def exists(self) -> bool:
        """Whether there is the alias."""
        return self._aliased() is not None

    def current(self) -> str:
        """What the alias names."""
        name = self._aliased()
        if name is None:
            raise IndexMissingError(
                f"Belum ada indeks di {self.place}: bangun dulu dengan `tanya build`.",
                f"There is no index at {self.place}: build one with `tanya build`.",
            )
        build = self._build(name)
        if build is None:
            raise corrupt(self.place, name)
        return build

    def builds(self) -> list[str]:
        """Those whose first collection has its final name."""
        return sorted(build for build in map(self._build, self._collections()) if build is not None)

    def manifest(self) -> Manifest:
        """Read without the rest."""
        return read_manifest(self._of(self.current()))

    def open(self, encoder: Encoder) -> MilvusIndex:
        """Its rows counted, not read."""
        collections = self._of(self.current())
        manifest = read_manifest(collections)
        check_model(manifest, encoder, self.place)
        check_counts(collections, manifest)
        return MilvusIndex(collections, manifest)

    def earlier(self) -> Earlier:
        """Its rows counted."""
        collections = self._of(self.current())
        return read_earlier(collections, read_manifest(collections))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """By a lock in the folder: builds of one index are made on one machine."""
        with builds.writing(self.folder):
            self._drop_unfinished()
            try:
                yield
            finally:
                with suppress(StoreError):
                    self._drop_unfinished()

    def write(self, index: Index, kept: int) -> None:
        """Under another name until it is proved whole."""
        build = index.manifest.build
        name, before = self._name(build), self._aliased()
        write_build(self._of(build, UNFINISHED), index)
        with self._milvus.reached() as client:
            client.rename_collection(name + UNFINISHED, name, timeout=PATIENCE)
            client.load_collection(name, timeout=PATIENCE)
        self._point_to(name)
        self._tidy(kept, build, self._build(before or name) or build)

    def roll_back(self, build: str | None = None) -> Manifest:
        """By the alias, after its rows have been counted."""
        before = self.current() if build is None else ""
        with self.writing():
            names = self.builds()
            wanted = build or max((name for name in names if name < before), default=None)
            if wanted not in names:
                raise builds.no_such_build(build, self.place, names)
            collections = self._of(wanted)
            manifest = read_manifest(collections)
            check_counts(collections, manifest)
            self._point_to(self._name(wanted))
            return manifest

    def verified(self, build: str) -> Manifest:
        """By reading all its rows."""
        collections = self._of(build)
        manifest = read_manifest(collections)
        check_contents(collections, manifest)
        return manifest

    def _name(self, build: str) -> str:
        return f"{self.prefix}_{build.replace('-', '_')}"

    def _build(self, name: str) -> str | None:
        """The build whose first collection is called ``name``, if it is whole."""
        found = re.fullmatch(rf"{self.prefix}_(\d{{8}}T\d{{12}})_([0-9a-f]{{6}})", name)
        return None if found is None else "-".join(found.groups())

    def _of(self, build: str, ending: str = "") -> Collections:
        return Collections.of(self._milvus, self._name(build), ending)

    def _collections(self) -> list[str]:
        with self._milvus.reached() as client:
            return list(client.list_collections(timeout=SECONDS))

    def _aliased(self) -> str | None:
        """The collection that the alias names."""
        with self._milvus.reached() as client:
            if self.prefix not in client.list_aliases(timeout=SECONDS)["aliases"]:
                return None
            return str(client.describe_alias(self.prefix, timeout=SECONDS)["collection_name"])

    def _point_to(self, name: str) -> None:
        """Make the alias name the collection ``name``, in one step of Milvus."""
        there = self.exists()
        with self._milvus.reached() as client:
            point = client.alter_alias if there else client.create_alias
            point(name, self.prefix, timeout=SECONDS)

    def _tidy(self, kept: int, *needed: str) -> None:
        """Drop older builds but ``kept``; those beside ``needed`` leave Milvus's memory."""
        names = self.builds()
        outdated = set(builds.outdated(names, kept, *needed))
        with self._milvus.reached() as client, suppress(Exception):
            for build in names:
                for collection in self._of(build).all if build not in needed else ():
                    if build in outdated:
                        client.drop_collection(collection.name, timeout=PATIENCE)
                    else:
                        client.release_collection(collection.name, timeout=PATIENCE)

    def _drop_unfinished(self) -> None:
        """Drop the collections of builds whose first one has not its final name."""
        pattern = re.compile(rf"({self.prefix}_\d{{8}}T\d{{12}}_[0-9a-f]{{6}})_[a-z]+")
        names = self._collections()
        with self._milvus.reached() as client:
            for name in names:
                found = pattern.fullmatch(name)
                if found is not None and found[1] not in names:
                    client.drop_collection(name, timeout=PATIENCE)
