"""Training runs with a trainer that takes no time, and the models they leave."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, select
from tests.api.jobs.quick_training import BOX, QuickTrainer, export, run_of, start
from tests.api.jobs.workplace import D, Killed, Workplace

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.storage.db.tables import images, models, training_runs


def test_training__queued_then_completed_with_a_model(signs: Workplace):
    run = start(signs)
    assert (run["status"], run["total_epochs"], run["metrics"], run["model_id"]) == ("queued", 3, {}, None)
    assert signs.run_job("train").state == "succeeded"
    run = run_of(signs, run)
    assert (run["status"], run["progress"], run["current_epoch"], run["device"]) == (
        "completed",
        100,
        3,
        "cpu (2 threads)",
    )
    assert run["metrics"] == {"loss": pytest.approx(1 / 3), "learning_rate": 0.1, "map_50": 0.5}
    model = signs.get(f"/models/{run['model_id']}").json()["model"]
    assert (model["status"], model["architecture"], model["model_type"]) == ("ready", "quick-s", "object_detection")
    assert model["class_mapping"] == {"0": "stop", "1": "yield"}


def test_training__holds_the_estimate_and_returns_what_it_did_not_use(signs: Workplace):
    run = start(signs)
    signs.run_job("train")
    held, spent = signs.spent(str(run["id"]))
    assert (held, spent) == (30, 5)
    lines = signs.get("/credits/history").json()["entries"]
    assert [(line["operation"], line["amount"]) for line in lines[:1]] == [("training_refund_a10g", 25)]


def test_training__learns_from_the_export_and_not_from_the_live_dataset(signs: Workplace):
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    signs.save(signs.add_image(dataset, "late.png"), [BOX], "complete")
    with signs.platform.db.write() as conn:
        first = conn.execute(select(images.c.id).where(images.c.filename == "0.png")).scalar_one()
        conn.execute(images.update().where(images.c.id == first).values(dhash="00ff00ff00ff00ff"))
    signs.save(first, [], "complete")
    start(signs)
    signs.run_job("train")
    data = QuickTrainer.seen
    assert data is not None
    assert (data.class_names, len(data.samples)) == (("stop", "yield"), 6)
    sample = data.samples[0]
    assert (sample.image_id, sample.dhash, sample.path.suffix) == (first, "00ff00ff00ff00ff", ".png")
    assert [shape.box_xyxy for shape in sample.shapes] == [(4.0, 5.0, 14.0, 13.0)]


def test_training__class_filter_of_the_export_decides_the_classes(signs: Workplace):
    export(signs, "stops", class_filter=["stop"])
    start(signs, export_name="stops")
    signs.run_job("train")
    assert QuickTrainer.seen is not None and QuickTrainer.seen.class_names == ("stop",)


def test_training__download_gives_the_onnx_file(signs: Workplace):
    run = start(signs)
    signs.run_job("train")
    model_id = run_of(signs, run)["model_id"]
    link = signs.get(f"/models/{model_id}/download").json()
    assert (link["filename"], link["model_name"]) == ("run 1.onnx", "run 1")
    assert signs.client.get(link["download_url"].removeprefix("http://testserver")).content == b"model.onnx"
    card = signs.get(f"/models/{model_id}/download?file=card.json").json()
    assert json.loads(signs.client.get(card["download_url"].removeprefix("http://testserver")).content)


def test_training__killed_in_any_transaction_makes_one_model(signs: Workplace):
    # Transactions: start, unpacked, device, beginning, one epoch a second and the last, trained, stored, finish.
    for kill_at in range(1, 10):
        run = start(signs, name=f"run {kill_at}")
        assert signs.run_job("train", kill_at=kill_at).state in ("queued", "succeeded")
        if run_of(signs, run)["status"] != "completed":
            assert signs.run_job("train").state == "succeeded"
        assert (run_of(signs, run)["status"], run_of(signs, run)["current_epoch"]) == ("completed", 3)
        assert signs.spent(str(run["id"]))[1] == 5
    with signs.platform.db.read() as conn:
        assert len(conn.execute(select(models.c.id)).all()) == 9


@pytest.mark.parametrize("kill_at", [8, 9], ids=["stored", "finish"])
def test_training__finished_model_is_not_trained_again(signs: Workplace, kill_at: int):
    start(signs)
    # start, unpacked, device, beginning, epoch 1, epoch 3, trained, stored, finish
    assert signs.run_job("train", kill_at=kill_at).state == "queued"
    assert signs.run_job("train").state == "succeeded"
    assert QuickTrainer.trained == 1


def test_training__what_a_lost_attempt_stored_goes_when_other_files_follow(signs: Workplace, tmp_path: Path):
    run = start(signs)
    assert signs.run_job("train", kill_at=8).state == "queued"
    # Another machine takes over: the working folder is not there, and the second model's card has other bytes.
    shutil.rmtree(tmp_path / str(run["id"]) / "work")
    assert signs.run_job("train").state == "succeeded"
    assert QuickTrainer.trained == 2
    with signs.platform.db.read() as conn:
        [files] = conn.execute(select(models.c.files)).scalars()
    blobs = tmp_path / "data" / "blobs"
    assert {blobs / key for key in files.values()} == {path for path in blobs.glob("models/**/*") if path.is_file()}


def test_training__killed_between_its_model_and_the_end_of_its_job(signs: Workplace):
    def die(_conn: Connection, _job: JobRecord) -> None:
        raise Killed

    run = start(signs)
    task = signs.tasks["train"]
    signs.tasks["train"] = replace(task, on_end=die)
    assert signs.run_job("train").state == "queued"
    assert run_of(signs, run)["status"] == "completed"
    signs.tasks["train"] = task
    assert signs.run_job("train").state == "succeeded"
    assert run_of(signs, run)["status"] == "completed"
    assert signs.spent(str(run["id"])) == (30, 5)


def test_training__refusal_of_the_trainer_is_the_error_message(signs: Workplace):
    def refuse(_epoch: int) -> None:
        raise BadTrainingData("No boxes", why="all are tags", fix="Annotate boxes")

    QuickTrainer.in_epoch = staticmethod(refuse)
    run = start(signs)
    assert signs.run_job("train").state == "failed"
    assert run_of(signs, run)["error_message"] == "No boxes: all are tags. Annotate boxes"
    assert (run_of(signs, run)["status"], run_of(signs, run)["model_id"]) == ("failed", None)
    assert signs.spent(str(run["id"]))[1] == 0


def test_cancel__waiting_run_ends_at_once_and_costs_nothing(signs: Workplace):
    run = start(signs)
    answer = signs.post(f"/training/{run['id']}/cancel")
    assert answer.json()["training_run"]["status"] == "cancelled"
    signs.end_cancelled()
    assert signs.spent(str(run["id"]))[1] == 0


def test_cancel__run_at_work_stops_and_pays_for_its_time(signs: Workplace):
    run = start(signs)

    def cancel(_epoch: int) -> None:
        signs.post(f"/training/{run['id']}/cancel")

    QuickTrainer.in_epoch = staticmethod(cancel)
    assert signs.run_job("train").state == "cancelled"
    ended = run_of(signs, run)
    assert (ended["status"], ended["model_id"], ended["error_message"]) == ("cancelled", None, None)
    assert signs.spent(str(run["id"])) == (30, 5)


def test_cancel__ended_run_is_400(signs: Workplace):
    run = start(signs)
    signs.run_job("train")
    response = signs.post(f"/training/{run['id']}/cancel")
    assert (response.status_code, "completed" in response.text) == (400, True)


def test_training__export_deleted_while_waiting_fails_clearly(signs: Workplace):
    run = start(signs)
    signs.client.delete(f"{D}/exports/signs/v1")
    signs.run_job("train")
    ended = run_of(signs, run)
    assert (ended["status"], "export was deleted" in str(ended["error_message"])) == ("failed", True)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({"pipeline_type": "yolo12"}, 422, "pipelines are ", id="unknown pipeline"),
        pytest.param({"gpu_type": "h200"}, 422, "a10g, a100, h100", id="unknown gpu"),
        pytest.param({"config": {"epoch": 3}}, 422, "'epochs'", id="unknown setting"),
        pytest.param({"config": {"epochs": 0}}, 422, "epochs = 0", id="setting out of range"),
        pytest.param({"config": {"weights": "/etc/passwd"}}, 422, "file on the server", id="path in a setting"),
        pytest.param({"name": ""}, 422, "1 to 100", id="empty name"),
        pytest.param({"name": "x" * 101}, 422, "1 to 100", id="long name"),
        pytest.param({"dataset_name": "sings"}, 404, "sings", id="unknown dataset"),
        pytest.param({"export_name": "v9"}, 404, "v9", id="unknown export"),
    ],
)
def test_create_run__refused_with_what_is_allowed(signs: Workplace, body: dict[str, object], status: int, words: str):
    request = {
        "dataset_name": "signs",
        "export_name": "v1",
        "pipeline_type": "yolox",
        "name": "r",
        "config": {},
        **body,
    }
    response = signs.post("/training/", request)
    assert (response.status_code, words in response.text) == (status, True), response.text
    with signs.platform.db.read() as conn:
        assert conn.execute(select(training_runs.c.id)).all() == []


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({"pipeline_type": "yolox", "config": {"epochs": 3}}, 200, "", id="can be done"),
        pytest.param({"pipeline_type": "yolo12"}, 422, "yolox", id="unknown pipeline"),
        pytest.param({"pipeline_type": "yolox", "gpu_type": "h200"}, 422, "a10g, a100, h100", id="unknown gpu"),
        pytest.param({"pipeline_type": "yolox", "config": {"image_size": 100}}, 422, "multiple of 32", id="setting"),
    ],
)
def test_check_training__says_what_create_would(work: Workplace, body: dict[str, object], status: int, words: str):
    answer = work.post("/training/check", body)
    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize(
    ("export_body", "words"),
    [
        pytest.param({"status_filter": "review"}, "no images", id="empty"),
        pytest.param({"class_filter": ["yield"]}, "0 of its 6 images", id="nothing annotated"),
        pytest.param({"format": "coco"}, "format is coco", id="other format"),
        pytest.param({"include_images": False}, "holds no images", id="no images inside"),
    ],
)
def test_create_run__export_that_teaches_nothing_is_400(signs: Workplace, export_body: dict[str, object], words: str):
    export(signs, "poor", **export_body)
    response = signs.post(
        "/training/", {"dataset_name": "signs", "export_name": "poor", "pipeline_type": "yolox", "name": "r"}
    )
    assert (response.status_code, words in response.json()["detail"]) == (400, True), response.text


def test_create_run__export_not_completed_is_400(signs: Workplace):
    signs.post("/exports/", {"dataset_name": "signs", "name": "v2"})
    body = {"dataset_name": "signs", "export_name": "v2", "pipeline_type": "yolox", "name": "r"}
    response = signs.post("/training/", body)
    assert (response.status_code, "pending" in response.text) == (400, True)


def test_create_run__hosted_client_asks_without_config(signs: Workplace):
    body = {"dataset_name": "signs", "export_name": "v1", "pipeline_type": "yolox", "name": "r"}
    run = signs.post("/training/", body).json()["training_run"]
    assert (run["gpu_type"], run["config"]) == ("a10g", {})


def test_delete_model__row_and_files_are_gone(signs: Workplace, tmp_path: Path):
    run = start(signs)
    signs.run_job("train")
    model_id = run_of(signs, run)["model_id"]
    assert signs.client.delete(f"{D}/models/{model_id}").status_code == 204
    assert signs.get(f"/models/{model_id}").status_code == 404
    assert not [path for path in (signs.platform.settings.data_dir / "blobs" / "models").rglob("*") if path.is_file()]


def test_list_models__archived_only_when_asked_for(signs: Workplace):
    start(signs)
    signs.run_job("train")
    with signs.platform.db.write() as conn:
        conn.execute(models.update().values(status="archived"))
    assert signs.get("/models/").json() == {"models": []}
    assert len(signs.get("/models/?status=archived").json()["models"]) == 1


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        pytest.param({"status": "training"}, 409, "model_not_ready", id="not ready"),
        pytest.param({"files": {"model.onnx": "models/gone"}}, 404, "model_file_missing", id="weights lost"),
    ],
)
def test_download_model__refused(signs: Workplace, values: dict[str, object], status: int, code: str):
    start(signs)
    signs.run_job("train")
    with signs.platform.db.write() as conn:
        conn.execute(models.update().values(values))
        model_id = conn.execute(select(models.c.id)).scalar_one()
    response = signs.get(f"/models/{model_id}/download")
    assert (response.status_code, response.json()["code"]) == (status, code)
