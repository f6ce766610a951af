"""A build as collections of Milvus: written in batches, counted, proved by checksums, read for the next build."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from index.dense import EXACT
from index.lexical import LexicalIndex, Word
from index.manifest import Manifest, corrupt, manifest_json, manifest_of
from index.milvus_client import LONGEST_TEXT, ROWS, Collection, Row
from index.milvus_index import PASSAGES_AT_ONCE, SENTENCE_BITS, Collections
from index.passages import Passage
from index.store import Earlier, Index
from index.stored import passage_from_json, passage_json

LONGEST_WORD = 4096
"""Bytes of the longest word that can be asked for: no question holds longer ones."""

HEADING = 1000
"""Characters that are kept of each heading of a passage whose headings would not fit into a row, and of its title."""

HEADINGS = 8
"""Headings that are kept of it, outermost first."""

PIECE = 16_000
"""Characters of a piece of the manifest."""

PIECES_AT_ONCE = 100
"""Pieces that are read at once."""

WORDS_AT_ONCE = 5000
"""Words that are read at once."""

NO_VECTOR = (0.0, 0.0)
"""What stands for a vector in rows that have none, since Milvus wants one."""

FIELDS = {
    "passages": ("number", "document", "passage", "vector", "words"),
    "sentences": ("number", "vector"),
    "words": ("number", "stem", "holding"),
}
"""What the checksum of each collection is made of."""


def write_build(collections: Collections, index: Index) -> None:
    """Write ``index`` into ``collections``, which are made for it, and count what is there then.

    :raises StoreError: if Milvus cannot be reached, or fails.
    :raises IndexCorruptError: if rows are missing.
    """
    dimension = index.dense.dimension
    flat = "FLAT" if len(index.passages) <= EXACT else "AUTOINDEX"
    checksums = {
        "passages": _filled(collections.passages, "passages", _passage_rows(index), dimension, flat),
        "sentences": _filled(collections.sentences, "sentences", _sentence_rows(index), dimension),
        "words": _filled(collections.words, "words", _word_rows(index.lexical)),
    }
    manifest = replace(index.manifest, checksums=checksums)
    _filled(collections.manifest, "manifest", _manifest_rows(manifest))
    check_counts(collections, read_manifest(collections))


def read_manifest(collections: Collections) -> Manifest:
    """The manifest of the build in ``collections``.

    :raises IndexCorruptError: if it cannot be read or is of another format.
    """
    pieces = collections.manifest.ordered(("number", "text"), collections.manifest.count(), PIECES_AT_ONCE)
    try:
        return manifest_of("".join(row["text"] for row in pieces))
    except (ValueError, TypeError, KeyError) as error:
        raise corrupt(collections.manifest.name, "manifest") from error


def check_counts(collections: Collections, manifest: Manifest) -> None:
    """Make sure that as many rows are there as ``manifest`` says.

    :raises IndexCorruptError: if not.
    """
    for name in FIELDS:
        if collections.named(name).count() != _count(manifest, name):
            raise corrupt(collections.passages.name, name)


def check_contents(collections: Collections, manifest: Manifest) -> None:
    """Read all rows and compare them with the checksums of ``manifest``.

    :raises IndexCorruptError: if something is not as it was written.
    """
    for name, fields in FIELDS.items():
        digest = _Digest(fields)
        for row in _rows(collections, manifest, name, fields):
            digest.add(row)
        if digest.checksum != manifest.checksums[name]:
            raise corrupt(collections.passages.name, name)


def read_earlier(collections: Collections, manifest: Manifest) -> Earlier:
    """What a new build can take from the one in ``collections``.

    :raises IndexCorruptError: if rows are missing.
    """
    check_counts(collections, manifest)
    passages: list[Passage] = []
    vectors: list[Any] = []
    for row in _rows(collections, manifest, "passages", ("number", "passage", "vector")):
        passages.append(passage_from_json(row["passage"]))
        vectors.append(np.array(row["vector"], dtype=np.float32))
    sentences = [
        np.array(row["vector"], dtype=np.float16)
        for row in _rows(collections, manifest, "sentences", ("number", "vector"))
    ]
    return Earlier(manifest, passages, np.stack(vectors), np.stack(sentences))


class _Digest:
    """The number and hash of rows.

    :param fields: what of them is hashed.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self._fields = fields
        self._rows = 0
        self._hash = hashlib.sha256()

    def add(self, row: Row) -> None:
        """Count ``row`` in."""
        self._rows += 1
        for name in self._fields:
            self._hash.update(_bytes(row[name]))

    @property
    def checksum(self) -> str:
        """Both, as text."""
        return f"{self._rows}:{self._hash.hexdigest()}"


def _bytes(value: Any) -> bytes:
    if isinstance(value, str | int):
        return str(value).encode() + b"\0"
    if isinstance(value, dict):
        pairs = sorted((int(number), float(weight)) for number, weight in value.items())
        return np.array(pairs, dtype=np.float32).tobytes()
    return np.asarray(value, dtype=np.float32).tobytes()


