from collections.abc import Iterator

import httpx
import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.guards import Allowance, address_of
from assistant.server import create_app
from assistant.settings import SettingsError, load_settings
from assistant.wishes import Wishes
from tests.conftest import serving

SCHOOL = "https://sekolah.example"


@pytest.fixture(scope="module")
def address(assistant: Assistant) -> Iterator[str]:
    public = Public((SCHOOL,), Allowance(per_address=12))
    with serving(create_app(Classroom(lambda: assistant, public=public))) as address:
        yield address


def test_only_the_embedded_page_may_be_framed_and_only_by_those_named(address: str) -> None:
    policies = {
        path: httpx.get(address + path).headers["content-security-policy"]
        for path in ("/", "/embed", "/documents")
    }
    assert f"frame-ancestors 'self' {SCHOOL};" in policies["/embed"]
    assert all("frame-ancestors 'self';" in policies[path] for path in ("/", "/documents"))
    assert "tanya-embedded" in httpx.get(f"{address}/embed?title=Kelas").text


def test_the_script_is_small_and_says_whether_a_site_is_allowed(address: str) -> None:
    script = httpx.get(f"{address}/embed.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert len(script.content) < 10_000
    for origin, allowed in ((SCHOOL, True), ("https://lain.example", False), (address, True), ("", False)):
        assert httpx.get(f"{address}/embed/allowed", headers={"Origin": origin}).json() == {
            "allowed": allowed
        }


@pytest.mark.parametrize(
    ("origin", "allowed"), [(SCHOOL, True), ("https://lain.example", False), ("null", False)]
)
def test_other_sites_call_the_api_only_if_named(address: str, origin: str, allowed: bool) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for path in ("/api/v1/ask", "/gradio_api/queue/join"):
        headers = httpx.options(address + path, headers=asked).headers
        assert (headers.get("access-control-allow-origin") == origin) is allowed
    headers = httpx.get(f"{address}/api/v1/health", headers={"Origin": origin}).headers
    assert (headers.get("access-control-allow-origin") == origin) is allowed


def test_too_many_questions_have_to_wait(address: str) -> None:
    answers = [httpx.post(f"{address}/api/v1/search", json={"question": "danau"}) for _ in range(14)]
    last = answers[-1]
    assert answers[0].status_code == 200
    assert last.status_code == 429
    assert last.json()["error"]["code"] == "busy"
    assert 1 <= int(last.headers["retry-after"]) <= 6


def test_wishes_are_bounded() -> None:
    query = QueryParams(
        [
            ("lang", "fr"),
            ("title", "K" * 500),
            ("greeting", "\x1b[31mHai"),
            *[("starters", "x" * 999)] * 9,
            *[("documents", "a")] * 99,
        ]
    )
    wishes = Wishes.of(query)
    assert (wishes.language, len(wishes.title), wishes.greeting) == (None, 80, "[31mHai")
    assert [len(text) for text in wishes.starters] == [200] * 4
    assert len(wishes.documents) == 50


def test_a_part_of_the_documents_answers_for_itself(assistant: Assistant) -> None:
    part = assistant.about(["koperasi.txt", "tidak-ada.md"])
    assert part.ask("Siapa ketua koperasi siswa?").status == "answered"
    assert part.ask("Di mana letak Danau Toba?").status == "not_found"
    assert {source.passage.path for source in part.search("danau")} == {"koperasi.txt"}
    assert assistant.about(["koperasi.txt"]) is part
    assert assistant.about([]) is assistant
    assert assistant.about(["tidak-ada.md"]) is assistant


@pytest.mark.parametrize(
    "given", ["sekolah.sch.id", "https://a.id/x", "javascript:alert(1)", "https://a.id;script-src *"]
)
def test_what_is_no_origin_is_named(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANYA_EMBED_ORIGINS", given)
    with pytest.raises(SettingsError, match="embed_origins"):
        load_settings()


def test_origins_are_read_from_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TANYA_EMBED_ORIGINS", "https://Sekolah.sch.id/, http://localhost:8080 https://[::1]:1"
    )
    assert load_settings().embed_origins == (
        "https://sekolah.sch.id",
        "http://localhost:8080",
        "https://[::1]:1",
    )


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://kelas.sekolah.example", True),
        ("https://sekolah.example", False),
        ("https://kelas.sekolah.example.jahat.example", False),
        ("http://kelas.sekolah.example", False),
    ],
)
def test_sites_below_a_named_one_call_the_api(assistant: Assistant, origin: str, allowed: bool) -> None:
    with serving(
        create_app(Classroom(lambda: assistant, public=Public(("https://*.sekolah.example",))))
    ) as address:
        headers = httpx.get(f"{address}/api/v1/health", headers={"Origin": origin}).headers
    assert (headers.get("access-control-allow-origin") == origin) is allowed


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_whoever_has_many_addresses_counts_as_one(peer: str, counted: str) -> None:
    assert address_of(Request({"type": "http", "client": (peer, 1), "headers": []})) == counted
