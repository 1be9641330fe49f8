"""The audit log: who did what to what, kept in the transaction that does it."""

from collections.abc import Mapping

from sqlalchemy import Connection

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
