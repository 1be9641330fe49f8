"""The job of training and what happens when it ends without a model."""

from sqlalchemy import Connection

from pictograph_server.engines.trainers.base import TrainModel
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.credits import service as credits
from pictograph_server.services.training import repository
from pictograph_server.services.training.checks import DEFAULT_GPU, TrainerSpecs
from pictograph_server.services.training.estimate import charge
from pictograph_server.services.training.service import TRAIN_LANE, TRAIN_TASK
from pictograph_server.settings import Prices
from pictograph_server.storage.db.types import now


def tasks(
    platform: Platform, specs: TrainerSpecs | None = None, train_model: TrainModel | None = None
) -> tuple[Task, ...]:
    def run_training(run: JobRun) -> None:
        # In the job's process only: the server that lists the tasks starts without numpy.
        from pictograph_server.engines.trainers.train import train as train_with_torch
        from pictograph_server.services.training.train import train

        train(run, platform, trainer_specs() if specs is None else specs, train_model or train_with_torch)

    def on_end(conn: Connection, job: JobRecord) -> None:
        _on_end(conn, job, platform.settings.prices)

    return (Task(name=TRAIN_TASK, lane=TRAIN_LANE, function=run_training, on_end=on_end),)


def _on_end(conn: Connection, job: JobRecord, prices: Prices) -> None:
    record = repository.find(conn, job.organization_id, job.id)
    if record is not None:
        if job.state == "cancelled" and record.training_seconds:
            # The time that was used is paid for; a run that failed costs nothing.
            cost = charge(prices, record.gpu_type or DEFAULT_GPU, record.training_seconds)
            credits.capture(conn, job_id=job.id, step="training", amount=cost)
        if job.state != "succeeded":
            repository.end(
                conn,
                job.id,
                "cancelled" if job.state == "cancelled" else "failed",
                moment=now(),
                error_message=None if job.state == "cancelled" else job.error or "The job ended without saying why",
            )
    # Also when the run's row went with its dataset.
    credits.release(conn, job_id=job.id)
