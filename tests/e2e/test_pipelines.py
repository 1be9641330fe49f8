"""A pipeline run whose server is killed, and killed again: it ends as if nothing had been, each stage done once."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from examples.local_server import LocalServer
from tests.e2e.database import ServerDatabase
from tests.e2e.work import TINY_TRAINING

from pictograph import BatchClass, Client
from pictograph.models.pipeline import PipelineUpload
from pictograph.workflows import upload_dataset_from_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CLASSES = [BatchClass(name="stop_sign", output_type="bbox"), BatchClass(name="yield", output_type="bbox")]


def test_pipeline__killed_while_it_labels_and_between_its_stages(own_server: LocalServer, signs: Path) -> None:
    database = ServerDatabase(own_server.data)
    with Client(own_server.api_key, base_url=own_server.base_url) as client:
        run = client.pipelines.create("signs", pipeline="yolox", classes=CLASSES, train_config=TINY_TRAINING)
        report = upload_dataset_from_folder(client, "signs", signs)
        client.pipelines.continue_(run.id, upload=PipelineUpload(uploaded=report.images_uploaded))
        for reached in (
            "SELECT 1 FROM batch_jobs WHERE processed_images > 0",
            "SELECT 1 FROM pipeline_runs WHERE stage = 'train'",
        ):
            wait_until(lambda query=reached: bool(database.rows(query)))
            own_server.kill()
            own_server.start()
        done = client.pipelines.wait(run.id)
        assert (done.status, done.stage, done.error_message) == ("completed", "done", None)
        assert (done.annotate.labelled, done.annotate.total, done.train.epoch) == (16, 16, 2)
        assert sum(done.annotate.confidences) >= done.annotate.annotations > 0
        for table in ("batch_jobs", "exports", "training_runs", "models"):
            assert database.column(f"SELECT count(*) FROM {table}") == [1]
        assert done.model_id is not None
        assert client.models.get(done.model_id).status == "ready"
        jobs = [done.annotate.job_id, done.train.run_id]
        assert done.credits_spent == sum(database.spent_by(str(job)) for job in jobs)
        database.check_ledger()


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
