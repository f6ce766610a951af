"""The chat page."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

import gradio as gr
from starlette.concurrency import run_in_threadpool

from assistant.answers import Answer
from assistant.asking import LONGEST_QUESTION, STARTERS, one_line
from assistant.assets import LETTERS, STATIC, TOOLS, VIEWPORT
from assistant.classroom import Classroom
from assistant.crowd import Crowd
from assistant.guards import AwayError, CrowdedError, Meter
from assistant.monitor import Monitor
from assistant.question_log import QuestionLog
from assistant.quiz_page import quiz_link
from assistant.talk import Brought, Message, Talk, Turn, messages
from assistant.texts import LANGUAGES, TEXTS, number_in_words, spoken
from assistant.tools import dictate_html, sheet_file, sheet_page, tools_html
from assistant.wishes import Wishes
from index.errors import Language, TanyaError
from index.manifest import IndexedDocument

HEAD = "{}<style>{}</style><script>{}</script>{}{}".format(
    VIEWPORT,
    *((STATIC / name).read_text(encoding="utf-8") for name in ("chat.css", "page.js")),
    LETTERS,
    TOOLS,
)

_TOGETHER: dict[str, Any] = {"concurrency_limit": None, "concurrency_id": "ask"}
"""All that asks may come at once: the crowd keeps the order."""

_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_BRINGING = "async (...given) => [...given.slice(0, -1), (await (await tanyaTools)?.{}()) ?? '{{}}']"
_OPENING, _GOING_ON = _BRINGING.format("kept"), _BRINGING.format("brought")
"""Let the last input of an event be the conversation that the browser keeps; what goes on waits until the page is open."""

_BEGINNING = (
    "async (...given) => (await (await tanyaTools)?.begun(...given)) ?? [...given.slice(0, -1), '{}']"
)
"""Begins a question, the first input: it comes empty where another one is under way."""


LISTED = 200
"""Documents that the sidebar lists at most."""

_logger = logging.getLogger(__name__)
_LANGUAGES = [(name, language) for language, name in LANGUAGES.items()]


@dataclass(frozen=True)
class Chat:
    """What the chat page works on.

    :param crowd: whom to ask.
    :param room: whose chat it is.
    :param meter: says whether somebody may ask.
    :param monitor: counts the answers.
    """

    crowd: Crowd
    room: Classroom
    meter: Meter
    monitor: Monitor


@dataclass(frozen=True)
class Parts:
    """The parts of the page that its events read and change.

    :param box: for the question.
    :param conversation: the questions and answers as they are shown.
    :param talk: the same as the server knows them.
    :param fresh: the turn that the browser is to keep, as JSON.
    :param switch: of the language.
    :param kept: the conversation that the browser brings back, as JSON.
    """

    box: Any
    conversation: Any
    talk: Any
    fresh: Any
    switch: Any
    kept: Any

    @property
    def changed(self) -> list[Any]:
        """What a question changes."""
        return [self.conversation, self.talk, self.fresh]

    @property
    def known(self) -> list[Any]:
        """What every event of a conversation is told."""
        return [self.talk, self.switch, self.kept]


def build_chat(chat: Chat) -> Any:
    """The page over ``chat``: a ``gradio.Blocks``."""
    language, texts = chat.room.language, TEXTS[chat.room.language]
    with gr.Blocks(title=chat.room.title or "Tanya", analytics_enabled=False) as page:
        with gr.Sidebar(label=texts["documents"], open=False, position="right"):
            documents = gr.HTML(_sidebar_html(chat, Wishes(), language))
        header, switch = _top(language, chat.room.title)
        conversation = gr.Chatbot(
            value=messages(Talk(), language), buttons=["copy"], allow_tags=False, latex_delimiters=[],
            show_label=False, height="58vh", autoscroll=False, elem_id="tanya-chat", layout="bubble",
        )  # fmt: skip
        tools = gr.HTML(tools_html(language), apply_default_css=False, elem_id="tanya-row")
        box, dictate, send = _asking(language)
        with gr.Row(elem_id="tanya-starters"):
            title = gr.HTML(_starters_title(language), elem_id="tanya-starters-title")
            chips = [
                gr.Button(**chip, size="sm")
                for chip in _chips(chat.room.starters or chat.crowd.now().starters)
            ]
        fresh, brought = (gr.Textbox(visible=False) for _ in range(2))
        parts = Parts(box, conversation, gr.State(Talk()), fresh, switch, brought)
        _wire_asking(chat, parts, (send, *chips))
        _wire_sheets(chat, parts)
        if chat.room.log is not None:
            conversation.like(_liking(chat.room.log), parts.talk, None, api_visibility="private")
        said = [header, box, send, title, tools, dictate]
        _wire_language(chat, parts, [*said, documents])
        _wire_opening(chat, page, parts, [*said, switch], [documents, *chips])
    return page


def _told(name: str) -> str:
    """Script that tells the tools of the page what an event gave."""
    return f"async (given) => {{ (await tanyaTools)?.{name}(given); }}"


def _hidden_button(name: str) -> Any:
    """A button that only the page's script presses."""
    return gr.Button("", visible="hidden", elem_id=name)


