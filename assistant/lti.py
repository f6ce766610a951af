"""Launches from learning platforms (Moodle, Canvas): LTI 1.3 with deep linking.

The protocol is that of 1EdTech's LTI Core 1.3, Security Framework 1.0 and Deep Linking 2.0; JOSE is joserfc's.
"""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from assistant.lti_keys import KeySets, own_key
from assistant.lti_platforms import LtiError, Platform, Platforms, origin_of, read_platforms

STATE_SECONDS = 300
"""How long a launch may take from its beginning to its end."""

CHOICE_SECONDS = 3600
"""How long a teacher may take to choose."""

RESPONSE_SECONDS = 300
"""How long a platform may take to read what a teacher chose."""

LEEWAY_SECONDS = 60
"""How far the clocks of a platform and of this server may differ."""

MOST_USED = 20_000
"""Launches that are remembered, so that none happens twice."""

_CORE = "https://purl.imsglobal.org/spec/lti/claim/"
_DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
RESOURCE, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"

Clock = Callable[[], float]
Form = Mapping[str, str]


@dataclass(frozen=True)
class Launch:
    """What is taken from a launch; of the person who launches, nothing.

    :param custom: what the link asks for, not to be trusted.
    :param locale: of the platform's page, maybe empty.
    :param choice: what a choice has to be sent back with, sealed; empty if the launch asks for none.
    """

    custom: Mapping[str, Any]
    locale: str
    choice: str = ""


@dataclass(frozen=True)
class Answer:
    """What is sent back to a platform.

    :param address: where to.
    :param token: the signed message.
    """

    address: str
    token: str


class Seal:
    """Signs what a browser carries back to us, for as long as this server runs.

    :param clock: seconds since 1970.
    """

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._key = OctKey.generate_key(256)

    def sealed(self, purpose: str, claims: Mapping[str, Any], seconds: int) -> str:
        """``claims`` as a token that can be opened for ``purpose`` during so many ``seconds``."""
        told = {**claims, "aud": purpose, "exp": int(self._clock()) + seconds}
        return jwt.encode({"alg": "HS256"}, told, self._key)

    def opened(self, purpose: str, token: str) -> dict[str, Any]:
        """What :meth:`sealed` made ``token`` of.

        :raises LtiError: if it did not, or for another purpose, or too long ago.
        """
        wanted = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()), aud={"essential": True, "value": purpose}, exp={"essential": True}
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            wanted.validate(claims)
        except (JoseError, ValueError) as error:
            raise LtiError("over") from error
        return claims


class Used:
    """The nonces of the launches that happened, as long as they could happen again.

    :param clock: seconds since 1970.
    """

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, nonce: str) -> None:
        """Use ``nonce``, which came back in time.

        :raises LtiError: if it was used, or if more launches happen than can be remembered.
        """
        now = self._clock()
        with self._lock:
            while self._until and next(iter(self._until.values())) < now:
                self._until.popitem(last=False)
            if nonce in self._until or len(self._until) >= MOST_USED:
                raise LtiError("over")
            self._until[nonce] = now + STATE_SECONDS


