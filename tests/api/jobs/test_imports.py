"""Folders and archives through our client into datasets: the plan, the import, the merge rule, and what kills it."""

import hashlib
import io
import json
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import select
from tests.api.jobs.workplace import D, Workplace, png
from tests.conftest import MakeClient, make_api_key, make_organization
from tests.factories import bomb_png, tar_of

from pictograph import Client
from pictograph._http.events import read_events
from pictograph._http.retry import RetryPolicy
from pictograph._http.transport import Transport
from pictograph._internal.config import ClientConfig
from pictograph.exceptions import ApiError, ConflictError, NotFoundError
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.exports import tasks as export_tasks
from pictograph_server.services.images import tasks as image_tasks
from pictograph_server.services.imports import tasks as import_tasks
from pictograph_server.services.imports.parts import part_key
from pictograph_server.services.imports.uploads import MOST_OPEN
from pictograph_server.storage.db.tables import audit_entries, images, organizations

Box = tuple[str, float, float, float, float]


@pytest.fixture
def importing(work: Workplace) -> Workplace:
    services = (import_tasks, image_tasks)
    work.tasks = {task.name: task for service in services for task in service.tasks(work.platform)}
    return work


@pytest.fixture
def client(importing: Workplace, owner_key: str) -> Client:
    """Our client on the app in this process; while it waits, the jobs run."""
    config = ClientConfig(api_key=SecretStr(owner_key), base_url="http://testserver")

    def sleep(seconds: float) -> None:
        importing.run_lane("import")

    # The way TestClient itself takes into the app.
    network = importing.client._transport  # pyright: ignore[reportPrivateUsage]
    return Client.over(Transport(config, network=network, sleep=sleep, retry=RetryPolicy(0)))


def coco(boxes: Mapping[str, list[Box]], *, size_wh: tuple[int, int] = (64, 48)) -> bytes:
    """Return COCO instances: file name -> boxes of (class, x, y, w, h)."""
    names = sorted({box[0] for found in boxes.values() for box in found})
    return json.dumps(
        {
            "images": [
                {"id": number, "file_name": name, "width": size_wh[0], "height": size_wh[1]}
                for number, name in enumerate(boxes, 1)
            ],
            "categories": [{"id": number, "name": name} for number, name in enumerate(names, 1)],
            "annotations": [
                {
                    "id": 100 * number + index,
                    "image_id": number,
                    "category_id": names.index(name) + 1,
                    "bbox": [x, y, w, h],
                    "area": w * h,
                    "iscrowd": 0,
                }
                for number, found in enumerate(boxes.values(), 1)
                for index, (name, x, y, w, h) in enumerate(found)
            ],
        }
    ).encode()


def zip_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


SIGNS = {
    "signs/images/a.png": png((64, 48), "a"),
    "signs/images/north/a.png": png((64, 48), "north a"),
    "signs/images/b.png": png((64, 48), "b"),
    "signs/annotations/instances.json": coco(
        {"a.png": [("stop", 1, 2, 10, 8)], "north/a.png": [("yield", 5, 5, 9, 9)]}
    ),
    "signs/readme.md": b"# Signs",
}


