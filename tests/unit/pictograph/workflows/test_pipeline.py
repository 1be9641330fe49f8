from pathlib import Path
from typing import Any

import pytest
from tests.unit.pictograph import wire
from tests.unit.pictograph.wire import API
from tests.unit.pictograph.workflows.fake_server import FakeServer

from pictograph._http.mock import Reply
from pictograph.exceptions import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    PaymentRequiredError,
    PollTimeoutError,
    ValidationError,
)
from pictograph.workflows import PipelineReport, full_pipeline
from pictograph.workflows.progress import Progress

QUOTE = f"{API}/pipelines/quote"
NO_CREDITS = Reply(402, json={"detail": {"required": 9, "remaining": 0}})


def run(server: FakeServer, folder: Path, **options: Any) -> PipelineReport:
    arguments: dict[str, Any] = {
        "dataset_name": "signs",
        "folder": folder,
        "classes": [("stop", "bbox"), ("yield", "bbox")],
        "pipeline": "yolox",
        **options,
    }
    return full_pipeline(server.client(), **arguments)


def test_pipeline__folder_to_model(server: FakeServer, folder: Path) -> None:
    report = run(server, folder)
    assert report.success is True
    assert report.model is not None
    assert report.model.id == "m1"
    assert report.annotate is not None
    assert (report.upload.images_uploaded, report.annotate.images_processed) == (3, 3)
    assert set(report.seconds) == {"upload", "annotate", "train"}


def test_pipeline__again_sends_and_labels_nothing_and_trains(server: FakeServer, folder: Path) -> None:
    run(server, folder)
    report = run(server, folder)
    assert report.success is True
    assert report.annotate is not None
    assert (report.upload.images_skipped, report.annotate.images_skipped) == (3, 3)
    assert len(server.made("POST", "/auto-annotate/batch")) == 1
    assert len(server.made("POST", "/training/")) == 2


def test_pipeline__goes_on_from_a_model_within_a_limit_of_credits(server: FakeServer, folder: Path) -> None:
    run(server, folder, max_credits=9, parent_model_id="m0")
    assert server.made("POST", "/auto-annotate/batch")[0].json["max_credits"] == 9
    assert {call.json["parent_model_id"] for call in server.made("POST", "/training/check")} == {"m0"}
    assert server.made("POST", "/training/")[0].json["parent_model_id"] == "m0"


def test_pipeline__a_bad_file_does_not_stop_it(server: FakeServer, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"bad")
    report = run(server, folder)
    assert report.success is False
    assert report.model is not None
    assert [failure.path.name for failure in report.upload.failures] == ["broken.jpg"]
    assert str(report).startswith("Pipeline on 'signs': done, with failures")
    assert "broken.jpg" in str(report)


def test_pipeline__nothing_but_bad_files_stops_it(server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"bad")
    report = run(server, tmp_path)
    assert (report.success, report.annotate, report.training_run) == (False, None, None)


def test_pipeline__empty_folder(server: FakeServer, tmp_path: Path) -> None:
    report = run(server, tmp_path)
    assert (report.success, report.annotate) == (False, None)


@pytest.mark.parametrize(
    ("credits", "minimum", "goes_on"), [(5, 5, True), (4, 5, False), (0, 1, False), (0, None, True)]
)
def test_pipeline__credit_gate(
    server: FakeServer, folder: Path, credits: int, minimum: int | None, goes_on: bool
) -> None:
    server.credits = credits
    report = run(server, folder, min_credits=minimum)
    assert report.success is goes_on
    if goes_on:
        assert report.credit_skip_reason is None
    else:
        assert str(report.credit_skip_reason).startswith(f"Insufficient credits: {credits} left")
        assert str(minimum) in str(report.credit_skip_reason)
        assert server.made("POST", "/auto-annotate/batch") == []


def test_pipeline__upload_alone_looks_at_no_credits(server: FakeServer, folder: Path) -> None:
    report = run(server, folder, annotate=False, train=False, classes=[])
    assert report.success is True
    assert server.made("GET", "/credits/balance") == []


def test_pipeline__without_annotation(server: FakeServer, folder: Path) -> None:
    report = run(server, folder, annotate=False, classes=[])
    assert (report.success, report.annotate) == (True, None)
    assert report.training_run is not None


def test_pipeline__without_training(server: FakeServer, folder: Path) -> None:
    report = run(server, folder, train=False)
    assert (report.success, report.training_run) == (True, None)


def test_pipeline__report_says_what_it_trained_on(server: FakeServer, folder: Path) -> None:
    server.run = {**server.run, "device": "cpu (2 threads)"}
    assert "completed on cpu (2 threads)" in str(run(server, folder))


