"""Train the span reader: ``python -m training.make_span_reader --data DATA --stage classes --steps 3000 --decay 800``.

The rate warms up, stays, and falls to nothing over the last ``--decay`` steps, so that a run that stopped
goes on from its last checkpoint in ``--work``, and a longer one from an earlier checkpoint of a shorter one.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from index.encoder import load_encoder
from index.runtime import MODEL
from training.dequantized import float_weights
from training.noise import misspelt
from training.rebuild import SPECIALS
from training.trunk import descend, fresh_trunk, half_precision, shared_tokenizer
from training.windows import (
    Encoded,
    Window,
    collection_windows,
    cropped,
    drawn,
    encoded,
    retrieved_windows,
    squad_windows,
)

BATCH = 32
WARM_UP = 60
CHUNK = 1024
"""Windows that are sorted by length together."""

MISSPELT = 0.12
"""Share of questions that are misspelt on top."""

KEEP_EVERY = 100


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    :param rate: the learning rate.
    :param whole: share of windows that are not cropped, 0 to 1.
    :param shares: how often a window of each source is drawn in an epoch.
    """

    rate: float
    whole: float
    shares: dict[str, float]


STAGES = {
    "benchmarks": Stage(1.5e-4, 1.0, {"idk_mrc": 1.0, "squad_id_mt": 1.0, "facqa": 1.0}),
    "classes": Stage(
        1.2e-4,
        0.3,
        {
            "kelaschat": 0.5,
            "kelaschat-headed": 0.7,
            "kelaschat-negative": 0.2,
            "dialogue": 0.5,
            "dialogue-headed": 1.0,
            "dialogue-negative": 0.25,
            "kelasqa": 2.0,
            "kelasqa-negative": 0.15,
            "idk_mrc": 1.3,
            "idk_mrc-negative": 0.1,
            "tydiqa_id": 0.5,
            "facqa": 1.0,
            "facqa-negative": 0.1,
            "tydiqa_en": 0.7,
            "tydiqa_en-negative": 0.1,
            "squad_id_mt": 0.4,
        },
    ),
}


