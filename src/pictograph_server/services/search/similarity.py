"""Images that look like one: by the descriptor that the ingest job keeps, compared with every one there is."""

from collections.abc import Iterator

from sqlalchemy import Connection

from pictograph.models.search import SimilarImage
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord

from . import similarity_repository as repository
from .similarity_repository import Batch

_LOOKED_UP_AT_ONCE = 500


def by_similarity(
    conn: Connection,
    organization_id: str,
    image_id: str,
    *,
    threshold: float,
    limit: int,
    folder_path: str | None = None,
) -> list[SimilarImage]:
    """Return the images most like one, the most alike first: of its dataset, in `folder_path` and below it.

    Without a folder it is the image's own. The image itself is left out, and so are archived ones and those that the
    ingest job has not seen; while it has not seen the image itself, there is nothing to compare.

    Raises:
        ImageNotFound: 404.
    """
    image = images.get(conn, organization_id, image_id)
    folder = image.folder_path if folder_path is None else folder_path
    query = repository.descriptor_of(conn, image_id)
    if query is None:
        return []
    if folder == "/":
        # Quicker than a look at each image; so many more are taken as may turn out to be archived.
        batches = repository.of_dataset(conn, image.dataset_id)
        most = limit + 1 + repository.count_archived(conn, image.dataset_id)
    else:
        batches, most = repository.of_folder(conn, image.dataset_id, folder), limit + 1
    ranked = _most_alike(query, batches, threshold=threshold, most=most)
    found: list[SimilarImage] = []
    for start in range(0, len(ranked), _LOOKED_UP_AT_ONCE):
        alike = dict(ranked[start : start + _LOOKED_UP_AT_ONCE])
        alike.pop(image_id, None)
        for record in images.get_many(conn, organization_id, list(alike)):
            if not record.is_archived and len(found) < limit:
                found.append(_similar(record, alike[record.id]))
        if len(found) == limit:
            break
    return found


def _most_alike(query: bytes, batches: Iterator[Batch], *, threshold: float, most: int) -> list[tuple[str, float]]:
    """Return (id, similarity) of the best, falling; equal ones by id, so that the answer is the same every time."""
    # Loaded when somebody searches: the server starts without it.
    import numpy as np

    from pictograph_server.services.images.descriptor import similarities

    best: list[tuple[str, float]] = []
    for ids, descriptors in batches:
        values = similarities(query, descriptors)
        chosen = np.flatnonzero(values >= threshold)
        if len(chosen) > most:
            chosen = chosen[np.argpartition(-values[chosen], most)[:most]]
        best += [(ids[index], float(values[index])) for index in chosen]
        best = sorted(best, key=lambda entry: (-entry[1], entry[0]))[:most]
    return best


def _similar(record: ImageRecord, similarity: float) -> SimilarImage:
    return SimilarImage(
        id=record.id,
        filename=record.filename,
        virtual_folder_path=record.folder_path,
        status=record.status,
        annotation_count=record.annotation_count,
        image_auto_tags=record.tags_by_kind,
        similarity=min(1.0, similarity),
    )
