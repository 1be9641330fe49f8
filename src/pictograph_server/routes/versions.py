"""Versions of a dataset: frozen, listed, compared, exported again and restored."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from pictograph.models.common import StrictModel, WireModel
from pictograph.models.version import Version, VersionDiff, VersionLineage, VersionRestore
from pictograph_server.auth import Admin, Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, JobLook, job_stream
from pictograph_server.services.versions import diff, restore
from pictograph_server.services.versions import service as versions
from pictograph_server.services.versions.service import VersionRequest

# A version is addressed by its number, its name, its id, or `latest`.
router = APIRouter(prefix=f"{API}/datasets/by-name/{{dataset_name}}/versions", tags=["versions"])


class CreateVersion(StrictModel):
    name: str | None = None
    description: str | None = None
    status_filter: str | None = None


class UpdateVersion(StrictModel):
    """What is absent or null stays; an empty text clears it."""

    name: str | None = None
    description: str | None = None


class RestoreVersion(StrictModel):
    dataset_name: str


class VersionEnvelope(WireModel):
    version: Version


class VersionList(WireModel):
    versions: list[Version]


class DiffEnvelope(WireModel):
    diff: VersionDiff


class LineageEnvelope(WireModel):
    lineage: VersionLineage


class RestoreEnvelope(WireModel):
    restore: VersionRestore


@router.post("", status_code=201)
def create_version(dataset_name: str, body: CreateVersion, actor: Member, platform: PlatformDep) -> VersionEnvelope:
    """Freeze the dataset as it is when the job begins; until the version is `ready`, that may still be to come."""
    request = VersionRequest(dataset_name, body.name, body.description, body.status_filter)
    with platform.db.write() as conn:
        return VersionEnvelope(version=versions.create(conn, actor, request))


@router.get("")
def list_versions(
    dataset_name: str,
    actor: Viewer,
    platform: PlatformDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> VersionList:
    with platform.db.read() as conn:
        found = versions.list_versions(conn, actor.organization_id, dataset_name, limit=limit, offset=offset)
    return VersionList(versions=found)


@router.get("/{version}")
def get_version(dataset_name: str, version: str, actor: Viewer, platform: PlatformDep) -> VersionEnvelope:
    with platform.db.read() as conn:
        return VersionEnvelope(version=versions.get(conn, actor.organization_id, dataset_name, version))


@router.get("/{version}/events", response_class=EventStream)
async def follow_version(
    dataset_name: str, version: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The version until it is ready, and what the job says that freezes it."""

    def get(conn: Connection) -> JobLook:
        found = versions.get(conn, actor.organization_id, dataset_name, version)
        return JobLook(VersionEnvelope(version=found), found.id, found.status != "freezing")

    return await job_stream(request, platform, heard, get)


@router.patch("/{version}")
def update_version(
    dataset_name: str, version: str, body: UpdateVersion, actor: Member, platform: PlatformDep
) -> VersionEnvelope:
    with platform.db.write() as conn:
        changed = versions.update(conn, actor, dataset_name, version, name=body.name, description=body.description)
    return VersionEnvelope(version=changed)


@router.delete("/{version}", status_code=204)
def delete_version(
    dataset_name: str, version: str, actor: Admin, platform: PlatformDep, force: bool = False
) -> Response:
    """`force` deletes also what a model learned from."""
    with platform.db.write() as conn:
        versions.delete(conn, actor, dataset_name, version, force=force)
    return Response(status_code=204)


@router.get("/{version}/diff")
def compare_versions(
    dataset_name: str,
    version: str,
    actor: Viewer,
    platform: PlatformDep,
    since: str | None = None,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 100,
) -> DiffEnvelope:
    """What changed since another version; since the one before it where `since` is left out."""
    with platform.db.read() as conn:
        pair = diff.pair(conn, actor.organization_id, dataset_name, version, since)
    return DiffEnvelope(diff=diff.compare(platform.blobs, pair, limit=limit))


@router.get("/{version}/lineage")
def get_lineage(dataset_name: str, version: str, actor: Viewer, platform: PlatformDep) -> LineageEnvelope:
    with platform.db.read() as conn:
        return LineageEnvelope(lineage=versions.lineage(conn, actor.organization_id, dataset_name, version))


@router.post("/{version}/restore", status_code=201)
def restore_version(
    dataset_name: str, version: str, body: RestoreVersion, actor: Member, platform: PlatformDep
) -> RestoreEnvelope:
    with platform.db.write() as conn:
        started = restore.start(conn, platform.blobs, actor, dataset_name, version, new_name=body.dataset_name)
    return RestoreEnvelope(restore=started)


@router.get("/{version}/restores/{restore_id}")
def get_restore(
    dataset_name: str, version: str, restore_id: str, actor: Viewer, platform: PlatformDep
) -> RestoreEnvelope:
    with platform.db.read() as conn:
        found = restore.get(conn, actor.organization_id, dataset_name, version, restore_id)
    return RestoreEnvelope(restore=found)


@router.get("/{version}/restores/{restore_id}/events", response_class=EventStream)
async def follow_restore(
    dataset_name: str,
    version: str,
    restore_id: str,
    request: Request,
    actor: Viewer,
    platform: PlatformDep,
    heard: HeardUntil,
) -> EventStream:
    """The restore whenever it changes, and what its job says."""

    def get(conn: Connection) -> JobLook:
        found = restore.get(conn, actor.organization_id, dataset_name, version, restore_id)
        return JobLook(RestoreEnvelope(restore=found), found.id, found.status in OVER)

    return await job_stream(request, platform, heard, get)
