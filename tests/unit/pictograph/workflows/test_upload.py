import os
from pathlib import Path

import httpx2
import pytest
from tests.unit.pictograph.wire import API
from tests.unit.pictograph.workflows.fake_server import FakeServer

from pictograph._http.mock import Reply
from pictograph.exceptions import NetworkError, NotFoundError
from pictograph.workflows.upload import UploadReport, upload_dataset_from_folder


def reasons(report: UploadReport) -> dict[str, str]:
    return {failure.path.name: failure.reason for failure in report.failures}


def test_upload__every_level_becomes_a_folder(server: FakeServer, folder: Path) -> None:
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert (report.images_attempted, report.images_uploaded, report.images_skipped) == (3, 3, 0)
    assert report.success is True
    assert set(server.images) == {("/", "x.jpg"), ("/a", "x.jpg"), ("/a/b", "x.jpg")}


def test_upload__without_folders_equal_names_collide(server: FakeServer, folder: Path) -> None:
    report = upload_dataset_from_folder(server.client(), "signs", folder, organize_by_class=False)
    assert set(server.images) == {("/", "x.jpg")}
    assert (report.images_uploaded, len(report.failures)) == (1, 2)
    assert all(failure.reason.startswith("conflict:") for failure in report.failures)


def test_upload__again_sends_nothing_and_is_a_success(server: FakeServer, folder: Path) -> None:
    upload_dataset_from_folder(server.client(), "signs", folder)
    sent = len(server.made("POST", "/images/bundle"))
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert (report.images_uploaded, report.images_skipped, report.success) == (0, 3, True)
    assert len(server.made("POST", "/images/bundle")) == sent


def test_upload__only_the_new_file_is_sent(server: FakeServer, folder: Path) -> None:
    upload_dataset_from_folder(server.client(), "signs", folder)
    (folder / "new.png").write_bytes(b"new")
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert (report.images_uploaded, report.images_skipped) == (1, 3)
    assert ("/", "new.png") in server.images


def test_upload__a_new_dataset_needs_no_checks(folder: Path) -> None:
    server = FakeServer(exists=False)
    upload_dataset_from_folder(server.client(), "signs", folder)
    assert server.made("POST", "/projects/")[0].json == {"name": "signs"}
    assert server.made("POST", "/images/check") == []
    assert len(server.images) == 3


def test_upload__other_bytes_under_the_name_are_a_failure(server: FakeServer, folder: Path) -> None:
    server.add("x.jpg", content=b"another picture")
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert (report.images_uploaded, report.success) == (2, False)
    assert reasons(report)["x.jpg"].startswith("conflict: the dataset has another image at /x.jpg")


def test_upload__present_is_a_failure_when_asked(server: FakeServer, folder: Path) -> None:
    server.add("x.jpg", content=b"x.jpg")
    report = upload_dataset_from_folder(server.client(), "signs", folder, skip_existing=False)
    assert reasons(report) == {"x.jpg": "conflict: /x.jpg is in the dataset already"}


@pytest.mark.parametrize("offers_bundle", [True, False])
@pytest.mark.parametrize("parallel", [True, False])
def test_upload__the_bad_files_are_listed(folder: Path, offers_bundle: bool, parallel: bool) -> None:
    server = FakeServer(offers_bundle=offers_bundle)
    (folder / "bad #1.jpg").write_bytes(b"bad")
    (folder / "größe 😀.png").write_bytes(b"fine")
    (folder / "notes.txt").write_bytes(b"not looked at")
    report = upload_dataset_from_folder(server.client(), "signs", folder, parallel=parallel)
    assert (report.images_attempted, report.images_uploaded) == (5, 4)
    assert list(reasons(report)) == ["bad #1.jpg"]
    assert reasons(report)["bad #1.jpg"].startswith("is not an image")
    assert ("/", "größe 😀.png") in server.images
    assert report.success is False


@pytest.mark.parametrize("offers_check", [True, False])
def test_upload__three_steps_where_nothing_else_is_offered(folder: Path, offers_check: bool) -> None:
    server = FakeServer(offers_check=offers_check, offers_bundle=False)
    server.add("x.jpg", content=b"x.jpg")
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert (report.images_uploaded, report.images_skipped, report.success) == (2, 1, True)


