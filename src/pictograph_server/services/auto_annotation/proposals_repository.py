"""The rows of proposals: one for each image that a batch with the destination "proposals" has searched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, delete, insert, select

from pictograph_server.storage.db.tables import batch_jobs, images, proposals

# Below the variable limits of both databases.
_CHUNK = 500
_COLUMNS: tuple[Column[Any], ...] = (proposals.c.image_id, proposals.c.document, proposals.c.tags)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a batch says about one image, as stored."""

    image_id: str
    document: Sequence[Mapping[str, object]]
    tags: Mapping[str, float]


def put(conn: Connection, batch_id: str, proposed: Sequence[Proposed]) -> None:
    """Write what a batch found on some images, a group at most, in place of what it said before."""
    if not proposed:
        return
    image_ids = [each.image_id for each in proposed]
    conn.execute(delete(proposals).where(proposals.c.batch_id == batch_id, proposals.c.image_id.in_(image_ids)))
    conn.execute(
        insert(proposals),
        [
            {
                "batch_id": batch_id,
                "image_id": each.image_id,
                "document": list(each.document),
                "tags": dict(each.tags),
            }
            for each in proposed
        ],
    )


def of_batch(
    conn: Connection, organization_id: str, batch_id: str, image_ids: Sequence[str] | None
) -> Iterator[Proposed]:
    """Yield what the organisation's batch says, about these images or about all that are not archived."""
    query = _of_batch(organization_id, batch_id)
    chunks = [None] if image_ids is None else [image_ids[n : n + _CHUNK] for n in range(0, len(image_ids), _CHUNK)]
    for chunk in chunks:
        rows = conn.execute(query if chunk is None else query.where(proposals.c.image_id.in_(chunk)))
        yield from (Proposed(*row) for row in rows)


def page(
    conn: Connection,
    organization_id: str,
    batch_id: str,
    *,
    image_ids: Sequence[str] | None,
    after: str | None,
    limit: int,
) -> list[Proposed]:
    """Return what the batch says about the next images in the order of their ids, of these or of all."""
    if image_ids is not None:
        wanted = sorted(each for each in set(image_ids) if after is None or each > after)
        found = {each.image_id: each for each in of_batch(conn, organization_id, batch_id, wanted)}
        return [found[each] for each in sorted(found)][:limit]
    query = _of_batch(organization_id, batch_id).order_by(proposals.c.image_id).limit(limit)
    rows = conn.execute(query if after is None else query.where(proposals.c.image_id > after))
    return [Proposed(*row) for row in rows]


def _of_batch(organization_id: str, batch_id: str) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(batch_jobs, batch_jobs.c.id == proposals.c.batch_id)
        .join(images, images.c.id == proposals.c.image_id)
        .where(
            batch_jobs.c.organization_id == organization_id,
            proposals.c.batch_id == batch_id,
            images.c.is_archived.is_(False),
        )
    )
