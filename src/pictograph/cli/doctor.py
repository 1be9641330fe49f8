"""`pictograph doctor`: what can label and train here and what cannot, why, and what to do about it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pictograph.cli.failures import FAILED

if TYPE_CHECKING:
    from pictograph_server.engines.annotators.availability import AnnotatorState
    from pictograph_server.engines.machine import Machine

# What each extra is for; the engines' own come from their registries.
_EXTRAS = ("server", "sam3", "train", "inference")
_SERVER_PATIENCE_S = 3.0


@dataclass
class TrainerState:
    name: str
    task: str
    is_available: bool
    why_not: str | None = None
    fix: str | None = None


@dataclass
class ServerState:
    """The server that the command line talks to, if a key says where one is."""

    base_url: str | None
    is_reachable: bool
    why_not: str | None = None
    fix: str | None = None


@dataclass
class Checkup:
    """Everything that was looked at; `can_label` decides the exit code."""

    can_label: bool
    # What `auto` takes here, and what this machine's server is set to.
    auto: str | None
    configured: str | None
    machine: Machine | None
    annotators: list[AnnotatorState] = field(default_factory=list["AnnotatorState"])
    trainers: list[TrainerState] = field(default_factory=list[TrainerState])
    # Extra -> what is missing or too old of its packages.
    missing_packages: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    # Folder -> free bytes.
    free_bytes: dict[str, int] = field(default_factory=dict[str, int])
    server: ServerState | None = None
    problems: list[str] = field(default_factory=list[str])


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")] = False,
) -> None:
    """Say which annotators and trainers work on this machine, why the others do not, and what to do."""
    checkup = examine()
    if as_json:
        from pydantic_core import to_json

        typer.echo(to_json(checkup, indent=2).decode())
    else:
        from pictograph.cli.doctor_report import print_checkup

        print_checkup(checkup)
    if not checkup.can_label:
        raise typer.Exit(FAILED)


def examine() -> Checkup:
    """Look at everything; what cannot be looked at is a problem in words, never an exception."""
    checkup = Checkup(can_label=False, auto=None, configured=None, machine=None)
    try:
        from pictograph_server.engines.annotators import availability, packages
        from pictograph_server.engines.annotators.checkpoints import download
        from pictograph_server.engines.errors import EngineUnavailable
        from pictograph_server.engines.machine import look_at_machine
    except ImportError as missing:
        checkup.problems.append(f"The engines cannot be looked at: {missing.name} is not installed")
        checkup.server = _server()
        return checkup
    checkup.machine = look_at_machine()
    checkup.annotators = availability.survey()
    try:
        best = availability.find(availability.AUTO)
        checkup.auto = best.engine
    except EngineUnavailable as problem:
        checkup.problems.append(str(problem))
    checkup.configured = _configured(checkup)
    checkup.can_label = any(each.is_available for each in checkup.annotators)
    checkup.missing_packages = {
        extra: [f"{each.name}{each.wanted}" for each in packages.package_states(extra) if not each.is_fit]
        for extra in _EXTRAS
    }
    try:
        place, free = download.room()
        checkup.free_bytes[str(place)] = free
    except ImportError:
        checkup.free_bytes[str(Path.cwd())] = shutil.disk_usage(Path.cwd()).free
    checkup.trainers = look_at_trainers()
    checkup.server = _server()
    return checkup


def _configured(checkup: Checkup) -> str | None:
    """Return the annotator that a server started here would use, and note it when that one does not work."""
    try:
        from pictograph_server.settings import Settings
    except ImportError:
        return None
    from pictograph_server.engines.annotators import availability
    from pictograph_server.engines.errors import EngineUnavailable

    try:
        wanted = Settings().annotator
    except ValueError as problem:
        checkup.problems.append(f"The server's settings cannot be read: {problem}")
        return None
    try:
        return f"{wanted} ({availability.find(wanted).engine})"
    except EngineUnavailable as problem:
        checkup.problems.append(f"PICTOGRAPH_ANNOTATOR is {wanted!r}. {problem}")
        return wanted


def look_at_trainers() -> list[TrainerState]:
    """Return every pipeline and what it lacks here. Loads no training library."""
    from pictograph_server.engines.errors import EngineUnavailable

    try:
        from pictograph_server.engines.trainers.registry import check_installed, trainer_specs
    except ImportError:
        return []
    states: list[TrainerState] = []
    for spec in trainer_specs().values():
        try:
            check_installed(spec)
            states.append(TrainerState(spec.name, spec.task, is_available=True))
        except EngineUnavailable as problem:
            states.append(TrainerState(spec.name, spec.task, is_available=False, why_not=problem.why, fix=problem.fix))
    return states


def _server() -> ServerState:
    """Return whether the server answers and takes the key; that there is none yet is no fault."""
    from pictograph import Client
    from pictograph.exceptions import PictographError

    url: str | None = None
    try:
        with Client(timeout=_SERVER_PATIENCE_S, max_retries=0) as client:
            url = client.base_url
            client.credits.balance()
    except (PictographError, ValueError) as problem:
        words = problem.message if isinstance(problem, PictographError) else str(problem)
        fix = problem.fix if isinstance(problem, PictographError) else None
        return ServerState(url, is_reachable=False, why_not=words, fix=fix)
    return ServerState(url, is_reachable=True)
