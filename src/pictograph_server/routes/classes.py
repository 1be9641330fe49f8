"""Classes of a dataset: renamed, merged and deleted across all its images."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy import Connection

from pictograph.models.class_change import ClassChange
from pictograph.models.common import StrictModel, WireModel
from pictograph_server.auth import Admin, Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, JobLook, job_stream
from pictograph_server.services.annotations import class_changes

router = APIRouter(prefix=f"{API}/datasets/by-name/{{dataset_name}}/classes", tags=["classes"])

ClassNames = Annotated[list[str], Field(min_length=1, max_length=1000)]


class RenameClass(StrictModel):
    class_name: str
    new_name: str


class MergeClasses(StrictModel):
    class_names: ClassNames
    into: str


class DeleteClasses(StrictModel):
    class_names: ClassNames


class ClassChangeEnvelope(WireModel):
    class_change: ClassChange


class ClassChangeList(WireModel):
    class_changes: list[ClassChange]


@router.post("/rename")
def rename_class(dataset_name: str, body: RenameClass, actor: Member, platform: PlatformDep) -> ClassChangeEnvelope:
    with platform.db.write() as conn:
        change = class_changes.rename(conn, actor, dataset_name, body.class_name, body.new_name)
    return ClassChangeEnvelope(class_change=change)


@router.post("/merge")
def merge_classes(dataset_name: str, body: MergeClasses, actor: Member, platform: PlatformDep) -> ClassChangeEnvelope:
    with platform.db.write() as conn:
        change = class_changes.merge(conn, actor, dataset_name, body.class_names, body.into)
    return ClassChangeEnvelope(class_change=change)


@router.post("/delete")
def delete_classes(dataset_name: str, body: DeleteClasses, actor: Admin, platform: PlatformDep) -> ClassChangeEnvelope:
    """With every annotation and tag of them."""
    with platform.db.write() as conn:
        change = class_changes.delete(conn, actor, dataset_name, body.class_names)
    return ClassChangeEnvelope(class_change=change)


@router.get("/changes")
def list_class_changes(
    dataset_name: str,
    actor: Viewer,
    platform: PlatformDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> ClassChangeList:
    with platform.db.read() as conn:
        found = class_changes.list_changes(conn, actor.organization_id, dataset_name, limit=limit, offset=offset)
    return ClassChangeList(class_changes=found)


@router.get("/changes/{change_id}")
def get_class_change(dataset_name: str, change_id: str, actor: Viewer, platform: PlatformDep) -> ClassChangeEnvelope:
    with platform.db.read() as conn:
        found = class_changes.get(conn, actor.organization_id, dataset_name, change_id)
    return ClassChangeEnvelope(class_change=found)


@router.get("/changes/{change_id}/events", response_class=EventStream)
async def follow_class_change(
    dataset_name: str, change_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The change whenever it gets further, and what its job says."""

    def get(conn: Connection) -> JobLook:
        found = class_changes.get(conn, actor.organization_id, dataset_name, change_id)
        return JobLook(ClassChangeEnvelope(class_change=found), change_id, found.status in OVER)

    return await job_stream(request, platform, heard, get)
