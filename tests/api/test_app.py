"""What every answer has: an id, an error shape programs can read, both forms of a path, and limits."""

import pytest
from fastapi import APIRouter, Query
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import create_engine
from sqlalchemy.exc import DataError
from tests.conftest import MakeClient

from pictograph_server.app import create_app
from pictograph_server.errors import Conflict
from pictograph_server.platform import Platform
from pictograph_server.settings import Limits, Settings

routes = APIRouter(prefix="/api/v1/app")


class Thing(BaseModel):
    name: str
    size: float


@routes.get("/crash")
def crash() -> None:
    raise RuntimeError("the secret is 42")


@routes.get("/data-error")
def data_error() -> None:
    raise DataError("INSERT", {}, ValueError("value too long: the secret is 42"))


@routes.get("/conflict")
def conflict() -> None:
    raise Conflict("Dataset 'a' cannot be made", why="there is one", fix="Choose another name.", code="dataset_exists")


@routes.post("/things")
def make_thing(thing: Thing) -> str:
    return thing.name


@routes.get("/list/")
def list_things(limit: int = Query(ge=1, le=100)) -> int:
    return limit


@routes.get("/one/{name}")
def get_thing(name: str) -> str:
    return name


@pytest.fixture
def client(platform: Platform, owner_key: str) -> TestClient:
    app = create_app(platform)
    app.include_router(routes)
    return TestClient(app, headers={"X-API-Key": owner_key}, raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/app/list/?limit=1", "/nowhere", "/api/v1/app/crash"])
def test_every_answer__has_a_request_id(client: TestClient, path: str) -> None:
    first, second = client.get(path), client.get(path)
    assert first.headers["X-Request-Id"].startswith("req_")
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert first.headers["X-Content-Type-Options"] == "nosniff"


def test_refusal__says_what_why_and_fix(client: TestClient) -> None:
    answer = client.get("/api/v1/app/conflict")
    assert answer.status_code == 409
    assert answer.json() == {
        "detail": "Dataset 'a' cannot be made: there is one",
        "code": "dataset_exists",
        "fix": "Choose another name.",
    }


def test_crash__is_500_with_the_id_and_no_secret(client: TestClient) -> None:
    answer = client.get("/api/v1/app/crash")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.json()["detail"]
    assert "42" not in answer.text


def test_database_away__is_503_and_comes_back(platform: Platform, client: TestClient) -> None:
    engine = platform.db.engine
    # Nothing listens there.
    platform.db.engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    try:
        answer = client.get("/api/v1/developer/datasets/")
    finally:
        platform.db.engine = engine
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert client.get("/api/v1/developer/datasets/").status_code == 200


def test_value_the_database_cannot_keep__is_422(client: TestClient) -> None:
    answer = client.get("/api/v1/app/data-error")
    assert (answer.status_code, answer.json()["code"]) == (422, "value_not_kept")
    assert "42" not in answer.text


def test_malformed_payload__lists_the_fields(client: TestClient) -> None:
    answer = client.post("/api/v1/app/things", json={"size": "big"})
    assert answer.status_code == 422
    problems = answer.json()["detail"]
    assert [(problem["loc"], problem["type"]) for problem in problems] == [
        (["body", "name"], "missing"),
        (["body", "size"], "float_parsing"),
    ]
    assert all(set(problem) == {"loc", "msg", "type"} for problem in problems)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1, NaN", b""])
def test_no_json__is_422(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/v1/app/things", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


def test_nan_in_json__is_answered(client: TestClient) -> None:
    answer = client.post("/api/v1/app/things", content=b'{"name": NaN}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_limit__is_refused_not_cut(client: TestClient) -> None:
    assert client.get("/api/v1/app/list/?limit=101").status_code == 422


def test_unknown_address__is_404_in_our_words(client: TestClient) -> None:
    answer = client.get("/api/v1/app/nothing")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is nothing at GET /api/v1/app/nothing"
    assert answer.json()["code"] == "no_such_endpoint"


def test_wrong_method__is_405_and_names_the_right_one(client: TestClient) -> None:
    answer = client.delete("/api/v1/app/list/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "path", ["/api/v1/app/list/?limit=5", "/api/v1/app/list?limit=5", "/api/v1/app/one/a", "/api/v1/app/one/a/"]
)
def test_slash_at_the_end__both_forms_and_no_redirect(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_name_in_path__is_decoded(client: TestClient) -> None:
    assert client.get("/api/v1/app/one/a%20b%20%C3%A4").json() == "a b ä"


def test_large_body__is_413(platform: Platform, settings: Settings, owner_key: str) -> None:
    small = Platform(
        settings=settings.model_copy(update={"limits": Limits(json_bytes=1024)}),
        db=platform.db,
        blobs=platform.blobs,
        signer=platform.signer,
    )
    app = create_app(small)
    app.include_router(routes)
    client = TestClient(app, headers={"X-API-Key": owner_key, "Content-Type": "application/json"})
    fits = b'{"size": 1, "name": "' + b"x" * 900 + b'"}'
    assert client.post("/api/v1/app/things", content=fits).status_code == 200
    too_large = fits.replace(b"x", b"xx")
    assert client.post("/api/v1/app/things", content=too_large).status_code == 413
    # Chunked: no length is told beforehand.
    answer = client.post("/api/v1/app/things", content=(too_large[i : i + 100] for i in range(0, 2000, 100)))
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"


def test_health__needs_no_key(make_client: MakeClient) -> None:
    client = make_client()
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_ready__not_without_a_beating_dispatcher(platform: Platform) -> None:
    answer = TestClient(create_app(platform, is_dispatching=lambda: False)).get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["the dispatcher of jobs does not beat"]


def test_metrics__count_by_route_not_by_path(client: TestClient) -> None:
    client.get("/api/v1/app/one/a")
    client.get("/api/v1/app/one/b")
    text = client.get("/metrics").text
    assert 'pictograph_http_requests_total{method="GET",route="/api/v1/app/one/{name}",status="200"} 2.0' in text


def test_openapi__is_there(make_client: MakeClient) -> None:
    paths = make_client().get("/openapi.json").json()["paths"]
    assert "/api/v1/developer/credits/balance" in paths


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [("a\x00b", False), ("\x00", False), ("back\\\x00", False), ("a\\u0000", True), ("%00", True)],
    ids=["inside", "alone", "behind a backslash", "spelt out", "percent"],
)
def test_nul_in_json__is_422(client: TestClient, name: str, is_kept: bool) -> None:
    answer = client.post("/api/v1/app/things", json={"name": name, "size": 1})
    assert (answer.status_code, answer.json() == name) == (200 if is_kept else 422, is_kept)


def test_nul_in_an_address__is_404_in_the_path_and_422_in_the_query(client: TestClient) -> None:
    assert client.get("/api/v1/app/one/a%00b").status_code == 404
    assert client.get("/api/v1/app/list/?limit=%00").json()["code"] == "nul_in_text"
    assert client.get("/api/v1/app/list/?limit=1&name=%2500").status_code == 200
