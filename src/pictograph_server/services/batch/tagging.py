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
from .records import Outcome


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
    datasets.ensure_classes(conn, selection.dataset.id, [(name, "tag", ()) for name in given])
    ids = [image.id for image in selection.images]
    changed: dict[str, Mapping[str, object]] = {}
    for image_id, before in tags_repository.tags_of(conn, ids).items():
        after = _changed(before, given, set(remove))
        if after != before:
            changed[image_id] = after
    tags_repository.set_tags(conn, changed)
    service.record(conn, actor, "images.tagged", selection.dataset, len(ids), added=given, removed=list(remove))
    folders = {image.folder_path for image in selection.images}
    return service.result(selection, Outcome(selection.images, folders=folders))


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
