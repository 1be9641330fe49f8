"""The trainer's line to the platform: epochs become the run's row and its history, cancel becomes an exception."""

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pictograph_server.engines.errors import Cancelled
from pictograph_server.engines.trainers.base import EpochReport, Prepared, Sample
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.services.training import history_repository as history
from pictograph_server.services.training import repository
from pictograph_server.services.training.history_repository import EpochRecord, SplitsRecord
from pictograph_server.services.training.repository import EpochState
from pictograph_server.storage.db.types import now

# Epochs of a tiny network pass many a second; they are written together, at most once in this time.
_WRITE_INTERVAL_S = 1.0
# Of the run's 100 %, what lies before the model is evaluated, exported and stored.
_TRAINING_SHARE = 95


class ReportingRun:
    """A `Run` for one attempt of a training job."""

    def __init__(self, run: JobRun, workdir: Path, *, weights_folders: Sequence[Path] = ()) -> None:
        self.workdir = workdir
        self.weights_folders = tuple(weights_folders)
        self._run = run
        self._waiting: list[EpochRecord] = []
        self._last: EpochReport | None = None
        self._written_at = -math.inf
        # Of the last epoch, or of the beginning; before that nothing is trained.
        self._reported_at: float | None = None

    def raise_if_cancelled(self) -> None:
        try:
            self._run.raise_if_cancelled()
        except JobCancelled as cancelled:
            raise Cancelled(str(cancelled)) from cancelled

    def begins(self, data: Prepared, *, started_from: str | None) -> None:
        with self._run.transaction() as conn:
            repository.set_beginning(conn, self._run.job_id, started_from=started_from, remarks=data.remarks)
            history.set_splits(conn, self._run.job_id, _splits(data))
        self._reported_at = time.monotonic()

    def report(self, report: EpochReport) -> None:
        self.raise_if_cancelled()
        moment = time.monotonic()
        self._last, self._reported_at = report, moment
        self._waiting.append(_record(report))
        is_last = report.epoch >= report.epochs
        if is_last or moment - self._written_at >= _WRITE_INTERVAL_S:
            self.write()

    def goes_on(self, reports: Sequence[EpochReport]) -> None:
        if not reports:
            return
        with self._run.transaction() as conn:
            history.add_missing(conn, self._run.job_id, [_record(report) for report in reports])
        self._last = reports[-1]

    def write(self) -> None:
        """Write the epochs that wait. Called once more when the trainer is done, for it may have stopped early.

        Raises:
            Cancelled: the run has ended, or is gone.
        """
        if self._last is None or not self._waiting:
            return
        last = self._last
        share = last.epoch / max(1, last.epochs)
        state = EpochState(
            progress=int(_TRAINING_SHARE * min(1.0, share)),
            current_epoch=last.epoch,
            total_epochs=last.epochs,
            metrics=self._waiting[-1].metrics,
            eta_seconds=_whole(last.eta_seconds),
            training_seconds=last.seconds,
        )
        with self._run.transaction(checkpoint=f"epoch:{last.epoch}", progress=state.progress / 100) as conn:
            if not repository.set_epoch(conn, self._run.job_id, state):
                raise Cancelled(f"training run {self._run.job_id} has ended")
            history.add_epochs(conn, self._run.job_id, self._waiting)
        self._waiting = []
        self._written_at = time.monotonic()

    def write_cancelled(self) -> None:
        """Write what is not written yet of a run that somebody stopped, the time since its last epoch included."""
        if self._reported_at is None:
            return
        before = self._last.seconds if self._last else 0.0
        used = before + time.monotonic() - self._reported_at
        with self._run.transaction() as conn:
            repository.set_training_seconds(conn, self._run.job_id, used)
            if self._waiting:
                history.add_epochs(conn, self._run.job_id, self._waiting)
        self._waiting = []

    def say(self, message: str) -> None:
        self._run.event("message", {"message": message})

    def device_used(self, device: str) -> None:
        with self._run.transaction() as conn:
            repository.set_device(conn, self._run.job_id, device)
        self._run.event("device", {"device": device})


def _record(report: EpochReport) -> EpochRecord:
    return EpochRecord(
        epoch=report.epoch,
        metrics=finite(report.metrics),
        eta_seconds=_whole(report.eta_seconds),
        seconds=report.seconds,
        reported_at=now(),
    )


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics that are numbers: JSON has no infinity, and an average over nothing is not one."""
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}


def _splits(data: Prepared) -> SplitsRecord:
    samples = {sample.image_id: sample for sample in (*data.train, *data.val, *data.test)}
    images: dict[str, list[str]] = {}
    for image_id, split in data.splits.items():
        images.setdefault(split, []).append(image_id)
    return SplitsRecord(
        images=images,
        objects={split: _objects([samples[each] for each in ids], data.class_names) for split, ids in images.items()},
    )


def _objects(samples: Sequence[Sample], class_names: Sequence[str]) -> dict[str, int]:
    counts = Counter(shape.class_index for sample in samples for shape in sample.shapes)
    counts.update(tag for sample in samples for tag in sample.tags)
    return {name: counts[index] for index, name in enumerate(class_names)}


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else max(0, round(seconds))
