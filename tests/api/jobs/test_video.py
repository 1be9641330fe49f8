"""Videos over the API: sent without a length, looked at, taken apart by a job that may die anywhere."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image as Picture
from sqlalchemy import select, update
from tests.api.jobs.workplace import D, Workplace
from tests.videos import make_video, number_of

from pictograph_server.services.videos import repository
from pictograph_server.services.videos import service as videos
from pictograph_server.services.videos import tasks as video_tasks
from pictograph_server.storage.db.tables import images, organizations
from pictograph_server.storage.db.types import now

Json = dict[str, object]


@pytest.fixture
def videos_work(work: Workplace) -> Workplace:
    work.tasks = {task.name: task for task in video_tasks.tasks(work.platform)}
    work.make_dataset("drives")
    return work


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Six seconds at ten pictures a second."""
    return make_video(tmp_path_factory.mktemp("videos") / "drive.mp4", frames=60, fps=10).read_bytes()


def send(work: Workplace, data: bytes, filename: str = "drive.mp4") -> str:
    ticket = work.post("/video/upload-url", {"filename": filename, "content_type": "video/mp4"}).json()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    # An iterator has no length: the request is sent chunked, as the hosted client does.
    answer = work.client.put(ticket["upload_url"], content=pieces(), headers={"X-API-Key": ""})
    assert answer.status_code == 200, answer.text
    assert "content-length" not in answer.request.headers
    return ticket["gcs_path"]


def extract(work: Workplace, path: str, **more: object) -> Json:
    body = {"dataset_name": "drives", "gcs_path": path, "folder_name": "monday", **more}
    answer = work.post("/video/extract-frames", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def status_of(work: Workplace, job: Json) -> Json:
    return work.get(f"/video/extract-frames/{job['job_id']}").json()


def frames(work: Workplace) -> list[tuple[str, str, int]]:
    """Return (folder, name, number of the picture) of every image there is, by name."""
    with work.platform.db.read() as conn:
        rows = conn.execute(select(images.c.folder_path, images.c.filename, images.c.sha256).order_by("filename")).all()
    found: list[tuple[str, str, int]] = []
    for row in rows:
        data = work.platform.blobs.get(f"images/{row.sha256[:2]}/{row.sha256}")
        found.append((row.folder_path, row.filename, number_of(Picture.open(io.BytesIO(data)))))
    return found


def test_probe__facts_of_a_video_sent_in_pieces(videos_work: Workplace, drive: bytes):
    answer = videos_work.post("/video/probe", {"gcs_path": send(videos_work, drive)})
    assert answer.json() == {
        "duration_seconds": 6.0, "native_fps": 10.0, "width": 64, "height": 64, "frame_count": 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "words"),
    [pytest.param(b"", "empty", id="empty"), pytest.param(b"GIF is no word" * 99, "no video", id="text")],
)
def test_probe__no_video_is_400_with_words(videos_work: Workplace, data: bytes, words: str):
    path = send(videos_work, data)
    answer = videos_work.post("/video/probe", {"gcs_path": path})
    assert (answer.status_code, answer.json()["code"]) == (400, "not_a_video")
    assert words in answer.json()["detail"]
    assert videos_work.post("/video/extract-frames", {
        "dataset_name": "drives", "gcs_path": path, "folder_name": "a",
    }).status_code == 400  # fmt: skip
    # What is no video is not kept.
    assert not videos_work.platform.blobs.exists(path)


def test_probe__bytes_have_not_arrived(videos_work: Workplace):
    path = videos_work.post("/video/upload-url", {"filename": "a.mp4"}).json()["gcs_path"]
    answer = videos_work.post("/video/probe", {"gcs_path": path})
    assert (answer.status_code, answer.json()["code"]) == (400, "video_not_received")


@pytest.mark.parametrize("path", ["videos/0190", "", "../../etc/passwd", "x" * 5000])
def test_probe__unknown_path_is_404(videos_work: Workplace, path: str):
    assert videos_work.post("/video/probe", {"gcs_path": path}).status_code == 404


