"""Single questions to SAM 3 about one image. Nothing is saved."""

from typing import Annotated, Any, Literal

from pydantic import Field

from pictograph.agents.descriptor import describe
from pictograph.agents.tools.workflows import DatasetName
from pictograph.client import Client

Filename = Annotated[str, Field(description="File name of the image; folder/name where the name alone is not unique.")]
Points = Annotated[list[list[int]] | None, Field(description="Further points, each [x, y] in pixels.")]
Confidence = Annotated[float, Field(ge=0.0, le=1.0, description="What is surer than this is returned.")]


def auto_annotate_point(
    client: Client,
    dataset_name: DatasetName,
    image_filename: Filename,
    x: Annotated[int, Field(description="Pixels from the left.")],
    y: Annotated[int, Field(description="Pixels from the top.")],
    name: Annotated[str, Field(description="Class of what is there.")] = "object",
    positive_points: Points = None,
    negative_points: Points = None,
    score_threshold: Confidence = 0.75,
) -> Any:
    """Use to get the outline of the object at a point of an image. Save it with save_annotations."""
    return client.auto_annotate.point(
        dataset_name,
        image_filename,
        x=x,
        y=y,
        name=name,
        positive_points=_pairs(positive_points),
        negative_points=_pairs(negative_points),
        score_threshold=score_threshold,
    )


def auto_annotate_box(
    client: Client,
    dataset_name: DatasetName,
    image_filename: Filename,
    box: Annotated[dict[str, float], Field(description="x, y, w and h of a rough box, in pixels.")],
    name: Annotated[str, Field(description="Class of what is there.")],
    confidence_threshold: Confidence = 0.5,
    return_polygon: Annotated[bool, Field(description="The outline; else a tight box.")] = True,
) -> Any:
    """Use to get what a rough box shows, and everything like it on the image. Save it with save_annotations."""
    return client.auto_annotate.box(
        dataset_name,
        image_filename,
        box=box,
        name=name,
        confidence_threshold=confidence_threshold,
        return_polygon=return_polygon,
    )


def auto_annotate_text(
    client: Client,
    dataset_name: DatasetName,
    image_filename: Filename,
    text_prompt: Annotated[str, Field(description="What to look for, in a few words.")],
    output_type: Annotated[Literal["polygon", "bbox"], Field(description="Outlines or boxes.")] = "polygon",
    confidence_threshold: Confidence = 0.5,
) -> Any:
    """Use to find everything on one image that some words name. For many images use auto_annotate_dataset."""
    return client.auto_annotate.text(
        dataset_name,
        image_filename,
        text_prompt=text_prompt,
        output_type=output_type,
        confidence_threshold=confidence_threshold,
    )


def _pairs(points: list[list[int]] | None) -> list[tuple[int, int]] | None:
    """Return the points as pairs.

    Raises:
        ValueError: one is no pair of numbers.
    """
    if points is None:
        return None
    if any(len(point) != 2 for point in points):
        raise ValueError("a point is [x, y]: two numbers, in pixels")
    return [(point[0], point[1]) for point in points]


TOOLS = (
    describe(auto_annotate_point, "member", credit_cost=1),
    describe(auto_annotate_box, "member", credit_cost=1),
    describe(auto_annotate_text, "member", credit_cost=1),
)
