import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from assistant.classroom import Place
from assistant.settings import SettingsError, load_settings
from assistant.shared_log import SharedLog
from index.build import build_index
from index.encoder import Encoder
from tests.redisserver import PASSWORD, REDIS, running_redis
from tests.schoolserver import NGINX, Served, behind_nginx, eventually, served, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
ASKED = {"question": "Di mana letak Danau Toba?"}


@dataclass(frozen=True)
class Pair:
    """Two servers over one index and one Redis."""

    one: Served
    two: Served
    index: Path
    redis: str

    @property
    def addresses(self) -> list[str]:
        return [self.one.addresses[0], self.two.addresses[0]]


@pytest.fixture(scope="module")
def pair(index_folder: Path, readings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    if REDIS is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("replicas")
    index = shutil.copytree(index_folder, folder / "index")
    homes = [folder / "one", folder / "two"]
    for home in homes:
        home.mkdir()
    with running_redis(folder) as (redis, _):
        settings = {
            "TANYA_REPLICAS": "2", "TANYA_LIMITS": redis, "TANYA_QUESTION_LOG_REDIS": redis, "TANYA_QUESTION_LOG": "1",
            "TANYA_RATE_ADDRESS": "5", "TANYA_PASSWORD": "kata-sandi-guru",
        }  # fmt: skip
        with (
            served(index, readings, homes[0], workers=1, **settings) as one,
            served(index, readings, homes[1], workers=1, **settings, TANYA_REPLICA="1") as two,
        ):
            yield Pair(one, two, index, redis)


def test_each_servers_pages_lead_back_to_it_and_the_teachers_page_is_the_firsts(pair: Pair) -> None:
    for number, address in enumerate(pair.addresses):
        assert f"/w/{number}" in httpx.get(address).text
        assert httpx.get(f"{address}/w/{number}/config").status_code == 200
    logins = [httpx.get(f"{address}/admin", follow_redirects=True).status_code for address in pair.addresses]
    assert logins == [200, 403]


def test_servers_share_limits_and_questions_and_tell_no_password(pair: Pair) -> None:
    first, second = pair.addresses
    statuses = [
        httpx.post(f"{address}/api/v1/ask", json=ASKED).status_code
        for address in (first, second, first, second, first, second)
    ]
    assert statuses == [200] * 5 + [429]
    kept = SharedLog(pair.redis, "var/questions.sqlite", 30).questions()
    assert [asked.question for asked in kept] == [ASKED["question"]] * 5
    assert not any(PASSWORD in server.log.read_text(encoding="utf-8") for server in (pair.one, pair.two))


def test_a_new_build_reaches_all_servers_without_a_restart(
    pair: Pair, readings: Path, encoder: Encoder, tmp_path: Path
) -> None:
    docs = shutil.copytree(readings, tmp_path / "docs")
    (docs / "baru.md").write_text("# Bacaan baru\n\nDanau Baru dalamnya sembilan meter.\n", encoding="utf-8")
    build_index(docs, pair.index, encoder)

    def known(address: str) -> bool:
        listed = httpx.get(f"{address}/api/v1/documents").json()["documents"]
        return "baru.md" in [document["path"] for document in listed]

    eventually(lambda: all(map(known, pair.addresses)), 20)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_nginx_leads_pages_to_their_server_and_to_another_while_it_is_replaced(
    pair: Pair, tmp_path: Path
) -> None:
    with (
        behind_nginx(pair.one.port, tmp_path, pair.two.port) as address,
        httpx.Client(base_url=address, verify=False, timeout=30) as client,
    ):

        def asked(server: Served) -> int:
            """Requests that it was asked, but for its probes and figures."""
            said = httpx.get(f"{server.addresses[0]}/metrics").text
            counts = re.findall(r'^tanya_requests_total\{kind="(\w+)".*\} (\d+)', said, re.MULTILINE)
            return sum(int(count) for kind, count in counts if kind != "probe")

        before = asked(pair.one), asked(pair.two)
        assert [client.get("/w/1/config").status_code for _ in range(3)] == [200] * 3
        assert (asked(pair.one), asked(pair.two)) == (before[0], before[1] + 3)
        pair.two.process.terminate()
        assert pair.two.process.wait(30) == 0
        assert [client.get(path).status_code for path in ("/", "/w/1/config", "/api/v1/health")] == [200] * 3


def test_a_further_server_leaves_building_to_the_first(readings: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    second = start(index, readings, tmp_path, workers=1, TANYA_REPLICA="1", TANYA_REPLICAS="2")
    assert second.process.wait(100) == 1
    assert "tanya build" in second.log.read_text(encoding="utf-8")
    assert not index.exists()


def test_no_two_workers_of_all_servers_have_one_place() -> None:
    servers = [load_settings(workers=3, replica=replica, replicas=2) for replica in range(2)]
    places = [Place.of(server, here) for server in servers for here in range(3)]
    assert [(place.number, place.here) for place in places] == [
        (0, 0),
        (1, 1),
        (2, 2),
        (3, 0),
        (4, 1),
        (5, 2),
    ]
    assert {place.prefix for place in places} == {f"/w/{number}" for number in range(6)}


@pytest.mark.parametrize("given", [{"replica": 1}, {"replica": 3, "replicas": 3}, {"replicas": 0}])
def test_a_replica_that_is_not_among_them_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="replicas"):
        load_settings(**given)