def test_pipeline__text_mode(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/auto-annotate/sam3/text", {"status": "no_detection"})
    report = run(server, folder, annotate_mode="text")
    assert report.annotate is not None
    assert report.annotate.images_processed == 3
    assert report.training_run is not None


def test_pipeline__failed_annotation_job_stops_it(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    server.job = wire.job("failed", error_message="the engine is not installed", processed_images=1)
    report = run(server, folder)
    assert (report.success, report.training_run) == (False, None)
    assert "the engine is not installed" in str(report)


def test_pipeline__some_images_failed_and_the_others_train(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    server.job = wire.job(processed_images=2, failed_images=1)
    report = run(server, folder)
    assert report.success is False
    assert report.model is not None


def test_pipeline__no_image_was_annotated_so_nothing_trains(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/auto-annotate/batch", wire.job("pending"))
    server.job = wire.job(failed_images=3)
    report = run(server, folder)
    assert (report.success, report.training_run) == (False, None)


# --- R4: what was done is not lost ---


def test_402__in_the_annotation(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/auto-annotate/batch", NO_CREDITS)
    with pytest.raises(PaymentRequiredError) as caught:
        run(server, folder)
    report = caught.value.report
    assert isinstance(report, PipelineReport)
    assert report.upload.images_uploaded == 3
    assert report.annotate is not None
    assert report.annotate.images_attempted == 3


def test_402__in_the_training(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/training/", NO_CREDITS)
    with pytest.raises(PaymentRequiredError) as caught:
        run(server, folder)
    assert caught.value.report.annotate.images_processed == 3
    assert caught.value.report.training_run is None
    assert caught.value.credit_cost == 9


def test_failed_run__is_in_the_report(server: FakeServer, folder: Path) -> None:
    server.run = wire.run(status="failed", error_message="out of memory")
    with pytest.raises(ApiError, match="out of memory") as caught:
        run(server, folder)
    report = caught.value.report
    assert (report.training_run.status, report.success) == ("failed", False)
    assert "out of memory" in str(report)


def test_slow_run__keeps_the_report(server: FakeServer, folder: Path) -> None:
    server.run = wire.run(status="running")
    with pytest.raises(PollTimeoutError) as caught:
        run(server, folder, train_timeout=20)
    assert caught.value.report.annotate.success is True


# --- R5: review ---


def test_review__stops_for_people(server: FakeServer, folder: Path) -> None:
    report = run(server, folder, review=True)
    assert (report.review_pending, report.stopped_for_review, report.training_run) == (3, True, None)
    assert report.success is False
    assert "waits for review" in str(report)
    assert "3 images to look at" in str(report)


def test_review__nobody_looked_yet(server: FakeServer, folder: Path) -> None:
    run(server, folder, review=True)
    report = run(server, folder, review=True)
    assert (report.review_pending, report.training_run) == (3, None)


def test_review__trains_on_what_people_completed(server: FakeServer, folder: Path) -> None:
    run(server, folder, review=True)
    first, second, _ = server.images.values()
    first.status = second.status = "complete"
    report = run(server, folder, review=True)
    assert (report.review_pending, report.stopped_for_review, report.success) == (1, False, True)
    assert report.model is not None


def test_review__without_training_is_a_success(server: FakeServer, folder: Path) -> None:
    report = run(server, folder, review=True, train=False)
    assert (report.review_pending, report.success) == (3, True)


# --- R3: fail before work ---


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"pipeline": "yolo11"}, "yolox, detectron2, sm_pytorch, classification, rfdetr_detection"),
        ({"gpu": "v100"}, "a10g, a100, h100"),
        ({"classes": []}, "BatchClass"),
        ({"classes": ["stop"]}, '("stop_sign", "bbox")'),
        ({"classes": [("stop", "mask")]}, '"polygon", "bbox", "tag"'),
        ({"classes": [("stop", None)]}, '"polygon", "bbox", "tag"'),
        ({"classes": {"stop": "bbox"}}, "BatchClass"),
        ({"classes": ["stop"], "annotate": False}, "BatchClass"),
        ({"train_config": {"epoch": 3}}, "epochs: a whole number"),
        ({"train_config": {"epochs": 0}}, "a whole number from 1"),
        ({"train_config": {"learning_rate": -1}}, "a number above 0"),
        ({"annotate_mode": "quick"}, "batch, text"),
        ({"annotate_mode": "text", "review": True}, "batch"),
        ({"dataset_name": ""}, "dataset_name"),
    ],
)
def test_arguments__refused_before_anything_is_sent(
    server: FakeServer, folder: Path, options: dict[str, Any], allowed: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        run(server, folder, **options)
    assert caught.value.status_code == 422
    assert allowed in str(caught.value)
    assert server.api.calls == []


def test_arguments__the_server_is_asked_before_anything_is_made(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", f"{API}/training/check", Reply(400, json={"detail": "'detectron2' is not built here"}))
    with pytest.raises(ValidationError, match="not built here"):
        run(server, folder, pipeline="detectron2")
    assert [call.path for call in server.api.calls] == [f"{API}/training/check"]


@pytest.mark.parametrize("mode", ["batch", "text"])
def test_arguments__an_annotator_that_lacks_a_class_gets_no_image(folder: Path, mode: str) -> None:
    server = FakeServer(exists=False)
    refusal = {"detail": "tiny does not know the class 'cat'", "code": "class_not_known", "fix": "Ask for stop."}
    server.api.on("POST", QUOTE, Reply(400, json=refusal))
    with pytest.raises(ValidationError, match="does not know the class 'cat'"):
        run(server, folder, classes=[("cat", "tag")], annotate_mode=mode, annotator="tiny")
    assert [call.path for call in server.api.calls] == [f"{API}/training/check", QUOTE]
    asked = server.api.calls[-1].json
    assert (asked["dataset_name"], asked["annotator"], asked["train"], asked["images"]) == ("signs", "tiny", False, 0)
    # Image by image, a tag is asked for as a polygon.
    assert [item["output_type"] for item in asked["classes"]] == ["tag" if mode == "batch" else "polygon"]


@pytest.mark.parametrize(
    ("status", "code", "refused"),
    [
        (404, "model_not_found", NotFoundError),
        (404, "model_file_missing", NotFoundError),
        (409, "model_not_ready", ConflictError),
        (403, "annotator_folder_forbidden", ForbiddenError),
    ],
)
def test_arguments__what_cannot_label_is_refused_first(
    server: FakeServer, folder: Path, status: int, code: str, refused: type[ApiError]
) -> None:
    server.api.on("POST", QUOTE, Reply(status, json={"detail": "no", "code": code}))
    with pytest.raises(refused):
        run(server, folder, model_id="m9", classes=[])
    assert server.images == {}


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, json={"detail": "Not Found"}),
        Reply(404, json={"detail": "no such address", "code": "not_found"}),
        Reply(405, json={"detail": "Method Not Allowed", "code": "method_not_allowed"}),
        Reply(500, json={"detail": "a fault", "code": "internal_error"}),
        Reply(200, json={"something": "else"}),
    ],
)
def test_arguments__a_server_that_cannot_be_asked_goes_on(server: FakeServer, folder: Path, reply: Reply) -> None:
    server.api.on("POST", QUOTE, reply)
    assert run(server, folder).success is True


def test_arguments__without_annotation_nobody_is_asked_about_it(server: FakeServer, folder: Path) -> None:
    server.api.on("POST", QUOTE, Reply(400, json={"detail": "nothing can label", "code": "annotator_unavailable"}))
    assert run(server, folder, annotate=False, classes=[]).success is True


def test_arguments__missing_folder_comes_first(server: FakeServer, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(server, tmp_path / "none", pipeline="yolo11")
    assert server.api.calls == []


# --- reports and progress ---


def test_progress__stages_in_order_and_only_growing(server: FakeServer, folder: Path) -> None:
    seen: list[Progress] = []
    run(server, folder, progress=seen.append)
    assert list(dict.fromkeys(state.stage for state in seen)) == ["upload", "annotate", "export", "train"]
    for stage in ("upload", "annotate", "export", "train"):
        counts = [state.completed for state in seen if state.stage == stage]
        assert counts == sorted(counts)
        assert counts[-1] == next(state.total for state in seen if state.stage == stage)


def test_report__text_and_html_say_the_same(server: FakeServer, folder: Path) -> None:
    report = run(server, folder)
    html = report._repr_html_()  # pyright: ignore[reportPrivateUsage]
    assert str(report).startswith("Pipeline on 'signs': done")
    for words in ("3 sent, 0 already there", "3 on 3 images", "completed", "m1"):
        assert words in str(report)
        assert words in html


def test_report__html_is_escaped(server: FakeServer, folder: Path) -> None:
    server.run = wire.run(status="failed", error_message="<script>alert(1)</script>")
    with pytest.raises(ApiError) as caught:
        run(server, folder)
    assert "<script>" not in caught.value.report._repr_html_()
