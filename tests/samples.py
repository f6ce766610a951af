"""Sample files of each kind, made anew for every run."""

import io
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pypandoc
import pypdfium2
from fpdf import FPDF
from PIL import Image

TITLE = "Kerja Sama Tanjung Lantera dan Aomizu"
TREATY = "Nota kesepahaman itu ditandatangani pada 19 Maret 2021 di Balai Kota Tanjung Lantera."
PERIOD = "Kerja sama berlaku selama empat tahun dan dapat diperpanjang atas persetujuan kedua wali kota."
FIELDS = ("Penanggulangan bencana.", "Perikanan.", "Pendidikan.")
ROWS = (("Tahun", "Pelajar"), ("2021", "12"), ("2022", "15"))

MARKDOWN = "\n\n".join(
    [
        f"---\ntitle: {TITLE}\n---",
        f"# Latar belakang\n\n{TREATY}",
        "\n".join(f"- {field}" for field in FIELDS),
        "# Masa berlaku\n\n" + PERIOD,
        "| Tahun | Pelajar |\n|---|---|\n| 2021 | 12 |\n| 2022 | 15 |",
    ]
)


def office(kind: str, markdown: str = MARKDOWN) -> bytes:
    """``markdown`` as a document of Pandoc's format ``kind``."""
    command = [pypandoc.get_pandoc_path(), "--standalone", "--from=markdown", f"--to={kind}", "--output=-"]
    return subprocess.run(command, input=markdown.encode(), capture_output=True, check=True).stdout


def workbook() -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


class _Paper(FPDF):
    def header(self) -> None:
        self.set_font("helvetica", size=8)
        self.cell(text="Dinas Kerja Sama Luar Negeri", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("helvetica", size=8)
        self.cell(text=f"Halaman {self.page_no()}", align="C", w=0)


def pdf() -> bytes:
    """Four pages: a title, headings and two paragraphs; nothing; a picture; one paragraph that goes on from page 4
    to page 5."""
    paper = _Paper()
    paper.add_page()
    _heading(paper, TITLE, 20)
    _heading(paper, "Latar belakang", 14)
    _paragraph(paper, TREATY)
    _paragraph(paper, " ".join(f"Bidang ke-{n} adalah {field.lower()}" for n, field in enumerate(FIELDS, 1)))
    paper.add_page()
    paper.add_page()
    paper.image(Image.new("RGB", (60, 60), "navy"), w=40)
    paper.add_page()
    _heading(paper, "Masa berlaku", 14)
    paper.set_y(-30)
    _paragraph(
        paper,
        f"Menurut pasal tujuh naskah itu, {PERIOD} Perpanjangan diumumkan enam bulan sebelumnya oleh sekretariat bersama di Aomizu.",
    )
    return bytes(paper.output())


def columns() -> bytes:
    """A page of two columns below a title across them, the right one written first."""
    paper = FPDF()
    paper.set_auto_page_break(False)
    paper.add_page()
    _heading(paper, TITLE, 20)
    top = paper.get_y()
    for left, word in ((110, "kanan"), (15, "kiri")):
        paper.set_font("helvetica", size=10)
        paper.set_xy(left, top)
        text = " ".join(f"Kalimat {word} nomor {n} membahas kerja sama kedua kota itu." for n in range(1, 9))
        paper.multi_cell(w=80, h=5, text=text)
    return bytes(paper.output())


def pictures() -> bytes:
    """A page that holds a picture only."""
    paper = FPDF()
    paper.add_page()
    paper.image(Image.new("RGB", (60, 60), "navy"), w=100)
    return bytes(paper.output())


def drawn(*texts: str) -> list[Image.Image]:
    """Pages of a title and a paragraph each, as a scanner sees them."""
    paper = FPDF()
    for number, text in enumerate(texts):
        paper.add_page()
        if number == 0:
            _heading(paper, TITLE, 24)
        _paragraph(paper, text)
    document = pypdfium2.PdfDocument(bytes(paper.output()))
    return [page.render(scale=200 / 72).to_pil() for page in document]


def photo() -> bytes:
    """A picture of a page."""
    out = io.BytesIO()
    drawn(TREATY)[0].save(out, "PNG")
    return out.getvalue()


def scanned() -> bytes:
    """Two scanned pages and one that is blue all over."""
    paper = FPDF()
    paper.set_margin(0)
    paper.set_auto_page_break(False)
    for picture in [*drawn(TREATY, PERIOD), Image.new("RGB", (600, 800), "navy")]:
        paper.add_page()
        paper.image(picture, x=0, y=0, w=paper.w)
    return bytes(paper.output())


def write_all(folder: Path) -> None:
    """A file of each kind into ``folder``."""
    for suffix in ("docx", "pptx", "odt", "epub", "rtf"):
        (folder / f"naskah.{suffix}").write_bytes(office(suffix))
    (folder / "naskah.xlsx").write_bytes(workbook())
    (folder / "naskah.csv").write_text("\n".join(";".join(row) for row in ROWS), encoding="utf-8")
    (folder / "naskah.pdf").write_bytes(pdf())
    (folder / "arsip.zip").write_bytes(archive({"dalam/naskah.docx": office("docx"), "salah.pdf": b"bukan"}))


def _heading(paper: FPDF, text: str, size: float) -> None:
    paper.set_font("helvetica", "B", size)
    paper.multi_cell(w=0, text=text, new_x="LMARGIN", new_y="NEXT")
    paper.ln(3)


def _paragraph(paper: FPDF, text: str) -> None:
    paper.set_font("helvetica", size=11)
    paper.multi_cell(w=0, h=6, text=text, new_x="LMARGIN", new_y="NEXT")
    paper.ln(4)