class Tool:
    """What platforms launch.

    :param platforms: those that may.
    :param key: our private key.
    :param clock: seconds since 1970.
    """

    def __init__(self, platforms: Platforms, key: RSAKey, clock: Clock = time.time) -> None:
        self.platforms = platforms
        self._key = key
        self._clock = clock
        self._seal = Seal(clock)
        self._used = Used(clock)
        self._key_sets = KeySets()

    @classmethod
    def open(cls, file: Path, clock: Clock = time.time) -> "Tool":
        """The tool that ``file`` describes; its private key lies beside.

        :raises LtiError: if one of both cannot be used.
        """
        return cls(read_platforms(file), own_key(file.with_name(f"{file.name}.key")), clock)

    def keys(self) -> dict[str, Any]:
        """Our public key, as a set."""
        return {"keys": [self._key.as_dict(private=False, use="sig", alg="RS256")]}

    def login(self, form: Form, launch_address: str) -> str:
        """The address of the platform that confirms a launch, which a platform begins with ``form``.

        :param launch_address: where the launch goes on.
        :raises LtiError: if the platform is unknown.
        """
        platform = self.platforms.of(form.get("iss", ""), form.get("client_id", ""))
        nonce = secrets.token_urlsafe(24)
        state = {"issuer": platform.issuer, "client": platform.client_id, "nonce": nonce}
        asked = {
            "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
            "client_id": platform.client_id, "redirect_uri": launch_address, "nonce": nonce,
            "state": self._seal.sealed("state", state, STATE_SECONDS), "login_hint": form.get("login_hint", ""),
        }  # fmt: skip
        if "lti_message_hint" in form:
            asked["lti_message_hint"] = form["lti_message_hint"]
        joint = "&" if "?" in platform.auth_login_url else "?"
        return f"{platform.auth_login_url}{joint}{urlencode(asked)}"

    def launch(self, form: Form) -> Launch:
        """The launch that ``form`` tells, which a platform has the browser send.

        :raises LtiError: if it cannot be trusted, or happened before.
        """
        if "error" in form:
            raise LtiError("refused", reason=form["error"])
        state = self._seal.opened("state", form.get("state", ""))
        platform = self.platforms.of(state["issuer"], state["client"])
        claims = self._verified(form.get("id_token", ""), platform, state["nonce"])
        self._used.use(state["nonce"])
        return self._understood(claims, platform)

    def _verified(self, token: str, platform: Platform, nonce: str) -> dict[str, Any]:
        """The claims of ``token``, which ``platform`` has signed for us and for ``nonce`` just now."""
        wanted = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": platform.issuer},
            aud={"essential": True, "value": platform.client_id},
            azp={"value": platform.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            verified = jwt.decode(token, lambda given: self._key_of(platform, given), algorithms=["RS256"])
            wanted.validate(verified.claims)
        except (JoseError, ValueError) as error:
            raise LtiError("untrusted", reason=f"{type(error).__name__}: {error}") from error
        return verified.claims

    def _key_of(self, platform: Platform, given: Any) -> RSAKey:
        return self._key_sets.key(platform.key_set_url, str(given.headers().get("kid", "")))

    def _understood(self, claims: Mapping[str, Any], platform: Platform) -> Launch:
        deployment = claims.get(f"{_CORE}deployment_id")
        if deployment not in platform.deployment_ids:
            raise LtiError("deployment", deployment=deployment, issuer=platform.issuer)
        kind, version = claims.get(f"{_CORE}message_type"), claims.get(f"{_CORE}version")
        if kind not in (RESOURCE, DEEP_LINKING) or version != "1.3.0":
            raise LtiError("message", kind=f"{kind} {version}")
        return Launch(
            _table(claims, f"{_CORE}custom"),
            str(_table(claims, f"{_CORE}launch_presentation").get("locale", "")),
            self._choice(claims, platform) if kind == DEEP_LINKING else "",
        )

    def _choice(self, claims: Mapping[str, Any], platform: Platform) -> str:
        """What a choice has to be sent back with, sealed."""
        wanted = _table(claims, f"{_DEEP}deep_linking_settings")
        accepted = wanted.get("accept_types")
        if not isinstance(accepted, list) or "ltiResourceLink" not in accepted:
            raise LtiError("message", kind=DEEP_LINKING)
        address = str(wanted.get("deep_link_return_url", ""))
        _check_return(address, platform)
        choice = {
            "issuer": platform.issuer, "client": platform.client_id, "address": address,
            "deployment": claims[f"{_CORE}deployment_id"], "data": wanted.get("data"),
        }  # fmt: skip
        return self._seal.sealed("choice", choice, CHOICE_SECONDS)

    def answer(self, choice: str, item: Mapping[str, Any]) -> Answer:
        """What sends the content ``item`` back to the platform that asked for it.

        :param choice: as the :class:`Launch` gave it.
        :raises LtiError: if that is too long ago.
        """
        asked = self._seal.opened("choice", choice)
        now = int(self._clock())
        told = {
            "iss": asked["client"], "aud": [asked["issuer"]], "iat": now,
            "exp": now + RESPONSE_SECONDS, "nonce": secrets.token_urlsafe(24),
            f"{_CORE}version": "1.3.0", f"{_CORE}message_type": "LtiDeepLinkingResponse",
            f"{_CORE}deployment_id": asked["deployment"], f"{_DEEP}content_items": [dict(item)],
        }  # fmt: skip
        if asked["data"] is not None:
            told[f"{_DEEP}data"] = asked["data"]
        token = jwt.encode({"alg": "RS256", "kid": str(self._key.kid)}, told, self._key)
        return Answer(asked["address"], token)


def _table(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    given = claims.get(name)
    return given if isinstance(given, dict) else {}


def _check_return(address: str, platform: Platform) -> None:
    try:
        origin = origin_of(address)
    except ValueError as error:
        raise LtiError("returns", address=address, issuer=platform.issuer) from error
    if origin not in platform.all_origins():
        raise LtiError("returns", address=origin, issuer=platform.issuer)
