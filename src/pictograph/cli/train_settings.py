"""A pipeline's settings in words, from their JSON schema: what each takes, its default, what it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pictograph.models.training import Pipeline


@dataclass(frozen=True, slots=True)
class SettingWords:
    name: str
    takes: str
    default: str | None
    description: str


def settings_of(pipeline: Pipeline) -> list[SettingWords]:
    """Return a pipeline's settings in the order it has them."""
    fields: Mapping[str, Mapping[str, Any]] = pipeline.config_schema.get("properties", {})
    return [
        SettingWords(name, _takes(field), _default(field.get("default")), str(field.get("description", "")))
        for name, field in fields.items()
    ]


def _takes(field: Mapping[str, Any]) -> str:
    """Return `auto, pretrained, scratch` for words, `integer, 1 to 2000` for numbers."""
    kinds: list[Mapping[str, Any]] = field.get("anyOf", [field])
    return " or ".join(_kind(kind) for kind in kinds if kind.get("type") != "null")


def _kind(kind: Mapping[str, Any]) -> str:
    if "enum" in kind:
        return ", ".join(str(word) for word in kind["enum"])
    if "const" in kind:
        return str(kind["const"])
    words = str(kind.get("type", "anything"))
    if "minimum" in kind:
        words += f", from {kind['minimum']}"
    if "exclusiveMinimum" in kind:
        words += f", above {kind['exclusiveMinimum']}"
    if "maximum" in kind:
        words += f" to {kind['maximum']}"
    if "multipleOf" in kind:
        words += f", a multiple of {kind['multipleOf']}"
    return words


def _default(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
