"""Tools for language models: what the client does, described so that an agent can call it."""

from pictograph.agents.adapters import (
    for_anthropic_messages,
    for_claude_agent_sdk,
    for_openai_agents,
    for_openai_responses,
)
from pictograph.agents.descriptor import RequiredRole, ToolDescriptor
from pictograph.agents.registry import REGISTRY, get_tool, tool_names
from pictograph.agents.toolkit import Toolkit, create_toolkit

__all__ = [
    "REGISTRY",
    "RequiredRole",
    "ToolDescriptor",
    "Toolkit",
    "create_toolkit",
    "for_anthropic_messages",
    "for_claude_agent_sdk",
    "for_openai_agents",
    "for_openai_responses",
    "get_tool",
    "tool_names",
]
