"""Queries of annotations: one row an image, the wire's list as it was saved."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select, update

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


def get_many(conn: Connection, image_ids: Sequence[str]) -> dict[str, Stored]:
    """Return image id -> what its row holds; a few hundred images at most."""
    query = select(_annotations.c.image_id, _annotations.c.document, _annotations.c.provenance)
    return {
        row.image_id: Stored(row.document, {key: Provenance.from_json(value) for key, value in row.provenance.items()})
        for row in conn.execute(query.where(_annotations.c.image_id.in_(image_ids)))
    }


def documents(conn: Connection, image_ids: Sequence[str]) -> dict[str, list[AnnotationJson]]:
    found: dict[str, list[AnnotationJson]] = {}
    for start in range(0, len(image_ids), _CHUNK):
        query = select(_annotations.c.image_id, _annotations.c.document).where(
            _annotations.c.image_id.in_(image_ids[start : start + _CHUNK])
        )
        found.update({row.image_id: row.document for row in conn.execute(query)})
    return found


def put(conn: Connection, organization_id: str, image_id: str, stored: Stored, *, is_new: bool) -> None:
    put_many(conn, organization_id, {image_id: stored}, known=() if is_new else (image_id,))


def put_many(conn: Connection, organization_id: str, stored: Mapping[str, Stored], *, known: Collection[str]) -> None:
    """Write the rows of images (id -> row); those of `known` are there already."""
    moment = now()
    rows = [
        {
            "image": image_id,
            "document": list(each.documents),
            "provenance": {key: value.to_json() for key, value in each.provenance.items()},
            "updated_at": moment,
        }
        for image_id, each in stored.items()
    ]
    new = [row for row in rows if row["image"] not in known]
    if new:
        statement = insert(_annotations).values(image_id=bindparam("image"), organization_id=organization_id)
        conn.execute(statement, new)
    if changed := [row for row in rows if row["image"] in known]:
        conn.execute(update(_annotations).where(_annotations.c.image_id == bindparam("image")), changed)


def remove(conn: Connection, image_id: str) -> None:
    conn.execute(delete(_annotations).where(_annotations.c.image_id == image_id))
