"""Near copies in a dataset: photos saved again, smaller, or a moment later."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord

from . import similarity_repository as repository


@dataclass(frozen=True, slots=True)
class NearCopies:
    """Groups of images, each oldest first; the largest groups first. `group_count` is of all there are."""

    groups: Sequence[Sequence[ImageRecord]]
    group_count: int
    images_searched: int


def find(conn: Connection, dataset: DatasetRecord, *, max_distance: int, images_limit: int, limit: int) -> NearCopies:
    """Return groups of near copies among the newest images of a dataset."""
    # Loaded when somebody searches: the server starts without numpy.
    from .near_copies import groups_of

    hashes = repository.hashes(conn, dataset.id, limit=images_limit)
    groups = groups_of(hashes, partial(repository.of_images, conn), max_distance=max_distance) if hashes else []
    shown = groups[:limit]
    wanted = [image_id for group in shown for image_id in group]
    records = {record.id: record for record in images.get_many(conn, dataset.organization_id, wanted)}
    return NearCopies(
        groups=[[records[image_id] for image_id in sorted(group) if image_id in records] for group in shown],
        group_count=len(groups),
        images_searched=len(hashes),
    )
