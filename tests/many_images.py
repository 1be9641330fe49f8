"""Very many images for tests and benchmarks: rows as uploads leave them, written past the API; no bytes."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, insert

from pictograph_server.platform import Platform
from pictograph_server.services.annotations import repository
from pictograph_server.services.annotations.documents import AnnotationJson
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.annotations.repository import Stored
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import tallies
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import new_id, now

_ROWS_AT_ONCE = 5_000
_SIZE_BYTES = 85_000
_STATUSES = ("new", "annotate", "review", "complete")


def add_images(
    platform: Platform,
    organization_id: str,
    dataset_id: str,
    count: int,
    *,
    folders: Sequence[str] = ("/",),
    annotations_each: int = 0,
) -> list[str]:
    """Add images that differ in name and content, in turn in each folder and of each status; return their ids.

    The first is the oldest. With `annotations_each` they have so many boxes.
    """
    ids: list[str] = []
    for start in range(0, count, _ROWS_AT_ONCE):
        rows = list(
            _rows(
                organization_id, dataset_id, range(start, min(count, start + _ROWS_AT_ONCE)), folders, annotations_each
            )
        )
        with platform.db.write() as conn:
            conn.execute(insert(tables.images), rows)
            if annotations_each:
                _annotate(conn, organization_id, [str(row["id"]) for row in rows], annotations_each)
        ids += [str(row["id"]) for row in rows]
    with platform.db.write() as conn:
        completed = sum(_STATUSES[number % 4] == "complete" for number in range(count))
        datasets.add_to_counters(conn, dataset_id, images=count, completed=completed, size_bytes=count * _SIZE_BYTES)
        tallies.recount(conn, dataset_id)
    return ids


def _rows(
    organization_id: str, dataset_id: str, numbers: range, folders: Sequence[str], annotations_each: int
) -> Iterator[dict[str, object]]:
    moment = now() - timedelta(days=1)
    first = UUID(new_id()).int & ~((1 << 48) - 1)
    for number in numbers:
        yield {
            "id": str(UUID(int=first | number)),
            "organization_id": organization_id,
            "dataset_id": dataset_id,
            "filename": f"image_{number:07d}.jpg",
            "folder_path": folders[number % len(folders)],
            "status": _STATUSES[number % 4],
            "annotation_count": annotations_each,
            "annotation_version": int(annotations_each > 0),
            "file_size_bytes": _SIZE_BYTES,
            "width": 640,
            "height": 480,
            "mime_type": "image/jpeg",
            "sha256": hashlib.sha256(f"{dataset_id} {number}".encode()).hexdigest(),
            "dhash": f"{number:016x}",
            "has_thumbnail": True,
            "ingested_at": moment,
            "auto_tags": {},
            "created_at": moment + timedelta(milliseconds=number),
            "updated_at": moment,
        }


def _annotate(conn: Connection, organization_id: str, image_ids: Sequence[str], each: int) -> None:
    stored: dict[str, Stored] = {}
    for image_id in image_ids:
        documents: list[AnnotationJson] = [
            {
                "id": f"{number}",
                "name": f"class_{number}",
                "type": "bbox",
                "bounding_box": {"x": 10.0 * number, "y": 10.0, "w": 30.5, "h": 20.25},
                "confidence": 0.75,
                "created_by": "sam3@facebook/sam3",
                "attributes": [],
            }
            for number in range(each)
        ]
        origins = {str(each["id"]): Provenance("sam3@facebook/sam3", "2026-01-02T03:04:05+00:00") for each in documents}
        stored[image_id] = Stored(documents, origins)
    repository.put_many(conn, organization_id, stored, known=())
