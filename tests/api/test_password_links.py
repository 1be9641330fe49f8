"""Forgotten passwords and login links."""

from collections.abc import Generator

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import update
from tests.api.people import ACCOUNT, ADA, ORIGIN, PASSWORD, SESSION, audit_actions, browser, join, make_person, sign_in
from tests.api.steps import API
from tests.conftest import MakeClient, MakeKey, make_organization
from tests.mail_server import MailServer, running_mail_server, text_of

from pictograph_server.app import create_app
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import links
from pictograph_server.services.accounts.links import Purpose
from pictograph_server.settings import Mail
from pictograph_server.storage.db.tables import account_links
from pictograph_server.storage.db.types import now

MEMBERS = f"{API}/organizations/members"
ASK = f"{ACCOUNT}/password-link"
SET = f"{ACCOUNT}/password"
LINK = f"{SESSION}/link"
NEW = "nine wet raincoats"


@pytest.fixture
def mail_server() -> Generator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture
def mailing(platform: Platform, mail_server: MailServer) -> Generator[TestClient]:
    """A browser at a server that sends letters."""
    settings = platform.settings.model_copy(update={"mail": Mail(server=SecretStr(mail_server.url))})
    mailing = Platform(settings=settings, db=platform.db, blobs=platform.blobs, signer=platform.signer)
    with TestClient(create_app(mailing), headers={"Origin": ORIGIN}) as client:
        yield client


def token_of(platform: Platform, user_id: str, purpose: Purpose) -> str:
    with platform.db.write() as conn:
        return links.make(conn, user_id, purpose).path.rpartition("/")[2]


def member_id(client: TestClient, email: str | None = ADA) -> str:
    members = client.get(MEMBERS).json()["members"]
    return next(member["id"] for member in members if member["email"] == email)


# --- forgotten passwords -------------------------------------------------------------------------------------------


def test_ask__a_letter_brings_a_link_that_sets_the_password(
    platform: Platform, organization_id: str, mailing: TestClient, mail_server: MailServer
) -> None:
    make_person(platform, organization_id)
    asked = mailing.post(ASK, json={"email": "Ada@example.org"})
    assert asked.status_code == 202
    ((recipient, letter),) = mail_server.letters
    assert recipient == ADA
    token = text_of(letter).partition("/reset-password/")[2].split()[0]
    assert mailing.post(SET, json={"token": token, "password": NEW}).status_code == 200
    assert mailing.get(SESSION).json()["session"]["account"]["email"] == ADA
    sign_in(mailing, password=NEW)
    # And one that says that it was done.
    assert "was changed" in text_of(mail_server.letters[1][1])


def test_ask__for_somebody_unknown_says_the_same(
    platform: Platform, organization_id: str, mailing: TestClient, mail_server: MailServer
) -> None:
    make_person(platform, organization_id)
    answers = [mailing.post(ASK, json={"email": email}) for email in (ADA, "nobody@example.org")]
    assert answers[0].json() == answers[1].json()
    assert answers[0].status_code == answers[1].status_code == 202
    assert [recipient for recipient, _ in mail_server.letters] == [ADA]


def test_ask__again_and_again_has_to_wait(mailing: TestClient) -> None:
    answers = [mailing.post(ASK, json={"email": ADA}) for _ in range(8)]
    assert 429 in [answer.status_code for answer in answers]


def test_ask__without_a_mail_server_says_what_to_do(make_client: MakeClient) -> None:
    answer = browser(make_client).post(ASK, json={"email": ADA})
    assert (answer.status_code, answer.json()["code"]) == (400, "mail_not_configured")
    assert "pictograph login-link" in answer.json()["fix"]


def test_set__ends_all_sessions_and_the_links_there_are(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    user_id = make_person(platform, organization_id)
    before, after = browser(make_client), browser(make_client)
    sign_in(before)
    first, second = token_of(platform, user_id, "password"), token_of(platform, user_id, "login")
    assert after.post(SET, json={"token": first, "password": NEW}).status_code == 200
    assert before.get(SESSION).status_code == 401
    for path, body in ((SET, {"token": first, "password": NEW}), (LINK, {"token": second})):
        answer = browser(make_client).post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "link_not_valid")
    assert "account.updated" in audit_actions(platform, organization_id)


