"""What was written down about a model when it was made, as the API tells it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.api.jobs.workplace import Workplace
from tests.networks import red_detector
from tests.stored_models import store_model

from pictograph.models.card import ModelCard
from pictograph.models.evaluation import ModelEvaluation
from pictograph_server.storage.db.tables import models, training_runs
from pictograph_server.storage.db.types import new_id, now
from pictograph_server.storage.digest import file_sha256

CARD: Mapping[str, object] = {
    "pipeline": "yolox",
    "task": "object_detection",
    "architecture": "yolox_nano",
    "class_names": ["stop_sign", "yield"],
    "inference": {},
    "metrics": {"map_50": 0.5},
    "data": {"sha256": "00", "images": 10, "splits": {"train": 8, "val": 2}, "measured_on": "val", "objects": {}},
    "training": {
        "config": {},
        "plan": {},
        "best_epoch": 1,
        "epochs": 2,
        "seed": 0,
        "device": "cpu",
        "seconds": 1.5,
        "finished_at": "2026-01-01T00:00:00Z",
    },
    "files": {
        "model.onnx": {"sha256": "00", "size_bytes": 3, "opset": 17, "largest_difference_from_torch": {}},
        "model.safetensors": {"holds": "weights"},
    },
    "versions": {"torch": "2"},
    "license": "Apache-2.0",
}


@pytest.fixture
def model_id(work: Workplace, tmp_path: Path) -> str:
    file = red_detector(tmp_path / "detector")
    figures = ModelEvaluation(task="object_detection", images=2, measured_on="val", metrics={"map_50": 0.5})
    file.with_name("evaluation.json").write_text(figures.model_dump_json())
    return store_model(work.platform, work.organization_id, file, dataset_id=work.make_dataset())


def change(work: Workplace, model_id: str, **values: object) -> None:
    with work.platform.db.write() as conn:
        conn.execute(update(models).where(models.c.id == model_id).values(**values))


def test_model_card__as_it_was_made(work: Workplace, model_id: str) -> None:
    change(work, model_id, card=CARD)
    answer = work.get(f"/models/{model_id}/card").json()["card"]
    assert ModelCard.model_validate(answer) == ModelCard.model_validate(CARD)
    # As in the file: users of both find the same names.
    assert answer["files"]["model.onnx"]["size_bytes"] == 3


def test_model_card__made_without(work: Workplace, model_id: str) -> None:
    answer = work.get(f"/models/{model_id}/card")
    assert (answer.status_code, answer.json()["code"]) == (404, "model_file_missing")


def test_model_files__sizes_and_digests(work: Workplace, model_id: str, tmp_path: Path) -> None:
    files = {each["name"]: each for each in work.get(f"/models/{model_id}/files").json()["files"]}
    assert list(files) == ["card.json", "evaluation.json", "model.onnx", "model.safetensors"]
    onnx = tmp_path / "detector" / "model.onnx"
    assert files["model.onnx"]["size_bytes"] == onnx.stat().st_size
    assert file_sha256(onnx).startswith(files["model.onnx"]["digest"])
    assert len(files["model.onnx"]["digest"]) == 16


def test_model_files__lost_ones_are_not_told(work: Workplace, model_id: str) -> None:
    with work.platform.db.read() as conn:
        keys = conn.execute(models.select().where(models.c.id == model_id)).one().files
    work.platform.blobs.delete(keys["card.json"])
    names = [each["name"] for each in work.get(f"/models/{model_id}/files").json()["files"]]
    assert "card.json" not in names and "model.onnx" in names


def test_training_evaluation__as_it_was_measured(work: Workplace, model_id: str) -> None:
    found = ModelEvaluation.model_validate(work.get(f"/models/{model_id}/evaluation").json()["evaluation"])
    assert (found.images, found.measured_on, found.metrics) == (2, "val", {"map_50": 0.5})


def test_training_evaluation__lost(work: Workplace, model_id: str) -> None:
    change(work, model_id, files={})
    answer = work.get(f"/models/{model_id}/evaluation")
    assert (answer.status_code, answer.json()["code"]) == (404, "model_file_missing")


def test_list_models__children_of_one(work: Workplace, model_id: str, tmp_path: Path) -> None:
    other = work.make_dataset("others")
    child = store_model(work.platform, work.organization_id, red_detector(tmp_path / "child"), dataset_id=other)
    change(work, child, parent_model_id=model_id)
    found = work.get(f"/models/?parent_model_id={model_id}").json()["models"]
    assert [each["id"] for each in found] == [child]
    assert found[0]["training_run_id"] and found[0]["parent_model_id"] == model_id


def test_list_runs__of_one_pipeline(work: Workplace) -> None:
    dataset = work.make_dataset()
    with work.platform.db.write() as conn:
        for pipeline in ("yolox", "classification"):
            row = {"id": new_id(), "organization_id": work.organization_id, "dataset_id": dataset, "name": pipeline}
            state = {"status": "completed", "metrics": {}, "config": {}, "remarks": [], "created_at": now()}
            conn.execute(training_runs.insert().values(pipeline_type=pipeline, **row, **state))
    found = work.get("/training/?pipeline_type=classification").json()["training_runs"]
    assert [each["name"] for each in found] == ["classification"]
