"""Queries of annotations: one row an image, the wire's list as it was saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from .documents import AnnotationJson
from .provenance import Provenance

_annotations = tables.annotations
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """What an image's row holds."""

    documents: Sequence[AnnotationJson]
    provenance: Mapping[str, Provenance]


def get(conn: Connection, image_id: str) -> Stored | None:
    row = conn.execute(
        select(_annotations.c.document, _annotations.c.provenance).where(_annotations.c.image_id == image_id)
    ).first()
    if row is None:
        return None
    return Stored(row.document, {key: Provenance.from_json(value) for key, value in row.provenance.items()})


def documents(conn: Connection, image_ids: Sequence[str]) -> dict[str, list[AnnotationJson]]:
    found: dict[str, list[AnnotationJson]] = {}
    for start in range(0, len(image_ids), _CHUNK):
        query = select(_annotations.c.image_id, _annotations.c.document).where(
            _annotations.c.image_id.in_(image_ids[start : start + _CHUNK])
        )
        found.update({row.image_id: row.document for row in conn.execute(query)})
    return found


def put(conn: Connection, organization_id: str, image_id: str, stored: Stored, *, is_new: bool) -> None:
    values = {
        "document": list(stored.documents),
        "provenance": {key: value.to_json() for key, value in stored.provenance.items()},
        "updated_at": now(),
    }
    if is_new:
        conn.execute(insert(_annotations).values(image_id=image_id, organization_id=organization_id, **values))
    else:
        conn.execute(update(_annotations).where(_annotations.c.image_id == image_id).values(**values))


def remove(conn: Connection, image_id: str) -> None:
    conn.execute(delete(_annotations).where(_annotations.c.image_id == image_id))
