"""Rows of the audit log."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert

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
