"""Invites accepted by their link: by somebody new, and by somebody who has an account and has to prove it."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import update
from tests.api.people import ACCOUNT, ADA, ORIGIN, PASSWORD, SESSION, audit_actions, browser, make_person, sign_in
from tests.api.steps import API
from tests.conftest import MakeClient, make_api_key, make_organization
from tests.mail_server import MailServer, running_mail_server, text_of

from pictograph_server.app import create_app
from pictograph_server.platform import Platform
from pictograph_server.settings import Mail
from pictograph_server.storage.db.tables import invites
from pictograph_server.storage.db.types import now

INVITES = f"{API}/organizations/invites"
LOOK = f"{ACCOUNT}/invite"
ACCEPT = f"{ACCOUNT}/invite/accept"


@pytest.fixture
def mail_server() -> Generator[MailServer]:
    with running_mail_server() as server:
        yield server


def invite(client: TestClient, email: str = ADA, role: str = "member") -> str:
    """Invite somebody and return the token of their link."""
    answer = client.post(INVITES, json={"email": email, "role": role})
    assert answer.status_code == 201, answer.text
    link: str = answer.json()["invite"]["link"]
    assert link.startswith("http://testserver/invite/")
    return link.rpartition("/")[2]


def accept(client: TestClient, token: str, **body: str) -> Any:
    return client.post(ACCEPT, json={"token": token, **body})


def test_look__tells_what_it_is_about(app_client: TestClient, make_client: MakeClient) -> None:
    seen = make_client().post(LOOK, json={"token": invite(app_client, role="viewer")}).json()["invite"]
    assert (seen["organization"], seen["email"], seen["role"], seen["has_account"]) == ("Test", ADA, "viewer", False)


def test_accept__somebody_new_sets_name_and_password(
    app_client: TestClient, make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    client = browser(make_client)
    answer = accept(client, invite(app_client), full_name="Ada", password=PASSWORD)
    assert answer.status_code == 200, answer.text
    session = answer.json()["session"]
    assert (session["organization"]["organization_id"], session["organization"]["role"]) == (organization_id, "member")
    assert client.get(f"{API}/datasets/").status_code == 200
    sign_in(browser(make_client))
    assert {"invite.accepted", "session.started"} <= set(audit_actions(platform, organization_id))


def test_accept__works_once(app_client: TestClient, make_client: MakeClient) -> None:
    token = invite(app_client)
    accept(browser(make_client), token, full_name="Ada", password=PASSWORD)
    again = accept(browser(make_client), token, full_name="Eve", password=PASSWORD)
    assert (again.status_code, again.json()["code"]) == (400, "invite_not_pending")


@pytest.mark.parametrize(
    "body", [{"password": PASSWORD}, {"full_name": "Ada"}, {"full_name": " ", "password": PASSWORD}]
)
def test_accept__somebody_new_needs_both(app_client: TestClient, make_client: MakeClient, body: dict[str, str]) -> None:
    token = invite(app_client)
    answer = accept(browser(make_client), token, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "acceptance_incomplete")
    # And leaves the invite as it was.
    assert accept(browser(make_client), token, full_name="Ada", password=PASSWORD).status_code == 200


@pytest.mark.parametrize("state", ["revoked", "expired", "unknown"])
def test_accept__an_invite_that_does_not_hold(
    app_client: TestClient, make_client: MakeClient, platform: Platform, state: str
) -> None:
    token = invite(app_client)
    if state == "revoked":
        app_client.delete(f"{INVITES}/{app_client.get(INVITES).json()['invites'][0]['id']}")
    elif state == "expired":
        with platform.db.write() as conn:
            conn.execute(update(invites).values(expires_at=now() - timedelta(seconds=1)))
    else:
        token = "nonsense"
    for path, body in ((LOOK, {"token": token}), (ACCEPT, {"token": token, "full_name": "Ada", "password": PASSWORD})):
        assert browser(make_client).post(path, json=body).status_code == (404 if state == "unknown" else 400)


def test_accept__the_link_does_not_open_the_account_there_is(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    """An admin sees the links of invites, and so would come into the accounts of whomever they invite."""
    make_person(platform, organization_id)
    other = make_client(make_api_key(platform, make_organization(platform, "Other")))
    token = invite(other)
    without = accept(browser(make_client), token, full_name="Ada")
    assert (without.status_code, without.json()["code"]) == (400, "sign_in_first")
    wrong = accept(browser(make_client), token, full_name="Ada", password=PASSWORD + "x")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_refused")
    assert "set-cookie" not in wrong.headers


def test_accept__with_the_password_of_the_account_there_is(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id)
    other = make_client(make_api_key(platform, make_organization(platform, "Other")))
    answer = accept(browser(make_client), invite(other, role="admin"), password=PASSWORD)
    session = answer.json()["session"]
    assert (session["organization"]["name"], session["organization"]["role"]) == ("Other", "admin")
    assert len(session["account"]["organizations"]) == 2


def test_accept__signed_in_keeps_the_session(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    make_person(platform, organization_id)
    client = browser(make_client)
    before = sign_in(client)
    other = make_client(make_api_key(platform, make_organization(platform, "Other")))
    answer = accept(client, invite(other))
    assert answer.json()["session"]["id"] == before["id"]
    assert "set-cookie" not in answer.headers
    assert client.get(SESSION).json()["session"]["organization"]["name"] == "Other"


def test_accept__signed_in_as_somebody_else_proves_nothing(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    make_person(platform, organization_id)
    make_person(platform, organization_id, email="eve@example.org", name="Eve")
    client = browser(make_client)
    sign_in(client, "eve@example.org")
    other = make_client(make_api_key(platform, make_organization(platform, "Other")))
    assert accept(client, invite(other)).json()["code"] == "sign_in_first"


def test_invite__is_mailed_where_letters_are_sent(
    platform: Platform, organization_id: str, owner_key: str, mail_server: MailServer
) -> None:
    mail = Mail(server=SecretStr(mail_server.url))
    settings = platform.settings.model_copy(update={"mail": mail, "public_url": "https://vision.example.org"})
    mailing = Platform(settings=settings, db=platform.db, blobs=platform.blobs, signer=platform.signer)
    with TestClient(create_app(mailing), headers={"X-API-Key": owner_key, "Host": "evil.example"}) as client:
        answer = client.post(INVITES, json={"email": ADA})
    # Nobody but the invited person sees the link, and it leads to the server's own address.
    assert answer.json()["invite"]["link"] is None
    ((recipient, letter),) = mail_server.letters
    assert recipient == ADA
    assert "https://vision.example.org/invite/" in text_of(letter)
    assert "evil" not in text_of(letter)


def test_invite__that_cannot_be_mailed_shows_its_link(
    platform: Platform, organization_id: str, owner_key: str, mail_server: MailServer
) -> None:
    mail_server.refuses = True
    settings = platform.settings.model_copy(update={"mail": Mail(server=SecretStr(mail_server.url))})
    mailing = Platform(settings=settings, db=platform.db, blobs=platform.blobs, signer=platform.signer)
    with TestClient(create_app(mailing), headers={"X-API-Key": owner_key, "Origin": ORIGIN}) as client:
        assert "/invite/" in client.post(INVITES, json={"email": ADA}).json()["invite"]["link"]
