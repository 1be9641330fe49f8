"""Tags given to many images, and taken from them."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from sqlalchemy import Connection

from pictograph.models.batch import BatchResult
from pictograph_server.actor import Actor
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import tags_repository
from pictograph_server.services.images.labels_repository import TAG_KINDS

from . import service
from .records import BulkImage, Outcome


def tag(
    conn: Connection,
    actor: Actor,
    dataset_name: str,
    image_ids: Sequence[str],
    *,
    add: Sequence[str],
    remove: Sequence[str],
) -> BatchResult:
    """Give images tags, behind those they have, and take others away. Unknown ones become classes of the dataset.

    Raises:
        DatasetNotFound, NoSuchImages: 404.
        InvalidClass: 422, a tag that no class could be called.
    """
    selection = service.select(conn, actor.organization_id, dataset_name, image_ids)
    given = list(dict.fromkeys(add))
    outcome = tag_images(conn, selection.dataset.id, selection.images, add=given, remove=remove)
    service.record(
        conn, actor, "images.tagged", selection.dataset, len(outcome.done), added=given, removed=list(remove)
    )
    return service.result(selection, outcome)


def tag_images(
    conn: Connection, dataset_id: str, images: Sequence[BulkImage], *, add: Sequence[str], remove: Sequence[str]
) -> Outcome:
    """Give these images of a dataset tags, which become classes of it, and take others away."""
    datasets.ensure_classes(conn, dataset_id, [(name, "tag", ()) for name in add])
    changed: dict[str, Mapping[str, object]] = {}
    for image_id, before in tags_repository.tags_of(conn, [image.id for image in images]).items():
        after = _changed(before, add, set(remove))
        if after != before:
            changed[image_id] = after
    tags_repository.set_tags(conn, changed)
    return Outcome(list(images), folders={image.folder_path for image in images})


def _changed(before: Mapping[str, object], add: Sequence[str], remove: Collection[str]) -> dict[str, object]:
    after = dict(before)
    for kind in TAG_KINDS:
        names = cast("list[str]", before.get(kind) or [])
        more = add if kind == "objects" else ()
        kept = [name for name in dict.fromkeys([*names, *more]) if name not in remove]
        if kept != names:
            after[kind] = kept
    confidences = before.get("confidences")
    if isinstance(confidences, dict):
        known = cast("dict[str, object]", confidences)
        after["confidences"] = {name: value for name, value in known.items() if name not in remove}
    return after
