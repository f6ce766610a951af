import shutil
import subprocess
from pathlib import Path

import pytest

from assistant.settings import Settings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    unit = tmp_path / "tanya.service"
    text = (DEPLOY / "tanya.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/tanya/.venv/bin/tanya", "/bin/true"), encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stderr
    assert "tanya.service" not in verified.stderr
    closed = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]
    assert subprocess.run(closed, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", ["tanya.service", "Dockerfile"])
def test_settings_that_are_given_are_known(name: str) -> None:
    words = (DEPLOY / name).read_text(encoding="utf-8").replace("'", " ").replace("=", " ").split()
    given = {word.removeprefix("TANYA_").lower() for word in words if word.startswith("TANYA_")}
    assert given
    assert given <= set(Settings.model_fields)


def test_nginx_is_configured_for_the_workers_that_the_unit_starts() -> None:
    assert "TANYA_WORKERS=2" in (DEPLOY / "tanya.service").read_text(encoding="utf-8")
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for number in range(2):
        assert f"server 127.0.0.1:{Settings.model_fields['port'].default + number}" in site
        assert f"location ^~ /w/{number}/" in site
