"""Which annotators the server has, for people who choose one."""

from fastapi import APIRouter

from pictograph.models.annotator import Annotator
from pictograph_server.auth import Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.auto_annotation.annotators import list_annotators

router = APIRouter(prefix="/api/v1/developer/auto-annotate/annotators", tags=["auto-annotation"])


@router.get("")
def get_annotators(actor: Viewer, platform: PlatformDep) -> dict[str, list[Annotator]]:
    return {"annotators": list_annotators(platform)}
