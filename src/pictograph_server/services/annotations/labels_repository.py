"""Which classes an image's annotations show, by whose word: written with them, for filters and counts."""

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import Connection, bindparam, update

from pictograph_server.services.images import labels_repository
from pictograph_server.services.images.labels_repository import Label
from pictograph_server.storage.db import tables

from .documents import AnnotationJson
from .provenance import Provenance, source_of

_images = tables.images


def index_annotations(
    conn: Connection, stored: Mapping[str, tuple[Sequence[AnnotationJson], Mapping[str, Provenance]]]
) -> None:
    """Note what the annotations of images (id -> documents and provenance) say; [] for those that have none now."""
    wanted = {image_id: _labels_of(documents, origins) for image_id, (documents, origins) in stored.items()}
    least = {
        image_id: min((each.least_confidence for each in labels if each.least_confidence is not None), default=None)
        for image_id, labels in wanted.items()
    }
    images = labels_repository.replace(conn, wanted, are_tags=False)
    changed = [
        {"image": image.id, "least": least[image.id]} for image in images if image.least_confidence != least[image.id]
    ]
    if changed:
        statement = update(_images).where(_images.c.id == bindparam("image"))
        conn.execute(statement.values(least_confidence=bindparam("least")), changed)


def _labels_of(documents: Sequence[AnnotationJson], origins: Mapping[str, Provenance]) -> list[Label]:
    found: dict[tuple[str, str], list[float]] = {}
    for document in documents:
        key = (str(document["name"]), source_of(origins.get(str(document["id"]))))
        found.setdefault(key, []).append(float(cast("float", document["confidence"])))
    return [Label(name, source, len(values), min(values)) for (name, source), values in found.items()]
