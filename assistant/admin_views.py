"""What the teacher's page shows, as tables, HTML and data for plots."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from assistant.asking import Assistant
from assistant.question_log import AskedQuestion, Group
from assistant.reader import Reading
from assistant.rendering import place_of
from assistant.texts import ADMIN_TEXTS, moment_in_words, number_in_words
from index.errors import Language
from index.folder import Change
from index.passages import Passage
from index.searchable import Searchable

if TYPE_CHECKING:
    import pandas as pd

SHOWN_PASSAGES = 300
"""Passages of a document that are shown."""

MAPPED = 1500
"""Passages on the map, evenly drawn where there are more."""

BARS = 40
"""Documents in the picture of passages per document, those with most."""


def documents_table(changes: Sequence[Change], language: Language) -> str:
    """A table of a row a file."""
    texts = ADMIN_TEXTS[language]
    rows = []
    for change in changes:
        notes = [problem.message(language) for problem in change.problems]
        if change.before:
            notes.insert(0, f"← {change.before}")
        rows.append(
            [
                change.file,
                texts[change.state],
                number_in_words(change.passages, language) if change.passages else "",
                " ".join(notes),
            ]
        )
    return _table([texts[name] for name in ("file", "state", "passages", "note")], rows)


def passages_html(index: Searchable, path: str, language: Language) -> str:
    """The passages of the document at ``path``, as they are searched and read: sentences underlined one by one."""
    texts = ADMIN_TEXTS[language]
    found = index.passages_of(path)
    parts = [_passage_html(passage, texts["page"]) for passage in found[:SHOWN_PASSAGES]]
    if len(found) > SHOWN_PASSAGES:
        parts.append(f"<p>{escape(texts['more'].format(count=len(found) - SHOWN_PASSAGES))}</p>")
    return f'<ol class="tanya-passages">{"".join(parts)}</ol>'


def _passage_html(passage: Passage, page: str) -> str:
    text, place = "", 0
    for start, end in passage.sentences:
        text += f"{escape(passage.text[place:start])}<u>{escape(passage.text[start:end])}</u>"
        place = end
    text += escape(passage.text[place:])
    where = place_of(passage) + (f" · {page} {passage.page}" if passage.page else "")
    return f"<li><small>{escape(where)}</small><p>{text}</p></li>"


def trial_html(assistant: Assistant, question: str, language: Language) -> str:
    """What searching and reading did for ``question``: the passages read, their scores and the words found.

    :raises QuestionError: if ``question`` is empty or too long.
    """
    texts = ADMIN_TEXTS[language]
    answer = assistant.ask(question, language=language)
    said = texts[answer.status].format(confidence=answer.confidence)
    head = [texts[name] for name in ("place", "fused", "cosine", "lexical", "probability", "words")]
    rows = [_reading_row(reading) for reading in assistant.readings(question)]
    return (
        f"<p><strong>{escape(said)}</strong></p><blockquote>{escape(answer.answer or '')}</blockquote>"
        f"{_table(head, rows)}"
    )


def _reading_row(reading: Reading) -> list[str]:
    hit, passage = reading.hit, reading.hit.passage
    return [
        place_of(passage), f"{hit.score:+.2f}", f"{hit.cosine:.2f}", f"{hit.lexical:.1f}", f"{reading.probability:.0%}",
        passage.text[slice(*reading.span)],
    ]  # fmt: skip


def groups_table(groups: Sequence[Group], language: Language) -> str:
    """A table of a row a group of questions."""
    texts = ADMIN_TEXTS[language]
    rows = [
        [
            group.question,
            number_in_words(group.count, language),
            moment_in_words(datetime.fromisoformat(group.last), language),
        ]
        for group in groups
    ]
    return _table([texts[name] for name in ("question", "times", "last")], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f"<th scope=col>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    said = escape(", ".join(head))
    return f'<div class="tanya-wide" tabindex="0" role="group" aria-label="{said}"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def passages_frame(index: Searchable, language: Language) -> "pd.DataFrame":
    """Passages per document."""
    import pandas as pd

    texts = ADMIN_TEXTS[language]
    counts = Counter({document.path: document.passages for document in index.manifest.documents})
    return pd.DataFrame(counts.most_common(BARS), columns=[texts["document"], texts["count"]])


def map_frame(index: Searchable, language: Language) -> "pd.DataFrame":
    """Two coordinates a passage: its vector's first principal components."""
    import pandas as pd

    everything = index.positions
    drawn = np.linspace(0, len(everything) - 1, min(MAPPED, len(everything))).astype(np.int64)
    chosen = everything[np.unique(drawn)]
    vectors = index.vectors_at(chosen)
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    places = centred @ np.resize(axes[:2], (2, axes.shape[1])).T
    passages = index.passages_at(chosen)
    return pd.DataFrame(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            ADMIN_TEXTS[language]["document"]: [passage.title for passage in passages],
            ADMIN_TEXTS[language]["passages"]: [passage.text[:80] for passage in passages],
        }
    )


def days_frame(questions: Sequence[AskedQuestion], language: Language) -> "pd.DataFrame":
    """Questions per day, answered or not."""
    import pandas as pd

    texts = ADMIN_TEXTS[language]
    counts = Counter((asked.asked[:10], texts[f"day_{asked.status}"]) for asked in questions)
    rows = [(day, state, count) for (day, state), count in sorted(counts.items())]
    return pd.DataFrame(rows, columns=[texts["day"], texts["state"], texts["count"]])
