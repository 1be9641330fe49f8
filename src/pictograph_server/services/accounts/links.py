"""Links that one person uses once: to sign in, to set a new password, to confirm an address. Kept as hashes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest
from pictograph_server.services.accounts import repository
from pictograph_server.settings import new_secret
from pictograph_server.storage.db.types import now

Purpose = Literal["login", "password", "email"]
LIFETIMES: dict[Purpose, timedelta] = {
    "login": timedelta(minutes=15),
    "password": timedelta(hours=1),
    "email": timedelta(hours=24),
}
_PATHS: dict[Purpose, str] = {"login": "/login/", "password": "/reset-password/", "email": "/confirm-email/"}
INVITE_PATH = "/invite/"


class LinkNotValid(BadRequest):
    code = "link_not_valid"

    def __init__(self) -> None:
        super().__init__(
            "This link cannot be used",
            why="it works once and for a short time, and was used already, is too old, or who made it may no longer",
            fix="Get a new one: from who sent it, or with `pictograph login-link` on the server.",
        )


@dataclass(frozen=True)
class NewLink:
    """A link just made. `path` holds the token, which is kept nowhere here."""

    path: str
    expires_at: datetime


def make(
    conn: Connection, user_id: str, purpose: Purpose, *, maker: Actor | None = None, email: str | None = None
) -> NewLink:
    """Make a link for a person.

    Args:
        maker: who hands it on: it holds as long as they are an admin, or their key works.
        email: the address that it confirms.
    """
    token, expires_at = new_secret(), now() + LIFETIMES[purpose]
    repository.delete_expired(conn)
    repository.insert_link(
        conn,
        user_id=user_id,
        purpose=purpose,
        token_sha256=hash_token(token),
        expires_at=expires_at,
        maker=maker,
        email=email,
    )
    return NewLink(path=_PATHS[purpose] + token, expires_at=expires_at)


def owner(conn: Connection, token: str, purpose: Purpose) -> str:
    """Return the id of the person whose link it is, and leave it usable.

    Raises:
        LinkNotValid: it is used up, expired, or for something else.
    """
    user_id = repository.link_owner(conn, purpose=purpose, token_sha256=hash_token(token))
    if user_id is None:
        raise LinkNotValid
    return user_id


def redeem(conn: Connection, token: str, purpose: Purpose) -> str:
    """Return the id of the person whose link it is, and use it up. Raises LinkNotValid as `owner` does."""
    user_id = owner(conn, token, purpose)
    if not repository.delete_link(conn, hash_token(token)):
        raise LinkNotValid
    return user_id


def hash_token(token: str) -> str:
    """Return what is kept of a token: its 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
