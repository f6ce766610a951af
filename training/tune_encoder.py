"""Tune the encoder: ``python -m training.tune_encoder --data DATA --out training/work/encoder.pt``.

A batch asks the questions of one source, for KelasChat of one collection over all of its passages, for the
others over their own passages and one hard negative each.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from assistant.retriever import Query, Retriever
from assistant.squad import contexts_of, passages_of, read_set
from index.collection import read_collection
from index.embedding import index_passages
from index.encoder import Encoder, load_encoder
from index.runtime import padded
from training.noise import misspelt
from training.trunk import descend, fresh_trunk, half_precision, shared_tokenizer
from training.windows import unanswering

RATE = 4e-5
TEMPERATURE = 0.02
LONGEST = 192
"""Tokens of a passage that are read in training."""

ASKED = {"kelaschat": 64, "other": 32}
STEPS_EACH = {"kelaschat": 160, "tydiqa_id": 85, "kelasqa": 35, "tydiqa_en": 30, "facqa": 15}
MISSPELT = 0.15
"""Share of questions that are misspelt on top."""

NEAREST = 12


@dataclass(frozen=True)
class Ask:
    """A question and the passages it is asked over.

    :param question: the question.
    :param gold: number of the passage that answers.
    :param near: numbers of passages that look alike and do not.
    """

    question: str
    gold: int
    near: tuple[int, ...]


@dataclass(frozen=True)
class Source:
    """Questions over passages of their own.

    :param name: the data set.
    :param passages: texts as the product embeds them.
    :param asks: the questions.
    """

    name: str
    passages: tuple[str, ...]
    asks: tuple[Ask, ...]


def squad_source(file: Path, encoder: Encoder) -> Source:
    """The answerable questions of a SQuAD file, each with its nearest wrong passages."""
    questions = read_set(file)
    contexts = contexts_of([questions])
    numbers = {context: number for number, context in enumerate(contexts)}
    retriever = Retriever(index_passages(passages_of(contexts), encoder), encoder)
    asked = [question for question in questions.questions if question.answers]
    asks = []
    for question, vector in zip(asked, encoder.encode_questions([q.text for q in asked]), strict=True):
        hits = retriever.search(Query(question.text, vector), NEAREST)
        near = tuple(hit.position for hit in unanswering(hits, question.context, question.answers))
        asks.append(Ask(question.text, numbers[question.context], near))
    return Source(file.parent.name, tuple(contexts), tuple(asks))


def collection_source(folder: Path) -> Source:
    """The answerable questions and dialogue turns of a KelasChat collection, turns as they are searched for."""
    passages = read_collection(folder / "docs").passages
    numbers = {passage.text: number for number, passage in enumerate(passages)}
    asked = [(q.text, q.context) for q in read_set(folder / "questions.json").questions if q.answers]
    asked += list(_turns(folder / "dialogues.json"))
    asks = tuple(Ask(text, numbers[context], ()) for text, context in asked if context in numbers)
    return Source("kelaschat", tuple(passage.embedded for passage in passages), asks)


def batch_of(source: Source, chance: random.Random) -> tuple[list[str], list[str], list[int]]:
    """Questions, passages, and which passage answers each question."""
    size = ASKED.get(source.name, ASKED["other"])
    asks = chance.sample(source.asks, min(size, len(source.asks)))
    if source.name == "kelaschat":
        chosen = list(range(len(source.passages)))
    else:
        near = [chance.choice(ask.near) for ask in asks if ask.near]
        chosen = list(dict.fromkeys([*(ask.gold for ask in asks), *near]))
    places = {number: place for place, number in enumerate(chosen)}
    questions = [
        misspelt(ask.question, chance) if chance.random() < MISSPELT else ask.question for ask in asks
    ]
    return questions, [source.passages[n] for n in chosen], [places[ask.gold] for ask in asks]


def vectors(trunk: BertModel, tokenizer: Tokenizer, texts: Sequence[str]) -> torch.Tensor:
    """Unit vectors, shape (texts, hidden), computed in pieces of like length."""
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    ids = [[*tokens[: LONGEST - 1], tokens[-1]] if len(tokens) > LONGEST else tokens for tokens in encoded]
    order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
    parts = []
    for start in range(0, len(order), 16):
        batch, mask = map(torch.from_numpy, padded([ids[n] for n in order[start : start + 16]]))
        with half_precision():
            hidden = trunk(input_ids=batch, attention_mask=mask).last_hidden_state.float()
        weights = mask[:, :, None].float()
        parts.append((hidden * weights).sum(dim=1) / weights.sum(dim=1))
    means = torch.cat(parts)[torch.from_numpy(np.argsort(order))]
    return torch.nn.functional.normalize(means, dim=1)


def train(trunk: BertModel, tokenizer: Tokenizer, sources: Sequence[Source], plan: Sequence[str]) -> None:
    """Train ``trunk`` on a batch for each name of ``plan``."""
    trained = [parameter for parameter in trunk.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, RATE, weight_decay=0.01, fused=True)
    chance = random.Random(1)
    trunk.train()
    total, began = 0.0, time.monotonic()
    for step, name in enumerate(plan):
        source = chance.choice([source for source in sources if source.name == name])
        questions, passages, wanted = batch_of(source, chance)
        asked = vectors(trunk, tokenizer, [f"query: {text}" for text in questions])
        found = vectors(trunk, tokenizer, [f"passage: {text}" for text in passages])
        loss = torch.nn.functional.cross_entropy(asked @ found.T / TEMPERATURE, torch.tensor(wanted))
        share = min(1.0, (step + 1) / 40, (len(plan) - step) / len(plan) * 1.25)
        total += descend(optimizer, loss, RATE * share)
        if (step + 1) % 20 == 0:
            spent = (time.monotonic() - began) / 20
            print(f"step {step + 1} of {len(plan)}: loss {total / 20:.3f}, {spent:.1f} s a step", flush=True)
            total, began = 0.0, time.monotonic()


def main() -> None:
    """Gather the sources, train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("training/work/encoder.pt"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    encoder, tokenizer = load_encoder(), shared_tokenizer()
    others = [name for name in STEPS_EACH if name != "kelaschat"]
    sources = [squad_source(options.data / name / "train.json", encoder) for name in others]
    folders = sorted(path for path in (options.data / "kelaschat" / "train").iterdir() if path.is_dir())
    sources += [collection_source(folder) for folder in folders]
    print(f"{sum(len(source.asks) for source in sources)} questions", flush=True)
    plan = [name for name, steps in STEPS_EACH.items() for _ in range(steps)]
    random.Random(0).shuffle(plan)
    trunk = fresh_trunk(tokenizer)
    train(trunk, tokenizer, sources, plan)
    torch.save(trunk.state_dict(), options.out)


def _turns(file: Path) -> Iterator[tuple[str, str]]:
    for dialogue in json.loads(file.read_text(encoding="utf-8")) if file.exists() else []:
        before = ""
        for turn in dialogue["turns"]:
            if turn.get("context") and turn["answers"]:
                yield f"{before} {turn['question']}".strip(), turn["context"]
            before = turn["question"]


if __name__ == "__main__":
    main()
