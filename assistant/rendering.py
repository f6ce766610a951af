"""Answers as HTML. Everything that comes from a document or a question is escaped here."""

from collections.abc import Sequence
from urllib.parse import quote

from assistant.answers import Answer, Source
from assistant.texts import TEXTS, confidence_in_words
from index.errors import Language
from index.passages import Passage
from index.sentences import Span


def escaped(text: str) -> str:
    """``text`` as it stands, for HTML inside Markdown: every character but letters, digits and space is
    written by its number, so that neither HTML, Markdown nor LaTeX can be made of it.

    >>> escaped("<b>*x*")
    '&#60;b&#62;&#42;x&#42;'
    """
    return "".join(
        char if char.isalnum() or char == " " else "&#10;" if char == "\n" else f"&#{ord(char)};"
        for char in text
    )


def marked(text: str, spans: Sequence[Span]) -> str:
    """``text`` escaped, with ``spans`` inside ``<mark>``."""
    parts, place = [], 0
    for start, end in spans:
        parts += [escaped(text[place:start]), "<mark>", escaped(text[start:end]), "</mark>"]
        place = end
    return "".join([*parts, escaped(text[place:])])


def answer_html(answer: Answer, language: Language, root: str = "") -> str:
    """The whole reply to a question, on one line, its links below the path ``root``."""
    said = escaped(understood(answer, language))
    return (f'<p class="tanya-understood">{said}</p>' if said else "") + _reply(answer, language, root)


def understood(answer: Answer, language: Language) -> str:
    """From which earlier questions ``answer`` was understood, as a sentence; empty if from none."""
    if not answer.earlier:
        return ""
    quoted = " ".join(f"“{question}”" for question in answer.earlier)
    return TEXTS[language]["understood"].format(earlier=quoted)


def _reply(answer: Answer, language: Language, root: str) -> str:
    texts = TEXTS[language]
    if answer.status == "smalltalk":
        return f'<p class="tanya-plain">{escaped(answer.answer or "")}</p>'
    if answer.status == "not_found":
        return f'<p class="tanya-plain">{escaped(texts["not_found"])}</p>{_cards(answer.sources, language, root)}'
    cited, others = answer.sources[: answer.together], answer.sources[answer.together :]
    folded = ""
    if others:
        summary = escaped(texts["further"])
        folded = f"<details><summary>{summary}</summary>{_cards(others, language, root)}</details>"
    return (
        f'<blockquote class="tanya-answer">{_quotation(answer)}</blockquote>'
        f'<p class="tanya-sure">{escaped(confidence_in_words(answer.confidence, language))}</p>'
        f"{_cards(cited, language, root)}{folded}"
    )


def document_link(passage: Passage, root: str = "") -> str:
    """Address of the document's page at ``passage``, below the path ``root``."""
    return f"{root}/documents/{quote(passage.path)}#p-{passage.id}"


def place_of(passage: Passage) -> str:
    """Where ``passage`` stands, as one line."""
    return " › ".join((passage.title, *passage.headings))


def _quotation(answer: Answer) -> str:
    text, span = answer.answer or "", answer.span or ""
    start = text.find(span)
    return marked(text, [(start, start + len(span))] if start >= 0 and span else [])


def _cards(sources: Sequence[Source], language: Language, root: str) -> str:
    return "".join(_card(source, language, root) for source in sources)


def _card(source: Source, language: Language, root: str) -> str:
    texts, passage = TEXTS[language], source.passage
    page = f" · {texts['page']} {source.page}" if source.page else ""
    return (
        f'<div class="tanya-card"><p class="tanya-place">{escaped(texts["source"])}&#58; '
        f"{escaped(place_of(passage) + page)}</p>"
        f'<p class="tanya-passage">{marked(passage.text, source.highlights)}</p>'
        f'<p><a href="{document_link(passage, root)}" target="_blank">{escaped(texts["open"])}</a></p></div>'
    )
