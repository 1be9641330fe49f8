"""Search: endpoints 47-48, and near copies within a dataset."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from pictograph.models.common import WireModel
from pictograph.models.search import Duplicates, SimilarImage, TaggedImage
from pictograph_server.auth import Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.routes.image_json import image_json
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.search import duplicates, similarity, tags

router = APIRouter(tags=["search"])

Word = Annotated[str, Field(max_length=1000)]
Words = Annotated[list[Word], Query(max_length=50)]


class SimilarImages(WireModel):
    results: list[SimilarImage]
    count: int
    threshold: float
    query_image_id: str


class TaggedImages(WireModel):
    results: list[TaggedImage]
    count: int


@router.get(f"{API}/search/similar")
def search_similar(
    actor: Viewer,
    platform: PlatformDep,
    image_id: Word,
    threshold: Annotated[float, Query(ge=0, le=1)] = 0.6,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    folder_path: Word | None = None,
) -> SimilarImages:
    """In the image's own folder and below it, or in `folder_path`; `/` is the whole dataset."""
    folder = None if folder_path is None else normalise_folder(folder_path)
    with platform.db.read() as conn:
        found = similarity.by_similarity(
            conn, actor.organization_id, image_id, threshold=threshold, limit=limit, folder_path=folder
        )
    return SimilarImages(results=found, count=len(found), threshold=threshold, query_image_id=image_id)


@router.get(f"{API}/search/by-tags")
def search_by_tags(
    actor: Viewer,
    platform: PlatformDep,
    objects: Words = [],  # noqa: B006  # FastAPI copies it
    scenes: Words = [],  # noqa: B006
    attributes: Words = [],  # noqa: B006
    dataset_name: Word | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> TaggedImages:
    """Images that carry every tag that is named."""
    wanted = {"objects": objects, "scenes": scenes, "attributes": attributes}
    with platform.db.read() as conn:
        found = tags.by_tags(conn, actor.organization_id, wanted, dataset_name=dataset_name, limit=limit, offset=offset)
    return TaggedImages(results=found, count=len(found))


@router.get(f"{API}/datasets/by-name/{{name}}/duplicates", response_model=Duplicates)
def find_duplicates(
    name: str,
    actor: Viewer,
    platform: PlatformDep,
    max_distance: Annotated[int, Query(ge=0, le=8)] = 4,
    images_limit: Annotated[int, Query(ge=1, le=200_000)] = 200_000,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Groups of near copies among the newest images of the dataset."""
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, actor.organization_id, name)
        found = duplicates.find(conn, dataset, max_distance=max_distance, images_limit=images_limit, limit=limit)
    base_url = platform.signer.base_url
    groups = [
        {
            "images": [image_json(image, platform.signer, base_url) for image in group],
            "is_exact": len({image.sha256 for image in group}) == 1,
        }
        for group in found.groups
    ]
    return json_response(
        {
            "groups": groups,
            "group_count": found.group_count,
            "images_searched": found.images_searched,
            "image_count": dataset.image_count,
        }
    )