class SpanModel(torch.nn.Module):
    """A BERT trunk with two scores a token: that the answer starts there, and that it ends there.

    Token 0 stands for "no answer here".
    """

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert
        self.heads = torch.nn.Linear(bert.config.hidden_size, 2)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Scores, shape (windows, tokens, 2)."""
        scores: torch.Tensor = self.heads(
            self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        )
        return scores


def fresh_model(tokenizer: Tokenizer, start: Path | None) -> SpanModel:
    """The trunk over the pieces of ``tokenizer``; with the weights of the checkpoint ``start``, those of the
    shipped reader in the folder ``start``, or those of the question answering model in the folder ``start``
    for the pieces that it has."""
    model = SpanModel(fresh_trunk(tokenizer))
    if start is not None and (start / MODEL).is_file():
        model.load_state_dict(float_weights(start))
    elif start is not None and start.is_dir():
        _warm(model, tokenizer, start)
    elif start is not None:
        load_checkpoint(model, start)
    return model


def load_checkpoint(model: SpanModel, path: Path) -> None:
    """Give ``model`` the weights of the checkpoint at ``path``: those alone, or a run to go on from."""
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state.get("model", state))


def _warm(model: SpanModel, tokenizer: Tokenizer, start: Path) -> None:
    from transformers import BertForQuestionAnswering

    trained = BertForQuestionAnswering.from_pretrained(start, dtype=torch.float32)
    state = trained.bert.state_dict()
    name = "embeddings.word_embeddings.weight"
    theirs = Tokenizer.from_file(str(start / "tokenizer.json")).get_vocab()
    words = model.bert.state_dict()[name].clone()
    for number in range(tokenizer.get_vocab_size()):
        other = theirs.get(tokenizer.id_to_token(number))
        if other is not None:
            words[number] = state[name][other]
    model.bert.load_state_dict({**state, name: words})
    model.heads.load_state_dict(trained.qa_outputs.state_dict())


def windows_of(data: Path, kept: Path) -> list[Window]:
    """All training windows below ``data``, kept in the file ``kept`` between runs."""
    if kept.exists():
        rows = json.loads(kept.read_text(encoding="utf-8"))
        return [Window(q, text, tuple(map(tuple, spans)), source) for q, text, spans, source in rows]
    windows = [
        window
        for source in ("squad_id_mt", "tydiqa_id")
        for window in squad_windows(data / source / "train.json", source)
    ]
    encoder = load_encoder()
    for source in ("kelasqa", "idk_mrc", "facqa", "tydiqa_en"):
        own = list(squad_windows(data / source / "train.json", source))
        windows += [*own, *retrieved_windows(own, encoder)]
        print(source, len(windows), flush=True)
    for folder in sorted((data / "kelaschat" / "train").iterdir()):
        windows += collection_windows(folder, encoder)
        print(folder.name, len(windows), flush=True)
    kept.write_text(json.dumps([astuple(window) for window in windows]), encoding="utf-8")
    return windows


def batches(windows: list[Window], stage: Stage, tokenizer: Tokenizer, seed: int) -> Iterator[list[Encoded]]:
    """Batches without end, of like length, in an order that ``seed`` decides."""
    chance = random.Random(seed)
    while True:
        chosen = drawn(windows, stage.shares, chance)
        for start in range(0, len(chosen), CHUNK):
            pairs = [
                encoded(_varied(window, stage.whole, chance), tokenizer)
                for window in chosen[start : start + CHUNK]
            ]
            chunk = sorted((pair for pair in pairs if pair is not None), key=lambda pair: len(pair.ids))
            groups = [chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH)]
            chance.shuffle(groups)
            yield from groups


def _varied(window: Window, whole: float, chance: random.Random) -> Window:
    if chance.random() < MISSPELT:
        window = replace(window, question=misspelt(window.question, chance))
    return cropped(window, whole, chance)


def loss_of(model: SpanModel, batch: list[Encoded]) -> torch.Tensor:
    """Cross entropy of the starts, the ends and the spans, any of the gold ones being right: the compound
    objective of Fajcik et al. (2020), since apart, the start of one answer meets the end of another."""
    length = max(len(pair.ids) for pair in batch)
    ids = torch.full((len(batch), length), SPECIALS.index("<pad>"))
    mask = torch.zeros_like(ids)
    gold = torch.full((len(batch), length, 2), -1e4)
    pairs = torch.full((len(batch), length, length), -1e4)
    for row, pair in enumerate(batch):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        mask[row, : len(pair.ids)] = 1
        for start, end in pair.spans:
            gold[row, start, 0] = gold[row, end, 1] = pairs[row, start, end] = 0
    with half_precision():
        scores = model(ids, mask)
    scores = scores.float().masked_fill(mask[:, :, None] == 0, -1e4)
    apart = torch.logsumexp(torch.log_softmax(scores, dim=1) + gold, dim=1).mean()
    spans = (scores[:, :, None, 0] + scores[:, None, :, 1]).masked_fill(~possible(length), -1e4)
    joint = torch.logsumexp(torch.log_softmax(spans.flatten(1), dim=1) + pairs.flatten(1), dim=1).mean()
    return -(apart + joint / 2)


def possible(length: int) -> torch.Tensor:
    """Which first and last tokens a span of a window may have, shape (length, length)."""
    pairs = torch.ones(length, length, dtype=torch.bool).triu()
    pairs[0, 1:] = False
    return pairs


def rate_at(step: int, steps: int, decay: int) -> float:
    """The share of the learning rate that holds at ``step`` of ``steps``."""
    return min(1.0, (step + 1) / WARM_UP, (steps - step) / decay)


def train(
    model: SpanModel, source: Iterator[list[Encoded]], rate: float, steps: int, decay: int, work: Path
) -> None:
    """Train up to ``steps``, from the last checkpoint in ``work`` on if there is one."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, rate, weight_decay=0.01, fused=True)
    first = _resume(model, optimizer, work)
    for _ in range(first):
        next(source)
    model.train()
    total, began = 0.0, time.monotonic()
    for step in range(first, steps):
        total += descend(optimizer, loss_of(model, next(source)), rate * rate_at(step, steps, decay))
        if (step + 1) % 20 == 0:
            speed = 20 * BATCH / (time.monotonic() - began)
            print(f"step {step + 1}: loss {total / 20:.3f}, {speed:.1f} windows/s", flush=True)
            total, began = 0.0, time.monotonic()
        if (step + 1) % KEEP_EVERY == 0 or step + 1 == steps:
            _keep(model, optimizer, step + 1, work)


def main() -> None:
    """Make windows, train, and keep checkpoints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--stage", choices=sorted(STAGES), required=True)
    parser.add_argument(
        "--start",
        type=Path,
        help="what to start from: a checkpoint, a question answering model, or the shipped reader",
    )
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--decay", type=int, required=True)
    parser.add_argument("--work", type=Path, default=Path("training/work/span"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    tokenizer = shared_tokenizer()
    stage = STAGES[options.stage]
    source = batches(windows_of(options.data, options.work / "windows.json"), stage, tokenizer, seed=0)
    model = fresh_model(tokenizer, options.start)
    train(model, source, stage.rate, options.steps, options.decay, options.work)


def _keep(model: SpanModel, optimizer: torch.optim.Optimizer, step: int, work: Path) -> None:
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    torch.save(state, work / "last.tmp")
    (work / "last.tmp").replace(work / "last.pt")
    if step % (5 * KEEP_EVERY) == 0:
        torch.save(model.state_dict(), work / f"model-{step}.pt")


def _resume(model: SpanModel, optimizer: torch.optim.Optimizer, work: Path) -> int:
    last = work / "last.pt"
    if not last.exists():
        return 0
    state = torch.load(last, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


if __name__ == "__main__":
    main()
