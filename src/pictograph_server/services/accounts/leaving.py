"""A person deletes their own account. What they made stays, and who made it: provenance keeps their id."""

from pictograph_server.platform import Platform
from pictograph_server.services.accounts import letters, repository
from pictograph_server.services.accounts.records import Device, KnownSession, actors_of
from pictograph_server.services.accounts.service import prove
from pictograph_server.services.accounts.signing_in import accept_password, require_person
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import members


def delete(platform: Platform, session: KnownSession, current_password: str | None, device: Device) -> None:
    """Delete the account of who asks: they leave every organisation, and their sessions, links and keys end.

    Raises:
        CurrentPasswordNeeded, WrongPassword: who has a password has to give it.
        LastOwner: an organisation would be left without an owner; nothing has changed.
    """
    with platform.db.read() as conn:
        person = require_person(conn, session.actor.id)
    is_proven = prove(platform, person, current_password, device)
    with platform.db.write() as conn:
        if is_proven:
            accept_password(conn, person, current_password or "", device)
        memberships = repository.memberships(conn, person.id)
        # Always in the same order: `remove` holds the organisation until the commit.
        for row in sorted(memberships, key=lambda row: row.organization_id):
            (actor,) = actors_of(person, [row])
            members.remove(conn, actor, row.member_id)
            audit.record(conn, actor, "account.deleted", subject_id=person.id, subject_name=person.display_name)
        repository.delete_person(conn, person.id)
    if person.email is not None:
        letters.send_farewell(platform, person.email)
