"""The audit log: who did what to what, kept in the transaction that does it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from pictograph.models.audit import AuditEntry
from pictograph_server.actor import Actor
from pictograph_server.services.audit import repository


def record(
    conn: Connection,
    actor: Actor,
    action: str,
    *,
    subject_id: str,
    subject_name: str,
    details: Mapping[str, object] | None = None,
) -> None:
    """Write down that the actor did something.

    Args:
        action: a noun and what happened to it, `member.removed`; docs/reference/audit.md lists them all.
        details: what changed, for people; never a secret.
    """
    repository.insert_entry(
        conn, actor, action, subject_id=subject_id, subject_name=subject_name, details=dict(details or {})
    )


def list_entries(
    conn: Connection,
    organization_id: str,
    *,
    action: str | None = None,
    actor_id: str | None = None,
    subject_id: str | None = None,
    before: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
) -> list[AuditEntry]:
    """Return at most `limit` entries, newest first, that are older than the entry `before`.

    What is not None must be equal; `action` may also be a noun alone, `member`, for all that happened to members.
    `until` is the first moment that is too late.
    """
    rows = repository.newest(
        conn,
        organization_id,
        action=action,
        actor_id=actor_id,
        subject_id=subject_id,
        before=before,
        since=since,
        until=until,
        limit=limit,
    )
    return [AuditEntry.model_validate(row) for row in rows]
