from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pictograph import __version__
from pictograph._http.mock import Call, MockApi, Reply
from pictograph._http.transport import path_of
from pictograph.exceptions import (
    ApiError,
    AuthError,
    ConflictError,
    NetworkError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
)

PATH = "/api/v1/developer/thing"


@pytest.fixture
def api() -> MockApi:
    return MockApi()


def test_request__headers(api: MockApi) -> None:
    api.on("GET", PATH, {})
    api.transport().get(PATH)
    headers = api.calls[0].headers
    assert headers["x-api-key"].startswith("pk_live_")
    assert headers["accept"] == "application/json"
    assert headers["user-agent"] == f"pictograph-python/{__version__} (self-hosted)"
    assert "idempotency-key" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_request__one_idempotency_key_for_all_attempts(api: MockApi, method: str) -> None:
    api.on(method, PATH, Reply(503), Reply(503), {"ok": True})
    assert api.transport().request(method, PATH, json={}) == {"ok": True}
    keys = {call.headers["idempotency-key"] for call in api.calls}
    assert len(api.calls) == 3
    assert len(keys) == 1
    assert len(keys.pop()) == 32


def test_request__every_call_has_its_own_key(api: MockApi) -> None:
    api.on("POST", PATH, {})
    transport = api.transport()
    transport.post(PATH)
    transport.post(PATH)
    assert api.calls[0].headers["idempotency-key"] != api.calls[1].headers["idempotency-key"]


def test_request__queries_leave_out_none_and_spell_booleans(api: MockApi) -> None:
    api.on("GET", PATH, {})
    api.transport().get(PATH, params={"a": True, "b": None, "c": ["x", "y"], "d": 0})
    assert api.calls[0].query == {"a": "true", "c": ["x", "y"], "d": "0"}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_retry__statuses(api: MockApi, status: int) -> None:
    api.on("GET", PATH, Reply(status), {"ok": 1})
    assert api.transport().get(PATH) == {"ok": 1}
    assert api.sleeps == [1.0]


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 409, 413, 422, 501])
def test_retry__not_for_other_statuses(api: MockApi, status: int) -> None:
    api.on("GET", PATH, Reply(status, json={"detail": "no"}))
    with pytest.raises(ApiError):
        api.transport().get(PATH)
    assert len(api.calls) == 1


def test_retry__gives_up_after_three(api: MockApi) -> None:
    api.on("GET", PATH, Reply(500, json={"detail": "broken"}, headers={"X-Request-Id": "r9"}))
    with pytest.raises(ServerError, match="broken") as caught:
        api.transport().get(PATH)
    assert caught.value.request_id == "r9"
    assert api.sleeps == [1.0, 2.0, 4.0]
    assert len(api.calls) == 4


def test_retry__zero_disables(api: MockApi) -> None:
    api.on("GET", PATH, Reply(500))
    with pytest.raises(ServerError):
        api.transport(max_retries=0).get(PATH)
    assert (len(api.calls), api.sleeps) == (1, [])


def test_retry__backoff_has_a_ceiling(api: MockApi) -> None:
    api.on("GET", PATH, Reply(500))
    with pytest.raises(ServerError):
        api.transport(max_retries=7).get(PATH)
    assert api.sleeps == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("status", "header", "slept"),
    [(429, "7", [7.0]), (429, "120", [120.0]), (429, "-1", [0.0]), (429, "later", [1.0]), (503, "7", [1.0])],
)
def test_retry_after__only_of_a_429(api: MockApi, status: int, header: str, slept: list[float]) -> None:
    api.on("GET", PATH, Reply(status, headers={"Retry-After": header}), {})
    api.transport().get(PATH)
    assert api.sleeps == slept


def test_retry_after__too_long_raises_at_once(api: MockApi) -> None:
    api.on("GET", PATH, Reply(429, headers={"Retry-After": "121"}))
    with pytest.raises(RateLimitError) as caught:
        api.transport().get(PATH)
    assert caught.value.retry_after == 121
    assert api.sleeps == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ConnectError, NetworkError),
        (httpx2.RemoteProtocolError, NetworkError),
        (httpx2.ReadTimeout, RequestTimeoutError),
        (httpx2.PoolTimeout, RequestTimeoutError),
    ],
)
def test_no_answer__retried_then_raised(
    api: MockApi, error: type[httpx2.TransportError], kind: type[NetworkError]
) -> None:
    api.on("POST", PATH, Reply(error=error))
    with pytest.raises(kind, match=r"POST http://mock\.test") as caught:
        api.transport().post(PATH, json={})
    assert type(caught.value) is kind
    assert len(api.calls) == 4


def test_no_answer__the_second_attempt_counts(api: MockApi) -> None:
    api.on("DELETE", PATH, Reply(error=httpx2.ConnectError), Reply(204))
    assert api.transport().delete(PATH) is None


