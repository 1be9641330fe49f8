"""API keys. The secret is shown once, when the key is made."""

from datetime import datetime
from typing import Literal

from pictograph.models.common import WireModel

ApiKeyRole = Literal["viewer", "member", "admin", "owner"]


class ApiKey(WireModel):
    """A key without its secret. `rate_limit` is in requests an hour."""

    id: str
    organization_id: str
    name: str
    key_prefix: str
    role: ApiKeyRole
    rate_limit: int
    is_active: bool
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    created_at: datetime


class CreatedApiKey(WireModel):
    """A key that was just made; `api_key` is the secret."""

    api_key: str
    key_id: str
    key_prefix: str
    name: str
    role: ApiKeyRole
    rate_limit: int
    expires_at: datetime | None = None
    created_at: datetime
