"""The teacher's page."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.admin_views import (
    days_frame,
    documents_table,
    groups_table,
    map_frame,
    passages_frame,
    passages_html,
    trial_html,
)
from assistant.asking import LONGEST_QUESTION
from assistant.classroom import Classroom
from assistant.guards import ADMIN
from assistant.question_log import grouped
from assistant.rendering import escaped
from assistant.teacher import Desk
from assistant.texts import ADMIN_TEXTS, TEXTS, texts_of
from index.encoder import Encoder
from index.errors import TanyaError

CSS = (Path(__file__).parent / "static" / "admin.css").read_text(encoding="utf-8")

PROGRESS = gr.Progress()
"""What Gradio puts the live bar of a call in place of."""

LOOK_SECONDS = 0.25
"""Between two looks at how a build is getting on."""

CACHED_SECONDS = 3600
"""Uploads that were not taken over are deleted after so long."""


@dataclass(frozen=True)
class Teaching:
    """What the teacher's page works on.

    :param room: whose page it is.
    :param desk: the documents and the index.
    :param encoder: finds questions that are alike.
    """

    room: Classroom
    desk: Desk
    encoder: Encoder

    @property
    def texts(self) -> Mapping[str, str]:
        """What the page says."""
        return ADMIN_TEXTS[self.room.language]

    @property
    def heading(self) -> str:
        """Whose page it is."""
        room = self.room
        return " · ".join(filter(None, (self.texts["title"], room.title or room.root.rpartition("/")[2])))

    @property
    def quiz_texts(self) -> Mapping[str, str]:
        """What it says of the quiz."""
        return texts_of("quiz")[self.room.language]


def build_admin(teaching: Teaching) -> Any:
    """The page over ``teaching``: a ``gradio.Blocks``."""
    texts = teaching.texts
    with gr.Blocks(
        title=teaching.heading, analytics_enabled=False, delete_cache=(CACHED_SECONDS, CACHED_SECONDS)
    ) as page:
        with gr.Row(elem_id="tanya-top"):
            gr.HTML(f"<h1>{escape(teaching.heading)}</h1>")
            gr.HTML(f'<a href="{teaching.room.root}/share" target="_blank">{texts["share"]}</a>')
            gr.HTML(
                f'<form method="post" action="{teaching.room.root}{ADMIN}/logout"><button class="tanya-out">{texts["log_out"]}</button></form>'
            )
        with gr.Tab(texts["documents"]):
            _documents_tab(page, teaching)
        with gr.Tab(texts["inside"]) as inside:
            _inside_tab(inside, teaching)
        with gr.Tab(texts["try"]):
            _trial_tab(teaching)
        with gr.Tab(texts["pictures"]) as pictures:
            _pictures_tab(pictures, teaching)
        with gr.Tab(texts["asked"]) as asked:
            _asked_tab(asked, teaching)
    return page


def _documents_tab(page: Any, teaching: Teaching) -> None:
    texts, desk = teaching.texts, teaching.desk
    said = gr.Markdown(elem_id="tanya-said")
    table = gr.HTML(elem_id="tanya-files")
    build = gr.Button(texts["build"], variant="primary", elem_id="tanya-build")
    upload = gr.File(label=texts["upload"], file_count="multiple", elem_id="tanya-upload")
    with gr.Row(equal_height=True):
        chosen = gr.Dropdown([], multiselect=True, label=texts["choose"], elem_id="tanya-chosen", scale=4)
        remove = gr.Button(texts["remove"], variant="stop", elem_id="tanya-remove", scale=0)
    quiz = gr.Checkbox(
        label=teaching.quiz_texts["allow"], info=teaching.quiz_texts["allow_note" if teaching.room.quiz.allowed else "allow_off"],
        interactive=teaching.room.quiz.allowed, elem_id="tanya-quiz",
    )  # fmt: skip
    shown = [said, table, chosen]

    def add(paths: list[str] | None) -> list[Any]:
        return [*_shown(teaching, _said(teaching, lambda: _added(teaching, paths or []))), None]

    def put_away(names: list[str] | None) -> list[Any]:
        def removed() -> list[str]:
            return [texts["gone"].format(name=name) for name in desk.remove(names or [])]

        return _shown(teaching, _said(teaching, removed))

    def renew(progress: Any = PROGRESS) -> list[Any]:
        return _built(teaching, progress)

    def turn(on: bool) -> tuple[str, bool]:
        return _plain(_said(teaching, lambda: _turned(teaching, on))), teaching.room.quiz.on

    quiz.input(turn, quiz, [said, quiz], api_visibility="private")
    page.load(lambda: teaching.room.quiz.on, None, quiz, api_visibility="private")
    upload.upload(add, upload, [*shown, upload], api_visibility="private")
    remove.click(put_away, chosen, shown, api_visibility="private")
    build.click(renew, None, shown, api_visibility="private", show_progress_on=table)
    page.load(lambda: _shown(teaching, []), None, shown, api_visibility="private")


def _turned(teaching: Teaching, on: bool) -> list[str]:
    teaching.room.quiz.turn(on)
    return [teaching.quiz_texts["turned_on" if on else "turned_off"]]


def _added(teaching: Teaching, paths: list[str]) -> list[str]:
    return [
        added.problem.message(teaching.room.language)
        if added.problem is not None
        else teaching.texts["uploaded"].format(name=added.name)
        for added in teaching.desk.add(paths)
    ]


def _said(teaching: Teaching, act: Callable[[], list[str]]) -> list[str]:
    """What ``act`` says, or why it could not be done."""
    try:
        return act()
    except TanyaError as error:
        return [error.message(teaching.room.language)]


def _shown(teaching: Teaching, lines: list[str]) -> list[Any]:
    """What is said, the table of documents, and those that can be removed."""
    try:
        changes = teaching.desk.documents()
    except TanyaError as error:
        return [_plain([error.message(teaching.room.language)]), "", gr.Dropdown(choices=[])]
    if any(change.state not in ("unchanged", "skipped") for change in changes):
        lines = [*lines, teaching.texts["pending"]]
    names = [change.file for change in changes if change.state != "removed"]
    return [
        _plain(lines),
        documents_table(changes, teaching.room.language),
        gr.Dropdown(choices=names, value=[]),
    ]


def _plain(lines: list[str]) -> str:
    return "\n\n".join(map(escaped, lines))


def _built(teaching: Teaching, progress: Any) -> list[Any]:
    """Build, showing how far it is, and say how it ended."""
    texts, builder = teaching.texts, teaching.desk.builder
    builder.start()
    while (state := builder.state).running:
        share = state.done / state.total if state.total else 0.0
        progress(share, desc=f"{TEXTS[teaching.room.language][state.stage]} {share:.0%}")
        time.sleep(LOOK_SECONDS)
    teaching.desk.refresh()
    if state.report is None:
        reason = state.problem.message(teaching.room.language) if state.problem else ""
        return _shown(teaching, [texts["failed"].format(reason=reason)])
    lines = [texts["built"].format(**state.report)]
    lines += [f"{count} {texts[name]}" for name, count in state.report["counts"].items()]
    return _shown(teaching, ["; ".join(lines)])


def _inside_tab(tab: Any, teaching: Teaching) -> None:
    document = gr.Dropdown([], label=teaching.texts["document"], elem_id="tanya-document")
    passages = gr.HTML(elem_id="tanya-passages")

    def choices() -> Any:
        known = teaching.room.now().index.manifest.documents
        return gr.Dropdown(choices=[(f"{one.title} ({one.path})", one.path) for one in known])

    tab.select(choices, None, document, api_visibility="private")

    def shown(path: str | None) -> str:
        try:
            return passages_html(teaching.room.now().index, path or "", teaching.room.language)
        except TanyaError as error:
            return f"<p>{escaped(error.message(teaching.room.language))}</p>"

    document.change(shown, document, passages, api_visibility="private")


def _trial_tab(teaching: Teaching) -> None:
    texts = teaching.texts
    box = gr.Textbox(label=texts["question"], max_length=LONGEST_QUESTION, elem_id="tanya-trial")
    ask = gr.Button(texts["ask"], variant="primary")
    found = gr.HTML(elem_id="tanya-found")

    def tried(question: str) -> str:
        try:
            return trial_html(teaching.room.now(), question, teaching.room.language)
        except TanyaError as error:
            return f"<p>{escaped(error.message(teaching.room.language))}</p>"

    for event in (box.submit, ask.click):
        event(tried, box, found, api_visibility="private")


def _pictures_tab(tab: Any, teaching: Teaching) -> None:
    texts = teaching.texts
    bars = gr.BarPlot(
        x=texts["document"],
        y=texts["count"],
        title=texts["per_document"],
        sort="-y",
        y_lim=[0, None],
        x_label_angle=-40,
        height=380,
    )
    plane = gr.ScatterPlot(
        x="x", y="y", color=texts["document"], title=texts["map"], height=480,
        tooltip=[texts["document"], texts["passages"]], x_axis_labels_visible=False, y_title=" ",
    )  # fmt: skip
    plots = [bars, plane]
    if teaching.room.log is not None:
        plots.append(
            gr.BarPlot(
                x=texts["day"], y=texts["count"], color=texts["state"], title=texts["per_day"], height=320
            )
        )

    def drawn() -> list[Any]:
        index = teaching.room.now().index
        drawings: list[Any] = [
            passages_frame(index, teaching.room.language),
            map_frame(index, teaching.room.language),
        ]
        if teaching.room.log is not None:
            try:
                days = days_frame(teaching.room.log.questions(), teaching.room.language)
                drawings.append(gr.BarPlot(days, visible=not days.empty))
            except TanyaError:
                drawings.append(gr.BarPlot(visible=False))
        return drawings

    tab.select(drawn, None, plots, api_visibility="private")


def _asked_tab(tab: Any, teaching: Teaching) -> None:
    texts, log = teaching.texts, teaching.room.log
    if log is None:
        gr.Markdown(texts["log_off"], elem_id="tanya-log-off")
        return
    gr.Markdown(texts["unanswered"])
    table = gr.HTML(elem_id="tanya-unanswered")
    gr.HTML(f'<a href="{teaching.room.root}{ADMIN}/questions.csv" download>{texts["download"]}</a>')

    def unanswered() -> str:
        try:
            return groups_table(grouped(log.questions(), teaching.encoder), teaching.room.language)
        except TanyaError as error:
            return f"<p>{escaped(error.message(teaching.room.language))}</p>"

    tab.select(unanswered, None, table, api_visibility="private")
