"""Settings: defaults, then ``tanya.toml``, then ``TANYA_*``, then the command line."""

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from assistant.logs import LogForm
from assistant.origins import ORIGIN
from assistant.texts import LANGUAGES
from index.builds import KEPT_BUILDS
from index.errors import Language, TanyaError

if TYPE_CHECKING:
    from index.stores import Store

_MILVUS = r"^((https?|tcp)://.+|unix:.+|.+\.db)$"
CONFIG = "tanya.toml"
PREFIX = "TANYA_"

SURE = 0.5
"""Least confidence to answer at all, chosen on KelasChat's valid collections (bench/README.md)."""


class SettingsError(TanyaError):
    """A setting is unknown or has a bad value."""

    code = "settings"


SHIPPED_DOCS = Path(__file__).parent / "docs_src"
"""Where an installed package keeps its documents; an update replaces them."""


def default_docs() -> Path:
    """``docs_src`` of the current folder, else the documents that ship with the package."""
    here = Path("docs_src")
    if here.is_dir():
        return here
    return SHIPPED_DOCS if SHIPPED_DOCS.is_dir() else Path(__file__).parent.parent / "docs_src"


def check_own_docs(docs: Path) -> None:
    """Make sure that ``docs`` is a folder of the user's own, which may be changed.

    :raises SettingsError: if it is the one that ships with the package.
    """
    if docs.resolve() == SHIPPED_DOCS.resolve():
        raise SettingsError(
            f"Folder {docs} milik program dan diganti saat pembaruan: pakai folder sendiri dengan `--docs`.",
            f"The folder {docs} belongs to the program and is replaced by updates: use your own with `--docs`.",
        )


def known_language(code: str) -> Language:
    """``code``, for which there is a catalogue.

    :raises ValueError: if there is none.
    """
    if code not in LANGUAGES:
        raise ValueError("no catalogue")
    return code