def test_upload__a_refused_bundle_is_sent_one_by_one(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/images/bundle", Reply(413, json={"detail": "too much"}))
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert (report.images_uploaded, report.success) == (3, True)


def test_upload__a_broken_server_is_in_the_report(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/images/bundle", Reply(500, json={"detail": "disk full"}))
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert [failure.reason for failure in report.failures] == ["disk full"] * 3
    assert report.success is False


def test_upload__a_server_that_went_away_ends_it(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/images/bundle", Reply(error=httpx2.ConnectError))
    with pytest.raises(NetworkError):
        upload_dataset_from_folder(server.client(), "signs", folder)


def test_upload__empty_folder_is_no_success(server: FakeServer, tmp_path: Path) -> None:
    report = upload_dataset_from_folder(server.client(), "signs", tmp_path)
    assert (report.images_attempted, report.success) == (0, False)
    assert "no images found" in str(report)


@pytest.mark.parametrize("name", ["none", "file.jpg"])
def test_upload__no_folder(server: FakeServer, tmp_path: Path, name: str) -> None:
    (tmp_path / "file.jpg").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=name):
        upload_dataset_from_folder(server.client(), "signs", tmp_path / name)
    assert server.api.calls == []


def test_upload__missing_dataset_is_not_made_unless_wanted(folder: Path) -> None:
    server = FakeServer(exists=False)
    with pytest.raises(NotFoundError):
        upload_dataset_from_folder(server.client(), "signs", folder, create_if_missing=False)
    assert server.made("POST", "/projects/") == []


def test_upload__dataset_made_by_somebody_else_meanwhile(folder: Path) -> None:
    server = FakeServer()
    found = {"project": {"id": "d", "organization_id": "o", "name": "signs", "created_at": "2026-01-01T00:00:00Z"}}
    server.api.on("GET", f"{API}/projects/signs", Reply(404), found)
    server.api.on("POST", f"{API}/projects/", Reply(409, json={"detail": "already exists"}))
    assert upload_dataset_from_folder(server.client(), "signs", folder).success is True


def test_upload__progress_of_every_file(server: FakeServer, folder: Path) -> None:
    seen: list[tuple[int, int, str | None]] = []
    upload_dataset_from_folder(
        server.client(), "signs", folder, progress=lambda completed, total, name: seen.append((completed, total, name))
    )
    assert seen == [(1, 3, "x.jpg"), (2, 3, "x.jpg"), (3, 3, "x.jpg")]


def test_upload__large_folder_goes_in_several_requests(server: FakeServer, tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.jpg").write_bytes(bytes([number]) * 200_000)
    report = upload_dataset_from_folder(server.client(), "signs", tmp_path, max_workers=4)
    bundles = server.made("POST", "/images/bundle")
    assert report.images_uploaded == 12
    assert len(bundles) > 3
    assert sorted(name for _, name in server.images) == [f"{number:02}.jpg" for number in range(12)]


def test_upload__huge_file_is_streamed_alone(server: FakeServer, tmp_path: Path) -> None:
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(25 * 1024 * 1024)
    (tmp_path / "small.jpg").write_bytes(b"small")
    report = upload_dataset_from_folder(server.client(), "signs", tmp_path)
    assert report.images_uploaded == 2
    assert len(server.made("POST", "/images/register")) == 1


def test_upload__links_are_followed_but_not_in_circles(server: FakeServer, folder: Path) -> None:
    (folder / "a" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "z").symlink_to(folder / "a" / "b", target_is_directory=True)
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert ("/z", "x.jpg") in server.images
    assert report.images_uploaded == 4


def test_upload__names_and_files_that_cannot_be_used(server: FakeServer, folder: Path) -> None:
    Path(os.fsdecode(bytes(folder) + b"/\xff.jpg")).write_bytes(b"x")
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    (folder / "._x.jpg").write_bytes(b"a note of macOS")
    report = upload_dataset_from_folder(server.client(), "signs", folder)
    assert report.images_uploaded == 3
    assert report.images_attempted == 5
    assert sorted(failure.reason.split(";")[0] for failure in report.failures) == [
        "cannot be read: No such file or directory",
        "the name is not UTF-8",
    ]
    assert "\\udcff.jpg" in str(report)


def test_upload__bad_number_of_workers(server: FakeServer, folder: Path) -> None:
    with pytest.raises(ValueError, match="max_workers"):
        upload_dataset_from_folder(server.client(), "signs", folder, max_workers=0)


def test_report__html_is_escaped(server: FakeServer, folder: Path) -> None:
    (folder / "<b>.jpg").write_bytes(b"bad")
    html = upload_dataset_from_folder(server.client(), "signs", folder)._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert "&lt;b&gt;.jpg" in html
    assert "<b>.jpg" not in html
