"""The tools bound to a client: described for a model, and called by it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pictograph.agents.descriptor import JsonSchema, ToolDescriptor
from pictograph.agents.registry import REGISTRY, get_tool
from pictograph.client import Client

# A rough measure that holds for every tokenizer: JSON has about four characters a token.
_CHARACTERS_A_TOKEN = 4


class Toolkit:
    """What an agent gets: `as_anthropic_tools()` or `as_openai_tools()` to describe, `dispatch` to call.

    Args:
        max_response_tokens: a longer answer is replaced by a note that says so; 0 for no limit.
    """

    def __init__(self, client: Client, *, max_response_tokens: int = 25_000) -> None:
        self.client = client
        self.max_response_tokens = max_response_tokens

    @property
    def tools(self) -> Sequence[ToolDescriptor]:
        """Every tool of the registry."""
        return REGISTRY

    def dispatch(self, name: str, args: Mapping[str, Any] | None = None) -> Any:
        """Call a tool with a model's arguments and return plain JSON.

        Raises:
            KeyError: there is no such tool.
            pydantic.ValidationError: the arguments do not fit.
            PictographError, OSError, ValueError: what the call raises; hand the text back to the model.
        """
        tool = get_tool(name)
        result = tool.handler(self.client, tool.args_schema.model_validate(dict(args or {})))
        return self._within_budget(name, result)

    def as_anthropic_tools(self) -> list[JsonSchema]:
        """Return the tools as the Messages API takes them."""
        return [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema()}
            for tool in self.tools
        ]

    def as_openai_tools(self) -> list[JsonSchema]:
        """Return the tools as the Responses API takes them."""
        return [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.input_schema(),
            }
            for tool in self.tools
        ]

    def as_json_schema(self) -> list[JsonSchema]:
        """Return everything there is to know of the tools: what a server answers at tools.json."""
        return [tool.to_json() for tool in self.tools]

    def _within_budget(self, name: str, result: Any) -> Any:
        size = len(json.dumps(result, ensure_ascii=False))
        if self.max_response_tokens <= 0 or size <= self.max_response_tokens * _CHARACTERS_A_TOKEN:
            return result
        return {
            "_truncated": True,
            "_message": (
                f"The answer of {name} has {size:,} characters, more than {self.max_response_tokens:,} tokens. "
                "Ask for less: a smaller limit, one dataset, one image."
            ),
            "_size_chars": size,
        }


def create_toolkit(
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    max_response_tokens: int = 25_000,
    client: Client | None = None,
) -> Toolkit:
    """Return a toolkit over a client, or over a new one with these settings (see `Client`).

    Raises:
        ConfigurationError: there is no API key.
    """
    client = client if client is not None else Client(api_key, base_url=base_url)
    return Toolkit(client, max_response_tokens=max_response_tokens)
