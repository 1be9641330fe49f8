"""People for the tests of accounts: members with a password, and browsers they sit at."""

from functools import cache
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.conftest import MakeClient

from pictograph_server.actor import Role
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import passwords, repository
from pictograph_server.services.organizations import repository as organizations_repository
from pictograph_server.storage.db.tables import audit_entries

SESSION = "/api/v1/session"
ACCOUNT = "/api/v1/account"
ADA = "ada@example.org"
PASSWORD = "seven dry umbrellas"
# What the app is served at in the tests, and what a browser says of where its page is from.
ORIGIN = "http://testserver"


def make_person(
    platform: Platform,
    organization_id: str,
    *,
    email: str | None = ADA,
    role: Role = "member",
    name: str = "Ada",
    has_password: bool = True,
) -> str:
    """Make a member who has the password above and return their id."""
    with platform.db.write() as conn:
        user_id = organizations_repository.insert_user(conn, full_name=name, email=email)
        if has_password:
            repository.update_person(conn, user_id, {"password_hash": _hashed()})
        organizations_repository.insert_member(conn, organization_id, user_id, role)
    return user_id


def join(platform: Platform, organization_id: str, user_id: str, role: Role) -> str:
    """Make a person a member of one more organisation, and return the membership's id."""
    with platform.db.write() as conn:
        return organizations_repository.insert_member(conn, organization_id, user_id, role)


def browser(make_client: MakeClient) -> TestClient:
    """Return a client that says, as browsers do, which site its page is of."""
    client = make_client()
    client.headers["Origin"] = ORIGIN
    return client


def sign_in(client: TestClient, email: str = ADA, password: str = PASSWORD) -> dict[str, Any]:
    answer = client.post(SESSION, json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return answer.json()["session"]


def audit_actions(platform: Platform, organization_id: str) -> list[str]:
    """Return what the audit log of an organisation says was done, oldest first."""
    with platform.db.read() as conn:
        query = select(audit_entries.c.action).where(audit_entries.c.organization_id == organization_id)
        return list(conn.execute(query.order_by(audit_entries.c.id)).scalars())


@cache
def _hashed() -> str:
    return passwords.hash_new(PASSWORD, email=None)
