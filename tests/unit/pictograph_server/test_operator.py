"""The operator's commands on a server's data: login links, and organisations."""

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.conftest import make_organization

from pictograph_server import operator
from pictograph_server.first_login import note_address, owner_login_link
from pictograph_server.platform import Platform
from pictograph_server.services.accounts import links, repository
from pictograph_server.services.organizations import service as organizations
from pictograph_server.storage.db.tables import audit_entries, members

HERE = "http://127.0.0.1:8000"


def _owner_of(platform: Platform, link: str, purpose: links.Purpose = "login") -> str:
    with platform.db.read() as conn:
        return links.owner(conn, link.rpartition("/")[2], purpose)


def _first_owner(platform: Platform) -> str:
    with platform.db.read() as conn:
        owner = repository.first_owner(conn, None)
    assert owner is not None
    return owner


def _entries(platform: Platform) -> list[tuple[str, str, str]]:
    columns = (audit_entries.c.actor_kind, audit_entries.c.action, audit_entries.c.organization_id)
    with platform.db.read() as conn:
        return [(row.actor_kind, row.action, row.organization_id) for row in conn.execute(select(*columns))]


def test_up__prints_a_link_of_the_first_owner(platform: Platform, organization_id: str) -> None:
    make_organization(platform, "Younger")
    link = owner_login_link(platform)
    assert link.startswith("http://testserver/login/")
    assert _owner_of(platform, link) == _first_owner(platform)


def test_login_link__by_default_of_the_first_owner(platform: Platform, organization_id: str) -> None:
    link = operator.login_link(platform.settings.data_dir)
    assert link.startswith(f"{HERE}/login/")
    assert _owner_of(platform, link) == _first_owner(platform)
    assert _entries(platform) == [("operator", "login_link.made", organization_id)]


def test_login_link__has_the_address_the_server_had(platform: Platform, organization_id: str) -> None:
    note_address(platform.settings.model_copy(update={"public_url": None, "port": 8123}))
    folder = platform.settings.data_dir
    assert operator.login_link(folder).startswith("http://127.0.0.1:8123/login/")
    assert operator.login_link(folder, base_url="https://x.example/").startswith("https://x.example/login/")


def test_login_link__of_a_person_and_of_an_organisation(platform: Platform, organization_id: str) -> None:
    folder = platform.settings.data_dir
    made = operator.create_organization(folder, "Second", email="carla@example.org", full_name="Carla")
    printed = (
        operator.login_link(folder, email=" Carla@Example.org "),
        operator.login_link(folder, organization=made["slug"]),
    )
    assert {_owner_of(platform, link) for link in printed} == {_owner_of(platform, made["login_link"])}


def test_login_link__for_a_new_password(platform: Platform, organization_id: str) -> None:
    folder = platform.settings.data_dir
    operator.create_organization(folder, "Second", email="carla@example.org")
    link = operator.login_link(folder, email="carla@example.org", new_password=True)
    assert link.startswith(f"{HERE}/reset-password/")
    assert _owner_of(platform, link, "password")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"email": "nobody@example.org"}, "Nobody here has the address"),
        ({"email": "nobody"}, "is no e-mail address"),
        ({"organization": "nowhere"}, "There is no organisation 'nowhere'"),
        ({"new_password": True}, "the account has no e-mail address"),
    ],
    ids=str,
)
def test_login_link__for_nobody(platform: Platform, organization_id: str, given: dict[str, object], words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        operator.login_link(platform.settings.data_dir, **given)  # type: ignore[arg-type]


def test_create__an_organisation_with_a_key_and_an_owner(platform: Platform, organization_id: str) -> None:
    made = operator.create_organization(platform.settings.data_dir, "Second company", email="carla@example.org")
    assert made["slug"].startswith("second-company-")
    with platform.db.read() as conn:
        known = organizations.find_key(conn, made["api_key"])
        owner = repository.person_by_email(conn, "carla@example.org")
    assert known is not None and owner is not None
    assert (known.actor.organization_id, known.actor.role) == (made["id"], "owner")
    assert _owner_of(platform, made["login_link"]) == owner.id
    assert _entries(platform) == [("operator", "organization.created", made["id"])]


def test_create__for_a_person_there_is(platform: Platform, organization_id: str) -> None:
    folder = platform.settings.data_dir
    first = operator.create_organization(folder, "Second", email="carla@example.org", full_name="Carla")
    second = operator.create_organization(folder, "Third", email="Carla@example.org")
    with platform.db.read() as conn:
        carla = repository.person_by_email(conn, "carla@example.org")
        assert carla is not None
        theirs = conn.execute(select(members.c.organization_id).where(members.c.user_id == carla.id)).scalars().all()
    assert set(theirs) == {first["id"], second["id"]}
    assert carla.full_name == "Carla"


@pytest.mark.parametrize("name", ["", " ", "x" * 121, "a\nb"])
def test_create__a_name_that_cannot_be_one(platform: Platform, name: str) -> None:
    with pytest.raises(SystemExit, match="cannot be the name of an organisation"):
        operator.create_organization(platform.settings.data_dir, name)


def test_create__the_longest_name(platform: Platform) -> None:
    assert len(operator.create_organization(platform.settings.data_dir, "x" * 120)["slug"]) <= 120


def test_list__all_of_the_server(platform: Platform, organization_id: str) -> None:
    operator.create_organization(platform.settings.data_dir, "Second")
    lines = operator.list_organizations(platform.settings.data_dir)
    assert [(line.name, line.members) for line in lines] == [("Test", 1), ("Second", 1)]


def test_no_database__is_said_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="There is no database in"):
        operator.login_link(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_limit_organization__shows_and_changes(platform: Platform, organization_id: str) -> None:
    folder = platform.settings.data_dir
    (line,) = operator.list_organizations(folder)
    assert operator.limit_organization(folder, line.slug)["seats"] == 1_000_000
    assert _entries(platform) == []
    changed = operator.limit_organization(folder, line.slug, seats=3, storage_bytes=0)
    assert changed == {"slug": line.slug, "seats": 3, "images": 1_000_000_000, "bytes": 0}
    assert _entries(platform) == [("operator", "organization.limited", organization_id)]
    with pytest.raises(SystemExit, match="no organisation 'nobody'"):
        operator.limit_organization(folder, "nobody", seats=3)
