"""A learning platform on loopback: lti1p3platform, which shares no code with ours, speaks its side of the protocol."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape, unescape
from types import SimpleNamespace
from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration

from tests.conftest import serving

CLIENT, DEPLOYMENT, USER = "tanya-client", "7", "murid-9f3c"
PERSON = {
    "name": "Siti Rahmawati",
    "given_name": "Siti",
    "email": "siti@sekolah.example",
    "picture": "https://sekolah.example/siti.png",
}
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


def new_key() -> tuple[str, str]:
    """A private and a public key in PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


class _Registration(Registration):
    changes: Callable[[dict[str, Any]], None]

    def platform_encode_and_sign(self, payload: dict[str, Any], expiration: int | None = None) -> str:
        now = int(time.time())
        payload.update(iat=now, exp=now + (expiration or 0))
        self.changes(payload)
        return super().platform_encode_and_sign(payload)


class _Conf(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, **given: Any) -> None:
        self._registration = given["registration"]

    def get_registration_by_params(self, **_: Any) -> Registration:
        return self._registration


class _Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, **given: Any) -> None:
        self._lti_message_hint = given["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class _Message(LTIAdvantageMessageLaunchAbstract):
    def get_launch_message(self, include_extra_claims: bool = True) -> dict[str, Any]:
        claims = super().get_launch_message(include_extra_claims)
        claims.update(PERSON)
        return claims

    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(launch_data[name])}">'
            for name in ("id_token", "state")
        )
        return (
            f'<form id="go" method="post" action="{escape(launch_data["launch_url"])}">{hidden}</form>'
            '<script>document.getElementById("go").submit()</script>'
        )


@dataclass
class Lms:
    """The platform; what a test sets here holds for its next launch.

    :param changes: alters the claims before they are signed.
    :param custom: custom parameters of the link that is opened.
    :param choosing: whether content is chosen (deep linking) in place of opening a link.
    """

    registration: _Registration = field(default_factory=_Registration)
    address: str = ""
    tool: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    locale: str = ""
    choosing: bool = False
    changes: Callable[[dict[str, Any]], None] = lambda claims: None
    received: list[dict[str, Any]] = field(default_factory=list)
    fetched: int = 0
    keys: Any = None

    def opened_at(self, tool: str) -> None:
        """The tool is served at ``tool``."""
        self.tool = tool
        known = self.registration
        known.set_oidc_login_url(f"{tool}/lti/login").set_launch_url(f"{tool}/lti/launch")
        known.set_deeplink_launch_url(f"{tool}/lti/launch").set_tool_key_set_url(f"{tool}/lti/jwks.json")

    def login_address(self) -> str:
        login = _Login(None, _Conf(registration=self.registration))
        login.set_lti_message_hint(hint="link-1")
        return str(login.initiate_login(USER))

    def launch_page(self, asked: dict[str, str]) -> str:
        message = _Message(SimpleNamespace(get_data=asked), _Conf(registration=self.registration))
        self.registration.changes = self.changes
        message.set_user_data(USER, [f"{CLAIM}membership#Learner"], PERSON["name"], PERSON["email"])
        message.set_resource_link_claim("link-1", title="Danau")
        message.set_custom_parameters_claim(self.custom)
        shown = {"locale": self.locale, "document_target": "iframe"}
        message.set_extra_claims({f"{CLAIM}launch_presentation": shown})
        if self.choosing:
            message.set_dl(f"{self.address}/return", accept_types={"ltiResourceLink"}, extra_data={"n": 5})
        page: str = message.lti_launch()
        return page

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/certs")
        def certs() -> Any:
            self.fetched += 1
            return self.keys or _Conf(registration=self.registration).get_jwks()

        @app.get("/auth", response_class=HTMLResponse)
        def auth(request: Request) -> str:
            return self.launch_page(dict(request.query_params))

        @app.post("/return", response_class=HTMLResponse)
        async def returned(request: Request) -> str:
            form = await request.form()
            conf = _Conf(registration=self.registration)
            self.received += conf.validate_deeplinking_resp({"JWT": str(form["JWT"])})
            return "<p>Tersimpan</p>"

        @app.get("/course", response_class=HTMLResponse)
        def course() -> str:
            return f'<h1>Kelas</h1><iframe width="100%" height="700" src="{escape(self.login_address())}"></iframe>'

        return app

    def toml(self, **other: str) -> str:
        """What stands in our file about it."""
        told = {
            "issuer": self.address, "client_id": CLIENT, "auth_login_url": f"{self.address}/auth",
            "auth_token_url": f"{self.address}/token", "key_set_url": f"{self.address}/certs", **other,
        }  # fmt: skip
        lines = [f'{name} = "{value}"' for name, value in told.items()]
        return "\n".join(["[[platforms]]", *lines, f'deployment_ids = ["{DEPLOYMENT}"]', ""])


@contextmanager
def teaching() -> Iterator[Lms]:
    """A platform that serves; tell it with ``opened_at`` where the tool is."""
    lms = Lms()
    private, public = new_key()
    lms.registration.set_client_id(CLIENT).set_deployment_id(DEPLOYMENT)
    lms.registration.set_platform_private_key(private).set_platform_public_key(public)
    with serving(lms.app()) as address:
        lms.address = address.replace("127.0.0.1", "localhost")
        lms.registration.set_iss(lms.address)
        yield lms


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page, and where its form goes as ``action``."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    fields["action"] = re.search(r'action="([^"]*)"', page)[1]  # type: ignore[index]
    return {name: unescape(value) for name, value in fields.items()}


def begun(lms: Lms) -> dict[str, str]:
    """What a browser without cookies has in hand before it launches: ``id_token``, ``state``, ``action``."""
    login = httpx.get(lms.login_address())
    assert login.status_code == 303, login.text
    return hidden(httpx.get(login.headers["location"]).text)


def launched(form: dict[str, str]) -> httpx.Response:
    """The answer to a launch with ``form``."""
    return httpx.post(form["action"], data={name: form[name] for name in ("id_token", "state")})
