import contextlib
import gc
import http.client
import json
import re
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from assistant.collections import CollectionError, folder_of, made, names, read_definition, settings_of
from assistant.gate import COOKIE, FREE_GUESSES
from assistant.listing import listed
from assistant.passwords import hashed, keep
from assistant.settings import Settings, load_settings
from assistant.traffic import below_worker, kind_of, loggable
from index.build import build_index
from index.encoder import Encoder
from tests.conftest import ROOT
from tests.rooms import ASKED, ORIGIN, PASSWORDS, TEXTS, Rooms, built, opened
from tests.schoolserver import eventually
from tests.test_cli import tanya

A, B = "kelas-7a", "kelas-7b"
MAIN = ("Siapa ketua koperasi siswa?", "Ratna")


@pytest.fixture(scope="module")
def rooms(
    readings: Path, index_folder: Path, encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rooms]:
    with opened(readings, index_folder, encoder, tmp_path_factory.mktemp("rooms")) as rooms:
        yield rooms


@pytest.fixture
def own(readings: Path, index_folder: Path, encoder: Encoder, tmp_path: Path) -> Iterator[Rooms]:
    with opened(readings, index_folder, encoder, tmp_path) as rooms:
        yield rooms


@pytest.fixture
def disk(tmp_path: Path) -> Settings:
    return load_settings(collections=tmp_path / "collections")


def at(rooms: Rooms, name: str) -> str:
    return f"{rooms.address}/c/{name}" if name else rooms.address


def asked(rooms: Rooms, name: str, question: str) -> dict[str, Any]:
    answer = httpx.post(f"{at(rooms, name)}/api/v1/ask", json={"question": question}, timeout=60)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def teacher(rooms: Rooms, name: str) -> httpx.Client:
    """A client with the session of the teacher of ``name``, which it sends everywhere."""
    entered = httpx.post(f"{at(rooms, name)}/admin/login", data={"password": PASSWORDS[name]})
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"].split(";")[0]
    return httpx.Client(base_url=at(rooms, name), headers={"cookie": cookie})


def raw(rooms: Rooms, target: str) -> int:
    """The status of a request for ``target`` exactly as it stands."""
    connection = http.client.HTTPConnection(urlsplit(rooms.address).netloc, timeout=30)
    connection.request("GET", target)
    return connection.getresponse().status


def chatted(rooms: Rooms, name: str, question: str, session: str, query: str = "") -> str:
    """What the chat page of ``name`` replies to ``session``."""
    with httpx.Client(base_url=at(rooms, name), timeout=60) as client:
        config = client.get("/config").json()
        [reply] = {
            d["id"]
            for d in config["dependencies"]
            if len(d["inputs"]) == 4 and len(d["outputs"]) == 3 and d["targets"][0][1] == "submit"
        }
        body = {"data": [question, None, "id", "{}"], "fn_index": reply, "session_hash": session}
        assert client.post(f"/gradio_api/queue/join{query}", json=body).status_code == 200
        told = client.get(f"/gradio_api/queue/data?session_hash={session}").text
    [done] = [line for line in told.splitlines() if '"process_completed"' in line]
    return json.dumps(json.loads(done.removeprefix("data: ")), ensure_ascii=False)


def test_three_collections_answer_from_their_own_documents(rooms: Rooms) -> None:
    questions = {**ASKED, "": MAIN}
    for name in questions:
        for owner, (question, word) in questions.items():
            answer = asked(rooms, name, question)
            assert (word in str(answer["answer"])) is (owner == name)
            own = {"": {"danau.md", "koperasi.txt", "aneh.txt"}, **{n: {TEXTS[n][0]} for n in TEXTS}}[name]
            assert {source["document"] for source in answer["sources"]} <= own


