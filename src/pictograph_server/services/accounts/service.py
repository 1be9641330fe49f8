"""A person's account: name, e-mail address and password, and making one where that is open to anybody."""

import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pictograph_server import mail
from pictograph_server.errors import BadRequest, Conflict, Forbidden, Unprocessable
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import guesses, letters, links, passwords, repository, sessions
from pictograph_server.services.accounts.links import NewLink
from pictograph_server.services.accounts.records import (
    Account,
    Device,
    KnownSession,
    Membership,
    Person,
    StartedSession,
)
from pictograph_server.services.accounts.signing_in import (
    SignInRefused,
    accept_password,
    check_password,
    require_person,
)
from pictograph_server.services.audit import service as audit
from pictograph_server.services.organizations import service as organizations
from pictograph_server.services.organizations.emails import normalize_email

MAX_NAME_LENGTH = 200


class BadPersonName(Unprocessable):
    code = "bad_person_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name[:40]!r} cannot be a person's name", why=f"a name has 1 to {MAX_NAME_LENGTH} visible characters"
        )


class EmailTaken(Conflict):
    code = "email_taken"

    def __init__(self, email: str) -> None:
        super().__init__(
            f"The address {email} cannot be used",
            why="another account has it",
            fix="Sign in with that account, or give another address.",
        )


class EmailNeeded(BadRequest):
    code = "email_needed"

    def __init__(self) -> None:
        super().__init__(
            "A password cannot be set",
            why="the account has no e-mail address to sign in with",
            fix="Send `email` with it.",
        )


class CurrentPasswordNeeded(BadRequest):
    code = "current_password_needed"

    def __init__(self) -> None:
        super().__init__(
            "This cannot be done without your password",
            why="the account has a password, and it was not given",
            fix="Send `current_password` with it.",
        )


class WrongPassword(Forbidden):
    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("Nothing was changed", why="that is not your current password")


class RegistrationClosed(Forbidden):
    code = "registration_closed"

    def __init__(self) -> None:
        super().__init__(
            "You cannot make an account here yourself",
            why="registration is closed on this server",
            fix="Ask an admin of an organisation for an invite.",
        )


@dataclass(frozen=True)
class AccountChanges:
    """What is None stays as it is."""

    email: str | None = None
    full_name: str | None = None
    current_password: str | None = None
    new_password: str | None = None


def get(conn: Connection, user_id: str) -> Account:
    person = require_person(conn, user_id)
    return Account(
        id=person.id,
        email=person.email,
        pending_email=repository.pending_email(conn, user_id),
        full_name=person.full_name,
        has_password=person.password_hash is not None,
        organizations=[
            Membership(organization_id=row.organization_id, name=row.name, slug=row.slug, role=row.role)
            for row in repository.memberships(conn, user_id)
        ],
        created_at=person.created_at,
    )


def change(platform: Platform, session: KnownSession, changes: AccountChanges, device: Device) -> Account:
    """Change an account. A new password ends the person's other sessions and links.

    Where letters are sent, another address counts once its owner has confirmed it (`new_address.py`).

    Raises:
        CurrentPasswordNeeded, WrongPassword: who changes address or password has to know the password there is.
        EmailTaken, EmailNeeded, InvalidEmail, WeakPassword, BadPersonName: what was given cannot be used.
    """
    with platform.db.read() as conn:
        person = require_person(conn, session.actor.id)
    values = checked_profile(person, changes)
    asks_owner = person.email is not None and mail.can_send(platform.settings.mail)
    wanted = values.pop("email", None) if asks_owner else None
    changed = sorted("password" if name == "password_hash" else name for name in values)
    is_grave = wanted is not None or bool({"email", "password_hash"} & set(values))
    is_proven = prove(platform, person, changes.current_password, device) if is_grave else False
    link: NewLink | None = None
    with platform.db.write() as conn:
        if is_proven:
            accept_password(conn, person, changes.current_password or "", device)
        apply_profile(conn, person, values)
        if "password_hash" in values:
            repository.delete_sessions(conn, person.id, but=session.id)
            repository.delete_links(conn, person.id)
        if changes.email is not None:
            repository.delete_links(conn, person.id, purpose="email")
        if wanted is not None:
            refuse_taken(conn, wanted)
            guesses.take(conn, f"letter to {wanted}", device.address)
            link = links.make(conn, person.id, "email", email=wanted)
        if values:
            audit.record(
                conn,
                session.actor,
                "account.updated",
                subject_id=person.id,
                subject_name=person.display_name,
                details={"changed": changed},
            )
        account = get(conn, person.id)
    if wanted is not None and link is not None:
        letters.send_confirmation(platform, wanted, link)
    if person.email is not None and is_grave:
        done = [*changed, f"your address, once {wanted} is confirmed"] if wanted else changed
        letters.send_notice(platform, person.email, f"Changed: {', '.join(done)}.")
    return account


