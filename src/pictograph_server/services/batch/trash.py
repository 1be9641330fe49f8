"""The trash of a dataset: archived images, which are in no list, count or export, and can come back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.batch import BatchResult, DuplicateHandling
from pictograph_server.actor import Actor
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord

from . import changes, repository, service


@dataclass(frozen=True, slots=True)
class TrashPage:
    """Images of the trash; `next_cursor` is None on the last page."""

    images: Sequence[ImageRecord]
    next_cursor: str | None


def page(conn: Connection, organization_id: str, dataset_name: str, *, limit: int, cursor: str | None) -> TrashPage:
    """Return archived images, those that were made last first, behind a cursor. Raises `DatasetNotFound` (404)."""
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    found = repository.archived_page(conn, dataset.id, after=cursor, until=None, limit=limit)
    records = images.get_many(conn, organization_id, [image.id for image in found])
    return TrashPage(records, found[-1].id if len(found) == limit else None)


def restore(
    conn: Connection, actor: Actor, dataset_name: str, image_ids: Sequence[str], handling: DuplicateHandling
) -> BatchResult:
    """Take these images out of the trash, back into the folders they came from.

    Raises:
        DatasetNotFound, NoSuchImages: 404.
        LimitExceeded: 402.
    """
    selection = service.select(conn, actor.organization_id, dataset_name, image_ids)
    outcome = changes.restore(conn, actor.organization_id, selection.dataset.id, selection.images, handling)
    service.record(conn, actor, "images.restored", selection.dataset, len(outcome.done))
    return service.result(selection, outcome)
