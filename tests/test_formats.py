import io
import zipfile
from pathlib import Path

import pytest

from assistant.asking import Assistant
from index import ocr
from index.blocks import Document
from index.build import build_index
from index.builds import current_build
from index.child import ChildReader
from index.documents import document_of
from index.encoder import Encoder
from index.errors import DocumentError
from index.folder import is_current
from index.manifest import read_manifest
from index.ocr import missing
from index.passages import split_document
from tests import samples


@pytest.mark.parametrize("suffix", ["docx", "pptx", "odt", "epub", "rtf"])
def test_office_documents_keep_title_sections_lists_and_tables(suffix: str) -> None:
    document = document_of(samples.office(suffix), f"naskah.{suffix}")
    text = "\n".join(block.text for block in document.blocks)
    assert document.title == samples.TITLE
    assert samples.TREATY in text
    assert "2022 | 15" in text
    assert all(field in text for field in samples.FIELDS)
    [period] = [block for block in document.blocks if samples.PERIOD in block.text]
    assert suffix == "pptx" or period.headings[-1] == "Masa berlaku"


def test_a_row_of_a_table_reads_as_a_sentence() -> None:
    lines = "Tahun: 2021; Pelajar: 12.\nTahun: 2022; Pelajar: 15."
    assert document_of(samples.workbook(), "a.xlsx").blocks[0].text == lines
    for text in (
        "Tahun,Pelajar\n2021,12\n2022,15\n",
        "Tahun;Pelajar\r\n2021;12\r\n2022;15",
        "Tahun\tPelajar\n2021\t12\n2022\t15",
    ):
        assert document_of(text.encode(), "a.csv").blocks[0].text == lines
    assert document_of(b"Nama,Kelas\n", "a.csv").blocks[0].text == "Nama; Kelas"


def test_a_pdf_keeps_title_sections_and_pages_and_loses_its_edges() -> None:
    document = document_of(samples.pdf(), "a.pdf")
    assert document.title == samples.TITLE
    assert [(block.headings, block.page) for block in document.blocks] == [
        (("Latar belakang",), 1),
        (("Latar belakang",), 1),
        (("Masa berlaku",), 4),
    ]
    assert document.blocks[0].text == samples.TREATY
    assert not any("Halaman" in b.text or "Dinas" in b.text for b in document.blocks)


def test_words_are_cited_with_the_page_on_which_they_stand() -> None:
    [*_, passage] = split_document(document_of(samples.pdf(), "a.pdf"))
    assert passage.page == 4
    assert passage.page_at(passage.text.index("sekretariat")) == 5
    assert passage.page_at(passage.text.index("empat tahun")) == 4


def test_columns_are_read_one_after_the_other() -> None:
    text = "\n".join(block.text for block in document_of(samples.columns(), "a.pdf").blocks)
    assert text.index("kiri nomor 8") < text.index("kanan nomor 1")
    assert "kiri nomor 3 membahas kerja sama kedua kota itu. Kalimat kiri nomor 4" in text


def test_pages_without_text_are_named() -> None:
    with pytest.raises(DocumentError, match=r"Page 1 of the file a\.pdf"):
        document_of(samples.pictures(), "a.pdf")


def test_an_archive_gives_each_of_its_files(tmp_path: Path) -> None:
    path = tmp_path / "arsip.zip"
    path.write_bytes(
        samples.archive(
            {"b/../../c.md": b"# Satu\n\nIsi.", "salah.pdf": b"bukan", ".x.md": b"# Tidak", "y.exe": b"MZ"}
        )
    )
    with ChildReader() as reader:
        first, second = reader.load(path, tmp_path)
    assert isinstance(first, Document)
    assert (first.path, first.title) == ("arsip.zip/b/c.md", "Satu")
    assert isinstance(second, DocumentError)
    assert "arsip.zip/salah.pdf" in second.english


def test_an_archive_that_swells_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(9):
            file.writestr(f"{number}.md", b"0" * (50 << 20))
    (tmp_path / "bom.zip").write_bytes(out.getvalue())
    with ChildReader() as reader, pytest.raises(DocumentError, match=r"bom\.zip is too large"):
        reader.load(tmp_path / "bom.zip", tmp_path)


