"""Another e-mail address: it counts once who reads its letters has opened the link in one."""

from sqlalchemy import Connection

from pictograph_server.platform import Platform
from pictograph_server.services.accounts import letters, links, repository
from pictograph_server.services.accounts.links import LinkNotValid
from pictograph_server.services.accounts.records import actors_of
from pictograph_server.services.accounts.service import apply_profile
from pictograph_server.services.accounts.signing_in import require_person
from pictograph_server.services.audit import service as audit


def look(conn: Connection, token: str) -> str:
    """Return the address that a link confirms, and leave it usable. Raises LinkNotValid."""
    links.owner(conn, token, "email")
    address = repository.link_email(conn, links.hash_token(token))
    if address is None:
        raise LinkNotValid
    return address


def confirm(platform: Platform, token: str) -> str:
    """Make the address of a link that of its person, and return it. Links that were mailed to the old one end.

    Raises:
        LinkNotValid: it is used up, expired, or for something else.
        EmailTaken: another account has got the address meanwhile.
    """
    with platform.db.write() as conn:
        address = look(conn, token)
        person = require_person(conn, links.redeem(conn, token, "email"))
        apply_profile(conn, person, {"email": address})
        repository.delete_links(conn, person.id)
        for actor in actors_of(person, repository.memberships(conn, person.id)):
            audit.record(
                conn,
                actor,
                "account.updated",
                subject_id=person.id,
                subject_name=person.display_name,
                details={"changed": ["email"], "by": "link"},
            )
    if person.email is not None:
        letters.send_notice(platform, person.email, f"The address of your account is now {address}.")
    return address
