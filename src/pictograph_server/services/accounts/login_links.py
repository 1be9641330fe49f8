"""Login links: what `pictograph up` and `pictograph login-link` print, and coming in with one."""

from pictograph_server.platform import Platform
from pictograph_server.services.accounts import links, sessions
from pictograph_server.services.accounts.records import Device, StartedSession
from pictograph_server.services.accounts.service import (
    AccountChanges,
    CurrentPasswordNeeded,
    apply_profile,
    checked_profile,
)
from pictograph_server.services.accounts.signing_in import require_person

NOTHING = AccountChanges()


def sign_in_with_link(
    platform: Platform, token: str, device: Device, *, first_profile: AccountChanges = NOTHING
) -> StartedSession:
    """Begin a session for who holds a login link, and use it up.

    Args:
        first_profile: what somebody without a password sets at the same time.
    Raises:
        LinkNotValid, NoOrganization: they cannot come in.
        EmailTaken, EmailNeeded, InvalidEmail, WeakPassword: the profile cannot be used; the link stays usable.
    """
    with platform.db.read() as conn:
        person = require_person(conn, links.owner(conn, token, "login"))
    values = checked_profile(person, first_profile)
    if values and person.password_hash is not None:
        raise CurrentPasswordNeeded
    with platform.db.write() as conn:
        links.redeem(conn, token, "login")
        apply_profile(conn, person, values)
        person = require_person(conn, person.id)
        return sessions.start(conn, platform.settings.accounts, person, device, by="link")
