"""The learning platforms that may launch the chat, as an administrator lists them in a TOML file."""

import re
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from assistant.texts import sentences
from index.errors import TanyaError
from index.words import visible

_ADDRESS = re.compile(
    r"(?P<origin>https://([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?"
    r"|http://(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?)([/?#][^\s\"'<>\\]*)?",
    re.IGNORECASE,
)

LONGEST_VALUE = 200
"""Characters of a value in what is said about it."""


class LtiError(TanyaError):
    """A launch from a learning platform cannot be trusted or served, or LTI is not set up.

    :param name: of the sentence in the catalogues, with its ``values``.
    """

    code = "lti"

    def __init__(self, name: str, **values: object) -> None:
        shown = {key: visible(str(value))[:LONGEST_VALUE] for key, value in values.items()}
        super().__init__(*sentences("lti", name, **shown))


def origin_of(address: str) -> str:
    """The origin of ``address``, in lower case.

    :raises ValueError: if it is neither ``https`` nor an ``http`` address of this very machine.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError("neither https nor http on this machine")
    return found["origin"].lower()


def _address(given: str) -> str:
    origin_of(given)
    return given


def _bare(given: str) -> str:
    if origin_of(given.rstrip("/")) != given.rstrip("/").lower():
        raise ValueError("more than an origin")
    return given.rstrip("/").lower()


Text = Annotated[str, Field(min_length=1, max_length=1000)]
Address = Annotated[Text, AfterValidator(_address)]
Origin = Annotated[Text, AfterValidator(_bare)]


class Platform(BaseModel):
    """A Moodle, Canvas or other learning platform.

    :param issuer: how it names itself.
    :param client_id: how it names us.
    :param auth_login_url: where it confirms who launches.
    :param key_set_url: its public keys.
    :param deployment_ids: the places in it where the tool may be used.
    :param auth_token_url: of services that are not used; may be left out.
    :param origins: of its pages, beside those of ``issuer`` and ``auth_login_url``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    issuer: Address
    client_id: Text
    auth_login_url: Address
    key_set_url: Address
    deployment_ids: tuple[Text, ...] = Field(min_length=1)
    auth_token_url: str = ""
    origins: tuple[Origin, ...] = ()

    def all_origins(self) -> tuple[str, ...]:
        """Where its pages come from, each once."""
        own = (origin_of(self.issuer), origin_of(self.auth_login_url))
        return tuple(dict.fromkeys((*own, *self.origins)))


class Platforms(BaseModel):
    """What the file says.

    :param address: of this server as the platforms and browsers reach it; empty if requests tell.
    :param platforms: those that may launch; none while the first is being set up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Origin | None = None
    platforms: tuple[Platform, ...] = ()

    def of(self, issuer: str, client_id: str) -> Platform:
        """The platform ``issuer`` that names us ``client_id``, which may be empty if it names us in one way only.

        :raises LtiError: if there is none.
        """
        known = [platform for platform in self.platforms if platform.issuer == issuer]
        if client_id or len(known) > 1:
            known = [platform for platform in known if platform.client_id == client_id]
        if not known:
            raise LtiError("unknown", issuer=issuer, client=client_id)
        return known[0]

    def origins(self) -> tuple[str, ...]:
        """Where the platforms' pages come from, each once."""
        found = (origin for platform in self.platforms for origin in platform.all_origins())
        return tuple(dict.fromkeys(found))


def read_platforms(file: Path) -> Platforms:
    """The platforms that ``file`` lists.

    :raises LtiError: if it cannot be read, or naming what in it cannot be used.
    """
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        return Platforms.model_validate(given)
    except OSError as error:
        raise LtiError("file", file=file, reason=error.strerror) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise LtiError("value", file=file, place=place, value=repr(first["input"])) from error
    except ValueError as error:
        raise LtiError("syntax", file=file, reason=error) from error
