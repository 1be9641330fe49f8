"""A person deletes their account; another address of theirs counts once its letter was opened."""

from collections.abc import Generator

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import select
from tests.api.people import ACCOUNT, ADA, ORIGIN, PASSWORD, SESSION, audit_actions, browser, join, make_person, sign_in
from tests.api.steps import API, create_project, upload_bundle
from tests.conftest import MakeClient, MakeKey, make_organization
from tests.factories import jpeg
from tests.mail_server import MailServer, running_mail_server, text_of

from pictograph_server.app import create_app
from pictograph_server.platform import Platform
from pictograph_server.settings import Mail
from pictograph_server.storage.db.tables import annotations, api_keys, users

DELETE = f"{ACCOUNT}/delete"
CONFIRM = f"{ACCOUNT}/email"
THERE = "ada@example.com"
BOX = {"id": "1", "name": "stop", "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}}


@pytest.fixture
def ada_id(platform: Platform, organization_id: str) -> str:
    return make_person(platform, organization_id)


@pytest.fixture
def ada(make_client: MakeClient, ada_id: str) -> TestClient:
    """A member's browser, signed in. Somebody else owns the organisation."""
    client = browser(make_client)
    sign_in(client)
    return client


@pytest.fixture
def mail_server() -> Generator[MailServer]:
    with running_mail_server() as server:
        yield server


@pytest.fixture
def mailing(platform: Platform, mail_server: MailServer, ada_id: str) -> Generator[TestClient]:
    """Her browser at a server that sends letters."""
    settings = platform.settings.model_copy(update={"mail": Mail(server=SecretStr(mail_server.url))})
    server = Platform(settings=settings, db=platform.db, blobs=platform.blobs, signer=platform.signer)
    with TestClient(create_app(server), headers={"Origin": ORIGIN}) as client:
        sign_in(client)
        yield client


def token_in(mail_server: MailServer) -> str:
    ((_, letter),) = [each for each in mail_server.letters if each[0] == THERE]
    return text_of(letter).partition("/confirm-email/")[2].split()[0]


# --- deleting it ---------------------------------------------------------------------------------------------------


def test_delete__ends_sessions_and_keys_and_the_person_is_gone(
    make_client: MakeClient,
    make_key: MakeKey,
    platform: Platform,
    organization_id: str,
    ada: TestClient,
    ada_id: str,
) -> None:
    other = browser(make_client)
    sign_in(other)
    make_key()
    with platform.db.write() as conn:
        conn.execute(api_keys.update().values(created_by=ada_id))
    assert ada.post(DELETE, json={"current_password": PASSWORD}).status_code == 204
    assert [client.get(SESSION).status_code for client in (ada, other)] == [401, 401]
    assert browser(make_client).post(SESSION, json={"email": ADA, "password": PASSWORD}).status_code == 401
    with platform.db.read() as conn:
        assert conn.execute(select(users.c.id).where(users.c.id == ada_id)).first() is None
        assert set(conn.scalars(select(api_keys.c.is_active))) == {False}
    assert {"account.deleted", "member.removed"} <= set(audit_actions(platform, organization_id))


def test_delete__what_they_made_keeps_their_id(
    app_client: TestClient, platform: Platform, ada: TestClient, ada_id: str
) -> None:
    dataset_id = create_project(app_client, "signs")["id"]
    image_id = upload_bundle(app_client, dataset_id, {"a.jpg": jpeg()})[0]["image_id"]
    saved = ada.post(f"{API}/annotations/{image_id}", json={"annotations": [BOX]})
    assert saved.status_code == 200, saved.text
    assert ada.post(DELETE, json={"current_password": PASSWORD}).status_code == 204
    with platform.db.read() as conn:
        (document,) = conn.execute(select(annotations.c.document)).scalars()
    assert f"user:{ada_id}" in str(document)
    assert app_client.get(f"{API}/annotations/{image_id}").json()["annotations"][0]["name"] == "stop"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({}, 400, "current_password_needed"), ({"current_password": "no"}, 403, "wrong_password")],
    ids=["not given", "wrong"],
)
def test_delete__needs_the_password(ada: TestClient, body: dict[str, str], status: int, code: str) -> None:
    answer = ada.post(DELETE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ada.get(SESSION).status_code == 200


def test_delete__last_owner_waits_for_another(platform: Platform, ada: TestClient, ada_id: str) -> None:
    elsewhere = make_organization(platform, "Elsewhere")
    with platform.db.write() as conn:
        conn.exec_driver_sql("DELETE FROM members WHERE organization_id = '" + elsewhere + "'")
    join(platform, elsewhere, ada_id, "owner")
    refused = ada.post(DELETE, json={"current_password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (400, "last_owner")
    # Nothing has changed, in the other organisation either.
    assert len(ada.get(ACCOUNT).json()["account"]["organizations"]) == 2
    make_person(platform, elsewhere, email="bob@example.org", role="owner", name="Bob")
    assert ada.post(DELETE, json={"current_password": PASSWORD}).status_code == 204


# --- another address -----------------------------------------------------------------------------------------------


def test_address__counts_once_its_letter_was_opened(
    make_client: MakeClient, mailing: TestClient, mail_server: MailServer
) -> None:
    asked = mailing.patch(ACCOUNT, json={"email": THERE, "current_password": PASSWORD}).json()["account"]
    assert (asked["email"], asked["pending_email"]) == (ADA, THERE)
    assert [recipient for recipient, _ in mail_server.letters] == [THERE, ADA]
    refused = browser(make_client).post(SESSION, json={"email": THERE, "password": PASSWORD})
    assert refused.status_code == 401
    token = token_in(mail_server)
    assert browser(make_client).post(CONFIRM, json={"token": token}).json() == {"email": THERE}
    account = mailing.get(ACCOUNT).json()["account"]
    assert (account["email"], account["pending_email"]) == (THERE, None)
    sign_in(browser(make_client), THERE)
    assert mailing.post(CONFIRM, json={"token": token}).json()["code"] == "link_not_valid"


def test_address__page_behind_the_link(mailing: TestClient, mail_server: MailServer) -> None:
    mailing.patch(ACCOUNT, json={"email": THERE, "current_password": PASSWORD})
    page = f"/confirm-email/{token_in(mail_server)}"
    assert THERE in mailing.get(page).text
    # Opening it uses nothing up.
    assert mailing.get(ACCOUNT).json()["account"]["email"] == ADA
    assert mailing.post(page, data={}).status_code == 200
    assert mailing.get(ACCOUNT).json()["account"]["email"] == THERE
    assert mailing.get(page).status_code == 400


def test_address__of_somebody_who_came_meanwhile(
    platform: Platform, organization_id: str, mailing: TestClient, mail_server: MailServer
) -> None:
    mailing.patch(ACCOUNT, json={"email": THERE, "current_password": PASSWORD})
    make_person(platform, organization_id, email=THERE, name="Other")
    answer = mailing.post(CONFIRM, json={"token": token_in(mail_server)})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_address__asked_for_again_takes_the_first_back(mailing: TestClient, mail_server: MailServer) -> None:
    mailing.patch(ACCOUNT, json={"email": THERE, "current_password": PASSWORD})
    first = token_in(mail_server)
    mailing.patch(ACCOUNT, json={"email": "ada@example.net", "current_password": PASSWORD})
    assert mailing.post(CONFIRM, json={"token": first}).json()["code"] == "link_not_valid"
    assert mailing.get(ACCOUNT).json()["account"]["pending_email"] == "ada@example.net"
    assert mailing.patch(ACCOUNT, json={"email": ADA}).json()["account"]["pending_email"] is None