def write(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return path


def packed_as_folder(path: Path) -> Path:
    return write(path / "folder", SIGNS)


def packed_as_zip(path: Path) -> Path:
    (path / "signs.zip").write_bytes(zip_of(SIGNS))
    return path / "signs.zip"


def packed_as_tar(path: Path) -> Path:
    (path / "signs.tar").write_bytes(tar_of(SIGNS))
    return path / "signs.tar"


def packed_as_tar_gz(path: Path) -> Path:
    with tarfile.open(path / "signs.tar.gz", "w:gz") as archive:
        for name, data in SIGNS.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path / "signs.tar.gz"


def content(client: Client, name: str = "signs") -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    """Return path -> (status, boxes) of a dataset."""
    found: dict[str, tuple[str, list[tuple[Any, ...]]]] = {}
    for image in client.datasets.get(name, include_images=True).images or []:
        boxes = [
            (each.name, each.bounding_box.x, each.bounding_box.y, each.bounding_box.w, each.bounding_box.h)
            for each in client.annotations.get(image.id)
            if each.type == "bbox"
        ]
        found[f"{(image.virtual_folder_path or '/').rstrip('/')}/{image.filename}"] = (image.status, boxes)
    return found


IMPORTED = {
    "/a.png": ("complete", [("stop", 1, 2, 10, 8)]),
    "/north/a.png": ("complete", [("yield", 5, 5, 9, 9)]),
    "/b.png": ("new", []),
}


def test_events__of_an_import_that_ended(client: Client, importing: Workplace, tmp_path: Path) -> None:
    done = client.datasets.import_("signs", write(tmp_path / "photos", {"a.png": png((8, 6), "a")}))
    answer = importing.client.get(f"{D}/imports/{done.id}/events")
    told = [event for event in read_events(answer.text.splitlines()) if event.kind]
    assert [event.kind for event in told] == ["snapshot", "end"]
    assert told[0].data == importing.get(f"/imports/{done.id}").json()


@pytest.mark.parametrize("pack", [packed_as_folder, packed_as_zip, packed_as_tar, packed_as_tar_gz])
def test_import__images_and_labels_of_any_packing(client: Client, pack: Callable[[Path], Path], tmp_path: Path) -> None:
    done = client.datasets.import_("signs", pack(tmp_path))
    assert (done.status, done.progress, done.error_message) == ("completed", 100, None)
    assert done.result is not None
    assert (done.result.images_added, done.result.annotations_added, done.result.issue_count) == (3, 2, 0)
    assert content(client) == IMPORTED
    assert {(each.name, each.type) for each in client.datasets.get("signs").classes} == {
        ("stop", "bbox"),
        ("yield", "bbox"),
    }


def test_dry_run__says_what_would_happen_and_does_nothing(client: Client, tmp_path: Path) -> None:
    planned = client.datasets.import_("signs", packed_as_zip(tmp_path), dry_run=True)
    plan = planned.plan
    assert planned.status == "planned" and plan is not None
    assert (plan.format, plan.images, plan.images_new, plan.annotations, plan.images_labelled) == ("coco", 3, 3, 2, 2)
    assert [(each.name, each.type, each.annotations, each.is_new) for each in plan.classes] == [
        ("stop", "bbox", 1, True),
        ("yield", "bbox", 1, True),
    ]
    assert plan.bytes_new == sum(len(data) for name, data in SIGNS.items() if name.endswith(".png"))
    assert "3: 3 new" in str(plan) and "stop (bbox, new): 1" in str(plan)
    with pytest.raises(NotFoundError):
        client.datasets.get("signs")


def test_dry_run__the_real_run_sends_nothing_again(client: Client, importing: Workplace, tmp_path: Path) -> None:
    path = packed_as_zip(tmp_path)
    planned = client.datasets.import_("signs", path, dry_run=True)
    done = client.datasets.import_("signs", path)
    assert (done.id, done.status) == (planned.id, "completed")


def test_import__again_changes_nothing(client: Client, tmp_path: Path) -> None:
    path = packed_as_zip(tmp_path)
    client.datasets.import_("signs", path)
    versions = [image.id for image in client.datasets.get("signs", include_images=True).images or []]
    done = client.datasets.import_("signs", path)
    assert done.result is not None
    assert (done.result.images_added, done.result.images_present, done.result.annotations_added) == (0, 3, 0)
    assert content(client) == IMPORTED
    assert [image.id for image in client.datasets.get("signs", include_images=True).images or []] == versions


def test_plan__conflicts_are_named_before_anything_is_done(
    client: Client, importing: Workplace, tmp_path: Path
) -> None:
    dataset = importing.make_dataset("signs", [("stop", "bbox")])
    there = importing.add_image(dataset, "a.png", data=png((64, 48), "another") + b"\0" * 99)
    path = packed_as_zip(tmp_path)
    plan = client.datasets.import_("signs", path, dry_run=True).plan
    assert plan is not None
    assert (plan.images_new, plan.images_different, plan.images_labelled) == (2, 1, 1)
    assert [(each.path, "another image" in each.reason) for each in plan.skipped] == [("/a.png", True)]
    assert [(each.name, each.is_new) for each in plan.classes] == [("yield", True)]
    done = client.datasets.import_("signs", path)
    assert done.result is not None and (done.result.images_added, done.result.images_failed) == (2, 1)
    assert client.annotations.get(there) == []


# --- the merge rule ---


def labelled(importing: Workplace) -> dict[str, str]:
    """Make a dataset with the images of `SIGNS`: one annotated by a person, one by a machine; return path -> id."""
    dataset = importing.make_dataset("signs", [("stop", "bbox"), ("yield", "bbox")])
    person = importing.add_image(dataset, "a.png", data=SIGNS["signs/images/a.png"])
    machine = importing.add_image(dataset, "a.png", folder="/north", data=SIGNS["signs/images/north/a.png"])
    importing.save(person, [box_json("stop", 30, 30, 5, 5)], "review")
    found = [box_json("yield", 6, 6, 9, 9), box_json("tree", 20, 20, 9, 9)]
    with importing.platform.db.write() as conn:
        annotations.save_from_job(
            conn,
            organization_id=importing.organization_id,
            image_id=machine,
            annotations=(parsed := annotations.parse_annotations(found)),
            provenance={each.id: Provenance("sam3@tiny", "2026-01-01T00:00:00Z") for each in parsed},
            replace_classes=[],
            review=False,
        )
    return {"/a.png": person, "/north/a.png": machine}


def box_json(name: str, x: float, y: float, w: float, h: float) -> dict[str, object]:
    return {"name": name, "type": "bbox", "bounding_box": {"x": x, "y": y, "w": w, "h": h}}


MERGED = {
    # A person's stays; the machine's of an imported class gives way, its tree stays.
    "keep": {
        "/a.png": [("stop", 30, 30, 5, 5), ("stop", 1, 2, 10, 8)],
        "/north/a.png": [("tree", 20, 20, 9, 9), ("yield", 5, 5, 9, 9)],
    },
    "replace": {"/a.png": [("stop", 1, 2, 10, 8)], "/north/a.png": [("yield", 5, 5, 9, 9)]},
    "add": {
        "/a.png": [("stop", 30, 30, 5, 5), ("stop", 1, 2, 10, 8)],
        "/north/a.png": [("yield", 6, 6, 9, 9), ("tree", 20, 20, 9, 9), ("yield", 5, 5, 9, 9)],
    },
}


@pytest.mark.parametrize("rule", ["keep", "replace", "add"])
def test_merge_rule__twice_is_as_once(client: Client, importing: Workplace, rule: Any, tmp_path: Path) -> None:
    labelled(importing)
    client.datasets.import_("signs", packed_as_zip(tmp_path), merge=rule)
    found = content(client)
    assert {path: boxes for path, (_, boxes) in found.items() if boxes} == MERGED[rule]
    done = client.datasets.import_("signs", packed_as_zip(tmp_path), merge=rule)
    assert content(client) == found
    assert done.result is not None and (done.result.annotations_added, done.result.images_labelled) == (0, 0)
    # What a person decided about an image stays unless all is replaced.
    assert found["/a.png"][0] == ("complete" if rule == "replace" else "review")


def test_merge_rule__keep_adds_no_second_box_for_a_persons_object(
    client: Client, importing: Workplace, tmp_path: Path
) -> None:
    ids = labelled(importing)
    importing.save(ids["/a.png"], [box_json("stop", 1.5, 2.5, 10, 8)])
    client.datasets.import_("signs", packed_as_zip(tmp_path), merge="keep")
    assert content(client)["/a.png"][1] == [("stop", 1.5, 2.5, 10, 8)]


def test_import__who_made_what_is_known(client: Client, importing: Workplace, tmp_path: Path) -> None:
    client.datasets.import_("signs", packed_as_zip(tmp_path))
    with importing.platform.db.read() as conn:
        image_id = conn.execute(select(images.c.id).where(images.c.annotation_count == 1)).scalars().first()
        assert image_id is not None
        (origin,) = annotations.get_provenance(conn, image_id).values()
        actions = conn.execute(select(audit_entries.c.action, audit_entries.c.subject_name)).all()
    assert origin.made_by.startswith("user:") and not origin.is_untouched_machine_work
    assert ("import.started", "signs") in [tuple(row) for row in actions]


# --- labels only ---


def test_labels_only__go_to_the_images_that_are_there(client: Client, importing: Workplace, tmp_path: Path) -> None:
    dataset = importing.make_dataset("signs")
    importing.add_image(dataset, "a.png", folder="/north")
    importing.add_image(dataset, "only here.png", folder="/far/away")
    importing.add_image(dataset, "twice.png", folder="/one")
    importing.add_image(dataset, "twice.png", folder="/two")
    boxes: dict[str, list[Box]] = {
        "north/a.png": [("stop", 1, 2, 3, 4)],
        "only here.png": [("stop", 5, 6, 7, 8)],
        "twice.png": [("stop", 1, 1, 1, 1)],
        "nowhere.png": [("stop", 1, 1, 1, 1)],
    }
    folder = write(tmp_path / "labels", {"instances.json": coco(boxes), "images/north/a.png": b"never sent"})
    done = client.datasets.import_("signs", folder, labels_only=True)
    assert done.size_bytes < 5000 and done.plan is not None and done.result is not None
    assert (done.plan.images_present, done.plan.images_missing, done.plan.images_new) == (2, 2, 0)
    assert (done.result.images_labelled, done.result.images_failed) == (2, 2)
    assert {issue.path for issue in done.result.issues} == {"/twice.png", "/nowhere.png"}
    assert content(client)["/far/away/only here.png"] == ("complete", [("stop", 5, 6, 7, 8)])


def test_labels_only__yolo_takes_sizes_from_the_dataset(client: Client, importing: Workplace, tmp_path: Path) -> None:
    dataset = importing.make_dataset("signs")
    importing.add_image(dataset, "a.png", size_wh=(200, 100))
    folder = write(tmp_path / "yolo", {"labels/a.txt": b"0 0.5 0.5 0.1 0.2\r\n", "classes.txt": b"stop\n"})
    client.datasets.import_("signs", folder, labels_only=True)
    assert content(client) == {"/a.png": ("complete", [("stop", 90, 40, 20, 20)])}


def test_import__labels_of_an_image_of_another_size_are_left_out(client: Client, tmp_path: Path) -> None:
    labels = coco({"a.png": [("stop", 1, 1, 2, 2)]}, size_wh=(48, 64))
    done = client.datasets.import_("signs", write(tmp_path / "x", {"a.png": png((64, 48), "a"), "i.json": labels}))
    assert done.result is not None and done.result.images_added == 1
    assert "made on an image of 48 x 64" in done.result.issues[0].reason
    assert content(client) == {"/a.png": ("new", [])}


# --- uploads ---


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """An archive of nine images in five parts of 64 KiB."""
    noise = random.Random(1)
    files = {f"{number}.png": png((64, 48), str(number)) + noise.randbytes(30_000) for number in range(9)}
    path = tmp_path / "many.zip"
    path.write_bytes(zip_of(files))
    return path


def test_upload__goes_on_behind_the_parts_that_arrived(client: Client, importing: Workplace, many: Path) -> None:
    stop_after = [2]

    def cut_short(completed: int, total: int, stage: str) -> None:
        stop_after[0] -= 1
        if not stop_after[0]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.imports.send("signs", many, part_bytes=65_536, max_workers=1, progress=cut_short)
    [begun] = client.imports.list()
    arrived = {part.number for part in client.imports.get(begun.id).parts}
    assert begun.part_count == 5 and 2 <= len(arrived) < 5
    with pytest.raises(ConflictError, match="parts have not arrived"):
        client.imports.plan(begun.id)
    for part in client.imports.get(begun.id).parts:
        # Sent again, it would come back.
        importing.platform.blobs.delete(part_key(begun.id, part.number))
    assert client.imports.send("signs", many, part_bytes=65_536).id == begun.id
    here = {number for number in range(5) if importing.platform.blobs.exists(part_key(begun.id, number))}
    assert here == set(range(5)) - arrived


def test_upload__in_many_parts_is_what_was_sent(client: Client, many: Path) -> None:
    sent = client.imports.send("signs", many, part_bytes=65_536)
    done = client.imports.start(client.imports.plan(sent.id).id)
    assert done.status == "completed" and len(content(client)) == 9


def test_upload__nothing_is_left_of_it(client: Client, importing: Workplace, many: Path) -> None:
    client.datasets.import_("signs", many)
    importing.run_lane("import")
    staging = importing.platform.settings.data_dir / "blobs" / "staging"
    assert [path for path in staging.rglob("*") if path.is_file()] == []


def test_upload__the_same_files_asked_for_otherwise_are_not_sent_again(client: Client, many: Path) -> None:
    first = client.datasets.import_("signs", many, dry_run=True)
    second = client.imports.send("signs", many, merge="replace", folder_path="/below")
    assert (second.id, second.status, second.merge) == (first.id, "uploading", "replace")
    assert len(second.parts) == first.part_count
    assert client.imports.plan(second.id).status == "planned"


@pytest.mark.parametrize(
    ("number", "data", "sha256", "status", "words"),
    [
        pytest.param(0, b"x" * 9, None, 400, "should have", id="too short"),
        pytest.param(0, b"x" * 70_000, None, 413, "too large", id="too long"),
        pytest.param(0, b"x" * 65_536, "0" * 64, 400, "hash", id="other bytes"),
        pytest.param(5, b"x" * 65_536, None, 400, "0 to 4", id="no such part"),
        pytest.param(-1, b"x", None, 400, "0 to 4", id="negative"),
        pytest.param(0, b"x", "no hash", 422, "sha256", id="malformed hash"),
    ],
)
def test_put_part__refused(
    client: Client, importing: Workplace, number: int, data: bytes, sha256: str | None, status: int, words: str
) -> None:
    body = {"dataset_name": "signs", "filename": "x.zip", "size_bytes": 300_000, "fingerprint": "f"}
    begun = importing.post("/imports/", body | {"part_bytes": 65_536}).json()["dataset_import"]
    answer = importing.client.put(
        f"{D}/imports/{begun['id']}/parts/{number}",
        params={"sha256": sha256 or hashlib.sha256(data).hexdigest()},
        content=data,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == status and words in answer.text


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({"size_bytes": 10**15}, 413, "100,000,000,000", id="too large"),
        pytest.param({"format": "kitti"}, 422, "pascal_voc", id="unknown format"),
        pytest.param({"merge": "guess"}, 422, "keep", id="unknown rule"),
        pytest.param({"dataset_name": "a/b"}, 422, "'/'", id="bad name"),
        pytest.param({"folder_path": "/../x"}, 422, "..", id="bad folder"),
        pytest.param({"create_if_missing": False}, 404, "signs", id="no dataset"),
        pytest.param({"size_bytes": 0}, 422, "size_bytes", id="empty"),
    ],
)
def test_create_import__refused(importing: Workplace, body: dict[str, object], status: int, words: str) -> None:
    whole = {"dataset_name": "signs", "filename": "x.zip", "size_bytes": 9, "fingerprint": "f", **body}
    answer = importing.post("/imports/", whole)
    assert answer.status_code == status and words in answer.text


