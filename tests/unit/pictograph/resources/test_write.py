"""Bodies that are sent, waits, and files that come and go."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PillowImage
from pydantic import ValidationError as MalformedModel
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API, client_of

from pictograph._http.mock import MockApi, Reply
from pictograph.exceptions import ApiError, ConflictError, NotFoundError, PollTimeoutError, ServerError
from pictograph.models.annotation import BBoxAnnotation
from pictograph.models.auto_annotate import BatchClass
from pictograph.models.common import BoundingBox
from pictograph.models.project import ProjectClass
from pictograph.resources.images import BundleResult, ImageKey


@pytest.fixture
def api() -> MockApi:
    return MockApi()


# --- projects ---


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({}, {"name": "signs"}),
        ({"description": ""}, {"name": "signs", "description": ""}),
        (
            {"classes": [ProjectClass(name="a"), {"name": "b", "color": "#fff"}], "annotation_types": ("bbox",)},
            {"name": "signs", "classes": [{"name": "a"}, {"name": "b", "color": "#fff"}], "annotation_types": ["bbox"]},
        ),
    ],
)
def test_create_project__sends_what_is_given(api: MockApi, options: dict[str, Any], body: Any) -> None:
    api.on("POST", f"{API}/projects/", {"project": wire.project()})
    client_of(api).projects.create("signs", **options)
    assert api.calls[0].json == body


def test_update_project__new_name(api: MockApi) -> None:
    api.on("PATCH", f"{API}/projects/a", {"project": wire.project("b")})
    assert client_of(api).projects.update("a", new_name="b", classes=[]).name == "b"
    assert api.calls[0].json == {"name": "b", "classes": []}


def test_update_project__nothing_to_do(api: MockApi) -> None:
    with pytest.raises(ValueError, match="nothing to update"):
        client_of(api).projects.update("a")
    assert api.calls == []


def test_delete_project__answer_without_a_summary(api: MockApi) -> None:
    api.on("DELETE", f"{API}/projects/a", {})
    assert client_of(api).projects.delete("a") == {}


# --- annotations ---

SAVED = {"image_id": "i1", "previous_count": 1, "new_count": 2, "status": "complete"}


def test_save_annotations__nulls_are_left_out(api: MockApi) -> None:
    api.on("POST", f"{API}/annotations/i1", SAVED)
    annotation = BBoxAnnotation(id="a", name="stop", bounding_box=BoundingBox(x=1, y=2, w=3, h=4))
    result = client_of(api).annotations.save("i1", [annotation])
    assert (result.previous_count, result.new_count, result.status) == (1, 2, "complete")
    sent = api.calls[0].json
    assert sent["image_id"] == "i1"
    assert "expected_version" not in sent
    assert sent["annotations"] == [
        {
            "id": "a",
            "name": "stop",
            "type": "bbox",
            "bounding_box": {"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0},
            "confidence": 1.0,
            "attributes": [],
        }
    ]


def test_save_annotations__stale_version(api: MockApi) -> None:
    api.on("POST", f"{API}/annotations/i1", Reply(409, json={"detail": "changed since", "code": "stale"}))
    with pytest.raises(ConflictError) as caught:
        client_of(api).annotations.save("i1", [], expected_version=3)
    assert api.calls[0].json == {"image_id": "i1", "annotations": [], "expected_version": 3}
    assert caught.value.code == "stale"


def test_save_annotations__missing_key(api: MockApi) -> None:
    api.on("POST", f"{API}/annotations/i1", {"image_id": "i1"})
    with pytest.raises(ServerError, match="previous_count"):
        client_of(api).annotations.save("i1", [])


def test_update_images__status(api: MockApi) -> None:
    failed = [{"id": "i2", "reason": "gone"}]
    api.on("PATCH", f"{API}/batch/images/update", {"success": False, "processed": 1, "failed": failed})
    result = client_of(api).batch.update("signs", ["i1", "i2"], status="complete")
    assert api.calls[0].json == {"dataset_name": "signs", "image_ids": ["i1", "i2"], "updates": {"status": "complete"}}
    assert (result.processed, result.failed[0].id) == (1, "i2")


# --- jobs ---


def test_create_export__waits(api: MockApi) -> None:
    api.on("POST", f"{API}/exports/", {"export": wire.export(status="pending")})
    api.on(
        "GET",
        f"{API}/exports/signs/e1",
        {"export": wire.export(status="processing")},
        {"export": wire.export(image_count=4)},
    )
    export = client_of(api).exports.create("signs", "e1", class_filter=["a"])
    assert export.image_count == 4
    assert api.calls[0].json == {
        "dataset_name": "signs",
        "name": "e1",
        "format": "pictograph",
        "include_images": False,
        "class_filter": ["a"],
    }


def test_create_export__without_waiting(api: MockApi) -> None:
    api.on("POST", f"{API}/exports/", {"export": wire.export(status="pending")})
    export = client_of(api).exports.create("signs", "e1", status_filter="complete", wait=False)
    assert export.status == "pending"
    assert api.calls[0].json["status_filter"] == "complete"


def test_wait_for_export__failed(api: MockApi) -> None:
    api.on("GET", f"{API}/exports/signs/e1", {"export": wire.export(status="failed", error_message="disk full")})
    with pytest.raises(ApiError, match="disk full") as caught:
        client_of(api).exports.wait_for_completion("signs", "e1")
    assert caught.value.response["status"] == "failed"


def test_create_training__body_and_wait(api: MockApi) -> None:
    api.on("POST", f"{API}/training/", {"training_run": wire.run(status="queued")})
    api.on("GET", f"{API}/training/r1", {"training_run": wire.run(model_id="m1")})
    run = client_of(api).training.create("signs", "e1", pipeline_type="yolox", name="n")
    assert run.model_id == "m1"
    assert api.calls[0].json == {
        "dataset_name": "signs",
        "export_name": "e1",
        "pipeline_type": "yolox",
        "name": "n",
        "gpu_type": "a10g",
        "config": {},
    }


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_wait_for_training__ended_badly(api: MockApi, status: str) -> None:
    api.on("GET", f"{API}/training/r1", {"training_run": wire.run(status=status)})
    with pytest.raises(ApiError, match=f"{status}: no error message"):
        client_of(api).training.wait_for_completion("r1")


def test_wait_for_training__too_long(api: MockApi) -> None:
    api.on("GET", f"{API}/training/r1", {"training_run": wire.run(status="running")})
    with pytest.raises(PollTimeoutError):
        client_of(api).training.wait_for_completion("r1", timeout=30)
    assert sum(api.sleeps) == pytest.approx(30, abs=0.1)


def test_wait__sleep_is_passed_in(api: MockApi) -> None:
    slept: list[float] = []
    api.on("GET", f"{API}/training/r1", {"training_run": wire.run(status="running")}, {"training_run": wire.run()})
    client_of(api).training.wait_for_completion("r1", sleep=slept.append)
    assert len(slept) == 1
    assert api.sleeps == []


# --- auto-annotation ---


def test_batch__only_what_is_given(api: MockApi) -> None:
    api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    client_of(api).auto_annotate.batch(
        "s", ["a.jpg"], [BatchClass(name="stop"), {"name": "x", "output_type": "bbox"}], wait=False
    )
    assert api.calls[0].json == {
        "dataset_name": "s",
        "image_filenames": ["a.jpg"],
        "classes": [{"name": "stop", "output_type": "polygon"}, {"name": "x", "output_type": "bbox"}],
        "confidence_threshold": 0.5,
        "top_k": 1,
    }


def test_batch__additions_of_ours(api: MockApi) -> None:
    api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    api.on("GET", f"{API}/auto-annotate/batch/j1", wire.job("running"), wire.job(processed_images=1))
    job = client_of(api).auto_annotate.batch(
        "s",
        ["a.jpg"],
        [BatchClass(name="stop", prompt="a red sign")],
        model_id="m",
        image_ids=["i1"],
        review=False,
        skip_annotated=True,
    )
    sent = api.calls[0].json
    assert job.processed_images == 1
    assert sent["classes"] == [{"name": "stop", "output_type": "polygon", "prompt": "a red sign"}]
    assert [sent[key] for key in ("model_id", "image_ids", "review", "skip_annotated")] == ["m", ["i1"], False, True]


def test_batch__without_images_means_all(api: MockApi) -> None:
    api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    client_of(api).auto_annotate.batch("s", classes=[{"name": "stop"}], wait=False)
    assert {"image_filenames", "image_ids"}.isdisjoint(api.calls[0].json)


def test_batch__limits_and_engine(api: MockApi) -> None:
    api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending", engine="owlv2@x", images_per_second=2.5))
    wanted = BatchClass(name="stop", prompts=["a", "b"], confidence_threshold=0.2, max_detections=3, min_area=9)
    options: dict[str, Any] = {
        "annotator": "owlv2",
        "exclusive": True,
        "max_detections": 5,
        "min_area": 4.0,
        "max_credits": 7,
        "destination": "proposals",
    }
    job = client_of(api).auto_annotate.batch("s", None, [wanted], wait=False, **options)
    sent = api.calls[0].json
    assert (job.engine, job.images_per_second) == ("owlv2@x", 2.5)
    assert sent["classes"] == [
        {
            "name": "stop",
            "output_type": "polygon",
            "prompts": ["a", "b"],
            "confidence_threshold": 0.2,
            "max_detections": 3,
            "min_area": 9.0,
        }
    ]
    assert {name: sent[name] for name in options} == options


def test_batch_class__one_form_of_prompts() -> None:
    with pytest.raises(MalformedModel, match="not both"):
        BatchClass(name="stop", prompt="a", prompts=["b"])
    assert BatchClass(name="stop", prompt="a").all_prompts == ("a",)
    assert BatchClass(name="stop").all_prompts == ()


QUOTE = {"images": 3, "images_skipped": 1, "estimated_credits": 4, "credits_remaining": 2, "sufficient": False}


def test_estimate__says_what_a_batch_would_cost(api: MockApi) -> None:
    api.on("POST", f"{API}/auto-annotate/batch/quote", {**QUOTE, "engine": "sam3@x", "seconds": None})
    estimate = client_of(api).auto_annotate.estimate("s", ["a.jpg"], [{"name": "stop"}], skip_annotated=True)
    assert (estimate.images, estimate.estimated_credits, estimate.sufficient, estimate.seconds) == (3, 4, False, None)
    assert api.calls[0].json["skip_annotated"] is True


@pytest.mark.parametrize("boxes", [{"x": 1, "y": 2, "w": 3, "h": 4}, [{"x": 1, "y": 2, "w": 3, "h": 4}]])
def test_similar__one_box_or_several(api: MockApi, boxes: Any) -> None:
    api.on("POST", f"{API}/auto-annotate/similar", wire.job("pending"))
    api.on("GET", f"{API}/auto-annotate/batch/j1", wire.job(processed_images=1))
    api.on("POST", f"{API}/auto-annotate/similar/quote", QUOTE)
    client = client_of(api)
    job = client.auto_annotate.similar("s", "a.jpg", boxes, name="stop", prompt="sign")
    client.auto_annotate.estimate_similar("s", "a.jpg", boxes, name="stop")
    sent = api.calls[0].json
    assert (job.processed_images, sent["boxes"]) == (1, [{"x": 1, "y": 2, "w": 3, "h": 4}])
    assert sent == {**api.calls[-1].json, "prompt": "sign"}


def test_prompts__annotator_and_phrases(api: MockApi) -> None:
    for kind in ("text", "box", "point"):
        api.on("POST", f"{API}/auto-annotate/sam3/{kind}", {"annotations": [], "engine": "owlv2@x"})
    prompts = client_of(api).auto_annotate
    found = prompts.text("s", "a", text_prompt="x", name="stop", prompts=["x", "y"], min_area=4.0, annotator="owlv2")
    prompts.box("s", "a", box={"x": 1, "y": 2, "w": 3, "h": 4}, name="stop", annotator="owlv2")
    prompts.point("s", "a", x=1, y=2, annotator="owlv2")
    assert found.engine == "owlv2@x"
    assert [call.json["annotator"] for call in api.calls] == ["owlv2"] * 3
    assert [api.calls[0].json[key] for key in ("name", "prompts", "min_area")] == ["stop", ["x", "y"], 4.0]


@pytest.mark.parametrize(
    ("answer", "status", "names"),
    [
        ({"status": "success", "annotation": wire.box(), "score": 0.9}, "success", ["stop"]),
        ({"annotation": wire.box()}, "success", ["stop"]),
        ({"status": "below_threshold", "annotation": None, "score": 0.1}, "below_threshold", []),
        ({"status": "no_detection"}, "no_detection", []),
    ],
)
def test_point__one_annotation_becomes_a_list(api: MockApi, answer: Any, status: str, names: list[str]) -> None:
    api.on("POST", f"{API}/auto-annotate/sam3/point", answer)
    result = client_of(api).auto_annotate.point("s", "a.jpg", x=1, y=2, negative_points=[(3, 4)])
    assert (result.status, [annotation.name for annotation in result.annotations]) == (status, names)
    assert api.calls[0].json == {
        "dataset_name": "s",
        "image_filename": "a.jpg",
        "x": 1,
        "y": 2,
        "name": "object",
        "score_threshold": 0.75,
        "negative_points": [[3, 4]],
    }


def test_text__malformed_finding_is_a_server_error(api: MockApi) -> None:
    api.on("POST", f"{API}/auto-annotate/sam3/text", {"status": "success", "annotations": [{"name": "x"}]})
    with pytest.raises(ServerError, match="PromptResult"):
        client_of(api).auto_annotate.text("s", "a.jpg", text_prompt="x")


def test_box__body(api: MockApi) -> None:
    api.on("POST", f"{API}/auto-annotate/sam3/box", {"annotations": [wire.box()]})
    box = {"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0}
    result = client_of(api).auto_annotate.box("s", "a.jpg", box=box, name="stop", negative_boxes=[box])
    assert len(result.annotations) == 1
    assert api.calls[0].json["negative_boxes"] == [box]


# --- images ---


def on_three_steps(api: MockApi) -> None:
    ticket = {"upload_url": "http://mock.test/put", "gcs_bucket": "b", "gcs_path": "p", "gcs_uri": "u"}
    api.on("POST", f"{API}/images/upload-url", ticket)
    api.on("PUT", "/put", Reply(200))
    api.on("POST", f"{API}/images/register", {"image_id": "i1"})
    api.on("GET", f"{API}/images/i1/metadata", {"image": wire.image()})


def test_upload__three_steps(api: MockApi, tmp_path: Path) -> None:
    on_three_steps(api)
    PillowImage.new("RGB", (20, 10)).save(tmp_path / "x y.JPG", "jpeg")
    image = client_of(api).images.upload("d1", tmp_path / "x y.JPG", folder_path="/a/b")
    assert image.id == "i1"
    ask, put, register, _ = api.calls
    assert ask.json == {
        "dataset_id": "d1",
        "filename": "x y.JPG",
        "folder_path": "/a/b",
        "content_type": "image/jpeg",
    }
    assert "x-api-key" not in put.headers
    assert put.body == (tmp_path / "x y.JPG").read_bytes()
    assert register.headers["content-type"] == "application/x-www-form-urlencoded"
    assert register.form == {
        "dataset_id": "d1",
        "filename": "x y.JPG",
        "gcs_bucket": "b",
        "gcs_path": "p",
        "gcs_uri": "u",
        "folder_path": "/a/b",
        "mime_type": "image/jpeg",
        "file_size": str(len(put.body)),
        "image_width": "20",
        "image_height": "10",
    }


def test_upload__unreadable_file_has_no_size(api: MockApi, tmp_path: Path) -> None:
    on_three_steps(api)
    (tmp_path / "x.png").write_bytes(b"no image")
    client_of(api).images.upload("d1", tmp_path / "x.png")
    assert (api.calls[2].form["image_width"], api.calls[2].form["image_height"]) == ("", "")


def test_upload__turned_photo_has_the_size_people_see(api: MockApi, tmp_path: Path) -> None:
    on_three_steps(api)
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    PillowImage.new("RGB", (20, 10)).save(tmp_path / "x.jpg", exif=exif)
    client_of(api).images.upload("d1", tmp_path / "x.jpg")
    assert (api.calls[2].form["image_width"], api.calls[2].form["image_height"]) == ("10", "20")


def test_upload__no_file(api: MockApi, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.jpg"):
        client_of(api).images.upload("d1", tmp_path / "none.jpg")


def test_upload__unknown_suffix(api: MockApi, tmp_path: Path) -> None:
    (tmp_path / "x.dat").write_bytes(b"")
    with pytest.raises(ValueError, match="content_type"):
        client_of(api).images.upload("d1", tmp_path / "x.dat")
    assert api.calls == []


def test_check__in_order(api: MockApi) -> None:
    api.on("POST", f"{API}/images/check", {"states": ["absent", "same"]})
    keys = [(ImageKey("/", "a.jpg"), "00"), (ImageKey("/n", "a.jpg"), "11")]
    assert client_of(api).images.check("d1", keys) == ["absent", "same"]
    assert api.calls[0].json["images"][1] == {"folder_path": "/n", "filename": "a.jpg", "sha256": "11"}


def test_check__other_number_of_answers(api: MockApi) -> None:
    api.on("POST", f"{API}/images/check", {"states": []})
    with pytest.raises(ServerError, match="0 images instead of 1"):
        client_of(api).images.check("d1", [(ImageKey("/", "a.jpg"), "00")])


def test_bundle__results_by_member(api: MockApi) -> None:
    results = [{"state": "created", "image_id": "i1"}, {"state": "failed", "reason": "truncated", "code": "bad"}]
    api.on("POST", f"{API}/images/bundle", {"results": results})
    answer = client_of(api).images.upload_bundle("d1", [(ImageKey("/", "a"), b"1"), (ImageKey("/", "b"), b"2")])
    assert answer == [BundleResult("created", "i1"), BundleResult("failed", None, "truncated", "bad")]
    assert api.calls[0].query == {"dataset_id": "d1"}
    assert api.calls[0].headers["content-type"] == "application/x-tar"


# --- downloads ---


def test_download_model__follows_the_signed_url(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", f"{API}/models/m1/download", {"download_url": "http://mock.test/signed"})
    api.on("GET", "/signed", Reply(content=b"onnx"))
    assert client_of(api).models.download("m1", tmp_path / "m.onnx").read_bytes() == b"onnx"
    assert "x-api-key" not in api.calls[1].headers


def test_download_export__not_ready(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", f"{API}/exports/s/e/download", Reply(409, json={"detail": "pending"}))
    with pytest.raises(ConflictError):
        client_of(api).exports.download("s", "e", tmp_path / "e.zip")


def test_download_image__bytes(api: MockApi, tmp_path: Path) -> None:
    api.on("GET", f"{API}/images/i1", Reply(content=b"jpeg"))
    assert client_of(api).images.download("i1", tmp_path / "i.jpg").read_bytes() == b"jpeg"


def on_listing(api: MockApi, *items: dict[str, Any]) -> None:
    api.on("GET", f"{API}/datasets/by-name/s/download", {"dataset_id": "d1", "items": list(items)})
    api.on("GET", "/image", Reply(content=b"jpeg"))
    api.on("GET", f"{API}/annotations/i1/file", {"annotations": []})


def test_download_dataset__images_and_annotations(api: MockApi, tmp_path: Path) -> None:
    on_listing(
        api,
        {"filename": "a.jpg", "image_url": "http://mock.test/image", "annotation_url": f"{API}/annotations/i1/file"},
        {"filename": "a.jpg", "virtual_folder_path": "/n/m", "image_url": "http://mock.test/image"},
    )
    seen: list[tuple[int, int]] = []
    report = client_of(api).datasets.download(
        "s", tmp_path, progress=lambda completed, total, _: seen.append((completed, total))
    )
    assert (report.dataset_id, report.images_downloaded, report.annotations_downloaded) == ("d1", 2, 1)
    assert (report.success, report.total_attempted) == (True, 3)
    assert (tmp_path / "n" / "m" / "a.jpg").read_bytes() == b"jpeg"
    assert json.loads((tmp_path / "a.jpg.json").read_text()) == {"annotations": []}
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert api.calls[0].query == {"mode": "full", "limit": "1000", "cursor": ""}


def test_download_dataset__one_bad_file(api: MockApi, tmp_path: Path) -> None:
    on_listing(api, {"filename": "a.jpg", "image_url": "http://mock.test/image"})
    api.on("GET", "/image", Reply(404, json={"detail": "gone"}))
    report = client_of(api).datasets.download("s", tmp_path)
    assert [(failure.filename, failure.kind) for failure in report.failures] == [("a.jpg", "image")]
    assert "gone" in report.failures[0].reason
    assert report.success is False


@pytest.mark.parametrize(
    "item",
    [
        {"filename": "../evil.jpg"},
        {"filename": "a\\b.jpg"},
        {"filename": ".."},
        {"filename": ""},
        {"filename": "a.jpg", "virtual_folder_path": "/../.."},
    ],
)
def test_download_dataset__names_cannot_leave_the_folder(api: MockApi, tmp_path: Path, item: dict[str, Any]) -> None:
    on_listing(api, {**item, "image_url": "http://mock.test/image"})
    report = client_of(api).datasets.download("s", tmp_path / "out")
    assert len(report.failures) == 1
    assert list(tmp_path.rglob("*.jpg")) == []


def test_download_dataset__empty_and_missing(api: MockApi, tmp_path: Path) -> None:
    on_listing(api)
    assert client_of(api).datasets.download("s", tmp_path).success is True
    with pytest.raises(NotFoundError):
        client_of(api).datasets.download("other", tmp_path)