@pytest.mark.parametrize("suffix", ["pdf", "docx", "pptx", "odt", "epub", "rtf", "xlsx", "zip"])
@pytest.mark.parametrize(
    "data", [b"", b"halo", b"PK\x03\x04rusak", b"%PDF-1.7 rusak", b"{\\rtf1 \\bin999999999 x"]
)
def test_damaged_files_are_refused_in_one_sentence(suffix: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"rusak.{suffix}"
    path.write_bytes(data)
    with ChildReader() as reader:
        try:
            found = reader.load(path, tmp_path)
        except DocumentError as error:
            found = [error]
    assert all(isinstance(one, Document) or "rusak" in one.english for one in found)


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "lama.md").write_text("a" * 4_000_000, encoding="utf-8")
    (tmp_path / "baik.md").write_text("# Baik\n\nIsi.", encoding="utf-8")
    with ChildReader(seconds=0.01) as reader, pytest.raises(DocumentError, match="was not read within"):
        reader.load(tmp_path / "lama.md", tmp_path)
    with ChildReader() as reader:
        [document] = reader.load(tmp_path / "baik.md", tmp_path)
    assert isinstance(document, Document)


def test_a_folder_of_all_kinds_is_built_and_stays_current(tmp_path: Path, encoder: Encoder) -> None:
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    samples.write_all(docs)
    report = build_index(docs, index, encoder)
    reasons = [error.english for _, error in report.skipped]
    assert sorted(name for name, _ in report.skipped) == ["arsip.zip", "naskah.pdf"]
    assert any("arsip.zip/salah.pdf" in reason for reason in reasons)
    assert any("Page 3 of the file naskah.pdf" in reason for reason in reasons)
    assert report.documents == 9
    manifest = read_manifest(index / current_build(index))
    assert is_current(manifest, docs)
    asked = Assistant.open(index).starters
    assert len(asked) == len(set(asked))
    (docs / "naskah.csv").write_text("Tahun,Pelajar\n2030,99\n", encoding="utf-8")
    assert not is_current(manifest, docs)


def test_an_answer_from_a_pdf_cites_its_page(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "naskah.pdf").write_bytes(samples.pdf())
    assistant = Assistant.open(tmp_path / "index", docs=tmp_path / "docs")
    answer = assistant.ask("Kapan nota kesepahaman ditandatangani?")
    assert answer.span is not None
    assert "19 Maret 2021" in answer.span
    assert answer.to_dict()["sources"][0]["page"] == 1


needs_tesseract = pytest.mark.skipif(
    missing() is not None, reason="Tesseract with Indonesian is not installed"
)


@needs_tesseract
def test_pictures_and_scanned_pages_are_recognized() -> None:
    photo = document_of(samples.photo(), "foto.png")
    assert photo.title == samples.TITLE
    assert samples.TREATY in photo.blocks[0].text
    assert photo.blocks[0].page is None
    scanned = document_of(samples.scanned(), "pindaian.pdf")
    assert [block.page for block in scanned.blocks] == [1, 2]
    assert samples.PERIOD in scanned.blocks[1].text
    assert scanned.unread == (3,)


def test_without_tesseract_pictures_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_languages", lambda: frozenset({"eng"}))
    missing.cache_clear()
    with pytest.raises(DocumentError, match=r"The file foto\.png holds pictures only.*tesseract-ocr-ind"):
        document_of(samples.photo(), "foto.png")
    with pytest.raises(DocumentError, match=r"Page 1, 2, 3 of the file p\.pdf.*tesseract-ocr-ind"):
        document_of(samples.scanned(), "p.pdf")
    monkeypatch.undo()
    missing.cache_clear()


@needs_tesseract
def test_a_reader_that_tells_of_its_steps_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "pindaian.pdf").write_bytes(samples.scanned())
    with ChildReader() as reader:
        for _ in range(2):
            [document] = reader.load(tmp_path / "pindaian.pdf", tmp_path)
            assert isinstance(document, Document)
