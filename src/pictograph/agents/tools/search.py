"""Images by what is on them."""

from typing import Annotated, Any

from pydantic import Field

from pictograph.agents.descriptor import describe
from pictograph.agents.tools.workflows import DatasetName
from pictograph.client import Client

Tags = Annotated[list[str] | None, Field(description="Every one of these.")]
Limit = Annotated[int, Field(ge=1, le=500, description="At most so many images.")]


def search_by_tag(
    client: Client,
    dataset_name: DatasetName,
    objects: Tags = None,
    scenes: Tags = None,
    attributes: Tags = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Use to find the images of a dataset that carry certain tags. An image has to carry all that are named."""
    found = client.search.by_tag(
        objects=objects, scenes=scenes, attributes=attributes, dataset_name=dataset_name, limit=limit
    )
    return {"images": found, "count": len(found)}


def search_by_similarity(
    client: Client,
    image_id: Annotated[str, Field(description="Id of the image to compare with.")],
    threshold: Annotated[float, Field(ge=0.0, le=1.0, description="At least so similar; 1 is the same.")] = 0.6,
    limit: Limit = 50,
    folder_path: Annotated[str | None, Field(description="Only in this folder of the dataset.")] = None,
) -> dict[str, Any]:
    """Use to find images that look like a given one, the most similar first: near-duplicates, other views of it."""
    found = client.search.by_similarity(image_id, threshold=threshold, limit=limit, folder_path=folder_path)
    return {"images": found, "count": len(found)}


TOOLS = (
    describe(search_by_tag, "viewer", idempotent=True),
    describe(search_by_similarity, "viewer", idempotent=True),
)
