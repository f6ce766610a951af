import json
import subprocess
import sys
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
        (["evaluate", "nowhere.json"], 1),
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


def test_settings_win_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tanya.toml").write_text('port = 1111\nhost = "0.0.0.0"\nlanguage = "en"\n')
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
