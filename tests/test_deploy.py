import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from assistant.settings import Settings
from tests.conftest import ROOT
from tests.redisserver import pings
from tests.schoolserver import eventually, free_ports

DEPLOY = ROOT / "deploy"
KUBERNETES = ("1.28", "1.34", "1.37")
"""The first that the file works with, and later ones."""


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))


def manifest(kind: str, name: str) -> dict[str, Any]:
    [found] = [one for one in manifests() if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def compose() -> dict[str, Any]:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


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


@pytest.mark.parametrize("name", ["tanya.service", "Dockerfile", "compose.yaml", "kubernetes.yaml"])
def test_settings_that_are_given_are_known(name: str) -> None:
    words = re.findall(r"\bTANYA_[A-Z_]+", (DEPLOY / name).read_text(encoding="utf-8"))
    given = {word.removeprefix("TANYA_").lower() for word in words}
    assert given
    assert given <= set(Settings.model_fields)


def test_nginx_is_configured_for_the_workers_that_the_unit_starts() -> None:
    assert "TANYA_WORKERS=2" in (DEPLOY / "tanya.service").read_text(encoding="utf-8")
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for number in range(2):
        assert f"server 127.0.0.1:{Settings.model_fields['port'].default + number}" in site
        assert f"location ^~ /w/{number}/" in site


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_knows_all_that_is_said(version: str) -> None:
    validator = pytest.importorskip("kubernetes_validate")
    for one in manifests():
        validator.validate(one, version, strict=True)
    wrong = manifest("StatefulSet", "tanya") | {"spec": {"replicas": "dua"}}
    with pytest.raises(validator.ValidationError):
        validator.validate(wrong, version, strict=True)


def test_kubernetes_routes_each_pods_pages_to_it() -> None:
    pods = manifest("StatefulSet", "tanya")["spec"]
    [rule] = manifest("Ingress", "tanya")["spec"]["rules"]
    paths = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert int(manifest("ConfigMap", "tanya")["data"]["TANYA_REPLICAS"]) == pods["replicas"]
    for number in range(pods["replicas"]):
        service = manifest("Service", paths[f"/w/{number}/"])
        assert service["spec"]["selector"] == {"statefulset.kubernetes.io/pod-name": f"tanya-{number}"}
    assert paths["/admin"] == paths["/lti"] == "tanya-0"
    assert f"/w/{pods['replicas']}/" not in paths


def test_kubernetes_secrets_are_to_be_filled_in() -> None:
    given = manifest("Secret", "tanya")["stringData"]
    assert all("CHANGE-ME" in value for value in given.values())
    others = "\n".join(map(json.dumps, (one for one in manifests() if one["kind"] != "Secret")))
    assert "CHANGE-ME" not in others


def test_compose_understands_the_file() -> None:
    pytest.importorskip("check_jsonschema")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run(
        [*check, str(DEPLOY / "compose.yaml")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_compose_leads_nginx_to_its_servers() -> None:
    services = compose()["services"]
    servers = [name for name in services if name.startswith("tanya-")]
    said = " ".join(services["nginx"]["command"])
    for number, name in enumerate(servers):
        environment, network = services[name]["environment"], services[name]["networks"]["default"]
        assert (environment["TANYA_REPLICA"], environment["TANYA_REPLICAS"]) == (
            str(number),
            str(len(servers)),
        )
        assert f"s/127.0.0.1:{7860 + number}/{network['ipv4_address']}:7860/" in said
        assert environment["FORWARDED_ALLOW_IPS"] == services["nginx"]["networks"]["default"]["ipv4_address"]
    assert all(":" in one["image"] for name, one in services.items() if name not in servers)
    assert all("healthcheck" in one for name, one in services.items() if name not in servers)


def test_every_word_that_compose_asks_for_is_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    given = re.findall(
        r"^([A-Z_]+)=(.*)$", (DEPLOY / "env.example").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert asked == {name for name, _ in given}
    assert not any(value for name, value in given if "PASSWORD" in name)


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_redis_takes_its_password_from_the_standard_input(tmp_path: Path) -> None:
    *shell, line = compose()["services"]["redis"]["command"]
    port, password = free_ports(1), "rahasia"
    line = line.replace("$$", "$").replace("--dir /data", f"--dir {tmp_path} --bind 127.0.0.1 --port {port}")
    process = subprocess.Popen(
        [*shell, line], env={**os.environ, "REDIS_PASSWORD": password}, stdout=subprocess.DEVNULL
    )
    try:
        eventually(lambda: pings(f"redis://:{password}@127.0.0.1:{port}"), 20)
        assert not pings(f"redis://127.0.0.1:{port}")
    finally:
        redis.Redis(port=port, password=password).shutdown(nosave=True)
        process.wait(20)
