"""What an operator does from the server's own command line: organisations, and links for who cannot come in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.errors import NotFound
from pictograph_server.services.accounts import links, repository
from pictograph_server.services.accounts.links import NewLink, Purpose
from pictograph_server.services.accounts.records import Person
from pictograph_server.services.accounts.service import EmailNeeded, check_name, new_person
from pictograph_server.services.accounts.signing_in import require_person
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import service as organizations
from pictograph_server.services.organizations.emails import normalize_email
from pictograph_server.settings import Settings


class PersonNotFound(NotFound):
    code = "person_not_found"

    def __init__(self, what: str) -> None:
        super().__init__(
            what, fix="`pictograph organizations list` shows the organisations; leave both out for the first owner."
        )


@dataclass(frozen=True)
class OrganizationLine:
    """An organisation in the operator's list."""

    id: str
    name: str
    slug: str
    members: int
    created_at: datetime


@dataclass(frozen=True)
class NewOrganization:
    """An organisation just made, with its owner's way in. The key is shown this once."""

    id: str
    slug: str
    api_key: str
    link: NewLink


def list_organizations(conn: Connection) -> list[OrganizationLine]:
    """Return every organisation of the server, oldest first."""
    return [
        OrganizationLine(id=row.id, name=row.name, slug=row.slug, members=row.member_count, created_at=row.created_at)
        for row in repository.list_organizations(conn)
    ]


def create_organization(
    conn: Connection, settings: Settings, name: str, *, email: str | None = None, full_name: str | None = None
) -> NewOrganization:
    """Make an organisation, with an owner's API key and a login link for its owner.

    Args:
        email: of the owner: of a person there is, who then belongs to several, or of a new one.
        full_name: of a new owner.
    """
    owner = None if email is None else _person(conn, normalize_email(email), full_name)
    made = organizations.create_organization(
        conn,
        settings.credits,
        name=name,
        owner_name=check_name(full_name) if full_name else "Owner",
        owner_id=owner.id if owner else None,
    )
    key = organizations.new_api_key()
    organizations.create_key(
        conn, made.organization_id, key, name="owner", role="owner", rate_limit=settings.limits.requests_per_hour
    )
    slug = next(line.slug for line in list_organizations(conn) if line.id == made.organization_id)
    audit.record(
        conn,
        _operator(made.organization_id),
        "organization.created",
        subject_id=made.organization_id,
        subject_name=name.strip(),
    )
    return NewOrganization(made.organization_id, slug, key, links.make(conn, made.owner_id, "login"))


def make_link(conn: Connection, purpose: Purpose, *, email: str | None = None, slug: str | None = None) -> NewLink:
    """Make a link for a person, or for the first owner of an organisation, or of the oldest one.

    Raises:
        PersonNotFound: there is no such person or organisation.
        EmailNeeded: a password for somebody who has no address to sign in with.
    """
    user_id = _found(conn, email, slug)
    person = require_person(conn, user_id)
    if purpose == "password" and person.email is None:
        raise EmailNeeded
    for membership in repository.memberships(conn, user_id):
        audit.record(
            conn,
            _operator(membership.organization_id),
            "login_link.made" if purpose == "login" else "password_link.made",
            subject_id=user_id,
            subject_name=person.display_name,
        )
    return links.make(conn, user_id, purpose)


def _found(conn: Connection, email: str | None, slug: str | None) -> str:
    if email is not None:
        person = repository.person_by_email(conn, normalize_email(email))
        if person is None:
            raise PersonNotFound(f"Nobody here has the address {email!r}")
        return person.id
    organization_id = None if slug is None else repository.organization_by_slug(conn, slug)
    if slug is not None and organization_id is None:
        raise PersonNotFound(f"There is no organisation {slug!r}")
    owner = repository.first_owner(conn, organization_id)
    if owner is None:
        raise PersonNotFound("There is no organisation yet: it is made when the server starts")
    return owner


def _person(conn: Connection, email: str, full_name: str | None) -> Person:
    known = repository.person_by_email(conn, email)
    name = check_name(full_name) if full_name else None
    return known or new_person(conn, email=email, full_name=name, password_hash=None)


def _operator(organization_id: str) -> Actor:
    return Actor(organization_id=organization_id, id="operator", role="owner", name="operator", kind="operator")