def split_origins(given: Any) -> tuple[str, ...]:
    """Origins from a text or a list, each ``http(s)://HOST[:PORT]``, with ``*.`` for all below HOST, or ``*``.

    :raises ValueError: if one is none.
    """
    parts = re.split(r"[,\s]+", given) if isinstance(given, str) else list(given)
    origins = tuple(part.rstrip("/").lower() for part in parts if part)
    if not all(ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError("no origin")
    return origins


def _redis(given: SecretStr) -> SecretStr:
    address = given.get_secret_value()
    if not re.fullmatch(r"((rediss?|unix)://.+)?", address) or urlsplit(address).port == 0:
        raise ValueError("no address of a Redis")
    return given


class Settings(BaseSettings):
    """What can be set.

    :param docs: folder of the documents.
    :param index: folder of the index.
    :param store: where the index is kept: ``disk``, or ``milvus``.
    :param milvus_uri: address of Milvus, or a file of Milvus Lite that ends in ``.db``.
    :param milvus_token: what Milvus knows us by, ``USER:PASSWORD`` or a key; empty if it asks for none.
    :param milvus_prefix: how the names of this index's collections on Milvus begin.
    :param encoder: ``bundled``, or a Sentence Transformers model by folder or name.
    :param language: of messages and of the chat page at first.
    :param host: address that the server listens on.
    :param port: port that the server listens on.
    :param workers: processes that `tanya serve` serves with, each at the next port.
    :param behind_proxy: whether a proxy on this machine tells the clients' addresses.
    :param log: ``text`` or ``json``, the latter with a line a request.
    :param metrics_public: whether everybody may see ``/metrics``.
    :param collections: folder of further collections of documents, each served below ``/c/NAME``.
    :param sure: least confidence to answer, 0 to 1.
    :param keep: older builds of the index that stay on disk.
    :param ray: address of the Ray cluster that builds the index, or ``local``; without, this machine builds alone.
    :param password: of the teacher's page; without, the one in ``password_file``.
    :param password_file: where `tanya password` keeps the password's hash.
    :param embed_origins: sites that may embed the chat, separated by commas; ``*`` for all.
    :param lti_file: the TOML file that lists the learning platforms that may launch the chat; without, none may.
    :param rate_address: questions a minute from one address.
    :param rate_session: questions a minute in one chat.
    :param rate_day: questions a day in all; 0 is no limit.
    :param quiz: whether pupils may test themselves, unless the teacher turns that off.
    :param question_log: whether the questions that are asked are kept.
    :param question_log_file: the SQLite file that keeps them.
    :param question_log_days: how many days they are kept.
    :param question_log_redis: address of the Redis that keeps them instead, for several servers.
    :param limits: address of the Redis that counts questions for several servers; without, each process counts its own.
    :param replica: which of several servers with one address this is, from 0 on.
    :param replicas: how many there are.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, toml_file=CONFIG, env_ignore_empty=True, extra="forbid"
    )

    docs: Path = Field(default_factory=default_docs)
    index: Path = Path("var/index")
    store: Literal["disk", "milvus"] = "disk"
    milvus_uri: str = Field(default="http://127.0.0.1:19530", pattern=_MILVUS)
    milvus_token: SecretStr = SecretStr("")
    milvus_prefix: str = Field(default="tanya", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
    collections: Path = Path("var/collections")
    encoder: str = Field(default="bundled", min_length=1)
    language: Annotated[Language, AfterValidator(known_language)] = "id"
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    behind_proxy: bool = False
    log: LogForm = "text"
    metrics_public: bool = False
    sure: float = Field(default=SURE, ge=0, le=1)
    keep: int = Field(default=KEPT_BUILDS, ge=0, le=100)
    ray: str = Field(default="", pattern=r"^(local|auto|[^\s/]+:\d{1,5})?$")
    password: SecretStr = SecretStr("")
    password_file: Path = Path("var/password")
    embed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    lti_file: Annotated[Path | None, BeforeValidator(lambda given: given or None)] = None
    rate_address: int = Field(default=1500, ge=1, le=1_000_000)
    rate_session: int = Field(default=20, ge=1, le=1_000_000)
    rate_day: int = Field(default=0, ge=0)
    quiz: bool = True
    question_log: bool = False
    question_log_file: Path = Path("var/questions.sqlite")
    question_log_days: int = Field(default=30, ge=1, le=3650)
    question_log_redis: Annotated[SecretStr, AfterValidator(_redis)] = SecretStr("")
    limits: Annotated[SecretStr, AfterValidator(_redis)] = SecretStr("")
    replica: int = Field(default=0, ge=0)
    replicas: int = Field(default=1, ge=1, le=1000, validate_default=True)

    @field_validator("replicas")
    @classmethod
    def _has_replica(cls, replicas: int, info: ValidationInfo) -> int:
        if info.data.get("replica", 0) >= replicas:
            raise ValueError("no such replica")
        return replicas

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _split_origins(cls, given: Any) -> Any:
        return split_origins(given)

    def store_in_use(self) -> "Store":
        """Where the index is kept."""
        if self.store == "disk":
            from index.stores import DiskStore

            return DiskStore(self.index)
        from index.milvus import MilvusStore

        return MilvusStore(
            self.milvus_uri, self.milvus_token.get_secret_value(), self.milvus_prefix, self.index
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line wins over the environment, the environment over the file."""
        return init_settings, env_settings, _Toml(settings_cls)


class _Toml(TomlConfigSettingsSource):
    """``tanya.toml``, also with the mark that Windows' editor puts before the text."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        return tomllib.loads(file_path.read_text(encoding="utf-8-sig"))


def load_settings(**overrides: Any) -> Settings:
    """The settings in force; ``overrides`` that are None count as not given.

    :raises SettingsError: naming an unknown key or a bad value.
    """
    _refuse_unknown_environment()
    try:
        return Settings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise _refused(error.errors()[0]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"Berkas {CONFIG} tidak dapat dibaca: perbaiki penulisannya ({error}).",
            f"The file {CONFIG} cannot be read: mend its syntax ({error}).",
        ) from error


def _refuse_unknown_environment() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHER_VARIABLES
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            raise _unknown(name)


OTHER_VARIABLES = frozenset({"TANYA_DEBUG", "TANYA_CHROMIUM", "TANYA_REQUIRE_BROWSER"})
"""Variables that are no settings of the product: debugging and the browser of the tests."""


def _refused(problem: Any) -> SettingsError:
    key = str(problem["loc"][0])
    value = "…" if key in _SECRET else problem.get("input")
    if problem["type"] == "extra_forbidden":
        return _unknown(key)
    wanted = _WANTED[key]
    return SettingsError(
        f"Pengaturan {key} = {value!r} tidak dapat dipakai: isi dengan {wanted[0]}.",
        f"The setting {key} = {value!r} cannot be used: give it {wanted[1]}.",
    )


_SECRET = ("password", "milvus_token", "milvus_uri", "limits", "question_log_redis")
"""Settings whose value is not shown; an address can hold a password."""


def _unknown(key: str) -> SettingsError:
    names = ", ".join(Settings.model_fields)
    return SettingsError(
        f"Pengaturan {key} tidak dikenal: pakai salah satu dari {names}.",
        f"The setting {key} is unknown: use one of {names}.",
    )


_REDIS = (
    "alamat seperti redis://:KATASANDI@10.0.0.7:6379/0",
    "an address such as redis://:PASSWORD@10.0.0.7:6379/0",
)
_WANTED = {
    "docs": ("nama folder", "the name of a folder"),
    "index": ("nama folder", "the name of a folder"),
    "store": ("`disk` atau `milvus`", "`disk` or `milvus`"),
    "milvus_uri": (
        "alamat seperti http://milvus:19530, atau berkas seperti var/milvus.db",
        "an address such as http://milvus:19530, or a file such as var/milvus.db",
    ),
    "milvus_token": ("teks", "a text"),
    "milvus_prefix": (
        "paling banyak 100 huruf, angka, dan garis bawah, tidak diawali angka",
        "at most 100 letters, digits and underscores, no digit first",
    ),
    "collections": ("nama folder", "the name of a folder"),
    "encoder": (
        "`bundled`, folder, atau nama model",
        "`bundled`, a folder or the name of a model",
    ),
    "language": (
        " atau ".join(f"`{code}`" for code in LANGUAGES),
        " or ".join(f"`{code}`" for code in LANGUAGES),
    ),
    "host": ("alamat mesin, misalnya 127.0.0.1", "an address of the machine, such as 127.0.0.1"),
    "port": ("bilangan bulat dari 1 sampai 65535", "a whole number from 1 to 65535"),
    "workers": ("bilangan bulat dari 1 sampai 64", "a whole number from 1 to 64"),
    "behind_proxy": ("`1` atau `0`", "`1` or `0`"),
    "log": ("`text` atau `json`", "`text` or `json`"),
    "metrics_public": ("`1` atau `0`", "`1` or `0`"),
    "sure": ("bilangan dari 0 sampai 1", "a number from 0 to 1"),
    "embed_origins": (
        "alamat situs seperti https://sekolah.sch.id, dipisahkan koma",
        "addresses of sites such as https://sekolah.sch.id, separated by commas",
    ),
    "lti_file": ("nama berkas", "the name of a file"),
    "rate_address": ("bilangan bulat dari 1", "a whole number from 1"),
    "rate_session": ("bilangan bulat dari 1", "a whole number from 1"),
    "rate_day": ("bilangan bulat dari 0", "a whole number from 0"),
    "ray": (
        "`local`, `auto`, atau alamat seperti 10.0.0.5:6379",
        "`local`, `auto` or an address such as 10.0.0.5:6379",
    ),
    "password": ("teks", "a text"),
    "password_file": ("nama berkas", "the name of a file"),
    "quiz": ("`1` atau `0`", "`1` or `0`"),
    "question_log": ("`1` atau `0`", "`1` or `0`"),
    "question_log_file": ("nama berkas", "the name of a file"),
    "question_log_days": ("bilangan bulat dari 1 sampai 3650", "a whole number from 1 to 3650"),
    "question_log_redis": _REDIS,
    "limits": _REDIS,
    "replica": ("bilangan bulat dari 0", "a whole number from 0"),
    "replicas": (
        "bilangan bulat sampai 1000, lebih dari `replica`",
        "a whole number up to 1000, more than `replica`",
    ),
    "keep": ("bilangan bulat dari 0 sampai 100", "a whole number from 0 to 100"),
}
