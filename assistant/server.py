"""One application for the chat, the API and the documents."""

import gc
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from fastapi import FastAPI, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.classroom import ALONE, Classroom, House, Place, Public, Teacher
from assistant.collections import ADDRESS, collections_served, read_definition, settings_of
from assistant.crowd import Crowd
from assistant.gate import Gate, GateKeeper
from assistant.guards import ADMIN, Allowance, BodyLimit, SecurityHeaders
from assistant.live import LiveAssistant
from assistant.logs import log_as
from assistant.origins import below
from assistant.passwords import hashed, kept_in
from assistant.ports import address_at
from assistant.probes import probes_router
from assistant.question_log import FileLog, QuestionLog
from assistant.school import CollectionPath, Made, School
from assistant.settings import Settings
from assistant.switch import Switch
from assistant.teacher import Desk
from assistant.texts import TEXTS
from assistant.traffic import Traffic, WorkerPath
from index.build import build_index
from index.build_process import BuildProcess
from index.encoder import Encoder, load_encoder
from index.folder import is_current
from index.kinds import LARGEST_OTHER
from index.progress import Progress

if TYPE_CHECKING:
    from assistant.lti import Tool


MOST_EVENTS = 64
"""Events of a page that Gradio lets run at once: questions among them wait for their turn in a ``Crowd``, which tells
whom there is no room for."""

MOST_QUEUED = 40
"""Events of a page that wait in Gradio's queue; more are refused at once, and the page says that the question was not sent."""


def create_app(room: Classroom, house: House | None = None, school: School | None = None) -> FastAPI:
    """The application of a server.

    :param room: the collection that stands at its root.
    :param house: what it shares with the others.
    :param school: the others.
    """
    from assistant.assets import assets_router

    house = house or House.of(room)
    app, gate = _guarded(room, house)
    app.include_router(probes_router(house.monitor, room.public.metrics))
    app.include_router(assets_router())
    if room.public.lti is not None:
        from assistant.lti_pages import add_lti

        add_lti(app, room.public.lti, room.now, room.language, room.public.behind_proxy)
    _furnish(app, room, house, gate)
    app.state.school = school
    if school is not None:
        app.add_middleware(CollectionPath, school=school)
    app.add_middleware(Traffic, monitor=house.monitor)
    if house.place.prefix:
        app.add_middleware(WorkerPath)
    return app


def collection_app(room: Classroom, house: House, live: LiveAssistant) -> Made:
    """The application of one of the other collections of a server.

    :param live: the assistant of ``room``.
    """
    app, gate = _guarded(room, house)
    return Made(app, live, _furnish(app, room, house, gate))


def _guarded(room: Classroom, house: House) -> tuple[FastAPI, Gate]:
    """An application without a page, what every request to it passes, the innermost first, and its teacher's gate."""
    from assistant.api import add_error_handlers
    from assistant.embed import EmbedPath

    app = FastAPI(
        title="Tanya", version="1", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json",
        servers=[{"url": room.root}] if room.root else None,
    )  # fmt: skip
    gate = Gate(room.teacher.password if room.teacher else "", room.language, house.guesses, room.root)
    add_error_handlers(app, room.root)
    app.add_middleware(EmbedPath)
    app.add_middleware(GateKeeper, gate=gate)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=room.public.origins,
        allow_origin_regex=below(room.public.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["content-type", "x-gradio-user"],
    )
    platforms = room.public.lti.platforms.origins() if room.public.lti is not None else ()
    app.add_middleware(SecurityHeaders, origins=room.public.origins, platforms=platforms)
    return app, gate