def _top(language: Language, title: str) -> tuple[Any, Any]:
    """The header and the switch of language."""
    with gr.Row(elem_id="tanya-top"):
        header = gr.HTML(_header_html(language, title), elem_id="tanya-title")
        switch = gr.Radio(
            _LANGUAGES, value=language, label=TEXTS[language]["language"], show_label=False, container=False,
            elem_id="tanya-language",
        )  # fmt: skip
    return header, switch


def _asking(language: Language) -> tuple[Any, Any, Any]:
    """The box for a question, the button to dictate it and the one to send it."""
    texts = TEXTS[language]
    with gr.Row(elem_id="tanya-ask"):
        box = gr.Textbox(
            label=texts["question"], placeholder=texts["placeholder"], show_label=False, container=False,
            lines=1, max_lines=4, max_length=LONGEST_QUESTION, autofocus=True, scale=5, elem_id="tanya-box",
        )  # fmt: skip
        dictate = gr.HTML(dictate_html(language), apply_default_css=False, elem_id="tanya-mic")
        send = gr.Button(texts["send"], variant="primary", scale=0, min_width=90)
    return box, dictate, send


def _wire_asking(chat: Chat, parts: Parts, buttons: Sequence[Any]) -> None:
    """Let the box, the button beside it and the starters, ``buttons``, ask, and what the browser holds be shown again, which clears where
    it holds nothing."""
    send, *chips = buttons

    async def reply(
        question: str, talk: Talk, chosen: str, brought: str, request: gr.Request
    ) -> tuple[Any, Any, Any]:
        if not question.strip():
            return gr.skip(), gr.skip(), gr.skip()
        language, given = spoken(chosen, chat.room.language), Brought.of(brought)
        talk = await run_in_threadpool(given.talk_after, talk)
        turn = await _asked(chat, question, talk, language, request)
        shown = await run_in_threadpool(_shown, chat, talk + turn, language, request)
        return shown, talk + turn, given.answered(turn)

    def again(talk: Talk, chosen: str, brought: str, request: gr.Request) -> tuple[list[Message], Talk]:
        talk = Brought.of(brought).talk_after(talk)
        return _shown(chat, talk, spoken(chosen, chat.room.language), request), talk

    for triggers, source in (([parts.box.submit, send.click], parts.box), *(([c.click], c) for c in chips)):
        asked = gr.on(
            triggers, reply, [source, *parts.known], parts.changed, js=_BEGINNING, **_TOGETHER, **_QUIET
        )
        asked.then(None, parts.fresh, None, js=_told("answered"), api_visibility="private")
        asked.failure(None, None, None, js=_told("failed"), api_visibility="private")
    shown = [parts.conversation, parts.talk]
    _hidden_button("tanya-again-now").click(again, parts.known, shown, js=_GOING_ON, **_QUIET)


def _wire_sheets(chat: Chat, parts: Parts) -> None:
    """Let the tools save and print the conversation."""
    made = gr.Textbox(visible=False)

    def wire(name: str, make: Callable[[Talk, Language, str], str]) -> None:
        def sheet(talk: Talk, chosen: str, brought: str, request: gr.Request) -> str:
            wishes = Wishes.of(request.query_params)
            talk = Brought.of(brought).talk_after(talk)
            return make(talk, spoken(chosen, chat.room.language), wishes.title or chat.room.title or "Tanya")

        button = _hidden_button(f"tanya-{name}-now")
        button.click(sheet, parts.known, made, js=_GOING_ON, **_QUIET).then(
            None, made, None, js=_told(name), api_visibility="private"
        )

    wire("save", sheet_file)
    wire("print", sheet_page)


def _wire_language(chat: Chat, parts: Parts, changed: list[Any]) -> None:
    """Let the switch say the whole page in another language: ``changed`` and the conversation."""

    def translated(talk: Talk, chosen: str, brought: str, request: gr.Request) -> list[Any]:
        language, wishes = spoken(chosen, chat.room.language), Wishes.of(request.query_params)
        documents, talk = _sidebar_html(chat, wishes, language), Brought.of(brought).talk_after(talk)
        said = _said(language, wishes, chat.room.title)
        return [*said, documents, _shown(chat, talk, language, request)]

    parts.switch.input(
        translated, parts.known, [*changed, parts.conversation], js=_GOING_ON, **_QUIET
    ).then(None, None, None, js=_told("translated"), api_visibility="private")  # fmt: skip


