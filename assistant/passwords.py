"""The teacher's password: kept as a scrypt hash, never itself."""

import base64
import hashlib
import hmac
import os
import secrets
import threading
from pathlib import Path

from index.errors import TanyaError

SHORTEST = 8
"""Characters of the shortest password."""

LONGEST = 200
"""Characters of the longest password."""

COST, BLOCK, PARALLEL = 2**15, 8, 3
"""scrypt's parameters, after OWASP's Password Storage Cheat Sheet (2025): 32 MB a try."""

_MEMORY = 2 * 128 * COST * BLOCK
_one_at_a_time = threading.Lock()


class PasswordError(TanyaError):
    """A password cannot be used or kept."""

    code = "password"


def hashed(password: str) -> str:
    """``password`` as a scrypt hash with a fresh salt.

    :raises PasswordError: if it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordError(
            f"Kata sandinya {len(password)} huruf: pakai {SHORTEST} sampai {LONGEST} huruf.",
            f"The password has {len(password)} characters: use {SHORTEST} to {LONGEST}.",
        )
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, COST, BLOCK, PARALLEL)
    parts = [base64.b64encode(part).decode() for part in (salt, digest)]
    return f"scrypt${COST}${BLOCK}${PARALLEL}${parts[0]}${parts[1]}"


def matches(password: str, kept: str) -> bool:
    """Whether ``kept`` is a hash of ``password``."""
    try:
        name, cost, block, parallel, salt, digest = kept.strip().split("$")
        wanted = base64.b64decode(digest)
        found = _scrypt(password[: LONGEST + 1], base64.b64decode(salt), int(cost), int(block), int(parallel))
    except ValueError:
        return False
    return name == "scrypt" and hmac.compare_digest(found, wanted)


def keep(kept: str, file: Path) -> None:
    """Write the hash ``kept`` to ``file``, readable by its owner alone.

    :raises PasswordError: if it cannot be written.
    """
    try:
        write_private(kept, file)
    except OSError as error:
        raise PasswordError(
            f"Kata sandi tidak dapat disimpan di {file} ({error.strerror}): pilih tempat lain dengan "
            f"TANYA_PASSWORD_FILE.",
            f"The password cannot be kept in {file} ({error.strerror}): choose another place with "
            f"TANYA_PASSWORD_FILE.",
        ) from error


def write_private(text: str, file: Path) -> None:
    """Write ``text``, in ASCII, to ``file``, whole or not at all, readable by its owner alone.

    :raises OSError: if it cannot be written.
    """
    unfinished = file.with_name(f"{file.name}.new")
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text)
    unfinished.replace(file)


def kept_in(file: Path) -> str:
    """The hash in ``file``; empty if there is none."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    with _one_at_a_time:
        secret = password.encode("utf-8", "surrogatepass")
        return hashlib.scrypt(secret, salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32)
