"""The trainer's line to the platform: epochs become the run's row, cancel becomes an exception."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

from pictograph_server.engines.errors import Cancelled
from pictograph_server.engines.trainers.base import EpochReport
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.services.training import repository
from pictograph_server.services.training.repository import EpochState

# Epochs of a tiny network pass many a second; the row is written at most once in this time.
_WRITE_INTERVAL_S = 1.0
# Of the run's 100 %, what lies before the model is evaluated, exported and stored.
_TRAINING_SHARE = 95


class ReportingRun:
    """A `Run` for one attempt of a training job."""

    def __init__(self, run: JobRun, workdir: Path) -> None:
        self.workdir = workdir
        self._run = run
        self._written_at = -math.inf

    def raise_if_cancelled(self) -> None:
        try:
            self._run.raise_if_cancelled()
        except JobCancelled as cancelled:
            raise Cancelled(str(cancelled)) from cancelled

    def report(self, report: EpochReport) -> None:
        self.raise_if_cancelled()
        is_last = report.epoch >= report.epochs
        if not is_last and time.monotonic() - self._written_at < _WRITE_INTERVAL_S:
            return
        self._written_at = time.monotonic()
        share = report.epoch / max(1, report.epochs)
        state = EpochState(
            progress=int(_TRAINING_SHARE * min(1.0, share)),
            current_epoch=report.epoch,
            total_epochs=report.epochs,
            metrics=finite(report.metrics),
            eta_seconds=None if report.eta_seconds is None else max(0, round(report.eta_seconds)),
        )
        with self._run.transaction(checkpoint=f"epoch:{report.epoch}", progress=state.progress / 100) as conn:
            if not repository.set_epoch(conn, self._run.job_id, state):
                raise Cancelled(f"training run {self._run.job_id} has ended")

    def say(self, message: str) -> None:
        self._run.event("message", {"message": message})

    def device_used(self, device: str) -> None:
        with self._run.transaction() as conn:
            repository.set_device(conn, self._run.job_id, device)
        self._run.event("device", {"device": device})


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that are numbers: JSON has no infinity, and an average over nothing is not one."""
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
