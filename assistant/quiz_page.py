"""The page ``/quiz``: a sheet of questions to test oneself with. It needs no script."""

from collections.abc import Mapping
from html import escape
from random import randint
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from assistant.guards import BusyError, Meter
from assistant.pages import page_html
from assistant.quiz import GAP, ITEMS, Item
from assistant.rendering import document_link, marked, place_of
from assistant.sheets import (
    LAST_SHEET,
    OPENING_SHEETS,
    Graded,
    QuizItemError,
    Sheets,
    graded,
    sheet_number,
)
from assistant.switch import OffError, Switch
from assistant.texts import TEXTS, texts_of
from assistant.wishes import Wishes
from index.errors import Language, TanyaError

QUIZ = "/quiz"
"""The address of the page."""

_TEXTS = texts_of("quiz")
_STYLE = """
fieldset,article{border:1px solid #8886;border-radius:.6rem;padding:.7rem 1rem;margin:1rem 0;min-width:0}
legend{padding:0;float:left;width:100%}legend+*{clear:both}legend small,.place{display:block;opacity:.85;font-size:.9rem}
.ask{display:block;margin:.3rem 0 .6rem;font-size:1.08rem}
.gap{display:inline-block;min-width:4.5rem;border-bottom:2px solid currentColor;height:1.1em;vertical-align:text-bottom}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
fieldset label{display:flex;gap:.7rem;align-items:flex-start;padding:.5rem;margin:.2rem 0;border-radius:.4rem;cursor:pointer}
fieldset label:hover{background:#8882}
input[type=radio]{width:1.2rem;height:1.2rem;min-width:1.2rem;margin:.25rem 0 0;accent-color:var(--link)}
input[type=number]{width:6rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}#score:focus{outline:none}
mark{background:var(--mark);color:inherit;padding:0 .15rem}article h3{margin:0}article p{margin:.4rem 0}
.again{display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:end;margin:1rem 0}.again form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}button{white-space:nowrap}
.again label,.again input,.again button{margin:0}
@media print{body{max-width:none;background:#fff;color:#000}body>a,.again,button,.share{display:none}
fieldset,article{break-inside:avoid;border-color:#000}}
"""


def quiz_router(
    sheets: Sheets, meter: Meter, switch: Switch, language: Language, root: str = ""
) -> APIRouter:
    """The page and its grading, while ``switch`` is on, in ``language`` unless the address wishes another; links are
    below the path ``root``."""
    router = APIRouter(include_in_schema=False)

    async def page(request: Request, answers: Mapping[str, str] | None) -> Response:
        wishes = Wishes.of(request.query_params)
        spoken = wishes.language or language
        number = sheet_number(request.query_params.get("sheet", ""))
        try:
            if not switch.on:
                raise OffError
            if number is None:
                opening = _address(randint(1, OPENING_SHEETS), wishes, root)
                return RedirectResponse(opening, status_code=303)
            await meter.admit(request, cost=sheets.cost(number, wishes.documents))
            items = await sheets.sheet(number, wishes.documents)
            view = _View(number, wishes, spoken, root)
            if answers is None:
                return HTMLResponse(view.asking(items))
            return HTMLResponse(view.results(graded(items, _choices(answers))))
        except TanyaError as error:
            return _refusal(error, number, wishes, spoken, root)

    @router.get(QUIZ)
    async def ask(request: Request) -> Response:
        return await page(request, None)

    @router.post(QUIZ)
    async def grade(request: Request) -> Response:
        return await page(request, dict(parse_qsl((await request.body()).decode("utf-8", "replace"))))

    return router


def quiz_link(language: Language, documents: tuple[str, ...] = (), root: str = "") -> str:
    """A link to a sheet about ``documents``, all if empty, as HTML, below the path ``root``."""
    query = urlencode([("lang", language), *(("documents", path) for path in documents)])
    return f'<a href="{root}{QUIZ}?{escape(query)}" target="_blank">{escape(_TEXTS[language]["title"])}</a>'


def _choices(fields: Mapping[str, str]) -> dict[str, int]:
    return {name: int(value) if value in {"0", "1", "2", "3"} else -1 for name, value in fields.items()}


def _address(number: int, wishes: Wishes, root: str) -> str:
    """The address of the sheet ``number`` as ``wishes`` have it."""
    return f"{root}{QUIZ}?{urlencode([('sheet', number), *_kept(wishes)])}"


def _kept(wishes: Wishes) -> list[tuple[str, str]]:
    language = [("lang", wishes.language)] if wishes.language else []
    return [*language, *(("documents", path) for path in wishes.documents)]


def _refusal(
    error: TanyaError, number: int | None, wishes: Wishes, language: Language, root: str
) -> Response:
    texts = _TEXTS[language]
    body = f'<h1>{escape(texts["title"])}</h1><p role="alert">{escape(error.message(language))}</p>'
    if isinstance(error, QuizItemError) and number is not None:
        body += f'<p><a href="{escape(_address(number, wishes, root))}">{escape(texts["again"])}</a></p>'
    page = page_html(texts["title"], body, language, style=_STYLE, root=root)
    if isinstance(error, BusyError):
        return HTMLResponse(page, error.status, {"Retry-After": str(error.seconds)})
    return HTMLResponse(page, 403 if isinstance(error, OffError) else 422)