def test_set__a_weak_password_leaves_the_link(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    token = token_of(platform, make_person(platform, organization_id), "password")
    client = browser(make_client)
    assert client.post(SET, json={"token": token, "password": "short"}).json()["code"] == "weak_password"
    assert client.post(SET, json={"token": token, "password": NEW}).status_code == 200


def test_member_link__is_handed_on_where_no_letter_is_sent(
    app_client: TestClient, make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id)
    answer = app_client.post(f"{MEMBERS}/{member_id(app_client)}/password-link")
    assert answer.status_code == 201
    made = answer.json()["password_link"]
    assert (made["email"], made["is_mailed"]) == (ADA, False)
    assert answer.headers["cache-control"] == "no-store"
    token = made["link"].partition("/reset-password/")[2]
    assert browser(make_client).post(SET, json={"token": token, "password": NEW}).status_code == 200
    assert "member.password_link_made" in audit_actions(platform, organization_id)


def test_member_link__is_mailed_and_not_shown(
    platform: Platform, organization_id: str, owner_key: str, mailing: TestClient, mail_server: MailServer
) -> None:
    make_person(platform, organization_id)
    mailing.headers["X-API-Key"] = owner_key
    made = mailing.post(f"{MEMBERS}/{member_id(mailing)}/password-link").json()["password_link"]
    assert (made["link"], made["is_mailed"]) == (None, True)
    assert [recipient for recipient, _ in mail_server.letters] == [ADA]


def test_member_link__not_for_a_role_above_ones_own(
    make_client: MakeClient, make_key: MakeKey, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id, role="owner")
    admin = make_client(make_key("admin"))
    answer = admin.post(f"{MEMBERS}/{member_id(admin)}/password-link")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_above_own")


def test_member_link__not_for_somebody_of_another_organisation_too(
    app_client: TestClient, platform: Platform, organization_id: str
) -> None:
    """It would open that one as well."""
    user_id = make_person(platform, organization_id)
    elsewhere = join(platform, make_organization(platform, "Other"), user_id, "viewer")
    answer = app_client.post(f"{MEMBERS}/{member_id(app_client)}/password-link")
    assert (answer.status_code, answer.json()["code"]) == (403, "belongs_elsewhere")
    for foreign in (elsewhere, "nonsense"):
        assert app_client.post(f"{MEMBERS}/{foreign}/password-link").status_code == 404


def test_member_link__for_somebody_without_an_address(app_client: TestClient) -> None:
    # The owner that the first start makes.
    answer = app_client.post(f"{MEMBERS}/{member_id(app_client, None)}/password-link")
    assert (answer.status_code, answer.json()["code"]) == (400, "email_needed")


# --- login links ---------------------------------------------------------------------------------------------------


def test_login_link__works_once(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    token = token_of(platform, make_person(platform, organization_id, has_password=False), "login")
    client = browser(make_client)
    assert client.post(LINK, json={"token": token}).json()["session"]["account"]["email"] == ADA
    assert client.get(f"{API}/datasets/").status_code == 200
    assert browser(make_client).post(LINK, json={"token": token}).json()["code"] == "link_not_valid"


def test_login_link__expires(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    token = token_of(platform, make_person(platform, organization_id), "login")
    with platform.db.write() as conn:
        conn.execute(update(account_links).values(expires_at=now()))
    assert browser(make_client).post(LINK, json={"token": token}).json()["code"] == "link_not_valid"


@pytest.mark.parametrize(("purpose", "path"), [("login", SET), ("password", LINK)])
def test_link__is_for_one_thing(
    make_client: MakeClient, platform: Platform, organization_id: str, purpose: Purpose, path: str
) -> None:
    token = token_of(platform, make_person(platform, organization_id), purpose)
    answer = browser(make_client).post(path, json={"token": token, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (400, "link_not_valid")


def test_first_visit__address_and_password_are_set_and_then_needed(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    token = token_of(platform, make_person(platform, organization_id, email=None, has_password=False), "login")
    client = browser(make_client)
    client.post(LINK, json={"token": token})
    assert client.patch(ACCOUNT, json={"new_password": PASSWORD}).json()["code"] == "email_needed"
    assert client.patch(ACCOUNT, json={"email": ADA, "new_password": PASSWORD}).status_code == 200
    sign_in(browser(make_client))
    assert client.patch(ACCOUNT, json={"new_password": NEW}).json()["code"] == "current_password_needed"


@pytest.mark.parametrize("ends", ["removed", "demoted"])
def test_member_link__ends_with_its_makers_membership(
    app_client: TestClient, make_client: MakeClient, platform: Platform, organization_id: str, ends: str
) -> None:
    make_person(platform, organization_id)
    make_person(platform, organization_id, email="eve@example.org", role="admin", name="Eve")
    eve = browser(make_client)
    sign_in(eve, "eve@example.org")
    link = eve.post(f"{MEMBERS}/{member_id(app_client)}/password-link").json()["password_link"]["link"]
    place = f"{MEMBERS}/{member_id(app_client, 'eve@example.org')}"
    changed = app_client.delete(place) if ends == "removed" else app_client.patch(place, json={"role": "member"})
    assert changed.is_success
    body = {"token": link.partition("/reset-password/")[2], "password": NEW}
    assert browser(make_client).post(SET, json=body).json()["code"] == "link_not_valid"


def test_member_link__ends_with_the_key_that_made_it(
    app_client: TestClient, make_client: MakeClient, make_key: MakeKey, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id)
    made = make_client(make_key(role="admin")).post(f"{MEMBERS}/{member_id(app_client)}/password-link").json()
    keys = app_client.get("/api/v1/api-keys/").json()
    key = next(each for each in keys.get("api_keys", keys.get("keys", ())) if each["role"] == "admin")
    assert app_client.patch(f"/api/v1/api-keys/{key['id']}", json={"is_active": False}).status_code == 200
    body = {"token": made["password_link"]["link"].partition("/reset-password/")[2], "password": NEW}
    assert browser(make_client).post(SET, json=body).json()["code"] == "link_not_valid"
