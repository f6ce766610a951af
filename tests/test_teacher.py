import time
from pathlib import Path

import httpx
import pytest

from assistant import teacher
from assistant.gate import FREE_GUESSES, LONGEST_IDLE, LONGEST_SESSION, Guesses, Sessions
from assistant.passwords import PasswordError, hashed, keep, kept_in, matches
from assistant.question_log import AskedQuestion, as_csv, grouped
from assistant.teacher import cleaned
from index import build_process
from index.encoder import Encoder
from tests.schools import PASSWORD, School


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_password_is_kept_as_a_hash_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "var" / "password"
    keep(hashed(PASSWORD), file)
    assert PASSWORD not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert matches(PASSWORD, kept_in(file))
    assert not matches(PASSWORD + "x", kept_in(file))
    assert not matches(PASSWORD, "")
    assert not matches(PASSWORD, "scrypt$1$2$3$x$y")
    assert kept_in(tmp_path / "none") == ""
    with pytest.raises(PasswordError, match="use 8 to"):
        hashed("pendek")


def test_wrong_guesses_cost_more_and_more_time() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(FREE_GUESSES):
        assert guesses.wait("a") == 0
        guesses.wrong("a")
    assert guesses.wait("a") == 30
    assert guesses.wait("b") == 0
    clock.now += 30
    assert guesses.wait("a") == 0
    guesses.wrong("a")
    assert guesses.wait("a") == 60
    for _ in range(50):
        guesses.wrong("a")
    assert guesses.wait("a") == 900
    guesses.right("a")
    assert guesses.wait("a") == 0


def test_sessions_end() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    first, second = sessions.begin(), sessions.begin()
    assert sessions.holds(first)
    assert not sessions.holds("")
    clock.now += LONGEST_IDLE + 1
    assert not sessions.holds(first)
    third = sessions.begin()
    for _ in range(int(LONGEST_SESSION // LONGEST_IDLE) + 1):
        clock.now += LONGEST_IDLE - 1
        sessions.holds(third)
    assert not sessions.holds(third)
    assert not sessions.holds(second)
    fourth = sessions.begin()
    sessions.end(fourth)
    assert not sessions.holds(fourth)


def test_without_a_password_the_page_is_off_and_says_how_to_turn_it_on(server: str) -> None:
    for path in ("/admin", "/admin/", "/admin/gradio_api/info"):
        refused = httpx.get(server + path)
        assert refused.status_code == 403
        assert "tanya password" in refused.text
    assert httpx.post(f"{server}/admin/login", data={"password": ""}).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/config",
        "/admin/gradio_api/info",
        "/admin/questions.csv",
    ],
)
def test_nothing_behind_the_gate_is_served_without_a_session(school: School, path: str) -> None:
    assert httpx.get(school.address + path).status_code in (303, 401)
    assert httpx.get(school.address + path, cookies={"tanya_admin": "tebakan"}).status_code in (303, 401)
    upload = httpx.post(f"{school.address}/admin/gradio_api/upload", files={"files": b"x"})
    assert upload.status_code == 401
    assert httpx.get(f"{school.address}/admin", follow_redirects=True).url.path == "/admin/login"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=",
        "/admin/gradio_api/file=",
        "/gradio_api/deep_link?x=",
        "/admin/gradio_api/deep_link?x=",
    ],
)
def test_no_file_is_given_out(school: School, path: str) -> None:
    with httpx.Client(base_url=school.address) as client:
        client.post("/admin/login", data={"password": PASSWORD})
        uploaded = client.post("/admin/gradio_api/upload", files={"files": ("a.md", b"# A")}).json()[0]
        assert client.get(f"{path}{uploaded}").status_code == 404


def test_the_right_password_opens_and_logging_out_closes(school: School) -> None:
    with httpx.Client(base_url=school.address) as client:
        assert client.post("/admin/login", data={"password": "salah"}).status_code == 403
        opened = client.post("/admin/login", data={"password": PASSWORD})
        assert opened.status_code == 303
        assert "HttpOnly" in opened.headers["set-cookie"]
        assert "SameSite=strict" in opened.headers["set-cookie"]
        assert client.get("/admin").headers["location"] == "/admin/"
        page = client.get("/admin/")
        assert page.status_code == 200
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        kept = dict(client.cookies)
        client.post("/admin/logout")
        assert client.get("/admin/questions.csv", cookies=kept).status_code == 401


