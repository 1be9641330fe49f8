"""What a batch found without writing it into the dataset, so that it can be measured first."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from pictograph.models.annotation import Annotation, parse_annotations
from pictograph_server.services.annotations.documents import to_document
from pictograph_server.services.auto_annotation import proposals_repository as repository
from pictograph_server.services.auto_annotation.proposals_repository import Proposed


def save(
    conn: Connection,
    batch_id: str,
    image_id: str,
    annotations: Sequence[Annotation],
    *,
    tags: Mapping[str, float] | None = None,
) -> None:
    """Keep what a batch found on an image, in the caller's transaction; the dataset is left as it is.

    An image that shows nothing is saved too, with no annotations: it was searched. `tags` maps the names of classes
    asked for as tags to their confidence. Saved again, the newer one counts.
    """
    save_many(conn, batch_id, [Proposed(image_id, [to_document(each) for each in annotations], tags or {})])


def save_many(conn: Connection, batch_id: str, found: Sequence[Proposed]) -> None:
    """Keep what a batch found on the images of a group: as `save`, with the same two statements for all of them."""
    repository.put(conn, batch_id, found)


def of_batch(
    conn: Connection, organization_id: str, batch_id: str, *, image_ids: Sequence[str] | None = None
) -> dict[str, list[Annotation]]:
    """Return image id -> what the batch found there; images it has not searched (yet) are absent.

    A batch that is another organisation's, or that wrote into its dataset, has none.
    """
    found = repository.of_batch(conn, organization_id, batch_id, image_ids)
    return {each.image_id: parse_annotations(list(each.document)) for each in found}


def tags_of_batch(
    conn: Connection, organization_id: str, batch_id: str, *, image_ids: Sequence[str] | None = None
) -> dict[str, Mapping[str, float]]:
    """Return image id -> tag -> confidence, for every image that the batch has searched."""
    return {each.image_id: each.tags for each in repository.of_batch(conn, organization_id, batch_id, image_ids)}
