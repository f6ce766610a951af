"""Made-up documents in any number, of the sentences of the shipped ones."""

import random
from pathlib import Path

from assistant.settings import default_docs
from index.collection import read_collection

PARAGRAPHS = 3
SENTENCES = (3, 6)
"""Least and most sentences of a paragraph."""


def write_documents(folder: Path, count: int, seed: int = 0) -> None:
    """Write ``count`` Markdown documents into ``folder``, no two of them alike."""
    chance = random.Random(seed)
    passages = read_collection(default_docs()).passages
    sentences = [passage.text[start:end] for passage in passages for start, end in passage.sentences]
    for number in range(count):
        write_document(folder / f"{number // 500:03d}" / f"{number:05d}.md", number, sentences, chance)


def write_document(path: Path, number: int, sentences: list[str], chance: random.Random) -> None:
    """Write the document ``number`` of some of ``sentences``, each said to be of a made-up year."""
    paragraphs = []
    for _ in range(PARAGRAPHS):
        chosen = chance.sample(sentences, chance.randint(*SENTENCES))
        paragraphs.append(" ".join(f"Pada catatan {number}: {one}" for one in chosen))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# Bacaan {number}\n\n" + "\n\n".join(paragraphs), encoding="utf-8")
