"""Who may come in: the key's state, its role, its organisation and its rate."""

from datetime import timedelta

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.conftest import MakeClient, MakeKey

from pictograph_server.actor import ROLES, Role
from pictograph_server.app import create_app
from pictograph_server.auth import Admin, Member, Owner, Viewer
from pictograph_server.middleware.authentication import CACHE_S, Authentication
from pictograph_server.middleware.rate_limit import RateLimited, RateLimits
from pictograph_server.platform import Platform
from pictograph_server.services.organizations import repository
from pictograph_server.services.organizations import service as organizations
from pictograph_server.storage.db.tables import api_keys
from pictograph_server.storage.db.types import now

BALANCE = "/api/v1/developer/credits/balance"

roles = APIRouter(prefix="/api/v1/roles")


@roles.get("/viewer")
def viewer(actor: Viewer) -> str:
    return actor.role


@roles.get("/member")
def member(actor: Member) -> str:
    return actor.role


@roles.get("/admin")
def admin(actor: Admin) -> str:
    return actor.role


@roles.get("/owner")
def owner(actor: Owner) -> str:
    return actor.role


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("minimum", ROLES)
def test_role__a_higher_one_includes_the_lower(
    platform: Platform, make_key: MakeKey, role: Role, minimum: Role
) -> None:
    app = create_app(platform)
    app.include_router(roles)
    answer = TestClient(app, headers={"X-API-Key": make_key(role)}).get(f"/api/v1/roles/{minimum}")
    if ROLES.index(role) >= ROLES.index(minimum):
        assert (answer.status_code, answer.json()) == (200, role)
    else:
        assert answer.status_code == 403
        assert answer.json()["code"] == "role_too_low"
        assert f"role {minimum!r} or higher: the API key has the role {role!r}" in answer.json()["detail"]


def test_no_key__is_401(make_client: MakeClient) -> None:
    answer = make_client().get(BALANCE)
    assert answer.status_code == 401
    assert "pk_live_" in answer.json()["fix"]


def test_unknown_key__is_401(make_client: MakeClient) -> None:
    assert make_client("pk_live_" + "x" * 32).get(BALANCE).status_code == 401


def test_no_key__hides_what_exists(make_client: MakeClient) -> None:
    assert make_client().get("/api/v1/developer/no-such-thing").status_code == 401


def test_bearer_token__is_not_a_key(make_client: MakeClient, owner_key: str) -> None:
    assert make_client().get(BALANCE, headers={"Authorization": f"Bearer {owner_key}"}).status_code == 401


def test_expired_key__is_401(make_client: MakeClient, make_key: MakeKey) -> None:
    answer = make_client(make_key(expires_at=now() - timedelta(seconds=1))).get(BALANCE)
    assert answer.status_code == 401
    assert "it expired on" in answer.json()["detail"]


def test_switched_off_key__stops_working_within_seconds(
    platform: Platform, organization_id: str, owner_key: str
) -> None:
    clock = Clock()
    client = TestClient(_authenticated(platform, clock), headers={"X-API-Key": owner_key})
    assert client.get("/api/x").status_code == 200
    with platform.db.write() as conn:
        known = organizations.find_key(conn, owner_key)
        assert known is not None
        repository.update_key(conn, organization_id, known.actor.id, {"is_active": False})
    clock.now += CACHE_S
    with pytest.raises(Exception, match="it was switched off"):
        client.get("/api/x")


def test_last_used__is_written_once_a_minute(platform: Platform, owner_key: str) -> None:
    clock = Clock()
    client = TestClient(_authenticated(platform, clock), headers={"X-API-Key": owner_key})
    for _ in range(3):
        client.get("/api/x")
        clock.now += CACHE_S
    with platform.db.read() as conn:
        row = conn.execute(select(api_keys.c.last_used_at, api_keys.c.created_at)).one()
    assert row.last_used_at is not None
    # The first of the three; the others came seconds later on the clock, but did not write.
    first = row.last_used_at
    client.get("/api/x")
    with platform.db.read() as conn:
        assert conn.execute(select(api_keys.c.last_used_at)).scalar() == first


def test_key__is_stored_as_its_hash(platform: Platform, owner_key: str) -> None:
    with platform.db.read() as conn:
        row = conn.execute(select(api_keys)).one()
    assert owner_key not in str(tuple(row))
    assert row.key_prefix == owner_key[:12]
    assert len(owner_key) == 8 + 32


def test_rate_limit__is_told_and_kept(make_client: MakeClient, make_key: MakeKey) -> None:
    client = make_client(make_key(rate_limit=2))
    assert client.get(BALANCE).headers["X-RateLimit-Remaining"] == "1"
    assert client.get(BALANCE).headers["X-RateLimit-Remaining"] == "0"
    answer = client.get(BALANCE)
    assert answer.status_code == 429
    assert answer.headers["X-RateLimit-Limit"] == "2"
    assert 3500 < int(answer.headers["Retry-After"]) <= 3601
    assert answer.json()["code"] == "rate_limited"


def test_rate_limit__the_hour_slides() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    limits.take("k", 2)
    clock.now += 1800
    limits.take("k", 2)
    with pytest.raises(RateLimited):
        limits.take("k", 2)
    limits.take("other", 2)
    clock.now += 1800
    limits.take("k", 2)
    with pytest.raises(RateLimited):
        limits.take("k", 2)


class Clock:
    def __init__(self) -> None:
        self.now = 6_000_000.0

    def __call__(self) -> float:
        return self.now


def _authenticated(platform: Platform, clock: Clock) -> Authentication:
    """The middleware alone, with a clock of our own."""
    from starlette.responses import PlainTextResponse
    from starlette.types import Receive, Scope, Send

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("in")(scope, receive, send)

    inner = Authentication(answer, db=platform.db, clock=clock)

    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        scope["response_headers"] = []
        await inner(scope, receive, send)

    return with_headers  # type: ignore[return-value]
