"""Every route of the OpenAPI document x {no, unknown, revoked, expired key; each role; foreign and malformed ids}.

The table is rows.py. Each test walks all routes and lists those that answer otherwise than they must, so that one
failure shows them all.
"""

import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.api.matrix.rows import OPERATION, Row
from tests.api.matrix.world import Side, World, unusable_keys
from tests.factories import jpeg

from pictograph_server.actor import ROLES
from pictograph_server.platform import open_platform
from pictograph_server.settings import Connectors, Settings

METHODS = ("get", "put", "post", "patch", "delete")
# What no id looks like; each must be as unknown as one that is somebody else's.
MALFORMED = ("not-an-id", "00000000-0000-0000-0000-000000000000", "x" * 3000, "ü 日本 '\"; --", "a\x00b", "-1")
_PLACE = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    # Nothing answers there.
    nowhere = Connectors(v7_url="http://127.0.0.1:9", roboflow_url="http://127.0.0.1:9")
    settings = Settings(data_dir=folder / "data", public_url="http://testserver", annotator="tiny", connectors=nowhere)
    platform = open_platform(settings, migrate_database=True)
    yield World(platform, folder)
    platform.close()


@pytest.fixture(autouse=True)
def as_it_was(world: World) -> None:
    world.restore()


def test_every_route__has_a_row(world: World) -> None:
    routes = {
        f"{method.upper()} {path}"
        for path, operations in world.app.openapi()["paths"].items()
        for method in operations
        if method in METHODS
    }
    assert sorted(routes - set(OPERATION)) == [], "write a row in tests/api/matrix/rows.py"
    assert sorted(set(OPERATION) - routes) == [], "these routes are gone"


def test_own_request__works_for_the_role_it_needs(world: World) -> None:
    """Also what makes the other tests mean something: the request is a good one."""
    wrong: list[str] = []
    for operation, row in OPERATION.items():
        if row.needs == "person":
            continue
        key = None if row.needs == "open" else world.ours.keys[row.needs]
        answer = _send(world, operation, row, world.ours.ids, key)
        is_right = _code(answer) == row.refusal if row.refusal else answer.is_success
        if not is_right:
            wrong.append(_line(operation, row.needs, answer))
        if not operation.startswith("GET"):
            world.restore()
    assert wrong == []


def test_lower_role__is_403(world: World) -> None:
    wrong: list[str] = []
    for operation, row in _with_key():
        for role in ROLES[: ROLES.index(row.needs)] if row.needs in ROLES else ():
            answer = _send(world, operation, row, world.ours.ids, world.ours.keys[role])
            if (answer.status_code, _code(answer)) != (403, "role_too_low"):
                wrong.append(_line(operation, role, answer))
    assert wrong == []


def test_key__of_people_only_routes_is_403(world: World) -> None:
    wrong: list[str] = []
    for operation, row in OPERATION.items():
        if row.needs == "person":
            answer = _send(world, operation, row, world.ours.ids, world.ours.keys["owner"])
            if (answer.status_code, _code(answer)) != (403, "needs_person"):
                wrong.append(_line(operation, "key", answer))
    assert wrong == []


def test_key__that_opens_nothing_is_401(world: World) -> None:
    wrong: list[str] = []
    keys = unusable_keys(world)
    for operation, row in _with_key():
        for what, key in keys.items():
            answer = _send(world, operation, row, world.ours.ids, key)
            if (answer.status_code, _code(answer)) != (401, "invalid_api_key"):
                wrong.append(_line(operation, f"{what} key", answer))
    assert wrong == []


def test_open_route__says_nothing_of_anybody(world: World) -> None:
    wrong: list[str] = []
    for operation, row in OPERATION.items():
        if row.needs == "open":
            answer = _send(world, operation, row, world.ours.ids, None)
            if _leaks(answer, world.ours) or _leaks(answer, world.theirs):
                wrong.append(_line(operation, "open", answer))
    assert wrong == []


