"""Downloads that are cut short, gone on with and checked: no byte comes twice, none stays that was not announced."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import Call, MockApi, Reply

LISTING = f"{API}/datasets/by-name/s/download"
BYTES = bytes(range(256)) * 40


class Server:
    """A dataset of one or more images; knows how often each file was asked for, and from which byte."""

    def __init__(self) -> None:
        self.api = MockApi()
        self.items: list[dict[str, Any]] = []
        self.asked: list[tuple[str, int]] = []

    def add(self, filename: str, data: bytes = BYTES, *, version: int = 0, folder: str = "/") -> None:
        number = len(self.items)
        self.items.append(
            {
                "id": f"i{number}",
                "filename": filename,
                "folder_path": folder,
                "file_size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "annotation_version": version,
                "image_url": f"http://mock.test/files/{number}",
                "annotation_url": f"{API}/annotations/i{number}/file" if version else None,
            }
        )
        self.api.on("GET", f"/files/{number}", partial(self.send, data=data))
        document = {"image_uuid": f"i{number}", "annotation_version": version, "annotations": []}
        self.api.on("GET", f"{API}/annotations/i{number}/file", document)
        self.list()

    def list(self, page: int = 1000) -> None:
        """Answer the listing in pages, by cursor."""

        def answer(call: Call) -> dict[str, Any]:
            start = int(call.query["cursor"] or 0)  # pyright: ignore[reportArgumentType]
            following = start + page
            annotated = sum(item["annotation_url"] is not None for item in self.items)
            totals = {"total_items": len(self.items), "total_annotated": annotated} if not start else {}
            return {
                "dataset_id": "d1",
                "items": self.items[start:following],
                "next_cursor": str(following) if following < len(self.items) else None,
                **totals,
            }

        self.api.on("GET", LISTING, answer)

    def send(self, call: Call, data: bytes) -> Reply:
        start = int(call.headers.get("range", "bytes=0-")[len("bytes=") : -1])
        self.asked.append((call.path, start))
        if start >= len(data):
            return Reply(416, json={"detail": "no such bytes"})
        if start:
            headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            return Reply(206, content=data[start:], headers=headers)
        return Reply(content=data)


@pytest.fixture
def server() -> Server:
    return Server()


def test_resume__what_is_whole_is_left_alone(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg", version=3)
    server.add("b.jpg", b"b" * 100, folder="/x/y")
    client = client_of(server.api)
    first = client.datasets.download("s", tmp_path, resume=True)
    assert (first.images_downloaded, first.annotations_downloaded, first.success) == (2, 1, True)
    again = client.datasets.download("s", tmp_path, resume=True)
    assert (again.images_present, again.annotations_present, again.images_downloaded) == (2, 1, 0)
    assert (again.bytes_received, again.total_attempted) == (0, 3)
    assert len(server.asked) == 2 and len(server.api.made("GET", f"{API}/annotations/i0/file")) == 1
    assert (tmp_path / "x" / "y" / "b.jpg").read_bytes() == b"b" * 100
    assert list(tmp_path.rglob("*.part")) == []


def test_resume__half_a_file_is_completed(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg")
    (tmp_path / "a.jpg.part").write_bytes(BYTES[:4000])
    report = client_of(server.api).datasets.download("s", tmp_path, resume=True)
    assert server.asked == [("/files/0", 4000)]
    assert report.bytes_received == len(BYTES) - 4000
    assert (tmp_path / "a.jpg").read_bytes() == BYTES


def test_resume__a_part_that_is_all_of_it_asks_for_nothing_more(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg")
    (tmp_path / "a.jpg.part").write_bytes(BYTES)
    report = client_of(server.api).datasets.download("s", tmp_path, resume=True)
    assert report.bytes_received == 0 and (tmp_path / "a.jpg").read_bytes() == BYTES


@pytest.mark.parametrize("left", [b"x" * 4000, b"x" * (len(BYTES) + 5)], ids=["other bytes", "too many bytes"])
def test_resume__a_part_of_something_else_is_fetched_anew(server: Server, left: bytes, tmp_path: Path) -> None:
    server.add("a.jpg")
    (tmp_path / "a.jpg.part").write_bytes(left)
    assert client_of(server.api).datasets.download("s", tmp_path, resume=True).success
    assert (tmp_path / "a.jpg").read_bytes() == BYTES


def test_resume__a_file_with_other_bytes_is_fetched_again(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg")
    (tmp_path / "a.jpg").write_bytes(BYTES[:-1] + b"?")
    assert client_of(server.api).datasets.download("s", tmp_path, resume=True).images_downloaded == 1
    assert (tmp_path / "a.jpg").read_bytes() == BYTES


def test_resume__annotations_come_again_only_where_they_changed(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg", version=1)
    server.add("b.jpg", version=1)
    client = client_of(server.api)
    client.datasets.download("s", tmp_path, resume=True)
    server.items[1]["annotation_version"] = 2
    changed = {"image_uuid": "i1", "annotation_version": 2, "annotations": ["new"]}
    server.api.on("GET", f"{API}/annotations/i1/file", changed)
    report = client.datasets.download("s", tmp_path, resume=True, mode="full")
    assert (report.annotations_downloaded, report.annotations_present) == (1, 1)
    assert json.loads((tmp_path / "b.jpg.json").read_text()) == changed
    # All of b's are gone: what is on disk would say otherwise.
    server.items[1]["annotation_url"] = None
    client.datasets.download("s", tmp_path, resume=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "a.jpg.json", "b.jpg"]


def test_resume__a_json_of_somebody_elses_is_never_removed(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg")
    (tmp_path / "a.jpg.json").write_text('{"mine": true}')
    client_of(server.api).datasets.download("s", tmp_path, resume=True)
    assert (tmp_path / "a.jpg.json").read_text() == '{"mine": true}'


def test_download__a_line_that_breaks_goes_on_from_there(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg")
    server.api.on("GET", "/files/0", Reply(error=httpx2.ReadError), partial(server.send, data=BYTES))
    assert client_of(server.api).datasets.download("s", tmp_path).success
    assert (tmp_path / "a.jpg").read_bytes() == BYTES and len(server.api.sleeps) == 1


@pytest.mark.parametrize("resume", [True, False])
def test_download__a_line_that_stays_away_is_a_failure(server: Server, resume: bool, tmp_path: Path) -> None:
    server.add("a.jpg")
    server.api.on("GET", "/files/0", Reply(error=httpx2.ConnectError))
    (tmp_path / "a.jpg.part").write_bytes(BYTES[:10])
    report = client_of(server.api).datasets.download("s", tmp_path, resume=resume)
    assert [failure.filename for failure in report.failures] == ["a.jpg"]
    # What came stays for the next time, where there is one.
    assert (tmp_path / "a.jpg.part").exists() is resume and not (tmp_path / "a.jpg").exists()


def test_download__bytes_that_were_not_announced_do_not_stay(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg")
    server.api.on("GET", "/files/0", Reply(content=BYTES[:-1] + b"?"))
    report = client_of(server.api).datasets.download("s", tmp_path)
    assert "other bytes than it announced" in report.failures[0].reason
    assert list(tmp_path.iterdir()) == []


def test_download__a_link_that_expired_is_gone_round(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg")
    server.api.on("GET", "/files/0", Reply(403, json={"detail": "it has expired"}))
    server.api.on("GET", f"{API}/images/i0", partial(server.send, data=BYTES))
    assert client_of(server.api).datasets.download("s", tmp_path).success
    assert server.api.made("GET", f"{API}/images/i0")[0].headers["x-api-key"].startswith("pk_live_")
    assert "x-api-key" not in server.api.made("GET", "/files/0")[0].headers


def test_download__pages_are_gone_through_and_the_total_is_known_at_once(server: Server, tmp_path: Path) -> None:
    for number in range(7):
        server.add(f"{number}.jpg", bytes([number]), version=number % 2)
    server.list(page=3)
    seen: list[tuple[int, int]] = []
    report = client_of(server.api).datasets.download(
        "s", tmp_path, progress=lambda completed, total, _name: seen.append((completed, total))
    )
    assert (report.images_downloaded, report.annotations_downloaded) == (7, 3)
    assert seen == [(number, 10) for number in range(1, 11)]
    assert len(server.api.made("GET", LISTING)) == 3


def test_download__flat_puts_folders_into_names(server: Server, tmp_path: Path) -> None:
    server.add("a.jpg", b"1")
    server.add("a.jpg", b"2", folder="/x/y", version=1)
    client_of(server.api).datasets.download("s", tmp_path, organize="flat")
    assert {path.name for path in tmp_path.iterdir()} == {"a.jpg", "x__y__a.jpg", "x__y__a.jpg.json"}
