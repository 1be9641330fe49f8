"""Whether the packages of an extra are installed, read from what is installed: nothing is imported."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from pictograph_server.engines.errors import EngineUnavailable

DISTRIBUTION = "pictograph"
# Other builds of the same package, with the same modules in them.
_STAND_INS = {
    "opencv-python": ("opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "onnxruntime": ("onnxruntime-gpu",),
}


@dataclass(frozen=True, slots=True)
class PackageState:
    """A package that an extra asks for."""

    name: str
    # What the extra asks for, such as `>=2.10`; empty when any version will do.
    wanted: str
    # None when it is not installed.
    version: str | None
    is_fit: bool


def check_packages(extra: str, *, purpose: str) -> None:
    """Raise `EngineUnavailable` when a package of the extra is missing or too old for `purpose` ("SAM 3")."""
    unfit = [package for package in package_states(extra) if not package.is_fit]
    if unfit:
        raise EngineUnavailable(
            f"{purpose} cannot run here",
            why="; ".join(_problem(package) for package in unfit),
            fix=f"Install what it needs: pip install '{DISTRIBUTION}[{extra}]'",
        )


@cache
def package_states(extra: str) -> tuple[PackageState, ...]:
    """Return the packages of an extra of this distribution; none when the distribution itself is not installed."""
    return tuple(_state(name, wanted) for name, wanted in _requirements(extra))


def _problem(package: PackageState) -> str:
    if package.version is None:
        return f"the package {package.name} is missing"
    return f"{package.name} {package.version} is installed, {package.wanted} is needed"


def _requirements(extra: str) -> Iterator[tuple[str, str]]:
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return
    for line in required:
        requirement, _, marker = line.partition(";")
        if not re.search(rf"extra\s*==\s*['\"]{re.escape(extra)}['\"]", marker):
            continue
        found = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?\s*(.*)", requirement)
        assert found is not None
        name, extras, wanted = found[1], found[2], found[3].strip(" ()")
        if name == DISTRIBUTION:
            for inner in (extras or "").split(","):
                yield from _requirements(inner.strip())
        else:
            yield name, wanted


def _state(name: str, wanted: str) -> PackageState:
    for candidate in (name, *_STAND_INS.get(name, ())):
        try:
            version = metadata.version(candidate)
        except metadata.PackageNotFoundError:
            continue
        return PackageState(candidate, wanted, version, is_fit=_fits(version, wanted))
    return PackageState(name, wanted, None, is_fit=False)


def _fits(version: str, wanted: str) -> bool:
    try:
        from packaging.specifiers import SpecifierSet
    except ImportError:
        return True
    return SpecifierSet(wanted).contains(version, prereleases=True)
