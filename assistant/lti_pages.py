"""What learning platforms and their people open under ``/lti``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant.asking import LONGEST_QUESTION, Assistant
from assistant.assets import address_of
from assistant.guards import LTI
from assistant.lti import Answer, Tool
from assistant.lti_links import LONGEST_PATH, Link
from assistant.lti_platforms import LtiError
from assistant.origins import own_address
from assistant.pages import page_html
from assistant.texts import LANGUAGES, spoken, texts_of
from assistant.wishes import LONGEST_TITLE, MOST_DOCUMENTS
from index.errors import Language

LOGIN, LAUNCH, CHOOSE = f"{LTI}/login", f"{LTI}/launch", f"{LTI}/choose"
KEYS, CONFIG = f"{LTI}/jwks.json", f"{LTI}/config.json"

_TEXTS = texts_of("lti")
_STYLE = """
input,select{padding:.5rem;width:100%;max-width:none;box-sizing:border-box;font:inherit;color:inherit;
background:transparent;border:1px solid #8a949e;border-radius:.4rem}select option{color:#1c2733}
fieldset{border:1px solid #8a949e;border-radius:.4rem;margin:1rem 0;max-height:16rem;overflow:auto}
fieldset label{display:flex;gap:.6rem;align-items:baseline}fieldset input{width:auto}
small{display:block}dt{margin-top:.8rem;font-weight:600}dd{margin:0}
button{margin-top:1rem}code{user-select:all;overflow-wrap:anywhere}[role=alert]{border-left:.3rem solid #b3261e;padding-left:.7rem}
"""
_SEND = f'<script src="{address_of("send.js")}"></script>'

Fields = Mapping[str, Sequence[str]]
Now = Callable[[], Assistant]
Base = Callable[[Request], str]


def add_lti(app: FastAPI, tool: Tool, now: Now, language: Language, behind_proxy: bool = False) -> None:
    """Let platforms launch ``tool``, which chooses among the documents of ``now()``.

    :param language: of what is shown, unless the course's is known.
    :param behind_proxy: whether to believe what a proxy tells of the server's address.
    """

    def base(request: Request) -> str:
        """The address of this server as browsers reach it."""
        address = tool.platforms.address or own_address(request, behind_proxy)
        if address is None:
            raise LtiError("host")
        return address

    @app.exception_handler(LtiError)
    async def refused(request: Request, error: LtiError) -> HTMLResponse:
        title = _TEXTS[language]["failed"]
        body = f'<h1>{escape(title)}</h1><p role="alert">{escape(error.message(language))}</p>'
        return HTMLResponse(page_html(title, body, language, framed=True, style=_STYLE), status_code=400)

    app.include_router(_launching(tool, now, language, base))
    app.include_router(_describing(tool, language, base))


def _launching(tool: Tool, now: Now, language: Language, base: Base) -> APIRouter:
    """What browsers are sent through when somebody opens a link in a course."""
    router = APIRouter(include_in_schema=False)

    def begun(request: Request, fields: Fields) -> Response:
        return RedirectResponse(tool.login(_firsts(fields), base(request) + LAUNCH), status_code=303)

    @router.get(LOGIN)
    def login(request: Request) -> Response:
        return begun(request, parse_qs(request.url.query))

    @router.post(LOGIN)
    async def login_by_form(request: Request) -> Response:
        return begun(request, await _fields(request))

    def launched(fields: Fields) -> Response:
        launch = tool.launch(_firsts(fields))
        if not launch.choice:
            return RedirectResponse(Link.of(launch.custom, launch.locale).address(), status_code=303)
        return HTMLResponse(choosing_html(now(), launch.choice, spoken(launch.locale, language), Link()))

    def chosen(request: Request, fields: Fields) -> Response:
        firsts = _firsts(fields)
        choice, wanted = firsts.get("choice", ""), spoken(firsts.get("page", ""), language)
        link = chosen_link(fields)
        if len(link.documents) > MOST_DOCUMENTS:
            problem = _TEXTS[wanted]["too_many"].format(most=MOST_DOCUMENTS)
            return HTMLResponse(choosing_html(now(), choice, wanted, link, problem), status_code=422)
        answer = tool.answer(choice, content_item(link, base(request) + LAUNCH))
        return HTMLResponse(sending_html(answer, wanted))

    @router.post(LAUNCH)
    async def launch(request: Request) -> Response:
        return await run_in_threadpool(launched, await _fields(request))

    @router.post(CHOOSE)
    async def choose(request: Request) -> Response:
        return await run_in_threadpool(chosen, request, await _fields(request))

    return router


def _describing(tool: Tool, language: Language, base: Base) -> APIRouter:
    """What an administrator and a platform read about us."""
    router = APIRouter(include_in_schema=False)

    @router.get(KEYS)
    def keys() -> Response:
        return JSONResponse(tool.keys())

    @router.get(CONFIG)
    def config(request: Request) -> Response:
        return JSONResponse(canvas_config(base(request), _TEXTS[language]))

    @router.get(LTI)
    def describe(request: Request) -> Response:
        return HTMLResponse(config_html(base(request), language))

    return router


async def _fields(request: Request) -> Fields:
    return parse_qs((await request.body()).decode("utf-8", "replace"))


def _firsts(fields: Fields) -> dict[str, str]:
    return {name: values[0] for name, values in fields.items()}


def chosen_link(fields: Fields) -> Link:
    """The link that the fields of a teacher's choice tell, whose documents are as many as were ticked."""
    paths = tuple(path for path in fields.get("documents", ()) if len(path) <= LONGEST_PATH)
    return replace(Link.of({**_firsts(fields), "documents": ""}), documents=paths)


def content_item(link: Link, address: str) -> dict[str, object]:
    """``link`` as a platform keeps it, which launches ``address``."""
    title = link.title or link.question or "Tanya"
    return {"type": "ltiResourceLink", "title": title, "url": address, "custom": link.custom()}


def choosing_html(
    assistant: Assistant, choice: str, language: Language, link: Link, problem: str = ""
) -> str:
    """The page on which a teacher chooses what a link in the course opens.

    :param choice: what the choice has to be sent back with.
    :param link: what was chosen so far.
    :param problem: what is wrong with it.
    """
    texts = {name: escape(text) for name, text in _TEXTS[language].items()}
    offered = "".join(f'<option value="{escape(question)}">' for question in assistant.starters)
    ticked = ("", " checked")
    boxes = "".join(
        f'<label><input type="checkbox" name="documents" value="{escape(d.path)}"{ticked[d.path in link.documents]}> {escape(d.title)}</label>'
        for d in assistant.index.manifest.documents
        if len(d.path) <= LONGEST_PATH
    )
    languages = "".join(
        f'<option value="{code}"{" selected" if code == link.language else ""}>{escape(name)}</option>'
        for code, name in {"": _TEXTS[language]["lang_own"], **LANGUAGES}.items()
    )
    said = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    body = (
        f'<h1>{texts["choose"]}</h1>{said}<form method="post" action="{CHOOSE}">'
        f'<input type="hidden" name="choice" value="{escape(choice)}">'
        f'<input type="hidden" name="page" value="{language}">'
        f'<label for="title">{texts["link_title"]}</label>'
        f'<input id="title" name="title" maxlength="{LONGEST_TITLE}" value="{escape(link.title)}" required>'
        f'<label for="q">{texts["question"]}</label><small id="q-hint">{texts["question_hint"]}</small>'
        f'<input id="q" name="q" maxlength="{LONGEST_QUESTION}" value="{escape(link.question)}" list="offered" '
        f'autocomplete="off" aria-describedby="q-hint"><datalist id="offered">{offered}</datalist>'
        f'<fieldset aria-describedby="documents-hint"><legend>{texts["documents"]}</legend>'
        f'<small id="documents-hint">{texts["documents_hint"]}</small>{boxes}</fieldset>'
        f'<label for="lang">{texts["lang"]}</label><select id="lang" name="lang">{languages}</select>'
        f"<button>{texts['insert']}</button></form>"
    )
    return page_html(_TEXTS[language]["choose"], body, language, framed=True, style=_STYLE)


def sending_html(answer: Answer, language: Language) -> str:
    """A page that sends ``answer`` by itself, or by its button where scripts are off."""
    texts = _TEXTS[language]
    body = (
        f'<h1>{escape(texts["sending"])}</h1><form id="back" method="post" action="{escape(answer.address)}">'
        f'<input type="hidden" name="JWT" value="{escape(answer.token)}">'
        f"<button>{escape(texts['go_on'])}</button></form>{_SEND}"
    )
    return page_html(texts["sending"], body, language, framed=True, style=_STYLE)


def config_html(base: str, language: Language) -> str:
    """The page from which an administrator copies what Moodle and Canvas ask for; the server is at ``base``."""
    texts = _TEXTS[language]
    moodle = {
        "moodle_url": base + LAUNCH, "moodle_version": "LTI 1.3", "moodle_keys": base + KEYS,
        "moodle_login": base + LOGIN, "moodle_redirect": base + LAUNCH, "moodle_content": base + LAUNCH,
    }  # fmt: skip
    canvas = {"canvas_config": base + CONFIG, "canvas_redirect": base + LAUNCH}
    body = f"<h1>{escape(texts['setup'])}</h1><p>{escape(texts['setup_hint'])}</p>"
    for name, values in (("Moodle", moodle), ("Canvas", canvas)):
        rows = "".join(
            f"<dt>{escape(texts[key])}</dt><dd><code>{escape(value)}</code></dd>"
            for key, value in values.items()
        )
        body += f"<h2>{name}</h2><p>{escape(texts[f'{name.lower()}_hint'])}</p><dl>{rows}</dl>"
    return page_html(texts["setup"], body, language, style=_STYLE)


def canvas_config(base: str, texts: Mapping[str, str]) -> dict[str, object]:
    """What Canvas reads to set up the tool of the server at ``base``."""
    placements = [
        {"placement": "link_selection", "message_type": "LtiDeepLinkingRequest", "text": "Tanya"},
        {"placement": "course_navigation", "message_type": "LtiResourceLinkRequest", "text": "Tanya"},
    ]
    placed = [{**placement, "enabled": True, "target_link_uri": base + LAUNCH} for placement in placements]
    return {
        "title": "Tanya",
        "description": texts["description"],
        "target_link_uri": base + LAUNCH,
        "oidc_initiation_url": base + LOGIN,
        "public_jwk_url": base + KEYS,
        "scopes": [],
        "custom_fields": {},
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "tool_id": "tanya",
                "domain": urlsplit(base).netloc,
                "privacy_level": "anonymous",
                "settings": {"text": "Tanya", "selection_height": 700, "placements": placed},
            }
        ],
    }
