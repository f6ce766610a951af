"""The chat page."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
from starlette.concurrency import run_in_threadpool

from assistant.answers import Answer
from assistant.asking import LONGEST_HISTORY, LONGEST_QUESTION, STARTERS, Assistant
from assistant.crowd import Crowd
from assistant.guards import Meter
from assistant.monitor import Monitor
from assistant.question_log import QuestionLog
from assistant.quiz_page import quiz_link
from assistant.rendering import answer_html, escaped
from assistant.switch import Switch
from assistant.texts import LANGUAGES, TEXTS, spoken
from assistant.wishes import Wishes
from index.errors import Language, TanyaError

CSS = (Path(__file__).parent / "static" / "chat.css").read_text(encoding="utf-8")
HEAD = '<meta name="viewport" content="width=device-width, initial-scale=1"><script>{}</script>'.format(
    (Path(__file__).parent / "static" / "page.js").read_text(encoding="utf-8")
)
_SHOW_LAST = """() => setTimeout(() => {
  const asked = [...document.querySelectorAll("#tanya-chat [data-testid=user]")].pop();
  const box = asked && asked.closest(".bubble-wrap");
  if (box) box.scrollTop += asked.getBoundingClientRect().top - box.getBoundingClientRect().top - 12;
}, 100)"""
"""Brings the last question to the top of the conversation, so that its answer is read from its start."""


_logger = logging.getLogger(__name__)
_LANGUAGES = [(name, language) for language, name in LANGUAGES.items()]
Message = dict[str, Any]


@dataclass(frozen=True)
class Talk:
    """What was asked in a conversation.

    :param asked: the questions that further ones may hang on, oldest first.
    :param numbers: numbers of the answers in the log, by their places among the messages.
    """

    asked: tuple[str, ...] = ()
    numbers: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Chat:
    """What the chat page works on.

    :param crowd: whom to ask.
    :param language: that the page opens in.
    :param meter: says whether somebody may ask.
    :param log: where questions and likes are kept, if they are.
    :param quiz: whether pupils may test themselves.
    :param monitor: counts the answers.
    """

    crowd: Crowd
    language: Language
    meter: Meter
    log: QuestionLog | None
    quiz: Switch
    monitor: Monitor


def build_chat(chat: Chat) -> Any:
    """The page over ``chat``: a ``gradio.Blocks``."""
    now, language, texts = chat.crowd.now, chat.language, TEXTS[chat.language]
    with gr.Blocks(title="Tanya", analytics_enabled=False) as page:
        with gr.Sidebar(label=texts["documents"], open=False, position="right"):
            documents = gr.HTML(_sidebar_html(chat, Wishes(), language))
        header, switch = _top(language)
        conversation = gr.Chatbot(
            value=_welcome(language), buttons=["copy"], allow_tags=False, latex_delimiters=[],
            show_label=False, height="58vh", autoscroll=False, elem_id="tanya-chat", layout="bubble",
        )  # fmt: skip
        box, send = _asking(texts)
        with gr.Row(elem_id="tanya-starters"):
            title = gr.HTML(_starters_title(language), elem_id="tanya-starters-title")
            chips = [gr.Button(**chip, size="sm") for chip in _chips(now().starters)]
        clear = gr.Button(texts["clear"], size="sm", variant="secondary", elem_id="tanya-clear")
        talk = gr.State(Talk())
        _wire_asking(chat, (box, send, *chips), (box, conversation, talk, switch), clear)
        if chat.log is not None:
            conversation.like(_liking(chat.log), talk, None, api_visibility="private")

        def translated(chosen: str, request: gr.Request) -> list[Any]:
            return _translated(chat, spoken(chosen, chat.language), Wishes.of(request.query_params))

        def opened(request: gr.Request) -> list[Any]:
            return _opened(chat, Wishes.of(request.query_params))

        switch.change(
            translated, switch, [header, documents, box, send, title, clear], api_visibility="private"
        )
        page.load(
            opened, None, [switch, header, conversation, documents, *chips],
            api_visibility="private", show_progress="hidden",
        )  # fmt: skip
    return page


def _top(language: Language) -> tuple[Any, Any]:
    """The header and the switch of language."""
    with gr.Row(elem_id="tanya-top"):
        header = gr.HTML(_header_html(language), elem_id="tanya-title")
        switch = gr.Radio(
            _LANGUAGES, value=language, label=TEXTS[language]["language"], show_label=False, container=False,
            elem_id="tanya-language",
        )  # fmt: skip
    return header, switch


def _opened(chat: Chat, wishes: Wishes) -> list[Any]:
    """The page as its address wishes it: the language, the header, the greeting, the documents and the starters."""
    language = wishes.language or chat.language
    assistant = chat.crowd.now().about(wishes.documents)
    greeting = [_message("assistant", escaped(wishes.greeting))] if wishes.greeting else _welcome(language)
    return [
        language,
        _header_html(language, wishes.title),
        greeting,
        _sidebar_html(chat, wishes, language),
        *(gr.Button(**chip) for chip in _chips(wishes.starters or assistant.starters)),
    ]


def _asking(texts: Mapping[str, str]) -> tuple[Any, Any]:
    """The box for a question and the button beside it."""
    with gr.Row(elem_id="tanya-ask"):
        box = gr.Textbox(
            label=texts["question"], placeholder=texts["placeholder"], show_label=False, container=False,
            lines=1, max_lines=4, max_length=LONGEST_QUESTION, autofocus=True, scale=5, elem_id="tanya-box",
        )  # fmt: skip
        send = gr.Button(texts["send"], variant="primary", scale=0, min_width=90)
    return box, send


def _wire_asking(chat: Chat, starts: tuple[Any, ...], inputs: tuple[Any, Any, Any, Any], clear: Any) -> None:
    """Let the box, the button beside it and the starters ``starts`` ask, and ``clear`` begin anew."""
    box, send, *chips = starts
    outputs = list(inputs[:3])

    async def reply(
        question: str, shown: list[Message], talk: Talk, chosen: str, request: gr.Request
    ) -> tuple[str, list[Message], Talk]:
        return await _reply(chat, question, shown, talk, spoken(chosen, chat.language), request)

    for event, source in ((box.submit, box), (send.click, box), *((chip.click, chip) for chip in chips)):
        event(
            reply, [source, *inputs[1:]], outputs, api_visibility="private", show_progress="hidden",
            concurrency_id="ask", concurrency_limit=None,
        ).then(None, None, None, js=_SHOW_LAST, api_visibility="private")  # fmt: skip
    clear.click(
        lambda chosen: ("", _welcome(spoken(chosen, chat.language)), Talk()),
        inputs[3],
        outputs,
        api_visibility="private",
    )


async def _reply(
    chat: Chat, question: str, shown: list[Message], talk: Talk, language: Language, request: gr.Request
) -> tuple[str, list[Message], Talk]:
    """The emptied box, the conversation with the answer, and what was asked so far."""
    if not question.strip():
        return "", shown, talk
    number = None
    try:
        answer = await chat.monitor.answered("chat", _answered(chat, question, talk, language, request))
        html = answer_html(answer, language)
        talk = replace(talk, asked=(*talk.asked, question)[-LONGEST_HISTORY:])
        number = await run_in_threadpool(chat.log.record, answer) if chat.log is not None else None
    except TanyaError as error:
        html = f"<p>{escaped(error.message(language))}</p>"
    except Exception:
        _logger.exception("asking failed")
        html = f"<p>{escaped(TEXTS[language]['failed'])}</p>"
    said = escaped(question[:LONGEST_QUESTION])
    shown = [*shown, _message("user", said), _message("assistant", html)]
    if number is not None:
        talk = replace(talk, numbers={**talk.numbers, len(shown) - 1: number})
    return "", shown, talk


async def _answered(chat: Chat, question: str, talk: Talk, language: Language, request: gr.Request) -> Answer:
    chat.meter.admit(request, request.session_hash)
    documents = Wishes.of(request.query_params).documents
    return await chat.crowd.ask(question, talk.asked, language, documents)


def _chips(starters: Sequence[str]) -> list[dict[str, Any]]:
    """Text and visibility of the buttons of ``starters``."""
    texts = [*starters, *[""] * STARTERS][:STARTERS]
    return [{"value": text, "visible": bool(text)} for text in texts]


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _welcome(language: Language) -> list[Any]:
    return [_message("assistant", escaped(TEXTS[language]["welcome"]))]


def _translated(chat: Chat, language: Language, wishes: Wishes) -> list[Any]:
    texts = TEXTS[language]
    return [
        _header_html(language, wishes.title),
        _sidebar_html(chat, wishes, language),
        gr.Textbox(label=texts["question"], placeholder=texts["placeholder"]),
        gr.Button(texts["send"]),
        _starters_title(language),
        gr.Button(texts["clear"]),
    ]


def _liking(log: QuestionLog) -> Callable[[Talk, gr.LikeData], None]:
    def liked(talk: Talk, data: gr.LikeData) -> None:
        number = talk.numbers.get(data.index) if isinstance(data.index, int) else None
        if number is not None:
            log.like(number, data.liked if isinstance(data.liked, bool) else None)

    return liked


def _header_html(language: Language, title: str = "") -> str:
    tagline = escape(TEXTS[language]["tagline"])
    return f'<header id="tanya-header"><h1>{escape(title or "Tanya")}</h1><p>{tagline}</p></header>'


def _starters_title(language: Language) -> str:
    return f'<p class="tanya-label">{escape(TEXTS[language]["starters"])}</p>'


def _sidebar_html(chat: Chat, wishes: Wishes, language: Language) -> str:
    quiz = f"<p>{quiz_link(language, wishes.documents)}</p>" if chat.quiz.on else ""
    return _documents_html(chat.crowd.now().about(wishes.documents), language) + quiz


def _documents_html(assistant: Assistant, language: Language) -> str:
    items = "".join(
        f'<li><a href="/documents/{quote(d.path)}" target="_blank">{escape(d.title)}</a></li>'
        for d in assistant.index.manifest.documents
    )
    title = escape(TEXTS[language]["documents"])
    return f'<nav class="tanya-documents" aria-label="{title}"><h2>{title}</h2><ul>{items}</ul></nav>'
