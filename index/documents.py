"""One file of the collection, as a title and blocks of its own words."""

from dataclasses import dataclass
from pathlib import Path

from index.errors import DocumentError
from index.words import visible


@dataclass(frozen=True)
class Block:
    """A paragraph, list or table of a document, in the document's own words.

    :param text: plain text without markup; a list keeps one item a line.
    :param headings: section headings above it, outermost first, without the title.
    :param page: page number from 1, or None where the format has no pages.
    """

    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True)
class Document:
    """One file of the collection.

    :param path: path relative to the documents' folder, with forward slashes.
    :param title: the document's title.
    :param blocks: its text in reading order.
    """

    path: str
    title: str
    blocks: tuple[Block, ...]


SUFFIXES = frozenset({".md", ".markdown", ".txt", ".html", ".htm"})
"""Kinds of files that can be read."""

LARGEST = 5 * 2**20
"""Bytes of the largest file that is read: about 800,000 words, more than any reading for a class."""

_SOURCES = frozenset(
    {"sumber", "sumber bacaan", "referensi", "rujukan", "daftar pustaka", "sources", "references", "bibliography"}
)  # fmt: skip


def load_document(path: Path, root: Path) -> Document:
    """Read the file at ``path``, below the documents' folder ``root``.

    Sections that only list sources are left out: they answer no question.

    :raises DocumentError: if the file cannot be read, is too large, holds no text, or is not what its
        name says.
    """
    name = path.relative_to(root).as_posix()
    text = decoded(_read(path, name), name)
    if path.suffix.lower() in {".html", ".htm"}:
        from index.html import parse
    elif path.suffix.lower() == ".txt":
        from index.article import parse
    else:
        from index.markdown import parse
    title, blocks = parse(text)
    kept = tuple(_visible(block) for block in blocks if not _lists_sources(block))
    kept = tuple(block for block in kept if block.text)
    if not kept:
        raise DocumentError(
            f"Berkas {name} tidak berisi teks yang dapat dibaca: periksa isinya.",
            f"The file {name} holds no text that can be read: check its contents.",
        )
    title = visible(title or path.stem.replace("-", " ").replace("_", " ")).strip()
    return Document(name, title, kept)


def decoded(data: bytes, name: str) -> str:
    """``data`` as text: UTF-8, UTF-16 with its mark, or else Windows-1252; NFC, lines ended by ``\\n``.

    :raises DocumentError: if ``data`` is not text.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(sign in text for sign in _BINARY) and not text.startswith(("%PDF-", "PK\x03")):
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise DocumentError(
        f"Berkas {name} bukan teks seperti kata namanya: simpan ulang sebagai teks, Markdown, atau HTML.",
        f"The file {name} is not the text that its name says: save it anew as text, Markdown or HTML.",
    )


_BINARY = ("\x00", "\x01", "\x02", "\x03", "\x04", "\x05")


def _read(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise DocumentError(
                f"Berkas {name} terlalu besar ({size / 2**20:.0f} MB, paling besar {LARGEST >> 20} MB): "
                f"pecah menjadi beberapa berkas.",
                f"The file {name} is too large ({size / 2**20:.0f} MB, at most {LARGEST >> 20} MB): "
                f"split it into several.",
            )
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"Berkas {name} tidak dapat dibuka ({error.strerror}): periksa izinnya.",
            f"The file {name} cannot be opened ({error.strerror}): check its permissions.",
        ) from error


def _visible(block: Block) -> Block:
    return Block(visible(block.text).strip(), tuple(map(visible, block.headings)), block.page)


def _lists_sources(block: Block) -> bool:
    return any(heading.strip(" :").casefold() in _SOURCES for heading in block.headings)