def test_foreign_thing__is_404(world: World) -> None:
    """Each thing a request names is once another organisation's, while all else is one's own."""
    wrong: list[str] = []
    for operation, row in _with_role():
        for place in _places(operation, row):
            ids = world.theirs.ids | {place: world.ours.ids[place]}
            answer = _send(world, operation, row, ids, world.theirs.keys["owner"])
            if answer.status_code != row.foreign.get(place, 404):
                wrong.append(_line(operation, f"foreign {place}", answer))
                world.restore()
    assert wrong == []


def test_foreign_thing__is_in_no_answer(world: World) -> None:
    wrong: list[str] = []
    for operation, row in _with_key():
        answer = _send(world, operation, row, world.theirs.ids, world.theirs.keys["owner"])
        leaked = _leaks(answer, world.ours)
        if leaked:
            wrong.append(f"{operation}: tells of {leaked}")
        if not operation.startswith("GET"):
            world.restore()
    assert wrong == []


@pytest.mark.parametrize("bad", MALFORMED, ids=["word", "nobody's", "long", "letters", "nul", "minus"])
def test_malformed_id__is_unknown(world: World, bad: str) -> None:
    wrong: list[str] = []
    for operation, row in _with_role():
        in_path = _path_places(operation, row)
        for place in _places(operation, row):
            answer = _send(world, operation, row, world.ours.ids | {place: bad}, world.ours.keys["owner"])
            # In a path it can only be unknown; a body or a query may also be refused for its form.
            allowed = (404,) if place in in_path else (400, 404, 422)
            if answer.status_code not in allowed:
                wrong.append(_line(operation, place, answer))
                world.restore()
    assert wrong == []


def _with_key() -> Iterator[tuple[str, Row]]:
    return ((operation, row) for operation, row in OPERATION.items() if row.needs != "open")


def _with_role() -> Iterator[tuple[str, Row]]:
    return ((operation, row) for operation, row in _with_key() if row.needs != "person")


def _send(world: World, operation: str, row: Row, ids: Mapping[str, str], key: str | None) -> Response:
    method, _, template = operation.partition(" ")
    names = _path_names(template, row)
    path = _PLACE.sub(lambda match: quote(_value(names[match[1]], ids), safe=""), template)
    # Bytes: a key need not be ASCII.
    headers = [(b"X-API-Key", key.encode())] if key else []
    if row.content_type:
        headers.append((b"Content-Type", row.content_type.encode()))
    client: TestClient = world.client
    return client.request(
        method,
        path,
        params=_filled(row.query, ids),
        json=None if row.json is None else _filled(row.json, ids),
        data=None if row.form is None else _filled(row.form, ids),
        files={"file": ("new.jpg", jpeg(seed=3), "image/jpeg")} if row.has_file else None,
        content=row.content,
        headers=headers,
    )


def _places(operation: str, row: Row) -> list[str]:
    """Return the names of the things that a request names."""
    text = f"{row.json} {row.query} {row.form}"
    return sorted({*_path_places(operation, row), *_PLACE.findall(text)})


def _path_places(operation: str, row: Row) -> set[str]:
    return {name for name in _path_names(operation, row).values() if not name.startswith("=")}


def _path_names(template: str, row: Row) -> dict[str, str]:
    return {parameter: row.path.get(parameter, parameter) for parameter in _PLACE.findall(template)}


def _value(name: str, ids: Mapping[str, str]) -> str:
    return name[1:] if name.startswith("=") else ids[name]


def _filled(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACE.sub(lambda match: ids[match[1]], value)
    if isinstance(value, Mapping):
        return {key: _filled(inner, ids) for key, inner in value.items()}
    return [_filled(inner, ids) for inner in value] if isinstance(value, list) else value


def _leaks(answer: Response, side: Side) -> list[str]:
    return [name for name, value in side.ids.items() if value in answer.text]


def _code(answer: Response) -> str | None:
    try:
        return answer.json().get("code")
    except (ValueError, AttributeError):
        return None


def _line(operation: str, who: str, answer: Response) -> str:
    return f"{operation} ({who}): {answer.status_code} {answer.text[:200]}"
