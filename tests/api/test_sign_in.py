"""People who sign in: the cookie, what it opens, how it ends, and who cannot use it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from tests.api.people import ADA, ORIGIN, PASSWORD, SESSION, audit_actions, browser, join, make_person, sign_in
from tests.api.steps import API, create_project
from tests.conftest import MakeClient, MakeKey, make_organization

from pictograph_server.actor import ROLES, Role
from pictograph_server.app import create_app
from pictograph_server.middleware.cookies import COOKIE, SECURE_COOKIE
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import guesses, passwords
from pictograph_server.services.organizations import repository as organizations_repository
from pictograph_server.storage.db.tables import account_sessions, members, sign_in_failures, users
from pictograph_server.storage.db.types import now

DATASETS = f"{API}/datasets/"
SESSIONS = "/api/v1/account/sessions"


@pytest.fixture
def ada(make_client: MakeClient, platform: Platform, organization_id: str) -> TestClient:
    """A member's browser, signed in."""
    make_person(platform, organization_id)
    client = browser(make_client)
    sign_in(client)
    return client


def test_sign_in__tells_who_and_where(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    user_id = make_person(platform, organization_id, role="admin")
    session = sign_in(browser(make_client), email="  Ada@Example.ORG ")
    assert session["account"]["id"] == user_id
    assert session["account"]["email"] == ADA
    assert session["account"]["has_password"]
    assert (session["organization"]["organization_id"], session["organization"]["role"]) == (organization_id, "admin")


def test_options__tell_what_a_sign_in_page_may_offer(make_client: MakeClient) -> None:
    answer = make_client().get(f"{SESSION}/options")
    assert answer.json() == {"registration": "closed", "sends_letters": False}


def test_sign_in__the_cookie_is_kept_from_scripts_and_other_sites(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id)
    answer = browser(make_client).post(SESSION, json={"email": ADA, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE}=")
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie and "secure" not in cookie
    assert "max-age=2592000" in cookie
    assert answer.headers["cache-control"] == "no-store"


def test_sign_in__over_tls_the_cookie_stays_there(platform: Platform, organization_id: str) -> None:
    make_person(platform, organization_id)
    with TestClient(create_app(platform), base_url="https://testserver", headers={"Origin": ORIGIN}) as client:
        answer = client.post(SESSION, json={"email": ADA, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{SECURE_COOKIE}=") and "; Secure" in cookie
        assert client.get(DATASETS).status_code == 200


def test_session__is_kept_as_a_hash(platform: Platform, ada: TestClient) -> None:
    with platform.db.read() as conn:
        row = conn.execute(select(account_sessions)).one()
    assert ada.cookies[COOKIE] not in str(tuple(row))


def test_password__is_kept_as_argon2id(platform: Platform, ada: TestClient) -> None:
    with platform.db.read() as conn:
        kept = conn.execute(select(users.c.password_hash).where(users.c.email == ADA)).scalar()
    assert kept is not None and kept.startswith("$argon2id$") and PASSWORD not in kept


@pytest.mark.parametrize(
    ("email", "password"),
    [(ADA, PASSWORD + "x"), (ADA, ""), ("bob@example.org", PASSWORD), ("nobody", PASSWORD)],
    ids=["wrong password", "empty password", "no such account", "no address"],
)
def test_sign_in__refused_without_telling_what_is_wrong(
    make_client: MakeClient, platform: Platform, organization_id: str, email: str, password: str
) -> None:
    make_person(platform, organization_id)
    answer = make_client().post(SESSION, json={"email": email, "password": password})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused")
    assert answer.json()["detail"] == "You are not signed in: the e-mail address or the password is wrong"
    assert "set-cookie" not in answer.headers


def test_sign_in__an_account_without_a_password_has_none(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id, has_password=False)
    assert make_client().post(SESSION, json={"email": ADA, "password": ""}).status_code == 401


def test_sign_in__an_old_hash_is_made_anew(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    from argon2 import PasswordHasher

    make_person(platform, organization_id)
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with platform.db.write() as conn:
        conn.execute(update(users).where(users.c.email == ADA).values(password_hash=old))
    sign_in(browser(make_client))
    with platform.db.read() as conn:
        kept = conn.execute(select(users.c.password_hash).where(users.c.email == ADA)).scalar_one()
    assert not passwords.is_outdated(kept)
    assert passwords.matches(kept, PASSWORD)


@pytest.mark.parametrize("role", ROLES)
def test_session__the_role_is_the_memberships(
    make_client: MakeClient, platform: Platform, organization_id: str, role: Role
) -> None:
    make_person(platform, organization_id, role=role)
    client = browser(make_client)
    sign_in(client)
    assert client.get(DATASETS).status_code == 200
    created = client.post(f"{API}/projects/", json={"name": "signs"})
    assert created.status_code == (403 if role == "viewer" else 201)
    if role == "viewer":
        assert "you have the role 'viewer'" in created.json()["detail"]


def test_session__a_changed_role_counts_at_once(platform: Platform, ada: TestClient) -> None:
    create_project(ada)
    with platform.db.write() as conn:
        conn.execute(update(members).where(members.c.role == "member").values(role="viewer"))
    assert ada.post(f"{API}/projects/", json={"name": "more"}).status_code == 403


def test_session__ends_with_the_membership(platform: Platform, organization_id: str, ada: TestClient) -> None:
    with platform.db.write() as conn:
        rows = organizations_repository.members_of(conn, organization_id)
        member = next(row for row in rows if row.email == ADA)
        organizations_repository.remove_member(conn, organization_id, member.id)
    answer = ada.get(DATASETS)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_session__expires(platform: Platform, ada: TestClient) -> None:
    with platform.db.write() as conn:
        conn.execute(update(account_sessions).values(expires_at=now() - timedelta(seconds=1)))
    assert ada.get(DATASETS).status_code == 401
    assert ada.get(SESSION).json()["code"] == "not_signed_in"


def test_sign_out__ends_the_session_at_once(platform: Platform, ada: TestClient) -> None:
    token = ada.cookies[COOKIE]
    answer = ada.delete(SESSION)
    assert answer.status_code == 204
    assert COOKIE not in ada.cookies
    ada.cookies.set(COOKIE, token)
    assert ada.get(DATASETS).status_code == 401


def test_sign_out__without_a_session_is_done_already(make_client: MakeClient) -> None:
    assert browser(make_client).delete(SESSION).status_code == 204


def test_sessions__are_listed_and_ended(make_client: MakeClient, ada: TestClient) -> None:
    other = browser(make_client)
    other.headers["User-Agent"] = "Another browser"
    sign_in(other)
    listed = ada.get(SESSIONS).json()["sessions"]
    assert [entry["user_agent"] == "Another browser" for entry in listed] == [True, False]
    assert [entry["is_current"] for entry in listed] == [False, True]
    assert ada.delete(f"{SESSIONS}/{listed[0]['id']}").status_code == 204
    assert other.get(DATASETS).status_code == 401
    assert ada.get(DATASETS).status_code == 200


def test_sessions__all_others_are_ended(make_client: MakeClient, ada: TestClient) -> None:
    for _ in range(2):
        sign_in(browser(make_client))
    assert ada.delete(SESSIONS).json() == {"ended": 2}
    assert len(ada.get(SESSIONS).json()["sessions"]) == 1


def test_sessions__of_somebody_else_are_not_there(
    make_client: MakeClient, platform: Platform, organization_id: str, ada: TestClient
) -> None:
    make_person(platform, organization_id, email="bob@example.org", name="Bob", role="owner")
    bob = browser(make_client)
    sign_in(bob, "bob@example.org")
    theirs = bob.get(SESSIONS).json()["sessions"][0]["id"]
    for session_id in (theirs, "nonsense", "%00"):
        answer = ada.delete(f"{SESSIONS}/{session_id}")
        assert answer.status_code == 404
    assert bob.get(DATASETS).status_code == 200


def test_audit__tells_of_sign_ins_and_refusals(platform: Platform, organization_id: str, ada: TestClient) -> None:
    ada.post(SESSION, json={"email": ADA, "password": "wrong"})
    ada.delete(SESSION)
    found = audit_actions(platform, organization_id)
    assert found == ["session.started", "session.refused", "session.ended"]


# --- several organisations -----------------------------------------------------------------------------------------


def test_switch__shows_the_other_organisation_and_nothing_of_the_first(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    user_id = make_person(platform, organization_id)
    other = make_organization(platform, "Other")
    join(platform, other, user_id, "viewer")
    client = browser(make_client)
    session = sign_in(client)
    assert {each["name"] for each in session["account"]["organizations"]} == {"Test", "Other"}
    create_project(client)
    switched = client.patch(SESSION, json={"organization_id": other})
    assert switched.json()["session"]["organization"]["name"] == "Other"
    # At once, and with the role there.
    assert client.get(DATASETS).json()["datasets"] == []
    assert client.post(f"{API}/projects/", json={"name": "x"}).status_code == 403
    # The next session begins where this one was.
    assert sign_in(browser(make_client))["organization"]["organization_id"] == other


@pytest.mark.parametrize("wanted", ["foreign", "nonsense", ""])
def test_switch__to_somebody_elses_organisation_is_404(platform: Platform, ada: TestClient, wanted: str) -> None:
    other = make_organization(platform, "Other")
    answer = ada.patch(SESSION, json={"organization_id": other if wanted == "foreign" else wanted})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_your_organization")


def test_sign_in__for_somebody_without_an_organisation(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    user_id = make_person(platform, organization_id)
    with platform.db.write() as conn:
        conn.execute(members.delete().where(members.c.user_id == user_id))
    answer = browser(make_client).post(SESSION, json={"email": ADA, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "no_organization")


# --- other sites (cross-site request forgery) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": ORIGIN}, 201),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://behind.a.proxy"}, 201),
        ({"Sec-Fetch-Site": "none"}, 201),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://testserver:8080"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
    ids=str,
)
def test_cookie__changes_nothing_for_other_sites(ada: TestClient, headers: dict[str, str], status: int) -> None:
    del ada.headers["Origin"]
    answer = ada.post(f"{API}/projects/", json={"name": "signs"}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "cross_site_request"
        assert ada.get(DATASETS).json()["datasets"] == []


def test_sign_in__not_from_a_page_of_another_site(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    """Or it could sign somebody in to an account of its own, and watch what they upload."""
    make_person(platform, organization_id)
    answer = make_client().post(
        SESSION, json={"email": ADA, "password": PASSWORD}, headers={"Origin": "http://evil.example"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")


def test_key__needs_no_origin_and_wins_over_the_cookie(ada: TestClient, make_key: MakeKey) -> None:
    del ada.headers["Origin"]
    assert ada.post(f"{API}/projects/", json={"name": "x"}, headers={"X-API-Key": make_key()}).status_code == 201
    assert ada.get(DATASETS, headers={"X-API-Key": "pk_live_" + "x" * 32}).json()["code"] == "invalid_api_key"


def test_key__has_no_account(app_client: TestClient) -> None:
    for path in (SESSION, "/api/v1/account", SESSIONS):
        answer = app_client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "needs_person")


def test_rate_limit__counts_a_person_whatever_the_session(make_client: MakeClient, ada: TestClient) -> None:
    left = int(ada.get(DATASETS).headers["X-RateLimit-Remaining"])
    other = browser(make_client)
    sign_in(other)
    assert int(other.get(DATASETS).headers["X-RateLimit-Remaining"]) == left - 1


# --- guesses -------------------------------------------------------------------------------------------------------


def test_guesses__make_the_right_password_wait_too(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id)
    _fail_often(platform, ADA)
    answer = make_client().post(SESSION, json={"email": ADA, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_guesses")
    assert 200 < int(answer.headers["Retry-After"]) <= 301


def test_guesses__a_success_forgives_the_failures(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id)
    client = browser(make_client)
    for _ in range(3):
        for _ in range(4):
            assert client.post(SESSION, json={"email": ADA, "password": "wrong"}).status_code == 401
        sign_in(client)


def test_guesses__at_an_account_that_is_not_there_are_slowed_down_alike(
    make_client: MakeClient, platform: Platform
) -> None:
    _fail_often(platform, "nobody@example.org")
    answer = make_client().post(SESSION, json={"email": "Nobody@example.org", "password": "wrong"})
    assert answer.status_code == 429


def test_guesses__are_counted_before_they_are_looked_at(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    """So many at once are no way round."""
    make_person(platform, organization_id)
    make_client().post(SESSION, json={"email": ADA, "password": "wrong"})
    with platform.db.read() as conn:
        assert conn.execute(select(sign_in_failures.c.failures)).scalars().all() == [1, 1, 1]


def _fail_often(platform: Platform, email: str) -> None:
    """Leave the state that a dozen wrong passwords in a row leave behind."""
    start = now() - timedelta(minutes=90)
    with platform.db.write() as conn:
        for number in range(15):
            guesses.take(conn, email, "testclient", moment=start + timedelta(minutes=6 * number))
        # The fifteenth was just now.
        conn.execute(update(sign_in_failures).values(last_at=now()))
