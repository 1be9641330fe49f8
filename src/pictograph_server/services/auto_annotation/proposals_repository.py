"""The rows of proposals: one for each image that a batch with the destination "proposals" has searched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from pictograph_server.storage.db.tables import batch_jobs, images, proposals

# Below the variable limits of both databases.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a batch says about one image, as stored."""

    image_id: str
    document: Sequence[Mapping[str, object]]
    tags: Mapping[str, float]


def put(conn: Connection, batch_id: str, proposed: Proposed) -> None:
    """Write what a batch found on an image, in place of what it said before."""
    conn.execute(delete(proposals).where(proposals.c.batch_id == batch_id, proposals.c.image_id == proposed.image_id))
    conn.execute(
        insert(proposals).values(
            batch_id=batch_id,
            image_id=proposed.image_id,
            document=list(proposed.document),
            tags=dict(proposed.tags),
        )
    )


def of_batch(
    conn: Connection, organization_id: str, batch_id: str, image_ids: Sequence[str] | None
) -> Iterator[Proposed]:
    """Yield what the organisation's batch says, about these images or about all that are not archived."""
    query = (
        select(proposals.c.image_id, proposals.c.document, proposals.c.tags)
        .join(batch_jobs, batch_jobs.c.id == proposals.c.batch_id)
        .join(images, images.c.id == proposals.c.image_id)
        .where(
            batch_jobs.c.organization_id == organization_id,
            proposals.c.batch_id == batch_id,
            images.c.is_archived.is_(False),
        )
    )
    chunks = [None] if image_ids is None else [image_ids[n : n + _CHUNK] for n in range(0, len(image_ids), _CHUNK)]
    for chunk in chunks:
        rows = conn.execute(query if chunk is None else query.where(proposals.c.image_id.in_(chunk)))
        yield from (Proposed(row.image_id, row.document, row.tags) for row in rows)
