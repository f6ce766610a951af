"""ZIP archives to documents."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from index.blocks import Document
from index.documents import document_of
from index.errors import DocumentError
from index.kinds import LARGEST_OTHER, SUFFIXES

MOST_MEMBERS = 1000
"""Files of an archive that are read."""

LARGEST_ARCHIVE = 4 * LARGEST_OTHER
"""Bytes that an archive may hold when unpacked."""


def documents_of(data: bytes, name: str) -> Iterator[Document | DocumentError]:
    """The readable files of the archive called ``name``, and why others are not.

    They are called ``name/MEMBER``; members in no known form, hidden ones and archives in archives are passed over.

    :raises DocumentError: if ``data`` is no archive, or holds too much.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DocumentError(
            f"Arsip {name} rusak atau bukan ZIP: buat ulang arsipnya.",
            f"The archive {name} is damaged or no ZIP: make it anew.",
        ) from error
    members = sorted(filter(_readable, archive.infolist()), key=lambda member: member.filename)
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > LARGEST_ARCHIVE:
        raise DocumentError(
            f"Arsip {name} terlalu besar (paling banyak {MOST_MEMBERS} berkas dan {LARGEST_ARCHIVE >> 20} MB): "
            f"pecah menjadi beberapa arsip.",
            f"The archive {name} is too large (at most {MOST_MEMBERS} files and {LARGEST_ARCHIVE >> 20} MB): split it.",
        )
    for member in members:
        yield _member(archive, member, f"{name}/{_cleaned(member.filename)}")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Document | DocumentError:
    try:
        with archive.open(member) as file:
            data = file.read(LARGEST_OTHER + 1)
    except Exception as error:  # zlib, lzma, bz2 and zipfile each raise their own
        return DocumentError(
            f"Berkas {name} rusak atau terkunci di dalam arsipnya: ambil keluar dan simpan ulang.",
            f"The file {name} is damaged or locked in its archive ({error}): take it out and save it anew.",
        )
    try:
        return document_of(data, name)
    except DocumentError as error:
        return error


def _readable(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts if part != "..")
    return not member.is_dir() and not hidden and path.suffix.lower() in SUFFIXES


def _cleaned(name: str) -> str:
    """``name`` as a relative path that stays below its archive."""
    parts = (part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", "."))
    return "/".join(part.replace(":", "_") for part in parts)
