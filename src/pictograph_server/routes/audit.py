"""The audit log, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from pictograph.models.audit import AuditEntry
from pictograph_server.auth import Admin
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.audit import service as audit

router = APIRouter(prefix="/api/v1/developer/audit", tags=["audit"])


class AuditPage(BaseModel):
    """Entries, newest first, and the cursor of the older ones, null when these are the oldest."""

    entries: list[AuditEntry]
    next_cursor: str | None


@router.get("")
def list_entries(
    actor: Admin,
    platform: PlatformDep,
    action: str | None = None,
    actor_id: str | None = None,
    subject_id: str | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AuditPage:
    with platform.db.read() as conn:
        entries = audit.list_entries(
            conn,
            actor.organization_id,
            action=action,
            actor_id=actor_id,
            subject_id=subject_id,
            before=cursor,
            since=since,
            until=until,
            limit=limit,
        )
    return AuditPage(entries=entries, next_cursor=entries[-1].id if len(entries) == limit else None)
