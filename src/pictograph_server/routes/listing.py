"""Lists of images, and datasets in numbers."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from pictograph.models.common import WireModel
from pictograph.models.dataset import DatasetImage
from pictograph.models.listing import DatasetCounts, Folder, ImageNeighbors, ImageSort
from pictograph_server.auth import Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.routes.image_filter import FilterDep, Word
from pictograph_server.routes.image_json import image_json
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.services.search import counts, listing, neighbors

router = APIRouter(tags=["lists"])


class ImageList(WireModel):
    """A page may be shorter than `limit`, even empty, while `next_cursor` is not null: send that for the next one."""

    images: list[DatasetImage]
    next_cursor: str | None
    # Where it is known without looking at every image, or was asked for and does not take long.
    total: int | None
    # Whether a page of this list may begin at an offset.
    has_offsets: bool


class ImageIds(WireModel):
    """A page may be short, even empty, while `next_cursor` is not null."""

    image_ids: list[str]
    next_cursor: str | None


class CountsEnvelope(WireModel):
    counts: DatasetCounts


class FolderList(WireModel):
    folders: list[Folder]


@router.get(f"{API}/images/", response_model=ImageList)
def list_images(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: Word,
    wanted: FilterDep,
    sort: ImageSort = "newest",
    cursor: Word | None = None,
    offset: Annotated[int | None, Query(ge=0, le=1_000_000_000)] = None,
    with_total: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Behind a cursor, or at an offset where `has_offsets` says that this list has them.

    `with_total` counts what no kept count tells, if that does not take long.
    """
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
        page = listing.list_images(
            conn, dataset, wanted, sort=sort, cursor=cursor, offset=offset, limit=limit, with_total=with_total
        )
    return json_response(
        {
            "images": _images(page.images, platform),
            "next_cursor": page.next_cursor,
            "total": page.total,
            "has_offsets": page.has_offsets,
        }
    )


@router.get(f"{API}/images/{{image_id}}/neighbors", response_model=ImageNeighbors)
def find_neighbors(
    image_id: str,
    actor: Viewer,
    platform: PlatformDep,
    wanted: FilterDep,
    sort: ImageSort = "newest",
    position: Word | None = None,
    with_index: bool = False,
    limit: Annotated[int, Query(ge=1, le=50)] = 1,
) -> Response:
    """What comes before and behind an image in the list of its dataset with these filters and this sort.

    `position`, of an earlier answer, stands for where the image was then: an edit may move it.
    """
    with platform.db.read() as conn:
        image = images.get(conn, actor.organization_id, image_id)
        found = neighbors.find(conn, image, wanted, sort=sort, limit=limit, position=position, with_index=with_index)
    return json_response(
        {
            "previous": _images(found.previous, platform),
            "next": _images(found.next, platform),
            "position": found.position,
            "index": found.index,
            "total": found.total,
        }
    )


@router.get(f"{API}/datasets/by-name/{{name}}/image-ids")
def list_image_ids(
    name: str,
    actor: Viewer,
    platform: PlatformDep,
    wanted: FilterDep,
    sort: ImageSort = "newest",
    cursor: Word | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
) -> ImageIds:
    """Ids alone, to change all images that match."""
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, actor.organization_id, name)
        page = listing.list_images(conn, dataset, wanted, sort=sort, cursor=cursor, limit=limit)
    return ImageIds(image_ids=[image.id for image in page.images], next_cursor=page.next_cursor)


@router.get(f"{API}/datasets/by-name/{{name}}/counts")
def count_dataset(name: str, actor: Viewer, platform: PlatformDep) -> CountsEnvelope:
    with platform.db.read() as conn:
        return CountsEnvelope(counts=counts.count(conn, datasets.get_by_name(conn, actor.organization_id, name)))


@router.get(f"{API}/datasets/by-name/{{name}}/folders")
def list_folders(name: str, actor: Viewer, platform: PlatformDep, parent: Word | None = None) -> FolderList:
    """Every folder, or with `parent` those directly in one."""
    folder = None if parent is None else normalise_folder(parent)
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, actor.organization_id, name)
        return FolderList(folders=counts.list_folders(conn, dataset, parent=folder))


def _images(found: Sequence[ImageRecord], platform: Platform) -> list[dict[str, object]]:
    base_url = platform.signer.base_url
    return [image_json(image, platform.signer, base_url) for image in found]
