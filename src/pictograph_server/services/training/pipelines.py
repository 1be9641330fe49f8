"""The pipelines there are: what each makes, whether it can run here, and its settings for a form to draw."""

from collections.abc import Mapping
from typing import Any, get_args

from pictograph.models.training import Pipeline, PipelineType
from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.base import TrainerSpec
from pictograph_server.engines.trainers.registry import check_installed
from pictograph_server.services.training.checks import TrainerSpecs


def list_pipelines(specs: TrainerSpecs) -> list[Pipeline]:
    """Return the pipelines of this server, in the order of the wire's names. Loads no training library."""
    return [_to_wire(name, specs[name]) for name in get_args(PipelineType) if name in specs]


def _to_wire(name: PipelineType, spec: TrainerSpec) -> Pipeline:
    why_not: str | None = None
    fix: str | None = None
    is_available = True
    try:
        check_installed(spec)
    except EngineUnavailable as problem:
        is_available, why_not, fix = False, problem.why, problem.fix
    return Pipeline(
        name=name,
        task=spec.task,
        learns_from=list(spec.learns_from),
        license=spec.license,
        is_available=is_available,
        why_not=why_not,
        fix=fix,
        config_schema=_without_paths(spec.config.model_json_schema()),
    )


def _without_paths(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema as a request may use it: no setting names a file on the server."""
    return {**schema, "properties": {key: _without_path(field) for key, field in schema["properties"].items()}}


def _without_path(field: Mapping[str, Any]) -> dict[str, Any]:
    kinds = field.get("anyOf", [])
    kept = [kind for kind in kinds if kind.get("format") != "path"]
    if len(kept) == len(kinds):
        return dict(field)
    rest = {key: value for key, value in field.items() if key != "anyOf"}
    return {**rest, **kept[0]} if len(kept) == 1 else {**rest, "anyOf": kept}
