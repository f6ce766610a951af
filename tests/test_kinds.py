"""A file of each kind in one folder, one build, and a question on each."""

import io
from collections.abc import Callable

import openpyxl
import pytest
from fpdf import FPDF
from PIL import Image

from assistant.asking import Assistant
from index.build import build_index
from index.encoder import Encoder
from index.ocr import missing
from tests import samples

KEEPERS = {
    "md": ("Sukamaju", "Bu Ratna"),
    "txt": ("Cikarang", "Pak Darto"),
    "html": ("Wonosari", "Bu Sulastri"),
    "pdf": ("Banjarbaru", "Pak Hendra"),
    "docx": ("Tomohon", "Bu Meilani"),
    "pptx": ("Sorong", "Pak Yosua"),
    "odt": ("Payakumbuh", "Bu Fitriani"),
    "epub": ("Singaraja", "Pak Ketut"),
    "rtf": ("Lhokseumawe", "Bu Nurhayati"),
    "csv": ("Palopo", "Pak Rahman"),
    "xlsx": ("Ende", "Bu Theresia"),
    "zip": ("Magelang", "Pak Sugeng"),
    "png": ("Pangkalpinang", "Bu Lestari"),
}


def sentence(kind: str) -> str:
    town, keeper = KEEPERS[kind]
    return f"Perpustakaan umum {town} dijaga oleh {keeper} sejak tahun 2019."


def article(kind: str) -> str:
    return f"# Perpustakaan {KEEPERS[kind][0]}\n\n{sentence(kind)}\n\nPengunjungnya kebanyakan pelajar dan guru.\n"


def paper(kind: str) -> bytes:
    pages = FPDF()
    pages.set_font("helvetica", size=12)
    for text in ("Daftar isi perpustakaan daerah.", "", sentence(kind)):
        pages.add_page()
        pages.multi_cell(w=0, text=text)
    return bytes(pages.output())


def workbook(kind: str) -> bytes:
    town, keeper = KEEPERS[kind]
    book = openpyxl.Workbook()
    book.active.append(["Perpustakaan", "Dijaga oleh"])
    book.active.append([f"Perpustakaan umum {town}", keeper])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    [page] = samples.drawn(sentence(kind))
    assert isinstance(page, Image.Image)
    page.save(out, "PNG")
    return out.getvalue()


MADE: dict[str, Callable[[str], bytes]] = {
    "md": lambda kind: article(kind).encode(),
    "txt": lambda kind: article(kind).replace("# ", "").encode("utf-16"),
    "html": lambda kind: (
        f"<html><body><article><h1>Perpustakaan</h1><p>{sentence(kind)}</p></article></body></html>".encode()
    ),
    "pdf": paper,
    **dict.fromkeys(("docx", "pptx", "odt", "epub", "rtf"), lambda kind: samples.office(kind, article(kind))),
    "csv": lambda kind: "Perpustakaan;Dijaga oleh\nPerpustakaan umum {};{}\n".format(*KEEPERS[kind]).encode(),
    "xlsx": workbook,
    "zip": lambda kind: samples.archive({"dalam/bacaan.md": article(kind).encode()}),
    "png": picture,
}


@pytest.fixture(scope="module")
def assistant(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    folder = tmp_path_factory.mktemp("jenis")
    (folder / "docs").mkdir()
    for kind, make in MADE.items():
        (folder / "docs" / f"perpustakaan.{kind}").write_bytes(make(kind))
    build_index(folder / "docs", folder / "index", encoder)
    return Assistant.open(folder / "index")


@pytest.mark.parametrize("kind", sorted(KEEPERS))
def test_a_question_on_each_kind_is_answered_from_its_file(assistant: Assistant, kind: str) -> None:
    if kind == "png" and missing() is not None:
        pytest.skip("Tesseract with Indonesian is not installed")
    town, keeper = KEEPERS[kind]
    answer = assistant.ask(f"Siapa yang menjaga perpustakaan umum {town}?")
    assert keeper in str(answer.answer)
    assert answer.sources[0].passage.path.startswith(f"perpustakaan.{kind}")
    assert answer.sources[0].page == (3 if kind == "pdf" else None)
