"""Datasets, their images and the annotations on them."""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from pictograph.agents.descriptor import describe
from pictograph.agents.tools.workflows import DatasetName
from pictograph.client import Client
from pictograph.models.annotation import Annotation

ImageId = Annotated[str, Field(description="Id of the image.")]
_annotations: TypeAdapter[list[Annotation]] = TypeAdapter(list[Annotation])


def list_datasets(
    client: Client, limit: Annotated[int, Field(ge=1, le=1000, description="At most so many.")] = 100
) -> dict[str, Any]:
    """Use to see which datasets there are, with how many images each has."""
    found = client.datasets.list(limit=limit)
    return {"datasets": found, "count": len(found)}


def get_dataset(
    client: Client,
    name: DatasetName,
    include_images: Annotated[bool, Field(description="List its images too.")] = False,
    images_limit: Annotated[int, Field(ge=1, le=10_000, description="At most so many images.")] = 1000,
) -> Any:
    """Use to look at one dataset: its classes, its counts and, with include_images, its images and their ids."""
    return client.datasets.get(name, include_images=include_images, images_limit=images_limit)


def create_dataset(
    client: Client,
    name: DatasetName,
    description: Annotated[str | None, Field(description="What it is about.")] = None,
) -> Any:
    """Use to make an empty dataset. Uploading a folder makes one by itself."""
    return client.projects.create(name, description=description)


def delete_dataset(client: Client, name: DatasetName) -> dict[str, Any]:
    """Use to delete a dataset with its images, annotations and exports, only when the user asked for exactly that.

    It cannot be taken back.
    """
    return {"deleted": True, **client.projects.delete(name)}


def upload_image(
    client: Client,
    dataset_name: DatasetName,
    file_path: Annotated[str, Field(description="Path of an image on this machine.")],
    folder_path: Annotated[str, Field(description="Folder in the dataset.")] = "/",
) -> Any:
    """Use to add one image to a dataset. For a folder use upload_dataset_from_folder."""
    dataset = client.datasets.get(dataset_name)
    return client.images.upload(dataset.id, file_path, folder_path=folder_path)


def delete_image(client: Client, image_uuid: ImageId) -> dict[str, Any]:
    """Use to take one image out of its dataset. It is archived and can be restored."""
    client.images.delete(image_uuid)
    return {"deleted": True, "image_id": image_uuid}


def get_annotations(client: Client, image_uuid: ImageId) -> dict[str, Any]:
    """Use to read the annotations of one image. Coordinates are pixels, x to the right, y down."""
    found = client.annotations.get(image_uuid)
    return {"annotations": found, "count": len(found)}


def save_annotations(
    client: Client,
    image_uuid: ImageId,
    annotations: Annotated[
        list[dict[str, Any]],
        Field(description="Every annotation of the image, each with name, type and its geometry in pixels."),
    ],
) -> Any:
    """Use to replace all annotations of one image. What is not in the list is gone: read them first, then add."""
    return client.annotations.save(image_uuid, _annotations.validate_python(annotations))


TOOLS = (
    describe(list_datasets, "viewer", idempotent=True),
    describe(get_dataset, "viewer", idempotent=True),
    describe(create_dataset, "member"),
    describe(delete_dataset, "admin", idempotent=True),
    describe(upload_image, "member"),
    describe(delete_image, "member", idempotent=True),
    describe(get_annotations, "viewer", idempotent=True),
    describe(save_annotations, "member", idempotent=True),
)