def _begin(importing: Workplace, name: str, size_bytes: int = 1000) -> Response:
    body = {"dataset_name": name, "filename": "x.zip", "size_bytes": size_bytes, "fingerprint": "f"}
    return importing.post("/imports/", body)


def test_create_import__archives_of_open_imports_take_room(importing: Workplace):
    with importing.platform.db.write() as conn:
        conn.execute(organizations.update().values(max_storage_bytes=1500))
    first = _begin(importing, "a").json()["dataset_import"]
    refused = _begin(importing, "b")
    assert refused.status_code == 402 and "cancel" in refused.json()["fix"].lower()
    # The same one again is no second one.
    assert _begin(importing, "a").json()["dataset_import"]["id"] == first["id"]
    importing.post(f"/imports/{first['id']}/cancel")
    assert _begin(importing, "b").status_code == 201


def test_create_import__so_many_may_be_open(importing: Workplace):
    begun = [_begin(importing, f"set {number}") for number in range(MOST_OPEN)]
    refused = _begin(importing, "one more")
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_imports")
    importing.post(f"/imports/{begun[0].json()['dataset_import']['id']}/cancel")
    assert _begin(importing, "one more").status_code == 201


def test_import__of_another_organisation_is_404(
    client: Client, importing: Workplace, make_client: MakeClient, many: Path
):
    sent = client.imports.send("signs", many)
    stranger = make_client(make_api_key(importing.platform, make_organization(importing.platform, "Other")))
    for method, path in (("GET", ""), ("POST", "/plan"), ("POST", "/start"), ("POST", "/cancel")):
        assert stranger.request(method, f"{D}/imports/{sent.id}{path}").status_code == 404
    part = f"{D}/imports/{sent.id}/parts/0?sha256={'0' * 64}"
    assert stranger.put(part, content=b"x", headers={"Content-Type": "application/octet-stream"}).status_code == 404
    assert stranger.get(f"{D}/imports/").json() == {"imports": []}


