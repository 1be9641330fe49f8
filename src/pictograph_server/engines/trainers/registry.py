"""Which trainers there are, whether they can run here, and their settings read from what a person wrote."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from pydantic import ValidationError

from pictograph_server.engines import trainers
from pictograph_server.engines.errors import BadConfig, EngineUnavailable, UnknownEngine
from pictograph_server.engines.trainers.base import TrainerSpec, TrainingConfig


@cache
def trainer_specs() -> Mapping[str, TrainerSpec]:
    """Return every trainer by its wire name. Reads `TRAINERS` of each package here; loads no training library."""
    specs: dict[str, TrainerSpec] = {}
    packages = (module for module in pkgutil.iter_modules(trainers.__path__, f"{trainers.__name__}.") if module.ispkg)
    for module in packages:
        found: tuple[TrainerSpec, ...] = getattr(importlib.import_module(module.name), "TRAINERS", ())
        specs.update({spec.name: spec for spec in found})
    return specs


def trainer_spec(name: str) -> TrainerSpec:
    """Return one trainer.

    Raises:
        UnknownEngine: no trainer has this name; the error lists those there are.
    """
    specs = trainer_specs()
    if name not in specs:
        raise UnknownEngine(
            f"There is no training pipeline {name!r} here",
            why=f"this server has {_listed(specs)}",
            fix="Choose one of these",
        )
    return specs[name]


def check_installed(spec: TrainerSpec) -> None:
    """Raise `EngineUnavailable` when a package the trainer imports is missing; imports none of them."""
    missing = [package for package in spec.packages if find_spec(package) is None]
    if missing:
        raise EngineUnavailable(
            f"The pipeline {spec.name!r} cannot run here",
            why=f"{_listed(missing)} not installed",
            fix=f"On the server: pip install 'pictograph[{spec.extra}]'",
        )


def read_config(spec: TrainerSpec, values: Mapping[str, object]) -> TrainingConfig:
    """Return a trainer's settings from plain values.

    Raises:
        BadConfig: an unknown key (the error lists the allowed ones) or a value out of range.
    """
    allowed = spec.config.model_fields
    unknown = [key for key in values if key not in allowed]
    if unknown:
        raise BadConfig(
            f"The pipeline {spec.name!r} has no setting {_listed(unknown)}", why=f"allowed are {_listed(allowed)}"
        )
    try:
        return spec.config.model_validate(dict(values))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])} = {problem['input']!r}: {problem['msg']}"
            for problem in error.errors()
        )
        raise BadConfig(f"Settings of the pipeline {spec.name!r} are not usable", why=problems) from error


def _listed(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(repr(name) for name in names)
