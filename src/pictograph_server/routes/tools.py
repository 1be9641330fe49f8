"""The tools for language models, described (endpoint 70): what `pictograph agents export-tools` prints."""

from functools import cache
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, JsonValue

from pictograph_server.auth import Viewer
from pictograph_server.routes.encoding import API

router = APIRouter(prefix=API, tags=["agents"])


class Tool(BaseModel):
    name: str
    description: str
    input_schema: dict[str, JsonValue]
    required_role: Literal["viewer", "member", "admin", "owner"]
    # About what a call costs.
    credit_cost: int
    idempotent: bool


@router.get("/tools.json")
def list_tools(_actor: Viewer) -> list[Tool]:
    return _tools()


@cache
def _tools() -> list[Tool]:
    # Loads the client, which the server has no other use for.
    from pictograph.agents.registry import REGISTRY

    return [Tool.model_validate(tool.to_json()) for tool in REGISTRY]
