"""How much the passage, its nearest sentence and its words weigh: ``python -m bench.fusion FILES --ask FILE``."""

import argparse
from itertools import product
from pathlib import Path

import assistant.retriever
from assistant.metrics import mrr_at, recall_at
from assistant.retriever import Query, Retriever
from assistant.squad import contexts_of, passages_of, read_set
from index.embedding import index_passages
from index.encoder import load_encoder

SENTENCE_WEIGHTS = (0.0, 0.2, 0.3, 0.4)
LEXICAL_WEIGHTS = (0.0, 0.15, 0.2, 0.25, 1.0)


def main() -> None:
    """Ask over all contexts with each pair of weights, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--ask", type=Path, required=True)
    options = parser.parse_args()
    encoder = load_encoder()
    asked = read_set(options.ask)
    contexts = contexts_of([*map(read_set, options.files), asked])
    index = index_passages(passages_of(contexts), encoder)
    texts = [question.text for question in asked.questions]
    queries = [Query(*pair) for pair in zip(texts, encoder.encode_questions(texts), strict=True)]
    numbers = {context: number for number, context in enumerate(contexts)}
    print("| sentences | words | recall@1 | recall@5 | MRR@10 |\n| --- | --- | --- | --- | --- |")
    for sentence, lexical in product(SENTENCE_WEIGHTS, LEXICAL_WEIGHTS):
        if sentence + lexical > 1:
            continue
        assistant.retriever.SENTENCE_WEIGHT, assistant.retriever.LEXICAL_WEIGHT = sentence, lexical
        ranks = []
        for question, query in zip(asked.questions, queries, strict=True):
            found = [hit.position for hit in Retriever(index, encoder).search(query, 10)]
            gold = numbers[question.context]
            ranks.append(found.index(gold) + 1 if gold in found else None)
        figures = (recall_at(ranks, 1), recall_at(ranks, 5), mrr_at(ranks, 10))
        cells = "".join(f" {figure:.3f} |" for figure in figures)
        print(f"| {sentence} | {lexical} |{cells}", flush=True)


if __name__ == "__main__":
    main()