def _wire_opening(chat: Chat, page: Any, parts: Parts, said: list[Any], offered: list[Any]) -> None:
    """Let the page open as its address wishes it, with the conversation that the browser kept and the question of a
    link, which is asked unless the conversation has it; what is ``offered`` may come later."""

    async def opened(_: Talk, chosen: str, brought: str, request: gr.Request) -> list[Any]:
        wishes = Wishes.of(request.query_params)
        language = wishes.language or chat.room.language
        given, turn = Brought.of(brought), None
        talk = await run_in_threadpool(given.talk_after, Talk())
        if wishes.question and not talk.has(wishes.question):
            turn = await _asked(chat, wishes.question, talk, language, request)
            talk += turn
        shown = await run_in_threadpool(_shown, chat, talk, language, request)
        return [*_said(language, wishes, chat.room.title), language, shown, talk, given.answered(turn)]

    async def offers(request: gr.Request) -> list[Any]:
        wishes = Wishes.of(request.query_params)
        starters = wishes.starters or await _starters(chat, wishes)
        chips = [gr.Button(**chip) for chip in _chips(starters)]
        return [_sidebar_html(chat, wishes, wishes.language or chat.room.language), *chips]

    changed = [*said, parts.conversation, parts.talk, parts.fresh]
    page.load(opened, parts.known, changed, js=_OPENING, **_TOGETHER, **_QUIET).then(
        None, parts.fresh, None, js=_told("opened"), api_visibility="private"
    )
    page.load(offers, None, offered, **_TOGETHER, **_QUIET)


async def _starters(chat: Chat, wishes: Wishes) -> tuple[str, ...]:
    """Questions to begin with, of a selection of the documents its own; none while too many ask, or the index cannot be
    reached."""
    if chat.room.starters and not chat.crowd.now().known(wishes.documents):
        return chat.room.starters
    try:
        return await chat.crowd.starters(wishes.documents)
    except (CrowdedError, AwayError):
        return ()


def _shown(chat: Chat, talk: Talk, language: Language, request: gr.Request) -> list[Message]:
    return messages(talk, language, Wishes.of(request.query_params).greeting, chat.room.root)


async def _asked(chat: Chat, question: str, talk: Talk, language: Language, request: gr.Request) -> Turn:
    """``question`` with its answer, or with what kept it from being answered."""
    number, answer, problem = None, None, ""
    try:
        answer = await chat.monitor.answered("chat", _answered(chat, question, talk, language, request))
        number = await run_in_threadpool(chat.room.log.record, answer) if chat.room.log is not None else None
    except TanyaError as error:
        problem = error.message(language)
    except Exception:
        _logger.exception("asking failed")
        problem = TEXTS[language]["failed"]
    asked = one_line(question)[:LONGEST_QUESTION]
    return Turn(asked, datetime.now().astimezone(), answer, problem, number)


async def _answered(chat: Chat, question: str, talk: Talk, language: Language, request: gr.Request) -> Answer:
    session = request.session_hash
    await chat.meter.admit(request, f"{chat.room.root} {session}" if session else None)
    documents = Wishes.of(request.query_params).documents
    return await chat.crowd.ask(question, talk.asked, language, documents)


def _chips(starters: Sequence[str]) -> list[dict[str, Any]]:
    """Text and visibility of the buttons of ``starters``."""
    texts = [*starters, *[""] * STARTERS][:STARTERS]
    return [{"value": text, "visible": bool(text)} for text in texts]


def _said(language: Language, wishes: Wishes, title: str) -> list[Any]:
    """What is said in ``language``: the header, the box, its button, the starters' title, the tools, the dictation."""
    texts = TEXTS[language]
    return [
        _header_html(language, wishes.title or title),
        gr.Textbox(label=texts["question"], placeholder=texts["placeholder"]),
        gr.Button(texts["send"]),
        _starters_title(language),
        tools_html(language),
        dictate_html(language),
    ]


def _liking(log: QuestionLog) -> Callable[[Talk, gr.LikeData], None]:
    def liked(talk: Talk, data: gr.LikeData) -> None:
        turn = talk.turn_at(data.index) if isinstance(data.index, int) else None
        if turn is not None and turn.number is not None:
            log.like(turn.number, data.liked if isinstance(data.liked, bool) else None)

    return liked


def _header_html(language: Language, title: str = "") -> str:
    tagline = escape(TEXTS[language]["tagline"])
    return f'<header id="tanya-header"><h1>{escape(title or "Tanya")}</h1><p>{tagline}</p></header>'


def _starters_title(language: Language) -> str:
    return f'<p class="tanya-label">{escape(TEXTS[language]["starters"])}</p>'


def _sidebar_html(chat: Chat, wishes: Wishes, language: Language) -> str:
    root = chat.room.root
    quiz = f"<p>{quiz_link(language, wishes.documents, root)}</p>" if chat.room.quiz.on else ""
    manifest, part = chat.crowd.now().index.manifest, set(wishes.documents)
    chosen = [document for document in manifest.documents if document.path in part]
    return _documents_html(chosen or manifest.documents, language, root) + quiz


def _documents_html(documents: Sequence[IndexedDocument], language: Language, root: str) -> str:
    items = "".join(
        f'<li><a href="{root}/documents/{quote(d.path)}" target="_blank">{escape(d.title)}</a></li>'
        for d in documents[:LISTED]
    )
    if len(documents) > LISTED:
        all_of_them = TEXTS[language]["all_documents"].format(count=number_in_words(len(documents), language))
        items += f'<li><a href="{root}/documents" target="_blank">{escape(all_of_them)}</a></li>'
    title = escape(TEXTS[language]["documents"])
    return f'<nav class="tanya-documents" aria-label="{title}"><h2>{title}</h2><ul>{items}</ul></nav>'
