"""Folders and archives through our client into datasets: the plan, the import, the merge rule."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.api.jobs.imports.packing import (
    IMPORTED,
    SIGNS,
    Box,
    coco,
    content,
    packed_as_folder,
    packed_as_tar,
    packed_as_tar_gz,
    packed_as_zip,
    write,
    zip_of,
)
from tests.api.jobs.workplace import D, Workplace, png
from tests.factories import bomb_png

from pictograph import Client
from pictograph._http.events import read_events
from pictograph.exceptions import ApiError, NotFoundError
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.exports import tasks as export_tasks
from pictograph_server.storage.db.tables import audit_entries, images


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
