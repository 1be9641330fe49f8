"""What a pipeline run is asked to be, checked as its stages would check it, before anything is made (R3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Connection

from pictograph.models.auto_annotate import BatchClass
from pictograph.models.pipeline import PipelineDriver, PipelineSettings
from pictograph_server.actor import Actor
from pictograph_server.engines.trainers.base import TrainerSpec
from pictograph_server.errors import Unprocessable
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import planning
from pictograph_server.services.auto_annotation.choice import ChosenAnnotator
from pictograph_server.services.auto_annotation.planning import BatchRequest, ClassRequest
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.names import check_name
from pictograph_server.services.datasets.records import DatasetNotFound, DatasetRecord
from pictograph_server.services.training import service as training
from pictograph_server.services.training.checks import TrainerSpecs, UnknownPipeline, check_gpu
from pictograph_server.storage.db.types import now

MAX_NAME_LENGTH = 200


class BadPipelineName(Unprocessable):
    code = "bad_pipeline_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A pipeline run cannot be named {name[:40]!r}",
            why=f"a name has 1 to {MAX_NAME_LENGTH} characters, not only spaces",
            fix="Choose another `name`, or leave it out",
        )


@dataclass(frozen=True, slots=True)
class PipelineRequest:
    """What a person asks for, not yet checked. Without a name it is called after the dataset and the pipeline."""

    dataset_name: str
    pipeline: str
    gpu: str | None = None
    classes: Sequence[BatchClass] = ()
    train_config: Mapping[str, object] = field(default_factory=dict[str, object])
    annotate: bool = True
    train: bool = True
    review: bool = False
    confidence_threshold: float = 0.5
    annotator: str | None = None
    model_id: str | None = None
    exclusive: bool = False
    min_credits: int | None = 1
    max_credits: int | None = None
    parent_model_id: str | None = None
    name: str | None = None
    description: str | None = None
    driver: PipelineDriver = "server"

    @classmethod
    def again(cls, dataset_name: str, settings: PipelineSettings, *, name: str, description: str | None) -> Self:
        """Return the request that has the same settings as an earlier run."""
        values = {key: getattr(settings, key) for key in PipelineSettings.model_fields}
        return cls(dataset_name=dataset_name, name=name, description=description, **values)

    @property
    def batch(self) -> BatchRequest:
        return batch_request(self.dataset_name, self.settings)

    @property
    def settings(self) -> PipelineSettings:
        """Return the settings as they are stored; their pipeline and accelerator have been checked."""
        return PipelineSettings.model_validate(
            {
                **{key: getattr(self, key) for key in PipelineSettings.model_fields},
                "classes": [each.model_dump() for each in self.classes],
                "gpu": check_gpu(self.gpu),
            }
        )


@dataclass(frozen=True, slots=True)
class Labelling:
    """How a run would label, settled: None where it labels nothing."""

    chosen: ChosenAnnotator
    plan: BatchPlan


def check(
    platform: Platform, conn: Connection, actor: Actor, request: PipelineRequest, specs: TrainerSpecs
) -> Labelling | None:
    """Refuse what a stage of the run would refuse whatever the images. May take seconds (a hub is asked).

    A run that a program drives is checked by that program's own requests, but for what decides how it is shown.

    Raises:
        InvalidName, BadPipelineName, UnknownPipeline, UnknownGpu, BadTrainConfig, ParentModelMismatch: 422.
        PipelineNotInstalled, and what `planning.choose` and `planning.plan_of` raise: nothing can label so here.
        ModelNotFound, ModelNotReady: 404, 409.
    """
    check_name(request.dataset_name)
    check_run_name(request.name)
    check_known(request.pipeline, specs)
    check_gpu(request.gpu)
    if request.driver == "client":
        return None
    if request.train:
        training.check(
            conn,
            actor.organization_id,
            request.pipeline,
            request.gpu,
            request.train_config,
            specs,
            parent_model_id=request.parent_model_id,
        )
    return check_labelling(platform, conn, actor, request) if request.annotate else None


def check_labelling(platform: Platform, conn: Connection, actor: Actor, request: PipelineRequest) -> Labelling:
    """Return who labels, and what it is asked. The dataset need not exist."""
    wanted = request.batch
    chosen = planning.choose(platform, conn, actor, wanted)
    try:
        dataset = datasets.get_by_name(conn, actor.organization_id, request.dataset_name)
    except DatasetNotFound:
        dataset = _blank(actor.organization_id, request.dataset_name)
    return Labelling(chosen, planning.plan_of(conn, dataset, wanted, chosen))


def check_known(pipeline: str, specs: Mapping[str, TrainerSpec]) -> None:
    if pipeline not in specs:
        raise UnknownPipeline(pipeline, sorted(specs))


def check_run_name(given: str | None) -> None:
    if given is not None and (not given.strip() or len(given.strip()) > MAX_NAME_LENGTH):
        raise BadPipelineName(given)


def batch_request(
    dataset_name: str, settings: PipelineSettings, *, image_ids: Sequence[str] | None = None
) -> BatchRequest:
    """Return the labelling of a run as the batch job that it is."""
    return BatchRequest(
        dataset_name=dataset_name,
        classes=[
            ClassRequest(
                each.name,
                each.output_type,
                each.all_prompts,
                each.confidence_threshold,
                each.max_detections,
                each.min_area,
            )
            for each in settings.classes
        ],
        image_ids=image_ids,
        confidence_threshold=settings.confidence_threshold,
        exclusive=settings.exclusive,
        annotator=settings.annotator,
        model_id=settings.model_id,
        review=True if settings.review else None,
        skip_annotated=True,
        max_credits=settings.max_credits,
    )


def _blank(organization_id: str, name: str) -> DatasetRecord:
    """Return a dataset as it would be made: nothing in it."""
    moment = now()
    return DatasetRecord(
        id="",
        organization_id=organization_id,
        name=name,
        description=None,
        annotation_types=(),
        review_required=False,
        image_count=0,
        completed_image_count=0,
        archived_image_count=0,
        total_size_bytes=0,
        created_at=moment,
        updated_at=moment,
    )
