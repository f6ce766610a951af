"""Files of the collection to documents: what kinds there are, and what reads each."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path, PurePosixPath

from index.blocks import Block, Document, Parsed
from index.errors import DocumentError, Reason
from index.ocr import missing
from index.words import visible

TEXTS = frozenset({".md", ".markdown", ".txt", ".html", ".htm", ".csv", ".tsv"})
"""Kinds of files that are text."""

PICTURES = {
    ".png": (b"\x89PNG",),
    ".gif": (b"GIF8",),
    ".bmp": (b"BM",),
    ".webp": (b"RIFF",),
    **dict.fromkeys((".jpg", ".jpeg"), (b"\xff\xd8\xff",)),
    **dict.fromkeys((".tif", ".tiff"), (b"II*\x00", b"MM\x00*")),
}
"""Kinds of pictures and what they begin with."""

BEGINNINGS = {
    **PICTURES,
    ".pdf": (b"%PDF-",),
    ".rtf": (b"{\\rtf",),
    **dict.fromkeys((".docx", ".pptx", ".xlsx", ".odt", ".epub"), (b"PK\x03\x04",)),
}
"""What files of the other kinds begin with."""

SUFFIXES = TEXTS | BEGINNINGS.keys()
"""Kinds of files that hold a document."""

ARCHIVE = ".zip"
"""Files of this kind hold several."""

READABLE = SUFFIXES | {ARCHIVE}
"""Kinds of files that are looked for."""

LARGEST = 5 * 2**20
"""Bytes of the largest text that is read: about 800,000 words, more than any reading for a class."""

LARGEST_OTHER = 100 * 2**20
"""Bytes of the largest file of the other kinds, which hold pictures beside text."""

_SOURCES = frozenset(
    {"sumber", "sumber bacaan", "referensi", "rujukan", "daftar pustaka", "sources", "references", "bibliography"}
)  # fmt: skip


def load_documents(path: Path, root: Path) -> "list[Document | DocumentError]":
    """The document in the file at ``path``, below the documents' folder ``root``; or all those in an archive, and
    why others of its files could not be read.

    Sections that only list sources are left out: they answer no question.

    :raises DocumentError: if the file cannot be read, is too large, holds no text, or is not what its
        name says.
    """
    name = path.relative_to(root).as_posix()
    data = _read(path, name)
    if path.suffix.lower() == ARCHIVE:
        from index.archive import documents_of

        return list(documents_of(data, name))
    return [document_of(data, name)]


def document_of(data: bytes, name: str) -> Document:
    """The document that the file called ``name`` holds, ``data`` being its bytes.

    :raises DocumentError: as :func:`load_documents`.
    """
    suffix = PurePosixPath(name).suffix.lower()
    parsed = _parsed_text(data, name, suffix) if suffix in TEXTS else _parsed(data, name, suffix)
    kept = tuple(_visible(block) for block in parsed.blocks if not _lists_sources(block))
    kept = tuple(block for block in kept if block.text)
    if not kept and parsed.unread:
        raise unread(name, parsed.unread)
    if not kept:
        raise DocumentError(
            f"Berkas {name} tidak berisi teks yang dapat dibaca: periksa isinya.",
            f"The file {name} holds no text that can be read: check its contents.",
        )
    title = visible(parsed.title).strip()
    return Document(name, title or title_of_file(name), bool(title), kept, parsed.unread)


def title_of_file(name: str) -> str:
    """What a document without a title of its own is called that stands in the file called ``name``."""
    return visible(PurePosixPath(name).stem.replace("-", " ").replace("_", " ")).strip()


def _parsed_text(data: bytes, name: str, suffix: str) -> Parsed:
    text = decoded(data, name)
    if suffix in {".html", ".htm"}:
        return _parsed_html(text, name)
    if suffix == ".txt":
        from index.article import parse
    elif suffix in {".csv", ".tsv"}:
        from index.tables import parse_csv as parse
    else:
        from index.markdown import parse
    return Parsed(*parse(text))


def _parsed_html(text: str, name: str) -> Parsed:
    from index.html import HeadlinesOnlyError, parse

    try:
        return Parsed(*parse(text))
    except HeadlinesOnlyError as error:
        raise DocumentError(
            f"Berkas {name} hanya memuat judul-judul halaman lain: simpan halaman yang ditujunya satu per satu.",
            f"The file {name} holds only the headlines of other pages: save the pages that it leads to, one by one.",
        ) from error


def _parsed(data: bytes, name: str, suffix: str) -> Parsed:
    if not data.startswith(BEGINNINGS[suffix]):
        raise _not_as_named(name)
    if suffix in PICTURES and missing() is not None:
        raise unread(name)
    try:
        if suffix == ".pdf":
            from index.pdf import parse as parse_pdf

            return parse_pdf(data)
        if suffix in PICTURES:
            from index.pictures import parse as parse_picture

            return parse_picture(data)
        if suffix == ".xlsx":
            from index.tables import parse_xlsx

            return Parsed(*parse_xlsx(data))
        from index.office import parse as parse_office

        return Parsed(*parse_office(data, suffix))
    except Exception as error:  # each converter raises its own on damaged files
        raise DocumentError(
            f"Berkas {name} rusak, terkunci, atau terlalu rumit: simpan ulang tanpa kata sandi, atau sebagai PDF.",
            f"The file {name} is damaged, locked or too intricate: save it anew without a password, or as PDF.",
        ) from error


def _not_as_named(name: str) -> DocumentError:
    return DocumentError(
        f"Isi berkas {name} bukan {PurePosixPath(name).suffix} seperti kata namanya: simpan ulang dengan nama yang benar.",
        f"The file {name} does not hold what its ending says: save it anew under a right name.",
    )


def unread(name: str, pages: Sequence[int] = ()) -> DocumentError:
    """That the file called ``name``, or ``pages`` of it, hold pictures only, in which no text can be read."""
    way_out = missing() or Reason(
        "pindai ulang dengan lebih tajam, atau tulis teksnya", "scan it anew and sharper, or type its text"
    )
    return DocumentError(
        f"{f'Halaman {_listed(pages)} berkas' if pages else 'Berkas'} {name} hanya berisi gambar, dan teksnya tidak "
        f"terbaca: {way_out.indonesian}.",
        f"{f'Page {_listed(pages)} of the' if pages else 'The'} file {name} holds pictures only, in which no text "
        f"could be read: {way_out.english}.",
    )


def _listed(pages: Sequence[int]) -> str:
    return ", ".join(map(str, pages[:10])) + (" …" if len(pages) > 10 else "")


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


def check_kind(name: str) -> None:
    """Make sure that the file called ``name`` is of a kind that is read.

    :raises DocumentError: if it is not.
    """
    if PurePosixPath(name).suffix.lower() not in READABLE:
        kinds = ", ".join(sorted(READABLE))
        raise DocumentError(
            f"Berkas {name} bukan jenis yang dibaca: simpan sebagai salah satu dari {kinds}.",
            f"The file {name} is of no kind that is read: save it as one of {kinds}.",
        )


def check_size(path: Path, name: str) -> None:
    """Make sure that the file at ``path`` is not too large to be read.

    :raises DocumentError: if it is.
    :raises OSError: if that cannot be told.
    """
    size = path.stat().st_size
    largest = LARGEST if path.suffix.lower() in TEXTS else LARGEST_OTHER
    if size > largest:
        raise DocumentError(
            f"Berkas {name} terlalu besar ({size / 2**20:.0f} MB, paling besar {largest >> 20} MB): "
            f"pecah menjadi beberapa berkas.",
            f"The file {name} is too large ({size / 2**20:.0f} MB, at most {largest >> 20} MB): "
            f"split it into several.",
        )


def unopened(name: str, error: OSError) -> DocumentError:
    """That the file called ``name`` cannot be opened."""
    return DocumentError(
        f"Berkas {name} tidak dapat dibuka ({error.strerror}): periksa izinnya.",
        f"The file {name} cannot be opened ({error.strerror}): check its permissions.",
    )


def _read(path: Path, name: str) -> bytes:
    try:
        check_size(path, name)
        return path.read_bytes()
    except OSError as error:
        raise unopened(name, error) from error


def _visible(block: Block) -> Block:
    """``block`` without what cannot be seen; its turns move along."""
    cuts = [0, *(offset for offset, _ in block.turns), len(block.text)]
    parts = [visible(block.text[start:end]) for start, end in pairwise(cuts)]
    parts[0], parts[-1] = parts[0].lstrip(), parts[-1].rstrip()
    offsets = list(accumulate(map(len, parts)))
    return Block(
        text="".join(parts).rstrip(),
        headings=tuple(map(visible, block.headings)),
        page=block.page,
        turns=tuple((offset, page) for offset, (_, page) in zip(offsets, block.turns, strict=False)),
    )


def _lists_sources(block: Block) -> bool:
    return any(heading.strip(" :").casefold() in _SOURCES for heading in block.headings)
