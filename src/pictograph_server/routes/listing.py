"""Lists of images, and datasets in numbers."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from pictograph.models.common import WireModel
from pictograph.models.dataset import DatasetImage
from pictograph.models.listing import DatasetCounts, Folder, ImageSort
from pictograph_server.auth import Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.routes.image_json import image_json
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.images.status_filter import statuses_of
from pictograph_server.services.search import counts, listing
from pictograph_server.services.search.filters import ImageFilter

router = APIRouter(tags=["lists"])

Word = Annotated[str, Query(max_length=1000)]
Confidence = Annotated[float, Query(ge=0, le=1)]


class ImageList(WireModel):
    """A page may be shorter than `limit`, even empty, while `next_cursor` is not null: send that for the next one."""

    images: list[DatasetImage]
    next_cursor: str | None
    # Where it is known without looking at every image.
    total: int | None


class CountsEnvelope(WireModel):
    counts: DatasetCounts


class FolderList(WireModel):
    folders: list[Folder]


@router.get(f"{API}/images/", response_model=ImageList)
def list_images(
    actor: Viewer,
    platform: PlatformDep,
    dataset_name: Word,
    status: Word | None = None,
    class_name: Word | None = None,
    folder_path: Word | None = None,
    recursive: bool = True,
    source: Word | None = None,
    min_confidence: Confidence | None = None,
    max_confidence: Confidence | None = None,
    text: Word | None = None,
    tag: Word | None = None,
    annotated: bool | None = None,
    archived: bool = False,
    sort: ImageSort = "newest",
    cursor: Word | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    wanted = ImageFilter(
        statuses=statuses_of(status),
        class_name=class_name,
        folder_path=None if folder_path is None else normalise_folder(folder_path),
        with_subfolders=recursive,
        source=source,
        min_confidence=min_confidence,
        max_confidence=max_confidence,
        text=text or None,
        tag=tag,
        is_annotated=annotated,
        is_archived=archived,
    )
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, actor.organization_id, dataset_name)
        page = listing.list_images(conn, dataset, wanted, sort=sort, cursor=cursor, limit=limit)
    base_url = platform.signer.base_url
    images = [image_json(image, platform.signer, base_url) for image in page.images]
    return json_response({"images": images, "next_cursor": page.next_cursor, "total": page.total})


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
