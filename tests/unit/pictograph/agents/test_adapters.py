"""The shapes of the agent frameworks, which are not installed here: stand-ins keep what they are handed."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from pictograph import Client
from pictograph._http.mock import MockApi
from pictograph.agents import Toolkit, for_claude_agent_sdk, for_openai_agents


@pytest.fixture
def api() -> MockApi:
    api = MockApi()
    api.on("GET", "/api/v1/developer/credits/balance", {"credits_remaining": 5})
    return api


@pytest.fixture
def toolkit(api: MockApi) -> Toolkit:
    return Toolkit(Client.over(api.transport()))


@pytest.mark.parametrize(
    ("adapter", "module", "package"),
    [(for_claude_agent_sdk, "claude_agent_sdk", "claude-agent-sdk"), (for_openai_agents, "agents", "openai-agents")],
)
def test_adapter__without_its_framework_names_the_extra(
    toolkit: Toolkit,
    monkeypatch: pytest.MonkeyPatch,
    adapter: Callable[[Toolkit], object],
    module: str,
    package: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"{package}: pip install 'pictograph\[agents\]'"):
        adapter(toolkit)


def test_openai_agents__answers_and_errors_are_text(toolkit: Toolkit, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class FunctionTool:
        name: str
        description: str
        params_json_schema: dict[str, Any]
        on_invoke_tool: Callable[[object, str], Any]
        strict_json_schema: bool

    monkeypatch.setitem(sys.modules, "agents", SimpleNamespace(FunctionTool=FunctionTool))
    tools = {tool.name: tool for tool in for_openai_agents(toolkit)}
    assert len(tools) == len(toolkit.tools)
    answer = asyncio.run(tools["get_credit_balance"].on_invoke_tool(None, ""))
    assert json.loads(answer)["credits_remaining"] == 5
    assert "ValidationError" in asyncio.run(tools["list_datasets"].on_invoke_tool(None, '{"limit": 0}'))
    assert "JSONDecodeError" in asyncio.run(tools["list_datasets"].on_invoke_tool(None, "{"))


def test_claude_agent_sdk__answers_and_errors_are_content(toolkit: Toolkit, monkeypatch: pytest.MonkeyPatch) -> None:
    def tool(name: str, description: str, schema: dict[str, Any]) -> Callable[[Any], Any]:
        return lambda function: SimpleNamespace(name=name, schema=schema, handler=function)

    monkeypatch.setitem(sys.modules, "claude_agent_sdk", SimpleNamespace(tool=tool))
    tools = {each.name: each for each in for_claude_agent_sdk(toolkit)}
    answer = asyncio.run(tools["get_credit_balance"].handler({}))
    assert (answer["is_error"], json.loads(answer["content"][0]["text"])["credits_remaining"]) == (False, 5)
    assert asyncio.run(tools["get_dataset"].handler({"name": "none"}))["is_error"]
