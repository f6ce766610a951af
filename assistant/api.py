"""The REST API under ``/api/v1``."""

import logging
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from assistant.answers import Answer, source_to_dict
from assistant.asking import LONGEST_HISTORY, LONGEST_QUESTION
from assistant.crowd import Crowd
from assistant.guards import AwayError, BusyError, Meter
from assistant.monitor import Monitor
from assistant.pages import page_html
from assistant.question_log import QuestionLog
from assistant.switch import OffError
from assistant.texts import spoken, texts_of
from index.errors import Language, StoreError, TanyaError

_logger = logging.getLogger(__name__)
_TEXTS = texts_of("api")

Text = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]


class Earlier(BaseModel):
    """An earlier question of the conversation."""

    question: Text


class AskRequest(BaseModel):
    """A question, with the earlier ones of its conversation, oldest first."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "Kapan IJEPA mulai berlaku?", "history": []}]},
    )

    question: Text
    history: Annotated[list[Earlier], Field(max_length=LONGEST_HISTORY)] = []


class SearchRequest(BaseModel):
    """What to search for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"question": "ekstradisi", "limit": 5}]}
    )

    question: Text
    limit: Annotated[int, Field(ge=1, le=20)] = 5


class Error(BaseModel):
    """What went wrong: a word for programs and a sentence for people."""

    code: str
    message: str


class Problem(BaseModel):
    """What every request that fails gets."""

    error: Error


def api_router(crowd: Crowd, meter: Meter, monitor: Monitor, log: QuestionLog | None = None) -> APIRouter:
    """The routes of the API, which ask in ``crowd`` as much as ``meter`` allows, count the answers with ``monitor`` and
    keep the questions in ``log``."""
    router = APIRouter(
        prefix="/api/v1",
        tags=["tanya"],
        responses={status: {"model": Problem} for status in (400, 413, 422, 429, 503)},
    )

    async def metered(request: Request) -> None:
        await meter.admit(request)

    @router.post("/ask")
    async def ask(body: AskRequest, request: Request) -> dict[str, Any]:
        """Answer a question from the documents."""
        history = [earlier.question for earlier in body.history]

        async def asked() -> Answer:
            await meter.admit(request)
            return await crowd.ask(body.question, history, language_of(request))

        answer = await monitor.answered("api", asked())
        if log is not None:
            await run_in_threadpool(log.record, answer)
        return answer.to_dict()

    @router.post("/search", dependencies=[Depends(metered)])
    async def search(body: SearchRequest) -> dict[str, Any]:
        """Find the passages nearest to a question."""
        sources = await crowd.search(body.question, body.limit)
        return {"question": body.question, "sources": [source_to_dict(s) for s in sources]}

    @router.get("/documents")
    def documents() -> dict[str, Any]:
        """List the documents."""
        known = crowd.now().index.manifest.documents
        return {"documents": [{"path": d.path, "title": d.title, "passages": d.passages} for d in known]}

    @router.get("/health")
    def health() -> dict[str, Any]:
        """Whether the server answers, and from which build."""
        return {"status": "ok", "build": crowd.now().index.manifest.build}

    return router


def add_error_handlers(app: FastAPI, root: str = "") -> None:
    """Give every error of the API the form ``{"error": {"code", "message"}}``; pages lead back below the path ``root``."""

    @app.exception_handler(BusyError)
    async def busy(request: Request, error: BusyError) -> JSONResponse:
        response = _error(error.status, error.code, error.message(language_of(request)))
        response.headers["Retry-After"] = str(error.seconds)
        return response

    @app.exception_handler(OffError)
    async def off(request: Request, error: OffError) -> JSONResponse:
        return _error(403, error.code, error.message(language_of(request)))

    @app.exception_handler(StoreError)
    async def away(request: Request, error: StoreError) -> Response:
        _logger.error("%s", error)
        language, kind = language_of(request), AwayError()
        if request.url.path.startswith("/api/"):
            return await busy(request, kind)
        said = kind.message(language)
        return HTMLResponse(page_html(said, f"<h1>{escape(said)}</h1>", language, root=root), kind.status)

    @app.exception_handler(TanyaError)
    async def known(request: Request, error: TanyaError) -> JSONResponse:
        return _error(422, error.code, error.message(language_of(request)))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "body"
        said = _TEXTS[language_of(request)]["invalid"].format(
            place=place, problem=first["msg"], kind=first["type"]
        )
        return _error(422, "invalid", said)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        if not request.url.path.startswith("/api/"):
            return await http_exception_handler(request, error)
        return _error(error.status_code, "unreadable", _TEXTS[language_of(request)]["unreadable"])

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return _error(500, "internal", _TEXTS[language_of(request)]["internal"])


def language_of(request: Request) -> Language:
    """The language that the client asks for first, else Indonesian."""
    return spoken(request.headers.get("accept-language", ""), "id")


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
