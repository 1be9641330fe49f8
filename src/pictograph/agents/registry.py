"""Every tool, in the order in which a model reads them: whole jobs first."""

from pictograph.agents.descriptor import ToolDescriptor
from pictograph.agents.tools import connectors, credits, datasets, exports, prompts, search, training, workflows

_MODULES = (workflows, datasets, prompts, search, exports, training, credits, connectors)
REGISTRY: list[ToolDescriptor] = [tool for module in _MODULES for tool in module.TOOLS]
_by_name = {tool.name: tool for tool in REGISTRY}


def get_tool(name: str) -> ToolDescriptor:
    """Return a tool.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in _by_name:
        raise KeyError(f"there is no tool {name!r}; there are {', '.join(_by_name)}")
    return _by_name[name]


def tool_names() -> list[str]:
    """Return the names in the registry's order."""
    return list(_by_name)
