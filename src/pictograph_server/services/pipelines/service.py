"""Pipeline runs: started, told that the images are there, cancelled, resumed, run again. `advance.py` moves them on."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from pictograph.models.pipeline import PipelineRun, PipelineStatus, PipelineUpload
from pictograph_server import cursor as cursors
from pictograph_server.actor import Actor
from pictograph_server.errors import Conflict, NotFound
from pictograph_server.jobs import queue
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import service as batches
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.images import tallies
from pictograph_server.services.pipelines import repository, snapshot
from pictograph_server.services.pipelines.checks import PipelineRequest, check, check_run_name
from pictograph_server.services.pipelines.repository import PipelineRecord
from pictograph_server.services.pipelines.stages import begun, ended, planned, settings_of
from pictograph_server.services.training import repository as training_rows
from pictograph_server.services.training import service as training
from pictograph_server.services.training.checks import TrainerSpecs
from pictograph_server.services.training.service import RunHasEnded, RunNotFound
from pictograph_server.storage.db.types import new_id, now

_SORT = "newest"


class PipelineNotFound(NotFound):
    code = "pipeline_not_found"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"There is no pipeline run {run_id!r}", fix="List the runs there are with `client.pipelines.list()`"
        )


class PipelineNotWaiting(Conflict):
    code = "pipeline_not_waiting"

    def __init__(self, record: PipelineRecord) -> None:
        super().__init__(
            f"Pipeline run {record.name!r} cannot be told to go on",
            why=f"it is {record.status}" + (f" and waits for {record.waiting_for}" if record.waiting_for else ""),
            fix="Resume it, if it failed, was cancelled or waits for credits; run it again, if it is completed",
        )


class PipelineNotResumable(Conflict):
    code = "pipeline_not_resumable"

    def __init__(self, record: PipelineRecord, why: str, fix: str) -> None:
        super().__init__(f"Pipeline run {record.name!r} cannot be resumed", why=why, fix=fix)


class PipelineHasEnded(Conflict):
    code = "pipeline_ended"

    def __init__(self, record: PipelineRecord) -> None:
        super().__init__(
            f"Pipeline run {record.name!r} cannot be cancelled",
            why=f"it is {record.status}",
            fix="Nothing is running; run it again to start over",
        )


class PipelineHasNoImages(Conflict):
    code = "pipeline_has_no_images"

    def __init__(self, record: PipelineRecord) -> None:
        super().__init__(
            f"Pipeline run {record.name!r} cannot go on",
            why=f"dataset {record.dataset_name!r} has no images",
            fix="Upload images into the dataset first",
        )


class PipelineDrivenElsewhere(Conflict):
    code = "pipeline_driven_elsewhere"

    def __init__(self, record: PipelineRecord, fix: str) -> None:
        super().__init__(
            f"Pipeline run {record.name!r} is not moved by this server",
            why=f"the program that started it is in its stage {record.stage!r}",
            fix=fix,
        )


def create(platform: Platform, actor: Actor, request: PipelineRequest, specs: TrainerSpecs) -> PipelineRun:
    """Check everything, make the dataset if there is none, and begin a run that waits for its images.

    A program that is run again, after it stopped for a review or for want of credits, goes on with its run (R2).

    Raises:
        What `checks.check` raises; nothing was made then.
    """
    with platform.db.read() as conn:
        check(platform, conn, actor, request, specs)
    with platform.db.write() as conn:
        again = _waiting_program(conn, actor, request) if request.driver == "client" else None
        return snapshot.of(conn, again or _begin(conn, actor, request))


def continue_(
    conn: Connection, organization_id: str, run_id: str, *, upload: PipelineUpload | None, accept_rest: bool
) -> PipelineRun:
    """Say that the images are there, or that people have looked long enough.

    With `accept_rest`, images that still wait for review become complete, as they are; without, the training is on
    those that are.

    Raises:
        PipelineNotFound: 404.
        PipelineNotWaiting, PipelineHasNoImages: 409.
    """
    record = locked(conn, organization_id, run_id)
    if record.status != "waiting" or record.waiting_for not in ("images", "review"):
        raise PipelineNotWaiting(record)
    if record.waiting_for == "images":
        _require_images(conn, record)
        if upload is not None:
            record = repository.change(conn, record, upload=upload.model_dump())
        return snapshot.of(conn, _go_on(conn, record))
    return snapshot.of(conn, _after_review(conn, record, accept_rest=accept_rest))


def resume(conn: Connection, actor: Actor, run_id: str) -> PipelineRun:
    """Go on from where a run is: what was labelled stays labelled and paid for once (R2).

    A run that a program drove goes on here; a training that outlived the program is waited for, not begun again.

    Raises:
        PipelineNotFound: 404.
        PipelineNotResumable: 409.
    """
    record = locked(conn, actor.organization_id, run_id)
    if record.status == "completed":
        raise PipelineNotResumable(record, "it is completed", "Run it again (`client.pipelines.rerun`)")
    if record.status == "running":
        raise PipelineNotResumable(record, "it is running", "Wait, or cancel it first")
    if record.dataset_id is None or (record.driver == "client" and record.stage == "upload"):
        raise PipelineNotResumable(
            record, "its files are where its program is", "Run that program again: it sends what is missing"
        )
    record = repository.change(conn, record, actor=repository.actor_json(actor), driver="server")
    if record.stage == "review":
        return snapshot.of(conn, _after_review(conn, record, accept_rest=False))
    if record.stage == "upload":
        return snapshot.of(conn, _wait_for_images(conn, record))
    return snapshot.of(conn, _go_on(conn, record, keeps_training=_is_training(conn, record)))


def cancel(conn: Connection, organization_id: str, run_id: str) -> PipelineRun:
    """Stop a run, and the job that it waits for, at once for everybody who asks. What is done stays.

    Raises:
        PipelineNotFound: 404.
        PipelineHasEnded, PipelineDrivenElsewhere: 409.
    """
    record = locked(conn, organization_id, run_id)
    if not record.is_open:
        raise PipelineHasEnded(record)
    if record.driver == "client" and record.batch_id is None and record.training_run_id is None:
        raise PipelineDrivenElsewhere(record, "Stop that program")
    _cancel_job(conn, record)
    moment = now()
    record = repository.change(
        conn,
        record,
        status="cancelled",
        waiting_for=None,
        is_accepting=False,
        stages=ended(record.stages, record.stage, "cancelled", moment),
        completed_at=moment,
    )
    return snapshot.of(conn, record)


def rerun(platform: Platform, actor: Actor, run_id: str, specs: TrainerSpecs) -> PipelineRun:
    """Begin a new run with the settings of another. With images in the dataset, it goes on at once.

    Raises:
        PipelineNotFound: 404. What `create` raises.
    """
    with platform.db.read() as conn:
        earlier = _require(conn, actor.organization_id, run_id)
        name = snapshot.dataset_name_of(conn, earlier)
        request = PipelineRequest.again(name, settings_of(earlier), name=earlier.name, description=earlier.description)
        check(platform, conn, actor, request, specs)
    with platform.db.write() as conn:
        record = _begin(conn, actor, request, rerun_of=earlier.id)
        present = _image_count(conn, record)
        if present:
            upload = PipelineUpload(skipped=present).model_dump()
            record = _go_on(conn, repository.change(conn, record, upload=upload))
        return snapshot.of(conn, record)


def update(
    conn: Connection, organization_id: str, run_id: str, *, name: str | None, description: str | None
) -> PipelineRun:
    """Give a run another name or description; None leaves it.

    Raises:
        PipelineNotFound: 404. BadPipelineName: 422.
    """
    check_run_name(name)
    record = locked(conn, organization_id, run_id)
    values = {"name": name and name.strip(), "description": description}
    given = {key: value for key, value in values.items() if value is not None}
    return snapshot.of(conn, repository.change(conn, record, **given) if given else record)


def get(conn: Connection, organization_id: str, run_id: str) -> PipelineRun:
    """Return a run with everything that its page shows. Raises `PipelineNotFound` (404)."""
    return snapshot.of(conn, _require(conn, organization_id, run_id))


def list_runs(
    conn: Connection,
    organization_id: str,
    *,
    dataset_name: str | None,
    status: PipelineStatus | None,
    cursor: str | None,
    limit: int,
) -> tuple[Sequence[PipelineRun], str | None]:
    """Return a page of runs in short, newest first, and the cursor of the next.

    Raises:
        DatasetNotFound: 404. InvalidCursor: 422.
    """
    before = None if cursor is None else str(cursors.decode(_SORT, cursor, kinds=(str,))[0])
    dataset_id = None if dataset_name is None else datasets.get_by_name(conn, organization_id, dataset_name).id
    found = repository.page(conn, organization_id, dataset_id=dataset_id, status=status, before=before, limit=limit + 1)
    shown = found[:limit]
    following = cursors.encode(_SORT, (shown[-1].id,)) if len(found) > limit else None
    return snapshot.of_many(conn, shown), following


def _begin(conn: Connection, actor: Actor, request: PipelineRequest, *, rerun_of: str | None = None) -> PipelineRecord:
    settings = request.settings
    moment = now()
    is_ours = request.driver == "server"
    dataset_id = _dataset(conn, actor.organization_id, request.dataset_name) if is_ours else None
    stages = planned(settings)
    record = PipelineRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset_id,
        dataset_name=request.dataset_name,
        name=(request.name or f"{request.dataset_name} · {settings.pipeline}").strip()[:200],
        description=request.description,
        driver=request.driver,
        status="waiting" if is_ours else "running",
        stage="upload",
        waiting_for="images" if is_ours else None,
        request=settings.model_dump(mode="json"),
        stages=stages if is_ours else begun(stages, "upload", moment),
        upload=PipelineUpload().model_dump(),
        actor=repository.actor_json(actor),
        created_by=actor.id,
        rerun_of=rerun_of,
        created_at=moment,
        reported_at=moment,
    )
    repository.add(conn, record)
    return record


def _waiting_program(conn: Connection, actor: Actor, request: PipelineRequest) -> PipelineRecord | None:
    """Return the run that a program goes on with; None when it begins one."""
    wanted = request.settings.model_dump(mode="json")
    for record in repository.waiting_of_program(conn, actor.organization_id, request.dataset_name):
        if record.request == wanted:
            return repository.change(
                conn,
                record,
                status="running",
                stage="upload",
                waiting_for=None,
                credit_skip_reason=None,
                actor=repository.actor_json(actor),
                reported_at=now(),
                stages=begun(planned(request.settings), "upload", now()),
            )
    return None


def _dataset(conn: Connection, organization_id: str, name: str) -> str:
    try:
        return datasets.get_by_name(conn, organization_id, name).id
    except DatasetNotFound:
        return datasets.create(conn, organization_id, name=name).id


def _go_on(conn: Connection, record: PipelineRecord, *, keeps_training: bool = False) -> PipelineRecord:
    """Let dispatchers move the run on, from the beginning of its stage unless it keeps its training."""
    return repository.change(
        conn,
        record,
        status="running",
        waiting_for=None,
        batch_id=None,
        export_id=record.export_id if keeps_training else None,
        training_run_id=record.training_run_id if keeps_training else None,
        credit_skip_reason=None,
        error_code=None,
        error_message=None,
        completed_at=None,
        reported_at=now(),
        stages=begun(record.stages, record.stage, now()),
    )


def _is_training(conn: Connection, record: PipelineRecord) -> bool:
    run = training_rows.find(conn, record.organization_id, record.training_run_id or "")
    return record.stage == "train" and run is not None and run.status in training_rows.LIVE


def _wait_for_images(conn: Connection, record: PipelineRecord) -> PipelineRecord:
    stages = begun(record.stages, "upload", now(), state="waiting")
    return repository.change(
        conn, record, status="waiting", waiting_for="images", completed_at=None, error_message=None, stages=stages
    )


def _after_review(conn: Connection, record: PipelineRecord, *, accept_rest: bool) -> PipelineRecord:
    # A program that drove it has ended long ago, having said that people are to look.
    record = repository.change(conn, record, driver="server")
    if accept_rest:
        return repository.change(conn, _go_on(conn, record), is_accepting=True)
    stages = ended(record.stages, "review", "done", now())
    return _go_on(conn, repository.change(conn, record, stage="train", stages=stages))


def _cancel_job(conn: Connection, record: PipelineRecord) -> None:
    if record.training_run_id is not None:
        try:
            training.cancel(conn, record.organization_id, record.training_run_id)
        except (RunHasEnded, RunNotFound):
            # It ended a moment ago; what it made stays.
            return
    elif record.export_id is not None:
        queue.request_cancel(conn, record.export_id)
    elif record.batch_id is not None:
        batches.cancel(conn, record.organization_id, record.batch_id)


def _image_count(conn: Connection, record: PipelineRecord) -> int:
    found = tallies.statuses(conn, record.dataset_id) if record.dataset_id is not None else {}
    return sum(count for (is_archived, _), count in found.items() if not is_archived)


def _require_images(conn: Connection, record: PipelineRecord) -> None:
    if not _image_count(conn, record):
        raise PipelineHasNoImages(replace(record, dataset_name=snapshot.dataset_name_of(conn, record)))


def _require(conn: Connection, organization_id: str, run_id: str) -> PipelineRecord:
    record = repository.find(conn, organization_id, run_id)
    if record is None:
        raise PipelineNotFound(run_id)
    return record


def locked(conn: Connection, organization_id: str, run_id: str) -> PipelineRecord:
    """Return a run, held with its dataset until the transaction ends: the dataset always first."""
    record = _require(conn, organization_id, run_id)
    if record.dataset_id is not None:
        datasets.lock(conn, organization_id, record.dataset_id)
    locked = repository.lock(conn, run_id)
    if locked is None:
        raise PipelineNotFound(run_id)
    return locked
