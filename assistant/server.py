"""One application for the chat, the API and the documents."""

import gc
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from fastapi import FastAPI, Response
from starlette.middleware.cors import CORSMiddleware

from assistant.asking import Assistant
from assistant.crowd import Crowd
from assistant.gate import Gate, GateKeeper
from assistant.guards import ADMIN, Allowance, BodyLimit, Meter, SecurityHeaders
from assistant.live import LiveAssistant
from assistant.logs import log_as
from assistant.monitor import Monitor
from assistant.origins import below
from assistant.passwords import hashed, kept_in
from assistant.ports import address_at
from assistant.probes import probes_router
from assistant.question_log import QuestionLog
from assistant.settings import Settings
from assistant.switch import Switch
from assistant.teacher import Desk
from assistant.texts import TEXTS
from assistant.traffic import Traffic, WorkerPath
from index.build import build_index
from index.build_process import BuildProcess
from index.encoder import Encoder, load_encoder
from index.errors import Language
from index.folder import is_current
from index.kinds import LARGEST_OTHER
from index.progress import Progress

if TYPE_CHECKING:
    from assistant.lti import Tool


@dataclass(frozen=True)
class Public:
    """What others may do.

    :param origins: sites that may embed the chat and call the API from their pages.
    :param allowance: how much may be asked.
    :param lti: what learning platforms launch; without, none may.
    :param behind_proxy: whether a proxy tells by which address the server is asked.
    :param metrics: whether everybody may see the server's figures.
    """

    origins: tuple[str, ...] = ()
    allowance: Allowance = field(default_factory=Allowance)
    lti: "Tool | None" = None
    behind_proxy: bool = False
    metrics: bool = False


MOST_QUEUED = 100
"""Events of a page that wait in Gradio's queue; more are refused by it."""

PUBLIC = Public()
"""No other site may embed the chat, and a minute's worth of questions is what a school asks."""


@dataclass(frozen=True)
class Place:
    """Which of the workers of a server a process is.

    :param number: from 0 on.
    :param count: how many there are.
    """

    number: int = 0
    count: int = 1

    @property
    def prefix(self) -> str:
        """Where the pages of this worker find it again behind a proxy; empty if it is the only one."""
        return f"/w/{self.number}" if self.count > 1 else ""


ALONE = Place()
"""The only worker."""


@dataclass(frozen=True)
class Teacher:
    """What the teacher's page needs.

    :param desk: the documents and the index.
    :param encoder: the model of the index.
    :param password: hash of the password; empty turns the page off.
    """

    desk: Desk
    encoder: Encoder
    password: str


