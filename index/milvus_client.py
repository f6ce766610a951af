"""What we ask of Milvus, in one place: reaching it, collections, rows."""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from index.errors import StoreError

SECONDS = 5.0
"""How long Milvus may take to answer a question, or to be reached."""

AGAIN_MS = 3000
"""Milliseconds at most between two tries to reach it again."""

PATIENCE = 600.0
"""Seconds that it may take to write, index or load."""

WINDOW = 16_384
"""Rows that Milvus gives at most at once."""

ROWS = 500
"""Rows that are written at once."""

LONGEST_TEXT = 65_535
"""Bytes of the longest text in a row."""

_NOT_LOADED = 101
"""What Milvus calls a collection that is not in memory."""

Content = TypeVar("Content")
Row = dict[str, Any]
Key = int | str


@dataclass(frozen=True)
class Milvus:
    """A server of Milvus, or a file of Milvus Lite.

    :param uri: its address.
    :param token: what it knows us by.
    """

    uri: str
    token: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Its address, without a name and password that it may hold."""
        return re.sub(r"//[^/@]*@", "//", self.uri)

    @contextmanager
    def reached(self) -> Iterator[Any]:
        """Its client.

        :raises StoreError: if it cannot be reached, or fails.
        """
        try:
            from grpc import RpcError
            from pymilvus import MilvusException
        except ModuleNotFoundError as error:
            raise _not_installed(error.name or "pymilvus") from error
        try:
            client = _client(self.uri, self.token)
        except (MilvusException, RpcError, ValueError, OSError) as error:
            raise _failed(self.place, error) from error
        try:
            yield client
        except (MilvusException, RpcError) as error:
            raise _failed(self.place, error) from error

    def read(self, collection: str, ask: Callable[[Any], Content]) -> Content:
        """What ``ask`` gets from the client; ``collection`` is put into Milvus's memory first if it is not there.

        :raises StoreError: if Milvus cannot be reached, or fails.
        """
        with self.reached() as client:
            from pymilvus import MilvusException

            try:
                return ask(client)
            except MilvusException as error:
                if error.code != _NOT_LOADED:
                    raise
            client.load_collection(collection, timeout=PATIENCE)
            return ask(client)


@dataclass(frozen=True)
class Collection:
    """A collection of Milvus.

    :param milvus: where it is.
    :param name: its name.
    """

    milvus: Milvus
    name: str

    def rows(self, wanted: str, fields: Sequence[str]) -> list[Row]:
        """Rows that fulfil the condition ``wanted``, at most :data:`WINDOW`, in no order."""
        found: list[Row] = self.milvus.read(
            self.name,
            lambda client: list(
                client.query(
                    self.name, filter=wanted, output_fields=list(fields), limit=WINDOW, timeout=SECONDS
                )
            ),
        )
        return found

    def those(
        self, key: str, values: Iterable[Key], fields: Sequence[str], at_once: int = 500
    ) -> Iterator[Row]:
        """Rows whose ``key`` is one of ``values``, in no order; ``at_once`` values hold no more than :data:`WINDOW`."""
        for part in batches(values, at_once):
            yield from self.rows(f"{key} in {_listed(part)}", fields)

    def ordered(self, fields: Sequence[str], upto: int, step: int) -> Iterator[Row]:
        """All rows whose ``number`` is below ``upto``, by that, read in steps that hold no more than :data:`WINDOW`."""
        for start in range(0, upto, step):
            part = self.rows(f"number >= {start} and number < {min(upto, start + step)}", fields)
            yield from sorted(part, key=lambda row: int(row["number"]))

    def nearest(
        self, vector: Any, name: str, limit: int, wanted: str = "", field: str = "number"
    ) -> Iterator[tuple[int, float]]:
        """Pairs of ``field`` and inner product with ``vector`` of the ``limit`` rows whose vector ``name`` is nearest
        to it, best first."""
        found = self.milvus.read(
            self.name,
            lambda client: client.search(
                self.name, data=[vector], anns_field=name, limit=limit, filter=wanted, output_fields=[field],
                search_params={"metric_type": "IP"}, timeout=SECONDS,
            ),
        )  # fmt: skip
        return ((int(hit["entity"][field]), float(hit["distance"])) for hit in found[0])

    def count(self) -> int:
        """How many rows it holds, once all that was written is."""
        [row] = self.milvus.read(
            self.name,
            lambda client: client.query(
                self.name, output_fields=["count(*)"], consistency_level="Strong", timeout=PATIENCE
            ),
        )
        return int(row["count(*)"])

    def fill(self, schema: Any, indexes: Any, rows: Iterable[Row]) -> None:
        """Make it, write ``rows`` into it, index it, load it."""
        with self.milvus.reached() as client:
            client.create_collection(self.name, schema=schema, consistency_level="Bounded", timeout=PATIENCE)
            for part in batches(rows, ROWS):
                client.insert(self.name, part, timeout=PATIENCE)
            client.flush(self.name, timeout=PATIENCE)
            client.create_index(self.name, indexes, timeout=PATIENCE)
            client.load_collection(self.name, timeout=PATIENCE)


def batches(values: Iterable[Content], size: int) -> Iterator[list[Content]]:
    """``values``, ``size`` at a time.

    >>> list(batches("abc", 2))
    [['a', 'b'], ['c']]
    """
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


def _listed(values: Sequence[Key]) -> str:
    """``values`` as Milvus's conditions list them; texts of letters and digits alone."""
    return json.dumps(values, ensure_ascii=False)


@lru_cache(maxsize=4)
def _client(uri: str, token: str) -> Any:
    from pymilvus import MilvusClient

    for name in ("pymilvus", "grpc._server"):  # what fails is told in our errors
        logging.getLogger(name).setLevel(logging.CRITICAL)
    again = {"grpc.max_reconnect_backoff_ms": AGAIN_MS}
    return MilvusClient(uri, token=token, timeout=SECONDS, grpc_options=again)


def _not_installed(name: str) -> StoreError:
    return StoreError(
        f"Paket {name} untuk Milvus belum terpasang: jalankan `pip install 'tanya[cluster]'`.",
        f"The package {name} for Milvus is not installed: run `pip install 'tanya[cluster]'`.",
    )


def _failed(place: str, error: Exception) -> StoreError:
    reason = " ".join(str(getattr(error, "message", error)).split())[:200]
    return StoreError(
        f"Milvus di {place} tidak dapat dihubungi atau gagal ({reason}): periksa apakah ia berjalan dan "
        f"TANYA_MILVUS_URI benar.",
        f"Milvus at {place} cannot be reached or failed ({reason}): check that it runs and that TANYA_MILVUS_URI is "
        f"right.",
    )
