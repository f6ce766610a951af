import asyncio
import logging
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import redis

from assistant.answers import Answer
from assistant.asking import Assistant
from assistant.classroom import Classroom, Teacher
from assistant.counts import Counts, OwnCounts
from assistant.guards import Allowance, Meter
from assistant.passwords import hashed
from assistant.question_log import QuestionLogError
from assistant.reach import AGAIN_SECONDS, Reach
from assistant.server import create_app
from assistant.settings import SettingsError, load_settings
from assistant.shared_counts import SharedCounts
from assistant.shared_log import STEP, SharedLog
from assistant.teacher import Desk
from index.build_process import BuildProcess
from index.encoder import Encoder
from tests.conftest import awaited, serving
from tests.redisserver import PASSWORD, REDIS, address_on, running_redis, silent_server
from tests.schoolserver import free_ports

needs_redis = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed")


class Clock:
    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


Made = Callable[[Clock], Counts]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as (address, _):
        yield address


@pytest.fixture(params=["own", pytest.param("shared", marks=needs_redis)])
def made(request: pytest.FixtureRequest) -> Made:
    """Makes counts that begin empty; those in Redis must not fall back on others."""
    if request.param == "own":
        return OwnCounts
    address = request.getfixturevalue("shared")
    redis.Redis.from_url(address).flushall()
    return lambda clock: SharedCounts(address, Refusing(), clock)


class Refusing:
    async def take(self, *_: object) -> float:
        raise AssertionError("Redis was not asked")


def test_buckets_fill_again_and_new_sessions_gain_nothing(made: Made) -> None:
    async def asked() -> None:
        clock = Clock()
        meter = Meter(Allowance(per_address=6, per_session=3, per_day=20), made(clock))
        assert [await meter.wait("a", "s") for _ in range(3)] == [0, 0, 0]
        assert await meter.wait("a", "s") == 20
        assert [await meter.wait("a", f"s{n}") for n in range(3)] == [0, 0, 0]
        assert await meter.wait("a", "neu") == 10
        assert await meter.wait("b", "s-b") == 0
        clock.now = 20.0
        assert await meter.wait("a", "s") == 0
        assert [await meter.wait(f"c{n}") for n in range(12)] == [0] * 12
        assert await meter.wait("d") == 86380
        clock.now = 86400.0
        assert await meter.wait("d") == 0

    awaited(asked())


@pytest.mark.parametrize(
    ("allowance", "costs", "waits"),
    [
        (Allowance(per_address=6), [4, 2, 1], [0, 0, 10]),
        (Allowance(per_address=6), [20, 1], [0, 10]),
        (Allowance(per_address=6), [5, 3, 1], [0, 20, 0]),
        (Allowance(per_address=60, per_day=2), [3, 3, 1], [0, 0, 86400 * 2 - 90000.5]),
        (Allowance(per_address=60, per_day=1), [60, 1], [0, 86400 * 2 - 90000.5]),
    ],
)
def test_what_costs_more_leaves_less_and_is_one_question_of_the_day(
    made: Made, allowance: Allowance, costs: list[int], waits: list[float]
) -> None:
    async def asked() -> list[float]:
        meter = Meter(allowance, made(Clock(90000.5)))
        return [await meter.wait("a", cost=cost) for cost in costs]

    assert awaited(asked()) == waits


def test_half_a_minute_fills_half_a_bucket(made: Made) -> None:
    async def asked() -> list[float]:
        clock = Clock(1000.0)
        meter = Meter(Allowance(per_address=2), made(clock))
        first = [await meter.wait("a"), await meter.wait("a")]
        clock.now = 1030.0
        return [*first, await meter.wait("a"), await meter.wait("a")]

    assert awaited(asked()) == [0, 0, 0, 30]


