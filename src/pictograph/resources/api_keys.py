"""`client.api_keys`: what programs authenticate with."""

import builtins
from datetime import datetime
from typing import Any

from pictograph._http.transport import DEVELOPER, Transport, member, members, parse, path_of
from pictograph.models.api_key import ApiKey, ApiKeyRole, CreatedApiKey

_LIST = "/api/v1/api-keys/"


class ApiKeys:
    """List, make, change and delete keys. Making and changing needs the role admin; nobody exceeds their own role."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, organization_id: str | None = None) -> builtins.list[ApiKey]:
        """Return the organisation's keys, newest first, without their secrets."""
        document = self._transport.get(_LIST, params={"organization_id": organization_id})
        return [parse(ApiKey, item) for item in members(document, "api_keys")]

    def create(
        self,
        organization_id: str,
        name: str,
        *,
        role: ApiKeyRole = "member",
        rate_limit: int | None = None,
        expires_at: datetime | str | None = None,
    ) -> CreatedApiKey:
        """Make a key. Its secret is in `api_key`, and cannot be shown again.

        Args:
            rate_limit: requests in a sliding hour; without it the server's default.
            expires_at: when it stops working; a moment without a zone is UTC.
        Raises:
            ForbiddenError: the role is above your own.
        """
        body: dict[str, Any] = {"organization_id": organization_id, "name": name, "role": role}
        if rate_limit is not None:
            body["rate_limit"] = rate_limit
        if expires_at is not None:
            body["expires_at"] = expires_at.isoformat() if isinstance(expires_at, datetime) else expires_at
        return parse(CreatedApiKey, self._transport.post(_LIST, json=body))

    def get(self, key_id: str) -> ApiKey:
        """Return a key."""
        return _key(self._transport.get(_path(key_id)))

    def update(
        self, key_id: str, *, name: str | None = None, rate_limit: int | None = None, is_active: bool | None = None
    ) -> ApiKey:
        """Change what is given; `is_active=False` switches a key off, within seconds. A key keeps its role.

        Raises:
            ValueError: nothing is given.
            ForbiddenError: the key's role is above your own.
        """
        given = {"name": name, "rate_limit": rate_limit, "is_active": is_active}
        body = {field: value for field, value in given.items() if value is not None}
        if not body:
            raise ValueError("nothing to update: give at least one of name, rate_limit and is_active")
        return _key(self._transport.patch(_path(key_id), json=body))

    def delete(self, key_id: str) -> None:
        """Delete a key; what is sent with it is refused within seconds."""
        self._transport.delete(_path(key_id))


def _path(key_id: str) -> str:
    # Keys lie beside the developer API, not below it.
    return _LIST.rstrip("/") + path_of(key_id).removeprefix(DEVELOPER)


def _key(document: object) -> ApiKey:
    return parse(ApiKey, member(document, "api_key"))
