"""What many passages and many questions would take: ``python -m bench.extrapolate [--inputs FILE] [--set NAME=VALUE ...]``.

Prints tables for 10^5 to 10^9 passages and 100 to 100,000 questions a minute, reckoned from the measurements in
``bench/extrapolate.toml``. All is linear in passages and questions, except k-means, which is quadratic in passages;
docs/scaling.md says where that stops being true.
"""

import argparse
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from index.dense import LIST, TRAINED_ON

INPUTS = Path(__file__).with_name("extrapolate.toml")
PASSAGES = tuple(10**exponent for exponent in range(5, 10))
QUESTIONS = tuple(10**exponent for exponent in range(2, 6))
HOURS_A_MONTH = 730
NEIGHBOURS = 16
"""Of a vector in HNSW, twice as many at the bottom."""

ROUNDS = 10
"""Of k-means, as FAISS does them for lists."""


@dataclass(frozen=True)
class Inputs:
    """What is reckoned from, as ``extrapolate.toml`` explains each; NaN where it is not known."""

    dimension: float
    memory_beside: float
    disk: float
    worker_memory: float
    answer_ms: float
    search_ms: float
    shard: float
    encoded_cpu: float
    encoded_gpu: float
    machine_memory: float
    machine_price: float
    gpu_price: float
    busy: float
    builders: float


def read_inputs(path: Path, changed: Mapping[str, float]) -> Inputs:
    """The inputs in the file ``path``, but those in ``changed``.

    :raises ValueError: if one is missing or unknown.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    values = {name: float(entry.get("value", math.nan)) for name, entry in table.items()}
    wrong = {field.name for field in fields(Inputs)} ^ (values | dict(changed)).keys()
    if wrong:
        raise ValueError(f"inputs that are missing or unknown: {', '.join(sorted(wrong))}")
    return Inputs(**(values | dict(changed)))


def vector_bytes(dimension: float) -> dict[str, float]:
    """Bytes a passage of each kind of index of the passages' vectors, from how FAISS lays it out."""
    return {
        "exact": 4 * dimension,
        "IVF, SQ8": dimension + 8 + 4 * dimension / LIST,
        "HNSW, SQ8": dimension + 4 * 2 * NEIGHBOURS + 12 + 4,
    }


def index_memory(inputs: Inputs, passages: float, kind: str) -> float:
    """Bytes of memory of an index of ``kind`` over ``passages``."""
    return passages * (vector_bytes(inputs.dimension)[kind] + inputs.memory_beside)


def shards(inputs: Inputs, passages: float) -> float:
    """Into how many indexes ``passages`` are cut, so that none has more than was measured and each fits its machine."""
    fitting = (inputs.machine_memory - inputs.worker_memory) / index_memory(inputs, 1, "IVF, SQ8")
    return whole(passages / min(inputs.shard, fitting))


def encoding_hours(passages: float, a_second: float, machines: float = 1) -> float:
    """Hours that encoding takes."""
    return passages / a_second / machines / 3600


def kmeans_flops(inputs: Inputs, passages: float) -> float:
    """Multiplications and additions of the k-means that finds the lists of one index over ``passages``."""
    centres = passages / LIST
    return ROUNDS * min(passages, centres * TRAINED_ON) * centres * 2 * inputs.dimension


@dataclass(frozen=True)
class Serving:
    """What answering takes.

    :param fronts: machines that encode questions and read passages; where one index is enough, they find too.
    :param finders: machines that find, each over one shard.
    """

    fronts: float
    finders: float

    @property
    def machines(self) -> float:
        """All of them."""
        return self.fronts + self.finders


def serving(inputs: Inputs, passages: float, a_minute: float) -> Serving:
    """Machines for ``a_minute`` questions a minute over ``passages``: each question is asked of all shards."""
    load = a_minute / 60 / 1000 / inputs.busy
    cut = shards(inputs, passages)
    if cut == 1:
        return Serving(whole(load * (inputs.answer_ms + inputs.search_ms)), 0)
    return Serving(whole(load * inputs.answer_ms), cut * whole(load * inputs.search_ms))


def month(machines: float, price: float) -> float:
    """USD a month of so many machines at ``price`` an hour."""
    return machines * price * HOURS_A_MONTH


def whole(number: float) -> float:
    """``number`` rounded up, at least 1; NaN stays."""
    return number if math.isnan(number) else float(max(1, math.ceil(number)))


def passages_table(inputs: Inputs) -> Iterator[Sequence[str]]:
    """What each number of passages takes."""
    kinds = vector_bytes(inputs.dimension)
    memory = [f"memory, {kind}" for kind in kinds]
    together = f"hours on {shown(inputs.builders)} machines"
    yield [
        "passages", *memory, "disk", "shards", "hours on one machine", together, "USD", "hours on a GPU", "USD on a GPU",
        "k-means of one index, FLOP",
    ]  # fmt: skip
    for count in PASSAGES:
        hours, gpu = (encoding_hours(count, rate) for rate in (inputs.encoded_cpu, inputs.encoded_gpu))
        yield [
            power(count),
            *(shown_bytes(index_memory(inputs, count, kind)) for kind in kinds),
            shown_bytes(count * inputs.disk),
            shown(shards(inputs, count)),
            shown(hours),
            shown(encoding_hours(count, inputs.encoded_cpu, inputs.builders)),
            shown(hours * inputs.machine_price),
            shown(gpu),
            shown(gpu * inputs.gpu_price),
            f"{kmeans_flops(inputs, count):.0e}",
        ]


def serving_table(inputs: Inputs) -> Iterator[Sequence[str]]:
    """Machines, and USD a month, by passages and questions a minute."""
    yield ["passages", *(f"{count:,} a minute" for count in QUESTIONS)]
    for passages in PASSAGES:
        needed = [serving(inputs, passages, count) for count in QUESTIONS]
        yield [
            power(passages),
            *(
                f"{shown(one.fronts)} + {shown(one.finders)}, {shown(month(one.machines, inputs.machine_price))} USD"
                for one in needed
            ),
        ]


def power(count: int) -> str:
    """``count``, a power of ten."""
    return f"10^{len(str(count)) - 1}"


def shown(number: float) -> str:
    """``number`` in two digits that count, or a question mark if it is not known.

    >>> shown(0.4567), shown(4567), shown(math.nan)
    ('0.46', '4,600', '?')
    """
    if math.isnan(number) or number == 0:
        return "?" if number else "0"
    rounded = round(number, 1 - math.floor(math.log10(abs(number))))
    return f"{rounded:,.0f}" if rounded >= 10 or rounded == int(rounded) else f"{rounded:g}"


def shown_bytes(number: float) -> str:
    """``number`` of bytes in MB, GB or TB.

    >>> shown_bytes(6.4e9)
    '6.4 GB'
    """
    size, unit = next(
        ((size, unit) for size, unit in ((1e12, "TB"), (1e9, "GB")) if number >= size), (1e6, "MB")
    )
    return f"{shown(number / size)} {unit}"


def printed(rows: Iterator[Sequence[str]]) -> str:
    """``rows``, the first one their heads, as a table of Markdown."""
    head, *others = rows
    lines = [head, ["---"] * len(head), *others]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def _given(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, float(value)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=Path, default=INPUTS)
    parser.add_argument("--set", dest="changed", type=_given, nargs="+", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    inputs = read_inputs(options.inputs, dict(options.changed))
    print(printed(passages_table(inputs)), end="\n\n")
    print(printed(serving_table(inputs)))


if __name__ == "__main__":
    main()