# --- archives that are not as they should be ---


def test_import__what_cannot_be_taken_is_named_and_the_rest_comes(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "mixed.zip"
    files = {
        "good.png": png((64, 48), "good"),
        "../climbs.png": png((64, 48), "climbs"),
        "inner.zip": zip_of({"x.png": png((64, 48), "x")}),
        "text.jpg": b"This is no picture.",
        "bomb.png": bomb_png(),
        "cut.png": png((64, 48), "cut")[:-20],
    }
    path.write_bytes(zip_of(files))
    done = client.datasets.import_("signs", path)
    assert done.plan is not None and done.result is not None
    assert {skipped.path for skipped in done.plan.skipped} == {"../climbs.png", "inner.zip"}
    assert (done.result.images_added, done.result.images_failed) == (1, 3)
    words = {"/text.jpg": "no image", "/bomb.png": "pixels", "/cut.png": "damaged"}
    told = {issue.path: issue.reason for issue in done.result.issues}
    assert {name: word in told[name] for name, word in words.items()} == dict.fromkeys(words, True)
    assert list(content(client)) == ["/good.png"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"PK\x03\x04" + b"no archive" * 99, "damaged or cut short", id="text"),
        pytest.param(zip_of({"readme.md": b"hello"}), "none of its 1 files", id="nothing to import"),
        pytest.param(zip_of({"a.png": b"x"})[:-9], "cut short", id="cut short"),
        pytest.param(zip_of({"i.json": b'{"images": 3, "annotations": 4, "categories": 5}'}), "coco", id="not coco"),
    ],
)
def test_import__refused_with_words(
    client: Client, importing: Workplace, data: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.zip"
    path.write_bytes(data)
    with pytest.raises(ApiError, match=words):
        client.datasets.import_("signs", path)
    [failed] = client.imports.list()
    assert failed.status == "failed" and failed.error_message
    with pytest.raises(NotFoundError):
        client.datasets.get("signs")


# --- crashes ---


@pytest.mark.parametrize("kill_at", [1, 2, 3, "end"])
def test_import__killed_in_any_transaction_happens_once(
    client: Client, importing: Workplace, kill_at: Any, tmp_path: Path
) -> None:
    boxes: dict[str, list[Box]] = {f"{number}.png": [("stop", number, 1, 2, 2)] for number in range(50)}
    files = {name: png((64, 48), name) for name in boxes} | {"instances.json": coco(boxes)}
    path = tmp_path / "fifty.zip"
    path.write_bytes(zip_of(files))
    planned = client.datasets.import_("signs", path, dry_run=True, merge="add")
    client.imports.start(planned.id, wait=False)
    assert importing.run_job("import", kill_at=kill_at).state == "queued"
    assert importing.run_job("import").state == "succeeded"
    done = client.imports.get(planned.id)
    assert done.status == "completed" and done.result is not None
    assert (done.result.images_added, done.result.annotations_added, done.result.images_present) == (50, 50, 0)
    found = content(client)
    assert found == {f"/{name}": ("complete", boxes[name]) for name in boxes}
    dataset = client.datasets.get("signs")
    assert (dataset.image_count, dataset.completed_image_count) == (50, 50)


def test_plan__killed_is_made_again(client: Client, importing: Workplace, tmp_path: Path) -> None:
    sent = client.imports.send("signs", packed_as_tar_gz(tmp_path))
    client.imports.plan(sent.id, wait=False)
    assert importing.run_job("import", kill_at=1).state == "queued"
    assert importing.run_job("import").state == "succeeded"
    assert client.imports.get(sent.id).status == "planned"


# --- stopping ---


def test_cancel__a_planned_one_never_starts(client: Client, tmp_path: Path) -> None:
    planned = client.datasets.import_("signs", packed_as_zip(tmp_path), dry_run=True)
    assert client.imports.cancel(planned.id).status == "cancelled"
    with pytest.raises(ConflictError, match="it is cancelled"):
        client.imports.start(planned.id)
    with pytest.raises(ApiError, match="it is cancelled"):
        client.imports.cancel(planned.id)


def test_cancel__what_was_imported_stays(client: Client, importing: Workplace, tmp_path: Path) -> None:
    planned = client.datasets.import_("signs", packed_as_zip(tmp_path), dry_run=True)
    client.imports.start(planned.id, wait=False)
    job = importing.claim("import")
    client.imports.cancel(planned.id)
    assert importing.run_claimed(job).state == "cancelled"
    assert client.imports.get(planned.id).status == "cancelled"
    assert client.datasets.get("signs").image_count == 0


def test_delete_dataset__ends_its_import(client: Client, importing: Workplace, tmp_path: Path) -> None:
    importing.make_dataset("signs")
    planned = client.datasets.import_("signs", packed_as_zip(tmp_path), dry_run=True)
    client.imports.start(planned.id, wait=False)
    client.projects.delete("signs")
    importing.end_cancelled()
    ended = client.imports.get(planned.id)
    assert ended.status in ("cancelled", "failed") and ended.dataset_id is None


def test_start__before_the_plan_is_409(client: Client, tmp_path: Path) -> None:
    sent = client.imports.send("signs", packed_as_zip(tmp_path))
    with pytest.raises(ConflictError, match="it is uploading"):
        client.imports.start(sent.id)


def test_list__newest_first_and_of_one_dataset(client: Client, tmp_path: Path) -> None:
    path = packed_as_zip(tmp_path)
    ids = [client.imports.send(name, path).id for name in ("one", "two", "three")]
    assert [each.id for each in client.imports.list()] == ids[::-1]
    assert [each.id for each in client.imports.list(limit=1, offset=1)] == [ids[1]]
    assert [each.id for each in client.imports.list(dataset_name="two")] == [ids[1]]


# --- there and back ---


@pytest.mark.parametrize("format", ["pictograph", "coco", "yolo_detect", "pascal_voc", "cvat", "labelme", "csv"])
def test_export__comes_back_as_it_was(client: Client, importing: Workplace, format: str, tmp_path: Path) -> None:
    dataset = importing.make_dataset("signs", [("stop", "bbox")])
    for folder, name in (("/", "a.png"), ("/north", "a.png"), ("/north", "ü 50%.png")):
        image = importing.add_image(dataset, name, folder=folder, size_wh=(64, 32))
        importing.save(image, [box_json("stop", 8, 4, 16, 8)], "complete")
    importing.add_image(dataset, "empty.png", size_wh=(64, 32))
    files = _written(importing, format)
    path = tmp_path / "export.zip"
    path.write_bytes(files)
    done = client.datasets.import_("back", path)
    assert done.result is not None and done.result.issues == []
    before, after = content(client), content(client, "back")
    assert {name: boxes for name, (_, boxes) in after.items()} == {name: boxes for name, (_, boxes) in before.items()}


def _written(importing: Workplace, format: str) -> bytes:
    """Return an export of `signs` with its images, as the export's job writes it."""
    importing.tasks |= {task.name: task for task in export_tasks.tasks(importing.platform)}
    body = {"dataset_name": "signs", "name": format, "format": format, "include_images": True}
    answer = importing.post("/exports/", body)
    assert answer.status_code == 201, answer.text
    importing.run_job("export")
    url = importing.get(f"/exports/signs/{format}/download").json()["download_url"]
    return importing.client.get(url.removeprefix("http://testserver")).content
