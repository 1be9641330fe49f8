"""Where the bytes of a three-step upload go: the signed address is the permission (contract endpoint 8)."""

from anyio import to_thread
from fastapi import APIRouter, Request

from pictograph_server.platform import Platform
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.receiving import received_file
from pictograph_server.services.images import uploads

router = APIRouter(tags=["uploads"])


@router.put("/uploads/{token}")
async def put_upload(token: str, request: Request, platform: PlatformDep) -> dict[str, object]:
    """Answer 200: clients take 200 and 201 for success and nothing else."""
    upload_id = platform.signer.read_upload(token)
    await to_thread.run_sync(_require_open, platform, upload_id)
    limit = platform.settings.limits.image_bytes
    async with received_file(request, platform.settings.data_dir, limit_bytes=limit) as file:
        await to_thread.run_sync(uploads.receive, platform, upload_id, file)
    return {"success": True}


def _require_open(platform: Platform, upload_id: str) -> None:
    with platform.db.read() as conn:
        uploads.open_upload(conn, upload_id)
