import contextlib

import pytest

from index.documents import document_of
from index.errors import DocumentError
from index.html import HeadlinesOnlyError, parse

PARAGRAPHS = (
    "<p>Kerja sama bilateral adalah hubungan antara dua negara yang saling menguntungkan dan diatur dalam perjanjian.</p>"
    "<p>Perjanjian itu biasanya mencakup bidang ekonomi, pendidikan, kebudayaan, dan pertahanan kedua negara.</p>"
)


def page(body: str) -> str:
    menu = "<nav><ul><li><a href=/>Beranda</a></li><li><a href=/b>Berita</a></li></ul></nav>"
    article = f"<article><h1>Bentuk kerja sama</h1>{PARAGRAPHS}{body}</article>"
    return f"<html><head><title>Judul</title></head><body>{menu}{article}<footer>Hak cipta 2024</footer></body></html>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>Bidangnya:</p><ul><li>dagang</li><li>budaya</li></ul>", "- dagang\n- budaya"),
        ("<p>Bidangnya:</p><ul><ul><li>dagang</li><li>budaya</li></ul></ul>", "- dagang\n- budaya"),
        ("<ul><li>ekonomi<ul><li>dagang</li></ul></li><li>budaya</li></ul>", "- ekonomi\n- dagang\n- budaya"),
        ("<ul><p>dagang</p><p>budaya</p></ul>", "- dagang\n- budaya"),
        ("<ul><div><li>dagang</li></div><div><li>budaya</li></div></ul>", "- dagang\n- budaya"),
        ("<ul><div><div><li>dagang</li><li>budaya</li></div></div></ul>", "- dagang\n- budaya"),
        ("<ul><div><ul><li>dagang</li><li>budaya</li></ul></div></ul>", "- dagang\n- budaya"),
        (
            "<ol><li><div><p>dagang</p><p>barang</p></div></li><li>budaya</li></ol>",
            "- dagang barang\n- budaya",
        ),
        ("<p>Bidangnya: <ul><li>dagang</li><li>budaya</li></ul></p>", "- dagang\n- budaya"),
        ("<div><li>dagang</li><li>budaya</li></div>", "- dagang\n- budaya"),
        (
            "<p>Yaitu:</p><ul><li><a href=/x>dagang</a></li><li><a href=/y>budaya</a></li></ul>",
            "- dagang\n- budaya",
        ),
        (
            "<ul><li><h3>Dagang</h3><p>Jual beli.</p></li><li>budaya</li></ul>",
            "- Dagang Jual beli.\n- budaya",
        ),
        ("<ul><li>per<b>dagang</b>an <i>bebas</i></li><li>budaya</li></ul>", "- perdagangan bebas\n- budaya"),
        (
            "<ul><li>dagang</li><script>x=1</script><style>.a{}</style><li>budaya</li></ul>",
            "- dagang\n- budaya",
        ),
        ("<ul><!-- x --><li>dagang</li><?php y ?><li>budaya</li></ul>", "- dagang\n- budaya"),
    ],
)
def test_lists_stay_whole_however_a_page_nests_them(body: str, text: str) -> None:
    title, blocks = parse(page(body))
    assert title == "Bentuk kerja sama"
    assert blocks[-1].text == text
    assert len(blocks) >= 3


@pytest.mark.parametrize(
    "item",
    [
        "<div><h2><a href=/{0}>Presiden bertemu perdana menteri ke-{0}</a></h2><span>12 Mei 2024</span></div>",
        "<div><a href=/{0}><h2>Presiden bertemu perdana menteri ke-{0}</h2></a><p>Pertemuan itu membahas ekonomi ...</p></div>",
        "<li><a href=/{0}>Presiden bertemu perdana menteri negara sahabat ke-{0}</a></li>",
    ],
)
def test_a_page_of_headlines_is_refused(item: str) -> None:
    text = f"<html><body><h1>Berita</h1>{''.join(item.format(n) for n in range(20))}</body></html>"
    with pytest.raises(HeadlinesOnlyError):
        parse(text)
    with pytest.raises(DocumentError, match="only the headlines"):
        document_of(text.encode(), "portal.html")


def test_an_article_with_links_is_no_page_of_headlines() -> None:
    links = "".join(
        f"<p>Menurut <a href=/{n}>laporan tahunan kementerian luar negeri {n}</a>, ekspor naik.</p>"
        for n in range(3)
    )
    assert "laporan tahunan" in "".join(block.text for block in parse(page(links))[1])


def test_hostile_nesting_is_read_or_refused() -> None:
    for text in ("<ul>" * 3000 + "<li>x", "<ul><li>" * 3000, "<div>" * 20_000, "<table><tr><td>" * 2000):
        with contextlib.suppress(DocumentError):
            document_of(text.encode(), "dalam.html")
