"""Imports go one way (CONTRIBUTING.md). The failing line is shown as `file:line: import`."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src"

# Lowest first; a module may import its own layer and those before it. The longest prefix that fits decides.
SDK_LAYERS: tuple[tuple[str, ...], ...] = (
    ("pictograph.exceptions",),
    ("pictograph.models",),
    ("pictograph.geometry", "pictograph.image_header"),
    ("pictograph.pixels",),
    ("pictograph.formats", "pictograph.metrics", "pictograph.inference", "pictograph.viz"),
    ("pictograph._internal",),
    ("pictograph._http",),
    ("pictograph.resources",),
    ("pictograph.client", "pictograph"),
    ("pictograph.workflows",),
    ("pictograph.agents", "pictograph.skills"),
    ("pictograph.cli", "pictograph.__main__"),
)
SERVER_LAYERS: tuple[tuple[str, ...], ...] = (
    ("pictograph_server.errors", "pictograph_server.engines.errors"),
    ("pictograph_server.engines",),
    ("pictograph_server.storage",),
    ("pictograph_server.jobs",),
    ("pictograph_server.executors",),
    (
        "pictograph_server.settings",
        "pictograph_server.signing",
        "pictograph_server.platform",
        "pictograph_server.actor",
        "pictograph_server.cursor",
        "pictograph_server.auth",
        "pictograph_server.data_folder",
        "pictograph_server.logs",
        "pictograph_server.outgoing",
        "pictograph_server.mail",
    ),
    ("pictograph_server.services",),
    (
        "pictograph_server.first_key",
        "pictograph_server.first_login",
        "pictograph_server.health",
        "pictograph_server.metrics",
        "pictograph_server.starting",
    ),
    ("pictograph_server.middleware",),
    ("pictograph_server.routes",),
    ("pictograph_server.app", "pictograph_server.runner"),
    ("pictograph_server.up", "pictograph_server.operator", "pictograph_server.__main__"),
)
# A child process opens the platform it works for.
PROCESS_ENTRIES = frozenset({"pictograph_server.runner", "pictograph_server.executors.annotator_main"})
# What the server takes from the SDK: types and pure functions, never the client.
SHARED = (
    "pictograph.exceptions",
    "pictograph.models",
    "pictograph.geometry",
    "pictograph.image_header",
    "pictograph.pixels",
    "pictograph.formats",
    "pictograph.metrics",
    "pictograph.inference",
    # What it tells of tools; imported when somebody asks.
    "pictograph.agents.registry",
    # Its version.
    "pictograph",
)
# Left to right: a service calls those before it (style §1).
SERVICES = (
    "audit",
    "organizations",
    "accounts",
    "credits",
    "datasets",
    "images",
    "videos",
    "annotations",
    "statistics",
    "search",
    "batch",
    "models",
    "versions",
    "exports",
    "imports",
    "connectors",
    "auto_annotation",
    "comparisons",
    "training",
    "evaluations",
    "review",
    "pipelines",
    "job_board",
)
# The only places of the SDK that may load the server, inside a function: they start it, or look at its engines.
STARTS_SERVER = ("pictograph.cli.up", "pictograph.cli.operator", "pictograph.cli.doctor", "pictograph.cli.engines")
# Take too long for `import pictograph`, which may take 200 ms.
HEAVY = ("rich", "typer", "numpy", "torch", "cv2", "onnxruntime", "pictograph_server")
LIGHT = (
    "pictograph.exceptions",
    "pictograph.models",
    "pictograph._internal",
    "pictograph._http",
    "pictograph.client",
    "pictograph.resources",
    "pictograph",
)


@dataclass(frozen=True)
class Import:
    """One imported module, and the line that does it."""

    importer: str
    imported: str
    path: Path
    line: int
    # Inside a function: happens when that is called.
    is_late: bool
    # Under `if TYPE_CHECKING`: does not happen at all.
    is_for_types: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(SOURCES.parent)}:{self.line}: imports {self.imported}"


def test_sdk__imports_downwards() -> None:
    assert _lines(_upward(SDK_LAYERS, "pictograph")) == []


def test_server__imports_downwards() -> None:
    found = [each for each in _upward(SERVER_LAYERS, "pictograph_server") if each.importer not in PROCESS_ENTRIES]
    assert _lines(found) == []


def test_sdk__loads_the_server_only_to_start_it() -> None:
    found = [
        each
        for each in _imports("pictograph")
        if _is_in(each.imported, "pictograph_server")
        and not each.is_for_types
        and not (each.importer in STARTS_SERVER and each.is_late)
    ]
    assert _lines(found) == []


def test_server__takes_only_types_and_pure_functions_of_the_sdk() -> None:
    found = [
        each
        for each in _imports("pictograph_server")
        if _is_in(each.imported, "pictograph")
        and _prefix(each.imported, SHARED) in (None, "pictograph")
        and each.imported != "pictograph"
    ]
    assert _lines(found) == []


def test_services__call_those_to_the_left() -> None:
    def position(module: str) -> int | None:
        parts = module.split(".")
        is_service = parts[:2] == ["pictograph_server", "services"] and len(parts) > 3
        return SERVICES.index(parts[2]) if is_service else None

    found: list[Import] = []
    for each in _imports("pictograph_server"):
        if not _is_in(each.importer, "pictograph_server.services") or not _is_in(
            each.imported, "pictograph_server.services"
        ):
            continue
        caller, called = position(each.importer), position(each.imported)
        if caller is not None and called is not None and called > caller:
            found.append(each)
    assert _lines(found) == []


def test_engines__know_no_server_beyond_themselves() -> None:
    found = [
        each
        for each in _imports("pictograph_server")
        if _is_in(each.importer, "pictograph_server.engines")
        and (
            (_is_in(each.imported, "pictograph_server") and not _is_in(each.imported, "pictograph_server.engines"))
            or _prefix(each.imported, ("sqlalchemy", "fastapi", "pydantic_settings", "obstore")) is not None
        )
    ]
    assert _lines(found) == []


@pytest.mark.parametrize("package", ["sqlalchemy.Table", "pictograph_server.storage.db.tables"])
def test_tables__are_seen_by_repositories_only(package: str) -> None:
    """SQL is written in repositories, in the storage layer and in the queue (style §1)."""
    found = [
        each
        for each in _imports("pictograph_server")
        if each.imported == package
        and not _is_in(each.importer, "pictograph_server.storage")
        and not _is_in(each.importer, "pictograph_server.jobs")
        and "repository" not in each.importer.rpartition(".")[2]
    ]
    assert _lines(found) == []


def test_import_pictograph__needs_nothing_heavy() -> None:
    found = [
        each
        for each in _imports("pictograph")
        if (each.importer == "pictograph" or _prefix(each.importer, LIGHT) not in (None, "pictograph"))
        and not each.is_late
        and not each.is_for_types
        and _prefix(each.imported, HEAVY) is not None
    ]
    assert _lines(found) == []


@pytest.mark.parametrize("package", ["pictograph", "pictograph_server"])
def test_every_module__has_a_layer(package: str) -> None:
    layers = SDK_LAYERS if package == "pictograph" else SERVER_LAYERS
    known = [prefix for layer in layers for prefix in layer if prefix != "pictograph"]
    missing = [
        module
        for module, _ in _modules(package)
        if module not in ("pictograph", "pictograph_server") and _prefix(module, known) is None
    ]
    assert missing == []


def test_walk__sees_an_import_that_goes_up(tmp_path: Path) -> None:
    """The walker itself: relative, late and type-only imports are all found where they are."""
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\n"
        "from . import queue\n"
        "from .task import Task\n"
        "if TYPE_CHECKING:\n"
        "    import torch\n"
        "def late():\n"
        "    from pictograph_server import up\n"
    )
    found = {(each.imported, each.line, each.is_late, each.is_for_types) for each in _read("a.b.module", path)}
    assert {
        ("a.b.queue", 2, False, False),
        ("a.b.task", 3, False, False),
        ("torch", 5, False, True),
        ("pictograph_server.up", 7, True, False),
    } <= found


def _upward(layers: tuple[tuple[str, ...], ...], package: str) -> list[Import]:
    position = {prefix: number for number, layer in enumerate(layers) for prefix in layer}

    def layer_of(module: str) -> int | None:
        prefix = _prefix(module, position)
        # `pictograph` alone stands for the package's front, not for all below it.
        return None if prefix is None or (prefix == "pictograph" != module) else position[prefix]

    found: list[Import] = []
    for each in _imports(package):
        if not _is_in(each.imported, package) or each.is_for_types:
            continue
        importer, imported = layer_of(each.importer), layer_of(each.imported)
        if importer is not None and imported is not None and imported > importer and each.imported != "pictograph":
            found.append(each)
    return found


@cache
def _imports(package: str) -> tuple[Import, ...]:
    return tuple(each for module, path in _modules(package) for each in _read(module, path))


def _modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((SOURCES / package).rglob("*.py")):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        if "migrations" not in parts:
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _read(module: str, path: Path) -> Iterator[Import]:
    base = module if path.name == "__init__.py" else module.rpartition(".")[0]
    yield from _walk(ast.parse(path.read_text()), module, base, path, is_late=False, is_for_types=False)


def _walk(node: ast.AST, module: str, base: str, path: Path, *, is_late: bool, is_for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        late = is_late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        types = is_for_types or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test))
        for name in _names(child, base):
            yield Import(module, name, path, getattr(child, "lineno", 0), late, types)
        yield from _walk(child, module, base, path, is_late=late, is_for_types=types)


def _names(node: ast.AST, base: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    origin = node.module or ""
    if node.level:
        parts = base.split(".")
        origin = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
    # `from package import module` names a module too; where it is a function, its module is named as well.
    is_package = node.level > 0 and node.module is None
    names = [f"{origin}.{alias.name}" for alias in node.names]
    submodules = [name for name in names if is_package or _is_module(name)]
    return submodules if len(submodules) == len(node.names) else [origin, *submodules]


def _is_module(name: str) -> bool:
    path = SOURCES / Path(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def _prefix(module: str, prefixes: Iterable[str]) -> str | None:
    found = [prefix for prefix in prefixes if _is_in(module, prefix)]
    return max(found, key=len, default=None)


def _is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _lines(found: list[Import]) -> list[str]:
    return [str(each) for each in found]
