"""Datasets as files in the field's formats."""

from typing import Annotated, Any, Literal

from pydantic import Field

from pictograph.agents.descriptor import describe
from pictograph.agents.tools.workflows import DatasetName
from pictograph.client import Client
from pictograph.models.export import ExportFormat

ExportName = Annotated[str, Field(description="Name of the export.")]


def create_export(
    client: Client,
    dataset_name: DatasetName,
    name: ExportName,
    format: Annotated[ExportFormat, Field(description="The file format.")] = "pictograph",
    include_images: Annotated[bool, Field(description="Put the images into the file too.")] = True,
    class_filter: Annotated[list[str] | None, Field(description="Only annotations of these classes.")] = None,
    status_filter: Annotated[
        Literal["all", "complete", "in_progress", "new"], Field(description="Only images that stand like this.")
    ] = "complete",
) -> Any:
    """Use to write a dataset to a ZIP on the server, and wait for it. Fetch it with download_export."""
    return client.exports.create(
        dataset_name,
        name,
        format=format,
        include_images=include_images,
        class_filter=class_filter,
        status_filter=status_filter,
    )


def list_exports(
    client: Client, limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 50
) -> dict[str, Any]:
    """Use to see which exports there are, newest first."""
    found = client.exports.list(limit=limit)
    return {"exports": found, "count": len(found)}


def download_export(
    client: Client,
    dataset_name: DatasetName,
    export_name: ExportName,
    output_path: Annotated[str, Field(description="Where the ZIP goes on this machine.")],
) -> dict[str, Any]:
    """Use to fetch the ZIP of a completed export."""
    return {"output_path": str(client.exports.download(dataset_name, export_name, output_path))}


TOOLS = (
    describe(create_export, "member"),
    describe(list_exports, "viewer", idempotent=True),
    describe(download_export, "viewer", idempotent=True),
)
