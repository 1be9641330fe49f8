"""One change to many images. What cannot be changed is listed with the reason; the rest is done."""

from collections.abc import Sequence

from sqlalchemy import Connection

from pictograph.models.batch import BatchFailure, BatchResult
from pictograph.models.image import ImageStatus
from pictograph_server.errors import NotFound
from pictograph_server.services.datasets import service as datasets

from . import service


class NoSuchImages(NotFound):
    code = "image_not_found"

    def __init__(self, dataset_name: str, ids: int) -> None:
        super().__init__(
            f"None of the {ids} images was found",
            why=f"dataset {dataset_name!r} has no images with these ids",
            fix="Take the ids from `client.datasets.get(name, include_images=True)`",
        )


def set_status(
    conn: Connection, organization_id: str, dataset_name: str, image_ids: Sequence[str], status: ImageStatus
) -> BatchResult:
    """Set the status of images of a dataset, as a person's word: no job changes it again (R5).

    Raises:
        DatasetNotFound, NoSuchImages: 404.
    """
    dataset = datasets.get_by_name(conn, organization_id, dataset_name)
    wanted = list(dict.fromkeys(image_ids))
    found = {
        image.id: image
        for image in service.get_many(conn, organization_id, wanted)
        if image.dataset_id == dataset.id and not image.is_archived
    }
    if not found:
        raise NoSuchImages(dataset_name, len(wanted))
    for image_id in found:
        service.set_status(conn, organization_id, image_id, status)
    missing = [
        BatchFailure(id=image_id, reason="there is no such image in this dataset")
        for image_id in wanted
        if image_id not in found
    ]
    return BatchResult(
        success=not missing,
        processed=len(found),
        failed=missing,
        affected_folders=sorted({image.folder_path for image in found.values()}),
    )
