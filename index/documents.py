"""Files of the collection to documents, each read by the parser for its kind."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path, PurePosixPath

from index.blocks import Block, Document, Parsed
from index.errors import DocumentError, Reason
from index.kinds import ARCHIVE, PICTURES, TEXTS, check_content, check_size, decoded, unopened
from index.ocr import UnreadablePictureError, missing
from index.words import visible

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
    check_content(data, name)
    parsed = _read_as(data, name)
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


def _read_as(data: bytes, name: str) -> Parsed:
    """What the parser of files called like ``name`` finds in ``data``."""
    from index.html import HeadlinesOnlyError

    suffix = PurePosixPath(name).suffix.lower()
    if suffix in PICTURES and missing() is not None:
        raise unread(name)
    try:
        return _parsed_text(decoded(data, name), suffix) if suffix in TEXTS else _parsed(data, suffix)
    except HeadlinesOnlyError as error:
        raise DocumentError(
            f"Berkas {name} hanya memuat judul-judul halaman lain: simpan halaman yang ditujunya satu per satu.",
            f"The file {name} holds only the headlines of other pages: save the pages that it leads to, one by one.",
        ) from error
    except UnreadablePictureError as error:
        raise unread(name) from error
    except Exception as error:  # each converter raises its own on damaged files
        raise DocumentError(
            f"Berkas {name} rusak, terkunci, atau terlalu rumit: simpan ulang tanpa kata sandi, atau sebagai PDF.",
            f"The file {name} is damaged, locked or too intricate: save it anew without a password, or as PDF.",
        ) from error


def _parsed_text(text: str, suffix: str) -> Parsed:
    if suffix in {".html", ".htm"}:
        from index.html import parse
    elif suffix == ".txt":
        from index.article import parse
    elif suffix in {".csv", ".tsv"}:
        from index.tables import parse_csv as parse
    else:
        from index.markdown import parse
    return Parsed(*parse(text))


def _parsed(data: bytes, suffix: str) -> Parsed:
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
