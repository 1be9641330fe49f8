from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API
from tests.unit.pictograph.workflows.fake_server import FakeServer

from pictograph._http.mock import Call, Reply
from pictograph.exceptions import NetworkError, NotFoundError, PaymentRequiredError, PollTimeoutError, ValidationError
from pictograph.models.auto_annotate import BatchClass
from pictograph.workflows import annotate
from pictograph.workflows.annotate import AnnotateReport, auto_annotate_dataset
from pictograph.workflows.progress import Progress

CLASSES = [("stop", "bbox"), ("yield", "polygon")]
TEXT = f"{API}/auto-annotate/sam3/text"
NO_CREDITS = Reply(402, json={"detail": {"error": "insufficient_credits", "required": 9, "remaining": 0}})


def batch_body(server: FakeServer) -> Any:
    (call,) = server.made("POST", "/auto-annotate/batch")
    return call.json


def test_batch__names_and_ids_of_what_is_open(server: FakeServer) -> None:
    server.add("x.jpg")
    server.add("x.jpg", folder="/a")
    server.add("labelled.jpg", labels=2)
    server.add("nothing to see.jpg", status="complete")
    server.add("being looked at.jpg", status="review")
    report = auto_annotate_dataset(server.client(), "signs", CLASSES)
    body = batch_body(server)
    assert body["image_filenames"] == ["x.jpg", "x.jpg"]
    assert body["image_ids"] == ["/:x.jpg", "/a:x.jpg"]
    assert body["skip_annotated"] is True
    assert "review" not in body
    assert body["classes"] == [
        {"name": "stop", "output_type": "bbox"},
        {"name": "yield", "output_type": "polygon"},
    ]
    assert (report.images_attempted, report.images_processed, report.images_skipped) == (2, 2, 3)
    assert (report.annotations_added, report.job_id, report.success) == (2, "j1", True)


def test_batch__overwrite_takes_all(server: FakeServer) -> None:
    server.add("labelled.jpg", labels=2, status="complete")
    report = auto_annotate_dataset(server.client(), "signs", CLASSES, overwrite=True)
    assert "skip_annotated" not in batch_body(server)
    assert report.images_processed == 1


def test_batch__max_images(server: FakeServer) -> None:
    for name in "abc":
        server.add(f"{name}.jpg")
    report = auto_annotate_dataset(server.client(), "signs", CLASSES, max_images=2)
    assert batch_body(server)["image_filenames"] == ["a.jpg", "b.jpg"]
    assert report.images_skipped == 1


def test_batch__pages_through_every_image(server: FakeServer) -> None:
    page = annotate._PAGE  # pyright: ignore[reportPrivateUsage]
    for number in range(page + 1):
        server.add(f"{number}.jpg")
    report = auto_annotate_dataset(server.client(), "signs", CLASSES)
    assert len(batch_body(server)["image_ids"]) == page + 1
    assert report.images_processed == page + 1


def test_batch__an_image_that_moved_to_the_next_page_goes_once(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotate, "_PAGE", 1)
    first, second = ({"dataset": wire.dataset(images=[wire.dataset_image(name)])} for name in ("i1", "i2"))
    server.api.on("GET", f"{API}/datasets/by-name/signs", second, second, first, {"dataset": wire.dataset(images=[])})
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    auto_annotate_dataset(server.client(), "signs", CLASSES)
    assert batch_body(server)["image_ids"] == ["i2", "i1"]


def test_batch__everything_done_before_is_a_success(server: FakeServer) -> None:
    server.add("a.jpg", labels=1)
    report = auto_annotate_dataset(server.client(), "signs", CLASSES)
    assert (report.images_skipped, report.success) == (1, True)
    assert server.made("POST", "/auto-annotate/batch") == []


def test_batch__empty_dataset_is_no_success(server: FakeServer) -> None:
    assert auto_annotate_dataset(server.client(), "signs", CLASSES).success is False


def test_batch__review(server: FakeServer) -> None:
    server.add("a.jpg")
    auto_annotate_dataset(server.client(), "signs", CLASSES, review=True)
    assert batch_body(server)["review"] is True


