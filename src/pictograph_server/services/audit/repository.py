"""Rows of the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select

from pictograph_server.actor import Actor
from pictograph_server.storage.db.tables import audit_entries
from pictograph_server.storage.db.types import new_id, now


def insert_entry(
    conn: Connection,
    actor: Actor,
    action: str,
    *,
    subject_id: str,
    subject_name: str,
    details: Mapping[str, object],
) -> None:
    conn.execute(
        insert(audit_entries).values(
            id=new_id(),
            organization_id=actor.organization_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject_id=subject_id,
            subject_name=subject_name,
            details=details,
            created_at=now(),
        )
    )


def newest(
    conn: Connection,
    organization_id: str,
    *,
    action: str | None,
    actor_id: str | None,
    subject_id: str | None,
    before: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> Sequence[RowMapping]:
    query = select(audit_entries).where(audit_entries.c.organization_id == organization_id)
    if action is not None:
        # A noun alone stands for all that can happen to it.
        is_word = "." in action
        query = query.where(
            audit_entries.c.action == action
            if is_word
            else audit_entries.c.action.startswith(f"{action}.", autoescape=True)
        )
    if actor_id is not None:
        query = query.where(audit_entries.c.actor_id == actor_id)
    if subject_id is not None:
        query = query.where(audit_entries.c.subject_id == subject_id)
    if before is not None:
        query = query.where(audit_entries.c.id < before)
    if since is not None:
        query = query.where(audit_entries.c.created_at >= since)
    if until is not None:
        query = query.where(audit_entries.c.created_at < until)
    # Ids sort by the time they were made.
    return conn.execute(query.order_by(audit_entries.c.id.desc()).limit(limit)).mappings().all()
