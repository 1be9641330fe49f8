"""What a run is asked to be, checked before anything is held: pipeline, accelerator, settings, export (R3)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

from pictograph.models.training import GpuType, PipelineType
from pictograph_server.engines.errors import BadConfig, EngineUnavailable
from pictograph_server.engines.trainers.base import MIN_ANNOTATED_IMAGES, Task, TrainerSpec, TrainingConfig
from pictograph_server.engines.trainers.registry import check_installed, read_config
from pictograph_server.errors import BadRequest, Unprocessable
from pictograph_server.services.exports.repository import ExportRecord
from pictograph_server.storage.db.types import now

MAX_NAME_LENGTH = 100
DEFAULT_GPU: GpuType = "a10g"

TrainerSpecs = Mapping[str, TrainerSpec]


class UnknownPipeline(Unprocessable):
    code = "unknown_pipeline"

    def __init__(self, given: str, built: Sequence[str]) -> None:
        super().__init__(
            f"There is no pipeline {given!r}",
            why=f"pipelines are {', '.join(built)}",
            fix="Choose one of these",
        )


class PipelineNotInstalled(BadRequest):
    code = "pipeline_not_installed"


class UnknownGpu(Unprocessable):
    code = "unknown_gpu"

    def __init__(self, given: str) -> None:
        super().__init__(
            f"There is no accelerator {given!r}",
            why=f"they are {', '.join(get_args(GpuType))}",
            fix="Choose one of these; on a machine without it the run uses what is there and says so in `device`",
        )


class BadTrainConfig(Unprocessable):
    code = "bad_train_config"


class BadRunName(Unprocessable):
    code = "bad_run_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A training run cannot be named {name[:40]!r}",
            why=f"a name has 1 to {MAX_NAME_LENGTH} characters, not only spaces",
            fix="Choose another `name`",
        )


class ExportNotTrainable(BadRequest):
    code = "export_not_trainable"

    def __init__(self, export: ExportRecord, why: str, fix: str) -> None:
        super().__init__(
            f"Training cannot start from export {export.name!r} of dataset {export.dataset_name!r}", why=why, fix=fix
        )


def check_name(given: str) -> str:
    name = given.strip()
    if not name or len(name) > MAX_NAME_LENGTH:
        raise BadRunName(given)
    return name


def check_gpu(given: str | None) -> GpuType:
    if given is None:
        return DEFAULT_GPU
    for gpu in get_args(GpuType):
        if gpu == given:
            return gpu
    raise UnknownGpu(given)


def check_pipeline(given: str, specs: TrainerSpecs) -> tuple[PipelineType, TrainerSpec]:
    for pipeline in get_args(PipelineType):
        if pipeline == given and given in specs:
            try:
                check_installed(specs[given])
            except EngineUnavailable as error:
                raise PipelineNotInstalled(error.what, why=error.why, fix=error.fix) from error
            return pipeline, specs[given]
    raise UnknownPipeline(given, sorted(specs))


def read_train_config(spec: TrainerSpec, values: Mapping[str, object]) -> TrainingConfig:
    """Return a pipeline's settings, or refuse with the keys and values that are allowed (R3)."""
    for key, value in values.items():
        words = words_of(spec, key)
        if words is not None and value not in words:
            raise BadTrainConfig(
                f"The setting {key!r} cannot be {value!r}",
                why="it names a file on the server, which a request may not",
                fix=f"Use one of: {', '.join(words)}" if words else "Leave it out",
            )
    try:
        return read_config(spec, values)
    except BadConfig as error:
        raise BadTrainConfig(
            error.what, why=error.why, fix=error.fix or f"Settings are {', '.join(spec.config.model_fields)}"
        ) from error


def words_of(spec: TrainerSpec, key: str) -> tuple[str, ...] | None:
    """Return the words that a setting takes besides a path on the server; None for one that takes no path."""
    field = spec.config.model_fields.get(key)
    if field is None:
        return None
    parts = list(_parts(field.annotation))
    return tuple(part for part in parts if isinstance(part, str)) if Path in parts else None


def check_trainable(export: ExportRecord, task: Task) -> None:
    """Raise `ExportNotTrainable` with what to do, when a run on this export could only fail."""
    if export.status != "completed" or export.blob_key is None:
        fix = "Wait until it is completed, then start again"
        raise ExportNotTrainable(export, f"it is {export.status}", "Export again" if export.status == "failed" else fix)
    if export.expires_at is not None and export.expires_at <= now():
        raise ExportNotTrainable(export, f"it expired at {export.expires_at:%Y-%m-%d %H:%M} UTC", "Export again")
    if export.format != "pictograph" or not export.include_images:
        has = f"its format is {export.format}" if export.format != "pictograph" else "it holds no images"
        raise ExportNotTrainable(export, has, "Export with format='pictograph' and include_images=True")
    if not export.image_count:
        fix = "Export images that are complete: annotate them, or choose another `status_filter`"
        raise ExportNotTrainable(export, "it has no images (num_samples=0)", fix)
    annotated = export.report["annotated_images"] if export.report else 0
    # Classes of whole images may come from tags or from folders: the run looks, and says what is missing.
    if task != "classification" and annotated < MIN_ANNOTATED_IMAGES:
        raise ExportNotTrainable(
            export,
            f"{annotated} of its {export.image_count} images carry annotations, and a run needs {MIN_ANNOTATED_IMAGES}",
            "Annotate more images, then export again",
        )


def _parts(annotation: object) -> Sequence[object]:
    """Return the types and words that an annotation is made of: of `Literal["a"] | Path`, `"a"` and `Path`."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    inner = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    return [part for each in inner for part in _parts(each)] if inner else [annotation]