def test_batch__some_images_failed(server: FakeServer) -> None:
    server.add("a.jpg")
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    server.job = wire.job(processed_images=7, failed_images=3)
    report = auto_annotate_dataset(server.client(), "signs", CLASSES)
    assert [(failure.image_filename, failure.reason) for failure in report.failures] == [("<batch>", "3 images failed")]
    assert (report.images_processed, report.is_finished, report.success) == (7, True, False)


def test_batch__failed_job_keeps_what_it_did(server: FakeServer) -> None:
    server.add("a.jpg")
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    server.job = wire.job("failed", processed_images=4, total_annotations_added=9, error_message="out of memory")
    report = auto_annotate_dataset(server.client(), "signs", CLASSES)
    assert (report.images_processed, report.annotations_added, report.is_finished) == (4, 9, False)
    assert "out of memory" in report.failures[0].reason
    assert report.success is False


def test_batch__refused_with_the_servers_advice(server: FakeServer) -> None:
    server.add("a.jpg")
    body = {"detail": "Unknown class 'dog'", "code": "unknown_classes", "fix": "Use one of: stop, yield."}
    server.api.on("POST", f"{API}/auto-annotate/batch", Reply(400, json=body))
    report = auto_annotate_dataset(server.client(), "signs", [("dog", "bbox")])
    assert report.failures[0].reason == "Unknown class 'dog'. Use one of: stop, yield."
    assert (report.images_attempted, report.images_processed) == (1, 0)


def test_batch__no_credits_raises_with_the_report(server: FakeServer) -> None:
    server.add("a.jpg")
    server.api.on("POST", f"{API}/auto-annotate/batch", NO_CREDITS)
    with pytest.raises(PaymentRequiredError) as caught:
        auto_annotate_dataset(server.client(), "signs", CLASSES)
    assert isinstance(caught.value.report, AnnotateReport)
    assert caught.value.report.images_attempted == 1
    assert (caught.value.credit_cost, caught.value.credits_remaining) == (9, 0)


@pytest.mark.parametrize(("images", "waited"), [(1, 1800), (100, 6000)])
def test_batch__waits_by_the_number_of_images(server: FakeServer, images: int, waited: float) -> None:
    for number in range(images):
        server.add(f"{number}.jpg")
    server.api.on("GET", f"{API}/auto-annotate/batch/j1", wire.job("running"))
    with pytest.raises(PollTimeoutError):
        auto_annotate_dataset(server.client(), "signs", CLASSES)
    assert sum(server.api.sleeps) == pytest.approx(waited, abs=1)


def test_batch__server_that_is_away_is_waited_for_a_minute(server: FakeServer) -> None:
    server.add("a.jpg")
    server.api.on("GET", f"{API}/auto-annotate/batch/j1", Reply(503), Reply(503), wire.job(processed_images=1))
    assert auto_annotate_dataset(server.client(), "signs", CLASSES).success is True


def test_batch__unknown_dataset(server: FakeServer) -> None:
    with pytest.raises(NotFoundError):
        auto_annotate_dataset(server.client(), "other", CLASSES)


def test_batch__progress(server: FakeServer) -> None:
    server.add("a.jpg")
    seen: list[Progress] = []
    auto_annotate_dataset(server.client(), "signs", CLASSES, progress=seen.append)
    assert seen[-1] == Progress("annotate", 1, 1, "1 labels")