def test_a_collection_has_its_own_pages(rooms: Rooms) -> None:
    for name in TEXTS:
        page = httpx.get(f"{at(rooms, name)}/").text
        assert f'"root":"{at(rooms, name)}"' in page
        assert TEXTS[name][0] in httpx.get(f"{at(rooms, name)}/documents").text
        assert httpx.get(at(rooms, name) + "?lang=en").headers["location"] == f"/c/{name}/?lang=en"
        links = re.findall(r'(?:href|action|src)="(/[^"]*)"', httpx.get(f"{at(rooms, name)}/share").text)
        links += re.findall(r'(?:href|action)="(/[^"]*)"', httpx.get(f"{at(rooms, name)}/quiz?sheet=1").text)
        links += re.findall(r'(?:href|action)="(/[^"]*)"', httpx.get(f"{at(rooms, name)}/admin/login").text)
        links += re.findall(r'href=\\?"(/[^"\\]*)', page)
        links = [link for link in links if not link.startswith("/tanya/")]
        assert len(links) > 5
        assert {link for link in links if not link.startswith(f"/c/{name}/")} <= {"/manifest.json"}


def test_a_teacher_of_one_is_nobody_in_another(rooms: Rooms) -> None:
    entered = httpx.post(f"{at(rooms, A)}/admin/login", data={"password": PASSWORDS[A]})
    assert f"Path=/c/{A}/admin;" in entered.headers["set-cookie"] + ";"
    with teacher(rooms, A) as client:
        assert client.get("/admin/questions.csv").status_code == 200
        page = client.get("/admin/")
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert f'"root":"{at(rooms, A)}/admin"' in page.text
        cookie = {"cookie": client.headers["cookie"]}
        for path in ("/admin/questions.csv", "/admin/config", "/admin/gradio_api/info", "/admin/"):
            assert httpx.get(at(rooms, B) + path, headers=cookie).status_code in (303, 401)
            assert httpx.get(rooms.address + path, headers=cookie).status_code == 403
        both = {"cookie": f"{COOKIE}=x; {cookie['cookie']}"}
        assert httpx.get(f"{at(rooms, B)}/admin/questions.csv", headers=both).status_code == 401
    for name, password in ((B, PASSWORDS[A]), (A, PASSWORDS[B])):
        refused = httpx.post(f"{at(rooms, name)}/admin/login", data={"password": password})
        assert refused.status_code == 403


def test_logging_out_of_one_keeps_the_session_of_another(rooms: Rooms) -> None:
    with teacher(rooms, A) as one, teacher(rooms, B) as other:
        one.post("/admin/logout")
        assert one.get("/admin/questions.csv").status_code == 401
        assert other.get("/admin/questions.csv").status_code == 200


