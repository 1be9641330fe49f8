"""Queries of statistics: the rows that are measured, and the row of what was measured."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, Text, cast, delete, false, insert, select, update

from pictograph.models.statistics import Grid, StatisticsStatus
from pictograph_server.services.annotations.renaming import Renaming, renamed
from pictograph_server.services.images import tallies
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

_images = tables.images
_annotations = tables.annotations
_statistics = tables.dataset_statistics
_cells = tables.statistics_cells
# The name in a row of what is of all classes together: no class has it.
_ALL_CLASSES = ""
_PAGE = 500


@dataclass(frozen=True, slots=True)
class ImageRow:
    """What of an image is measured."""

    id: str
    status: str
    width: int
    height: int
    annotations: Sequence[Mapping[str, object]]
    # Annotation id -> its origin, as JSON.
    provenance: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """What was measured last, encoded, and whether that is being done again."""

    status: StatisticsStatus
    job_id: str | None
    fingerprint: str | None
    computed_at: datetime | None
    error_message: str | None
    document: str | None


def image_rows(conn: Connection, dataset_id: str, changes: Sequence[Renaming]) -> Iterator[ImageRow]:
    """Yield the dataset's images that are not archived; `changes` of classes have not come to all of them yet."""
    query = (
        # As text: decoded here, in a third of the time.
        select(
            _images.c.id,
            _images.c.status,
            _images.c.width,
            _images.c.height,
            cast(_annotations.c.document, Text),
            cast(_annotations.c.provenance, Text),
        )
        .outerjoin(_annotations, _annotations.c.image_id == _images.c.id)
        .where(_images.c.dataset_id == dataset_id, _images.c.is_archived == false())
        .order_by(_images.c.id)
        .limit(_PAGE)
    )
    last: str | None = None
    while True:
        rows = conn.execute(query if last is None else query.where(_images.c.id > last)).all()
        for image_id, status, width, height, document, provenance in rows:
            documents = orjson.loads(document) if document else ()
            if changes:
                documents = renamed(documents, changes)
            yield ImageRow(image_id, status, width, height, documents, orjson.loads(provenance) if documents else {})
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def fingerprint(conn: Connection, dataset_id: str) -> str:
    """Return what changes when images or annotations become more or fewer, or are moved, or another status or class."""
    images = sorted(
        (place.folder_path, place.is_archived, place.status, count)
        for place, count in tallies.places(conn, dataset_id).items()
    )
    classes = sorted(
        (name, tally.image_count, tally.annotation_count) for name, tally in tallies.classes(conn, dataset_id).items()
    )
    return hashlib.sha256(orjson.dumps([images, classes])).hexdigest()


def find(conn: Connection, dataset_id: str) -> StatisticsRow | None:
    columns = (_statistics.c[name] for name in StatisticsRow.__slots__ if name != "document")
    query = select(*columns, cast(_statistics.c.document, Text)).where(_statistics.c.dataset_id == dataset_id)
    row = conn.execute(query).first()
    return None if row is None else StatisticsRow(*row)


def begin(conn: Connection, organization_id: str, dataset_id: str, job_id: str) -> None:
    """Note that a job measures the dataset. What was measured before stays until it is done. The dataset is held."""
    values = {"status": "computing", "job_id": job_id, "error_message": None}
    changed = conn.execute(update(_statistics).where(_statistics.c.dataset_id == dataset_id).values(values))
    if not changed.rowcount:
        conn.execute(insert(_statistics).values(dataset_id=dataset_id, organization_id=organization_id, **values))


def save(
    conn: Connection,
    organization_id: str,
    dataset_id: str,
    document: Mapping[str, object],
    cells: Mapping[tuple[Grid, str | None], bytes],
    measured: str,
) -> None:
    """Write what was measured, and the fingerprint the dataset had then. The dataset is held."""
    conn.execute(delete(_cells).where(_cells.c.dataset_id == dataset_id))
    conn.execute(
        insert(_cells),
        [
            {
                "dataset_id": dataset_id,
                "organization_id": organization_id,
                "grid": grid,
                "class_name": _ALL_CLASSES if class_name is None else class_name,
                "image_ids": packed,
            }
            for (grid, class_name), packed in cells.items()
        ],
    )
    conn.execute(delete(_statistics).where(_statistics.c.dataset_id == dataset_id))
    conn.execute(
        insert(_statistics).values(
            dataset_id=dataset_id,
            organization_id=organization_id,
            status="ready",
            fingerprint=measured,
            computed_at=now(),
            document=document,
        )
    )


def cells(conn: Connection, dataset_id: str, grid: Grid, class_name: str | None) -> bytes | None:
    """Return the images of a grid's cells, packed; None where none are kept."""
    query = select(_cells.c.image_ids).where(
        _cells.c.dataset_id == dataset_id,
        _cells.c.grid == grid,
        _cells.c.class_name == (_ALL_CLASSES if class_name is None else class_name),
    )
    return conn.scalar(query)


def fail(conn: Connection, job_id: str, error_message: str) -> None:
    """Note that the job did not get to its end."""
    conn.execute(
        update(_statistics)
        .where(_statistics.c.job_id == job_id, _statistics.c.status == "computing")
        .values(status="failed", error_message=error_message)
    )
