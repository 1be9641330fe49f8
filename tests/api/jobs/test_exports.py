"""Exports as a client asks for them, and the ZIP that the job writes."""

import hashlib
import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from tests.api.jobs.workplace import D, Workplace

from pictograph.formats import FORMATS, open_labels
from pictograph.models.export import AnyExportFormat
from pictograph_server.services.exports import tasks as export_tasks

BOX = {"name": "stop", "type": "bbox", "bounding_box": {"x": 1.5, "y": 2.25, "w": 10.125, "h": 8}}
RING = {
    "name": "yield",
    "type": "polygon",
    "polygon": {
        "paths": [
            [{"x": 10, "y": 10}, {"x": 40, "y": 10}, {"x": 40, "y": 40}, {"x": 10, "y": 40}],
            [{"x": 20, "y": 20}, {"x": 30, "y": 20}, {"x": 30, "y": 30}, {"x": 20, "y": 30}],
        ]
    },
}


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """A dataset with two images of one name, one with a hole, and one without annotations."""
    work.tasks = {task.name: task for task in export_tasks.tasks(work.platform)}
    dataset = work.make_dataset("signs", [("stop", "bbox"), ("yield", "polygon")])
    work.save(work.add_image(dataset, "a.png"), [BOX], "complete")
    work.save(work.add_image(dataset, "a.png", folder="/north"), [BOX, RING], "complete")
    work.add_image(dataset, "new.png")
    return work


def create(work: Workplace, **body: object) -> dict[str, object]:
    response = work.post("/exports/", {"dataset_name": "signs", "name": "v1", "include_images": True, **body})
    assert response.status_code == 201, response.text
    return response.json()["export"]


def finished_zip(work: Workplace, **body: object) -> zipfile.ZipFile:
    return zipfile.ZipFile(BytesIO(finished_file(work, **body)))


def finished_file(work: Workplace, **body: object) -> bytes:
    name = create(work, **body)["name"]
    work.run_job("export")
    url = work.get(f"/exports/signs/{name}/download").json()["download_url"]
    return work.client.get(url.removeprefix("http://testserver")).content


def test_create_export__is_pending_then_completed_with_counts(signs: Workplace):
    assert create(signs)["status"] == "pending"
    signs.run_job("export")
    export = signs.get("/exports/signs/v1").json()["export"]
    assert (export["status"], export["image_count"], export["annotation_count"]) == ("completed", 3, 3)
    assert export["file_size"] > 0
    assert export["report"] == {"annotated_images": 2, "lost": {}}


def test_pictograph_zip__equal_names_and_holes_are_kept(signs: Workplace):
    archive = finished_zip(signs)
    assert {"images/a.png", "images/north/a.png", "annotations/a.json", "annotations/north/a.json"} < set(
        archive.namelist()
    )
    north = json.loads(archive.read("annotations/north/a.json"))
    assert [len(ring) for ring in north["annotations"][1]["polygon"]["paths"]] == [4, 4]
    assert json.loads(archive.read("manifest.json"))["classes"] == ["stop", "yield"]


def test_coco_zip__hole_is_a_run_length_mask(signs: Workplace):
    document = json.loads(finished_zip(signs, format="coco").read("annotations/instances_default.json"))
    ring = document["annotations"][2]
    assert (len(document["images"]), ring["area"], "counts" in ring["segmentation"]) == (3, 800.0, True)


def test_yolo_zip__says_what_it_lost(signs: Workplace):
    archive = finished_zip(signs, format="yolo")
    assert sum(name.endswith(".txt") and "labels" in name for name in archive.namelist()) >= 2
    lost = signs.get("/exports/signs/v1").json()["export"]["report"]["lost"]
    assert any("holes" in words for words in lost)


@pytest.mark.parametrize("format_", get_args(AnyExportFormat))
def test_create_export__every_format_reads_back(signs: Workplace, format_: AnyExportFormat, tmp_path: Path):
    (tmp_path / "export.zip").write_bytes(finished_file(signs, format=format_))
    export = signs.get("/exports/signs/v1").json()["export"]
    with open_labels(tmp_path / "export.zip") as labels:
        found = list(labels)
        assert labels.format.name == format_ and labels.report.problems == []
        assert labels.class_names == ["stop", "yield"]
    assert (len(found), sum(len(annotations) for _, annotations in found)) == (3, export["annotation_count"])


def test_get_export__tells_how_far_it_is_and_the_hash_of_its_file(signs: Workplace):
    waiting = create(signs)
    assert (waiting["progress"], waiting["sha256"]) == (0.0, None)
    signs.run_job("export")
    done = signs.get("/exports/signs/v1").json()["export"]
    assert done["progress"] is None
    url = signs.get("/exports/signs/v1/download").json()["download_url"]
    content = signs.client.get(url.removeprefix("http://testserver")).content
    assert done["sha256"] == hashlib.sha256(content).hexdigest()
    assert signs.get("/exports/").json()["exports"] == [done]


def test_list_formats__what_they_hold_and_what_not(signs: Workplace):
    formats = {each["name"]: each for each in signs.get("/exports/formats").json()["formats"]}
    assert sorted(formats) == sorted(get_args(AnyExportFormat))
    assert formats["pictograph"]["loses"] == []
    assert formats["csv"]["holds"] == ["boxes", "confidence"]
    assert formats["csv"]["loses"] == ["polygons", "holes", "polylines", "keypoints", "tags"]
    assert all(each["title"] for each in formats.values())


