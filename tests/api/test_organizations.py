"""The organisation, who belongs to it, and who is invited (contract §6.8)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from tests.api.steps import API, Json, create_project, upload_bundle
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization
from tests.factories import jpeg

from pictograph_server.actor import Role
from pictograph_server.platform import Platform
from pictograph_server.services.organizations import invites, limits, repository
from pictograph_server.services.organizations.invites import InviteNotFound, InviteNotPending
from pictograph_server.services.organizations.limits import BadLimit
from pictograph_server.services.organizations.service import OrganizationNotFound
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

ORGANIZATIONS = f"{API}/organizations"
AddMember = Callable[..., Json]


@pytest.fixture
def add_member(platform: Platform, organization_id: str) -> AddMember:
    """Make a person a member: `add_member("ana@example.org", "admin")` returns the membership's and the person's id."""

    def add(email: str, role: Role = "member") -> Json:
        with platform.db.write() as conn:
            user_id = repository.insert_user(conn, full_name=email.partition("@")[0], email=email)
            member_id = repository.insert_member(conn, organization_id, user_id, role)
        return {"id": member_id, "user_id": user_id}

    return add


# --- the organisation ---


def test_me__counts_people_and_credits(app_client: TestClient, add_member: AddMember) -> None:
    add_member("ana@example.org")
    app_client.post(f"{ORGANIZATIONS}/invites", json={"email": "bo@example.org"})
    me = app_client.get(f"{ORGANIZATIONS}/me").json()["organization"]
    assert (me["name"], me["member_count"], me["pending_invite_count"]) == ("Test", 2, 1)
    assert me["credits_remaining"] == me["credits_monthly_allowance"] == 1_000_000
    assert me["max_users"] >= 1
    assert me["credits_reset_at"].endswith("Z")


def test_me__counts_images_and_their_bytes(app_client: TestClient) -> None:
    pictures = {f"{number}.jpg": jpeg(seed=number) for number in range(2)}
    upload_bundle(app_client, create_project(app_client)["id"], pictures)
    me = app_client.get(f"{ORGANIZATIONS}/me").json()["organization"]
    assert (me["image_count"], me["storage_bytes"]) == (2, sum(map(len, pictures.values())))


def test_rename__is_seen_and_recorded(app_client: TestClient) -> None:
    answer = app_client.patch(f"{ORGANIZATIONS}/me", json={"name": "  Road works "})
    assert answer.json()["organization"]["name"] == "Road works"
    assert app_client.get(f"{ORGANIZATIONS}/me").json()["organization"]["name"] == "Road works"
    assert _audit(app_client)[0]["details"] == {"from": "Test", "to": "Road works"}


@pytest.mark.parametrize("name", ["", "   ", "a" * 121, "a\u0000b", "a\nb"])
def test_rename__impossible_name(app_client: TestClient, name: str) -> None:
    assert app_client.patch(f"{ORGANIZATIONS}/me", json={"name": name}).status_code == 422


# --- members ---


def test_members__first_to_join_first(app_client: TestClient, add_member: AddMember) -> None:
    ana = add_member("ana@example.org", "admin")
    owner, second = app_client.get(f"{ORGANIZATIONS}/members").json()["members"]
    assert (owner["role"], owner["full_name"], owner["email"]) == ("owner", "Owner", None)
    assert (second["id"], second["user_id"]) == (ana["id"], ana["user_id"])
    assert (second["email"], second["role"]) == ("ana@example.org", "admin")


def test_change_role__answers_the_member(app_client: TestClient, add_member: AddMember) -> None:
    ana = add_member("ana@example.org")
    answer = app_client.patch(f"{ORGANIZATIONS}/members/{ana['id']}", json={"role": "viewer"})
    assert (answer.status_code, answer.json()["member"]["role"]) == (200, "viewer")
    assert answer.json()["member"]["id"] == ana["id"]
    assert _roles(app_client)["ana@example.org"] == "viewer"


def test_change_role__last_owner_stays(app_client: TestClient) -> None:
    (owner,) = app_client.get(f"{ORGANIZATIONS}/members").json()["members"]
    answer = app_client.patch(f"{ORGANIZATIONS}/members/{owner['id']}", json={"role": "admin"})
    assert (answer.status_code, answer.json()["code"]) == (400, "last_owner")
    assert app_client.delete(f"{ORGANIZATIONS}/members/{owner['id']}").status_code == 400
    assert _roles(app_client) == {None: "owner"}


def test_change_role__of_two_owners_one_may_go(app_client: TestClient, add_member: AddMember) -> None:
    ana = add_member("ana@example.org", "owner")
    assert app_client.delete(f"{ORGANIZATIONS}/members/{ana['id']}").status_code == 204
    assert _roles(app_client) == {None: "owner"}


@pytest.mark.parametrize("action", ["demote", "promote", "remove"])
def test_admin__decides_on_no_role_above_their_own(
    make_client: MakeClient, make_key: MakeKey, app_client: TestClient, add_member: AddMember, action: str
) -> None:
    admin = make_client(make_key("admin"))
    owner, ana = add_member("second@example.org", "owner"), add_member("ana@example.org")
    answer = {
        "demote": lambda: admin.patch(f"{ORGANIZATIONS}/members/{owner['id']}", json={"role": "member"}),
        "promote": lambda: admin.patch(f"{ORGANIZATIONS}/members/{ana['id']}", json={"role": "owner"}),
        "remove": lambda: admin.delete(f"{ORGANIZATIONS}/members/{owner['id']}"),
    }[action]()
    assert (answer.status_code, answer.json()["code"]) == (403, "role_above_own")
    assert _roles(app_client) == {None: "owner", "second@example.org": "owner", "ana@example.org": "member"}


def test_member__is_of_their_organization_only(platform: Platform, make_client: MakeClient, add_member: AddMember):
    stranger = make_client(make_api_key(platform, make_organization(platform, "Other")))
    ana = add_member("ana@example.org")
    path = f"{ORGANIZATIONS}/members/{ana['id']}"
    assert stranger.patch(path, json={"role": "viewer"}).status_code == 404
    assert stranger.delete(path).json()["code"] == "member_not_found"


def test_member_who_leaves__their_keys_are_switched_off(
    platform: Platform, organization_id: str, app_client: TestClient, make_client: MakeClient, add_member: AddMember
) -> None:
    ana = add_member("ana@example.org", "admin")
    hers, her_viewer = "pk_live_" + "a" * 32, "pk_live_" + "b" * 32
    _made_by(platform, organization_id, ana["user_id"], hers, "admin")
    _made_by(platform, organization_id, ana["user_id"], her_viewer, "viewer")
    path = f"{ORGANIZATIONS}/members/{ana['id']}"
    app_client.patch(path, json={"role": "member"})
    # The one above her new role is off, the other stays until she leaves.
    assert make_client(hers).get(f"{ORGANIZATIONS}/me").status_code == 401
    assert _active(app_client) == {"admin by her": False, "viewer by her": True, "owner key": True}
    app_client.delete(path)
    assert _active(app_client) == {"admin by her": False, "viewer by her": False, "owner key": True}
    removed, changed = _audit(app_client)
    assert (changed["action"], changed["details"]) == (
        "member.role_changed",
        {"from": "admin", "to": "member", "keys_switched_off": ["admin by her"]},
    )
    assert (removed["action"], removed["subject_name"]) == ("member.removed", "ana@example.org")
    assert removed["details"]["keys_switched_off"] == ["viewer by her"]


@pytest.mark.parametrize("how", ["removed", "demoted"])
def test_member_who_leaves__nothing_they_made_lets_them_back(
    app_client: TestClient,
    make_client: MakeClient,
    platform: Platform,
    organization_id: str,
    add_member: AddMember,
    how: str,
) -> None:
    ana = add_member("ana@example.org", "admin")
    hers = "pk_live_" + "a" * 32
    _made_by(platform, organization_id, ana["user_id"], hers, "admin")
    with_her_key = make_client(hers)
    # A key made with her key, which is deleted afterwards, and two invites for herself.
    wanted = {"organization_id": organization_id, "name": "back door", "role": "admin"}
    back_door = with_her_key.post("/api/v1/api-keys/", json=wanted).json()["api_key"]
    token = _invite(with_her_key, "ana@elsewhere.org", "admin")["link"].rpartition("/")[2]
    [key_id] = [
        each["id"] for each in app_client.get("/api/v1/api-keys/").json()["api_keys"] if "by her" in each["name"]
    ]
    assert make_client(back_door).delete(f"/api/v1/api-keys/{key_id}").status_code == 204
    _invite(make_client(back_door), "ana@third.org", "member")
    _invite(app_client, "bo@example.org")

    path = f"{ORGANIZATIONS}/members/{ana['id']}"
    answer = app_client.delete(path) if how == "removed" else app_client.patch(path, json={"role": "member"})
    assert answer.is_success
    assert make_client(back_door).get(f"{ORGANIZATIONS}/me").status_code == 401
    with platform.db.read() as conn, pytest.raises(InviteNotPending, match="revoked"):
        invites.open_invite(conn, token)
    # Those of others stay.
    assert _statuses(app_client) == ["pending", "revoked", "revoked"]


# --- invites ---


def test_invite__is_listed_without_its_link(app_client: TestClient) -> None:
    answer = app_client.post(f"{ORGANIZATIONS}/invites", json={"email": " Bo@Example.ORG ", "role": "viewer"})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()["invite"]
    assert (made["email"], made["role"], made["status"]) == ("bo@example.org", "viewer", "pending")
    assert made["link"].startswith("http://testserver/invite/")
    (listed,) = app_client.get(f"{ORGANIZATIONS}/invites").json()["invites"]
    assert listed == made | {"link": None}
    assert app_client.get(f"{ORGANIZATIONS}/invites?status=revoked").json()["invites"] == []


def test_invite__holds_for_a_week(platform: Platform, app_client: TestClient) -> None:
    made = _invite(app_client, "bo@example.org")
    with platform.db.read() as conn:
        row = conn.execute(select(tables.invites)).one()
    assert row.expires_at - row.created_at == timedelta(days=7)
    token = made["link"].rpartition("/")[2]
    assert token not in str(tuple(row))


@pytest.mark.parametrize(
    "email",
    ["", "bo", "bo@", "@example.org", "bo@example", "b o@example.org", "bo@exa mple.org", "bo@example.org,x@y.org",
     "bo@example.org\r\nBcc: x@y.org", "bo@-example.org", "bo@example..org", ".bo@example.org", "a" * 65 + "@b.org",
     "<bo@example.org>", "x@" + "a." * 150 + "org"],
)  # fmt: skip
def test_invite__no_address(app_client: TestClient, email: str) -> None:
    answer = app_client.post(f"{ORGANIZATIONS}/invites", json={"email": email})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_email")


def test_invite__nobody_is_invited_as_owner(app_client: TestClient) -> None:
    assert app_client.post(f"{ORGANIZATIONS}/invites", json={"email": "a@b.org", "role": "owner"}).status_code == 422


def test_invite__twice_is_409(app_client: TestClient) -> None:
    _invite(app_client, "bo@example.org")
    answer = app_client.post(f"{ORGANIZATIONS}/invites", json={"email": "BO@example.org"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_invited")


def test_invite__a_member_is_409(app_client: TestClient, add_member: AddMember) -> None:
    add_member("ana@example.org")
    answer = app_client.post(f"{ORGANIZATIONS}/invites", json={"email": "Ana@example.org"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_member")


def test_invite__again_once_it_is_revoked_or_expired(platform: Platform, app_client: TestClient) -> None:
    first = _invite(app_client, "bo@example.org")
    assert app_client.delete(f"{ORGANIZATIONS}/invites/{first['id']}").status_code == 204
    _invite(app_client, "bo@example.org")
    _expire(platform)
    assert app_client.get(f"{ORGANIZATIONS}/me").json()["organization"]["pending_invite_count"] == 0
    assert _statuses(app_client) == ["expired", "revoked"]
    _invite(app_client, "bo@example.org")
    assert _statuses(app_client) == ["pending", "expired", "revoked"]
    assert len(app_client.get(f"{ORGANIZATIONS}/invites?status=expired").json()["invites"]) == 1


def test_invite__no_seat_left_is_402(
    platform: Platform, organization_id: str, app_client: TestClient, add_member: AddMember
) -> None:
    slug = app_client.get(f"{ORGANIZATIONS}/me").json()["organization"]["slug"]
    with platform.db.write() as conn:
        assert limits.set_limits(conn, slug, seats=3).id == organization_id
    assert _audit(app_client)[0]["details"] == {"max_users": 3}
    add_member("ana@example.org")
    pending = _invite(app_client, "bo@example.org")
    answer = app_client.post(f"{ORGANIZATIONS}/invites", json={"email": "cy@example.org"})
    assert answer.status_code == 402
    detail = answer.json()["detail"]
    assert {key: detail[key] for key in ("error", "limit_type", "current", "pending", "limit")} == {
        "error": "limit_exceeded", "limit_type": "users", "current": 2, "pending": 1, "limit": 3,
    }  # fmt: skip
    assert detail["upgrade_url"]
    # A seat that an invite held is free once it is revoked.
    app_client.delete(f"{ORGANIZATIONS}/invites/{pending['id']}")
    _invite(app_client, "cy@example.org")


@pytest.mark.parametrize("bad", [{"seats": 0}, {"images": -1}, {"storage_bytes": 1 << 61}])
def test_limits__impossible(platform: Platform, app_client: TestClient, bad: dict[str, int]) -> None:
    slug = app_client.get(f"{ORGANIZATIONS}/me").json()["organization"]["slug"]
    with platform.db.write() as conn, pytest.raises(BadLimit):
        limits.set_limits(conn, slug, **bad)


def test_limits__of_no_organization(platform: Platform) -> None:
    with platform.db.write() as conn, pytest.raises(OrganizationNotFound):
        limits.set_limits(conn, "nobody", seats=3)


def test_revoke__only_what_is_pending(platform: Platform, app_client: TestClient) -> None:
    made = _invite(app_client, "bo@example.org")
    path = f"{ORGANIZATIONS}/invites/{made['id']}"
    assert app_client.delete(path).status_code == 204
    answer = app_client.delete(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invite_not_pending")
    expired = _invite(app_client, "cy@example.org")
    _expire(platform)
    assert app_client.delete(f"{ORGANIZATIONS}/invites/{expired['id']}").status_code == 400


def test_accept__makes_a_member_once(platform: Platform, app_client: TestClient) -> None:
    token = _invite(app_client, "bo@example.org", role="admin")["link"].rpartition("/")[2]
    with platform.db.write() as conn:
        user_id = repository.insert_user(conn, full_name="Bo", email="bo@example.org")
        accepted = invites.accept(conn, token, user_id, name="Bo")
    assert (accepted.status, accepted.role) == ("accepted", "admin")
    assert _roles(app_client)["bo@example.org"] == "admin"
    assert app_client.get(f"{ORGANIZATIONS}/me").json()["organization"]["pending_invite_count"] == 0
    with platform.db.write() as conn, pytest.raises(InviteNotPending, match="accepted"):
        invites.accept(conn, token, user_id, name="Bo")
    entry = _audit(app_client)[0]
    assert (entry["action"], entry["actor_kind"], entry["actor_name"]) == ("invite.accepted", "person", "Bo")


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_accept__a_link_that_no_longer_holds(platform: Platform, app_client: TestClient, how: str) -> None:
    made = _invite(app_client, "bo@example.org")
    token = made["link"].rpartition("/")[2]
    if how == "revoked":
        app_client.delete(f"{ORGANIZATIONS}/invites/{made['id']}")
    else:
        _expire(platform)
    with platform.db.read() as conn, pytest.raises(InviteNotPending, match=how):
        invites.open_invite(conn, token)


def test_accept__unknown_link(platform: Platform) -> None:
    with platform.db.read() as conn, pytest.raises(InviteNotFound):
        invites.open_invite(conn, "guessed")


def _invite(client: TestClient, email: str, role: str = "member") -> Json:
    answer = client.post(f"{ORGANIZATIONS}/invites", json={"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    return answer.json()["invite"]


def _expire(platform: Platform) -> None:
    """Let every pending invite be a week old."""
    with platform.db.write() as conn:
        pending = tables.invites.c.status == "pending"
        conn.execute(update(tables.invites).where(pending).values(expires_at=now() - timedelta(seconds=1)))


def _statuses(client: TestClient) -> list[str]:
    return [each["status"] for each in client.get(f"{ORGANIZATIONS}/invites").json()["invites"]]


def _roles(client: TestClient) -> dict[str | None, str]:
    return {each["email"]: each["role"] for each in client.get(f"{ORGANIZATIONS}/members").json()["members"]}


def _made_by(platform: Platform, organization_id: str, user_id: str, key: str, role: Role) -> None:
    with platform.db.write() as conn:
        from pictograph_server.services.organizations import service

        service.create_key(conn, organization_id, key, name=f"{role} by her", role=role, created_by=user_id)


def _active(client: TestClient) -> dict[str, bool]:
    return {each["name"]: each["is_active"] for each in client.get("/api/v1/api-keys/").json()["api_keys"]}


def _audit(client: TestClient) -> list[Json]:
    return client.get(f"{API}/audit").json()["entries"]
