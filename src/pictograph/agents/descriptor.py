"""A tool: a function of a client, with what a language model has to know to call it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, Literal, ParamSpec

from pydantic import BaseModel, ConfigDict, create_model
from pydantic_core import to_jsonable_python

from pictograph.client import Client

RequiredRole = Literal["viewer", "member", "admin", "owner"]
# Decoded JSON.
JsonSchema = dict[str, Any]
P = ParamSpec("P")


class ToolArgs(BaseModel):
    """The arguments of a tool; names it does not know are refused."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class ToolDescriptor:
    """One tool. `handler(client, args)` does it and returns what is plain JSON.

    Attributes:
        idempotent: calling it again changes nothing more.
        required_role: the API key needs at least this role.
        credit_cost: about what a call costs, to tell cheap ones from dear ones; the server quotes the true price.
    """

    name: str
    description: str
    args_schema: type[ToolArgs]
    handler: Callable[[Client, ToolArgs], Any]
    idempotent: bool
    required_role: RequiredRole
    credit_cost: int

    def input_schema(self) -> JsonSchema:
        """Return the JSON schema of the arguments; without a title at the top, which the name says already."""
        schema = self.args_schema.model_json_schema()
        schema.pop("title", None)
        return schema

    def to_json(self) -> JsonSchema:
        """Return everything but the handler."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": self.input_schema(),
            "required_role": self.required_role,
            "credit_cost": self.credit_cost,
            "idempotent": self.idempotent,
        }


def describe(
    function: Callable[Concatenate[Client, P], object],
    role: RequiredRole,
    *,
    idempotent: bool = False,
    credit_cost: int = 0,
) -> ToolDescriptor:
    """Return the tool that a function is: its name, its docstring, its parameters after the client."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    fields: dict[str, Any] = {
        each.name: (each.annotation, ... if each.default is inspect.Parameter.empty else each.default)
        for each in parameters
    }
    name = function.__name__
    args = create_model(f"{''.join(part.title() for part in name.split('_'))}Args", __base__=ToolArgs, **fields)

    def handler(client: Client, given: ToolArgs) -> Any:
        values: Mapping[str, Any] = {each.name: getattr(given, each.name) for each in parameters}
        return to_jsonable_python(function(client, **values))  # pyright: ignore[reportCallIssue]

    description = inspect.cleandoc(function.__doc__ or "").replace("\n", " ")
    return ToolDescriptor(name, description, args, handler, idempotent, role, credit_cost)