def create_app(
    now: Callable[[], Assistant],
    language: Language = "id",
    teacher: Teacher | None = None,
    log: QuestionLog | None = None,
    public: Public = PUBLIC,
    quiz: Switch | None = None,
    place: Place = ALONE,
    monitor: Monitor | None = None,
) -> FastAPI:
    """The application that asks the assistant ``now()``, its pages opening in ``language``.

    :param teacher: what the teacher's page needs; without, it is off.
    :param log: where questions are kept, if they are.
    :param public: what others may do with it.
    :param quiz: whether pupils may test themselves; on if not given.
    :param place: which of several workers this is.
    :param monitor: counts what it does.
    """
    from assistant.api import add_error_handlers, api_router
    from assistant.assets import assets_router
    from assistant.chat import HEAD, Chat, build_chat
    from assistant.embed import embed_router
    from assistant.pages import pages_router
    from assistant.quiz_api import quiz_api_router
    from assistant.quiz_page import quiz_router
    from assistant.share import share_router
    from assistant.sheets import Sheets

    app = FastAPI(
        title="Tanya",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    gate = Gate(teacher.password if teacher is not None else "", language)
    meter = Meter(public.allowance)
    monitor = monitor or Monitor(now)
    _stand_guards(app, gate, public, place, monitor)
    add_error_handlers(app)
    crowd = Crowd(now)
    app.include_router(probes_router(monitor, public.metrics))
    app.include_router(api_router(crowd, meter, monitor, log))
    switch, sheets = quiz or Switch(), Sheets(now)
    app.include_router(quiz_api_router(sheets, meter, switch))
    app.include_router(quiz_router(sheets, meter, switch, language))
    app.include_router(pages_router(now, language))
    app.include_router(assets_router())
    app.include_router(embed_router(public.origins))
    app.include_router(share_router(now, language, public.origins, public.behind_proxy))
    app.include_router(gate.router())
    if public.lti is not None:
        from assistant.lti_pages import add_lti

        add_lti(app, public.lti, now, language, public.behind_proxy)
    if teacher is not None and teacher.password:
        _mount_admin(app, now, teacher, language, log, switch)
    page = build_chat(Chat(crowd, language, meter, log, switch, monitor))
    return _mounted(app, page, "/", "", HEAD, max_file_size=1, root_path=place.prefix or None)


def _stand_guards(app: FastAPI, gate: Gate, public: Public, place: Place, monitor: Monitor) -> None:
    """Put before ``app`` what every request passes, the innermost first."""
    from assistant.embed import EmbedPath

    app.add_middleware(EmbedPath)
    app.add_middleware(GateKeeper, gate=gate)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=public.origins,
        allow_origin_regex=below(public.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["content-type", "x-gradio-user"],
    )
    platforms = public.lti.platforms.origins() if public.lti is not None else ()
    app.add_middleware(SecurityHeaders, origins=public.origins, platforms=platforms)
    app.add_middleware(Traffic, monitor=monitor)
    if place.prefix:
        app.add_middleware(WorkerPath)


def _mount_admin(
    app: FastAPI,
    now: Callable[[], Assistant],
    teacher: Teacher,
    language: Language,
    log: QuestionLog | None,
    quiz: Switch,
) -> None:
    from assistant.admin import CSS, Teaching, build_admin
    from assistant.assets import VIEWPORT
    from assistant.question_log import as_csv

    @app.get(f"{ADMIN}/questions.csv", include_in_schema=False)
    def questions() -> Response:
        rows = log.questions() if log is not None else []
        named = {"Content-Disposition": 'attachment; filename="questions.csv"'}
        return Response(as_csv(rows).encode("utf-8-sig"), media_type="text/csv", headers=named)

    teaching = Teaching(now, teacher.desk, teacher.encoder, log, language, quiz)
    _mounted(app, build_admin(teaching), ADMIN, CSS, VIEWPORT, max_file_size=LARGEST_OTHER)


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
    app: FastAPI, page: Any, path: str, css: str, head: str, max_file_size: int, root_path: str | None = None
) -> FastAPI:
    import gradio as gr

    theme = _theme()
    page.queue(max_size=MOST_QUEUED)
    mounted: FastAPI = gr.mount_gradio_app(
        app, page, path=path, footer_links=[], run_history=False, show_error=False, css=css, head=head, theme=theme,
        max_file_size=max_file_size, root_path=root_path,
    )  # fmt: skip
    return mounted


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
    address = address_at(settings.host, settings.port)
    listen(settings, ALONE, threading.Event(), lambda: say(texts["serving"].format(address=address)), say)


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
    monitor = Monitor(live.now)
    teacher = _teacher(settings, live, encoder) if first else None
    quiz = Switch(settings.password_file.with_name("switches.json"), allowed=settings.quiz)
    app = create_app(
        live.now, settings.language, teacher, _log(settings), _public(settings), quiz, place, monitor
    )
    live.follow()
    gc.enable()
    gc.freeze()
    port = settings.port + place.number
    config = configured(app, settings.host, port, settings.behind_proxy, settings.log)
    Listening(config, monitor, told, ready).run()


def _teacher(settings: Settings, live: LiveAssistant, encoder: Encoder) -> Teacher:
    store = settings.store_in_use()
    builder = BuildProcess(settings.docs, store, settings.encoder, settings.keep, settings.ray)
    desk = Desk(settings.docs, store, builder, live.refresh)
    given = settings.password.get_secret_value()
    return Teacher(desk, encoder, hashed(given) if given else kept_in(settings.password_file))


def _public(settings: Settings) -> Public:
    allowance = Allowance(settings.rate_address, settings.rate_session, settings.rate_day)
    return Public(
        settings.embed_origins, allowance, _lti(settings), settings.behind_proxy, settings.metrics_public
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
    return QuestionLog(settings.question_log_file, settings.question_log_days)
