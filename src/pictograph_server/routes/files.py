"""Signed downloads: the link is the permission, so no API key is asked for (contract §15, trap 3)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.streaming import blob_response

router = APIRouter(tags=["files"])


@router.head("/files/{token}", include_in_schema=False)
@router.get("/files/{token}")
def get_file(token: str, request: Request, platform: PlatformDep) -> Response:
    grant = platform.signer.read_download(token)
    return blob_response(request, platform.blobs, grant.key, filename=grant.filename, media_type=grant.media_type)