def test_batch__who_labels_and_how(server: FakeServer) -> None:
    server.add("a.jpg")
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    server.job = wire.job(processed_images=1, engine="model:m1")
    report = auto_annotate_dataset(server.client(), "signs", [], model_id="m1", exclusive=True, max_credits=9)
    body = batch_body(server)
    assert (body["model_id"], body["exclusive"], body["max_credits"], body["classes"]) == ("m1", True, 9, [])
    assert "annotator" not in body
    assert (report.engine, "model:m1" in str(report)) == ("model:m1", True)


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        pytest.param({}, "0 labels", id="nothing known"),
        pytest.param({"images_per_second": 3.14159, "eta_seconds": 60}, "0 labels, 3.14 images/s, 60 s left", id="s"),
        pytest.param({"images_per_second": 120.0, "eta_seconds": 600}, "0 labels, 120 images/s, 10 min left", id="min"),
    ],
)
def test_batch__progress_says_how_fast(server: FakeServer, snapshot: dict[str, Any], words: str) -> None:
    server.add("a.jpg")
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    server.job = wire.job(**snapshot)
    seen: list[Progress] = []
    auto_annotate_dataset(server.client(), "signs", CLASSES, progress=seen.append)
    assert seen[-1].message == words


def test_batch__exclusive_needs_a_job(server: FakeServer) -> None:
    with pytest.raises(ValidationError, match="exclusive"):
        auto_annotate_dataset(server.client(), "signs", CLASSES, mode="text", exclusive=True)


# --- text mode ---


def on_text(server: FakeServer, **answers: Any) -> None:
    """Answer a prompt with one box of confidence 1, or with what is given for it."""

    def answer(call: Call) -> Any:
        prompt = call.json["text_prompt"]
        return answers.get(prompt, {"status": "success", "annotations": [wire.box(prompt)]})

    def save(call: Call) -> Any:
        body = call.json
        return {
            "image_id": body["image_id"],
            "previous_count": 0,
            "new_count": len(body["annotations"]),
            "status": "complete",
        }

    server.api.on("POST", TEXT, answer)
    for image in server.images.values():
        path = f"{API}/annotations/{quote(image.id, safe='')}"
        server.api.on("POST", path, save)
        server.api.on("GET", path, {"annotations": image.annotations})


def saves(server: FakeServer) -> list[list[str]]:
    calls = [call for call in server.api.calls if call.method == "POST" and "/annotations/" in call.path]
    return [[annotation["name"] for annotation in call.json["annotations"]] for call in calls]


def test_text__classes_are_merged_into_one_save(server: FakeServer) -> None:
    server.add("x.jpg", folder="/a")
    on_text(server)
    report = auto_annotate_dataset(server.client(), "signs", CLASSES, mode="text")
    assert saves(server) == [["stop", "yield"]]
    assert (report.images_processed, report.annotations_added, report.success) == (1, 2, True)
    asked = [call.json for call in server.api.made("POST", TEXT)]
    assert [(body["text_prompt"], body["output_type"]) for body in asked] == [("stop", "bbox"), ("yield", "polygon")]
    assert asked[0]["image_filename"] == "a/x.jpg"


def test_text__prompt_of_a_class_is_asked_and_its_name_saved(server: FakeServer) -> None:
    server.add("x.jpg")
    on_text(server)
    auto_annotate_dataset(server.client(), "signs", [BatchClass(name="stop", prompt="red sign")], mode="text")
    body = server.api.made("POST", TEXT)[0].json
    assert (body["text_prompt"], body["name"], "prompts" in body) == ("red sign", "stop", False)
    assert saves(server) == [["stop"]]


def test_text__classes_with_several_prompts_and_limits_are_one_request_each_and_one_save(server: FakeServer) -> None:
    server.add("x.jpg")
    on_text(server)
    prompts = ["red octagon", "stop sign"]
    stop = {"name": "stop", "prompts": prompts, "confidence_threshold": 0.2, "max_detections": 500}
    report = auto_annotate_dataset(
        server.client(), "signs", [stop, ("yield", "bbox")], mode="text", annotator="owlv2", confidence_threshold=0.6
    )
    first, second = (call.json for call in server.api.made("POST", TEXT))
    assert (first["text_prompt"], first["name"], first["prompts"]) == ("red octagon", "stop", prompts)
    assert (first["confidence_threshold"], first["max_detections"], second["confidence_threshold"]) == (0.2, 100, 0.6)
    assert {"name", "prompts"}.isdisjoint(second)
    assert [body["annotator"] for body in (first, second)] == ["owlv2", "owlv2"]
    assert saves(server) == [["stop", "yield"]]
    assert report.success


