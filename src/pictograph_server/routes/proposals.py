"""Proposals of a batch: accepting them into the dataset."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from pictograph.models.auto_annotate import Acceptance
from pictograph.models.common import StrictModel
from pictograph_server.auth import Member
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.services.auto_annotation import acceptance
from pictograph_server.services.auto_annotation.acceptance import AcceptRequest

router = APIRouter(prefix=f"{API}/auto-annotate", tags=["auto-annotation"])

Threshold = Annotated[float, Field(ge=0, le=1)]


class AcceptProposals(StrictModel):
    image_ids: Annotated[list[str], Field(max_length=50_000)] | None = None
    confidence_threshold: Threshold = 0.0
    thresholds: Annotated[dict[str, Threshold], Field(max_length=1000)] = Field(default_factory=dict[str, float])
    after: str | None = None


@router.post("/batch/{job_id}/accept")
def accept(job_id: str, body: AcceptProposals, actor: Member, platform: PlatformDep) -> Acceptance:
    """Accept a page of proposals; the answer's `next` is the `after` of the following one."""
    request = AcceptRequest(
        image_ids=body.image_ids,
        confidence_threshold=body.confidence_threshold,
        thresholds=body.thresholds,
        after=body.after,
    )
    with platform.db.write() as conn:
        return acceptance.accept(conn, actor.organization_id, job_id, request)
