"""Who may come in: the key's state, its role, its organisation and its rate."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import anyio
import pytest
from anyio import to_thread
from fastapi import APIRouter
from fastapi.testclient import TestClient
from sqlalchemy import Connection, select, update
from starlette.types import ASGIApp, Message
from tests.api.people import ORIGIN, browser, make_person, sign_in
from tests.api.steps import Json
from tests.conftest import MakeClient, MakeKey

from pictograph_server.actor import ROLES, Role
from pictograph_server.app import create_app
from pictograph_server.auth import Admin, Member, Owner, Viewer
from pictograph_server.middleware import authentication
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


# --- what goes on for long ---


@pytest.mark.parametrize("what", ["switched off", "expired"])
def test_slow_body__of_a_key_that_ended_meanwhile_changes_nothing(
    platform: Platform, make_key: MakeKey, organization_id: str, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Headers first, the body once the key was taken away: it is not let in by what it was."""
    monkeypatch.setattr(authentication, "CACHE_S", 0.0)
    key = make_key("admin")

    def end_key() -> None:
        ended = {"is_active": False} if what == "switched off" else {"expires_at": now() - timedelta(seconds=1)}
        with platform.db.write() as conn:
            conn.execute(update(api_keys).where(api_keys.c.key_sha256 == organizations.hash_key(key)).values(**ended))

    answer = _post_slowly(
        create_app(platform),
        "/api/v1/api-keys/",
        headers={"X-API-Key": key},
        body={"organization_id": organization_id, "name": "back door", "role": "admin"},
        meanwhile=end_key,
    )
    assert (answer.status, answer.body["code"]) == (401, "invalid_api_key")
    with platform.db.read() as conn:
        assert "back door" not in [each.name for each in repository.keys_of(conn, organization_id)]


def test_slow_body__of_a_person_who_was_removed_or_demoted(
    platform: Platform, organization_id: str, monkeypatch: pytest.MonkeyPatch, make_client: MakeClient
) -> None:
    monkeypatch.setattr(authentication, "CACHE_S", 0.0)
    user_id = make_person(platform, organization_id, role="admin")
    client = browser(make_client)
    sign_in(client)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with platform.db.read() as conn:
        [member] = [each for each in repository.members_of(conn, organization_id) if each.user_id == user_id]

    def invite(email: str, meanwhile: Callable[[Connection], None]) -> tuple[int, str]:
        def act() -> None:
            with platform.db.write() as conn:
                meanwhile(conn)

        headers = {"Cookie": cookie, "Origin": ORIGIN, "Host": "testserver"}
        path = "/api/v1/developer/organizations/invites"
        body = {"email": email, "role": "admin"}
        answer = _post_slowly(create_app(platform), path, headers=headers, body=body, meanwhile=act)
        return answer.status, answer.body.get("code", "")

    assert invite("a@example.org", lambda _: None) == (201, "")
    demoted = invite("b@example.org", lambda conn: repository.set_role(conn, organization_id, member.id, "viewer"))
    assert demoted == (403, "role_too_low")
    removed = invite("c@example.org", lambda conn: repository.remove_member(conn, organization_id, member.id))
    assert removed == (401, "not_signed_in")


@dataclass(frozen=True)
class _Answer:
    status: int
    body: Json


def _post_slowly(
    app: ASGIApp, path: str, *, headers: dict[str, str], body: Json, meanwhile: Callable[[], None]
) -> _Answer:
    """Send a request whose body comes after `meanwhile` was done."""
    sent: list[Message] = []
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": path, "root_path": "",
        "raw_path": path.encode(), "query_string": b"", "headers": [*raw, (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip

    async def receive() -> Message:
        await to_thread.run_sync(meanwhile)
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)
    return _Answer(sent[0]["status"], json.loads(b"".join(each.get("body", b"") for each in sent[1:])))
