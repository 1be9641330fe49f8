"""A program that dies while its training waits or runs, and is started again: one training, paid for once."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import func, select
from tests.api.jobs.quick_training import BOX, use_quick_trainer
from tests.api.jobs.workplace import Workplace, png

from pictograph import Client
from pictograph._http.transport import Transport
from pictograph._internal.config import ClientConfig
from pictograph.workflows import PipelineReport, Progress, full_pipeline
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.services.pipelines import advance
from pictograph_server.storage.db import tables


class Killed(BaseException):
    """Stands for kill -9 of the program: it says nothing more to anybody."""


class Program:
    """A program on its own machine: what the server does, it does while the program sleeps."""

    def __init__(self, work: Workplace, folder: Path) -> None:
        self.work = work
        self.folder = folder
        self.lanes = ["ingest", "export"]
        self.is_dead = False

    def run(self, progress: Callable[[Progress], None] = lambda _: None) -> PipelineReport:
        self.is_dead = False
        config = ClientConfig(api_key=SecretStr("pk_live_" + "0" * 32), base_url="http://testserver", max_retries=0)
        transport = Transport(config, network=httpx2.MockTransport(self._answer), sleep=self._work)
        return full_pipeline(
            Client.over(transport),
            dataset_name="signs",
            folder=self.folder,
            classes=[],
            pipeline="yolox",
            annotate=False,
            train_config={"epochs": 3},
            min_credits=None,
            progress=progress,
        )

    def die_training(self) -> None:
        def die(state: Progress) -> None:
            if state.stage == "train":
                self.is_dead = True
                raise Killed

        with pytest.raises(Killed):
            self.run(die)

    def count(self, table: object) -> int:
        with self.work.platform.db.read() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()  # pyright: ignore[reportArgumentType]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_dead:
            raise httpx2.ConnectError("the program is dead")
        headers = {key: value for key, value in request.headers.items() if key.lower() != "x-api-key"}
        answer = self.work.client.request(request.method, str(request.url), content=request.read(), headers=headers)
        return httpx2.Response(answer.status_code, content=answer.content, headers={"content-type": "application/json"})

    def _work(self, _seconds: float) -> None:
        for lane in self.lanes:
            self.work.run_lane(lane)


@pytest.fixture
def program(work: Workplace, tmp_path: Path, app_client: TestClient) -> Program:
    """A dataset of six complete images, and the folder they came from."""
    use_quick_trainer(work)
    folder = tmp_path / "signs"
    folder.mkdir()
    dataset = work.make_dataset("signs", [("stop", "bbox")])
    for number in range(6):
        data = png((64, 48), f"/{number}.png")
        (folder / f"{number}.png").write_bytes(data)
        work.save(work.add_image(dataset, f"{number}.png", data=data), [BOX], "complete")
    return Program(work, folder)


def test_again__the_training_that_waits_is_the_one(program: Program):
    program.die_training()
    assert program.count(tables.training_runs) == 1
    program.lanes.append("train")
    report = program.run()
    assert report.training_run is not None
    assert report.model is not None
    assert (report.success, report.training_run.status, len(report.remarks)) == (True, "completed", 1)
    for table in (tables.training_runs, tables.models, tables.exports, tables.versions, tables.credit_holds):
        assert program.count(table) == 1, table
    runs = program.work.get("/pipelines/?dataset_name=signs").json()["pipeline_runs"]
    assert [each["train"]["run_id"] for each in runs] == [report.training_run.id] * 2
    assert (runs[0]["status"], runs[0]["model_id"]) == ("completed", report.model.id)


def test_again__another_image_is_another_training(program: Program):
    program.die_training()
    with program.work.platform.db.read() as conn:
        dataset = conn.execute(select(tables.datasets.c.id)).scalar_one()
    program.work.save(program.work.add_image(dataset, "new.png"), [BOX], "complete")
    program.lanes.append("train")
    report = program.run()
    assert (report.success, report.remarks) == (True, [])
    assert (program.count(tables.training_runs), program.count(tables.versions)) == (2, 2)


def test_resume__waits_for_the_training_that_outlived_its_program(program: Program):
    program.die_training()
    [run] = program.work.get("/pipelines/?dataset_name=signs").json()["pipeline_runs"]
    # What a program says that waited too long.
    program.work.post(f"/pipelines/{run['id']}/report", {"outcome": "failed", "error_message": "It took too long"})
    program.work.post(f"/pipelines/{run['id']}/resume")
    tick = advance.ticker(program.work.platform, trainer_specs)
    for _ in range(3):
        tick()
        program.work.run_lane("export")
        program.work.run_lane("train")
    again = program.work.get(f"/pipelines/{run['id']}").json()["pipeline_run"]
    assert (again["status"], again["driver"], again["train"]["run_id"]) == (
        "completed",
        "server",
        run["train"]["run_id"],
    )
    assert (program.count(tables.training_runs), program.count(tables.models)) == (1, 1)
