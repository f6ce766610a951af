"""A conversation as a sheet to hand in: questions, quotations and their sources, as Markdown or as a page to print."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from assistant.answers import Answer, Source
from assistant.asking import one_line
from assistant.rendering import understood
from assistant.talk import Turn
from assistant.texts import date_in_words, texts_of
from index.errors import Language
from index.sentences import Span, sentence_spans

_TEXTS = texts_of("sheet")

Escape = Callable[[str], str]
"""Makes a text stand for itself in some markup."""

_ANYWHERE = re.compile(r"[\\`*_\[\]<>&$~|^=#@{}!]|:(?=//)|(?<=www)\.")
_BULLET = re.compile(r"^([-+])", re.MULTILINE)
_NUMBER = re.compile(r"^(\d+)([.)])", re.MULTILINE)


_STYLE = """
@page{margin:2cm}
body{font:12pt/1.5 Georgia,"Times New Roman",serif;color:#000;background:#fff;margin:0;overflow-wrap:anywhere}
h1{font-size:20pt;margin:0}h2{font-size:13pt;margin:1.4em 0 .3em;break-after:avoid}
.who{display:flex;flex-wrap:wrap;gap:.6em 2em;margin:1em 0}.who span{flex:1 1 14em;display:flex;gap:.5em}
.who i{flex:1;border-bottom:1px solid #000}
blockquote{margin:.3em 0;padding-left:.8em;border-left:3px solid #000;white-space:pre-line;break-inside:avoid}
mark{background:none;color:inherit;font-weight:bold;text-decoration:underline}
.cited{margin:.2em 0 0;font-size:10.5pt}ol{padding-left:1.6em}li{margin:.2em 0}footer{margin-top:1.6em;font-size:9.5pt}
"""


@dataclass(frozen=True)
class Reference:
    """A place in a document that a sheet cites.

    :param title: of the document.
    :param section: the headings above it as one line, or empty.
    :param page: its number, or None.
    :param path: of the document's file.
    :param day: when it was looked up, in words.
    """

    title: str
    section: str
    page: int | None
    path: str
    day: str


@dataclass(frozen=True)
class Quotation:
    """Words of a document.

    :param text: the words.
    :param marks: half-open character ranges into ``text`` that answer, in order.
    :param number: of its reference, from 1.
    """

    text: str
    marks: tuple[Span, ...]
    number: int


@dataclass(frozen=True)
class Item:
    """A question on a sheet; no quotation where none was found.

    :param note: from which earlier questions it was understood, or empty.
    :param day: when it was asked, in words.
    """

    question: str
    note: str
    day: str
    quotations: tuple[Quotation, ...]


def as_markdown(turns: Sequence[Turn], language: Language, when: datetime, title: str = "Tanya") -> str:
    """The sheet of ``turns`` as Markdown, in which text of questions and documents stands for itself.

    :param when: the sheet's day.
    :param title: of the sheet.
    """
    texts = _TEXTS[language]
    items, references = _laid_out(turns, language)
    blocks = [
        f"# {_plain(texts['title'].format(title=title))}",
        f"{texts['name']}: \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_ {texts['class']}: \\_\\_\\_\\_\\_\\_",
        f"{texts['date']}: {_plain(date_in_words(when, language))}",
    ]
    for number, item in enumerate(items, 1):
        blocks.append(f"## {number}. {_plain(one_line(item.question))}")
        blocks += [f"_{_plain(one_line(item.note))}_"] if item.note else []
        blocks += [_quoted(one) for one in item.quotations] or [_plain(_unanswered(item, language))]
    if references:
        listed = "\n".join(
            f"{n}. {_reference(one, language, _plain, '_{}_')}" for n, one in enumerate(references, 1)
        )
        blocks += [f"## {_plain(texts['sources'])}", listed]
    return "\n\n".join([*blocks, "---", _plain(texts["made"])]) + "\n"


def as_html(turns: Sequence[Turn], language: Language, when: datetime, title: str = "Tanya") -> str:
    """The sheet of ``turns`` as a whole page to print; the parameters are those of :func:`as_markdown`."""
    texts = {name: escape(text) for name, text in _TEXTS[language].items()}
    items, references = _laid_out(turns, language)
    head = texts["title"].format(title=escape(title))
    asked = "".join(_section(number, item, language) for number, item in enumerate(items, 1))
    listed = "".join(f"<li>{_reference(one, language, escape, '<cite>{}</cite>')}</li>" for one in references)
    sources = f"<h2>{texts['sources']}</h2><ol>{listed}</ol>" if references else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{head}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{head}</h1>"
        f'<p class="who"><span>{texts["name"]}: <i></i></span><span>{texts["class"]}: <i></i></span>'
        f"<span>{texts['date']}: {escape(date_in_words(when, language))}</span></p>"
        f"{asked}{sources}<footer>{texts['made']}</footer></body></html>"
    )


def _laid_out(turns: Sequence[Turn], language: Language) -> tuple[list[Item], list[Reference]]:
    """The questions of ``turns`` that asked the documents, and the places they cite, each once."""
    references: dict[Reference, int] = {}
    items = []
    for turn in turns:
        if turn.answer is None or turn.answer.status == "smalltalk":
            continue
        day = date_in_words(turn.when, language)
        quotations = []
        for source, text, marks in _quotations(turn.answer):
            passage = source.passage
            place = Reference(passage.title, passage.section, source.page, passage.path, day)
            number = references.setdefault(place, len(references) + 1)
            quotations.append(Quotation(text, marks, number))
        items.append(Item(turn.question, understood(turn.answer, language), day, tuple(quotations)))
    return items, list(references)


def _quotations(answer: Answer) -> Iterator[tuple[Source, str, tuple[Span, ...]]]:
    """What ``answer`` quotes: of its first source the answer, of others that answer together the sentences with marks."""
    if answer.status != "answered":
        return
    text, span = answer.answer or "", answer.span or ""
    start = text.find(span)
    yield answer.sources[0], text, ((start, start + len(span)),) if span and start >= 0 else ()
    for source in answer.sources[1 : answer.together]:
        yield source, *_marked_sentences(source)


def _marked_sentences(source: Source) -> tuple[str, tuple[Span, ...]]:
    text, marks = source.passage.text, source.highlights
    if not marks:
        return text, ()
    spans = [
        span
        for span in sentence_spans(text)
        if any(span[0] < end and start < span[1] for start, end in marks)
    ]
    begin = min([marks[0][0], *(start for start, _ in spans)])
    finish = max([marks[-1][1], *(end for _, end in spans)])
    return text[begin:finish], tuple((start - begin, end - begin) for start, end in marks)


def _unanswered(item: Item, language: Language) -> str:
    return _TEXTS[language]["unanswered"].format(day=item.day)


def _reference(reference: Reference, language: Language, safe: Escape, titled: str) -> str:
    """``reference`` as a line; ``safe`` escapes its parts, and ``titled`` is how a title stands out."""
    texts = _TEXTS[language]
    parts = [titled.format(safe(reference.title))]
    if reference.section:
        parts.append(safe(texts["section"].format(section=reference.section)))
    if reference.page is not None:
        parts.append(safe(texts["page"].format(page=reference.page)))
    return (
        f"{', '.join(parts)} ({safe(reference.path)}). {safe(texts['looked_up'].format(day=reference.day))}"
    )


def _section(number: int, item: Item, language: Language) -> str:
    quoted = "".join(
        f"<blockquote>{_marked(one, '<mark>', '</mark>', escape)}</blockquote>"
        f'<p class="cited">{escape(_TEXTS[language]["source"])} [{one.number}]</p>'
        for one in item.quotations
    )
    note = f'<p class="cited">{escape(item.note)}</p>' if item.note else ""
    return f"<h2>{number}. {escape(item.question)}</h2>{note}{quoted or f'<p>{escape(_unanswered(item, language))}</p>'}"


def _quoted(quotation: Quotation) -> str:
    lines = _marked(quotation, "**", "**", _plain).split("\n")
    shown = " \\\n".join(f"> {line}" for line in lines)
    return f"{shown} [{quotation.number}]"


def _marked(quotation: Quotation, opening: str, closing: str, safe: Escape) -> str:
    """The text of ``quotation`` with its marks between ``opening`` and ``closing``: each line that is not empty,
    without outer space."""
    marked, place = [], 0
    for line in quotation.text.splitlines(keepends=True):
        start, end = place + len(line) - len(line.lstrip()), place + len(line.rstrip())
        place += len(line)
        if start < end:
            marked.append(_marked_line(quotation, (start, end), opening, closing, safe))
    return "\n".join(marked)


def _marked_line(quotation: Quotation, line: Span, opening: str, closing: str, safe: Escape) -> str:
    text, parts, place = quotation.text, [], line[0]
    for mark in quotation.marks:
        start, end = max(mark[0], place), min(mark[1], line[1])
        words = text[start:end].strip()
        if words:
            start += text[start:end].index(words)
            parts += [safe(text[place:start]), opening, safe(words), closing]
            place = start + len(words)
    return "".join([*parts, safe(text[place : line[1]])])


def _plain(text: str) -> str:
    """``text`` for Markdown, in which nothing of it becomes markup.

    >>> print(_plain("*a* <b> 1. https://x"))
    \\*a\\* \\<b\\> 1. https\\://x
    """
    text = _ANYWHERE.sub(r"\\\g<0>", text)
    return _NUMBER.sub(r"\1\\\2", _BULLET.sub(r"\\\1", text))
