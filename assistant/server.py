"""One application for the chat, the API and the documents."""

import gc
import os
import socket
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
from assistant.passwords import hashed, kept_in
from assistant.question_log import QuestionLog
from assistant.settings import Settings
from assistant.switch import Switch
from assistant.teacher import Desk
from assistant.texts import TEXTS
from index.build import build_index
from index.build_process import BuildProcess
from index.builds import has_index
from index.encoder import Encoder, load_encoder
from index.errors import Language, TanyaError
from index.folder import is_current
from index.kinds import LARGEST_OTHER
from index.progress import Progress

if TYPE_CHECKING:
    from assistant.lti import Tool


class PortError(TanyaError):
    """The server cannot listen where it was told to."""

    code = "port"


@dataclass(frozen=True)
class Public:
    """What others may do.

    :param origins: sites that may embed the chat and call the API from their pages.
    :param allowance: how much may be asked.
    :param lti: what learning platforms launch; without, none may.
    :param behind_proxy: whether a proxy tells by which address the server is asked.
    """

    origins: tuple[str, ...] = ()
    allowance: Allowance = field(default_factory=Allowance)
    lti: "Tool | None" = None
    behind_proxy: bool = False


PUBLIC = Public()
"""No other site may embed the chat, and a minute's worth of questions is what a school asks."""


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
) -> FastAPI:
    """The application that asks the assistant ``now()``, its pages opening in ``language``.

    :param teacher: what the teacher's page needs; without, it is off.
    :param log: where questions are kept, if they are.
    :param public: what others may do with it.
    :param quiz: whether pupils may test themselves; on if not given.
    """
    from assistant.api import add_error_handlers, api_router
    from assistant.chat import CSS, HEAD, Chat, build_chat
    from assistant.embed import EmbedPath, embed_router
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
    app.add_middleware(EmbedPath)
    app.add_middleware(GateKeeper, gate=gate)
    app.add_middleware(BodyLimit)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=public.origins,
        allow_methods=["GET", "POST"],
        allow_headers=["content-type", "x-gradio-user"],
    )
    platforms = public.lti.platforms.origins() if public.lti is not None else ()
    app.add_middleware(SecurityHeaders, origins=public.origins, platforms=platforms)
    add_error_handlers(app)
    crowd = Crowd(now)
    app.include_router(api_router(crowd, meter, log))
    switch, sheets = quiz or Switch(), Sheets(now)
    app.include_router(quiz_api_router(sheets, meter, switch))
    app.include_router(quiz_router(sheets, meter, switch, language))
    app.include_router(pages_router(now, language))
    app.include_router(embed_router(public.origins))
    app.include_router(share_router(now, language, public.origins, public.behind_proxy))
    app.include_router(gate.router())
    if public.lti is not None:
        from assistant.lti_pages import add_lti

        add_lti(app, public.lti, now, language)
    if teacher is not None and teacher.password:
        _mount_admin(app, now, teacher, language, log, switch)
    return _mounted(
        app, build_chat(Chat(crowd, language, meter, log, switch)), "/", CSS, HEAD, max_file_size=1
    )


def _mount_admin(
    app: FastAPI,
    now: Callable[[], Assistant],
    teacher: Teacher,
    language: Language,
    log: QuestionLog | None,
    quiz: Switch,
) -> None:
    from assistant.admin import CSS, Teaching, build_admin
    from assistant.chat import HEAD
    from assistant.question_log import as_csv

    @app.get(f"{ADMIN}/questions.csv", include_in_schema=False)
    def questions() -> Response:
        rows = log.questions() if log is not None else []
        named = {"Content-Disposition": 'attachment; filename="questions.csv"'}
        return Response(as_csv(rows).encode("utf-8-sig"), media_type="text/csv", headers=named)

    teaching = Teaching(now, teacher.desk, teacher.encoder, log, language, quiz)
    _mounted(app, build_admin(teaching), ADMIN, CSS, HEAD, max_file_size=LARGEST_OTHER)


def _mounted(app: FastAPI, page: Any, path: str, css: str, head: str, max_file_size: int) -> FastAPI:
    import gradio as gr

    font = ["system-ui", "sans-serif"]
    theme = gr.themes.Soft(primary_hue="teal", font=font, font_mono=["ui-monospace", "monospace"]).set(
        checkbox_label_background_fill_selected="*primary_700",
        checkbox_label_background_fill_selected_dark="*primary_700",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
    )
    mounted: FastAPI = gr.mount_gradio_app(
        app, page, path=path, footer_links=[], run_history=False, show_error=False, css=css, head=head, theme=theme,
        max_file_size=max_file_size,
    )  # fmt: skip
    return mounted


def check_port(host: str, port: int) -> None:
    """Make sure that ``host``:``port`` can be listened on.

    :raises PortError: if it cannot.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise PortError(
            f"Porta {port} di {host} tidak dapat dipakai ({error.strerror}): pilih yang lain dengan "
            f"`tanya chat --port {port + 1 if port < 65535 else 7860}`.",
            f"The port {port} on {host} cannot be used ({error.strerror}): choose another with "
            f"`tanya chat --port {port + 1 if port < 65535 else 7860}`.",
        ) from error


def serve(settings: Settings, progress: Progress, say: Callable[[str], None]) -> None:
    """Serve the chat until interrupted; the index is built first if there is none.

    :param say: told the address once the page can be opened.
    :raises TanyaError: if the index cannot be opened or built.
    """
    import uvicorn

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            say(texts["serving"].format(address=f"http://{host}:{settings.port}"))

    texts = TEXTS[settings.language]
    gc.disable()
    encoder = load_encoder(settings.encoder)
    if not has_index(settings.index):
        build_index(settings.docs, settings.index, encoder, progress, kept=settings.keep)
    live = LiveAssistant(settings.index, encoder, settings.sure)
    if not is_current(live.now().index.manifest, settings.docs, settings.index):
        say(texts["stale"].format(docs=settings.docs, index=settings.index))
    app = create_app(
        live.now,
        settings.language,
        _teacher(settings, live, encoder),
        _log(settings),
        _public(settings),
        Switch(settings.password_file.with_name("switches.json"), allowed=settings.quiz),
    )
    live.follow()
    gc.enable()
    gc.freeze()
    Announcing(
        uvicorn.Config(
            app, settings.host, settings.port, log_level="warning", proxy_headers=settings.behind_proxy
        )
    ).run()


def _teacher(settings: Settings, live: LiveAssistant, encoder: Encoder) -> Teacher:
    builder = BuildProcess(settings.docs, settings.index, settings.encoder, settings.keep)
    desk = Desk(settings.docs, settings.index, builder, live.refresh)
    given = settings.password.get_secret_value()
    return Teacher(desk, encoder, hashed(given) if given else kept_in(settings.password_file))


def _public(settings: Settings) -> Public:
    allowance = Allowance(settings.rate_address, settings.rate_session, settings.rate_day)
    return Public(settings.embed_origins, allowance, _lti(settings), settings.behind_proxy)


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
