"""What a run leaves to look at: each epoch's figures, and which image was in which split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from pictograph.models.training import TrainingEpoch, TrainingSplits
from pictograph_server.storage.db.tables import training_epochs, training_splits

# Named fields of an epoch on the wire; what else a trainer reports is a loss or a figure of the val split.
_RATE, _PACE, _LOSS = "learning_rate", "images_per_second", "loss"


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """A row of a run's history. `seconds` is spent on all epochs up to this one."""

    epoch: int
    metrics: Mapping[str, float]
    eta_seconds: int | None
    seconds: float
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class SplitsRecord:
    """Split -> ids of its images; split -> class -> annotations."""

    images: Mapping[str, Sequence[str]]
    objects: Mapping[str, Mapping[str, int]]


def add_epochs(conn: Connection, run_id: str, epochs: Sequence[EpochRecord]) -> None:
    """Add epochs; one that a later attempt went through again replaces what the killed one left, and what followed."""
    first = min(epoch.epoch for epoch in epochs)
    conn.execute(delete(training_epochs).where(training_epochs.c.run_id == run_id, training_epochs.c.epoch >= first))
    _insert(conn, run_id, epochs)


def add_missing(conn: Connection, run_id: str, epochs: Sequence[EpochRecord]) -> None:
    """Add those of the epochs that are not there; the others keep the time at which they were reported."""
    query = select(training_epochs.c.epoch).where(training_epochs.c.run_id == run_id)
    known = set(conn.execute(query).scalars())
    missing = [epoch for epoch in epochs if epoch.epoch not in known]
    if missing:
        _insert(conn, run_id, missing)


def _insert(conn: Connection, run_id: str, epochs: Sequence[EpochRecord]) -> None:
    rows = [
        {
            "run_id": run_id,
            "epoch": epoch.epoch,
            "metrics": dict(epoch.metrics),
            "eta_seconds": epoch.eta_seconds,
            "seconds": epoch.seconds,
            "reported_at": epoch.reported_at,
        }
        for epoch in epochs
    ]
    conn.execute(insert(training_epochs), rows)


def set_splits(conn: Connection, run_id: str, splits: SplitsRecord) -> None:
    conn.execute(delete(training_splits).where(training_splits.c.run_id == run_id))
    images = {split: list(ids) for split, ids in splits.images.items()}
    objects = {split: dict(counts) for split, counts in splits.objects.items()}
    conn.execute(insert(training_splits).values(run_id=run_id, images=images, objects=objects))


def epochs_of(conn: Connection, run_id: str, *, after: int = 0) -> list[TrainingEpoch]:
    """Return a run's epochs after one, in order."""
    query = (
        select(training_epochs)
        .where(training_epochs.c.run_id == run_id, training_epochs.c.epoch > after)
        .order_by(training_epochs.c.epoch)
    )
    return [
        TrainingEpoch(
            epoch=row.epoch,
            losses={name: value for name, value in row.metrics.items() if name.startswith(_LOSS)},
            metrics={
                name: value
                for name, value in row.metrics.items()
                if not name.startswith(_LOSS) and name not in (_RATE, _PACE)
            },
            learning_rate=row.metrics.get(_RATE),
            images_per_second=row.metrics.get(_PACE),
            eta_seconds=row.eta_seconds,
            seconds=row.seconds,
            reported_at=row.reported_at,
        )
        for row in conn.execute(query)
    ]


def splits_of(conn: Connection, run_id: str) -> TrainingSplits | None:
    """Return a run's splits; None before its data has been looked at."""
    row = conn.execute(select(training_splits).where(training_splits.c.run_id == run_id)).one_or_none()
    return None if row is None else TrainingSplits(images=row.images, objects=row.objects)
