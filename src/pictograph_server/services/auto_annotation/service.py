"""Batch auto-annotation: one job that labels many images from class names, saving as it goes (contract 52-54)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.auto_annotate import BatchJob
from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.services.auto_annotation import repository, shards
from pictograph_server.services.auto_annotation.repository import BatchRecord
from pictograph_server.services.auto_annotation.request import BatchPlan, OutputType, WantedClass, prompt_for
from pictograph_server.services.credits import prices
from pictograph_server.services.credits import service as credits
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.db.types import new_id, now

# More than the 500 of the documentation: the hosted client's workflow sends up to 1,000 (trap 24).
MAX_IMAGES = 50_000
DEFAULT_MODEL = "sam3"


class BatchNotFound(NotFound):
    code = "batch_not_found"

    def __init__(self, batch_id: str) -> None:
        super().__init__(
            f"There is no auto-annotation job {batch_id!r}",
            fix="Its id is in the answer that started it (`client.auto_annotate.batch`)",
        )


class NoClasses(BadRequest):
    code = "no_classes"

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to look for",
            why="`classes` is empty",
            fix='Name at least one class, for example {"name": "stop_sign", "output_type": "bbox"}',
        )


class ClassNamedTwice(BadRequest):
    code = "class_named_twice"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(map(repr, names))} stands more than once in `classes`",
            why="a class has one geometry in a batch",
            fix="Name each class once",
        )


class NoMatchingImages(NotFound):
    code = "no_matching_images"

    def __init__(self, dataset: str, asked: Sequence[str]) -> None:
        shown = ", ".join(repr(name) for name in asked[:3]) + (" …" if len(asked) > 3 else "")
        super().__init__(
            f"None of the {len(asked)} images asked for is in dataset {dataset!r}",
            why=f"asked for {shown}" if asked else "neither `image_filenames` nor `image_ids` names one",
            fix="Name images as `client.datasets.get(name, include_images=True)` lists them (`name` or `folder/name`)",
        )


class TrainedModelNotSupported(BadRequest):
    code = "trained_model_not_supported"

    def __init__(self, model_id: str) -> None:
        super().__init__(
            f"Images cannot be annotated with the trained model {model_id!r}",
            why="this version annotates with SAM 3 only",
            fix="Leave `model_id` out, or download the model and predict with `pictograph.inference`",
        )


@dataclass(frozen=True, slots=True)
class ClassRequest:
    """A class as a request names it; without a prompt, the dataset's own or the name is asked for (R6)."""

    name: str
    output_type: OutputType = "polygon"
    prompt: str | None = None


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What a person asks for. Ids, when given, decide; names alone may mean several images (trap 23)."""

    dataset_name: str
    classes: Sequence[ClassRequest]
    image_filenames: Sequence[str] = ()
    image_ids: Sequence[str] = ()
    confidence_threshold: float = 0.5
    top_k: int = 1
    model_id: str | None = None
    # None: as the dataset's setting says.
    review: bool | None = None
    skip_annotated: bool = False


def create(conn: Connection, organization_id: str, request: BatchRequest) -> BatchJob:
    """Register the classes, hold the credits and enqueue the job, all in the caller's transaction.

    With `skip_annotated`, what a live batch has still to do for the same classes is left to it, so that a client that
    died and runs again neither queues nor pays anything twice. If that is everything, the answer is that batch.

    Raises:
        DatasetNotFound, NoMatchingImages: 404.
        NoClasses, ClassNamedTwice, TrainedModelNotSupported: 400.
        PaymentRequired: the organisation cannot pay for that many images.
    """
    check_model(request.model_id)
    if not request.classes:
        raise NoClasses
    if repeated := [name for name, count in Counter(each.name for each in request.classes).items() if count > 1]:
        raise ClassNamedTwice(repeated)
    dataset = datasets.get_by_name(conn, organization_id, request.dataset_name)
    matching = _matching_images(conn, dataset, request)
    plan = _plan(dataset, request)
    wanted = matching
    if request.skip_annotated:
        wanted, live = _nobody_is_at(conn, dataset, plan, [image for image in matching if not image.annotation_count])
        if live is not None and not wanted:
            return to_wire(live, estimated=True)
    datasets.ensure_classes(conn, dataset.id, [(each.name, each.output_type, each.prompt) for each in request.classes])
    batch_id = new_id()
    record = BatchRecord(
        id=batch_id,
        organization_id=organization_id,
        dataset_id=dataset.id,
        # With every image skipped there is nothing to wait for.
        status="pending" if wanted else "completed",
        total_images=len(wanted),
        processed_images=0,
        failed_images=0,
        annotations_added=0,
        estimated_credits=prices.batch_cost(len(wanted), trained_model=False) if wanted else 0,
        request=plan.model_dump(mode="json"),
        engine=None,
        error_message=None,
        created_at=now(),
        completed_at=None if wanted else now(),
    )
    repository.add(conn, record, [image.id for image in wanted])
    if wanted:
        credits.hold(
            conn,
            organization_id,
            job_id=batch_id,
            operation=prices.SAM3_SLUG,
            amount=record.estimated_credits,
            description=f"Auto-annotation of {len(wanted)} images of {dataset.name}",
        )
        shards.enqueue(conn, record)
    return to_wire(record, estimated=True)


def get(conn: Connection, organization_id: str, batch_id: str) -> BatchJob:
    return to_wire(_require(conn, organization_id, batch_id))


def cancel(conn: Connection, organization_id: str, batch_id: str) -> BatchJob:
    """Cancel a job: what it saved stays, what it did not do is not paid for. One that has ended stays as it is."""
    record = repository.lock(conn, organization_id, batch_id)
    if record is None:
        raise BatchNotFound(batch_id)
    if record.status in ("pending", "running"):
        repository.end(conn, batch_id, "cancelled", moment=now())
        shards.cancel(conn, batch_id)
    return to_wire(_require(conn, organization_id, batch_id))


def check_model(model_id: str | None) -> None:
    """Refuse annotating with anything but the default annotator."""
    if model_id is not None and model_id != DEFAULT_MODEL:
        raise TrainedModelNotSupported(model_id)


def to_wire(record: BatchRecord, *, estimated: bool = False) -> BatchJob:
    """Return the wire's job. `progress` reaches 100 only when the job has ended."""
    has_ended = record.status in ("completed", "failed", "cancelled")
    settled = record.processed_images + record.failed_images
    progress = 100 if has_ended else min(99, 100 * settled // max(1, record.total_images))
    return BatchJob(
        job_id=record.id,
        status=record.status,
        progress=progress,
        total_images=record.total_images,
        processed_images=record.processed_images,
        total_annotations_added=record.annotations_added,
        failed_images=record.failed_images,
        error_message=record.error_message,
        estimated_credits=record.estimated_credits if estimated else None,
        completed_at=record.completed_at,
    )


def _require(conn: Connection, organization_id: str, batch_id: str) -> BatchRecord:
    record = repository.find(conn, organization_id, batch_id)
    if record is None:
        raise BatchNotFound(batch_id)
    return record


def _matching_images(conn: Connection, dataset: DatasetRecord, request: BatchRequest) -> list[ImageRecord]:
    if request.image_ids:
        by_id = images.get_many(conn, dataset.organization_id, request.image_ids)
        found = [image for image in by_id if image.dataset_id == dataset.id and not image.is_archived]
    else:
        found = images.find_by_names(conn, dataset.id, request.image_filenames)
    if not found:
        raise NoMatchingImages(dataset.name, request.image_ids or request.image_filenames)
    return found


def _nobody_is_at(
    conn: Connection, dataset: DatasetRecord, plan: BatchPlan, found: Sequence[ImageRecord]
) -> tuple[list[ImageRecord], BatchRecord | None]:
    """Return the images that no live batch will search for these classes, and the last batch that has the others."""
    # Two requests for the same images come one after the other.
    datasets.lock(conn, dataset.organization_id, dataset.id)
    left = {image.id: image for image in found}
    last: BatchRecord | None = None
    for batch in repository.live(conn, dataset.id):
        if set(plan.classes) <= set(BatchPlan.model_validate(batch.request).classes):
            for image_id in repository.all_pending(conn, batch.id):
                if left.pop(image_id, None) is not None:
                    last = batch
    return list(left.values()), last


def _plan(dataset: DatasetRecord, request: BatchRequest) -> BatchPlan:
    classes = tuple(
        WantedClass(
            name=each.name,
            output_type=each.output_type,
            prompts=(each.prompt or dataset.prompts.get(each.name) or prompt_for(each.name),),
        )
        for each in request.classes
    )
    return BatchPlan(
        classes=classes,
        confidence_threshold=request.confidence_threshold,
        top_k=request.top_k,
        review=dataset.review_required if request.review is None else request.review,
        skip_annotated=request.skip_annotated,
    )