def test_the_servers_own_password_opens_no_collection(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANYA_PASSWORD", "kata-sandi-server")
    own = settings_of(load_settings(collections=rooms.settings.collections), A)
    assert own.password.get_secret_value() == ""
    assert own.password_file == rooms.folder(A) / "password"


def test_wrong_passwords_lock_one_collection_and_are_not_forgotten(own: Rooms) -> None:
    def tried(name: str, password: str) -> int:
        return httpx.post(f"{at(own, name)}/admin/login", data={"password": password}).status_code

    assert [tried(A, "salah") for _ in range(FREE_GUESSES)] == [403] * FREE_GUESSES
    assert tried(A, PASSWORDS[A]) == 429
    assert tried(B, PASSWORDS[B]) == 303
    definition = own.folder(A) / "collection.toml"
    definition.write_text(definition.read_text() + 'title = "7A"\n')
    assert tried(A, PASSWORDS[A]) == 429


def test_a_session_of_one_chat_means_nothing_in_another(rooms: Rooms) -> None:
    session = "sesi-yang-sama"
    assert "Melati" in chatted(rooms, A, ASKED[A][0], session)
    told = chatted(rooms, B, "Kapan dia lahir?", session)
    assert "Melati" not in told
    assert "2019" not in told
    assert "tanya-understood" not in told
    with httpx.Client(base_url=rooms.address, timeout=60) as client:
        config = client.get(f"/c/{A}/config").json()
        first = config["dependencies"][0]["id"]
        body = {"data": [ASKED[A][0], None, "id", "{}"], "fn_index": first, "session_hash": "milik-a"}
        assert client.post(f"/c/{A}/gradio_api/queue/join", json=body).status_code == 200
        stolen = ""
        with (
            contextlib.suppress(httpx.RemoteProtocolError),
            client.stream("GET", f"/c/{B}/gradio_api/queue/data?session_hash=milik-a") as data,
        ):
            for part in data.iter_text():
                stolen += part
        assert "Melati" not in stolen
        assert "process_completed" not in stolen


def test_documents_of_another_cannot_be_chosen(rooms: Rooms) -> None:
    told = chatted(rooms, A, ASKED[B][0], "memilih", f"?documents={TEXTS[B][0]}")
    assert "Sumedang" not in told
    sheet = httpx.get(f"{at(rooms, A)}/api/v1/quiz?sheet=1&documents={TEXTS[B][0]}")
    assert "Jatigede" not in sheet.text
    page = httpx.get(f"{at(rooms, A)}/share?documents={TEXTS[B][0]}").text
    assert TEXTS[B][0] not in page


@pytest.mark.parametrize(
    "target",
    [
        f"/c/{A}/documents/{TEXTS[B][0]}",
        f"/c/{A}/documents/../../{B}/documents/{TEXTS[B][0]}",
        f"/c/{A}/documents/..%2f..%2f{B}%2fdocuments%2f{TEXTS[B][0]}",
        f"/c/{A}/documents/%2e%2e/%2e%2e/{B}/documents/{TEXTS[B][0]}",
        f"/c/{A}/../{B}/documents/{TEXTS[B][0]}",
        f"/c/{A}%2f..%2f{B}/documents/{TEXTS[B][0]}",
        f"/c/{A}/c/{B}/documents/{TEXTS[B][0]}",
        f"/c/{A}/c/{A}/",
        f"/c/{A}/c/{A}/config",
        f"/c/{A}/w/0/c/{A}/config",
        f"/c/{A}/c/{A}/gradio_api/file={ROOT}/README.md",
        f"/c/{A}//c/{B}/documents/{TEXTS[B][0]}",
        f"//c/{B}/documents/{TEXTS[B][0]}",
        f"/c//{B}/documents/{TEXTS[B][0]}",
        f"/documents/{TEXTS[B][0]}",
        f"/c/{A}/documents/danau.md",
        f"/c/{A}/metrics",
        f"/c/{A}/livez",
        f"/c/{A}/lti",
        f"/c/{A}/gradio_api/file={ROOT}/README.md",
        f"/c/{A}/admin/gradio_api/file=/tmp/x",
    ],
)
def test_no_address_leads_out_of_a_collection(rooms: Rooms, target: str) -> None:
    assert raw(rooms, f"/c/{B}/documents/{TEXTS[B][0]}") == 200
    assert raw(rooms, target) == 404


@pytest.mark.parametrize("twice", ["", f"/c/{A}", "/w/0", f"/w/0/c/{A}"])
def test_the_chat_of_a_collection_takes_no_files(rooms: Rooms, twice: str) -> None:
    files = {"files": ("a.md", b"# A")}
    assert httpx.post(f"{at(rooms, A)}{twice}/gradio_api/upload", files=files).status_code == 404


def test_an_own_address_within_a_teachers_page_is_nowhere(rooms: Rooms) -> None:
    with teacher(rooms, A) as client:
        uploaded = client.post("/admin/gradio_api/upload", files={"files": ("a.md", b"# A")}).json()[0]
        for path in ("/admin", f"/admin/c/{A}/admin"):
            assert client.get(f"{path}/gradio_api/file={uploaded}").status_code == 404


@pytest.mark.parametrize("rest", ["/admin/questions.csv", "/%61dmin/questions.csv", "/admin%2fquestions.csv"])
def test_an_encoded_address_opens_no_teachers_page(rooms: Rooms, rest: str) -> None:
    assert raw(rooms, f"/c/{A}{rest}") == 401
    assert raw(rooms, f"/c/{A}/c/{A}{rest}") == 404


def test_questions_are_kept_in_their_own_collection(rooms: Rooms) -> None:
    asked(rooms, A, "Berapa harga daun singkong?")
    with teacher(rooms, A) as one, teacher(rooms, B) as other:
        assert "daun singkong" in one.get("/admin/questions.csv").text
        assert "daun singkong" not in other.get("/admin/questions.csv").text
    assert (rooms.folder(A) / "questions.sqlite").exists()
    assert not rooms.settings.question_log


def test_answers_to_a_sheet_of_one_are_refused_by_another(own: Rooms, encoder: Encoder) -> None:
    made(own.settings, "kerja-sama", ROOT / "docs_src")
    build_index(ROOT / "docs_src", own.folder("kerja-sama") / "index", encoder)
    [item, *_] = httpx.get(f"{at(own, 'kerja-sama')}/api/v1/quiz?sheet=1", timeout=120).json()["items"]
    answers = {"sheet": 1, "answers": [{"id": item["id"], "choice": 0}]}
    assert httpx.post(f"{at(own, 'kerja-sama')}/api/v1/quiz", json=answers, timeout=60).status_code == 200
    for name in (A, ""):
        refused = httpx.post(f"{at(own, name)}/api/v1/quiz", json=answers, timeout=60)
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "quiz_item"


def test_a_site_may_embed_and_call_only_the_collection_that_names_it(rooms: Rooms) -> None:
    for name, site in ORIGIN.items():
        policy = httpx.get(f"{at(rooms, name)}/embed").headers["content-security-policy"]
        assert f"frame-ancestors 'self' {site};" in policy
        for other in (A, B, ""):
            headers = {"Origin": site, "Access-Control-Request-Method": "POST"}
            answer = httpx.options(f"{at(rooms, other)}/api/v1/ask", headers=headers)
            assert (answer.headers.get("access-control-allow-origin") == site) is (other == name)
            told = httpx.get(f"{at(rooms, other)}/embed/allowed", headers=headers).json()
            assert told == {"allowed": other == name}
    assert "sekolah.example" not in httpx.get(f"{rooms.address}/embed").headers["content-security-policy"]


def test_a_snippet_names_its_collection(rooms: Rooms) -> None:
    page = httpx.get(f"{at(rooms, A)}/share?page=https://lain.example").text
    assert f"{at(rooms, A)}/embed.js" in page
    assert f"{at(rooms, A)}/embed" in page
    assert "embed_origins = " in page
    assert "kelas-7b" not in page
    assert "TANYA_EMBED_ORIGINS" not in page


@pytest.mark.parametrize(
    "target",
    ["/c", "/c/", "/c/kelas-9/", "/c/Kelas-7a/", "/c/kelas_7a/", "/c/-kelas/", f"/c/{'k' * 41}/", "/c/%2e%2e/",
     "/c/kelas-7a%00/", "/c/kelas-7a%0a/", "/c/k%C3%A9las/", "/c/baru/", "/c/kelas-9/api/v1/ask", "/c/kelas-9/admin/login"],
)  # fmt: skip
def test_what_is_no_collection_is_not_there_and_no_name_is_told(rooms: Rooms, target: str) -> None:
    made(rooms.settings, "baru", rooms.settings.docs)
    answer = httpx.get(rooms.address + target)
    absent = httpx.get(
        f"{rooms.address}/c/{'tidak-ada'}/{target.split('/', 3)[3] if '/api' in target else ''}"
    )
    assert (answer.status_code, answer.text) == (404, absent.text)
    assert {*answer.headers} == {*absent.headers}
    assert "kelas-7" not in answer.text
    assert "nosniff" in answer.headers["x-content-type-options"]


def test_an_address_may_ask_so_much_of_all_collections_together(
    readings: Path, index_folder: Path, encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANYA_RATE_ADDRESS", "7")
    monkeypatch.setenv("TANYA_RATE_SESSION", "1")
    with opened(readings, index_folder, encoder, tmp_path) as rooms:
        assert "Melati" in chatted(rooms, A, ASKED[A][0], "sama")
        assert "Sumedang" in chatted(rooms, B, ASKED[B][0], "sama")
        assert "waktu singkat" not in chatted(rooms, A, "Halo", "lain")
        assert "waktu singkat" in chatted(rooms, B, ASKED[B][0], "sama")
        body = {"question": "danau", "limit": 1}
        got = [
            httpx.post(f"{at(rooms, name)}/api/v1/search", json=body).status_code for name in (A, B, "") * 3
        ]
    assert got[:4] == [200] * 4
    assert 429 in got[4:]


def test_what_nobody_uses_is_closed_and_opened_again(own: Rooms) -> None:
    school = own.school
    assert school.open_now == []
    for name in TEXTS:
        asked(own, name, ASKED[name][0])
        httpx.get(f"{at(own, name)}/quiz?sheet=1", timeout=60)
    assert school.open_now == [A, B]
    held = weakref.ref(school._rooms[A].made.live.now())
    school._idle_seconds = 0.0
    eventually(lambda: school.open_now == [], 20)
    gc.collect()
    assert held() is None
    school._idle_seconds = 600.0
    assert ASKED[A][1] in asked(own, A, ASKED[A][0])["answer"]
    assert school.open_now == [A]


def test_only_so_many_are_open_at_once(own: Rooms) -> None:
    own.school._most_open = 1
    for name in (A, B, A, B):
        assert ASKED[name][1] in asked(own, name, ASKED[name][0])["answer"]
    eventually(lambda: own.school.open_now == [B], 20)


def test_a_chat_goes_on_after_its_index_was_closed(own: Rooms) -> None:
    assert "Melati" in chatted(own, A, ASKED[A][0], "lama")
    own.school._rooms[A].made.live.put_away()
    told = chatted(own, A, "Kapan Melati lahir?", "lama")
    assert "2019" in told


def test_new_changed_and_removed_collections_are_seen_while_the_server_runs(
    own: Rooms, encoder: Encoder
) -> None:
    assert httpx.get(f"{own.address}/c/baru/").status_code == 404
    docs = own.settings.collections.parent / "bacaan" / A
    made(own.settings, "baru", docs)
    assert httpx.get(f"{own.address}/c/baru/").status_code == 404
    build_index(docs, own.folder("baru") / "index", encoder)
    assert "Melati" in asked(own, "baru", ASKED[A][0])["answer"]
    (docs / "kantin.md").write_text("# Kantin\n\nKantin sekolah dijaga oleh Pak Darmo.\n", encoding="utf-8")
    build_index(docs, own.folder("baru") / "index", encoder)
    eventually(lambda: "Darmo" in str(asked(own, "baru", "Siapa yang menjaga kantin sekolah?")["answer"]), 20)
    shutil.rmtree(own.folder("baru"))
    assert httpx.get(f"{own.address}/c/baru/").status_code == 404


def test_another_password_ends_the_sessions(own: Rooms) -> None:
    with teacher(own, A) as client:
        assert client.get("/admin/questions.csv").status_code == 200
        keep(hashed("kata-sandi-lain"), own.folder(A) / "password")
        assert client.get("/admin/questions.csv").status_code == 401


@pytest.mark.parametrize("definition", ["docs = 3", "docs", 'docs = "x"\npassword = "rahasia-sekali"'])
def test_a_collection_that_cannot_be_used_is_shut_without_a_word_why(own: Rooms, definition: str) -> None:
    (own.folder(A) / "collection.toml").write_text(definition)
    answer = httpx.get(f"{at(own, A)}/")
    assert answer.status_code == 503
    assert "sedang tidak dapat dibuka" in answer.text
    assert "collection.toml" not in answer.text
    assert httpx.get(f"{at(own, A)}/api/v1/health").json()["error"]["code"] == "shut"
    assert "Sumedang" in asked(own, B, ASKED[B][0])["answer"]
    assert listed(own.settings, A).state == "broken"


def test_a_collection_says_how_it_looks(own: Rooms) -> None:
    definition = own.folder(A) / "collection.toml"
    more = 'title = "Kelas 7A <b>"\nlanguage = "en"\nstarters = ["Siapa Melati?"]\nquiz = false\n'
    definition.write_text(definition.read_text() + more)
    config = httpx.get(f"{at(own, A)}/config").json()
    assert config["title"] == "Kelas 7A <b>"
    told = json.dumps(config)
    assert "Kelas 7A &lt;b&gt;" in told
    assert "Siapa Melati?" in told
    assert "Ask your class" in told
    assert httpx.get(f"{at(own, A)}/quiz?sheet=1").status_code == 403
    assert httpx.get(f"{at(own, B)}/quiz?sheet=1").status_code == 200


def test_paths_of_collections_are_counted_as_others_and_name_nothing_more() -> None:
    paths = {"/c/kelas-7a/gradio_api/heartbeat/abc": ("talk", "/c/kelas-7a/gradio_api/heartbeat/…"),
             "/c/kelas-7a/admin/login": ("admin", "/c/kelas-7a/admin/login"), "/c/kelas-7a": ("other", "/c/kelas-7a"),
             "/c/Rahasia/x": ("other", "/c/…"), "/c/kelas-7a/c/b/admin": ("other", "/c/kelas-7a/c/…")}  # fmt: skip
    assert {path: (kind_of(path), loggable(path)) for path in paths} == paths


@pytest.mark.parametrize(
    ("path", "inner"),
    [(f"/w/1/c/{A}/gradio_api/info", f"/c/{A}/gradio_api/info"), (f"/w/1/c/{A}/admin/", None),
     (f"/w/1/c/{A}/admin", None), (f"/w/1/c/{A}/", f"/c/{A}/")],
)  # fmt: skip
def test_the_teachers_page_is_not_below_a_worker(path: str, inner: str | None) -> None:
    assert below_worker(path) == inner


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a" * 41, "a\n", "é", "a.b", "a b", "\x00"])
def test_odd_names_are_refused(disk: Settings, name: str) -> None:
    with pytest.raises(CollectionError, match="cannot be used"):
        folder_of(disk, name)
    assert names(disk) == []


def test_collections_have_different_names_on_milvus(disk: Settings, tmp_path: Path) -> None:
    for name in ("a-b", "ab", A):
        made(disk, name, tmp_path)
    prefixes = [settings_of(disk, name).milvus_prefix for name in ("a-b", "ab", A)]
    assert prefixes == ["tanya_c_a_b", "tanya_c_ab", "tanya_c_kelas_7a"]


def test_a_collection_is_made_once(disk: Settings, tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="name the folder"):
        made(disk, A, None)
    made(disk, A, tmp_path)
    made(disk, A, None)
    with pytest.raises(CollectionError, match="is made of"):
        made(disk, A, tmp_path / "lain")
    (disk.collections / "Kelas").mkdir()
    (disk.collections / "Kelas" / "collection.toml").write_text('docs = "x"')
    (disk.collections / "kosong").mkdir()
    assert names(disk) == [A]
    assert read_definition(disk, A).docs == tmp_path.resolve()


@pytest.mark.parametrize(
    ("line", "said"),
    [("title = 3", "title"), ("starters = [1]", "starters"), ('embed_origins = "x"', "embed_origins"),
     ('language = "fr"', "language"), ("question_log_days = 0", "question_log_days"), ("quiz = 7", "quiz"),
     ('index = "x"', "unknown"), ("=", "syntax")],
)  # fmt: skip
def test_what_is_wrong_in_a_definition_is_named(disk: Settings, tmp_path: Path, line: str, said: str) -> None:
    made(disk, A, tmp_path)
    file = disk.collections / A / "collection.toml"
    file.write_text(f"{file.read_text()}{line}\n")
    with pytest.raises(CollectionError, match=said):
        read_definition(disk, A)


def test_the_commands_know_collections(encoder: Encoder, tmp_path: Path) -> None:
    settings = load_settings(collections=tmp_path / "var" / "collections")
    for name in TEXTS:
        built(settings, name, encoder)
    assert ASKED[A][1] in tanya("ask", ASKED[A][0], "--collection", A, cwd=tmp_path).stdout
    assert TEXTS[B][0] in tanya("info", "--collection", B, cwd=tmp_path).stdout
    assert "utuh" in tanya("verify", "--collection", B, cwd=tmp_path).stdout
    told = {one["name"]: one for one in json.loads(tanya("collections", "--json", cwd=tmp_path).stdout)}
    assert {(name, one["state"], one["documents"]) for name, one in told.items()} == {
        (A, "ready", 1),
        (B, "ready", 1),
    }
    (tmp_path / "var" / "bacaan" / A / "lagi.md").write_text("# Lagi\n\nBacaan lagi.")
    assert listed(settings, A).state == "stale"
    assert "1 berkas baru" in tanya("build", "--collection", A, cwd=tmp_path).stdout
    assert listed(settings, A).documents == 2
    refused = tanya("ask", "apa?", "--collection", A, "--index", "x", cwd=tmp_path)
    assert (refused.returncode, "--index" in refused.stderr) == (1, True)
    unknown = tanya("ask", "apa?", "--collection", "tidak-ada", cwd=tmp_path)
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (1, False)


def test_a_server_without_collections_makes_nothing(server: str) -> None:
    assert httpx.get(f"{server}/c/{A}/").status_code == 404
