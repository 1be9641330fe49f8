"""Coming in with e-mail and password.

A password is checked outside any transaction, since its hash takes a while: the attempt is counted and committed
first, so that what is tried at the same time is counted too, and what it led to is written afterwards.
"""

from sqlalchemy import Connection

from pictograph_server.errors import Unauthorized
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import guesses, passwords, repository, sessions
from pictograph_server.services.accounts.records import Device, Person, StartedSession, actors_of
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations.emails import InvalidEmail, normalize_email


class SignInRefused(Unauthorized):
    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__(
            "You are not signed in",
            why="the e-mail address or the password is wrong",
            fix="Check both; a forgotten password is replaced with a link, see docs/guides/people-and-sign-in.md.",
        )


def sign_in(platform: Platform, email: str, password: str, device: Device) -> StartedSession:
    """Begin a session for who knows the password.

    Raises:
        SignInRefused: there is no such account, or the password is another. Which of the two is not told.
        TooManyGuesses: too many attempts failed just before.
        NoOrganization: the person belongs to none any more.
    """
    person = check_password(platform, email, password, device)
    with platform.db.write() as conn:
        accept_password(conn, person, password, device)
        return sessions.start(conn, platform.settings.accounts, person, device, by="password")


def check_password(platform: Platform, email: str, password: str, device: Device) -> Person:
    """Return whose password it is; the attempt counts as failed until `accept_password` takes it back.

    Raises:
        SignInRefused, TooManyGuesses: as `sign_in` does.
    """
    try:
        address = normalize_email(email)
    except InvalidEmail:
        raise SignInRefused from None
    with platform.db.write() as conn:
        guesses.take(conn, address, device.address)
        person = repository.person_by_email(conn, address)
    if passwords.matches(person.password_hash if person else None, password) and person is not None:
        return person
    if person is not None:
        with platform.db.write() as conn:
            _record_refusal(conn, person, device)
    raise SignInRefused


def accept_password(conn: Connection, person: Person, password: str, device: Device) -> None:
    """Finish what `check_password` began, in the transaction that acts on it.

    Raises:
        SignInRefused: the password was changed in between.
    """
    current = repository.person(conn, person.id)
    if current is None or current.password_hash is None or current.password_hash != person.password_hash:
        raise SignInRefused
    guesses.forgive(conn, person.email or "", device.address)
    if passwords.is_outdated(current.password_hash):
        repository.update_person(conn, person.id, {"password_hash": passwords.rehash(password)})


def require_person(conn: Connection, user_id: str) -> Person:
    person = repository.person(conn, user_id)
    assert person is not None, "links and sessions go when their person goes"
    return person


def _record_refusal(conn: Connection, person: Person, device: Device) -> None:
    details = {"address": device.address}
    for actor in actors_of(person, repository.memberships(conn, person.id)):
        audit.record(
            conn, actor, "session.refused", subject_id=person.id, subject_name=person.display_name, details=details
        )