def register(
    platform: Platform, device: Device, *, email: str, full_name: str, password: str, organization: str
) -> StartedSession:
    """Make an account, with an organisation of its own, and sign in; where the operator opened this to anybody.

    Raises:
        RegistrationClosed: they did not.
        TooManyGuesses: too many accounts were asked for from the same address.
        EmailTaken, InvalidEmail, WeakPassword, BadPersonName, BadOrganizationName: what was given cannot be used.
    """
    if platform.settings.accounts.registration != "open":
        raise RegistrationClosed
    address, name = normalize_email(email), check_name(full_name)
    with platform.db.write() as conn:
        # Each is a hash, an organisation and its credits; and the answer tells whether there is such an account.
        guesses.take(conn, f"registration of {address}", device.address)
    password_hash = passwords.hash_new(password, email=address)
    with platform.db.write() as conn:
        person = new_person(conn, email=address, full_name=name, password_hash=password_hash)
        organizations.create_organization(conn, platform.settings.credits, name=organization, owner_id=person.id)
        return sessions.start(conn, platform.settings.accounts, person, device, by="registration")


def new_person(conn: Connection, *, email: str, full_name: str | None, password_hash: str | None) -> Person:
    """Make a person. Raises EmailTaken."""
    if repository.person_by_email(conn, email) is not None:
        raise EmailTaken(email)
    try:
        user_id = repository.insert_person(conn, email=email, full_name=full_name, password_hash=password_hash)
    except IntegrityError as error:  # Postgres: somebody else took the address between the look and the write
        raise EmailTaken(email) from error
    return require_person(conn, user_id)


def checked_profile(person: Person, changes: AccountChanges) -> dict[str, str]:
    """Return the columns that change, with their new values; hashes the password, so outside a transaction."""
    values: dict[str, str] = {}
    if changes.full_name is not None and (name := check_name(changes.full_name)) != person.full_name:
        values["full_name"] = name
    if changes.email is not None and (email := normalize_email(changes.email)) != person.email:
        values["email"] = email
    if changes.new_password is not None:
        address = values.get("email", person.email)
        if address is None:
            raise EmailNeeded
        values["password_hash"] = passwords.hash_new(changes.new_password, email=address)
    return values


def apply_profile(conn: Connection, person: Person, values: dict[str, str]) -> None:
    """Write what `checked_profile` returned. Raises EmailTaken."""
    if not values:
        return
    email = values.get("email", "")
    if email:
        refuse_taken(conn, email)
    try:
        repository.update_person(conn, person.id, values)
    except IntegrityError as error:  # as in `new_person`
        raise EmailTaken(email) from error


def refuse_taken(conn: Connection, email: str) -> None:
    if repository.person_by_email(conn, email) is not None:
        raise EmailTaken(email)


def check_name(name: str) -> str:
    label = unicodedata.normalize("NFC", " ".join(name.split(" ")).strip())
    if not label or len(label) > MAX_NAME_LENGTH or not label.isprintable():
        raise BadPersonName(name)
    return label


def prove(platform: Platform, person: Person, current_password: str | None, device: Device) -> bool:
    """Check the current password; False where there is none to know.

    Raises:
        CurrentPasswordNeeded, WrongPassword.
    """
    if person.password_hash is None or person.email is None:
        return False
    if current_password is None:
        raise CurrentPasswordNeeded
    try:
        check_password(platform, person.email, current_password, device)
    except SignInRefused:
        raise WrongPassword from None
    return True
