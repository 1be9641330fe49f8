"""Batch auto-annotation: one job that labels many images from words or examples, saving as it goes (contract 52-54)."""

from sqlalchemy import Connection

from pictograph.models.auto_annotate import BatchJob
from pictograph_server.actor import Actor
from pictograph_server.errors import NotFound
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import payment, planning, repository, selection, shards
from pictograph_server.services.auto_annotation.choice import ChosenAnnotator
from pictograph_server.services.auto_annotation.planning import BatchRequest
from pictograph_server.services.auto_annotation.repository import BatchRecord
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.settings import Prices
from pictograph_server.storage.db.types import new_id, now

# In one request; without a list of them a batch has all of its dataset's, however many. The documentation of the
# hosted service says 500, and its client's workflow sends up to 1,000 (trap 24).
MAX_IMAGES = 200_000


class BatchNotFound(NotFound):
    code = "batch_not_found"

    def __init__(self, batch_id: str) -> None:
        super().__init__(
            f"There is no auto-annotation job {batch_id!r}",
            fix="Its id is in the answer that started it (`client.auto_annotate.batch`)",
        )


def start(platform: Platform, actor: Actor, request: BatchRequest) -> BatchJob:
    """Start a batch and return it; the refusals are those of `planning.choose` and `create`."""
    with platform.db.read() as conn:
        datasets.get_by_name(conn, actor.organization_id, request.dataset_name)
        chosen = planning.choose(platform, conn, actor, request)
    with platform.db.write() as conn:
        settings = platform.settings
        return create(
            conn,
            actor.organization_id,
            request,
            chosen,
            prices=settings.prices,
            shard_images=settings.jobs.shard_images,
        )


def create(
    conn: Connection,
    organization_id: str,
    request: BatchRequest,
    chosen: ChosenAnnotator,
    *,
    prices: Prices,
    shard_images: int | None = None,
) -> BatchJob:
    """Register the classes, hold the credits and enqueue the job, all in the caller's transaction.

    With `skip_annotated`, what a live batch has still to do for the same is left to it (`selection.select`). If that is
    everything, the answer is that batch.

    Raises:
        DatasetNotFound, NoMatchingImages: 404. What `planning.plan_of` raises: 400, 404, 422.
        OverMaxCredits: 409. InsufficientCredits: 402.
    """
    dataset = datasets.get_by_name(conn, organization_id, request.dataset_name)
    # Two requests for the same images come one after the other.
    datasets.lock(conn, organization_id, dataset.id)
    plan = planning.plan_of(conn, dataset, request, chosen)
    selected = selection.select(conn, dataset, plan, filenames=request.image_filenames, ids=request.image_ids)
    if selected.live is not None and not selected.image_ids:
        return to_wire(selected.live, estimated=True)
    plan = planning.with_unknown(plan, selected.unknown)
    if plan.destination == "dataset":
        _register_classes(conn, dataset, request, plan)
    batch_id, images = new_id(), len(selected.image_ids)
    cost = payment.cost_of(prices, plan, images)
    record = BatchRecord(
        id=batch_id,
        organization_id=organization_id,
        dataset_id=dataset.id,
        # With every image skipped there is nothing to wait for.
        status="pending" if images else "completed",
        total_images=images,
        processed_images=0,
        failed_images=0,
        annotations_added=0,
        estimated_credits=cost,
        request=plan.model_dump(mode="json"),
        engine=chosen.engine,
        error_message=None,
        created_at=now(),
        completed_at=None if images else now(),
    )
    repository.add(conn, record, selected.image_ids)
    if images:
        payment.hold(conn, record, plan, max_credits=request.max_credits, dataset_name=dataset.name)
        shards.enqueue(conn, record, shard_images=shard_images)
    return to_wire(record, estimated=True)


def get(conn: Connection, organization_id: str, batch_id: str) -> BatchJob:
    return to_wire(_require(conn, organization_id, batch_id))


def cancel(conn: Connection, organization_id: str, batch_id: str) -> BatchJob:
    """Cancel a job: what it saved stays, what it did not do is not paid for. One that has ended stays as it is."""
    record = repository.lock(conn, organization_id, batch_id)
    if record is None:
        raise BatchNotFound(batch_id)
    if record.is_live:
        repository.end(conn, batch_id, "cancelled", moment=now())
        shards.cancel(conn, batch_id)
    return to_wire(_require(conn, organization_id, batch_id))


def to_wire(record: BatchRecord, *, estimated: bool = False) -> BatchJob:
    """Return the wire's job. `progress` reaches 100 only when the job has ended."""
    moment = now()
    plan = BatchPlan.model_validate(record.request)
    return BatchJob(
        job_id=record.id,
        status=record.status,
        progress=min(99, 100 * record.settled_images // max(1, record.total_images)) if record.is_live else 100,
        total_images=record.total_images,
        processed_images=record.processed_images,
        total_annotations_added=record.annotations_added,
        failed_images=record.failed_images,
        error_message=record.error_message,
        estimated_credits=record.estimated_credits if estimated else None,
        completed_at=record.completed_at,
        engine=record.engine,
        images_per_second=record.images_per_second(moment),
        eta_seconds=record.eta_seconds(moment),
        images_not_found=plan.unknown_image_count,
        names_not_found=list(plan.unknown_images),
    )


def _register_classes(conn: Connection, dataset: DatasetRecord, request: BatchRequest, plan: BatchPlan) -> None:
    """Add the classes that are missing; prompts that somebody wrote for one are kept with it (R6).

    Those for a trained model are names of its classes, which say nothing to a network that knows phrases.
    """
    written = {each.name: each.prompts for each in request.classes} if plan.model_id is None else {}
    wanted = [(each.name, each.output_type, written.get(each.name, ())) for each in plan.classes]
    datasets.ensure_classes(conn, dataset.id, wanted)


def _require(conn: Connection, organization_id: str, batch_id: str) -> BatchRecord:
    record = repository.find(conn, organization_id, batch_id)
    if record is None:
        raise BatchNotFound(batch_id)
    return record
