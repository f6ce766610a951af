"""Kinds of files: what is read at all, how large it may be, and what it must begin with."""

from pathlib import Path, PurePosixPath

from index.errors import DocumentError

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

ARCHIVE = ".zip"
"""Files of this kind hold several documents."""

BEGINNINGS = {
    **PICTURES,
    ".pdf": (b"%PDF-",),
    ".rtf": (b"{\\rtf",),
    **dict.fromkeys((".docx", ".pptx", ".xlsx", ".odt", ".epub"), (b"PK\x03\x04",)),
    ARCHIVE: (b"PK\x03\x04", b"PK\x05\x06"),
}
"""What files of the other kinds begin with."""

READABLE = TEXTS | BEGINNINGS.keys()
"""Kinds of files that are looked for."""

SUFFIXES = READABLE - {ARCHIVE}
"""Kinds of files that hold one document."""

LARGEST = 5 * 2**20
"""Bytes of the largest text that is read: about 800,000 words, more than any reading for a class."""

LARGEST_OTHER = 100 * 2**20
"""Bytes of the largest file of the other kinds, which hold pictures beside text."""


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


def check_content(data: bytes, name: str) -> None:
    """Make sure that ``data`` is what the name ``name`` says.

    :raises DocumentError: if it is not.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in TEXTS:
        decoded(data, name)
    elif not data.startswith(BEGINNINGS[suffix]):
        raise DocumentError(
            f"Isi berkas {name} bukan {suffix} seperti kata namanya: simpan ulang dengan nama yang benar.",
            f"The file {name} does not hold what its ending says: save it anew under a right name.",
        )


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


def unopened(name: str, error: Exception) -> DocumentError:
    """That the file called ``name`` cannot be opened."""
    reason = error.strerror if isinstance(error, OSError) else error
    return DocumentError(
        f"Berkas {name} tidak dapat dibuka ({reason}): periksa izinnya.",
        f"The file {name} cannot be opened ({reason}): check its permissions.",
    )
