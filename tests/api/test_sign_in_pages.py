"""The pages behind links, as a browser without scripts has them."""

from collections.abc import Generator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.people import ADA, PASSWORD, SESSION, browser, make_person, sign_in
from tests.api.steps import API
from tests.conftest import MakeClient, MakeKey

from pictograph_server.app import create_app
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import links
from pictograph_server.services.accounts.links import Purpose


@pytest.fixture
def make_client(platform: Platform, tmp_path: Path) -> Generator[MakeClient]:
    """Make clients of a server without the web app, whatever is built on this machine."""
    app = create_app(platform, web_folder=tmp_path / "web")
    with TestClient(app, raise_server_exceptions=False) as session:

        def make(key: str | None = None) -> TestClient:
            client = TestClient(app, headers={"X-API-Key": key} if key else {}, raise_server_exceptions=False)
            client.portal = session.portal
            return client

        yield make


def path_of(platform: Platform, user_id: str, purpose: Purpose) -> str:
    with platform.db.write() as conn:
        return links.make(conn, user_id, purpose).path


def test_login_page__looking_uses_nothing_up(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    """Programs that check the links of letters open them, too."""
    path = path_of(platform, make_person(platform, organization_id), "login")
    client = browser(make_client)
    for _ in range(2):
        page = client.get(path)
        assert page.status_code == 200
        assert "Ada: Test (member)" in page.text
        assert "set-cookie" not in page.headers
    assert client.post(path).status_code == 200
    assert client.get(SESSION).status_code == 200
    assert client.get(path).status_code == 400


def test_pages__lead_into_the_web_app_where_it_is_built(
    make_client: MakeClient, platform: Platform, organization_id: str, tmp_path: Path
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("the app")
    client = browser(make_client)
    client.headers["Accept"] = "text/html"
    answer = client.post(path_of(platform, make_person(platform, organization_id), "login"), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/").text == "the app"
    assert client.get(SESSION).status_code == 200


def test_login_page__the_first_owner_sets_address_and_password(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    user_id = make_person(platform, organization_id, email=None, has_password=False)
    client = browser(make_client)
    path = path_of(platform, user_id, "login")
    assert 'type="password"' in client.get(path).text
    weak = client.post(path, data={"email": ADA, "password": "short"})
    assert weak.status_code == 422 and "10 are the least" in weak.text
    assert client.post(path, data={"email": ADA, "password": PASSWORD}).status_code == 200
    sign_in(browser(make_client))
    # Who has a password is not asked for one.
    assert 'type="password"' not in client.get(path_of(platform, user_id, "login")).text


def test_login_page__an_account_with_a_password_keeps_it(
    make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    path = path_of(platform, make_person(platform, organization_id), "login")
    answer = browser(make_client).post(path, data={"email": "", "password": "another password"})
    assert answer.status_code == 400
    sign_in(browser(make_client))


def test_invite_page__makes_the_account(make_client: MakeClient, make_key: MakeKey) -> None:
    answer = make_client(make_key()).post(f"{API}/organizations/invites", json={"email": ADA})
    path = answer.json()["invite"]["link"].removeprefix("http://testserver")
    client = browser(make_client)
    assert "you are invited to Test as member" in client.get(path).text
    assert client.post(path, data={"full_name": "Ada", "password": PASSWORD}).status_code == 200
    assert client.get(SESSION).json()["session"]["account"]["full_name"] == "Ada"


def test_invite_page__a_weak_password_leaves_the_name(make_client: MakeClient, make_key: MakeKey) -> None:
    answer = make_client(make_key()).post(f"{API}/organizations/invites", json={"email": ADA})
    path = answer.json()["invite"]["link"].removeprefix("http://testserver")
    page = browser(make_client).post(path, data={"full_name": "Ada <b>", "password": "short"})
    assert page.status_code == 422 and 'value="Ada &lt;b&gt;"' in page.text


def test_invite_page__a_revoked_one_speaks_to_people(make_client: MakeClient, make_key: MakeKey) -> None:
    admin = make_client(make_key())
    invite = admin.post(f"{API}/organizations/invites", json={"email": ADA}).json()["invite"]
    admin.delete(f"{API}/organizations/invites/{invite['id']}")
    for path in (invite["link"].removeprefix("http://testserver"), "/invite/nonsense"):
        page = browser(make_client).get(path)
        assert "Ask whoever invited you for a new one" in page.text
        assert "client." not in page.text and 'href="/"' in page.text


def test_password_page__sets_it(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    path = path_of(platform, make_person(platform, organization_id), "password")
    client = browser(make_client)
    assert ADA in client.get(path).text
    assert client.post(path, data={"password": "nine wet raincoats"}).status_code == 200
    sign_in(browser(make_client), password="nine wet raincoats")


@pytest.mark.parametrize("page", ["login", "invite", "reset-password"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages__an_unknown_link(make_client: MakeClient, page: str, method: str) -> None:
    for token in ("nonsense", "x" * 5000):
        answer = browser(make_client).request(method, f"/{page}/{token}")
        assert answer.status_code in (400, 404)
        assert "This does not work" in answer.text


def test_pages__keep_to_themselves(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    path = path_of(platform, make_person(platform, organization_id, name="<b>Ada & Co"), "login")
    page = make_client().get(path)
    assert "&lt;b&gt;Ada &amp; Co" in page.text
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_pages__no_form_of_another_site(make_client: MakeClient, platform: Platform, organization_id: str) -> None:
    path = path_of(platform, make_person(platform, organization_id), "login")
    answer = make_client().post(path, headers={"Origin": "http://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")
    assert make_client().get(path).status_code == 200


def test_pages__a_large_form_is_not_read(make_client: MakeClient) -> None:
    answer = browser(make_client).post("/login/x", content=b"password=" + b"x" * 100_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a", b"&".join(b"a=1" for _ in range(100))])
def test_pages__what_no_browser_sends(make_client: MakeClient, body: bytes) -> None:
    assert browser(make_client).post("/login/x", content=body).status_code == 400
