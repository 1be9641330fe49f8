"""The audit log: who did what, newest first, page by page; and every action is documented."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.api.steps import API, Json
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization

from pictograph_server.actor import Actor
from pictograph_server.platform import Platform
from pictograph_server.services.audit import service as audit

AUDIT = f"{API}/audit"
ROOT = Path(__file__).parents[2]


def test_entry__says_who_did_what_to_what(app_client: TestClient, actor: Actor) -> None:
    app_client.patch(f"{API}/organizations/me", json={"name": "New"})
    (entry,) = _page(app_client)["entries"]
    assert entry["id"]
    assert entry["created_at"].endswith("Z")
    assert {key: entry[key] for key in entry if key not in ("id", "created_at")} == {
        "actor_kind": "key",
        "actor_id": actor.id,
        "actor_name": "owner key",
        "action": "organization.updated",
        "subject_id": actor.organization_id,
        "subject_name": "New",
        "details": {"from": "Test", "to": "New"},
    }


def test_entry__is_not_there_when_the_change_is_not(app_client: TestClient) -> None:
    (owner,) = app_client.get(f"{API}/organizations/members").json()["members"]
    assert app_client.delete(f"{API}/organizations/members/{owner['id']}").status_code == 400
    assert _page(app_client)["entries"] == []


def test_pages__whole_and_in_order(platform: Platform, actor: Actor, app_client: TestClient) -> None:
    _write(platform, actor, [f"thing.done_{number}" for number in range(7)])
    found: list[str] = []
    cursor: str | None = None
    for size in (3, 3, 1):
        page = _page(app_client, limit=3, **({"cursor": cursor} if cursor else {}))
        assert len(page["entries"]) == size
        found += [entry["action"] for entry in page["entries"]]
        cursor = page["next_cursor"]
        # What is written while somebody pages moves nothing.
        _write(platform, actor, ["thing.meanwhile"])
    assert cursor is None
    assert found == [f"thing.done_{number}" for number in range(6, -1, -1)]


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"action": "cat.fed"}, ["cat.fed"]),
        ({"action": "cat"}, ["cat.left", "cat.fed"]),
        ({"action": "c_t"}, []),
        ({"subject_id": "s-cat.left"}, ["cat.left"]),
        ({"actor_id": "nobody"}, []),
        ({"action": "cat", "actor_id": "self"}, ["cat.left", "cat.fed"]),
        ({"cursor": "not a cursor", "action": "catalog"}, ["catalog.made"]),
    ],
)
def test_filters__all_must_hold(
    platform: Platform, actor: Actor, app_client: TestClient, query: dict[str, str], actions: list[str]
) -> None:
    _write(platform, actor, ["cat.fed", "catalog.made", "cat.left"])
    query = {key: actor.id if value == "self" else value for key, value in query.items()}
    assert [entry["action"] for entry in _page(app_client, **query)["entries"]] == actions


def test_filters__time_has_a_first_moment_and_one_that_is_too_late(
    platform: Platform, actor: Actor, app_client: TestClient
) -> None:
    _write(platform, actor, ["cat.fed", "cat.left"])
    left, fed = [entry["created_at"] for entry in _page(app_client)["entries"]]

    def found(**query: str) -> list[str]:
        return [entry["action"] for entry in _page(app_client, **query)["entries"]]

    assert found(since=left) == ["cat.left"]
    assert found(until=left) == ["cat.fed"]
    assert found(since=fed, until=fed) == []
    assert app_client.get(AUDIT, params={"since": "2026-01-01T00:00:00"}).status_code == 422


def test_log__is_for_admins_of_the_organization(
    platform: Platform, actor: Actor, make_client: MakeClient, make_key: MakeKey
) -> None:
    _write(platform, actor, ["cat.fed"])
    assert make_client(make_key("member")).get(AUDIT).status_code == 403
    assert len(_page(make_client(make_key("admin")))["entries"]) == 1
    stranger = make_client(make_api_key(platform, make_organization(platform, "Other")))
    assert _page(stranger)["entries"] == []


def test_actions__each_is_in_the_reference() -> None:
    assert sorted(_recorded() - _documented()) == []


def test_actions__none_is_in_the_reference_alone() -> None:
    assert sorted(_documented() - _recorded()) == []


def _recorded() -> set[str]:
    return {word for path in (ROOT / "src" / "pictograph_server").rglob("*.py") for word in _actions_in(path)}


def _actions_in(path: Path) -> Iterator[str]:
    """Yield the words that calls of `record(conn, actor, "noun.happened", ...)` carry."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or len(node.args) < 3:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        # Services may have a `_record…` of their own that fills in what their entries share.
        if "record" not in name:
            continue
        # An action may be chosen between: every word in the expression counts.
        for part in ast.walk(node.args[2]):
            if isinstance(part, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_]+", str(part.value)):
                yield str(part.value)


def _documented() -> set[str]:
    text = (ROOT / "docs" / "reference" / "audit.md").read_text()
    return set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", text, re.MULTILINE))


def _write(platform: Platform, actor: Actor, actions: list[str]) -> None:
    with platform.db.write() as conn:
        for action in actions:
            audit.record(conn, actor, action, subject_id=f"s-{action}", subject_name=action)


def _page(client: TestClient, **query: object) -> Json:
    answer = client.get(AUDIT, params={key: str(value) for key, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()