def _count(manifest: Manifest, name: str) -> int:
    return int(manifest.checksums.get(name, "0:").partition(":")[0])


def _rows(collections: Collections, manifest: Manifest, name: str, fields: Sequence[str]) -> Iterator[Row]:
    """The rows of a collection of the build with ``fields``, by number."""
    passages = _count(manifest, "passages")
    upto, step = {
        "passages": (passages, ROWS),
        "sentences": (passages << SENTENCE_BITS, PASSAGES_AT_ONCE << SENTENCE_BITS),
        "words": (_count(manifest, "words"), WORDS_AT_ONCE),
    }[name]
    return collections.named(name).ordered(fields, upto, step)


def _filled(
    collection: Collection,
    name: str,
    rows: Iterable[Row],
    dimension: int = len(NO_VECTOR),
    kind: str = "FLAT",
) -> str:
    """Make ``collection`` of ``rows``; returns their checksum."""
    digest = _Digest(FIELDS.get(name, ()))

    def told() -> Iterator[Row]:
        for row in rows:
            digest.add(row)
            yield row

    with collection.milvus.reached() as client:
        schema, indexes = client.create_schema(auto_id=False), client.prepare_index_params()
        _SCHEMAS[name](schema, indexes)
        _add_vector(schema, indexes, dimension, kind)
    collection.fill(schema, indexes, told())
    return digest.checksum


def _add_vector(schema: Any, indexes: Any, dimension: int, kind: str) -> None:
    from pymilvus import DataType

    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    indexes.add_index("vector", index_type=kind, metric_type="IP")


def _passage_schema(schema: Any, indexes: Any) -> None:
    from pymilvus import DataType

    schema.add_field("number", DataType.INT64, is_primary=True)
    schema.add_field("document", DataType.INT64)
    schema.add_field("passage", DataType.VARCHAR, max_length=LONGEST_TEXT)
    schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    indexes.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    indexes.add_index("document", index_type="INVERTED")


def _sentence_schema(schema: Any, indexes: Any) -> None:
    from pymilvus import DataType

    schema.add_field("number", DataType.INT64, is_primary=True)
    schema.add_field("passage", DataType.INT64)
    indexes.add_index("passage", index_type="INVERTED")


def _word_schema(schema: Any, indexes: Any) -> None:
    from pymilvus import DataType

    schema.add_field("stem", DataType.VARCHAR, is_primary=True, max_length=LONGEST_WORD)
    schema.add_field("number", DataType.INT64)
    schema.add_field("holding", DataType.INT64)
    indexes.add_index("number", index_type="INVERTED")


def _manifest_schema(schema: Any, indexes: Any) -> None:
    from pymilvus import DataType

    schema.add_field("number", DataType.INT64, is_primary=True)
    schema.add_field("text", DataType.VARCHAR, max_length=LONGEST_TEXT)


_SCHEMAS: dict[str, Callable[[Any, Any], None]] = {
    "passages": _passage_schema,
    "sentences": _sentence_schema,
    "words": _word_schema,
    "manifest": _manifest_schema,
}


def _passage_rows(index: Index) -> Iterator[Row]:
    documents = (n for n, document in enumerate(index.manifest.documents) for _ in range(document.passages))
    vectors, weights = index.dense.all_vectors, index.lexical.weights()
    for number, (document, passage, words) in enumerate(zip(documents, index.passages, weights, strict=True)):
        yield {
            "number": number,
            "document": document,
            "passage": passage_json(_fitting(passage)),
            "vector": np.asarray(vectors[number], dtype=np.float32),
            "words": words,
        }


def _sentence_rows(index: Index) -> Iterator[Row]:
    for number in range(len(index.passages)):
        for n, vector in enumerate(index.vectors_of_sentences(number)):
            yield {"number": (number << SENTENCE_BITS) + n, "passage": number, "vector": vector}


def _word_rows(lexical: LexicalIndex) -> Iterator[Row]:
    for word in lexical.vocabulary():
        stem = word.stem if _can_be_asked(word) else f"#{word.number}"
        yield {"stem": stem, "number": word.number, "holding": word.holding, "vector": NO_VECTOR}


def _manifest_rows(manifest: Manifest) -> Iterator[Row]:
    text = manifest_json(manifest)
    for number, start in enumerate(range(0, len(text), PIECE)):
        yield {"number": number, "text": text[start : start + PIECE], "vector": NO_VECTOR}


def _can_be_asked(word: Word) -> bool:
    return 0 < len(word.stem.encode()) <= LONGEST_WORD


def _fitting(passage: Passage) -> Passage:
    """``passage``, with shorter headings if it would not fit into a row."""
    if len(passage_json(passage).encode()) <= LONGEST_TEXT:
        return passage
    headings = tuple(heading[:HEADING] for heading in passage.headings[:HEADINGS])
    return replace(passage, title=passage.title[:HEADING], headings=headings)
