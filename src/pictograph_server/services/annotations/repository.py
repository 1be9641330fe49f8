"""Queries of annotations: one row an image, the wire's list as it was saved."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Text, bindparam, cast, delete, func, insert, select, update

from pictograph_server.storage.db import tables
from pictograph_server.storage.db.types import now

from . import history_repository, labels_repository
from .class_changes_repository import pending_of_images
from .documents import AnnotationJson
from .history_repository import Author
from .provenance import Provenance
from .renaming import renamed

_annotations = tables.annotations
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """What an image's row holds."""

    documents: Sequence[AnnotationJson]
    provenance: Mapping[str, Provenance]


def get(conn: Connection, image_id: str) -> Stored | None:
    return get_many(conn, [image_id]).get(image_id)


def get_many(conn: Connection, image_ids: Sequence[str]) -> dict[str, Stored]:
    """Return image id -> what its row holds, class changes that are on their way in it; a few hundred at most."""
    changes = pending_of_images(conn, image_ids)
    return {
        image_id: Stored(renamed(stored.documents, changes[image_id]), stored.provenance)
        if image_id in changes
        else stored
        for image_id, stored in get_many_as_written(conn, image_ids).items()
    }


def get_many_as_written(conn: Connection, image_ids: Sequence[str]) -> dict[str, Stored]:
    """Return image id -> what its row holds, also where a class change has not come to it yet."""
    query = select(_annotations.c.image_id, _annotations.c.document, _annotations.c.provenance)
    return {
        row.image_id: Stored(row.document, {key: Provenance.from_json(value) for key, value in row.provenance.items()})
        for row in conn.execute(query.where(_annotations.c.image_id.in_(image_ids)))
    }


def documents(conn: Connection, image_ids: Sequence[str]) -> dict[str, list[AnnotationJson]]:
    found: dict[str, list[AnnotationJson]] = {}
    for start in range(0, len(image_ids), _CHUNK):
        chunk = image_ids[start : start + _CHUNK]
        changes = pending_of_images(conn, chunk)
        query = select(_annotations.c.image_id, _annotations.c.document).where(_annotations.c.image_id.in_(chunk))
        for row in conn.execute(query):
            found[row.image_id] = (
                renamed(row.document, changes[row.image_id]) if row.image_id in changes else row.document
            )
    return found


def as_json(conn: Connection, image_ids: Sequence[str]) -> dict[str, tuple[list[AnnotationJson], dict[str, object]]]:
    """Return image id -> documents and provenance as JSON, class changes in them; a few hundred images at most."""
    changes = pending_of_images(conn, image_ids)
    query = select(_annotations.c.image_id, _annotations.c.document, _annotations.c.provenance)
    found: dict[str, tuple[list[AnnotationJson], dict[str, object]]] = {}
    for image_id, document, provenance in conn.execute(query.where(_annotations.c.image_id.in_(image_ids))):
        documents = renamed(document, changes.get(image_id, ()))
        ids = {each["id"] for each in documents}
        found[image_id] = (documents, {key: value for key, value in provenance.items() if key in ids})
    return found


def encoded(conn: Connection, organization_id: str, image_ids: Sequence[str]) -> dict[str, bytes]:
    """Return image id -> documents as JSON text, those of the images that are there; a few hundred at most.

    The text goes from the database to the wire as it lies there: ten thousand polygons are never decoded.
    """
    changes = pending_of_images(conn, image_ids)
    images, datasets = tables.images, tables.datasets
    query = (
        select(images.c.id, func.coalesce(cast(_annotations.c.document, Text), "[]"))
        .join(datasets, datasets.c.id == images.c.dataset_id)
        .outerjoin(_annotations, _annotations.c.image_id == images.c.id)
        .where(images.c.organization_id == organization_id, images.c.id.in_(image_ids), datasets.c.deleted_at.is_(None))
    )
    found: dict[str, bytes] = {}
    for image_id, text in conn.execute(query):
        if image_id in changes:
            found[image_id] = orjson.dumps(renamed(orjson.loads(text), changes[image_id]))
        else:
            found[image_id] = text.encode()
    return found


def put(
    conn: Connection,
    organization_id: str,
    image_id: str,
    stored: Stored,
    *,
    is_new: bool,
    author: Author | None = None,
) -> None:
    put_many(conn, organization_id, {image_id: stored}, known=() if is_new else (image_id,), author=author)


def put_many(
    conn: Connection,
    organization_id: str,
    stored: Mapping[str, Stored],
    *,
    known: Collection[str],
    author: Author | None = None,
) -> None:
    """Write the rows of images (id -> row); those of `known` are there already, and what they held goes to the history.

    Before the images' `annotation_version` grows: what is replaced is kept under the version it had.
    """
    moment = now()
    author = author or Author()
    rows = [
        {
            "image": image_id,
            "document": list(each.documents),
            "provenance": {key: value.to_json() for key, value in each.provenance.items()},
            "saved_by": author.by,
            "saved_by_name": author.name,
            "note": author.note,
            "updated_at": moment,
        }
        for image_id, each in stored.items()
    ]
    new = [row for row in rows if row["image"] not in known]
    if new:
        statement = insert(_annotations).values(image_id=bindparam("image"), organization_id=organization_id)
        conn.execute(statement, new)
    if changed := [row for row in rows if row["image"] in known]:
        history_repository.keep(conn, [str(row["image"]) for row in changed])
        conn.execute(update(_annotations).where(_annotations.c.image_id == bindparam("image")), changed)
    labels_repository.index_annotations(
        conn, {image_id: (each.documents, each.provenance) for image_id, each in stored.items()}
    )


def remove(conn: Connection, image_id: str) -> None:
    labels_repository.index_annotations(conn, {image_id: ((), {})})
    conn.execute(delete(_annotations).where(_annotations.c.image_id == image_id))
