"""Let a school ask a server at once, as its chat pages do: ``python -m bench.load [--pupils N] [--every SECONDS]``.

Prints how long answers took, what failed and how the server's memory went, in one run: with questions that repeat, as
a class's do, with questions of which each is new, and with more pupils than the server can hold.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from assistant.squad import read_set
from bench.reload import free_port, waited_for

SLACK = 60.0
"""Seconds after which an answer counts as failed."""

QUESTIONS = Path("tests/data/kerja-sama-bilateral/questions.json")


@dataclass
class Tally:
    """What a phase gave.

    :param seconds: that each answer took.
    :param outcomes: how many were answered, refused in words, or failed.
    :param memory: MB that the server held at its beginning and after each quarter.
    """

    seconds: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """How the chat page asks.

    :param number: of the event that the box sends.
    :param busy: the beginnings of what the page says when it cannot ask.
    """

    number: int
    busy: tuple[str, ...]

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Page":
        """The page that Gradio describes by ``config``."""
        box = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "tanya-box")
        asking = next(d["id"] for d in config["dependencies"] if [box, "submit"] in map(list, d["targets"]))
        return cls(asking, ("Terlalu banyak pertanyaan", "Sedang ramai"))


class Pupil:
    """Somebody who asks in a page of their own.

    :param client: for the server.
    :param page: how the page asks.
    :param number: makes the pupil's chances.
    """

    def __init__(self, client: httpx.AsyncClient, page: Page, number: int) -> None:
        self._client = client
        self._page = page
        self._session = f"pupil{number}x{time.time_ns()}"

    async def ask(self, question: str) -> str:
        """Ask and wait for the answer; say how it went."""
        body = {
            "data": [question, None, "id", "{}"],
            "fn_index": self._page.number,
            "session_hash": self._session,
            "event_data": None,
            "trigger_id": None,
        }
        joined = await self._client.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return f"refused {joined.status_code}"
        address = f"/gradio_api/queue/data?session_hash={self._session}"
        async with self._client.stream("GET", address) as stream:
            async for line in stream.aiter_lines():
                if '"process_completed"' in line:
                    return self._heard(json.loads(line.removeprefix("data:")))
        return "cut off"

    def _heard(self, said: dict[str, Any]) -> str:
        if not said["success"]:
            return "failed"
        conversation = said["output"]["data"][0]
        text = json.dumps(conversation[-1], ensure_ascii=False)
        return "told to wait" if any(words in text for words in self._page.busy) else "answered"


async def ask_for(
    address: str, server: int, pupils: int, every: float, seconds: float, questions: "Questions"
) -> Tally:
    """Let ``pupils`` ask the process ``server`` at ``address`` for ``seconds``, each every ``every`` seconds on average."""
    tally = Tally()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=pupils)
    async with httpx.AsyncClient(base_url=address, timeout=SLACK, limits=limits) as client:
        page = Page.of((await client.get("/config")).json())
        end = time.perf_counter() + seconds

        async def live(number: int) -> None:
            chance = random.Random(number)
            pupil = Pupil(client, page, number)
            await asyncio.sleep(chance.uniform(0, every))
            while time.perf_counter() < end:
                started = time.perf_counter()
                try:
                    outcome = await pupil.ask(questions.one(chance))
                except httpx.HTTPError as error:
                    outcome = type(error).__name__
                taken = time.perf_counter() - started
                tally.outcomes[outcome] += 1
                tally.seconds.append(taken)
                await asyncio.sleep(max(0.0, chance.uniform(0.5, 1.5) * every - taken))

        async def watch() -> None:
            for _ in range(5):
                tally.memory.append(resident(server))
                await asyncio.sleep(seconds / 4)

        await asyncio.gather(watch(), *(live(number) for number in range(pupils)))
    return tally


@dataclass(frozen=True)
class Questions:
    """What pupils ask.

    :param known: questions on the documents.
    :param new: whether each is asked in a way of its own: two of its letters change places.
    """

    known: tuple[str, ...]
    new: bool

    def one(self, chance: random.Random) -> str:
        """A question."""
        question = chance.choice(self.known)
        if not self.new:
            return question
        place = chance.randrange(len(question) - 1)
        swapped = question[:place] + question[place + 1] + question[place] + question[place + 2 :]
        return f"{chance.choice(('kak, ', 'bu, ', 'pak, ', 'halo, ', ''))}{swapped}"


def row(name: str, tally: Tally) -> str:
    """The figures of a phase as a row of a table."""
    p50, p95 = np.percentile(np.array(tally.seconds) * 1000, [50, 95])
    outcomes = ", ".join(f"{count} {name}" for name, count in tally.outcomes.most_common())
    longest = 1000 * max(tally.seconds)
    memory = " → ".join(f"{held:.0f}" for held in tally.memory)
    return f"| {name} | {outcomes} | {p50:.0f} | {p95:.0f} | {longest:.0f} | {memory} |"


def resident(process: int) -> float:
    """MB of memory that ``process`` holds."""
    import psutil

    return float(psutil.Process(process).memory_info().rss / 1e6)


def main() -> None:
    """Print a table of the phases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=300)
    parser.add_argument("--every", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    known = tuple(q.text for q in read_set(QUESTIONS).questions)
    phases = (
        ("questions repeat", options.pupils, False),
        ("each question is new", options.pupils, True),
        ("four times as many pupils, each question new", 4 * options.pupils, True),
    )
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        tanya = [sys.executable, "-m", "assistant.cli"]
        subprocess.run([*tanya, "build", "--index", folder], check=True, stdout=subprocess.DEVNULL)
        command = [*tanya, "chat", "--index", folder, "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            address = f"http://127.0.0.1:{port}"
            waited_for(address)
            print("| | outcomes | p50 ms | p95 ms | longest ms | memory MB |\n|---|---|---|---|---|---|")
            for name, pupils, new in phases:
                asked = Questions(known, new)
                coming = ask_for(address, server.pid, pupils, options.every, options.seconds, asked)
                print(row(name, asyncio.run(coming)), flush=True)
            server.terminate()


if __name__ == "__main__":
    main()
