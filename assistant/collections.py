"""Collections of documents on disk: a folder each, named after the collection, beside the documents of the server itself.

A collection's folder holds ``collection.toml``, ``index/``, and, once there are any, ``password``, ``switches.json`` and
``questions.sqlite``.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from assistant.ports import address_at
from assistant.settings import Settings, known_language, split_origins
from assistant.texts import LANGUAGES, sentences, texts_of
from assistant.wishes import LONGEST_STARTER, LONGEST_TITLE, MOST_STARTERS
from index.errors import Language, TanyaError
from index.words import visible

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""What a collection may be called."""

ADDRESS = "/c"
"""Below which the collections are served, each at its name."""

_PATH = re.compile(rf"{ADDRESS}/(?P<name>{NAME.pattern})(?P<rest>(?:/.*)?)", re.DOTALL)

LONGEST_NAME = 40
"""Characters of the longest name."""

DEFINITION = "collection.toml"


class CollectionError(TanyaError):
    """A collection is not there, or its file cannot be used."""

    code = "collection"

    def __init__(self, sentence: str, /, **values: object) -> None:
        super().__init__(*sentences("collections", sentence, **values))


def _plain(text: str) -> str:
    return " ".join(visible(text).split())


Starter = Annotated[str, AfterValidator(_plain), Field(min_length=1, max_length=LONGEST_STARTER)]
Origins = Annotated[tuple[str, ...], BeforeValidator(split_origins)]


class Definition(BaseModel):
    """What ``collection.toml`` says.

    :param docs: folder of the documents.
    :param title: of the chat, in place of the product's name.
    :param language: that its pages open in; the server's own if not given.
    :param starters: questions to begin with; found among the documents if there are none.
    :param embed_origins: sites that may embed it.
    :param quiz: whether pupils may test themselves, where the server lets them at all.
    :param question_log: whether the questions that are asked are kept.
    :param question_log_days: how many days they are kept; as long as the server's own if not given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    docs: Path
    title: Annotated[str, AfterValidator(_plain), Field(max_length=LONGEST_TITLE)] = ""
    language: Annotated[Language, AfterValidator(known_language)] | None = None
    starters: Annotated[tuple[Starter, ...], Field(max_length=MOST_STARTERS)] = ()
    embed_origins: Origins = ()
    quiz: bool = True
    question_log: bool = False
    question_log_days: Annotated[int, Field(ge=1, le=3650)] | None = None


def parted(path: str) -> tuple[str, str]:
    """The name of the collection that the address ``path`` is in, empty if it is in none, and the path within.

    >>> parted("/c/kelas-7b/quiz"), parted("/c/7B/quiz"), parted("/quiz")
    (('kelas-7b', '/quiz'), ('', '/c/7B/quiz'), ('', '/quiz'))
    """
    found = _PATH.fullmatch(path)
    return (found["name"], found["rest"]) if found else ("", path)


def folder_of(settings: Settings, name: str) -> Path:
    """The folder of the collection ``name``, which may not be there.

    :raises CollectionError: if it may not be called so.
    """
    if not NAME.fullmatch(name):
        raise CollectionError("name", name=name[: 2 * LONGEST_NAME], longest=LONGEST_NAME)
    return settings.collections / name


def names(settings: Settings) -> list[str]:
    """Names of the collections, ascending."""
    if not settings.collections.is_dir():
        return []
    found = (folder.name for folder in settings.collections.iterdir() if (folder / DEFINITION).is_file())
    return sorted(name for name in found if NAME.fullmatch(name))


def collections_served(settings: Settings) -> list[str]:
    """A sentence for each of the collections with the address that it is served at."""
    texts, server = texts_of("collections")[settings.language], address_at(settings.host, settings.port)
    return [
        texts["served"].format(name=name, address=f"{server}{ADDRESS}/{name}/") for name in names(settings)
    ]


def read_definition(settings: Settings, name: str) -> Definition:
    """What is said of the collection ``name``.

    :raises CollectionError: if it is not there, or its file cannot be used.
    """
    file = folder_of(settings, name) / DEFINITION
    try:
        return Definition(**tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except FileNotFoundError as error:
        raise CollectionError("missing", name=name, folder=settings.collections) from error
    except ValidationError as error:
        raise _refused(file, error.errors()[0]) from error
    except (OSError, ValueError) as error:
        raise CollectionError("unreadable", file=file, problem=error) from error


def settings_of(settings: Settings, name: str) -> Settings:
    """``settings`` for the collection ``name`` alone: neither the server's password nor its log, its sites or its
    learning platforms are the collection's.

    :raises CollectionError: if it is not there, or its file cannot be used.
    """
    folder, said = folder_of(settings, name), read_definition(settings, name)
    own = {
        "docs": said.docs, "index": folder / "index", "milvus_prefix": _milvus_prefix(settings, name), "password": SecretStr(""),
        "password_file": folder / "password", "language": said.language or settings.language,
        "embed_origins": said.embed_origins, "lti_file": None, "quiz": settings.quiz and said.quiz,
        "question_log": said.question_log, "question_log_file": folder / "questions.sqlite",
        "question_log_days": said.question_log_days or settings.question_log_days,
    }  # fmt: skip
    return settings.model_copy(update=own)


def _milvus_prefix(settings: Settings, name: str) -> str:
    """How the names of the index of the collection ``name`` begin on Milvus, where a hyphen may not stand."""
    return f"{settings.milvus_prefix}_c_{name.replace('-', '_')}"


def made(settings: Settings, name: str, docs: Path | None) -> None:
    """Make the collection ``name`` of the documents in the folder ``docs`` unless it is there already.

    :raises CollectionError: if it is not and ``docs`` is None, if it is made of other documents, or cannot be kept.
    """
    file = folder_of(settings, name) / DEFINITION
    if file.exists():
        known = read_definition(settings, name).docs
        if docs is not None and docs.resolve() != known.resolve():
            raise CollectionError("other_docs", name=name, known=known, docs=docs, file=file)
        return
    if docs is None:
        raise CollectionError("needs_docs", name=name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"docs = {json.dumps(str(docs.resolve()), ensure_ascii=False)}\n", encoding="utf-8")
    except OSError as error:
        raise CollectionError("unkept", name=name, folder=file.parent, problem=error.strerror) from error


_EXAMPLES = {
    "docs": 'docs = "/srv/bacaan/7b"',
    "title": 'title = "Kelas 7B"',
    "language": " / ".join(f'language = "{code}"' for code in LANGUAGES),
    "starters": 'starters = ["Apa itu koperasi?"]',
    "embed_origins": 'embed_origins = ["https://sekolah.sch.id"]',
    "quiz": "quiz = false",
    "question_log": "question_log = true",
    "question_log_days": "question_log_days = 30",
}
"""How each entry may be written."""


def _refused(file: Path, problem: Any) -> CollectionError:
    key = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        return CollectionError("unknown", key=key, file=file, known=", ".join(Definition.model_fields))
    return CollectionError("value", key=key, file=file, example=_EXAMPLES[key])
