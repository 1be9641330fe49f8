"""API keys: made, shown once, limited, switched off (contract §6.15)."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.api.steps import API, Json
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization

from pictograph_server.actor import ROLES, Role
from pictograph_server.middleware.idempotency import Idempotency
from pictograph_server.platform import Platform
from pictograph_server.storage.db.tables import api_keys, audit_entries, idempotency_keys
from pictograph_server.storage.db.types import now
from pictograph_server.storage.idempotency import Answer, RequestKey

KEYS = "/api/v1/api-keys/"
ME = f"{API}/organizations/me"


def test_created_key__works_and_is_shown_once(
    app_client: TestClient, make_client: MakeClient, organization_id: str
) -> None:
    answer = app_client.post(KEYS, json={"organization_id": organization_id, "name": " CI "})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    assert made["api_key"].startswith("pk_live_")
    assert made["key_prefix"] == made["api_key"][:12]
    assert (made["name"], made["role"], made["rate_limit"], made["expires_at"]) == ("CI", "member", 1_000_000, None)
    assert make_client(made["api_key"]).get(ME).status_code == 200
    kept = app_client.get(KEYS + made["key_id"])
    assert made["api_key"] not in kept.text + app_client.get(KEYS).text
    assert kept.json()["api_key"]["is_active"] is True


def test_created_key__is_written_nowhere(platform: Platform, app_client: TestClient, organization_id: str) -> None:
    headers = {"Idempotency-Key": "0" * 32}
    made = app_client.post(KEYS, json={"organization_id": organization_id, "name": "CI"}, headers=headers).json()
    with platform.db.read() as conn:
        for table in (api_keys, audit_entries, idempotency_keys):
            assert made["api_key"] not in str(conn.execute(select(table)).all())


def test_create__repeated_is_answered_alike_and_done_once(app_client: TestClient, organization_id: str) -> None:
    body, headers = {"organization_id": organization_id, "name": "CI"}, {"Idempotency-Key": "1" * 32}
    first, second = (app_client.post(KEYS, json=body, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Cache-Control"] == "no-store"
    assert [key["name"] for key in _list(app_client)] == ["CI", "owner key"]


def test_create__repeated_at_another_server_is_409_and_done_once(
    app_client: TestClient, organization_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another process has nothing in its memory.
    def forget(_self: Idempotency, _request: RequestKey, _answer: Answer) -> None: ...

    monkeypatch.setattr(Idempotency, "_keep_secret", forget)
    body, headers = {"organization_id": organization_id, "name": "CI"}, {"Idempotency-Key": "2" * 32}
    first, second = (app_client.post(KEYS, json=body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "answer_not_kept"
    assert len(_list(app_client)) == 2


@pytest.mark.parametrize("own", ["admin", "owner"])
@pytest.mark.parametrize("role", ROLES)
def test_create__no_role_above_ones_own(
    make_client: MakeClient, make_key: MakeKey, organization_id: str, own: Role, role: Role
) -> None:
    client = make_client(make_key(own))
    answer = client.post(KEYS, json={"organization_id": organization_id, "name": "k", "role": role})
    if ROLES.index(role) > ROLES.index(own):
        assert (answer.status_code, answer.json()["code"]) == (403, "role_above_own")
    else:
        assert (answer.status_code, answer.json()["role"]) == (201, role)


@pytest.mark.parametrize(
    "bad",
    [{"role": "god"}, {"name": ""}, {"name": "  "}, {"name": "a\u0000b"}, {"name": "a" * 101}, {"rate_limit": 0},
     {"rate_limit": 1 << 40}, {"expires_at": "soon"}],
)  # fmt: skip
def test_create__malformed(app_client: TestClient, organization_id: str, bad: Json) -> None:
    body = {"organization_id": organization_id, "name": "k"} | bad
    assert app_client.post(KEYS, json=body).status_code == 422


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00", "0001-01-01T00:00:00+14:00"])
def test_create__expired_from_the_start(app_client: TestClient, organization_id: str, moment: str) -> None:
    answer = app_client.post(KEYS, json={"organization_id": organization_id, "name": "k", "expires_at": moment})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_expiry")


def test_create__expires_in_another_zone(app_client: TestClient, organization_id: str) -> None:
    body = {"organization_id": organization_id, "name": "k", "expires_at": "2199-01-01T01:00:00+02:00"}
    assert app_client.post(KEYS, json=body).json()["expires_at"] == "2198-12-31T23:00:00Z"
    # Without a zone it is UTC.
    body["expires_at"] = "2199-01-01T01:00:00"
    assert app_client.post(KEYS, json=body).json()["expires_at"] == "2199-01-01T01:00:00Z"


def test_create__for_another_organization_is_404(platform: Platform, app_client: TestClient) -> None:
    other = make_organization(platform, "Other")
    assert app_client.post(KEYS, json={"organization_id": other, "name": "k"}).status_code == 404
    assert app_client.get(KEYS, params={"organization_id": other}).json()["code"] == "organization_not_found"


def test_list__newest_first_for_everybody(make_client: MakeClient, make_key: MakeKey, organization_id: str) -> None:
    make_key("owner")
    client = make_client(make_key("viewer"))
    listed = client.get(KEYS, params={"organization_id": organization_id}).json()["api_keys"]
    assert [key["name"] for key in listed] == ["viewer key", "owner key"]
    assert listed[0]["last_used_at"] is not None
    assert listed[1]["last_used_at"] is None


def test_key__of_another_organization_is_404(platform: Platform, app_client: TestClient) -> None:
    other = make_organization(platform, "Other")
    make_api_key(platform, other)
    with platform.db.read() as conn:
        foreign = conn.execute(select(api_keys.c.id).where(api_keys.c.organization_id == other)).scalar_one()
    assert app_client.get(KEYS + foreign).status_code == 404
    assert app_client.patch(KEYS + foreign, json={"is_active": False}).status_code == 404
    assert app_client.delete(KEYS + foreign).status_code == 404
    with platform.db.read() as conn:
        assert conn.execute(select(api_keys.c.is_active).where(api_keys.c.id == foreign)).scalar_one() is True


def test_switched_off_key__is_refused_at_once(
    app_client: TestClient, make_client: MakeClient, organization_id: str
) -> None:
    made = _create(app_client, organization_id)
    client = make_client(made["api_key"])
    seen: list[int] = []
    for is_active in (True, False, True):
        app_client.patch(KEYS + made["key_id"], json={"is_active": is_active})
        seen.append(client.get(ME).status_code)
    app_client.delete(KEYS + made["key_id"])
    assert [*seen, client.get(ME).status_code] == [200, 401, 200, 401]


def test_update__name_limit_and_switch(app_client: TestClient, make_client: MakeClient, organization_id: str) -> None:
    made = _create(app_client, organization_id)
    path = KEYS + made["key_id"]
    answer = app_client.patch(path, json={"name": "new", "rate_limit": 5, "is_active": False})
    key = answer.json()["api_key"]
    assert (key["name"], key["rate_limit"], key["is_active"], key["role"]) == ("new", 5, False, "member")
    refused = make_client(made["api_key"]).get(ME)
    assert (refused.status_code, "switched off" in refused.json()["detail"]) == (401, True)
    app_client.patch(path, json={"is_active": True})
    assert make_client(made["api_key"]).get(ME).headers["X-RateLimit-Limit"] == "5"


@pytest.mark.parametrize("body", [{}, {"is_active": "maybe"}, {"rate_limit": -1}, {"name": ""}])
def test_update__malformed(app_client: TestClient, organization_id: str, body: Json) -> None:
    assert app_client.patch(KEYS + _create(app_client, organization_id)["key_id"], json=body).status_code == 422


def test_update__role_does_not_change(app_client: TestClient, organization_id: str) -> None:
    path = KEYS + _create(app_client, organization_id)["key_id"]
    assert app_client.patch(path, json={"name": "new", "role": "owner"}).json()["api_key"]["role"] == "member"


def test_delete__is_gone(app_client: TestClient, make_client: MakeClient, organization_id: str) -> None:
    made = _create(app_client, organization_id)
    assert app_client.delete(KEYS + made["key_id"]).status_code == 204
    assert app_client.get(KEYS + made["key_id"]).status_code == 404
    assert make_client(made["api_key"]).get(ME).status_code == 401
    actions = [entry["action"] for entry in app_client.get(f"{API}/audit").json()["entries"]]
    assert actions == ["api_key.deleted", "api_key.created"]


def test_admin__may_not_touch_an_owner_key(make_client: MakeClient, make_key: MakeKey, app_client: TestClient) -> None:
    admin = make_client(make_key("admin"))
    owner = next(key["id"] for key in _list(app_client) if key["role"] == "owner")
    for answer in (admin.patch(KEYS + owner, json={"is_active": False}), admin.delete(KEYS + owner)):
        assert (answer.status_code, answer.json()["code"]) == (403, "role_above_own")


def test_last_owner_key__stays(app_client: TestClient, organization_id: str) -> None:
    (owner,) = _list(app_client)
    path = KEYS + owner["id"]
    for answer in (app_client.delete(path), app_client.patch(path, json={"is_active": False})):
        assert (answer.status_code, answer.json()["code"]) == (400, "last_owner_key")
    # One that has expired does not count.
    _create(app_client, organization_id, role="owner", expires_at=(now() + timedelta(days=1)).isoformat())
    assert app_client.delete(path).status_code == 204


def _create(client: TestClient, organization_id: str, **options: object) -> Json:
    answer = client.post(KEYS, json={"organization_id": organization_id, "name": "k", **options})
    assert answer.status_code == 201, answer.text
    return answer.json()


def _list(client: TestClient) -> list[Json]:
    return client.get(KEYS).json()["api_keys"]
