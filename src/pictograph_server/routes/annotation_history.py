"""The history of an image's annotations: what they were, and any of it brought back."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from pictograph.models.annotation_history import AnnotationState, AnnotationVersion
from pictograph.models.common import StrictModel, WireModel
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, json_response
from pictograph_server.services.annotations import history

router = APIRouter(prefix=f"{API}/annotations", tags=["annotations"])

# As large as the column holds; a greater one would be an error of the database.
_LARGEST = 2_147_483_647
Version = Annotated[int, Field(ge=0, le=_LARGEST)]


class AnnotationHistory(WireModel):
    image_id: str
    versions: list[AnnotationVersion]


class RestoreAnnotations(StrictModel):
    version: Version
    expected_version: Version | None = None


class RestoredAnnotations(WireModel):
    image_id: str
    previous_count: int
    new_count: int
    status: str
    annotation_version: int


@router.get("/{image_id}/history")
def get_history(
    image_id: str,
    actor: Viewer,
    platform: PlatformDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    before: Annotated[int | None, Query(ge=0, le=_LARGEST)] = None,
) -> AnnotationHistory:
    """The current state first; `before` goes on behind the last one of a page."""
    with platform.db.read() as conn:
        found = history.history(conn, actor.organization_id, image_id, before=before, limit=limit)
    return AnnotationHistory(image_id=image_id, versions=found)


@router.get("/{image_id}/history/{version}", response_model=AnnotationState)
def get_version(image_id: str, version: str, actor: Viewer, platform: PlatformDep) -> Response:
    with platform.db.read() as conn:
        about, state = history.at_version(conn, actor.organization_id, image_id, version)
    # The annotations as they are stored: every number keeps its digits.
    return json_response({**about.model_dump(), "annotations": state.documents})


@router.post("/{image_id}/restore")
def restore_annotations(
    image_id: str, body: RestoreAnnotations, actor: Member, platform: PlatformDep
) -> RestoredAnnotations:
    with platform.db.write() as conn:
        outcome = history.restore(conn, actor, image_id, body.version, expected_version=body.expected_version)
    return RestoredAnnotations(
        image_id=image_id,
        previous_count=outcome.previous_count,
        new_count=outcome.new_count,
        status=outcome.status,
        annotation_version=outcome.version,
    )
