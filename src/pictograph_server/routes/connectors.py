"""Imports from other services: endpoints 60–64. Keys of theirs come in bodies, and are told and written nowhere."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy import Connection

from pictograph.models.connector import (
    ConnectorProvider,
    ImportJob,
    LimitCheckResult,
    RemoteDataset,
    ValidationResult,
)
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, JobLook, job_stream
from pictograph_server.services.connectors import service as connectors
from pictograph_server.services.connectors.service import ImportRequest

router = APIRouter(prefix="/api/v1/developer/connectors", tags=["connectors"])

Text = Annotated[str, Field(min_length=1, max_length=400)]
Key = Annotated[SecretStr, Field(max_length=1000)]
# No database counts further.
Count = Annotated[int, Field(ge=0, le=10**15)]


class ValidateKey(BaseModel):
    provider: ConnectorProvider
    api_key: Key


class CheckLimits(BaseModel):
    total_images: Count
    estimated_size_bytes: Count


class WantedDataset(BaseModel):
    id: Text
    name: Text
    slug: Text
    image_count: Count = 0
    version: Annotated[int, Field(ge=0, le=10**9)] | None = None


class StartImport(BaseModel):
    provider: ConnectorProvider
    api_key: Key
    datasets: Annotated[list[WantedDataset], Field(min_length=1, max_length=1000)]


@router.post("/validate")
def validate_key(body: ValidateKey, actor: Member, platform: PlatformDep) -> ValidationResult:
    del actor
    return connectors.validate(platform, body.provider, body.api_key.get_secret_value())


@router.post("/check-limits")
def check_limits(body: CheckLimits, actor: Viewer, platform: PlatformDep) -> LimitCheckResult:
    with platform.db.read() as conn:
        return connectors.check_limits(
            conn, actor.organization_id, images=body.total_images, size_bytes=body.estimated_size_bytes
        )


@router.post("/import/start")
def start_import(body: StartImport, actor: Member, platform: PlatformDep) -> ImportJob:
    wanted = [RemoteDataset(**each.model_dump()) for each in body.datasets]
    return connectors.start(platform, actor, ImportRequest(body.provider, body.api_key.get_secret_value(), wanted))


@router.get("/import/status/{import_id}")
def get_import(import_id: str, actor: Viewer, platform: PlatformDep) -> ImportJob:
    with platform.db.read() as conn:
        return connectors.get(conn, actor.organization_id, import_id)


@router.get("/import/status/{import_id}/events", response_class=EventStream)
async def follow_import(
    import_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The import whenever it changes, and what its job says."""

    def get(conn: Connection) -> JobLook:
        job = connectors.get(conn, actor.organization_id, import_id)
        return JobLook(job, import_id, job.status in OVER)

    return await job_stream(request, platform, heard, get)


@router.post("/import/cancel/{import_id}")
def cancel_import(import_id: str, actor: Member, platform: PlatformDep) -> ImportJob:
    with platform.db.write() as conn:
        return connectors.cancel(conn, actor.organization_id, import_id)
