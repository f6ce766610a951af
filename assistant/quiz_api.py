"""The sheets of questions over HTTP, under ``/api/v1/quiz``."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from assistant.api import Problem, language_of
from assistant.guards import Meter
from assistant.quiz import CHOICES, ITEMS, Item
from assistant.rendering import document_link, place_of
from assistant.sheets import LAST_SHEET, Graded, QuizItemError, Sheets, graded
from assistant.switch import OffError, Switch
from assistant.texts import sentences, spoken, texts_of
from assistant.wishes import MOST_DOCUMENTS
from index.errors import Language

_TEXTS = texts_of("quiz")

Number = Annotated[int, Field(ge=1, le=LAST_SHEET)]
Documents = Annotated[list[str], Field(max_length=MOST_DOCUMENTS)]


class Choice(BaseModel):
    """The answer to one question of a sheet."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(max_length=40)]
    choice: Annotated[int, Field(ge=0, lt=CHOICES)]


class GradeRequest(BaseModel):
    """A sheet with answers; a question may be left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"sheet": 3, "answers": [{"id": "00c0ffee00c0ffee", "choice": 2}]}]},
    )

    sheet: Number
    documents: Documents = []
    answers: Annotated[list[Choice], Field(max_length=ITEMS)]


def quiz_api_router(sheets: Sheets, meter: Meter, switch: Switch, root: str = "") -> APIRouter:
    """Sheets without their answers, and their grading, as much as ``meter`` allows and while ``switch`` is on; links are
    below the path ``root``."""
    router = APIRouter(
        prefix="/api/v1/quiz",
        tags=["tanya"],
        responses={status: {"model": Problem} for status in (400, 403, 413, 422, 429, 503)},
    )

    async def is_on() -> None:
        if not switch.on:
            raise OffError

    @router.get("", dependencies=[Depends(is_on)])
    async def sheet(
        request: Request,
        sheet: Annotated[int, Query(ge=1, le=LAST_SHEET)] = 1,
        language: Annotated[str, Query(max_length=20)] = "",
        documents: Annotated[list[str], Query(max_length=MOST_DOCUMENTS)] = [],  # noqa: B006
    ) -> dict[str, Any]:
        """Give a sheet of questions about the documents, without the answers."""
        spoken_language = spoken(language, language_of(request))
        await meter.admit(request, cost=sheets.cost(sheet, documents))
        items = await sheets.sheet(sheet, documents)
        return {"sheet": sheet, "items": [asked_to_dict(item, spoken_language) for item in items]}

    @router.post("", dependencies=[Depends(is_on)])
    async def grade(request: Request, body: GradeRequest) -> dict[str, Any]:
        """Grade the answers to a sheet."""
        await meter.admit(request, cost=sheets.cost(body.sheet, body.documents))
        items = await sheets.sheet(body.sheet, body.documents)
        choices = {answer.id: answer.choice for answer in body.answers}
        if len(choices) < len(body.answers):
            raise QuizItemError(*sentences("quiz", "twice"))
        results = graded(items, choices)
        return {
            "sheet": body.sheet,
            "right": sum(result.is_right for result in results),
            "of": len(results),
            "items": [graded_to_dict(result, root) for result in results],
        }

    return router


def asked_to_dict(item: Item, language: Language) -> dict[str, Any]:
    """The JSON form of ``item`` before it is answered: nothing in it tells the right choice."""
    return {
        "id": item.id,
        "kind": item.kind,
        "task": _TEXTS[language][item.kind],
        "question": item.question,
        "place": item.place,
        "choices": list(item.choices),
    }


def graded_to_dict(result: Graded, root: str = "") -> dict[str, Any]:
    """The JSON form of ``result``, its link below the path ``root``."""
    item, passage = result.item, result.item.passage
    return {
        "id": item.id,
        "chosen": result.chosen,
        "right": result.is_right,
        "answer": item.right,
        "sentence": passage.text[slice(*item.sentence)],
        "highlight": passage.text[slice(*item.span)],
        "source": {
            "document": passage.path,
            "title": passage.title,
            "place": place_of(passage),
            "link": document_link(passage, root),
        },
    }
