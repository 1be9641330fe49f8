"""Which images a request means, and which of them are left to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.repository import BatchRecord
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageBrief, ImageRecord


class NoMatchingImages(NotFound):
    code = "no_matching_images"

    def __init__(self, dataset: str, asked: Sequence[str]) -> None:
        shown = ", ".join(repr(name) for name in asked[:3]) + (" …" if len(asked) > 3 else "")
        super().__init__(
            f"None of the {len(asked)} images asked for is in dataset {dataset!r}",
            why=f"asked for {shown}" if asked else "`image_filenames` and `image_ids` are empty",
            fix="Name images as `client.datasets.get(name, include_images=True)` lists them (`name` or `folder/name`), "
            "or leave both lists out to mean every image",
        )


class DatasetHasNoImages(NotFound):
    code = "no_matching_images"

    def __init__(self, dataset: str) -> None:
        super().__init__(f"Dataset {dataset!r} has no images", fix="Upload some first (`client.images.upload`)")


class ImageNotInDataset(NotFound):
    code = "image_not_found"

    def __init__(self, dataset: str, name: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} has no image {name!r}",
            fix="Name it as `client.datasets.get(name, include_images=True)` lists it (`name` or `folder/name`)",
        )


class OutsideImage(BadRequest):
    code = "outside_image"

    def __init__(self, what: str, image: ImageRecord) -> None:
        super().__init__(
            f"{what} lies outside {image.filename!r}",
            why=f"the image is {image.width} x {image.height} pixels as it is shown",
            fix="Give absolute pixels of the upright image, origin top-left",
        )


@dataclass(frozen=True, slots=True)
class Selected:
    """What a request comes to. `live` is the batch that has the skipped ones still to do, if one has."""

    image_ids: Sequence[str]
    skipped: int = 0
    # Names or ids of the request that no image of the dataset has.
    unknown: Sequence[str] = ()
    live: BatchRecord | None = None


def select(
    conn: Connection,
    dataset: DatasetRecord,
    plan: BatchPlan,
    *,
    filenames: Sequence[str] | None,
    ids: Sequence[str] | None,
) -> Selected:
    """Return the images to do. Ids, when given, decide; without any list it is every image of the dataset.

    With `plan.skip_annotated`, images that are annotated are left out, and so are those that a live batch will search
    for the same, so that a client that died and asks again neither queues nor pays anything twice. To be sure of that,
    hold the dataset (`datasets.lock`).

    Raises:
        NoMatchingImages, DatasetHasNoImages: 404, not one image is meant.
    """
    meant, unknown = _meant(conn, dataset, filenames, ids)
    if not plan.skip_annotated:
        return Selected([image.id for image in meant], unknown=unknown)
    left = {image.id: None for image in meant if not image.annotation_count}
    last: BatchRecord | None = None
    for batch in repository.live(conn, dataset.id):
        if plan.is_part_of(BatchPlan.model_validate(batch.request)):
            for image_id in repository.all_pending(conn, batch.id):
                if image_id in left:
                    del left[image_id]
                    last = batch
    return Selected(list(left), skipped=len(meant) - len(left), unknown=unknown, live=last)


def one_image(conn: Connection, dataset: DatasetRecord, name_or_id: str) -> ImageRecord:
    """Return the image of that id or name; of equal names the root folder's, then the oldest (trap 23).

    Raises:
        ImageNotInDataset: 404.
    """
    for image in images.get_many(conn, dataset.organization_id, [name_or_id]):
        if image.dataset_id == dataset.id and not image.is_archived:
            return image
    found = images.find_by_names(conn, dataset.id, [name_or_id])
    if not found:
        raise ImageNotInDataset(dataset.name, name_or_id)
    return found[0]


def _meant(
    conn: Connection, dataset: DatasetRecord, filenames: Sequence[str] | None, ids: Sequence[str] | None
) -> tuple[Sequence[ImageBrief], Sequence[str]]:
    if filenames is None and ids is None:
        everything = images.all_briefs(conn, dataset.id)
        if not everything:
            raise DatasetHasNoImages(dataset.name)
        return everything, ()
    found = images.find_briefs(conn, dataset.id, ids=ids or (), names=filenames or ())
    if not found:
        raise NoMatchingImages(dataset.name, ids or filenames or ())
    return found, _without_image(ids, found) if ids else _names_without_image(filenames or (), found)


def _without_image(ids: Sequence[str], found: Sequence[ImageBrief]) -> list[str]:
    there = {image.id for image in found}
    return [image_id for image_id in dict.fromkeys(ids) if image_id not in there]


def _names_without_image(names: Sequence[str], found: Sequence[ImageBrief]) -> list[str]:
    filenames, paths = {image.filename for image in found}, {image.path for image in found}
    return [
        name
        for name in dict.fromkeys(names)
        if ("/" + name.lstrip("/") not in paths if "/" in name else name not in filenames)
    ]
