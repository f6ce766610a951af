"""The keys of LTI: our own, which signs what we say, and the platforms', which prove what they say."""

import json
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from filelock import FileLock
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from assistant.lti_platforms import LtiError
from assistant.passwords import write_private

KEPT_SECONDS = 3600.0
"""How long a platform's keys are used before they are fetched again."""

PAUSE_SECONDS = 30.0
"""Least time between two requests for the keys of one platform, whatever launches say."""

FETCH_SECONDS = 5.0
"""Longest time that fetching keys takes."""

LARGEST_KEYS = 256 * 1024
"""Bytes of the largest set of keys."""

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}

SMALLEST_KEY = 2048
"""Bits of the smallest key that is believed."""


def own_key(file: Path) -> RSAKey:
    """Our private key in ``file``, which is made, for its owner's eyes alone, if it is not there.

    :raises LtiError: if it can be neither read nor made.
    """
    try:
        with FileLock(file.with_name(f"{file.name}.lock")):
            if not file.exists():
                write_private(RSAKey.generate_key(SMALLEST_KEY).as_pem(private=True).decode("ascii"), file)
        key = RSAKey.import_key(file.read_bytes())
    except OSError as error:
        raise LtiError("own_key", file=file, reason=error.strerror) from error
    except (JoseError, ValueError) as error:
        raise LtiError("own_key", file=file, reason=type(error).__name__) from error
    if not key.is_private:
        raise LtiError("own_key", file=file, reason="public")
    key.ensure_kid()
    return key


@dataclass(frozen=True)
class _Held:
    keys: KeySet | None = None
    fetched: float = -math.inf
    tried: float = -math.inf


class KeySets:
    """The platforms' public keys by the addresses of their sets, fetched when they are needed.

    :param clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: defaultdict[str, _Held] = defaultdict(_Held)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def key(self, address: str, kid: str) -> RSAKey:
        """The key named ``kid`` of the set at ``address``, which is one of the platforms'.

        :raises LtiError: if the set cannot be fetched or has no such key.
        """
        with self._locks[address]:
            now, held = self._clock(), self._held[address]
            found = _named(held.keys, kid) if now - held.fetched < KEPT_SECONDS else None
            if found is None and now - held.tried >= PAUSE_SECONDS:
                self._held[address] = replace(held, tried=now)
                self._held[address] = _Held(fetch_keys(address), now, now)
                found = _named(self._held[address].keys, kid)
        if found is None:
            raise LtiError("keys", address=address, reason=f"kid {kid}")
        return found


def _named(keys: KeySet | None, kid: str) -> RSAKey | None:
    for key in keys or ():
        if isinstance(key, RSAKey) and key.kid == kid and key.public_key.key_size >= SMALLEST_KEY:
            return key
    return None


def fetch_keys(address: str) -> KeySet:
    """The set of keys at ``address``: no redirect is followed, and time and size are bounded.

    :raises LtiError: if there is none.
    """
    deadline = time.monotonic() + FETCH_SECONDS
    body = b""
    try:
        with httpx.stream("GET", address, timeout=FETCH_SECONDS, headers=_HEADERS) as found:
            if found.status_code != 200:
                raise LtiError("keys", address=address, reason=found.status_code)
            for part in found.iter_raw():
                body += part
                if len(body) > LARGEST_KEYS or time.monotonic() > deadline:
                    raise LtiError("keys", address=address, reason="too large or too slow")
        return KeySet.import_key_set(json.loads(body))
    except httpx.HTTPError as error:
        raise LtiError("keys", address=address, reason=type(error).__name__) from error
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise LtiError("keys", address=address, reason="JWKS") from error
