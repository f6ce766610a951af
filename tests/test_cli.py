import json
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from assistant.settings import SettingsError, load_settings


def tanya(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "assistant.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, timeout=120)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['tanya', '--help']\n"
        "from assistant.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'gradio', 'openvino', 'faiss', 'numpy', 'pydantic', 'trafilatura'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout.strip().endswith("[]")


def test_ask_prints_json(index_folder: Path) -> None:
    ran = tanya("ask", "Di mana letak Danau Toba?", "--json", "--index", index_folder)
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["status"] == "answered"


def test_not_found_is_no_failure(index_folder: Path) -> None:
    ran = tanya("ask", "Siapa presiden Prancis?", "--index", index_folder)
    assert ran.returncode == 0
    assert "tidak ditemukan" in ran.stdout


def test_build_and_info_tell_of_the_documents(readings: Path, tmp_path: Path) -> None:
    built = tanya("build", readings, "--index", tmp_path / "i")
    assert built.returncode == 0
    assert "3 dokumen" in built.stdout
    assert "Danau di Indonesia" in tanya("info", "--index", tmp_path / "i").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ask", " "], 2),
        (["ask", "x" * 10_000], 2),
        (["ask"], 2),
        (["chat", "--port", "99999"], 2),
        (["ask", "apa?", "--index", "nowhere"], 1),
        (["ask", "apa?", "--encoder", "nowhere/model"], 1),
        (["build", "nowhere"], 1),
        (["build", "nowhere", "--dry-run"], 1),
        (["build", "nowhere", "--watch"], 1),
        (["add", "bacaan"], 1),
        (["add", "http://127.0.0.1/bacaan"], 1),
        (["add", "https://contoh.invalid/", "--docs", "nowhere"], 1),
        (["rollback", "nowhere"], 1),
        (["verify", "--index", "nowhere"], 1),
        (["evaluate", "nowhere.json"], 1),
        (["evaluate", "nowhere.json", "--mode", "x"], 2),
        (["evaluate", "nowhere.json", "--mode", "reader", "--report", "out.html"], 2),
        (["evaluate", "nowhere.json", "--report", "nowhere/out.html"], 1),
        (["ask", "apa?", "--index", __file__], 1),
        (["build", "docs_src", "--index", __file__], 1),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    arguments: list[str], code: int, index_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if "--index" not in arguments:
        monkeypatch.setenv("TANYA_INDEX", str(index_folder))
    ran = tanya(*arguments)
    assert ran.returncode == code
    assert "Traceback" not in ran.stderr
    assert ran.stderr.strip()


def test_output_that_cannot_be_written_is_no_traceback(index_folder: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    with full.open("w") as out:
        command = [sys.executable, "-m", "assistant.cli", "info", "--index", str(index_folder)]
        ran = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "tak terduga" in ran.stderr


def test_a_word_that_is_no_text_is_still_answered(index_folder: Path) -> None:
    ran = tanya(
        "ask", b"Di mana letak Danau Toba \xff?".decode("utf-8", "surrogateescape"), "--index", index_folder
    )
    assert ran.returncode == 0
    assert "Sumatra Utara" in ran.stdout


def test_control_characters_of_documents_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Judul \x1b[31m\n\nSungai Musi mengalir di Palembang.\n")
    assert tanya("build", tmp_path / "docs", "--index", tmp_path / "i").returncode == 0
    ran = tanya("info", "--index", tmp_path / "i")
    assert "Judul" in ran.stdout
    assert "\x1b" not in ran.stdout


def test_english_is_spoken_where_it_is_set(index_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANYA_LANGUAGE", "en")
    assert "passages" in tanya("info", "--index", index_folder).stdout
    assert "not in the documents" in tanya("ask", "Siapa presiden Prancis?", "--index", index_folder).stdout
    monkeypatch.setenv("TANYA_PORT", "x")
    assert "whole number from 1 to 65535" in tanya("info").stderr


def test_chat_says_its_address_and_that_the_documents_changed(
    readings: Path, index_folder: Path, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(readings, docs)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (docs / "baru.md").write_text("# Baru\n\nIni bacaan yang baru ditambahkan.\n")
    command = [sys.executable, "-m", "assistant.cli", "chat", "--port", str(port)]
    command += ["--docs", str(docs), "--index", str(index_folder)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert server.stdout is not None
    try:
        assert "tanya build" in server.stdout.readline()
        assert f"http://127.0.0.1:{port}" in server.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=10) as response:
            assert response.status == 200
    finally:
        server.terminate()
        server.wait(10)


def test_settings_win_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = 'port = 1111\nhost = "0.0.0.0"\nlanguage = "en"\n'
    (tmp_path / "tanya.toml").write_text(text, encoding="utf-8-sig")
    monkeypatch.setenv("TANYA_SURE", "")
    monkeypatch.setenv("TANYA_PORT", "2222")
    monkeypatch.setenv("TANYA_HOST", "127.0.0.2")
    settings = load_settings(port=3333, index=None)
    assert (settings.port, settings.host, settings.language) == (3333, "127.0.0.2", "en")


@pytest.mark.parametrize("text", ["porta = 1", "port = 'x'", "port = 0", "language = 'fr'", "port ="])
def test_a_bad_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tanya.toml").write_text(text)
    with pytest.raises(SettingsError, match=text.split()[0] if text != "port =" else "tanya.toml"):
        load_settings()


def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANYA_PROT", "1")
    with pytest.raises(SettingsError, match="TANYA_PROT"):
        load_settings()


def test_a_plan_changes_nothing(readings: Path, tmp_path: Path) -> None:
    ran = tanya("build", readings, "--index", tmp_path / "i", "--dry-run")
    assert ran.returncode == 0
    assert "3 berkas baru" in ran.stdout
    assert not (tmp_path / "i").exists()
    plan = json.loads(tanya("build", readings, "--index", tmp_path / "i", "--dry-run", "--json").stdout)
    assert {change["state"] for change in plan} == {"added"}


def test_builds_are_reported_verified_and_rolled_back(readings: Path, tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "i"
    shutil.copytree(readings, docs)
    first = json.loads(tanya("build", docs, "--index", index, "--json").stdout)
    (docs / "baru.md").write_text("# Baru\n\nIsi yang baru.", encoding="utf-8")
    (docs / "lama.doc").write_bytes(b"x")
    second = json.loads(tanya("build", docs, "--index", index, "--json").stdout)
    assert second["counts"] == {"unchanged": 3, "added": 1, "skipped": 1}
    assert "lama.doc" in str(second["changes"])
    assert tanya("verify", "--index", index).stdout.count("utuh") == 2
    assert first["build"] in tanya("rollback", "--index", index).stdout
    assert f"→ {first['build']}" in tanya("info", "--index", index).stdout
    assert tanya("rollback", "--index", index).returncode == 1
    (index / first["build"] / "vectors.npy").write_bytes(b"")
    damaged = tanya("verify", "--index", index)
    assert damaged.returncode == 1
    assert "vectors.npy" in damaged.stderr


def test_watching_builds_whenever_something_changes(readings: Path, tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "i"
    shutil.copytree(readings, docs)
    command = [sys.executable, "-m", "assistant.cli", "build", str(docs), "--index", str(index), "--watch"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["counts"] == {"added": 3}
        (docs / "baru.md").write_text("# Baru\n\nIsi yang baru.", encoding="utf-8")
        assert json.loads(watching.stdout.readline())["counts"] == {"added": 1, "unchanged": 3}
        for path in docs.iterdir():
            path.unlink()
        (docs / "lain.md").write_text("# Lain\n\nIsi lain.", encoding="utf-8")
        assert json.loads(watching.stdout.readline())["documents"] >= 1
        watching.terminate()
