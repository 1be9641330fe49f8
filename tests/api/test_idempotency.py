"""The same request twice is done once (contract §1.2)."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi import APIRouter, Request
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from tests.conftest import make_api_key, make_organization

from pictograph_server.app import create_app
from pictograph_server.auth import Member
from pictograph_server.errors import BadRequest
from pictograph_server.platform import Platform
from pictograph_server.storage import idempotency
from pictograph_server.storage.db.tables import idempotency_keys
from pictograph_server.storage.db.types import now
from pictograph_server.storage.idempotency import Answer, Claimed, RequestKey, Running

KEY = {"Idempotency-Key": "0123456789abcdef0123456789abcdef"}


class Counter:
    """A route that counts its executions and does what the test says."""

    def __init__(self) -> None:
        self.count = 0
        self.action: Callable[[], object] = lambda: None
        self.router = APIRouter(prefix="/api/v1/count")
        self.router.post("/it", status_code=201)(self.post)
        self.router.patch("/it")(self.post)
        self.router.post("/other")(self.post)
        self.router.post("/bundle")(self.bundle)

    def post(self, actor: Member) -> dict[str, int]:
        self.count += 1
        number = self.count
        self.action()
        return {"number": number}

    async def bundle(self, actor: Member, request: Request) -> dict[str, int]:
        self.count += 1
        return {"bytes": len(await request.body())}


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def client(platform: Platform, owner_key: str, counter: Counter) -> Generator[TestClient]:
    app = create_app(platform)
    app.include_router(counter.router)
    with TestClient(app, headers={"X-API-Key": owner_key}, raise_server_exceptions=False) as client:
        yield client


def test_same_key__is_answered_alike_and_done_once(client: TestClient, counter: Counter) -> None:
    first = client.post("/api/v1/count/it", json={"a": 1}, headers=KEY)
    second = client.post("/api/v1/count/it", json={"a": 1}, headers=KEY)
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, {"number": 1})
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert counter.count == 1


def test_no_key__is_done_each_time(client: TestClient, counter: Counter) -> None:
    client.post("/api/v1/count/it", json={})
    client.post("/api/v1/count/it", json={})
    assert counter.count == 2


def test_same_key__other_body_is_422(client: TestClient, counter: Counter) -> None:
    client.post("/api/v1/count/it", json={"a": 1}, headers=KEY)
    answer = client.post("/api/v1/count/it", json={"a": 2}, headers=KEY)
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"
    assert counter.count == 1


def test_same_key__other_path_method_or_organization_is_another_request(
    platform: Platform, client: TestClient, counter: Counter
) -> None:
    stranger = make_api_key(platform, make_organization(platform, "Stranger"))
    client.post("/api/v1/count/it", json={}, headers=KEY)
    client.post("/api/v1/count/other", json={}, headers=KEY)
    client.patch("/api/v1/count/it", json={}, headers=KEY)
    client.post("/api/v1/count/it", json={}, headers={**KEY, "X-API-Key": stranger})
    assert counter.count == 4


def test_same_key__body_less_and_form_requests(client: TestClient, counter: Counter) -> None:
    for _ in range(2):
        client.post("/api/v1/count/it", headers=KEY)
        client.post("/api/v1/count/other", data={"a": "b"}, headers=KEY)
    assert counter.count == 2


def test_refusal__is_remembered(client: TestClient, counter: Counter) -> None:
    counter.action = refuse
    first = client.post("/api/v1/count/it", headers=KEY)
    second = client.post("/api/v1/count/it", headers=KEY)
    assert first.status_code == second.status_code == 400
    assert first.json() == second.json()
    assert counter.count == 1


@pytest.mark.parametrize("failure", [RuntimeError, TimeoutError])
def test_server_error__is_not_remembered(client: TestClient, counter: Counter, failure: type[Exception]) -> None:
    def fail() -> None:
        raise failure

    counter.action = fail
    assert client.post("/api/v1/count/it", headers=KEY).status_code == 500
    counter.action = lambda: None
    assert client.post("/api/v1/count/it", headers=KEY).json() == {"number": 2}


def test_second_request__waits_for_the_running_first(client: TestClient, counter: Counter) -> None:
    is_running, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        is_running.set()
        assert go_on.wait(20)

    counter.action = wait
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(client.post, "/api/v1/count/it", headers=KEY) for _ in range(4)]
        assert is_running.wait(20)
        go_on.set()
        assert [answer.result().json() for answer in answers] == [{"number": 1}] * 4
    assert counter.count == 1


def test_bundle__is_not_buffered_nor_remembered(client: TestClient, counter: Counter) -> None:
    headers = {**KEY, "Content-Type": "application/x-tar"}
    for _ in range(2):
        answer = client.post("/api/v1/count/bundle", content=b"tar" * 10, headers=headers)
        assert answer.json() == {"bytes": 30}
    assert counter.count == 2


def test_too_long_key__is_400(client: TestClient) -> None:
    assert client.post("/api/v1/count/it", headers={"Idempotency-Key": "k" * 256}).status_code == 400


REQUEST = RequestKey("org", "key", "POST", "/path", "0" * 64)


def test_claim__of_a_dead_process_is_taken_over(platform: Platform) -> None:
    with platform.db.write() as conn:
        assert idempotency.claim(conn, REQUEST) == Claimed()
        assert idempotency.claim(conn, REQUEST) == Running()
        conn.execute(update(idempotency_keys).values(claimed_until=now() - timedelta(seconds=1)))
        assert idempotency.claim(conn, REQUEST) == Claimed()
        assert idempotency.claim(conn, REQUEST) == Running()


def test_claim__is_given_back_at_the_start_of_a_lone_server(platform: Platform) -> None:
    with platform.db.write() as conn:
        idempotency.claim(conn, REQUEST)
        idempotency.abandon_all(conn)
        assert idempotency.claim(conn, REQUEST) == Claimed()


def test_answer__is_forgotten_after_a_day(platform: Platform) -> None:
    with platform.db.write() as conn:
        idempotency.claim(conn, REQUEST)
        idempotency.complete(conn, REQUEST, Answer(200, "application/json", b"{}"))
        assert idempotency.claim(conn, REQUEST) == Answer(200, "application/json", b"{}")
        conn.execute(update(idempotency_keys).values(created_at=now() - timedelta(hours=25)))
        assert idempotency.claim(conn, REQUEST) == Claimed()


def test_forget_old__removes_what_is_a_day_old(platform: Platform) -> None:
    with platform.db.write() as conn:
        for number in range(3):
            idempotency.claim(conn, RequestKey("org", str(number), "POST", "/path", "0" * 64))
        old = idempotency_keys.c.key != "0"
        conn.execute(update(idempotency_keys).where(old).values(created_at=now() - timedelta(hours=25)))
        assert idempotency.forget_old(conn) == 2
        assert conn.execute(select(func.count()).select_from(idempotency_keys)).scalar() == 1


def refuse() -> None:
    raise BadRequest("no")
