"""What most tests need: a platform in a temporary folder, its app, and clients with keys of each role."""

from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pytest
from fastapi.testclient import TestClient
from tests.postgres import own_database, remove_template

from pictograph_server.actor import Actor, Role
from pictograph_server.app import create_app
from pictograph_server.platform import Platform, open_platform
from pictograph_server.services.organizations import service as organizations
from pictograph_server.settings import Credits, Settings


class MakeKey(Protocol):
    def __call__(
        self, role: Role = "owner", *, rate_limit: int = 1_000_000, expires_at: datetime | None = None
    ) -> str: ...


class MakeClient(Protocol):
    def __call__(self, key: str | None = None) -> TestClient: ...


@pytest.fixture(scope="session", autouse=True)
def _databases() -> Generator[None]:
    yield
    remove_template()


@pytest.fixture
def database_url() -> Generator[str | None]:
    """Where the tests run: on SQLite, or in a database of their own on Postgres (tests/postgres.py)."""
    with own_database() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None) -> Settings:
    # The annotator that ships: `auto` would look for a hub.
    return Settings(
        data_dir=tmp_path / "data", database_url=database_url, public_url="http://testserver", annotator="tiny"
    )


@pytest.fixture
def platform(settings: Settings) -> Generator[Platform]:
    """A migrated database and a blob folder with nothing in them."""
    platform = open_platform(settings, migrate_database=True)
    yield platform
    platform.close()


@pytest.fixture
def organization_id(platform: Platform) -> str:
    """An organisation with the default budget."""
    return make_organization(platform)


@pytest.fixture
def owner_key(platform: Platform, organization_id: str) -> str:
    return make_api_key(platform, organization_id, role="owner")


@pytest.fixture
def actor(platform: Platform, organization_id: str, owner_key: str) -> Actor:
    """The owner, as services see them."""
    with platform.db.read() as conn:
        known = organizations.find_key(conn, owner_key)
    assert known is not None
    return known.actor


@pytest.fixture
def make_key(platform: Platform, organization_id: str) -> MakeKey:
    """Make a key of the organisation: `make_key(role="viewer")`."""

    def make(role: Role = "owner", *, rate_limit: int = 1_000_000, expires_at: datetime | None = None) -> str:
        return make_api_key(platform, organization_id, role=role, rate_limit=rate_limit, expires_at=expires_at)

    return make


@pytest.fixture
def make_client(platform: Platform) -> Generator[MakeClient]:
    """Make a client of the in-process app: `make_client(key)`, or without a key."""
    app = create_app(platform)
    with TestClient(app, raise_server_exceptions=False) as session:

        def make(key: str | None = None) -> TestClient:
            headers = {"X-API-Key": key} if key else {}
            client = TestClient(app, headers=headers, raise_server_exceptions=False)
            # One event loop for all clients of the test: that of `session`.
            client.portal = session.portal
            return client

        yield make


@pytest.fixture
def app_client(make_client: MakeClient, owner_key: str) -> TestClient:
    """A client with an owner key."""
    return make_client(owner_key)


def make_organization(
    platform: Platform, name: str = "Test", *, monthly_allowance: int = 1_000_000, free_of_charge: bool = False
) -> str:
    budget = Credits(monthly_allowance=monthly_allowance, free_of_charge=free_of_charge)
    with platform.db.write() as conn:
        return organizations.create_organization(conn, budget, name=name).organization_id


def make_api_key(
    platform: Platform,
    organization_id: str,
    *,
    role: Role = "owner",
    rate_limit: int = 1_000_000,
    expires_at: datetime | None = None,
) -> str:
    key = organizations.new_api_key()
    with platform.db.write() as conn:
        organizations.create_key(
            conn, organization_id, key, name=f"{role} key", role=role, rate_limit=rate_limit, expires_at=expires_at
        )
    return key