class _View:
    """The sheet ``number`` as HTML."""

    def __init__(self, number: int, wishes: Wishes, language: Language, root: str) -> None:
        self._number = number
        self._wishes = wishes
        self._language = language
        self._root = root
        self._texts = _TEXTS[language]

    def asking(self, items: tuple[Item, ...]) -> str:
        """The page before it is graded; nothing in it tells the right choices."""
        texts = self._texts
        said = f"<p>{escape(texts['intro'])}</p>" if items else ""
        if len(items) < ITEMS:
            said = f"<p>{escape(texts['few' if items else 'none'].format(count=len(items)))}</p>"
        asked = "".join(self._asked(place, item) for place, item in enumerate(items, start=1))
        action = f"{escape(_address(self._number, self._wishes, self._root))}#score"
        form = (
            f'<form method="post" action="{action}">{asked}<button>{escape(texts["grade"])}</button></form>'
        )
        share = f'<p class="share">{escape(texts["share"])}</p>'
        return self._page(f"{said}{form}{share}{self._again()}" if items else said)

    def _asked(self, place: int, item: Item) -> str:
        texts = self._texts
        gap = f'<span class="gap"><span class="unseen">{escape(texts["gap"])}</span></span>'
        question = (
            escape(item.question).replace(GAP, gap, 1) if item.kind == "cloze" else escape(item.question)
        )
        source = (
            f'<p class="place">{escape(texts["from"].format(place=item.place))}</p>' if item.place else ""
        )
        radios = "".join(
            f'<label><input type="radio" name="{item.id}" value="{number}" required><span>{escape(choice)}</span></label>'
            for number, choice in enumerate(item.choices)
        )
        head = f"{texts['number'].format(number=place)} · {texts[item.kind]}"
        return (
            f'<fieldset><legend><small>{escape(head)}</small><span class="ask">{question}</span></legend>'
            f"{source}{radios}</fieldset>"
        )

    def results(self, results: tuple[Graded, ...]) -> str:
        """The page after grading."""
        right = sum(result.is_right for result in results)
        said = escape(self._texts["score"].format(right=right, of=len(results)))
        score = f'<h2 id="score" tabindex="-1" autofocus>{said}</h2>'
        told = "".join(self._told(place, result) for place, result in enumerate(results, start=1))
        return self._page(f"{score}{told}{self._again(done=True)}")

    def _told(self, place: int, result: Graded) -> str:
        texts, item = self._texts, result.item
        text, (start, end) = item.passage.text, item.sentence
        spans = [(item.span[0] - start, item.span[1] - start)] if start <= item.span[0] < item.span[1] else []
        state = "right" if result.is_right else "open" if result.chosen is None else "wrong"
        sign = {"right": "✓", "wrong": "✗", "open": "–"}[state]
        said = f"{texts['number'].format(number=place)}: {texts[state]}"
        lines = [f'<h3><span aria-hidden="true">{sign}</span> {escape(said)}</h3>']
        if item.kind == "place":
            lines.append(f"<p>{escape(item.question)}</p>")
        if state == "wrong" and result.chosen is not None:
            lines.append(f"<p>{escape(texts['yours'].format(answer=item.choices[result.chosen]))}</p>")
        lines.append(f"<p>{escape(texts['answer'].format(answer=item.answer))}</p>")
        lines.append(f"<p>“{marked(text[start:end], spans)}”</p>")
        link = f'<a href="{escape(document_link(item.passage, self._root))}" target="_blank">{escape(TEXTS[self._language]["open"])}</a>'
        lines.append(f'<p class="place">{escape(place_of(item.passage))} · {link}</p>')
        return f'<article class="{state}">{"".join(lines)}</article>'

    def _again(self, done: bool = False) -> str:
        """Ways to this sheet again, to the next and to any other."""
        texts, following = self._texts, self._number % LAST_SHEET + 1
        links = [(following, texts["new"])]
        if done:
            links.insert(0, (self._number, texts["again"]))
        ways = "".join(
            f'<a href="{escape(_address(number, self._wishes, self._root))}">{escape(said)}</a>'
            for number, said in links
        )
        kept = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in _kept(self._wishes)
        )
        return (
            f'<div class="again">{ways}<form action="{self._root}{QUIZ}">{kept}<label for="sheet">{escape(texts["sheet"])}</label>'
            f'<input id="sheet" name="sheet" type="number" min="1" max="{LAST_SHEET}" value="{self._number}" required>'
            f"<button>{escape(texts['go'])}</button></form></div>"
        )

    def _page(self, body: str) -> str:
        title = f"{self._texts['title']} · {self._texts['sheet_number'].format(number=self._number)}"
        return page_html(
            title, f"<h1>{escape(title)}</h1>{body}", self._language, style=_STYLE, root=self._root
        )