def test_upload__link_for_something_else_is_refused(videos_work: Workplace):
    url = videos_work.platform.signer.upload_url("0190")
    token = url.rpartition("/")[2]
    assert videos_work.client.put(f"/uploads/videos/{token}", content=b"x").status_code == 403


def test_upload__over_the_cap_is_413(videos_work: Workplace, monkeypatch: pytest.MonkeyPatch):
    limits = videos_work.platform.settings.limits.model_copy(update={"video_bytes": 100})
    monkeypatch.setitem(videos_work.platform.settings.__dict__, "limits", limits)
    url = videos_work.post("/video/upload-url", {"filename": "a.mp4"}).json()["upload_url"]
    assert videos_work.client.put(url, content=b"x" * 101).status_code == 413


def test_extract__pictures_by_rate_with_their_times(videos_work: Workplace, drive: bytes):
    job = extract(videos_work, send(videos_work, drive), sample_fps=0.5, parent_folder_path="/trips")
    assert (job["status"], job["total_frames"], job["folder_path"]) == ("processing", 3, None)
    videos_work.run_job("import")
    done = status_of(videos_work, job)
    assert (done["status"], done["progress"], done["frames_extracted"]) == ("complete", 100, 3)
    assert done["folder_path"] == "/trips/monday"
    assert frames(videos_work) == [
        ("/trips/monday", "drive_00-00-00.000.jpg", 0),
        ("/trips/monday", "drive_00-00-02.000.jpg", 20),
        ("/trips/monday", "drive_00-00-04.000.jpg", 40 % 36),
    ]


def test_extract__range(videos_work: Workplace, drive: bytes):
    path = send(videos_work, drive)
    job = extract(videos_work, path, sample_fps=2, start_seconds=1.5, end_seconds=3, keep_video=True)
    assert job["total_frames"] == 3
    videos_work.run_job("import")
    assert [number for *_, number in frames(videos_work)] == [15, 20, 25]
    # The video stays for another extraction.
    again = extract(videos_work, path, sample_fps=1, start_seconds=5, folder_name="end")
    videos_work.run_job("import")
    assert status_of(videos_work, again)["frames_extracted"] == 1
    assert videos_work.post("/video/probe", {"gcs_path": path}).status_code == 404
    assert not videos_work.platform.blobs.exists(path)


@pytest.mark.parametrize("kill_at", [1, 2, 3, "end"])
def test_extract__killed_anywhere_each_picture_is_there_once(videos_work: Workplace, drive: bytes, kill_at: int | str):
    # 40 pictures in groups of 16: two groups, the rest, and the end.
    job = extract(videos_work, send(videos_work, drive), sample_fps=1000, end_seconds=4)
    assert videos_work.run_job("import", kill_at=kill_at).state == "queued"  # type: ignore[arg-type]
    assert videos_work.run_job("import").state == "succeeded"
    assert [number for *_, number in frames(videos_work)] == [number % 36 for number in range(40)]
    done = status_of(videos_work, job)
    assert (done["status"], done["frames_extracted"], done["total_frames"]) == ("complete", 40, 40)
    assert videos_work.get("/datasets/by-name/drives").json()["dataset"]["image_count"] == 40


def test_extract__two_videos_of_one_name_in_one_folder(videos_work: Workplace, drive: bytes, tmp_path: Path):
    other = make_video(tmp_path / "drive.mp4", frames=20, fps=10, size_wh=(96, 64)).read_bytes()
    extract(videos_work, send(videos_work, drive), end_seconds=2)
    extract(videos_work, send(videos_work, other))
    videos_work.run_lane("import")
    names = [name for _, name, _ in frames(videos_work)]
    assert names == [
        "drive_00-00-00.000-2.jpg", "drive_00-00-00.000.jpg", "drive_00-00-01.000-2.jpg", "drive_00-00-01.000.jpg",
    ]  # fmt: skip


