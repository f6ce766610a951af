"""Throw damaged files at the readers and odd requests at the API: ``python -m bench.fuzz [--files N] [--requests N]``.

Every file must give documents or one sentence, every request the answer that the API's own description promises.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from assistant.classroom import Classroom, Public
from assistant.guards import Allowance
from assistant.server import create_app
from index.child import ChildReader
from index.errors import DocumentError

SECONDS = 60.0
"""How long one file may take."""

UNMETERED = Public(allowance=Allowance(per_address=1_000_000))
"""As much as this may ask."""

SPLICED = (
    b"\x00" * 16,
    b"\xff" * 16,
    b"<" * 64,
    b"%PDF-",
    b"PK\x03\x04",
    b"../../",
    b"9" * 40,
    b"(" * 200,
    b"",
)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """``data`` with some bytes changed, cut out, doubled or spliced in."""
    result = bytearray(data)
    for _ in range(chance.choice((1, 2, 4, 16, 64))):
        start = chance.randrange(len(result) + 1)
        end = min(len(result), start + chance.choice((1, 4, 64, 1024)))
        what = chance.randrange(4)
        if what == 0:
            result[start:end] = chance.randbytes(end - start)
        elif what == 1:
            del result[start:end]
        elif what == 2:
            result[start:start] = result[start:end]
        else:
            result[start:end] = chance.choice(SPLICED)
    return bytes(result)


def read_mutated(originals: list[Path], count: int, seed: int = 0) -> Counter[str]:
    """Read ``count`` mutated copies of ``originals``, which must leave nothing but documents and reasons, and count
    them by what came of them."""
    chance = random.Random(seed)
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, ChildReader(SECONDS) as reader:
        for number in range(count):
            original = originals[number % len(originals)]
            path = Path(folder) / original.name
            path.write_bytes(mutated(original.read_bytes(), chance))
            outcomes[_outcome(reader, path)] += 1
    return outcomes


def _outcome(reader: ChildReader, path: Path) -> str:
    try:
        found = reader.load(path, path.parent)
    except DocumentError as error:
        return (
            "gave up in time"
            if "seconds" in error.english
            else ("reader ended" if "ended its reader" in error.english else "refused in a sentence")
        )
    assert all(
        not Path(one.path).is_absolute() and ".." not in Path(one.path).parts
        for one in found
        if hasattr(one, "path")
    )
    return "read"


def fuzz_api(address: str, count: int) -> dict[str, int]:
    """Send ``count`` requests, right and wrong ones, to each operation of the API at ``address``; an answer that its
    description does not allow is an AssertionError or a schemathesis failure."""
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    return {
        operation.ok().label: sum(_sent(operation.ok(), mode, count // 2) for mode in GenerationMode)
        for operation in schema.get_all_operations()
    }


def _sent(operation: Any, mode: GenerationMode, count: int) -> int:
    sent = 0
    if mode is GenerationMode.NEGATIVE and operation.method.upper() == "GET":
        return 0

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def send(case: Any) -> None:
        nonlocal sent
        sent += 1
        response = case.call(timeout=10)
        too_large = [negative_data_rejection] if response.status_code == 413 else []
        case.validate_response(response, excluded_checks=[positive_data_acceptance, *too_large])
        assert "Traceback" not in response.text

    send()
    return sent


def main() -> None:
    """Print what came of the files and how many requests were sent."""
    from assistant.asking import Assistant
    from assistant.settings import default_docs
    from tests import samples
    from tests.conftest import serving

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--requests", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "originals").mkdir()
        samples.write_all(Path(folder) / "originals")
        started = time.perf_counter()
        outcomes = read_mutated(sorted((Path(folder) / "originals").iterdir()), options.files)
        print(f"{options.files} damaged files in {time.perf_counter() - started:.0f} s: {dict(outcomes)}")
        assistant = Assistant.open(Path(folder) / "index", docs=default_docs())
        with serving(create_app(Classroom(lambda: assistant, public=UNMETERED))) as address:
            print(f"requests, all answered as described: {fuzz_api(address, options.requests)}")


if __name__ == "__main__":
    main()
