"""Every group of commands over a network that answers from a table: what is sent, what is printed, how it ends."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pictograph import Client
from pictograph._http.mock import MockApi, Reply
from pictograph.cli.app import app

API = "/api/v1/developer"
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC).isoformat()
DATASET: dict[str, Any] = {
    "id": "d1",
    "name": "signs",
    "image_count": 3,
    "completed_image_count": 2,
    "total_size": 1_500_000,
    "created_at": NOW,
}
MODEL: dict[str, Any] = {
    "id": "m1",
    "organization_id": "o1",
    "name": "signs-yolox",
    "model_type": "object_detection",
    "architecture": "yolox-nano",
    "visibility": "private",
    "status": "ready",
    "created_at": NOW,
    "updated_at": NOW,
}
RUN: dict[str, Any] = {
    "id": "r1",
    "organization_id": "o1",
    "name": "yolox-run",
    "pipeline_type": "yolox",
    "status": "running",
    "progress": 40,
    "current_epoch": 20,
    "total_epochs": 50,
    "eta_seconds": 90,
    "device": "cpu (2 threads)",
    "created_at": NOW,
}
EXPORT: dict[str, Any] = {
    "id": "e1",
    "project_id": "d1",
    "dataset_name": "signs",
    "name": "all",
    "format": "coco",
    "status": "completed",
    "created_at": NOW,
}
JOB: dict[str, Any] = {"job_id": "j1", "status": "running", "progress": 50, "total_images": 4, "processed_images": 2}
BOX: dict[str, Any] = {"id": "a1", "name": "yield", "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}}

Run = Callable[..., Result]


@pytest.fixture
def api() -> MockApi:
    return MockApi()


@pytest.fixture
def run(api: MockApi) -> Run:
    """Run a command line against the table."""

    def connect(api_key: str | None, base_url: str | None) -> Client:
        return Client.over(api.transport(max_retries=0))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), obj=connect)

    return run


def test_datasets_list__table_and_json(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/datasets/", {"datasets": [DATASET]})
    table = run("datasets", "list")
    assert table.exit_code == 0
    assert [word in table.stdout for word in ("signs", "d1", "3", "2", "2 MB")] == [True] * 5
    assert json.loads(run("datasets", "list", "--json").stdout)[0]["name"] == "signs"


def test_datasets_create__sends_the_description(api: MockApi, run: Run) -> None:
    api.on("POST", f"{API}/projects/", {"project": DATASET | {"organization_id": "o1"}})
    assert run("datasets", "create", "signs", "-d", "of the road").exit_code == 0
    assert api.calls[-1].json == {"name": "signs", "description": "of the road"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("datasets", "delete", "signs"),
        ("images", "delete", "i1"),
        ("annotations", "delete", "i1"),
        ("exports", "delete", "signs", "all"),
        ("models", "delete", "m1"),
        ("train", "cancel", "r1"),
    ],
)
def test_destructive_commands__nobody_to_confirm(api: MockApi, run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert api.calls == []


def test_datasets_delete__with_yes(api: MockApi, run: Run) -> None:
    api.on("DELETE", f"{API}/projects/signs", {"deleted": {"name": "signs"}})
    result = run("datasets", "delete", "signs", "--yes")
    assert (result.exit_code, result.stdout) == (0, "Deleted dataset 'signs'\n")


def test_images_status__all_that_wait_for_review(api: MockApi, run: Run) -> None:
    images = [
        {"id": f"i{n}", "filename": f"{n}.jpg", "status": "review", "created_at": "2026-01-01T00:00:00Z"}
        for n in (0, 2)
    ]
    api.on("GET", f"{API}/images/", {"images": images, "next_cursor": None, "total": 2})
    api.on("PATCH", f"{API}/batch/images/update", {"success": True, "processed": 2})
    result = run("images", "status", "signs", "complete", "--all-in", "review", "--json")
    assert json.loads(result.stdout) == {"changed": 2, "failed": []}
    assert api.calls[-1].json["image_ids"] == ["i0", "i2"]
    assert api.calls[0].query["status"] == "review"


def test_images_list__sends_what_is_given(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/images/", {"images": [], "next_cursor": None, "total": 0})
    arguments = ("--class", "stop", "--folder", "/a", "--no-recursive", "--sort", "least_confident", "-n", "5")
    assert run("images", "list", "signs", *arguments).exit_code == 0
    assert api.calls[0].query == {
        "dataset_name": "signs", "class_name": "stop", "folder_path": "/a", "recursive": "false",
        "sort": "least_confident", "limit": "5", "archived": "false",
    }  # fmt: skip


def test_images_list__size_is_checked_in_words(api: MockApi, run: Run) -> None:
    result = run("images", "list", "signs", "--size", "big")
    assert (result.exit_code, api.calls) == (2, [])
    assert "WIDTHxHEIGHT" in result.stderr


def test_search__similar_tags_and_duplicates(api: MockApi, run: Run) -> None:
    image = {"id": "i1", "filename": "a.jpg", "status": "new", "annotation_count": 0, "created_at": NOW}
    api.on("GET", f"{API}/search/similar", {"results": [image | {"similarity": 0.91}]})
    api.on("GET", f"{API}/search/by-tags", {"results": [image | {"project_id": "d1"}]})
    groups = [{"images": [image, image | {"id": "i2"}], "is_exact": True}]
    found = {"groups": groups, "group_count": 1, "images_searched": 2, "image_count": 2}
    api.on("GET", f"{API}/datasets/by-name/signs/duplicates", found)
    assert "0.910" in run("search", "similar", "i1").stdout
    assert "a.jpg" in run("search", "tags", "--object", "car", "--object", "bus").stdout
    assert "1 groups among 2 of 2 images" in run("search", "duplicates", "signs").stdout
    assert run("search", "tags").exit_code == 2


def test_datasets_counts_and_folders__tables(api: MockApi, run: Run) -> None:
    classes = [{"name": "stop", "image_count": 2, "annotation_count": 7, "tagged_image_count": 0}]
    counts = {"dataset_id": "d1", "image_count": 3, "archived_image_count": 1, "status": {"new": 3}, "classes": classes}
    api.on("GET", f"{API}/datasets/by-name/signs/counts", {"counts": counts})
    folder = {"path": "/a", "image_count": 1, "total_image_count": 3, "status": {"new": 3}, "folder_count": 1}
    api.on("GET", f"{API}/datasets/by-name/signs/folders", {"folders": [folder]})
    shown = run("datasets", "counts", "signs").stdout
    assert "3 images, 1 in the trash" in shown
    assert "stop" in shown
    assert "/a" in run("datasets", "folders", "signs").stdout


def test_images_status__of_nothing_is_wrong_usage(api: MockApi, run: Run) -> None:
    assert run("images", "status", "signs", "complete").exit_code == 2
    assert api.calls == []


def test_images_upload__needs_an_existing_file(api: MockApi, run: Run, tmp_path: Path) -> None:
    api.on("GET", f"{API}/datasets/by-name/signs", {"dataset": DATASET})
    result = run("images", "upload", "signs", str(tmp_path / "none.jpg"))
    assert result.exit_code == 2
    assert "none.jpg" in result.stderr


def test_annotations_get__json_list(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/annotations/i1", {"annotations": [BOX]})
    assert json.loads(run("annotations", "get", "i1").stdout)[0]["bounding_box"]["w"] == 3


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not JSON"),
        ("{}", "must hold a JSON list"),
        ('[{"name": "yield", "type": "bbox"}]', "bounding_box"),
    ],
    ids=["not json", "not a list", "no geometry"],
)
def test_annotations_save__bad_file_is_wrong_usage(
    api: MockApi, run: Run, tmp_path: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "annotations.json"
    file.write_text(content)
    result = run("annotations", "save", "i1", "--file", str(file))
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())
    assert api.calls == []


def test_annotations_save__sends_the_list(api: MockApi, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "annotations.json"
    file.write_text(json.dumps([BOX]))
    saved = {"image_id": "i1", "previous_count": 0, "new_count": 1, "status": "complete"}
    api.on("POST", f"{API}/annotations/i1", saved)
    result = run("annotations", "save", "i1", "--file", str(file), "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == saved


QUOTE: dict[str, Any] = {"images": 4, "estimated_credits": 4, "credits_remaining": 9, "sufficient": True}


def test_auto_annotate_estimate__asks_for_what_is_not_annotated(api: MockApi, run: Run) -> None:
    api.on("POST", f"{API}/auto-annotate/batch/quote", QUOTE)
    result = run("auto-annotate", "estimate", "signs", "-c", "stop=red octagon:bbox", "--annotator", "owlv2", "--json")
    assert (json.loads(result.stdout)["estimated_credits"], result.exit_code) == (4, 0)
    assert api.calls[0].json == {
        "dataset_name": "signs",
        "classes": [{"name": "stop", "output_type": "bbox", "prompts": ["red octagon"]}],
        "confidence_threshold": 0.5,
        "top_k": 1,
        "skip_annotated": True,
        "annotator": "owlv2",
    }


def test_auto_annotate_similar__boxes(api: MockApi, run: Run) -> None:
    api.on("POST", f"{API}/auto-annotate/similar", JOB)
    api.on("GET", f"{API}/auto-annotate/batch/j1", {**JOB, "status": "completed"})
    box = ("10", "20", "30.5", "40")
    result = run("auto-annotate", "similar", "signs", "a.jpg", *box, "--name", "stop", "--unlike", "1,2,3,4", "--json")
    assert json.loads(result.stdout)["status"] == "completed"
    sent = api.calls[0].json
    assert (sent["image"], sent["boxes"], sent["negative_boxes"]) == (
        "a.jpg",
        [{"x": 10, "y": 20, "w": 30.5, "h": 40}],
        [{"x": 1, "y": 2, "w": 3, "h": 4}],
    )


def test_auto_annotate_similar__malformed_box(run: Run) -> None:
    box = ("10", "20", "30", "40")
    result = run("auto-annotate", "similar", "signs", "a.jpg", *box, "--name", "stop", "--unlike", "1,2,3")
    assert (result.exit_code, "x,y,w,h" in result.output) == (2, True)


def test_auto_annotate_status__json(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/auto-annotate/batch/j1", JOB)
    assert json.loads(run("auto-annotate", "status", "j1", "--json").stdout)["processed_images"] == 2


def test_exports_list__table(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/exports/", {"exports": [EXPORT]})
    result = run("exports", "list", "--dataset", "signs")
    assert "coco" in result.stdout
    assert api.calls[-1].query["dataset_name"] == "signs"


@pytest.mark.parametrize("columns", ["60", "80"])
def test_tables__ids_are_whole_on_a_narrow_terminal(
    api: MockApi, run: Run, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    whole = "01a206b7-fc38-7bd6-8f7e-0123456789ab"
    api.on("GET", f"{API}/training/", {"training_runs": [RUN | {"id": whole, "name": "a long name " * 5}]})
    assert whole in run("train", "list").stdout


def test_tables__nothing_is_cut_off_in_a_pipe(api: MockApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    api.on("GET", f"{API}/datasets/", {"datasets": [DATASET | {"name": "a long name " * 20}]})
    (line,) = (line for line in run("datasets", "list").stdout.splitlines() if "long name" in line)
    assert "a long name " * 20 in line
    assert line.rstrip().endswith("2 MB")


def test_tables__none_is_said(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/datasets/", {"datasets": []})
    assert run("datasets", "list").stderr == "There are none.\n"
    assert run("datasets", "list", "--json").stderr == ""


def test_train_logs__one_line(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/training/r1", {"training_run": RUN})
    assert run("train", "logs", "r1").stdout == "yolox-run: running, 40 %, epoch 20/50, 90 s left, on cpu (2 threads)\n"


def test_train_logs__follow(api: MockApi, run: Run) -> None:
    epoch = {"epoch": 1, "losses": {"loss": 2.5}, "metrics": {"map_50": 0.25, "map_50/stop": 0.5}, "eta_seconds": 9}
    told = [
        ("snapshot", {"training_run": RUN}),
        ("message", {"message": "batch size 8", "at": "2026-01-01T00:00:00Z"}),
        ("epoch", {**epoch, "seconds": 1.0, "reported_at": "2026-01-01T00:00:00Z"}),
        ("snapshot", {"training_run": RUN | {"progress": 50}}),
        ("snapshot", {"training_run": RUN | {"status": "failed", "error_message": "no luck"}}),
        ("end", {}),
    ]
    stream = "".join(f"event: {kind}\ndata: {json.dumps(data)}\n\n" for kind, data in told)
    answer = Reply(content=stream.encode(), headers={"Content-Type": "text/event-stream"})
    api.on("GET", f"{API}/training/r1/events", answer)
    assert run("train", "logs", "r1", "--follow").stdout.splitlines() == [
        "yolox-run: running, 40 %, epoch 20/50, 90 s left, on cpu (2 threads)",
        "batch size 8",
        "epoch 1: loss 2.5, map_50 0.25, 9 s left",
        "yolox-run: failed, 40 %, epoch 20/50, 90 s left, on cpu (2 threads): no luck",
    ]


@pytest.mark.parametrize("config", ["{", "[1]", "@nowhere.json"])
def test_train_start__bad_config_is_wrong_usage(api: MockApi, run: Run, config: str) -> None:
    result = run("train", "start", "signs", "--pipeline", "yolox", "--config", config)
    assert result.exit_code == 2
    assert "--config" in result.stderr
    assert api.calls == []


def test_models_list__table(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/models/", {"models": [MODEL]})
    assert "yolox-nano" in run("models", "list").stdout


def test_models_get__by_name_and_id(api: MockApi, run: Run) -> None:
    model_id = "01a206b7-fc38-7bd6-8f7e-0123456789ab"
    api.on("GET", f"{API}/models/", {"models": [MODEL | {"id": model_id}]})
    api.on("GET", f"{API}/models/{model_id}", {"model": MODEL | {"id": model_id}})
    for given in ("signs-yolox", model_id):
        assert json.loads(run("models", "get", given, "--json").stdout)["id"] == model_id
    api.on("GET", f"{API}/models/nope", Reply(404, json={"detail": "There is no model 'nope'"}))
    assert "There is no model 'nope'" in run("models", "get", "nope").stderr


def test_images_upload__folder_is_sent_to_the_command_for_folders(api: MockApi, run: Run, tmp_path: Path) -> None:
    result = run("images", "upload", "signs", str(tmp_path))
    assert result.exit_code == 2
    assert "pictograph datasets import signs" in " ".join(result.stderr.replace("│", " ").split())
    assert api.calls == []


def test_models_evaluate__table_and_json(api: MockApi, run: Run) -> None:
    figures = {"task": "classification", "images": 2, "metrics": {"top_1": 0.5}, "classes": [{"class_name": "day"}]}
    started = {"id": "e1", "model_id": "m1", "dataset_name": "signs", "status": "completed", "created_at": NOW}
    api.on("GET", f"{API}/models/", {"models": [MODEL]})
    api.on("POST", f"{API}/models/m1/evaluations", {"evaluation": {**started, "status": "pending"}})
    api.on("GET", f"{API}/models/m1/evaluations/e1", {"evaluation": {**started, "evaluation": figures}})
    assert "top-1 0.500" in run("models", "evaluate", "signs-yolox", "signs", "--split", "all").stdout
    assert json.loads(run("models", "evaluate", "m1", "signs", "--json").stdout)["metrics"] == {"top_1": 0.5}
    assert [call.json["split"] for call in api.made("POST", f"{API}/models/m1/evaluations")] == ["all", None]


@pytest.mark.parametrize(("state", "is_shown"), [("failed", True), ("running", False), ("completed", False)])
def test_jobs_list__error_of_what_failed_alone(api: MockApi, run: Run, state: str, is_shown: bool) -> None:
    job = {"id": "j1", "kind": "train", "title": "Training run a", "state": state, "progress": 7, "created_at": NOW}
    api.on("GET", f"{API}/jobs/", {"jobs": [job | {"error": "its process is gone"}], "next_cursor": None})
    assert ("its process is gone" in run("jobs", "list").stdout) is is_shown


def test_credits_balance__sentence_and_json(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/credits/balance", {"credits_remaining": 7, "credits_monthly_allowance": 9})
    assert run("credits", "balance").stdout == "7 credits left of 9 a month\n"
    assert json.loads(run("credits", "balance", "--json").stdout)["credits_remaining"] == 7


def test_failure__on_stderr_with_the_fix_last(api: MockApi, run: Run) -> None:
    fix = "List them: `client.jobs.list()`, `client.jobs.there_is_no_such()`"
    api.on("GET", f"{API}/jobs/j9", Reply(404, json={"detail": "No job j9", "fix": fix}))
    result = run("jobs", "get", "j9", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: No job j9 (status=404")
    # In the words of this program, where it has them.
    assert result.stderr.endswith("Fix: List them: `pictograph jobs list`, `client.jobs.there_is_no_such()`\n")


def test_failure__refused_key_says_how_to_give_another(api: MockApi, run: Run) -> None:
    fix = "Send a key of this server in the header X-API-Key."
    api.on("GET", f"{API}/datasets/", Reply(401, json={"detail": "Unknown key", "fix": fix}))
    assert "Fix: Give a key of this server: `pictograph login`" in run("datasets", "list").stderr


def test_failure__misspelt_setting_is_told_once_with_the_one_meant(api: MockApi, run: Run) -> None:
    result = run("train", "start", "signs", "--pipeline", "yolox", "--set", "epoch=1")
    assert (result.exit_code, api.calls) == (2, [])
    assert result.stderr.splitlines()[0].startswith(
        "Error: train_config has no setting 'epoch'; did you mean 'epochs'?"
    )
    assert result.stderr.count("has no setting") == 1


def test_failure__malformed_value_is_wrong_usage(api: MockApi, run: Run) -> None:
    detail = [{"loc": ["body", "epochs"], "msg": "must be at least 1", "type": "value_error"}]
    api.on("GET", f"{API}/training/r1", Reply(422, json={"detail": detail}))
    result = run("train", "status", "r1")
    assert result.exit_code == 2
    assert "epochs: must be at least 1" in result.stderr


def test_failure__bad_request_is_a_failure(api: MockApi, run: Run) -> None:
    api.on("GET", f"{API}/training/r1", Reply(400, json={"detail": "cannot"}))
    assert run("train", "status", "r1").exit_code == 1


def test_metrics_compare__files_need_no_server(run: Run, api: MockApi, tmp_path: Path) -> None:
    for name, width in (("people", 10), ("machine", 8)):
        box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, width, 10], "score": 0.9}
        document = {
            "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
            "annotations": [box],
            "categories": [{"id": 1, "name": "sign"}],
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    arguments = ("metrics", "compare", str(tmp_path / "people.json"), str(tmp_path / "machine.json"))
    shown = run(*arguments)
    assert shown.exit_code == 0, shown.output
    assert [word in shown.stdout for word in ("sign", "1.00", "0.800", "0.9-1.0")] == [True] * 4
    answer = json.loads(run(*arguments, "--iou", "0.9", "--json").stdout)
    assert (answer["total"]["matched"], answer["worst_images"][0]["problems"][0]["kind"]) == (0, "badly_outlined")
    assert api.calls == []


COMPARISON: dict[str, Any] = {
    "reference": "people",
    "other": "machine",
    "iou": 0.5,
    "image_count": 2,
    "total": {"class_name": "all", "reference_count": 3, "other_count": 4, "matched": 3},
    "classes": [{"class_name": "sign", "reference_count": 3, "other_count": 4, "matched": 3}],
    "review": [{"image_id": "i1", "path": "/a.jpg", "label_count": 2, "least_confidence": 0.31, "doubt": 0.69}],
    "notes": ["two images were left out"],
}


def test_metrics_compare__inside_a_dataset(api: MockApi, run: Run) -> None:
    api.on("POST", f"{API}/datasets/by-name/signs/compare", COMPARISON)
    result = run("metrics", "compare", "people", "batch:j1", "-d", "signs", "-c", "sign, pole")
    assert result.exit_code == 0, result.output
    assert [word in result.stdout for word in ("0.75", "/a.jpg", "two images were left out")] == [True] * 3
    sent = api.calls[-1].json
    assert (sent["reference"], sent["other"], sent["class_names"]) == ("people", "batch:j1", ["sign", "pole"])


def test_metrics_compare__two_datasets(api: MockApi, run: Run) -> None:
    api.on("POST", f"{API}/datasets/by-name/signs/compare", COMPARISON)
    assert run("metrics", "compare", "dataset:signs", "dataset:others").exit_code == 0
    assert (api.calls[-1].json["reference"], api.calls[-1].json["other"]) == ("dataset:signs", "dataset:others")


def test_metrics_compare__a_dataset_against_files_says_what_to_do(run: Run, tmp_path: Path) -> None:
    result = run("metrics", "compare", "dataset:signs", str(tmp_path))
    assert result.exit_code == 2
    assert "datasets download signs" in result.stderr.replace("\n", " ")


def test_metrics_review_order__names_of_images(api: MockApi, run: Run) -> None:
    api.on("POST", f"{API}/datasets/by-name/signs/compare", COMPARISON)
    result = run("metrics", "review-order", "signs", "--other", "sam3", "-n", "7")
    assert [word in result.stdout for word in ("/a.jpg", "0.31")] == [True] * 2
    assert (api.calls[-1].json["other"], api.calls[-1].json["review_limit"]) == ("sam3", 7)
    assert json.loads(run("metrics", "review-order", "signs", "--json").stdout)[0]["path"] == "/a.jpg"


def test_batch__what_matches_is_changed(run: Run, api: MockApi) -> None:
    api.on("POST", f"{API}/batch/matching", {"status": "completed", "total": 7, "processed": 7})
    where = ("--where", "class_name=stop", "--where", "min_confidence=0.5", "--where", "annotated=true")
    result = run("batch", "update", "signs", *where, "--status", "review")
    assert (result.exit_code, result.stdout) == (0, "7 images updated\n")
    sent = api.calls[-1].json
    assert sent["filter"] == {"class_name": "stop", "min_confidence": 0.5, "annotated": True}
    assert sent["change"] == {"kind": "status", "status": "review"}
    run("batch", "restore", "signs", "--where", "folder_path=/a")
    assert api.calls[-1].json["filter"] == {"folder_path": "/a", "archived": True}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--where", "colour=red"), "colour=red"),
        (("--where", "min_confidence=high"), "min_confidence"),
        (("id", "--where", "tag=night"), "not both"),
    ],
)
def test_batch__a_filter_that_is_none(run: Run, arguments: tuple[str, ...], why: str) -> None:
    result = run("batch", "delete", "signs", *arguments)
    assert result.exit_code == 2 and why in result.stderr