def test_text__report_names_the_engine(server: FakeServer) -> None:
    server.add("x.jpg")
    on_text(server, stop={"annotations": [wire.box("stop")], "engine": "owlv2@x"})
    report = auto_annotate_dataset(server.client(), "signs", [("stop", "bbox")], mode="text")
    assert (report.engine, "owlv2@x" in str(report)) == ("owlv2@x", True)


@pytest.mark.parametrize("status", ["no_detection", "below_threshold"])
def test_text__nothing_found_saves_nothing(server: FakeServer, status: str) -> None:
    server.add("x.jpg")
    on_text(server, stop={"status": status})
    report = auto_annotate_dataset(server.client(), "signs", [("stop", "bbox")], mode="text")
    assert saves(server) == []
    assert (report.images_processed, report.annotations_added, report.success) == (1, 0, True)


def test_text__overwrite_keeps_other_classes(server: FakeServer) -> None:
    server.add("x.jpg", labels=1)
    on_text(server)
    auto_annotate_dataset(server.client(), "signs", [("stop", "bbox")], mode="text", overwrite=True)
    assert saves(server) == [["old", "stop"]]


def test_text__one_failing_class_fails_the_image_and_keeps_the_other(server: FakeServer) -> None:
    server.add("x.jpg")
    server.add("y.jpg")
    on_text(server, stop=Reply(400, json={"detail": "no idea"}))
    report = auto_annotate_dataset(server.client(), "signs", CLASSES, mode="text")
    assert [(failure.image_filename, failure.reason) for failure in report.failures] == [
        ("x.jpg", "stop: no idea"),
        ("y.jpg", "stop: no idea"),
    ]
    assert saves(server) == [["yield"], ["yield"]]
    assert (report.images_processed, report.success) == (0, False)


def test_text__no_credits_raises_with_the_report(server: FakeServer) -> None:
    server.add("x.jpg")
    server.add("y.jpg")
    on_text(server)
    server.api.on("POST", TEXT, {"annotations": [wire.box()]}, NO_CREDITS)
    with pytest.raises(PaymentRequiredError) as caught:
        auto_annotate_dataset(server.client(), "signs", [("stop", "bbox")], mode="text")
    assert caught.value.report.images_processed == 1


def test_text__server_gone_is_raised(server: FakeServer) -> None:
    server.add("x.jpg")
    server.api.on("POST", TEXT, Reply(error=httpx2.ConnectError))
    with pytest.raises(NetworkError):
        auto_annotate_dataset(server.client(), "signs", CLASSES, mode="text")


# --- arguments ---


@pytest.mark.parametrize(
    "options",
    [
        {"classes": []},
        {"classes": "stop"},
        {"classes": ["stop"]},
        {"classes": [("stop", "box")]},
        {"classes": [("stop", "bbox", 1)]},
        {"classes": [{"class": "stop"}]},
        {"classes": [(" ", "bbox")]},
        {"classes": [("stop", "bbox"), ("stop", "bbox")]},
        {"mode": "fast"},
        {"mode": "text", "review": True},
        {"max_images": -1},
        {"dataset_name": ""},
    ],
)
def test_arguments__refused_before_anything_is_sent(server: FakeServer, options: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"dataset_name": "signs", "classes": CLASSES, **options}
    with pytest.raises(ValidationError) as caught:
        auto_annotate_dataset(server.client(), **arguments)
    assert caught.value.status_code == 422
    assert isinstance(caught.value, ValueError)
    assert server.api.calls == []


@pytest.mark.parametrize(
    "spec",
    [("stop",), {"name": "stop"}, BatchClass(name="stop"), ("stop", "polygon")],
    ids=["1-tuple", "dict", "BatchClass", "tuple"],
)
def test_arguments__ways_to_write_a_class(server: FakeServer, spec: Any) -> None:
    server.add("a.jpg")
    auto_annotate_dataset(server.client(), "signs", [spec])
    assert batch_body(server)["classes"] == [{"name": "stop", "output_type": "polygon"}]
