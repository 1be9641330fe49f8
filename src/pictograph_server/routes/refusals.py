"""What the OpenAPI document says of refusals: every one has the same shape (errors.py)."""

from typing import Any

from pydantic import BaseModel, Field, JsonValue


class Problem(BaseModel):
    """What is wrong with one field of a request."""

    loc: list[str | int]
    msg: str
    type: str


class Refusal(BaseModel):
    """Why a request was not done.

    `detail` says what failed and why: in words, as a list of fields (422), or with figures a program needs (402, 409).
    """

    detail: str | list[Problem] | dict[str, JsonValue]
    code: str = Field(description="Stable; programs match on it. docs/reference/errors.md lists them.")
    message: str | None = Field(default=None, description="The words, where `detail` is not text.")
    fix: str | None = Field(default=None, description="What to do next.")


# Every route may refuse in these ways; a description for each is in the tables of the errors.
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Refusal, "description": "It was refused"},
    "5XX": {"model": Refusal, "description": "The server could not do it"},
}