def test_answer__not_json(api: MockApi) -> None:
    api.on("GET", PATH, Reply(content=b"<html>"))
    with pytest.raises(ServerError, match="not JSON") as caught:
        api.transport().get(PATH)
    assert caught.value.status_code == 200
    assert caught.value.response == "<html>"


def test_error__body_that_is_not_json(api: MockApi) -> None:
    api.on("GET", PATH, Reply(409, content=b"nope"))
    with pytest.raises(ConflictError) as caught:
        api.transport().get(PATH)
    assert caught.value.response == "nope"


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        (("projects", "a b"), "/api/v1/developer/projects/a%20b"),
        (("projects", "a/b#c?d"), "/api/v1/developer/projects/a%2Fb%23c%3Fd"),
        (("exports", "ü", "100%"), "/api/v1/developer/exports/%C3%BC/100%25"),
    ],
)
def test_path_of__quotes_each_segment(api: MockApi, segments: tuple[str, ...], path: str) -> None:
    assert path_of(*segments) == path
    api.on("GET", path, {})
    api.transport().get(path_of(*segments))
    assert api.calls[0].path == path


def test_path_of__dots_do_not_climb(api: MockApi) -> None:
    with pytest.raises(ApiError):
        api.transport().get(path_of("projects", ".."))
    assert api.calls[0].path.startswith("/api/v1/developer/projects/%25")


def test_path_of__empty() -> None:
    with pytest.raises(ValueError, match="empty"):
        path_of("projects", "")


def test_url__the_key_stays_with_this_server(api: MockApi) -> None:
    api.on("GET", PATH, {"ok": 1})
    assert api.transport().get(f"https://elsewhere.example{PATH}") == {"ok": 1}


def test_download__file_appears_whole(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", PATH, Reply(content=b"bytes"))
    target = api.transport().download(PATH, tmp_path / "deep" / "x.jpg")
    assert target.read_bytes() == b"bytes"
    assert [file.name for file in target.parent.iterdir()] == ["x.jpg"]


def _fetch_api(api: MockApi, target: Path) -> None:
    api.transport().download(PATH, target)


def _fetch_signed(api: MockApi, target: Path) -> None:
    api.transport().fetch_signed(f"http://mock.test{PATH}", target)


@pytest.mark.parametrize("fetch", [_fetch_api, _fetch_signed])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(401, json={"detail": "no"}), AuthError),
        (Reply(302, headers={"Location": "http://mock.test/x"}), ApiError),
        (Reply(error=httpx2.ReadError), NetworkError),
    ],
)
def test_download__failure_leaves_nothing(
    api: MockApi, tmp_path: Path, fetch: Callable[[MockApi, Path], None], reply: Reply, kind: type[Exception]
) -> None:
    api.on("GET", PATH, reply)
    with pytest.raises(kind):
        fetch(api, tmp_path / "x.jpg")
    assert list(tmp_path.iterdir()) == []
    assert len(api.calls) == 1


def test_fetch_signed__without_the_key_and_with_progress(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", PATH, Reply(content=b"12345"))
    seen: list[tuple[int, int]] = []
    api.transport().fetch_signed(
        f"http://mock.test{PATH}", tmp_path / "x", progress=lambda done, total: seen.append((done, total))
    )
    assert "x-api-key" not in api.calls[0].headers
    assert seen == [(5, 5)]


def test_put_signed__anonymous_with_length(api: MockApi, tmp_path: Path) -> None:
    api.on("PUT", "/upload", Reply(201))
    (tmp_path / "x.jpg").write_bytes(b"12345")
    api.transport().put_signed("http://mock.test/upload", tmp_path / "x.jpg", content_type="image/jpeg", size_bytes=5)
    (call,) = api.calls
    assert (call.headers["content-type"], call.headers["content-length"], call.body) == ("image/jpeg", "5", b"12345")
    assert "x-api-key" not in call.headers
    assert "transfer-encoding" not in call.headers


@pytest.mark.parametrize("status", [204, 400, 500])
def test_put_signed__only_200_and_201(api: MockApi, tmp_path: Path, status: int) -> None:
    api.on("PUT", "/upload", Reply(status))
    (tmp_path / "x.jpg").write_bytes(b"")
    with pytest.raises(ApiError):
        api.transport().put_signed("http://mock.test/upload", tmp_path / "x.jpg", content_type="a/b", size_bytes=0)
    assert len(api.calls) == 1


def test_mock__answers_can_be_functions(api: MockApi) -> None:
    def answer(call: Call) -> Any:
        return {"asked": call.query["q"]}

    api.on("GET", PATH, answer)
    assert api.transport().get(PATH, params={"q": "x"}) == {"asked": "x"}
