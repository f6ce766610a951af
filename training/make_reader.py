"""Train the sentence reader: ``python -m training.make_reader --data DATA/kelaschat``.

Collections of the ``train`` folder teach, those of ``valid`` are only reported on. Evidence is computed
by the product's own code with the bundled encoder, and kept in ``--work`` between runs.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.evidence import candidates, features
from assistant.metrics import answers_question
from assistant.reader import WEIGHTS
from assistant.retriever import Query, Retriever
from assistant.squad import Question, read_set
from index.collection import read_collection
from index.embedding import index_passages
from index.encoder import Encoder, load_encoder
from index.store import Index

HITS = 6
HIDDEN = 32
EPOCHS = 20
BATCH = 64
RATE = 3e-3


@dataclass(frozen=True)
class Example:
    """A question's candidates.

    :param evidence: shape (candidates, features).
    :param right: whether each candidate answers, shape (candidates,).
    :param answerable: whether the question has an answer in the collection.
    """

    evidence: NDArray[np.float32]
    right: NDArray[np.bool_]
    answerable: bool


def examples_of(collection: Path, encoder: Encoder) -> list[Example]:
    """All questions of a KelasChat collection, asked over all its documents and over their own alone: a
    class may have forty passages or five."""
    index = index_passages(read_collection(collection / "docs").passages, encoder)
    asked = list(read_set(collection / "questions.json").questions)
    vectors = encoder.encode_questions([question.text for question in asked])
    queries = [Query(q.text, vector) for q, vector in zip(asked, vectors, strict=True)]
    paths = {passage.text: passage.path for passage in index.passages}
    examples = _examples(index, encoder, asked, queries)
    for path in sorted(set(paths.values())):
        here = [n for n, question in enumerate(asked) if paths.get(question.context) == path]
        alone = index.part({path})
        examples += _examples(alone, encoder, [asked[n] for n in here], [queries[n] for n in here])
    return examples


def _examples(index: Index, encoder: Encoder, asked: list[Question], queries: list[Query]) -> list[Example]:
    retriever = Retriever(index, encoder)
    examples = []
    for question, query in zip(asked, queries, strict=True):
        hits = retriever.search(query, HITS)
        sentences = [index.vectors_of_sentences(hit.position) for hit in hits]
        right = []
        for candidate in candidates(hits):
            passage = hits[candidate.hit].passage
            start, end = passage.sentences[candidate.sentence]
            right.append(answers_question(passage.text[start:end], question.answers))
        evidence = features(query, hits, sentences, index.lexical.rarity)
        examples.append(Example(evidence, np.array(right), bool(question.answers)))
    return examples


def collected(split: Path, encoder: Encoder, work: Path) -> list[Example]:
    """Examples of all collections of ``split``, kept in ``work``."""
    examples = []
    for collection in sorted(path for path in split.iterdir() if path.is_dir()):
        kept = work / f"{collection.name}.npz"
        if not kept.exists():
            _keep(kept, examples_of(collection, encoder))
            print(f"{split.name}/{collection.name}", flush=True)
        examples.extend(_kept(kept))
    return examples


def trained(examples: list[Example]) -> dict[str, NDArray[np.float32]]:
    """Weights of :class:`assistant.reader.Network`, from softmax over candidates and "none"."""
    torch.manual_seed(0)
    rows = np.concatenate([example.evidence for example in examples])
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    evidence, exists, right = _padded(examples, mean, deviation)
    network = torch.nn.Sequential(
        torch.nn.Linear(rows.shape[1], HIDDEN),
        torch.nn.GELU(approximate="tanh"),
        torch.nn.Dropout(0.2),
        torch.nn.Linear(HIDDEN, 1),
    )
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
    steps = EPOCHS * -(-len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(examples)).split(BATCH):
            logits = network(evidence[batch])[..., 0].masked_fill(~exists[batch], -1e4)
            none = torch.zeros(len(batch), 1)
            chances = torch.log_softmax(torch.cat([none, logits], dim=1), dim=1)
            nothing = (right[batch].sum(dim=1, keepdim=True) == 0).float()
            wanted = torch.cat([nothing, right[batch]], dim=1)
            loss = -torch.logsumexp(chances + torch.log(wanted + 1e-9), dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss) * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(examples):.4f}", flush=True)
    inner, outer = network[0], network[3]
    return {
        "mean": mean,
        "deviation": deviation,
        "inner": inner.weight.detach().numpy().T,
        "inner_bias": inner.bias.detach().numpy(),
        "outer": outer.weight.detach().numpy()[0],
        "outer_bias": outer.bias.detach().numpy(),
    }


def main() -> None:
    """Collect, train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of KelasChat")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--work", type=Path, default=Path("training/work"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    weights = trained(collected(options.data / "train", load_encoder(), options.work))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(options.out, **{name: array.astype(np.float32) for name, array in weights.items()})


def _padded(
    examples: list[Example], mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    longest = max(len(example.right) for example in examples)
    evidence = torch.zeros(len(examples), longest, len(mean))
    exists = torch.zeros(len(examples), longest, dtype=torch.bool)
    right = torch.zeros(len(examples), longest)
    for row, example in enumerate(examples):
        count = len(example.right)
        scaled = np.clip((example.evidence - mean) / deviation, -6, 6)
        evidence[row, :count] = torch.from_numpy(scaled)
        exists[row, :count] = True
        right[row, :count] = torch.from_numpy(example.right.astype(np.float32))
    return evidence, exists, right


def _keep(path: Path, examples: list[Example]) -> None:
    np.savez(
        path,
        evidence=np.concatenate([e.evidence for e in examples]),
        right=np.concatenate([e.right for e in examples]),
        counts=np.array([len(e.right) for e in examples]),
        answerable=np.array([e.answerable for e in examples]),
    )


def _kept(path: Path) -> list[Example]:
    with np.load(path, allow_pickle=False) as stored:
        ends = np.cumsum(stored["counts"])[:-1]
        evidence, right = np.split(stored["evidence"], ends), np.split(stored["right"], ends)
        answerable = stored["answerable"]
    return [Example(*parts) for parts in zip(evidence, right, answerable.tolist(), strict=True)]


if __name__ == "__main__":
    main()
