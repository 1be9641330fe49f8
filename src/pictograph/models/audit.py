"""Entries of the audit log: who did what to what."""

from datetime import datetime
from typing import Any

from pydantic import Field

from pictograph.models.common import WireModel


class AuditEntry(WireModel):
    """Something of weight that was done. Names are those of then; docs/reference/audit.md lists the actions."""

    id: str
    actor_kind: str
    actor_id: str
    actor_name: str
    action: str
    subject_id: str
    subject_name: str
    details: dict[str, Any] = Field(default_factory=dict[str, Any])
    created_at: datetime
