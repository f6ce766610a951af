"""Join both ways of reading: ``python -m training.make_judgement --data DATA``.

The weights are fitted on ``valid`` files: the models have seen all others. Those that join the span model with
the sentence network are fitted on KelasChat's questions and follow-ups over their collections, those for a
passage by itself on the questions of all sets over their own passages.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.asking import HITS
from assistant.conversation import earlier_questions
from assistant.metrics import answers_question
from assistant.reader import JUDGEMENT, Judgement, Network, SpanReader
from assistant.retriever import Hit, Query, Retriever
from assistant.spans import Crop, SpanModel
from assistant.squad import passages_of, read_follow_ups, read_set
from index.collection import read_collection
from index.embedding import index_passages
from index.encoder import Encoder, load_encoder

STEPS = 400
SETS = ("idk_mrc", "facqa", "kelasqa")
UNWEIGHED = Judgement(marks=1.0, words=0.0, bias=0.0, alone=1.0, alone_bias=0.0)


@dataclass(frozen=True)
class Example:
    """A question's sentences.

    :param evidence: log-odds of each way of reading, shape (sentences, ways).
    :param right: whether each sentence answers, shape (sentences,).
    """

    evidence: NDArray[np.float32]
    right: NDArray[np.bool_]


def joint_examples(collection: Path, encoder: Encoder, model: SpanModel) -> Iterator[Example]:
    """All questions and follow-ups of a KelasChat collection over its own documents."""
    index = index_passages(read_collection(collection / "docs").passages, encoder)
    retriever = Retriever(index, encoder)
    reader = SpanReader(index, Network.load(), model, UNWEIGHED)
    asked = [(question, ()) for question in read_set(collection / "questions.json").questions]
    asked += [(turn.question, turn.history) for turn in read_follow_ups(collection / "dialogues.json")]
    for question, history in asked:
        wanted, read = retriever.queries(question.text, earlier_questions(question.text, history))
        hits = retriever.search(wanted, HITS)
        yield _example(reader, read, hits, question.answers)


def lone_examples(file: Path, model: SpanModel) -> Iterator[Example]:
    """All questions of a SQuAD file, each over its own passage."""
    questions = read_set(file).questions
    for question, passage in zip(questions, passages_of([q.context for q in questions]), strict=True):
        [marks] = model.mark(question.text, [Crop(passage, 0, len(passage.sentences) - 1)])
        right = [answers_question(passage.text[a:b], question.answers) for a, b in passage.sentences]
        yield Example(np.array([[mark.odds] for mark in marks], dtype=np.float32), np.array(right))


def fitted(examples: Sequence[Example]) -> list[float]:
    """The weights of the ways of reading, and a bias, under which the right sentences, or "none", are most
    probable."""
    ways = examples[0].evidence.shape[1]
    weights = torch.tensor([1 / ways] * ways + [0.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = torch.stack([_surprise(weights, example) for example in examples]).mean()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    print(f"{len(examples)} questions, loss {float(loss().detach()):.4f}", flush=True)
    return [round(float(weight), 4) for weight in weights.detach()]


def main() -> None:
    """Read the valid files, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    encoder, model = load_encoder(), SpanModel()
    folders = sorted(path for path in (options.data / "kelaschat" / "valid").iterdir() if path.is_dir())
    files = [options.data / name / "valid.json" for name in SETS]
    files += [folder / "questions.json" for folder in folders]
    marks, words, bias = fitted([e for folder in folders for e in joint_examples(folder, encoder, model)])
    alone, alone_bias = fitted([e for file in files for e in lone_examples(file, model)])
    judgement = Judgement(marks, words, bias, alone, alone_bias)
    JUDGEMENT.write_text(json.dumps(asdict(judgement)) + "\n", encoding="utf-8")
    print(judgement)


def _example(reader: SpanReader, query: Query, hits: Sequence[Hit], answers: Sequence[str]) -> Example:
    words = reader.words(query, hits)
    marks = np.array([mark.odds for mark in reader.marks(query, hits, words)], dtype=np.float32)
    sentences = [hit.passage.text[a:b] for hit in hits for a, b in hit.passage.sentences]
    right = np.array([answers_question(text, answers) for text in sentences])
    return Example(np.column_stack([marks, words]), right)


def _surprise(weights: torch.Tensor, example: Example) -> torch.Tensor:
    odds = torch.from_numpy(example.evidence) @ weights[:-1] + weights[-1]
    scores = torch.cat([odds, torch.zeros(1)])
    wanted = torch.from_numpy(np.append(example.right, not example.right.any()))
    return -torch.logsumexp(torch.log_softmax(scores, dim=0)[wanted], dim=0)


if __name__ == "__main__":
    main()