@needs_redis
def test_two_servers_share_what_is_left_and_redis_forgets_it(shared: str) -> None:
    client = redis.Redis.from_url(shared)
    client.flushall()

    async def asked() -> list[float]:
        one, two = (Meter(Allowance(per_address=3), SharedCounts(shared, Refusing())) for _ in range(2))
        return [await meter.wait("10.1.2.3", "kelas-7") for meter in (one, two, one, two)]

    waits = awaited(asked())
    assert waits[:3] == [0, 0, 0]
    assert 15 < waits[3] <= 20
    keys = {key.decode(): client.ttl(key) for key in client.keys("*")}
    assert len(keys) == 3
    assert all(0 < seconds <= (86400 if name.endswith(":day") else 60) for name, seconds in keys.items())


@needs_redis
def test_of_questions_at_once_as_many_pass_as_may(shared: str) -> None:
    redis.Redis.from_url(shared).flushall()

    async def asked() -> list[float]:
        meters = [Meter(Allowance(per_address=10), SharedCounts(shared, Refusing())) for _ in range(4)]
        return await asyncio.gather(*(meters[n % 4].wait("a") for n in range(40)))

    assert sum(wait == 0 for wait in awaited(asked())) == 10


@needs_redis
def test_no_address_stands_in_redis_and_another_password_makes_other_names(shared: str) -> None:
    client = redis.Redis.from_url(shared)
    client.flushall()
    names = []
    client.acl_setuser("lain", enabled=True, passwords=["+lain"], categories=["+@all"], keys=["*"])
    for address in (shared, shared.replace(f":{PASSWORD}@", "lain:lain@")):
        awaited(Meter(Allowance(), SharedCounts(address, Refusing())).wait("10.1.2.3", "kelas-7"))
        names.append({key.decode() for key in client.keys("*")})
        assert all(re.fullmatch(r"tanya:limits:(day|[0-9a-f]{32})", name) for name in names[-1])
        assert not any(b"10.1.2.3" in key or b"kelas-7" in key for key in client.keys("*"))
    assert len(names[0]) == 3
    assert len(names[1]) == 5


@needs_redis
def test_without_redis_each_process_counts_and_the_log_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.reach.AGAIN_SECONDS", 0.0)
    port = free_ports(1)
    client = redis.Redis.from_url(address_on(port))

    async def asked() -> None:
        meter = Meter(Allowance(per_address=2), SharedCounts(address_on(port), OwnCounts()))
        assert [await meter.wait("a"), await meter.wait("a")] == [0, 0]
        assert await meter.wait("a") > 0
        with running_redis(tmp_path, port):
            assert [await meter.wait("a"), await meter.wait("a")] == [0, 0]
            assert await meter.wait("a") > 0
            assert len(client.keys("*")) == 2
        assert await meter.wait("b") == 0

    with caplog.at_level(logging.WARNING, "assistant.reach"):
        awaited(asked())
    said = [record.getMessage() for record in caplog.records]
    assert ["cannot be reached" in line for line in said] == [True, False, True]
    assert "is back" in said[1]
    assert not any(PASSWORD in line for line in said)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@needs_redis
def test_a_redis_that_hangs_is_left_alone_for_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running_redis(tmp_path) as (address, process):

        async def asked() -> None:
            meter = Meter(Allowance(per_address=30), SharedCounts(address, OwnCounts()))
            assert await meter.wait("a") == 0
            process.send_signal(signal.SIGSTOP)
            assert [await meter.wait("a") for _ in range(30)] == [0] * 30
            process.send_signal(signal.SIGCONT)

        awaited(asked())
        client = redis.Redis.from_url(address)
        assert int(client.hget("tanya:limits:day", "asked") or 0) <= 2
    assert len(caplog.records) == 1


