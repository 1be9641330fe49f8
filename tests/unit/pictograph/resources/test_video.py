"""`client.video` and `client.connectors`: what is sent, and how they wait."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi, Reply
from pictograph.exceptions import ApiError, NotFoundError
from pictograph.models.connector import RemoteDataset

JOB = {"job_id": "j1", "status": "processing", "progress": 0, "total_frames": 4}
DONE = {**JOB, "status": "complete", "progress": 100, "frames_extracted": 4, "folder_path": "/a"}
IMPORT: dict[str, Any] = {"import_id": "i1", "status": "processing", "total_images": 2}


@pytest.fixture
def api() -> MockApi:
    return MockApi()


def test_upload__asks_for_an_address_and_puts_the_bytes(api: MockApi, tmp_path: Path):
    (tmp_path / "drive.mp4").write_bytes(b"moving")
    ticket = {
        "upload_url": f"{api.base_url}/uploads/videos/t",
        "gcs_path": "videos/1",
        "gcs_uri": "pictograph://videos/1",
    }
    api.on("POST", f"{API}/video/upload-url", ticket)
    api.on("PUT", "/uploads/videos/t", {"success": True})
    sent: list[tuple[int, int]] = []
    found = client_of(api).video.upload(tmp_path / "drive.mp4", progress=lambda done, total: sent.append((done, total)))
    assert found.gcs_path == "videos/1"
    asked, put = api.calls
    assert asked.json == {"filename": "drive.mp4", "content_type": "video/mp4"}
    assert (put.body, put.headers.get("x-api-key"), sent) == (b"moving", None, [(6, 6)])


def test_upload__no_such_file(api: MockApi, tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        client_of(api).video.upload(tmp_path / "nothing.mp4")
    assert api.calls == []


def test_extract_frames__sends_only_what_is_given_and_waits(api: MockApi):
    api.on("POST", f"{API}/video/extract-frames", JOB)
    api.on("GET", f"{API}/video/extract-frames/j1", JOB, DONE)
    job = client_of(api).video.extract_frames("drives", "videos/1", folder_name="a")
    assert (job.status, job.folder_path) == ("complete", "/a")
    assert api.calls[0].json == {
        "dataset_name": "drives", "gcs_path": "videos/1", "folder_name": "a", "sample_fps": 1.0,
        "parent_folder_path": "/",
    }  # fmt: skip


def test_extract_frames__range(api: MockApi):
    api.on("POST", f"{API}/video/extract-frames", JOB)
    video = client_of(api).video
    job = video.extract_frames("d", "v", folder_name="a", wait=False, start_seconds=0.0, end_seconds=2, keep_video=True)
    assert job.status == "processing"
    sent = api.calls[0].json
    assert (sent["start_seconds"], sent["end_seconds"], sent["keep_video"]) == (0.0, 2, True)


def test_wait_for_extraction__failed_raises_with_its_words(api: MockApi):
    api.on("GET", f"{API}/video/extract-frames/j1", {**JOB, "status": "failed", "error": "the disk is full"})
    with pytest.raises(ApiError, match="the disk is full") as caught:
        client_of(api).video.wait_for_extraction("j1")
    assert caught.value.status_code is None


def test_probe__unknown(api: MockApi):
    api.on("POST", f"{API}/video/probe", Reply(404, json={"detail": "no such video"}))
    with pytest.raises(NotFoundError):
        client_of(api).video.probe("videos/1")


def test_import__normalises_datasets_and_the_first_answer(api: MockApi):
    api.on("POST", f"{API}/connectors/import/start", {"import_id": "i1", "status": "started"})
    datasets = [{"id": "1", "name": "a", "slug": "a"}, RemoteDataset(id="2", name="b", slug="b", version=3)]
    job = client_of(api).connectors.import_("v7", "key", datasets, wait=False)
    assert (job.import_id, job.status, job.progress) == ("i1", "processing", 0.0)
    assert api.calls[0].json["datasets"] == [
        {"id": "1", "name": "a", "slug": "a", "image_count": 0},
        {"id": "2", "name": "b", "slug": "b", "image_count": 0, "version": 3},
    ]


def test_wait_for_import__cancelled_is_an_end_and_error_is_raised(api: MockApi):
    path = f"{API}/connectors/import/status/i1"
    api.on("GET", path, IMPORT, {**IMPORT, "status": "cancelled"})
    assert client_of(api).connectors.wait_for_import("i1").status == "cancelled"
    api.on("GET", path, {**IMPORT, "status": "error", "imported_images": 1, "failed_images": 1, "error": "no key"})
    with pytest.raises(ApiError, match=r"no key \(1 images imported, 1 failed\)"):
        client_of(api).connectors.wait_for_import("i1")


def test_cancel_import__reads_the_import_again(api: MockApi):
    api.on("POST", f"{API}/connectors/import/cancel/i1", {"import_id": "i1", "status": "cancelled"})
    api.on("GET", f"{API}/connectors/import/status/i1", {**IMPORT, "status": "cancelled", "imported_images": 1})
    assert client_of(api).connectors.cancel_import("i1").imported_images == 1


def test_validate__not_valid_is_an_answer(api: MockApi):
    api.on("POST", f"{API}/connectors/validate", {"valid": False, "error": "revoked"})
    found = client_of(api).connectors.validate("roboflow", "key")
    assert (found.valid, found.error, found.datasets) == (False, "revoked", [])
