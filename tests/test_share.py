import io
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.datastructures import QueryParams

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.origins import allows, origin_of
from assistant.server import create_app
from assistant.settings import load_settings
from assistant.snippet import Snippet
from tests.conftest import HOSTILE, serving

SCHOOL = "https://sekolah.example"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    with serving(create_app(Classroom(lambda: assistant, public=Public((SCHOOL,))))) as address:
        yield address


@pytest.fixture(scope="module")
def proxied(assistant: Assistant) -> Iterator[str]:
    with serving(create_app(Classroom(lambda: assistant, public=Public(behind_proxy=True)))) as address:
        yield address


class Parts(HTMLParser):
    """The elements of a page with their attributes, and the texts of its text areas by their ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        found = re.findall(r'<textarea id="(\w+)"[^>]*>\n(.*?)</textarea>', html, re.DOTALL)
        self.texts = {name: unescape(text) for name, text in found}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def shared(address: str, query: str = "", **headers: str) -> Parts:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Parts(httpx.get(f"{address}/share?{query}", headers=named).raise_for_status().text)


def decoded(picture: bytes) -> str:
    return str(zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))[0].text)


def test_the_page_speaks_the_servers_language_or_that_of_its_address(address: str) -> None:
    assert "Pasang obrolan" in httpx.get(f"{address}/share").text
    assert "Put the chat" in httpx.get(f"{address}/share?lang=en").text


def test_options_stand_in_all_that_is_copied(address: str) -> None:
    query = "title=Kelas 7B&starters=Apa itu danau?&starters=&starters=Siapa?&question=Di mana Toba?&color=%23aa3300"
    texts = shared(
        address, f"{query}&documents=koperasi.txt&language=en&theme=dark&width=500&height=9999"
    ).texts
    assert texts["script"] == (
        f'<script async src="{address}/embed.js" data-title="Kelas 7B" data-starters="Apa itu danau?|Siapa?" '
        'data-question="Di mana Toba?" data-documents="koperasi.txt" data-lang="en" data-color="#aa3300" '
        'data-theme="dark" data-width="500" data-height="1200"></script>'
    )
    told = (
        "title=Kelas%207B&lang=en&starters=Apa%20itu%20danau%3F&starters=Siapa%3F&documents=koperasi.txt"
        "&q=Di%20mana%20Toba%3F&color=%23aa3300&__theme=dark"
    )
    assert texts["link"] == f"{address}/?{told}"
    ((tag, frame),) = Parts(texts["frame"]).elements
    assert (tag, frame["src"], frame["width"], frame["height"]) == (
        "iframe",
        f"{address}/embed?{told}",
        "500",
        "1200",
    )
    assert frame["allow"] == "clipboard-write; microphone"


def test_a_block_brings_its_place_and_no_corner(address: str) -> None:
    script = shared(address, "shape=block&position=left&open=true&label=Halo").texts["script"]
    assert script == (
        f'<div id="tanya"></div>\n<script async src="{address}/embed.js" data-target="#tanya"></script>'
    )


@pytest.mark.parametrize("name", ["title", "greeting", "label", "question", "starters", "page"])
@pytest.mark.parametrize("path", ["/share", "/share/preview"])
def test_hostile_texts_stay_texts(address: str, path: str, name: str) -> None:
    hostile = f'"><script>alert(1)</script></textarea>{HOSTILE}'
    page = httpx.get(address + path, params={name: hostile, "lang": '"><b>'}).text
    parts = Parts(page)
    scripts = [attributes["src"] for tag, attributes in parts.elements if tag == "script"]
    assert all(str(src).startswith((f"{address}/embed.js", "/share/", "/tanya/")) for src in scripts)
    assert not [attributes for _, attributes in parts.elements if "onerror" in attributes]
    for text in parts.texts.values():
        assert {tag for tag, _ in Parts(text).elements} <= {"script", "iframe"}
        assert "<b>" not in text


@given(
    st.fixed_dictionaries({}, optional={
        name: st.text(max_size=400)
        for name in ("title", "greeting", "label", "question", "color", "shape", "theme", "width", "height")
    }),
    st.lists(st.text(max_size=300), max_size=6),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_snippet_is_bounded_and_its_form_gives_it_again(
    fields: dict[str, str], starters: list[str]
) -> None:
    pairs = [*fields.items(), *(("starters", text) for text in starters)]
    snippet = Snippet.of(QueryParams(pairs), {})
    again = Snippet.of(QueryParams(snippet.form()), {})
    assert Snippet.of(QueryParams(again.form()), {}) == again
    ((tag, attributes),) = Parts(snippet.script("https://a.id")).elements
    assert tag == "script"
    assert all(re.fullmatch("async|src|data-[a-z]+", name) for name in attributes)
    assert len(snippet.link("https://a.id").encode()) < 20_000


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_qr_code_holds_the_link(address: str, kind: str) -> None:
    query = "title=Kelas 7B&documents=koperasi.txt&starters=Siapa ketua?"
    picture = httpx.get(f"{address}/share/qr.{kind}?{query}")
    assert picture.headers["content-type"].startswith("image/")
    if kind == "png":
        assert decoded(picture.content) == shared(address, query).texts["link"]
    else:
        assert picture.content.startswith(b"<?xml")


def test_no_qr_code_is_made_of_foreign_texts(address: str) -> None:
    foreign = "link=https://jahat.example/&url=https://jahat.example/&server=https://jahat.example"
    assert decoded(httpx.get(f"{address}/share/qr.png?{foreign}").content) == f"{address}/"
    titled = decoded(
        httpx.get(f"{address}/share/qr.png", params={"title": "https://jahat.example/#"}).content
    )
    assert titled.startswith(f"{address}/?title=https%3A%2F%2F")


def test_a_link_too_long_for_a_qr_code_is_refused_and_said(address: str) -> None:
    query = {"greeting": "é" * 300, "question": "é" * 200}
    refused = httpx.get(f"{address}/share/qr.svg", params={**query, "lang": "en"})
    assert refused.status_code == 400
    assert "too long for a QR code" in refused.text
    page = httpx.get(f"{address}/share", params=query).text
    assert "terlalu panjang untuk kode QR" in page
    assert 'id="qr"' not in page


@pytest.mark.parametrize("host", ['a"><script>', "jahat.example/x?", "a b", "user@jahat.example"])
def test_a_host_that_is_none_is_refused(address: str, host: str) -> None:
    for path in ("/share", "/share/qr.svg", "/share/preview"):
        answer = httpx.get(address + path, headers={"Host": host})
        assert answer.status_code == 400
        assert host not in answer.text


def test_what_a_proxy_forwards_counts_only_behind_one(address: str, proxied: str) -> None:
    forwarded = {"x_forwarded_proto": "https", "x_forwarded_host": "tanya.sekolah.id, dalam"}
    assert shared(proxied, **forwarded).texts["link"] == "https://tanya.sekolah.id/"
    assert shared(address, **forwarded).texts["link"] == f"{address}/"
    odd = httpx.get(f"{proxied}/share", headers={"X-Forwarded-Proto": "javascript"})
    assert odd.status_code == 400


def test_a_page_below_a_path_names_that_path(assistant: Assistant) -> None:
    app = create_app(Classroom(lambda: assistant))

    async def below(scope, receive, send):  # type: ignore[no-untyped-def]
        if scope["type"] == "http":
            scope = {**scope, "root_path": "/tanya", "path": "/tanya" + scope["path"]}
        await app(scope, receive, send)

    with serving(below) as address:
        parts = shared(address, "title=A")
    assert parts.texts["link"] == f"{address}/tanya/?title=A"
    assert f'src="{address}/tanya/embed.js"' in parts.texts["script"]
    addresses = [
        attributes.get("src") or "" for tag, attributes in parts.elements if tag in ("script", "iframe")
    ]
    assert all(one.startswith(("/tanya/share/", "/tanya/letters.js")) for one in addresses)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (f"{SCHOOL}/kelas", f"boleh dipasang di {SCHOOL}."),
        ("lain.example/x", f'TANYA_EMBED_ORIGINS="{SCHOOL}, https://lain.example"'),
        (
            "https://sites.google.com/view/kelas",
            f'TANYA_EMBED_ORIGINS="{SCHOOL}, https://sites.google.com, https://www.gstatic.com, '
            'https://*.googleusercontent.com"',
        ),
        ("javascript:alert(1)", "bukan alamat halaman web"),
    ],
)
def test_a_page_is_told_whether_it_may_embed_and_what_to_set(address: str, page: str, said: str) -> None:
    assert said in unescape(httpx.get(f"{address}/share", params={"page": page}).text)


def test_what_the_page_says_to_set_is_a_setting(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = shared(address, "page=https://sites.google.com/view/kelas").texts["settings"]
    name, value = said.split("=", 1)
    monkeypatch.setenv(name, value.strip('"'))
    origins = load_settings().embed_origins
    assert allows(origins, "https://12-atari-embeds.googleusercontent.com")
    assert allows(origins, "https://sites.google.com")
    for other in ("https://jahatgoogleusercontent.com", "https://.googleusercontent.com.id", "null", ""):
        assert not allows(origins, other)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("Sekolah.sch.id:8443/x", "https://sekolah.sch.id:8443"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://user:pw@sekolah.id/", "https://sekolah.id"),
        ("https://*.id", None),
        ("ftp://a.id", None),
        ("https://a.id;b", None),
        ("https://a.id:99999999", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_origin_of_an_address(address: str, origin: str | None) -> None:
    assert origin_of(address) == origin


def test_pages_without_gradio_run_only_files_of_ours_and_are_framed_by_nobody_else(address: str) -> None:
    for path in ("/share", "/share/preview", "/documents", "/documents/danau.md", "/admin/login"):
        policy = httpx.get(address + path).headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert SCHOOL not in policy
    assert "'unsafe-eval'" in httpx.get(address).headers["content-security-policy"]
    page = httpx.get(f"{address}/share").text
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=", page)
