"""Tags of an image, as a person gives and takes them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from pictograph.models.common import StrictModel, WireModel
from pictograph_server.auth import Member
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.services.images import tagging

router = APIRouter(prefix=f"{API}/images", tags=["images"])

Tag = Annotated[str, Field(max_length=120)]


class SetTags(StrictModel):
    """Every tag of the image; those left out are taken away."""

    tags: Annotated[list[Tag], Field(max_length=1000)]


class ImageTags(WireModel):
    image_id: str
    tags: list[str]


@router.put("/{image_id}/tags")
def set_tags(image_id: str, body: SetTags, actor: Member, platform: PlatformDep) -> ImageTags:
    with platform.db.write() as conn:
        return ImageTags(image_id=image_id, tags=tagging.tag(conn, actor, image_id, body.tags))
