from pathlib import Path

import pytest

from index.blocks import Document
from index.documents import load_documents
from index.errors import DocumentError
from index.kinds import LARGEST


def load(folder: Path, name: str, data: bytes | str) -> Document:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    [document] = load_documents(path, folder)
    assert isinstance(document, Document)
    return document


def texts(document: Document) -> list[str]:
    return [block.text for block in document.blocks]


def test_markdown_gives_title_headings_and_plain_words(tmp_path: Path) -> None:
    document = load(tmp_path, "a.md", "# Judul\n\n## Bab *satu*\n\nKata **tebal** dan [tautan](http://x).\n")
    assert document.title == "Judul"
    assert document.blocks[0].headings == ("Bab satu",)
    assert texts(document) == ["Kata tebal dan tautan."]


def test_markdown_lists_and_tables_keep_a_line_an_item(tmp_path: Path) -> None:
    text = "# J\n\n- satu\n- dua\n\n1. tiga\n2. empat\n\n| a | b |\n|---|---|\n| c | d |\n"
    assert texts(load(tmp_path, "a.md", text)) == [
        "- satu\n- dua",
        "1. tiga\n2. empat",
        "a | b\nc | d",
    ]


def test_sections_that_list_sources_are_left_out(tmp_path: Path) -> None:
    document = load(tmp_path, "a.md", "# J\n\nIsi bacaan.\n\n## Sumber\n\n- Buku besar\n")
    assert texts(document) == ["Isi bacaan."]


def test_characters_that_cannot_be_seen_are_left_out(tmp_path: Path) -> None:
    document = load(
        tmp_path,
        "a.html",
        "<h1>Ju&shy;dul</h1><p>Per&shy;jan\u200bjian di\u202eta\x07ndatangani di sini.</p>",
    )
    assert document.title == "Judul"
    assert texts(document) == ["Perjanjian ditandatangani di sini."]


NEWS = """Indonesia dan Jepang Perkuat Kerja Sama

Beranda | Berita | Nasional | Ekonomi
Rabu, 12 Maret 2025 14.05 WIB
1.234 kali dibaca
Bagikan: Facebook Twitter WhatsApp Salin tautan

JAKARTA - Menteri kedua negara bertemu di Jakarta pada Rabu. Mereka membahas perdagangan dan pendidikan.

Baca juga: Harga beras turun

Pelajar akan dipertukarkan

Sebanyak 40 pelajar akan berangkat pada bulan Juli. Mereka tinggal bersama keluarga angkat di Osaka.

ADVERTISEMENT
Penulis: Sari
Berita terkait
Banjir melanda kota
"""


def test_a_news_article_as_text_loses_its_furniture_only(tmp_path: Path) -> None:
    document = load(tmp_path, "berita.txt", NEWS)
    assert document.title == "Indonesia dan Jepang Perkuat Kerja Sama"
    assert [text.split(".")[0] for text in texts(document)] == [
        "JAKARTA - Menteri kedua negara bertemu di Jakarta pada Rabu",
        "Sebanyak 40 pelajar akan berangkat pada bulan Juli",
    ]
    assert document.blocks[1].headings == ("Pelajar akan dipertukarkan",)


def test_a_paragraph_that_mentions_furniture_stays(tmp_path: Path) -> None:
    text = "Judul\n\nBaca juga penting bagi siswa karena menambah ilmu, kata guru itu di kelas pada hari Senin.\n"
    assert "Penulis" not in texts(load(tmp_path, "b.txt", text))[0]
    assert len(texts(load(tmp_path, "c.txt", "Judul\n\nMereka bagikan buku kepada siswa di desa.\n"))) == 1


def test_hard_wrapped_lines_become_one_paragraph(tmp_path: Path) -> None:
    wrapped = "Judul\n\nKalimat ini panjang sekali sehingga penyuntingnya\nmemotong baris di tengah kalimat begitu saja\nsampai selesai.\n"
    assert texts(load(tmp_path, "a.txt", wrapped)) == [
        "Kalimat ini panjang sekali sehingga penyuntingnya memotong baris di tengah kalimat begitu saja sampai selesai."
    ]


PAGE = """<html><head><title>Kerja sama - Situs</title><script>alert(1)</script></head><body>
<nav><ul><li><a href="/">Beranda</a></li><li><a href="/e">Ekonomi</a></li></ul></nav>
<article><h1>Kerja Sama Baru Ditandatangani</h1><p>Rabu, 12 Maret 2025</p><div class="share">Bagikan Facebook Twitter</div>
<p>Pemerintah Indonesia dan Selandia Baru menandatangani kerja sama pendidikan di Jakarta pada Rabu pagi, 12 Maret 2025.</p>
<p>Baca juga: <a href="/x">Berita lain</a></p>
<h2>Isi perjanjian</h2><p>Perjanjian itu mengatur pertukaran 120 guru setiap tahun dan pengakuan ijazah di kedua negara.</p>
</article><footer>Copyright 2025</footer></body></html>"""


def test_a_saved_page_gives_its_article_only(tmp_path: Path) -> None:
    document = load(tmp_path, "a.html", PAGE)
    assert document.title == "Kerja Sama Baru Ditandatangani"
    assert [text[:24] for text in texts(document)] == [
        "Pemerintah Indonesia dan",
        "Perjanjian itu mengatur ",
    ]
    assert document.blocks[1].headings == ("Isi perjanjian",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_any_common_encoding(tmp_path: Path, encoding: str) -> None:
    document = load(tmp_path, "a.md", "# Kafé\n\nDi Nusa Tenggara ada kafé tua.\n".encode(encoding))
    assert document.title == "Kafé"


@pytest.mark.parametrize(
    "data", [b"", b"  \n", b"%PDF-1.7 x", b"PK\x03\x04zip", b"\x00\x01\x02", b"x" * (LARGEST + 1)],
    ids=["empty", "space", "pdf", "zip", "binary", "large"],
)  # fmt: skip
def test_what_is_no_text_is_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, "salah.txt", data)
    assert "salah.txt" in caught.value.indonesian
    assert "salah.txt" in caught.value.english
