"""What a change of classes does to annotations, tags and lists: names are exchanged, everything else stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from .documents import AnnotationJson

ClassChangeKind = Literal["rename", "merge", "delete"]


@dataclass(frozen=True, slots=True)
class Renaming:
    """These classes are called `target` from now on; None takes their annotations away."""

    names: frozenset[str]
    target: str | None


def renamed(documents: Sequence[AnnotationJson], changes: Sequence[Renaming]) -> list[AnnotationJson]:
    """Return annotations as they are after the changes, one after the other. Ids, makers and places stay."""
    found = list(documents)
    for change in changes:
        target = change.target
        if target is None:
            found = [each for each in found if each["name"] not in change.names]
        else:
            found = [{**each, "name": target} if each["name"] in change.names else each for each in found]
    return found


def renamed_tags(auto_tags: Mapping[str, object], changes: Sequence[Renaming]) -> dict[str, object]:
    """Return what an image as a whole is tagged with after the changes; a name never stands twice.

    `auto_tags` holds lists of names (`objects`, `scenes`, `attributes`) and `confidences` by name.
    """
    tags: dict[str, object] = dict(auto_tags)
    for change in changes:
        for key, value in tags.items():
            if isinstance(value, list):
                tags[key] = _renamed_list(cast("list[object]", value), change)
            elif isinstance(value, dict):
                tags[key] = _renamed_keys(cast("dict[str, object]", value), change)
    return tags


def _renamed_list(names: list[object], change: Renaming) -> list[object]:
    found = [change.target if name in change.names else name for name in names]
    return [name for name in dict.fromkeys(found) if name is not None]


def _renamed_keys(by_name: dict[str, object], change: Renaming) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in by_name.items():
        new = change.target if name in change.names else name
        if new is not None and (new not in found or _is_greater(value, found[new])):
            found[new] = value
    return found


def _is_greater(one: object, other: object) -> bool:
    return isinstance(one, (int, float)) and isinstance(other, (int, float)) and one > other