def _furnish(app: FastAPI, room: Classroom, house: House, gate: Gate) -> Callable[[], None]:
    """Put the API and the pages of ``room`` into ``app``; gives what lets go of all kept answers."""
    from assistant.api import api_router
    from assistant.chat import HEAD, Chat, build_chat
    from assistant.embed import embed_router
    from assistant.pages import pages_router
    from assistant.quiz_api import quiz_api_router
    from assistant.quiz_page import quiz_router
    from assistant.share import share_router
    from assistant.sheets import Sheets

    crowd, sheets = Crowd(room.now, house.answering), Sheets(room.now, house.making)
    app.include_router(api_router(crowd, house.meter, house.monitor, room.log))
    app.include_router(quiz_api_router(sheets, house.meter, room.quiz, room.root))
    app.include_router(quiz_router(sheets, house.meter, room.quiz, room.language, room.root))
    app.include_router(pages_router(room.now, room.language, room.root))
    app.include_router(embed_router(room.public.origins))
    app.include_router(share_router(room))
    app.include_router(gate.router())
    if room.teacher is not None and room.teacher.password:
        _mount_admin(app, room, room.teacher)
    page = build_chat(Chat(crowd, room, house.meter, house.monitor))
    _mounted(app, page, "/", "", HEAD, max_file_size=1, root_path=house.place.prefix + room.root)

    def forget() -> None:
        crowd.forget()
        sheets.forget()

    return forget


def _mount_admin(app: FastAPI, room: Classroom, teacher: Teacher) -> None:
    from assistant.admin import CSS, Teaching, build_admin
    from assistant.assets import VIEWPORT
    from assistant.question_log import as_csv

    @app.get(f"{ADMIN}/questions.csv", include_in_schema=False)
    def questions() -> Response:
        rows = room.log.questions() if room.log is not None else []
        named = {"Content-Disposition": 'attachment; filename="questions.csv"'}
        return Response(as_csv(rows).encode("utf-8-sig"), media_type="text/csv", headers=named)

    page = build_admin(Teaching(room, teacher.desk, teacher.encoder))
    root_path = room.root + ADMIN if room.root else ""
    _mounted(app, page, ADMIN, CSS, VIEWPORT, max_file_size=LARGEST_OTHER, root_path=root_path)


def _theme() -> Any:
    """Gradio's soft theme in a teal and greys that stand out enough from what is behind them (WCAG 2.2, 1.4.3)."""
    import gradio as gr

    font = ["system-ui", "sans-serif"]
    links = {
        f"link_text_color{state}_dark": "*primary_300" for state in ("", "_active", "_hover", "_visited")
    }
    return gr.themes.Soft(primary_hue="teal", font=font, font_mono=["ui-monospace", "monospace"]).set(
        checkbox_label_background_fill_selected="*primary_700",
        checkbox_label_background_fill_selected_dark="*primary_700",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        block_label_text_color="*primary_800",
        block_title_text_color="*primary_800",
        block_label_background_fill_dark="*primary_800",
        block_title_background_fill_dark="*primary_800",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_300",
        **links,
    )


def _mounted(
    app: FastAPI, page: Any, path: str, css: str, head: str, max_file_size: int, root_path: str
) -> None:
    """Put the Gradio ``page`` into ``app`` at ``path``.

    :param root_path: where browsers find it; empty where that is ``path``.
    """
    import gradio as gr

    theme = _theme()
    page.max_threads = MOST_EVENTS
    page.queue(max_size=MOST_QUEUED)
    gr.mount_gradio_app(
        app, page, path=path, footer_links=[], run_history=False, show_error=False, css=css, head=head, theme=theme,
        max_file_size=max_file_size, root_path=root_path or None,
    )  # fmt: skip
    place: Any = app.routes[-1]
    app.state.pages = [*getattr(app.state, "pages", ()), place.app]
    if root_path:
        place.app = _AtRoot(place.app, root_path)