def test_what_never_answers_and_a_wrong_password_fail_no_question(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with silent_server() as address:
        meter = Meter(Allowance(per_address=2), SharedCounts(address, OwnCounts()))

        async def asked() -> list[float]:
            return [await meter.wait("a") for _ in range(3)]

        assert [wait > 0 for wait in awaited(asked())] == [False, False, True]
    assert "cannot be reached" in caplog.text


def test_what_was_away_is_tried_by_one_at_a_time() -> None:
    clock = Clock()
    reach = Reach("redis:6379", "nothing is kept", clock)
    assert [reach.due(), reach.due()] == [True, True]
    reach.failed(OSError("weg"))
    assert not reach.due()
    clock.now = AGAIN_SECONDS
    assert [reach.due(), reach.due()] == [True, False]
    reach.worked()
    assert [reach.due(), reach.due()] == [True, True]


@pytest.mark.parametrize("name", ["TANYA_LIMITS", "TANYA_QUESTION_LOG_REDIS"])
@pytest.mark.parametrize(
    "address", ["http://:rahasia@10.0.0.7", "redis://:rahasia@10.0.0.7:porta", "redis://:rahasia#1@10.0.0.7"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(
    name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(SettingsError, match="redis://:PASSWORD@") as refused:
        load_settings()
    assert "rahasia" not in str(refused.value)


def said(question: str, answer: str | None = "Di Sumatra Utara") -> Answer:
    return Answer(question, "answered" if answer else "not_found", answer, None, 0.75, (), 30.0)


@needs_redis
def test_questions_of_two_servers_are_read_together_newest_first(shared: str) -> None:
    redis.Redis.from_url(shared).flushall()
    one, two = (SharedLog(shared, "var/questions.sqlite", 30) for _ in range(2))
    first, second = one.record(said("Di mana?")), two.record(said("Apa?\x1b", None))
    assert first is not None
    assert second is not None
    two.like(first, True)
    one.like(second, False)
    one.like(second, None)
    one.like(999, True)
    assert one.questions() == two.questions()
    assert [(q.question, q.status, q.answer, q.confidence, q.liked) for q in one.questions()] == [
        ("Apa?", "not_found", None, 0.75, None),
        ("Di mana?", "answered", "Di Sumatra Utara", 0.75, 1),
    ]
    assert SharedLog(shared, "var/c/lain.sqlite", 30).questions() == []


@needs_redis
def test_redis_forgets_questions_by_itself_and_many_are_read_in_steps(shared: str) -> None:
    client = redis.Redis.from_url(shared)
    client.flushall()
    log = SharedLog(shared, "log", days=2)
    for number in range(STEP + 5):
        log.record(said(f"Pertanyaan {number}?"))
    keys = [key for key in client.keys("*") if key.count(b":") == 3]
    assert len(keys) == STEP + 5
    assert all(0 < client.ttl(key) <= 2 * 86400 for key in keys[:20])
    assert [q.question for q in log.questions()][-1] == "Pertanyaan 0?"
    for key in keys:
        if int(key.rpartition(b":")[2]) <= 100:
            client.delete(key)
    assert len(log.questions()) == STEP + 5 - 100


def test_a_log_that_cannot_be_reached_loses_questions_and_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = SharedLog(address_on(free_ports(1)), "log", 30)
    assert [log.record(said("Apa?")) for _ in range(3)] == [None] * 3
    log.like(1, True)
    assert len(caplog.records) == 1
    with pytest.raises(QuestionLogError, match=r"127\.0\.0\.1") as unread:
        log.questions()
    assert PASSWORD not in str(unread.value)


def test_the_teacher_is_told_that_the_list_cannot_be_read(
    assistant: Assistant, readings: Path, index_folder: Path, encoder: Encoder
) -> None:
    unread = SharedLog(address_on(free_ports(1)), "log", 30)
    builder = BuildProcess(readings, index_folder, "bundled", 2)
    teacher = Teacher(
        Desk(readings, index_folder, builder, lambda: False), encoder, hashed("kucing-berenang")
    )
    with (
        serving(create_app(Classroom(lambda: assistant, "id", teacher, unread))) as address,
        httpx.Client(base_url=address) as client,
    ):
        client.post("/admin/login", data={"password": "kucing-berenang"})
        refused = client.get("/admin/questions.csv")
        assert refused.status_code == 422
        assert "127.0.0.1" in refused.text
        assert PASSWORD not in refused.text
