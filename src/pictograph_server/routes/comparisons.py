"""Measures of a dataset's labels: one source against another."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from pictograph.models.common import NonBlankStr, StrictModel
from pictograph.models.comparison import Comparison
from pictograph_server.auth import Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.services.comparisons import service as comparisons
from pictograph_server.services.comparisons.service import MAX_IMAGES, ComparisonRequest

router = APIRouter(prefix=f"{API}/datasets", tags=["datasets"])

SourceName = Annotated[NonBlankStr, Field(max_length=300)]


class CompareSources(StrictModel):
    reference: SourceName = "people"
    other: SourceName = "machine"
    class_names: Annotated[list[str], Field(max_length=1000)] | None = None
    iou: Annotated[float, Field(gt=0, le=1)] = 0.5
    images_limit: Annotated[int, Field(ge=1, le=MAX_IMAGES)] = MAX_IMAGES
    worst_limit: Annotated[int, Field(ge=0, le=1000)] = 20
    review_limit: Annotated[int, Field(ge=0, le=MAX_IMAGES)] = 100


@router.post("/by-name/{name}/compare")
def compare(name: str, body: CompareSources, actor: Viewer, platform: PlatformDep) -> Comparison:
    request = ComparisonRequest(
        dataset_name=name,
        reference=body.reference,
        other=body.other,
        class_names=body.class_names,
        iou=body.iou,
        images_limit=body.images_limit,
        worst_limit=body.worst_limit,
        review_limit=body.review_limit,
    )
    with platform.db.read() as conn:
        return comparisons.compare(conn, actor.organization_id, request)
