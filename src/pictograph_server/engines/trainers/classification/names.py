"""The networks that timm has, by name, found without loading it: it brings torch with it."""

import re
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_REGISTERED = re.compile(r"^@register_model\s+def (\w+)\(", re.MULTILINE)


@cache
def network_names() -> frozenset[str]:
    """Return the names out of timm's source; none when it is not installed here."""
    spec = find_spec("timm")
    if spec is None or spec.origin is None:
        return frozenset()
    files = (Path(spec.origin).parent / "models").glob("*.py")
    return frozenset(name for file in files for name in _REGISTERED.findall(file.read_text(encoding="utf-8")))


def check_network_name(given: str) -> str:
    """Return the name; what stands behind a dot names a set of published weights, and is looked at when they are.

    Raises:
        ValueError: timm has no such network, with the names that are nearest. Where timm is not installed, nothing is
            known and nothing refused.
    """
    name = given.partition(".")[0]
    names = network_names()
    if names and name not in names:
        near = get_close_matches(name, names, n=4, cutoff=0.5) or ["resnet18", "resnet50", "efficientnet_b0"]
        raise ValueError(f"timm has no network {name!r}; it has {len(names)}, among them {', '.join(near)}")
    return given