def test_guessing_is_locked_out(school: School) -> None:
    for _ in range(FREE_GUESSES):
        httpx.post(f"{school.address}/admin/login", data={"password": "salah"})
    refused = httpx.post(f"{school.address}/admin/login", data={"password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_odd_logins_are_refused(school: School) -> None:
    for body in (b"a&b&c&d&e&f", b"\xff\xfe=%%", b"password=%00", b""):
        assert httpx.post(f"{school.address}/admin/login", content=body).status_code == 403
    assert httpx.post(f"{school.address}/admin/login", content=b"x" * 100_000).status_code == 413


def test_the_chat_takes_no_files(school: School) -> None:
    assert httpx.post(f"{school.address}/gradio_api/upload", files={"files": b"x"}).status_code == 404


def test_files_are_added_by_their_content_under_clean_names(school: School, tmp_path: Path) -> None:
    folder = tmp_path / "unggahan"
    folder.mkdir()
    files = {
        "..bacaan <baru>.MD": b"# Kantin\n\nKantin dijaga Bu Lastri.",
        "palsu.pdf": b"<html>",
        "virus.exe": b"MZ",
        "danau.md": b"# Danau\n\nDanau Maninjau.",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    added = school.desk.add([str(folder / name) for name in files])
    assert [(one.name, one.problem is None) for one in added] == [
        ("bacaan baru.md", True), ("palsu.pdf", False), ("virus.exe", False), ("danau.md", True),
    ]  # fmt: skip
    assert list(folder.iterdir()) == []
    assert {change.file: change.state for change in school.desk.documents()} == {
        "aneh.txt": "unchanged", "bacaan baru.md": "added", "danau.md": "changed", "koperasi.txt": "unchanged",
    }  # fmt: skip
    assert len(list((school.desk.docs / ".removed").rglob("danau.md"))) == 1


def test_too_many_files_at_once_are_named(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher, "MOST_ADDED", 1)
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("# Bacaan\n\nIsi.")
    one, two = school.desk.add([str(tmp_path / name) for name in ("a.md", "b.md")])
    assert (one.problem, two.name) == (None, "b.md")
    assert two.problem is not None
    assert not (tmp_path / "b.md").exists()


def test_a_build_that_cannot_be_started_is_told_of(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(module: str) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(build_process, "started", failing)
    school.desk.builder.start()
    while school.desk.builder.state.running:
        time.sleep(0.01)
    assert school.desk.builder.state.problem is not None


def test_removing_keeps_the_file_aside_and_touches_nothing_outside(school: School, tmp_path: Path) -> None:
    (tmp_path / "rahasia.md").write_text("x")
    assert school.desk.remove(["koperasi.txt", "../rahasia.md", "tidak-ada.md"]) == ["koperasi.txt"]
    assert (tmp_path / "rahasia.md").exists()
    assert [change.state for change in school.desk.documents() if change.file == "koperasi.txt"] == [
        "removed"
    ]


def test_a_build_in_its_own_process_tells_how_it_is_getting_on(school: School) -> None:
    (school.desk.docs / "baru.md").write_text("# Kantin\n\nKantin dijaga Bu Lastri.", encoding="utf-8")
    builder = school.desk.builder
    assert builder.start()
    assert not builder.start()
    while builder.state.running:
        time.sleep(0.05)
    assert builder.state.report is not None
    assert builder.state.report["counts"] == {"unchanged": 3, "added": 1}
    school.desk.refresh()
    assert "Lastri" in str(school.live.now().ask("Siapa yang menjaga kantin?").answer)
    for path in school.desk.docs.iterdir():
        path.unlink()
    builder.start()
    while builder.state.running:
        time.sleep(0.05)
    assert builder.state.problem is not None
    assert "Tidak ada dokumen" in builder.state.problem.indonesian


def test_questions_are_kept_without_their_askers(school: School) -> None:
    for question in ("Di mana letak Danau Toba?", "Siapa presiden Prancis?", "Halo"):
        httpx.post(f"{school.address}/api/v1/ask", json={"question": question})
    asked = school.log.questions()
    assert [(one.question, one.status) for one in asked] == [
        ("Siapa presiden Prancis?", "not_found"), ("Di mana letak Danau Toba?", "answered"),
    ]  # fmt: skip
    school.log.like(1, True)
    assert school.log.questions()[1].liked == 1
    with httpx.Client(base_url=school.address) as client:
        client.post("/admin/login", data={"password": PASSWORD})
        assert "Danau Toba" in client.get("/admin/questions.csv").text


def test_old_questions_are_forgotten(school: School, tmp_path: Path) -> None:
    school.log.record(school.live.now().ask("Siapa presiden Prancis?"))
    school.log._connection.execute("update questions set asked = '2020-01-01T00:00+00:00'")
    assert school.log.questions() == []
    assert (tmp_path / "log" / "questions.sqlite").stat().st_mode & 0o077 == 0


def test_unanswered_questions_that_are_alike_are_one_group(encoder: Encoder) -> None:
    def asked(question: str, status: str = "not_found") -> AskedQuestion:
        return AskedQuestion("2026-01-01T00:00+00:00", question, status, None, 0.1, None)

    questions = [
        asked("Siapa presiden Prancis?"), asked("Siapa presiden Prancis?"), asked("siapa presiden prancis skrg?"),
        asked("Berapa harga cabai?"), asked("Apa itu danau?", "answered"),
    ]  # fmt: skip
    found = [(group.question, group.count) for group in grouped(questions, encoder)]
    assert found == [("Siapa presiden Prancis?", 3), ("Berapa harga cabai?", 1)]
    assert grouped([], encoder) == []


def test_no_cell_of_the_export_is_a_formula() -> None:
    row = AskedQuestion("2026-01-01T00:00+00:00", "=HYPERLINK(1)", "not_found", "@x", 0.1, None)
    assert ",'=HYPERLINK(1),not_found,'@x," in as_csv([row])


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\x\\Bacaan 7.PDF", "Bacaan 7.pdf"), ("...", "bacaan"), ("CON.md", "_CON.md"),
        ("a\u0000\u202eb<>.md", "ab.md"), ("皇后.md", "皇后.md"), ("é" * 300 + ".txt", "é" * 120 + ".txt"), ("", "bacaan"),
    ],
)  # fmt: skip
def test_names_are_cleaned(given: str, wanted: str) -> None:
    assert cleaned(given) == wanted
