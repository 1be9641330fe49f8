"""Changes to many images at once: the status, as people who review set it (endpoint 46)."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pictograph.models.batch import BatchResult
from pictograph.models.image import ImageStatus
from pictograph_server.auth import Member
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.images import batch

router = APIRouter(prefix="/api/v1/developer/batch/images", tags=["batch"])


class ImageUpdates(BaseModel):
    # What is not changed here is refused, not passed over.
    model_config = ConfigDict(extra="forbid")

    status: ImageStatus


class UpdateImages(BaseModel):
    dataset_name: str
    image_ids: Annotated[list[str], Field(min_length=1, max_length=10_000)]
    updates: ImageUpdates


@router.patch("/update")
def update_images(body: UpdateImages, actor: Member, platform: PlatformDep) -> BatchResult:
    with platform.db.write() as conn:
        return batch.set_status(conn, actor.organization_id, body.dataset_name, body.image_ids, body.updates.status)
