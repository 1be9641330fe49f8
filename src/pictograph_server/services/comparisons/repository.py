"""What a comparison reads: annotations with who made them, and which images a batch has searched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, String, cast, or_, select

from pictograph_server.services.annotations.class_changes_repository import pending_of_images
from pictograph_server.services.annotations.documents import AnnotationJson
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.annotations.renaming import renamed
from pictograph_server.services.annotations.repository import Stored
from pictograph_server.storage.db.tables import annotations, batch_images, batch_jobs, images

# Below the variable limits of both databases.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Twin:
    """An image of another dataset that may be the same as one of this."""

    image_id: str
    sha256: str
    path: str
    # Somebody has looked at it: it has annotations, or waits for review, or is complete.
    is_covered: bool
    auto_tags: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch of a dataset: its engine, and its plan as stored."""

    id: str
    engine: str | None
    request: Mapping[str, Any]


def stored(conn: Connection, image_ids: Sequence[str]) -> dict[str, Stored]:
    """Return image id -> annotations and their provenance; images without a row are absent."""
    return {image_id: each for chunk in _chunks(image_ids) for image_id, each in _stored(conn, chunk, chunk)}


def touched_by_people(conn: Connection, image_ids: Sequence[str], *, also: Sequence[str]) -> dict[str, Stored]:
    """Return the same for those of the images on which some annotation names a person, and for those in `also`."""
    return {image_id: each for chunk in _chunks(image_ids) for image_id, each in _stored(conn, chunk, also)}


def batches(conn: Connection, dataset_id: str) -> list[BatchRow]:
    query = select(batch_jobs.c.id, batch_jobs.c.engine, batch_jobs.c.request)
    return [BatchRow(*row) for row in conn.execute(query.where(batch_jobs.c.dataset_id == dataset_id))]


def searched(conn: Connection, batch_ids: Sequence[str], image_ids: Sequence[str]) -> dict[str, datetime]:
    """Return those of the images that one of the batches has done, and when the last of these was asked for."""
    found: dict[str, datetime] = {}
    for some_batches in _chunks(batch_ids):
        for chunk in _chunks(image_ids):
            query = (
                select(batch_images.c.image_id, batch_jobs.c.created_at)
                .join(batch_jobs, batch_jobs.c.id == batch_images.c.batch_id)
                .where(
                    batch_images.c.batch_id.in_(some_batches),
                    batch_images.c.image_id.in_(chunk),
                    batch_images.c.state == "done",
                )
            )
            for image_id, moment in conn.execute(query):
                found[image_id] = max(moment, found.get(image_id, moment))
    return found


def twins(conn: Connection, dataset_id: str, sha256s: Sequence[str], filenames: Sequence[str]) -> list[Twin]:
    """Return the dataset's images that have one of the contents or one of the file names, the oldest first."""
    columns = (
        images.c.id,
        images.c.sha256,
        images.c.folder_path,
        images.c.filename,
        images.c.status,
        images.c.annotation_count,
        images.c.auto_tags,
    )
    query = select(*columns).where(images.c.dataset_id == dataset_id, images.c.is_archived.is_(False))
    rows: dict[str, Row[Any]] = {}
    for column, values in ((images.c.sha256, sha256s), (images.c.filename, filenames)):
        for chunk in _chunks(values):
            rows.update({row.id: row for row in conn.execute(query.where(column.in_(chunk)))})
    return [
        Twin(
            image_id=row.id,
            sha256=row.sha256,
            path=f"{row.folder_path.rstrip('/')}/{row.filename}",
            is_covered=row.annotation_count > 0 or row.status in ("review", "complete"),
            auto_tags=row.auto_tags,
        )
        # Ids sort by the time they were made.
        for _, row in sorted(rows.items())
    ]


def _stored(conn: Connection, image_ids: Sequence[str], also: Sequence[str]) -> Iterator[tuple[str, Stored]]:
    columns = (annotations.c.image_id, annotations.c.document, annotations.c.provenance)
    query = select(*columns).where(annotations.c.image_id.in_(image_ids))
    if also is not image_ids:
        # People are named `user:<key id>`, as makers and as editors.
        names_a_person = cast(annotations.c.provenance, String).like('%"user:%')
        query = query.where(or_(names_a_person, annotations.c.image_id.in_(also)))
    changes = pending_of_images(conn, image_ids)
    for row in conn.execute(query):
        documents: list[AnnotationJson] = row.document
        yield row.image_id, Stored(renamed(documents, changes.get(row.image_id, ())), _provenance(row.provenance))


def _provenance(document: Mapping[str, Any]) -> Mapping[str, Provenance]:
    return {key: Provenance.from_json(value) for key, value in document.items()}


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
