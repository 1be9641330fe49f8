"""API keys: endpoints 65-69. They lie beside the developer API, not below it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, model_validator

from pictograph.models.api_key import ApiKey, ApiKeyRole, CreatedApiKey
from pictograph_server.auth import Admin, Viewer
from pictograph_server.routes.caching import NO_STORE
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.services.organizations import keys

router = APIRouter(prefix="/api/v1/api-keys", tags=["api keys"])

KeyName = Annotated[str, Field(min_length=1, max_length=keys.MAX_NAME_LENGTH)]
RateLimit = Annotated[int, Field(ge=1, le=keys.MAX_RATE_LIMIT, description="Requests in a sliding hour.")]


class CreateApiKey(BaseModel):
    organization_id: str
    name: KeyName
    role: ApiKeyRole = "member"
    rate_limit: RateLimit | None = None
    expires_at: datetime | None = None


class UpdateApiKey(BaseModel):
    name: KeyName | None = None
    rate_limit: RateLimit | None = None
    is_active: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "UpdateApiKey":
        if not self.model_fields_set:
            raise ValueError("give at least one of name, rate_limit and is_active")
        return self


class ApiKeyEnvelope(BaseModel):
    api_key: ApiKey


class ApiKeyList(BaseModel):
    api_keys: list[ApiKey]


@router.get("/")
def list_keys(actor: Viewer, platform: PlatformDep, organization_id: str | None = None) -> ApiKeyList:
    with platform.db.read() as conn:
        return ApiKeyList(api_keys=keys.list_keys(conn, actor, organization_id))


@router.post("/", status_code=201)
def create_key(body: CreateApiKey, actor: Admin, platform: PlatformDep, response: Response) -> CreatedApiKey:
    response.headers.update(NO_STORE)
    with platform.db.write() as conn:
        return keys.create(
            conn,
            actor,
            body.organization_id,
            name=body.name,
            role=body.role,
            rate_limit=body.rate_limit or platform.settings.limits.requests_per_hour,
            expires_at=body.expires_at,
        )


@router.get("/{key_id}")
def get_key(key_id: str, actor: Viewer, platform: PlatformDep) -> ApiKeyEnvelope:
    with platform.db.read() as conn:
        return ApiKeyEnvelope(api_key=keys.get(conn, actor, key_id))


@router.patch("/{key_id}")
def update_key(key_id: str, body: UpdateApiKey, actor: Admin, platform: PlatformDep) -> ApiKeyEnvelope:
    with platform.db.write() as conn:
        changed = keys.update(conn, actor, key_id, name=body.name, rate_limit=body.rate_limit, is_active=body.is_active)
    return ApiKeyEnvelope(api_key=changed)


@router.delete("/{key_id}", status_code=204)
def delete_key(key_id: str, actor: Admin, platform: PlatformDep) -> Response:
    with platform.db.write() as conn:
        keys.delete(conn, actor, key_id)
    return Response(status_code=204)
