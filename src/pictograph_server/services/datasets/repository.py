"""Queries of datasets and their classes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from .records import ClassRecord, DatasetRecord, OwnerRecord

_datasets = tables.datasets
_classes = tables.dataset_classes
# Whose rows go one thousand after the other, and not with the request that deletes their dataset.
_LARGE = frozenset({tables.images, tables.image_descriptors, tables.batch_jobs, tables.version_images})


def by_name(conn: Connection, organization_id: str, name: str) -> DatasetRecord | None:
    return _one(conn, organization_id, _datasets.c.name == name)


def by_id(conn: Connection, organization_id: str, dataset_id: str) -> DatasetRecord | None:
    return _one(conn, organization_id, _datasets.c.id == dataset_id)


def page(conn: Connection, organization_id: str, *, limit: int, offset: int) -> list[DatasetRecord]:
    """Return datasets with their classes, newest first."""
    rows = conn.execute(
        select(_datasets)
        .where(_datasets.c.organization_id == organization_id, _datasets.c.deleted_at.is_(None))
        .order_by(_datasets.c.created_at.desc(), _datasets.c.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    classes = classes_of(conn, [row.id for row in rows])
    return [_record(row, classes.get(row.id, ())) for row in rows]


def lock(conn: Connection, organization_id: str, dataset_id: str) -> bool:
    """Hold the dataset's row until the transaction ends, so that checks and counters agree. False when absent.

    SQLite's write transactions are exclusive already and ignore the clause.
    """
    query = (
        select(_datasets.c.id)
        .where(
            _datasets.c.organization_id == organization_id,
            _datasets.c.id == dataset_id,
            _datasets.c.deleted_at.is_(None),
        )
        .with_for_update()
    )
    return conn.execute(query).first() is not None


def classes_of(conn: Connection, dataset_ids: Sequence[str]) -> dict[str, tuple[ClassRecord, ...]]:
    found: dict[str, list[ClassRecord]] = {}
    for start in range(0, len(dataset_ids), 500):
        query = (
            select(_classes)
            .where(_classes.c.dataset_id.in_(dataset_ids[start : start + 500]))
            .order_by(_classes.c.dataset_id, _classes.c.position, _classes.c.name)
        )
        for row in conn.execute(query):
            found.setdefault(row.dataset_id, []).append(ClassRecord(row.name, row.type, row.color, tuple(row.prompts)))
    return {dataset_id: tuple(entries) for dataset_id, entries in found.items()}


def add(conn: Connection, record: DatasetRecord) -> None:
    conn.execute(
        insert(_datasets).values(
            id=record.id,
            organization_id=record.organization_id,
            name=record.name,
            description=record.description,
            annotation_types=list(record.annotation_types),
            review_required=record.review_required,
            created_at=record.created_at,
            updated_at=record.updated_at,
        )
    )
    add_classes(conn, record.id, record.classes, first_position=0)


def add_classes(conn: Connection, dataset_id: str, classes: Iterable[ClassRecord], *, first_position: int) -> None:
    rows = [
        {
            "dataset_id": dataset_id,
            "name": entry.name,
            "position": first_position + index,
            "type": entry.type,
            "color": entry.color,
            "prompts": list(entry.prompts),
        }
        for index, entry in enumerate(classes)
    ]
    if rows:
        conn.execute(insert(_classes), rows)


def set_prompts(conn: Connection, dataset_id: str, class_name: str, prompts: Sequence[str]) -> None:
    query = update(_classes).where(_classes.c.dataset_id == dataset_id, _classes.c.name == class_name)
    conn.execute(query.values(prompts=list(prompts)))


def remove_classes(conn: Connection, dataset_id: str) -> None:
    conn.execute(delete(_classes).where(_classes.c.dataset_id == dataset_id))


def change(conn: Connection, organization_id: str, dataset_id: str, values: Mapping[str, object]) -> None:
    conn.execute(
        update(_datasets)
        .where(_datasets.c.organization_id == organization_id, _datasets.c.id == dataset_id)
        .values(**values, updated_at=now())
    )


def is_review_required(conn: Connection, dataset_id: str) -> bool:
    return bool(conn.scalar(select(_datasets.c.review_required).where(_datasets.c.id == dataset_id)))


def lock_annotation_types(conn: Connection, dataset_id: str) -> tuple[str, ...]:
    """Return the geometries, and hold the row: two requests that register one class come after each other."""
    query = select(_datasets.c.annotation_types).where(_datasets.c.id == dataset_id).with_for_update()
    return tuple(conn.scalars(query).one())


def set_annotation_types(conn: Connection, dataset_id: str, types: Sequence[str]) -> None:
    conn.execute(update(_datasets).where(_datasets.c.id == dataset_id).values(annotation_types=list(types)))


def add_to_counters(
    conn: Connection, dataset_id: str, *, images: int, completed: int, archived: int, size_bytes: int
) -> None:
    counters = _datasets.c
    conn.execute(
        update(_datasets)
        .where(counters.id == dataset_id)
        .values(
            image_count=counters.image_count + images,
            completed_image_count=counters.completed_image_count + completed,
            archived_image_count=counters.archived_image_count + archived,
            total_size_bytes=counters.total_size_bytes + size_bytes,
        )
    )


def remove(conn: Connection, organization_id: str, dataset_id: str) -> None:
    """Delete the row; images, annotations, exports, runs and uploads go with it by cascade."""
    conn.execute(delete(_datasets).where(_datasets.c.organization_id == organization_id, _datasets.c.id == dataset_id))


def retire(conn: Connection, organization_id: str, dataset_id: str) -> None:
    """Hide a dataset, free its name, and delete what was made of it but for its images and batches."""
    for table in tables.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column is not _datasets.c.id or table in _LARGE:
                continue
            theirs = key.parent == dataset_id
            if key.ondelete == "CASCADE":
                conn.execute(delete(table).where(theirs))
            else:
                conn.execute(update(table).where(theirs).values({key.parent.name: None}))
    # No dataset can be called so: names have no slash.
    change(conn, organization_id, dataset_id, {"deleted_at": now(), "name": f"/{dataset_id}"})


def owner(conn: Connection, organization_id: str) -> OwnerRecord:
    organizations = tables.organizations
    query = select(organizations.c.name, organizations.c.slug).where(organizations.c.id == organization_id)
    return OwnerRecord(*conn.execute(query).one())


def usage(conn: Connection, organization_id: str) -> tuple[int, int]:
    """Return how many images the organisation has and their bytes, archived images left out."""
    row = conn.execute(
        select(
            func.coalesce(func.sum(_datasets.c.image_count), 0),
            func.coalesce(func.sum(_datasets.c.total_size_bytes), 0),
        ).where(_datasets.c.organization_id == organization_id, _datasets.c.deleted_at.is_(None))
    ).one()
    return int(row[0]), int(row[1])


def image_summary(conn: Connection, dataset_id: str) -> tuple[int, int, list[str]]:
    """Return the dataset's images (archived too), its folders other than the root, and the hashes of its images.

    With the hashes that only its versions hold.
    """
    images = tables.images
    count, folders = conn.execute(
        select(func.count(), func.count(images.c.folder_path.distinct()).filter(images.c.folder_path != "/")).where(
            images.c.dataset_id == dataset_id
        )
    ).one()
    hashes = conn.scalars(select(images.c.sha256).where(images.c.dataset_id == dataset_id).distinct()).all()
    return int(count), int(folders), list(dict.fromkeys([*hashes, *held_contents(conn, dataset_id)]))


def held_contents(conn: Connection, dataset_id: str) -> list[str]:
    """Return the hashes of the images that versions of the dataset hold."""
    held = tables.version_images
    return list(conn.scalars(select(held.c.sha256).where(held.c.dataset_id == dataset_id)))


def export_keys(conn: Connection, dataset_id: str) -> list[str]:
    exports = tables.exports
    keys = conn.scalars(
        select(exports.c.blob_key).where(exports.c.dataset_id == dataset_id, exports.c.blob_key.is_not(None))
    )
    return [key for key in keys if key]


def upload_ids(conn: Connection, dataset_id: str) -> list[str]:
    return list(conn.scalars(select(tables.uploads.c.id).where(tables.uploads.c.dataset_id == dataset_id)))


def live_job_ids(conn: Connection, dataset_id: str) -> list[str]:
    """Return the jobs at work on the dataset, or waiting to be."""
    ended = ("completed", "failed", "cancelled")
    exports, batches, shards, runs = tables.exports, tables.batch_jobs, tables.batch_shards, tables.training_runs
    extractions = tables.video_extractions
    imports, changes = tables.imports, tables.bulk_changes
    versions, restores, class_changes = tables.versions, tables.version_restores, tables.class_changes
    queries = (
        select(versions.c.id).where(versions.c.dataset_id == dataset_id, versions.c.status == "freezing"),
        select(restores.c.id).where(restores.c.dataset_id == dataset_id, restores.c.status.not_in(ended)),
        select(class_changes.c.id).where(class_changes.c.dataset_id == dataset_id, class_changes.c.status == "pending"),
        select(changes.c.id).where(changes.c.dataset_id == dataset_id, changes.c.status.not_in(ended)),
        select(imports.c.job_id).where(
            imports.c.dataset_id == dataset_id, imports.c.status.in_(("planning", "importing"))
        ),
        select(exports.c.job_id).where(exports.c.dataset_id == dataset_id, exports.c.status.not_in(ended)),
        select(shards.c.job_id).join(batches).where(batches.c.dataset_id == dataset_id),
        select(runs.c.id).where(runs.c.dataset_id == dataset_id, runs.c.status.not_in(ended)),
        select(extractions.c.id).where(extractions.c.dataset_id == dataset_id, extractions.c.status == "processing"),
    )
    return [job_id for query in queries for job_id in conn.scalars(query) if job_id]


def _one(conn: Connection, organization_id: str, condition: Any) -> DatasetRecord | None:
    query = select(_datasets).where(_datasets.c.organization_id == organization_id, _datasets.c.deleted_at.is_(None))
    row = conn.execute(query.where(condition)).first()
    if row is None:
        return None
    return _record(row, classes_of(conn, [row.id]).get(row.id, ()))


def _record(row: Row[Any], classes: tuple[ClassRecord, ...]) -> DatasetRecord:
    return DatasetRecord(
        id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        description=row.description,
        annotation_types=tuple(row.annotation_types),
        review_required=row.review_required,
        image_count=row.image_count,
        completed_image_count=row.completed_image_count,
        archived_image_count=row.archived_image_count,
        total_size_bytes=row.total_size_bytes,
        created_at=row.created_at,
        updated_at=row.updated_at,
        classes=classes,
    )