def test_formats__all_that_are_written_can_be_asked_for():
    assert set(FORMATS) == set(get_args(AnyExportFormat))


def test_list_exports__hosted_client_is_not_told_of_formats_that_it_does_not_know(signs: Workplace):
    for format_ in ("masks", "csv", "classification"):
        create(signs, format=format_, name=format_)
    hosted = {"User-Agent": "pictograph-python/1.0.3"}
    listed = signs.client.get(f"{D}/exports/", headers=hosted).json()["exports"]
    assert [each["format"] for each in listed] == ["csv"]
    ours = {"User-Agent": "pictograph-python/1.0.3 (self-hosted)"}
    for headers in ({}, ours):
        assert len(signs.client.get(f"{D}/exports/", headers=headers).json()["exports"]) == 3
    refused = signs.client.get(f"{D}/exports/signs/masks", headers=hosted)
    assert (refused.status_code, refused.json()["code"]) == (400, "export_format_too_new")


def test_create_export__status_filter_complete(signs: Workplace):
    create(signs, status_filter="complete")
    signs.run_job("export")
    assert signs.get("/exports/signs/v1").json()["export"]["image_count"] == 2


def test_create_export__filter_all_filters_nothing(signs: Workplace):
    assert create(signs, status_filter="all")["status_filter"] is None


def test_create_export__no_image_matches_is_completed(signs: Workplace):
    create(signs, status_filter="review")
    signs.run_job("export")
    export = signs.get("/exports/signs/v1").json()["export"]
    assert (export["status"], export["image_count"]) == ("completed", 0)


def test_create_export__class_filter_keeps_images_and_drops_other_annotations(signs: Workplace):
    archive = finished_zip(signs, class_filter=["yield"])
    counts = [
        json.loads(archive.read(name))["annotation_count"] for name in archive.namelist() if "annotations/" in name
    ]
    assert sorted(counts) == [0, 0, 1]
    assert json.loads(archive.read("manifest.json"))["classes"] == ["yield"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({"status_filter": "done"}, 422, "in_progress", id="unknown status"),
        pytest.param({"format": "tfrecord"}, 422, "pascal_voc", id="unknown format"),
        pytest.param({"class_filter": ["stopp"]}, 400, "stop, yield", id="unknown class"),
        pytest.param({"name": "a/b"}, 422, "'/'", id="slash in name"),
        pytest.param({"name": "v1#2"}, 422, "'#'", id="hash in name"),
        pytest.param({"dataset_name": "sings"}, 404, "sings", id="unknown dataset"),
    ],
)
def test_create_export__refused_with_what_is_allowed(
    signs: Workplace, body: dict[str, object], status: int, words: str
):
    response = signs.post("/exports/", {"dataset_name": "signs", "name": "v1", **body})
    assert response.status_code == status
    assert words in response.text


def test_create_export__same_name_again_is_409(signs: Workplace):
    create(signs)
    response = signs.post("/exports/", {"dataset_name": "signs", "name": "v1"})
    assert (response.status_code, response.json()["code"]) == (409, "export_exists")
    assert "already exists" in response.json()["detail"]


def test_download__not_completed_is_409_with_a_fix(signs: Workplace):
    create(signs)
    response = signs.get("/exports/signs/v1/download")
    assert (response.status_code, response.json()["code"]) == (409, "export_not_ready")
    assert "wait_for_completion" in response.json()["fix"]


def test_delete_export__removes_row_and_file(signs: Workplace):
    create(signs)
    signs.run_job("export")
    assert signs.client.delete(f"{D}/exports/signs/v1").status_code == 204
    assert signs.get("/exports/signs/v1").status_code == 404
    assert not any((signs.platform.settings.data_dir / "blobs" / "exports").rglob("*.zip"))


def test_delete_export__while_waiting_cancels_the_job(signs: Workplace):
    create(signs)
    signs.client.delete(f"{D}/exports/signs/v1")
    signs.end_cancelled()
    with pytest.raises(AssertionError, match="no job waits"):
        signs.claim("export")


@pytest.mark.parametrize("kill_at", [1, 2, 3])
def test_export__killed_in_any_transaction_happens_once(signs: Workplace, kill_at: int):
    create(signs)
    assert signs.run_job("export", kill_at=kill_at).state == "queued"
    assert signs.run_job("export").state == "succeeded"
    export = signs.get("/exports/signs/v1").json()["export"]
    assert (export["status"], export["image_count"]) == ("completed", 3)
    assert len(list((signs.platform.settings.data_dir / "blobs" / "exports").rglob("*.zip"))) == 1


def test_export__missing_image_fails_with_its_name(signs: Workplace):
    create(signs)
    for path in (signs.platform.settings.data_dir / "blobs" / "images").rglob("*"):
        if path.is_file():
            path.unlink()
    for _ in range(3):
        signs.run_job("export")
    export = signs.get("/exports/signs/v1").json()["export"]
    assert export["status"] == "failed"
    assert "a.png" in export["error_message"]


def test_list_exports__newest_first_and_filtered(signs: Workplace):
    for name in ("v1", "v2", "v3"):
        create(signs, name=name)
    signs.run_job("export")
    assert [export["name"] for export in signs.get("/exports/?limit=2").json()["exports"]] == ["v3", "v2"]
    assert [export["name"] for export in signs.get("/exports/?status=completed").json()["exports"]] == ["v1"]
    assert signs.get("/exports/?dataset_name=other").json() == {"exports": []}
