"""A trainer that takes no time, for tests of what surrounds a training run."""

import json
from collections.abc import Callable
from pathlib import Path

from pydantic import Field
from tests.api.jobs.workplace import Workplace

from pictograph_server.engines.trainers.base import (
    EpochReport,
    Prepared,
    Run,
    TrainedModel,
    TrainerSpec,
    TrainingConfig,
    TrainingData,
)
from pictograph_server.engines.trainers.yolox import YoloxTrainer
from pictograph_server.services.exports import tasks as export_tasks
from pictograph_server.services.training import tasks as training_tasks

BOX = {"name": "stop", "type": "bbox", "bounding_box": {"x": 4, "y": 5, "w": 10, "h": 8}}


class QuickConfig(TrainingConfig):
    epochs: int | None = Field(default=3, ge=1)


def no_hook(_epoch: int) -> None:
    """Let the epoch pass."""


class QuickTrainer:
    """Looks at the data for as many epochs as asked, and writes its name into the model's files."""

    seen: TrainingData | None = None
    trained = 0
    # The file it was told to start from, and what was in it.
    weights: Path | None = None
    began_with = b""
    seconds_an_epoch = 1.0
    in_epoch: Callable[[int], None] = staticmethod(no_hook)

    @staticmethod
    def train(_spec: TrainerSpec, data: TrainingData, config: TrainingConfig, run: Run) -> TrainedModel:
        assert isinstance(config, QuickConfig) and config.epochs is not None
        QuickTrainer.seen = data
        QuickTrainer.trained += 1
        if isinstance(config.weights, Path):
            QuickTrainer.weights = config.weights
            QuickTrainer.began_with = (run.workdir / config.weights).read_bytes()
        run.device_used("cpu (2 threads)")
        train, val = data.samples[1:], data.samples[:1]
        run.begins(Prepared(data.class_names, train, val, val, "0" * 64, ("No example of yield.",)), started_from=None)
        checkpoint = run.workdir / "epoch"
        done = int(checkpoint.read_text()) if checkpoint.exists() else 0
        run.goes_on([_report(epoch, config.epochs) for epoch in range(1, done + 1)])
        for epoch in range(done + 1, config.epochs + 1):
            QuickTrainer.in_epoch(epoch)
            run.raise_if_cancelled()
            checkpoint.write_text(str(epoch))
            run.report(_report(epoch, config.epochs))
        folder = run.workdir / "model"
        folder.mkdir(exist_ok=True)
        for name in ("model.onnx", "model.safetensors"):
            (folder / name).write_bytes(name.encode())
        (folder / "card.json").write_text(json.dumps({"classes": data.class_names, "n": QuickTrainer.trained}))
        card = {"pipeline": "yolox", "training": {"plan": {"epochs": 3, "seed": 7}}}
        seconds = QuickTrainer.seconds_an_epoch * config.epochs
        return TrainedModel(folder, "quick-s", data.class_names, {"map_50": 0.5}, config.epochs, seconds, card)


def _report(epoch: int, epochs: int) -> EpochReport:
    metrics = {"loss": 1 / epoch, "learning_rate": 0.1, "map_50": 0.1 * epoch, "nothing": float("nan")}
    return EpochReport(epoch, epochs, metrics, 1.0, QuickTrainer.seconds_an_epoch * epoch)


def use_quick_trainer(work: Workplace) -> None:
    """Let the jobs of a workplace train in no time."""
    specs = {"yolox": TrainerSpec("yolox", "object_detection", QuickConfig, YoloxTrainer, extra="train")}
    found = (*export_tasks.tasks(work.platform), *training_tasks.tasks(work.platform, specs, QuickTrainer.train))
    work.tasks = {task.name: task for task in found}


def export(work: Workplace, name: str, **body: object) -> None:
    request = {"dataset_name": "signs", "name": name, "include_images": True, "status_filter": "complete", **body}
    assert work.post("/exports/", request).status_code == 201
    assert work.run_job("export").state == "succeeded"


def start(work: Workplace, **body: object) -> dict[str, object]:
    request = {
        "dataset_name": "signs",
        "export_name": "v1",
        "pipeline_type": "yolox",
        "name": "run 1",
        "gpu_type": "a10g",
    }
    response = work.post("/training/", {**request, "config": {"epochs": 3}, **body})
    assert response.status_code == 201, response.text
    return response.json()["training_run"]


def run_of(work: Workplace, run: dict[str, object]) -> dict[str, object]:
    return work.get(f"/training/{run['id']}").json()["training_run"]
