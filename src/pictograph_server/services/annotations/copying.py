"""Annotations of images that are copied: the copies get what the originals have, with its provenance."""

from collections.abc import Mapping

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.services.datasets import service as datasets

from . import repository
from .history_repository import Author

_IMAGES_AT_ONCE = 500


def copy_annotations(
    conn: Connection, actor: Actor, source_dataset_id: str, target_dataset_id: str, copies: Mapping[str, str]
) -> dict[str, int]:
    """Give each copy (id of the original -> id of the copy) the annotations of its original; return how many each has.

    The rows of the images, with their tags, are the caller's. Classes that the target dataset does not know are
    registered there with the geometry and the prompts they have where they come from.
    """
    source = datasets.get_by_id(conn, actor.organization_id, source_dataset_id)
    known = {entry.name: (entry.name, entry.type, entry.prompts) for entry in source.classes}
    geometries: dict[str, str] = {}
    originals = list(copies)
    counts = dict.fromkeys(copies.values(), 0)
    author = Author(by=actor.maker, name=actor.name, note="copied with its image")
    for start in range(0, len(originals), _IMAGES_AT_ONCE):
        stored = repository.get_many(conn, originals[start : start + _IMAGES_AT_ONCE])
        for key, each in stored.items():
            counts[copies[key]] = len(each.documents)
            for document in each.documents:
                geometries.setdefault(str(document["name"]), str(document["type"]))
        new = {copies[key]: each for key, each in stored.items()}
        repository.put_many(conn, actor.organization_id, new, known=(), author=author)
    if source_dataset_id != target_dataset_id:
        datasets.ensure_classes(
            conn,
            target_dataset_id,
            [known.get(name, (name, geometry, ())) for name, geometry in geometries.items()],
        )
    return counts
