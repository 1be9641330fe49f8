"""What services know about people and where they sit, and what the API answers about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Row

from pictograph_server.actor import Actor, Role


@dataclass(frozen=True)
class Device:
    """Where a request comes from, as the server saw it."""

    address: str
    user_agent: str


@dataclass(frozen=True)
class Person:
    """A row of `users`."""

    id: str
    email: str | None
    full_name: str | None
    password_hash: str | None
    created_at: datetime

    @property
    def display_name(self) -> str:
        return self.full_name or self.email or "Somebody"


def actors_of(person: Person, memberships: Sequence[Row[*tuple[object, ...]]]) -> list[Actor]:
    """Return the person as each organisation of theirs sees them; the rows are `repository.memberships`."""
    return [Actor(row.organization_id, person.id, row.role, person.display_name, kind="person") for row in memberships]


class Membership(BaseModel):
    """An organisation a person belongs to, and as what."""

    organization_id: str
    name: str
    slug: str
    role: Role


class Account(BaseModel):
    """A person as they see themselves."""

    id: str
    email: str | None
    # Asked for, and not confirmed with the link that was mailed to it: `email` counts until then.
    pending_email: str | None = None
    full_name: str | None
    has_password: bool
    organizations: list[Membership]
    created_at: datetime


class SessionEntry(BaseModel):
    """One of a person's sessions, for the list in which they can end it."""

    id: str
    address: str
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool


@dataclass(frozen=True)
class KnownSession:
    """A session that holds: who signed in, as which role of the organisation they look at."""

    id: str
    actor: Actor
    expires_at: datetime
    last_used_at: datetime


@dataclass(frozen=True)
class StartedSession:
    """A session just begun. `token` goes into the cookie and is kept nowhere here; None leaves the cookie there is."""

    token: str | None
    session: KnownSession