class _AtRoot:
    """ASGI application that lets ``app`` see what a path is below the place where it is mounted.

    :param root_path: where browsers find it, below which there is nothing here: Gradio would take it away from a path, and
        then see another one than those that stand guard before it.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self.app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"].removeprefix(scope["root_path"])
        if path == self._root_path or path.startswith(f"{self._root_path}/"):
            await Response(status_code=404)(scope, receive, send)
            return
        await self.app({**scope, "path": path, "root_path": ""}, receive, send)


def serve(settings: Settings, progress: Progress, say: Callable[[str], None]) -> None:
    """Serve the chat from this process until interrupted; the index is built first if there is none.

    :param say: told the address once the page can be opened.
    :raises TanyaError: if the index cannot be opened or built.
    """
    texts = TEXTS[settings.language]
    log_as(settings.log, ALONE.number)
    store = settings.store_in_use()
    if not store.exists():
        encoder = load_encoder(settings.encoder)
        build_index(settings.docs, store, encoder, progress, kept=settings.keep, ray=settings.ray)
    served = texts["serving"].format(address=address_at(settings.host, settings.port))
    lines = [served, *collections_served(settings)]
    listen(settings, ALONE, threading.Event(), lambda: say("\n".join(lines)), say)


def listen(
    settings: Settings,
    place: Place,
    told: threading.Event,
    ready: Callable[[], None],
    say: Callable[[str], None],
) -> None:
    """Serve as the worker at ``place`` until interrupted or ``told``.

    :param ready: called once requests are answered.
    :param say: told that the index is stale, if it is and this is the first worker.
    :raises TanyaError: if the index cannot be opened.
    """
    from assistant.listening import Listening, configured

    gc.disable()
    encoder = load_encoder(settings.encoder)
    store = settings.store_in_use()
    live = LiveAssistant(store, encoder, settings.sure)
    first = place.number == 0
    if first and not is_current(live.now().index.manifest, settings.docs, settings.index):
        say(TEXTS[settings.language]["stale"].format(docs=settings.docs, index=store.place))
    room = classroom(settings, live, encoder, first)
    house = House.of(room, place)
    school = School(
        settings.collections, collection_maker(settings, encoder, house, first), settings.language
    )
    app = create_app(room, house, school)
    live.follow()
    gc.enable()
    gc.freeze()
    port = settings.port + place.here
    config = configured(app, settings.host, port, settings.behind_proxy, settings.log)
    Listening(config, house.monitor, told, ready).run()


def classroom(settings: Settings, live: LiveAssistant, encoder: Encoder, teaching: bool) -> Classroom:
    """What the collection of ``settings`` has, whose assistant is ``live``.

    :param teaching: whether its teacher's page is here, which only the first of several workers has.
    """
    return Classroom(
        now=live.now,
        language=settings.language,
        teacher=_teacher(settings, live, encoder) if teaching else None,
        log=_log(settings),
        public=_public(settings),
        quiz=Switch(settings.password_file.with_name("switches.json"), allowed=settings.quiz),
    )


def collection_maker(
    settings: Settings, encoder: Encoder, house: House, teaching: bool
) -> Callable[[str], Made]:
    """What makes the application of another collection of the server with ``settings``, given its name."""

    def make(name: str) -> Made:
        own, said = settings_of(settings, name), read_definition(settings, name)
        live = LiveAssistant(own.store_in_use(), encoder, own.sure)
        room = replace(
            classroom(own, live, encoder, teaching),
            root=f"{ADDRESS}/{name}",
            title=said.title,
            starters=said.starters,
        )
        return collection_app(room, house, live)

    return make


def _teacher(settings: Settings, live: LiveAssistant, encoder: Encoder) -> Teacher:
    store = settings.store_in_use()
    builder = BuildProcess(settings.docs, store, settings.encoder, settings.keep, settings.ray)
    desk = Desk(settings.docs, store, builder, live.refresh)
    given = settings.password.get_secret_value()
    return Teacher(desk, encoder, hashed(given) if given else kept_in(settings.password_file))


def _public(settings: Settings) -> Public:
    allowance = Allowance(settings.rate_address, settings.rate_session, settings.rate_day)
    return Public(
        settings.embed_origins,
        allowance,
        _lti(settings),
        settings.behind_proxy,
        settings.metrics_public,
        settings.limits.get_secret_value(),
    )


def _lti(settings: Settings) -> "Tool | None":
    if settings.lti_file is None:
        return None
    from assistant.lti_platforms import LtiError

    try:
        from assistant.lti import Tool
    except ModuleNotFoundError as error:
        raise LtiError("extra", file=settings.lti_file) from error
    return Tool.open(settings.lti_file)


def _log(settings: Settings) -> QuestionLog | None:
    if not settings.question_log:
        return None
    shared = settings.question_log_redis.get_secret_value()
    if shared:
        from assistant.shared_log import SharedLog

        return SharedLog(shared, settings.question_log_file.as_posix(), settings.question_log_days)
    return FileLog(settings.question_log_file, settings.question_log_days)
