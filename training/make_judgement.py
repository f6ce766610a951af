"""Join both ways of reading: ``python -m training.make_judgement --data DATA/kelaschat``.

The weights are fitted on the collections of the ``valid`` folder: the sentence network has seen all others.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.asking import HITS
from assistant.metrics import answers_question
from assistant.reader import JUDGEMENT, Judgement, Network, SpanReader
from assistant.retriever import Query, Retriever
from assistant.spans import SpanModel
from assistant.squad import read_set
from index.build import index_passages, read_collection
from index.encoder import Encoder, load_encoder

STEPS = 400
UNWEIGHED = Judgement(marks=1.0, words=0.0, bias=0.0)


@dataclass(frozen=True)
class Example:
    """A question's sentences.

    :param marks: log-odds of the span model, shape (sentences,).
    :param words: log-odds of the network, shape (sentences,).
    :param right: whether each sentence answers, shape (sentences,).
    """

    marks: NDArray[np.float32]
    words: NDArray[np.float32]
    right: NDArray[np.bool_]


def examples_of(collection: Path, encoder: Encoder, model: SpanModel) -> list[Example]:
    """All questions of a KelasChat collection over its own documents."""
    index = index_passages(read_collection(collection / "docs").passages, encoder)
    retriever = Retriever(index, encoder)
    reader = SpanReader(index, Network.load(), model, UNWEIGHED)
    questions = read_set(collection / "questions.json").questions
    vectors = encoder.encode_questions([question.text for question in questions])
    examples = []
    for question, vector in zip(questions, vectors, strict=True):
        query = Query(question.text, vector)
        hits = retriever.search(query, HITS)
        words = reader.words(query, hits)
        marks = reader.marks(query, hits, words)
        sentences = [hit.passage.text[a:b] for hit in hits for a, b in hit.passage.sentences]
        examples.append(
            Example(
                np.array([mark.odds for mark in marks], dtype=np.float32),
                words,
                np.array([answers_question(text, question.answers) for text in sentences]),
            )
        )
    return examples


def fitted(examples: list[Example]) -> Judgement:
    """The weights under which the right sentences, or "none", are most probable."""
    weights = torch.tensor([0.5, 0.5, 0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = torch.stack([_surprise(weights, example) for example in examples]).mean()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    print(f"loss {float(loss()):.4f}")
    return Judgement(*(round(float(weight), 4) for weight in weights))


def main() -> None:
    """Read the collections, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of KelasChat")
    options = parser.parse_args()
    encoder, model = load_encoder(), SpanModel()
    folders = sorted(path for path in (options.data / "valid").iterdir() if path.is_dir())
    judgement = fitted([example for folder in folders for example in examples_of(folder, encoder, model)])
    JUDGEMENT.write_text(json.dumps(asdict(judgement)) + "\n", encoding="utf-8")
    print(judgement)


def _surprise(weights: torch.Tensor, example: Example) -> torch.Tensor:
    marks, words = torch.from_numpy(example.marks), torch.from_numpy(example.words)
    scores = torch.cat([weights[0] * marks + weights[1] * words + weights[2], torch.zeros(1)])
    wanted = torch.from_numpy(np.append(example.right, not example.right.any()))
    return -torch.logsumexp(torch.log_softmax(scores, dim=0)[wanted], dim=0)


if __name__ == "__main__":
    main()
