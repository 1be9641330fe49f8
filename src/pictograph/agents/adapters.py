"""The tools in the shapes of the agent frameworks. The last two need theirs: `pip install 'pictograph[agents]'`."""

import asyncio
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from pictograph.agents.descriptor import JsonSchema, ToolDescriptor
from pictograph.agents.toolkit import Toolkit


def for_anthropic_messages(toolkit: Toolkit) -> list[JsonSchema]:
    """Return the `tools` of a Messages API request. Answer each `tool_use` block with `toolkit.dispatch`."""
    return toolkit.as_anthropic_tools()


def for_openai_responses(toolkit: Toolkit) -> list[JsonSchema]:
    """Return the `tools` of a Responses API request. Answer each `function_call` item with `toolkit.dispatch`."""
    return toolkit.as_openai_tools()


def for_claude_agent_sdk(toolkit: Toolkit) -> list[Any]:
    """Return tools for `claude_agent_sdk.create_sdk_mcp_server(tools=…)`.

    Raises:
        ImportError: the framework is not installed.
    """
    sdk = _framework("claude_agent_sdk", "claude-agent-sdk", "for_claude_agent_sdk")
    return [_claude_tool(sdk, toolkit, tool) for tool in toolkit.tools]


def for_openai_agents(toolkit: Toolkit) -> list[Any]:
    """Return tools for `agents.Agent(tools=…)`.

    Raises:
        ImportError: the framework is not installed.
    """
    sdk = _framework("agents", "openai-agents", "for_openai_agents")
    return [_openai_tool(sdk, toolkit, tool) for tool in toolkit.tools]


def _claude_tool(sdk: Any, toolkit: Toolkit, tool: ToolDescriptor) -> Any:
    async def call(args: dict[str, Any]) -> dict[str, Any]:
        text, is_error = await _answer(toolkit, tool.name, lambda: args)
        return {"content": [{"type": "text", "text": text}], "is_error": is_error}

    return sdk.tool(tool.name, tool.description, tool.input_schema())(call)


def _openai_tool(sdk: Any, toolkit: Toolkit, tool: ToolDescriptor) -> Any:
    async def call(_context: object, arguments: str) -> str:
        text, _ = await _answer(toolkit, tool.name, lambda: json.loads(arguments or "{}"))
        return text

    return sdk.FunctionTool(
        name=tool.name,
        description=tool.description,
        params_json_schema=tool.input_schema(),
        on_invoke_tool=call,
        # Strict schemas must name every argument as required; ours have defaults.
        strict_json_schema=False,
    )


async def _answer(toolkit: Toolkit, name: str, arguments: Callable[[], dict[str, Any]]) -> tuple[str, bool]:
    """Return the JSON of a call, or the words of what went wrong: a model can read them and try again."""
    try:
        # The client blocks; the agent's loop must not.
        result = await asyncio.to_thread(lambda: toolkit.dispatch(name, arguments()))
    except Exception as error:
        return f"{type(error).__name__}: {error}", True
    return json.dumps(result, ensure_ascii=False), False


def _framework(module: str, package: str, function: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"{function}() needs {package}: pip install 'pictograph[agents]'") from error
