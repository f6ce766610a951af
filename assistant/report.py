"""How asked questions went, as a page to look at."""

from collections.abc import Sequence
from html import escape

from assistant.answers import Answer
from assistant.outcomes import Judged, Outcome
from assistant.rendering import escaped, marked, place_of, understood
from assistant.texts import TEXTS
from index.errors import Language

_ORDER = ("wrong", "refused", "shown", "right", "silent")
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2733;--paper:#fbfaf7;--line:#d9d5cb;--mark:#ffe08a;--bad:#a3341f;--good:#0b6e69}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--paper:#14191f;--line:#39424d;--bad:#f0937f;--good:#6fd0c8}}
body{font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:48rem;margin:0 auto;
padding:1.2rem;overflow-wrap:anywhere}
article{border:1px solid var(--line);border-radius:.6rem;padding:.6rem .9rem;margin:.8rem 0}
article h3{margin:0;font-size:1.05rem}article p{margin:.3rem 0}mark{background:var(--mark);color:#1c2733}
.passage{white-space:pre-line;font-size:.95rem}.place{font-weight:600;font-size:.9rem}
.wrong h2,.shown h2,.refused h2{color:var(--bad)}.right h2,.silent h2{color:var(--good)}
"""


def report_html(found: Sequence[Judged], language: Language) -> str:
    """The page on ``found``, complete in itself."""
    texts = TEXTS[language]
    groups = {group: [one for one in found if _group(one.outcome) == group] for group in _ORDER}
    links = "".join(
        f'<li><a href="#{group}">{escape(texts["report_" + group])}: {len(some)}</a></li>'
        for group, some in groups.items()
    )
    sections = "".join(
        f'<section class="{group}" id="{group}"><h2>{escape(texts["report_" + group])} ({len(some)})</h2>'
        f"{''.join(_article(one, language) for one in some)}</section>"
        for group, some in groups.items()
        if some
    )
    title = escape(texts["report"])
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><ul>{links}</ul>{sections}</body></html>"
    )


def _group(outcome: Outcome) -> str:
    if outcome.answerable:
        return "right" if outcome.right else "wrong" if outcome.shown else "refused"
    return "shown" if outcome.shown else "silent"


def _article(one: Judged, language: Language) -> str:
    texts, answer = TEXTS[language], one.answer
    said = f"<p>{escaped(texts['report_said'])}: “{escaped(answer.answer)}”</p>" if answer.answer else ""
    gold = " / ".join(one.question.answers)
    wanted = f"<p>{escaped(texts['report_gold'])}: {escaped(gold)}</p>" if gold else ""
    before = f"<p>{escaped(understood(answer, language))}</p>" if answer.earlier else ""
    return f"<article><h3>{escaped(one.question.text)}</h3>{before}{wanted}{said}{_passage(answer)}</article>"


def _passage(answer: Answer) -> str:
    if not answer.sources:
        return ""
    source = answer.sources[0]
    return (
        f'<p class="place">{escaped(place_of(source.passage))}</p>'
        f'<p class="passage">{marked(source.passage.text, source.highlights)}</p>'
    )
