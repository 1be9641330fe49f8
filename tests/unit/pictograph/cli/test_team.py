"""`organizations` and `api-keys` over a network that answers from a table."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import MockApi
from pictograph.cli.app import app

ORGANIZATIONS = "/api/v1/developer/organizations"
KEYS = "/api/v1/api-keys/"
NOW = "2026-01-02T03:04:05Z"
MEMBER: dict[str, Any] = {
    "id": "m1", "user_id": "u1", "email": "ana@example.org", "full_name": "Ana", "role": "member", "joined_at": NOW,
}  # fmt: skip
INVITE: dict[str, Any] = {
    "id": "i1", "organization_id": "o1", "email": "bo@example.org", "role": "member", "status": "pending",
    "expires_at": NOW, "created_at": NOW,
}  # fmt: skip
KEY: dict[str, Any] = {
    "id": "k1", "organization_id": "o1", "name": "CI", "key_prefix": "pk_live_abcd", "role": "member",
    "rate_limit": 10, "is_active": True, "created_at": NOW,
}  # fmt: skip
ORGANIZATION: dict[str, Any] = {
    "id": "o1", "name": "Test", "slug": "test", "subscription_tier": "enterprise", "credits_remaining": 5,
    "credits_monthly_allowance": 5, "max_users": 3, "max_images": 4, "max_storage_bytes": 5, "member_count": 1,
    "pending_invite_count": 0, "created_at": NOW, "updated_at": NOW,
}  # fmt: skip
Run = Callable[..., Result]


@pytest.fixture
def api() -> MockApi:
    return MockApi()


@pytest.fixture
def run(api: MockApi) -> Run:
    def connect(api_key: str | None, base_url: str | None) -> Client:
        return Client.over(api.transport(max_retries=0))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), obj=connect)

    return run


@pytest.mark.parametrize(
    ("arguments", "path", "answer", "words"),
    [
        (("organizations", "members"), f"{ORGANIZATIONS}/members", {"members": [MEMBER]}, ["ana@example", "Ana", "m1"]),
        (("organizations", "invites"), f"{ORGANIZATIONS}/invites", {"invites": [INVITE]}, ["bo@exampl", "pending"]),
        (("api-keys", "list"), KEYS, {"api_keys": [KEY]}, ["CI", "k1", "on"]),
        (("api-keys", "list"), KEYS, {"api_keys": [KEY | {"expires_at": NOW}]}, ["expired"]),
        (("organizations", "show"), f"{ORGANIZATIONS}/me", {"organization": ORGANIZATION}, ["Test", "o1"]),
        (("api-keys", "get", "k1"), f"{KEYS}k1", {"api_key": KEY}, ["CI", "pk_live_abcd"]),
    ],
    ids=["members", "invites", "keys", "expired key", "show", "key"],
)
def test_look__prints(
    api: MockApi, run: Run, arguments: tuple[str, ...], path: str, answer: Any, words: list[str]
) -> None:
    api.on("GET", path, answer)
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert [word for word in words if word not in result.stdout] == []


def test_invite__prints_the_link_once(api: MockApi, run: Run) -> None:
    api.on("POST", f"{ORGANIZATIONS}/invites", {"invite": INVITE | {"link": "http://here/invite/token"}})
    result = run("organizations", "invite", "bo@example.org", "--role", "viewer")
    assert "http://here/invite/token" in result.stdout
    assert api.calls[-1].json == {"email": "bo@example.org", "role": "viewer"}


def test_invite__that_was_mailed(api: MockApi, run: Run) -> None:
    api.on("POST", f"{ORGANIZATIONS}/invites", {"invite": INVITE})
    assert "the server has sent them the link" in run("organizations", "invite", "bo@example.org").stdout


def test_set_role__sends_it(api: MockApi, run: Run) -> None:
    api.on("PATCH", f"{ORGANIZATIONS}/members/m1", {"member": MEMBER | {"role": "admin"}})
    assert run("organizations", "set-role", "m1", "admin").stdout == "ana@example.org has the role 'admin'\n"
    assert api.calls[-1].json == {"role": "admin"}


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("organizations", "remove-member", "m1"), f"{ORGANIZATIONS}/members/m1"),
        (("organizations", "revoke-invite", "i1"), f"{ORGANIZATIONS}/invites/i1"),
        (("api-keys", "delete", "k1"), f"{KEYS}k1"),
    ],
    ids=["member", "invite", "key"],
)
def test_take_away__asks_first(api: MockApi, run: Run, arguments: tuple[str, ...], path: str) -> None:
    api.on("DELETE", path, None)
    assert run(*arguments).exit_code == 2
    assert api.calls == []
    assert run(*arguments, "--yes").exit_code == 0
    assert (api.calls[-1].method, api.calls[-1].path) == ("DELETE", path)


def test_create_key__the_key_alone_is_the_output(api: MockApi, run: Run) -> None:
    made = {"api_key": "pk_live_x", "key_id": "k1", **{key: KEY[key] for key in KEY if key not in ("id", "is_active")}}
    api.on("GET", f"{ORGANIZATIONS}/me", {"organization": ORGANIZATION})
    api.on("POST", KEYS, made)
    result = run("api-keys", "create", "CI", "--role", "viewer", "--days", "30")
    assert result.stdout == "pk_live_x\n"
    assert "cannot show it again" in result.stderr
    sent = api.calls[-1].json
    assert (sent["organization_id"], sent["name"], sent["role"]) == ("o1", "CI", "viewer")
    assert sent["expires_at"] > NOW
    assert "rate_limit" not in sent


def test_update_key__only_what_is_given(api: MockApi, run: Run) -> None:
    api.on("PATCH", f"{KEYS}k1", {"api_key": KEY})
    assert run("api-keys", "update", "k1", "--off").exit_code == 0
    assert api.calls[-1].json == {"is_active": False}
    assert run("api-keys", "update", "k1").exit_code == 2


def test_audit__pages_until_the_limit(api: MockApi, run: Run) -> None:
    entry = {
        "id": "a1", "actor_kind": "key", "actor_id": "k1", "actor_name": "CI", "action": "member.removed",
        "subject_id": "m1", "subject_name": "Ana", "details": {"role": "member"}, "created_at": NOW,
    }  # fmt: skip
    path = "/api/v1/developer/audit"
    api.on("GET", path, {"entries": [entry, entry], "next_cursor": "a1"})
    result = run("organizations", "audit", "--action", "member", "-n", "3", "--json")
    assert [each["action"] for each in json.loads(result.stdout)] == ["member.removed"] * 3
    assert [call.query for call in api.made("GET", path)] == [
        {"limit": "3", "action": "member"},
        {"limit": "3", "action": "member", "cursor": "a1"},
    ]