def test_extract__same_video_again_adds_nothing(videos_work: Workplace, drive: bytes):
    for _ in range(2):
        extract(videos_work, send(videos_work, drive))
    videos_work.run_lane("import")
    assert len(frames(videos_work)) == 6


def test_cancel__is_failed_at_once_and_the_job_does_nothing(videos_work: Workplace, drive: bytes):
    job = extract(videos_work, send(videos_work, drive))
    cancelled = videos_work.post(f"/video/extract-frames/{job['job_id']}/cancel").json()
    assert (cancelled["status"], cancelled["error"]) == ("failed", "The extraction was cancelled")
    videos_work.end_cancelled()
    assert frames(videos_work) == []
    again = videos_work.post(f"/video/extract-frames/{job['job_id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (400, "extraction_ended")


def test_extract__dataset_deleted_meanwhile_ends_the_job(videos_work: Workplace, drive: bytes):
    extract(videos_work, send(videos_work, drive))
    assert videos_work.client.delete(f"{D}/projects/drives").status_code == 200
    videos_work.end_cancelled()
    with pytest.raises(AssertionError, match="no job waits"):
        videos_work.claim("import")


def test_extract__full_organisation_is_402_before_any_work(videos_work: Workplace, drive: bytes):
    with videos_work.platform.db.write() as conn:
        conn.execute(update(organizations).values(max_images=5))
    path = send(videos_work, drive)
    body = {"dataset_name": "drives", "gcs_path": path, "folder_name": "a"}
    assert videos_work.post("/video/extract-frames", body).status_code == 402
    assert videos_work.post("/video/extract-frames", body | {"end_seconds": 3}).status_code == 200


REFUSED: list[tuple[Json, int]] = [
    ({"dataset_name": "walks"}, 404),
    ({"gcs_path": "videos/nothing"}, 404),
    ({"sample_fps": 0}, 422),
    ({"sample_fps": -1}, 422),
    ({"folder_name": "../up"}, 422),
    ({"folder_name": ""}, 422),
    ({"start_seconds": 60}, 422),
    ({"start_seconds": 3, "end_seconds": 2}, 422),
]


def test_extract__refused_before_any_work(videos_work: Workplace, drive: bytes):
    good = {"dataset_name": "drives", "gcs_path": send(videos_work, drive), "folder_name": "a"}
    answers = [videos_work.post("/video/extract-frames", good | body).status_code for body, _ in REFUSED]
    assert answers == [status for _, status in REFUSED]
    with pytest.raises(AssertionError, match="no job waits"):
        videos_work.claim("import")


def test_extract__bad_folder_is_named_as_a_path(videos_work: Workplace, drive: bytes):
    body = {"dataset_name": "drives", "gcs_path": send(videos_work, drive), "folder_name": "../up"}
    assert "'/../up' cannot be stored" in videos_work.post("/video/extract-frames", body).json()["detail"]


def test_extract__bytes_that_vanished_fail_with_words(videos_work: Workplace, drive: bytes):
    path = send(videos_work, drive)
    job = extract(videos_work, path)
    videos_work.platform.blobs.delete(path)
    videos_work.run_job("import")
    done = status_of(videos_work, job)
    assert done["status"] == "failed"
    assert "Send it again" in str(done["error"])


def test_sweep__expired_videos_go_but_not_under_a_running_extraction(videos_work: Workplace, drive: bytes):
    used, left = send(videos_work, drive), send(videos_work, drive)
    extract(videos_work, used)
    with videos_work.platform.db.write() as conn:
        for path in (used, left):
            repository.expire(conn, path.rpartition("/")[2], now())
    assert videos.sweep(videos_work.platform) == 1
    assert (videos_work.platform.blobs.exists(used), videos_work.platform.blobs.exists(left)) == (True, False)
