"""The organisation's jobs of every kind."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import Connection

from pictograph.models.job import Job, JobState
from pictograph_server.auth import Member, Viewer
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.events import EventStream, HeardUntil, Look, Position, event_stream
from pictograph_server.services.job_board import service as job_board
from pictograph_server.services.job_board.service import Follower, JobFilter

router = APIRouter(prefix=f"{API}/jobs", tags=["jobs"])

Kinds = Annotated[list[Annotated[str, Query(max_length=60)]], Query(max_length=50)]
States = Annotated[list[JobState], Query(max_length=5)]


class JobList(BaseModel):
    jobs: list[Job]
    next_cursor: str | None


class JobEnvelope(BaseModel):
    job: Job


class LiveJobs(BaseModel):
    """What waits or runs, and what ended within the last minute; newest first, a hundred at most."""

    jobs: list[Job]


@router.get("/")
def list_jobs(
    actor: Viewer,
    platform: PlatformDep,
    kind: Kinds = [],  # noqa: B006  # FastAPI makes a new one for each request
    state: States = [],  # noqa: B006
    dataset_name: Annotated[str | None, Query(max_length=200)] = None,
    mine: bool = False,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobList:
    """Newest first. `kind` and `state` may be given several times; `mine`: only what the caller asked for."""
    wanted = JobFilter(kinds=kind, states=state, dataset_name=dataset_name, created_by=actor.id if mine else None)
    with platform.db.read() as conn:
        page = job_board.list_jobs(conn, actor.organization_id, wanted, cursor=cursor, limit=limit)
    return JobList(jobs=list(page.jobs), next_cursor=page.next_cursor)


@router.get("/events", response_class=EventStream)
async def follow_jobs(request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil) -> EventStream:
    """What waits, runs or has just ended, whenever any of it changes."""
    follower = Follower(actor.organization_id)

    def look(conn: Connection, _position: Position) -> Look:
        return Look(LiveJobs(jobs=follower.look(conn)), is_over=False)

    return await event_stream(request, platform, heard, look)


@router.get("/{job_id}")
def get_job(job_id: str, actor: Viewer, platform: PlatformDep) -> JobEnvelope:
    with platform.db.read() as conn:
        return JobEnvelope(job=job_board.get(conn, actor.organization_id, job_id))


@router.post("/{job_id}/cancel")
def cancel_job(job_id: str, actor: Member, platform: PlatformDep) -> JobEnvelope:
    """Cancel it as the service does that it belongs to: what it has done stays."""
    with platform.db.write() as conn:
        return JobEnvelope(job=job_board.cancel(conn, actor, job_id))
