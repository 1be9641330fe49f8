"""Signed downloads: the link alone is the permission."""

import pytest
from fastapi.testclient import TestClient
from tests.conftest import MakeClient

from pictograph_server.platform import Platform

DATA = bytes(range(256)) * 10


@pytest.fixture
def anonymous(make_client: MakeClient) -> TestClient:
    return make_client()


@pytest.fixture
def url(platform: Platform) -> str:
    platform.blobs.put("images/ab/abc", DATA)
    return platform.signer.download_url("images/ab/abc", filename='Käse "1" #%;.svg', media_type="image/svg+xml")


def test_get__bytes_with_length_and_name(anonymous: TestClient, url: str) -> None:
    answer = anonymous.get(url, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["Content-Length"] == "2560"
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"K_se _1_ #__.svg\"; filename*=UTF-8''K%C3%A4se%20%221%22%20%23%25%3B.svg"
    )


def test_get__can_do_nothing_in_a_browser(anonymous: TestClient, url: str) -> None:
    headers = anonymous.get(url).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_head__says_the_same_without_bytes(anonymous: TestClient, url: str) -> None:
    answer = anonymous.head(url)
    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == "2560"
    assert answer.content == b""


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=2550-", 2550, 2560), ("bytes=-5", 2555, 2560), ("bytes=2550-9999", 2550, 2560)],
)
def test_range__a_part(anonymous: TestClient, url: str, asked: str, start: int, stop: int) -> None:
    answer = anonymous.get(url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == DATA[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/2560"
    assert answer.headers["Content-Length"] == str(stop - start)


def test_range__beyond_the_end_is_416(anonymous: TestClient, url: str) -> None:
    answer = anonymous.get(url, headers={"Range": "bytes=2560-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */2560"


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=0-1,3-4", "lines=1-2", "bytes=-", f"bytes=0-{'9' * 5000}"])
def test_range__not_understood_sends_all(anonymous: TestClient, url: str, asked: str) -> None:
    answer = anonymous.get(url, headers={"Range": asked})
    assert (answer.status_code, len(answer.content)) == (200, 2560)


def test_token__bad_is_403(anonymous: TestClient) -> None:
    answer = anonymous.get("/files/abc.def")
    assert answer.status_code == 403
    assert answer.json()["code"] == "bad_link"


def test_token__for_upload_reads_nothing(anonymous: TestClient, platform: Platform) -> None:
    token = platform.signer.upload_url("u1").rsplit("/", 1)[-1]
    assert anonymous.get(f"/files/{token}").status_code == 403


def test_deleted_blob__is_404(anonymous: TestClient, platform: Platform, url: str) -> None:
    platform.blobs.delete("images/ab/abc")
    answer = anonymous.get(url)
    assert answer.status_code == 404
    assert answer.json()["code"] == "file_gone"
