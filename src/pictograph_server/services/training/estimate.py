"""What a run costs: quoted before, held when it starts, charged for the minutes of its epochs and never above that."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.training import GpuType, PipelineType, TrainingEstimate
from pictograph_server.engines.trainers.base import TrainingConfig
from pictograph_server.errors import Unprocessable
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.prices import training_cost
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.exports import service as exports
from pictograph_server.services.training.checks import TrainerSpecs, check_gpu, check_pipeline, read_train_config
from pictograph_server.settings import Prices

# Generous, since what is not used is returned. A pipeline that is not told how many epochs chooses fewer than these.
_DEFAULT_EPOCHS = 100
_FIRST_MINUTES = 5.0
_IMAGES_PER_SECOND: Mapping[GpuType, float] = {"a10g": 40, "a100": 80, "h100": 160}
# Between two epochs: a measurement, a checkpoint.
_SECONDS_BETWEEN = 3.0


class NothingToEstimate(Unprocessable):
    code = "nothing_to_estimate"

    def __init__(self) -> None:
        super().__init__(
            "A run's cost cannot be estimated",
            why="it depends on how many images there are to learn from",
            fix="Give `images`, or `dataset_name` with or without `export_name`",
        )


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """What a run would be. The images are those of the export, else the dataset's complete ones, else as given."""

    pipeline_type: str
    gpu_type: str | None
    config: Mapping[str, object]
    dataset_name: str | None = None
    export_name: str | None = None
    images: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """The most that a run can cost."""

    epochs: int
    minutes: int
    credits: int


def quote(prices: Prices, gpu: GpuType, config: TrainingConfig, images: int) -> Quote:
    """Return what is held for a run, which is the most that it is charged."""
    epochs = config.epochs or _DEFAULT_EPOCHS
    minutes = _FIRST_MINUTES + epochs * (images / _IMAGES_PER_SECOND[gpu] + _SECONDS_BETWEEN) / 60
    if config.max_minutes is not None:
        minutes = min(minutes, _FIRST_MINUTES + config.max_minutes)
    whole = math.ceil(minutes)
    return Quote(epochs, whole, training_cost(prices, gpu, whole))


def charge(prices: Prices, gpu: GpuType, seconds: float) -> int:
    """Return what so much training costs; no more than what was held is taken."""
    return training_cost(prices, gpu, seconds / 60)


def estimate(
    conn: Connection, prices: Prices, organization_id: str, request: EstimateRequest, specs: TrainerSpecs
) -> TrainingEstimate:
    """Return what a run would cost at most, without starting anything.

    Raises:
        UnknownPipeline, UnknownGpu, BadTrainConfig, NothingToEstimate: 422.
        DatasetNotFound, ExportNotFound: 404.
        PipelineNotInstalled: 400.
    """
    gpu = check_gpu(request.gpu_type)
    pipeline, spec = check_pipeline(request.pipeline_type, specs)
    config = read_train_config(spec, request.config)
    images = _images(conn, organization_id, request)
    return _to_wire(conn, organization_id, pipeline, gpu, images, quote(prices, gpu, config, images))


def _images(conn: Connection, organization_id: str, request: EstimateRequest) -> int:
    if request.dataset_name is not None and request.export_name is not None:
        export = exports.require(conn, organization_id, request.dataset_name, request.export_name)
        if export.image_count is not None:
            return export.image_count
    if request.dataset_name is not None:
        return datasets.get_by_name(conn, organization_id, request.dataset_name).completed_image_count
    if request.images is None:
        raise NothingToEstimate
    return request.images


def _to_wire(
    conn: Connection, organization_id: str, pipeline: PipelineType, gpu: GpuType, images: int, quoted: Quote
) -> TrainingEstimate:
    return TrainingEstimate(
        pipeline_type=pipeline,
        gpu_type=gpu,
        images=images,
        epochs=quoted.epochs,
        minutes=quoted.minutes,
        credits=quoted.credits,
        credits_remaining=credits.remaining(conn, organization_id),
        sufficient=credits.can_pay(conn, organization_id, quoted.credits),
    )
