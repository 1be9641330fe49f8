"""Passwords: what is asked of a new one, and Argon2id (RFC 9106) for what is kept of it."""

import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from pictograph_server.errors import Unprocessable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 200
# OWASP's parameters (Password Storage Cheat Sheet): 19 MiB and two passes are 30 ms of one core.
_MEMORY_KIB = 19 * 1024
_PASSES = 2
# Each hash takes its memory: so many are computed at once, the others wait.
_turns = threading.BoundedSemaphore(4)


class WeakPassword(Unprocessable):
    code = "weak_password"

    def __init__(self, why: str) -> None:
        super().__init__(
            "This password cannot be used",
            why=why,
            fix=f"Take {LEAST_CHARACTERS} characters or more; several words that you can remember are best.",
        )


def hash_new(password: str, *, email: str | None) -> str:
    """Return what to keep of a new password.

    Raises:
        WeakPassword: it is short, over long, one character again and again, or the person's address.
    """
    text = _normalized(password)
    if len(text) < LEAST_CHARACTERS:
        raise WeakPassword(f"it has {len(text)} characters, and {LEAST_CHARACTERS} are the least")
    if len(text) > MOST_CHARACTERS:
        raise WeakPassword(f"it has {len(text)} characters, and may have {MOST_CHARACTERS}")
    if len(set(text.lower())) < 4:
        raise WeakPassword("it repeats a few characters")
    if email is not None and text.lower() in (email, email.partition("@")[0]):
        raise WeakPassword("it is your e-mail address")
    with _turns:
        return _hasher().hash(text)


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether it is the password. Without a hash the answer is no, and takes as long."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MOST_CHARACTERS * 4:
        return False
    with _turns:
        try:
            return _hasher().verify(password_hash or _nobody(), _normalized(password)) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


def rehash(password: str) -> str:
    """Return the hash of a password that was accepted before, with today's parameters."""
    with _turns:
        return _hasher().hash(_normalized(password))


def _normalized(password: str) -> str:
    # The same letters come composed from one keyboard and decomposed from another.
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> "PasswordHasher":
    # Loaded with the first sign-in, not with the server.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)


@cache
def _nobody() -> str:
    """Return a hash to compare with where there is no account, so that the time does not tell so."""
    return _hasher().hash("nobody's password")
