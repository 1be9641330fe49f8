"""Who reviews an image: people by their id or e-mail address, and what is given to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.errors import NotFound
from pictograph_server.services.organizations import members

from . import reviewers_repository as repository

# What the caller calls themselves.
ME = "me"


class ReviewerNotFound(NotFound):
    code = "reviewer_not_found"

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"There is no member {wanted!r} to give images to",
            fix='Name the user id or the e-mail address of a member (`client.organizations.list_members()`), or "me"',
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Who reviews: a member, or an API key."""

    id: str
    name: str


def person_of(actor: Actor) -> Person:
    return Person(actor.id, actor.name[:320])


def find(conn: Connection, actor: Actor, wanted: str) -> Person:
    """Return a member by their user id or e-mail address, or the caller. Raises `ReviewerNotFound` (404)."""
    if wanted in (ME, actor.id):
        return person_of(actor)
    for member in members.list_members(conn, actor.organization_id):
        if wanted == member.user_id or wanted.casefold() == (member.email or "").casefold():
            return Person(member.user_id, (member.full_name or member.email or member.user_id)[:320])
    raise ReviewerNotFound(wanted)


def give(conn: Connection, image_ids: Sequence[str], person: Person) -> None:
    """Give images to a person, whoever had them; the dataset is locked (`datasets.lock`)."""
    repository.give(conn, image_ids, person_id=person.id, person_name=person.name)


def take(conn: Connection, image_ids: Sequence[str]) -> None:
    """Make images nobody's; the dataset is locked."""
    repository.take(conn, image_ids)


def note(conn: Connection, image_ids: Sequence[str], person_id: str | None) -> None:
    """Keep with the images what a row of `review_items` that was written or removed says of them."""
    repository.note(conn, image_ids, person_id)
