"""One's own account: name, address, password; and making one, where that is open."""

import pytest
from fastapi.testclient import TestClient
from tests.api.people import ACCOUNT, ADA, ORIGIN, PASSWORD, SESSION, audit_actions, browser, make_person, sign_in
from tests.api.steps import API
from tests.conftest import MakeClient

from pictograph_server.app import create_app
from pictograph_server.platform import Platform
from pictograph_server.settings import Accounts

NEW = "nine wet raincoats"
REGISTER = f"{ACCOUNT}/register"


@pytest.fixture
def ada(make_client: MakeClient, platform: Platform, organization_id: str) -> TestClient:
    """A member's browser, signed in."""
    make_person(platform, organization_id)
    client = browser(make_client)
    sign_in(client)
    return client


@pytest.fixture
def open_platform(platform: Platform) -> Platform:
    """A platform on which anybody may make an account."""
    settings = platform.settings.model_copy(update={"accounts": Accounts(registration="open")})
    return Platform(settings=settings, db=platform.db, blobs=platform.blobs, signer=platform.signer)


def test_name__is_changed(ada: TestClient) -> None:
    assert ada.patch(ACCOUNT, json={"full_name": "  Ada King "}).json()["account"]["full_name"] == "Ada King"
    assert ada.get(ACCOUNT).json()["account"]["full_name"] == "Ada King"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "a\u202eb"])
def test_name__that_cannot_be_one(ada: TestClient, name: str) -> None:
    answer = ada.patch(ACCOUNT, json={"full_name": name})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_person_name")


def test_password__is_changed_and_ends_the_other_sessions(
    make_client: MakeClient, platform: Platform, organization_id: str, ada: TestClient
) -> None:
    other = browser(make_client)
    sign_in(other)
    answer = ada.patch(ACCOUNT, json={"current_password": PASSWORD, "new_password": NEW})
    assert answer.status_code == 200, answer.text
    assert ada.get(SESSION).status_code == 200
    assert other.get(SESSION).status_code == 401
    assert other.post(SESSION, json={"email": ADA, "password": PASSWORD}).status_code == 401
    sign_in(other, password=NEW)
    assert "account.updated" in audit_actions(platform, organization_id)


@pytest.mark.parametrize("change", [{"new_password": NEW}, {"email": "ada@example.com"}], ids=["password", "address"])
@pytest.mark.parametrize(
    ("current", "status", "code"),
    [({}, 400, "current_password_needed"), ({"current_password": "no"}, 403, "wrong_password")],
    ids=["not given", "wrong"],
)
def test_account__changes_need_the_current_password(
    ada: TestClient, change: dict[str, str], current: dict[str, str], status: int, code: str
) -> None:
    answer = ada.patch(ACCOUNT, json=change | current)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ada.get(ACCOUNT).json()["account"]["email"] == ADA


def test_address__is_changed(make_client: MakeClient, ada: TestClient) -> None:
    answer = ada.patch(ACCOUNT, json={"email": " Ada@Example.COM ", "current_password": PASSWORD})
    assert answer.json()["account"]["email"] == "ada@example.com"
    sign_in(browser(make_client), "ada@example.com")


def test_address__of_somebody_else(platform: Platform, organization_id: str, ada: TestClient) -> None:
    make_person(platform, organization_id, email="bob@example.org")
    answer = ada.patch(ACCOUNT, json={"email": "BOB@example.org", "current_password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize("email", ["", "ada", "a@b", "a b@example.org", "a@example.org\n", "@example.org"])
def test_address__that_is_none(ada: TestClient, email: str) -> None:
    answer = ada.patch(ACCOUNT, json={"email": email, "current_password": PASSWORD})
    # A line break at the end is taken away.
    assert answer.status_code == (200 if email == "a@example.org\n" else 422)


def test_password__weak(ada: TestClient) -> None:
    answer = ada.patch(ACCOUNT, json={"current_password": PASSWORD, "new_password": "short"})
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")


def test_account__nothing_given_changes_nothing(platform: Platform, organization_id: str, ada: TestClient) -> None:
    assert ada.patch(ACCOUNT, json={}).status_code == 200
    assert audit_actions(platform, organization_id) == ["session.started"]


def test_register__is_closed(make_client: MakeClient) -> None:
    body = {"email": ADA, "full_name": "Ada", "password": PASSWORD, "organization": "Engines"}
    answer = browser(make_client).post(REGISTER, json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")


def test_register__where_it_is_open(open_platform: Platform, organization_id: str) -> None:
    body = {"email": ADA, "full_name": "Ada", "password": PASSWORD, "organization": "Engines"}
    with TestClient(create_app(open_platform), headers={"Origin": ORIGIN}) as client:
        answer = client.post(REGISTER, json=body)
        assert answer.status_code == 201, answer.text
        organization = answer.json()["session"]["organization"]
        assert (organization["name"], organization["role"]) == ("Engines", "owner")
        assert organization["organization_id"] != organization_id
        assert client.get(f"{API}/datasets/").json()["datasets"] == []
        assert client.post(REGISTER, json=body).json()["code"] == "email_taken"


def test_register__again_and_again_has_to_wait(open_platform: Platform) -> None:
    # A password that is refused costs as much as one that is not, and says as much about who has an account.
    bodies = [
        {"email": f"a{n}@example.org", "full_name": "Ada", "password": "short", "organization": "Engines"}
        for n in range(40)
    ]
    with TestClient(create_app(open_platform), headers={"Origin": ORIGIN}) as client:
        answers = [client.post(REGISTER, json=body) for body in bodies]
    assert [answer.status_code for answer in answers[:30]] == [422] * 30
    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "too_many_guesses"
    assert int(answers[-1].headers["Retry-After"]) >= 1
