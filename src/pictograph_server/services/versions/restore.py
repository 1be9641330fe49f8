"""A version made a dataset of its own: the same bytes under new rows, with everything that was said about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from pictograph.models.image import ImageStatus
from pictograph.models.version import VersionRestore
from pictograph_server.actor import Actor
from pictograph_server.errors import NotFound
from pictograph_server.jobs import queue
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.annotations import repository as annotation_rows
from pictograph_server.services.annotations.history_repository import Author
from pictograph_server.services.annotations.provenance import Provenance
from pictograph_server.services.annotations.repository import Stored
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import ClassRecord
from pictograph_server.services.images import repository as image_rows
from pictograph_server.services.images import service as images
from pictograph_server.services.images import tags_repository
from pictograph_server.services.images.content import ImageFacts
from pictograph_server.services.images.records import AnnotationState
from pictograph_server.services.images.registration import Candidate, LimitExceeded, register, require_room
from pictograph_server.storage.blobs import BlobStore
from pictograph_server.storage.db.types import new_id, now

from . import restore_repository, service
from .content import FrozenImage, Manifest, VersionStore
from .repository import VersionRecord
from .restore_repository import RestoreRecord

RESTORE_TASK = "restore_version"
RESTORE_LANE = "import"
# Wants room, in a refusal.
_WHAT = "The restored version"


class RestoreNotFound(NotFound):
    code = "version_restore_not_found"

    def __init__(self, restore_id: str) -> None:
        super().__init__(
            f"There is no restore {restore_id!r} of this version",
            why="this organisation has none of that id, or its dataset was deleted",
            fix="Restore the version again (`client.versions.restore`)",
        )


def start(
    conn: Connection, blobs: BlobStore, actor: Actor, dataset_name: str, wanted: str, *, new_name: str
) -> VersionRestore:
    """Make the dataset, still empty, and enqueue the job that fills it.

    Raises:
        DatasetNotFound, VersionNotFound: 404.
        VersionNotReady, DatasetNameTaken: 409.
        LimitExceeded: 402, the images do not fit into the organisation's limits.
        InvalidName: 422.
    """
    version = service.require_ready(conn, actor.organization_id, dataset_name, wanted)
    manifest = _manifest(blobs, version)
    dataset = datasets.create(
        conn,
        actor.organization_id,
        name=new_name,
        description=f"Version {version.number} of {version.dataset_name}",
        annotation_types=manifest.annotation_types,
        classes=[ClassRecord(entry.name, entry.type, entry.color, tuple(entry.prompts)) for entry in manifest.classes],
    )
    require_room(
        conn,
        actor.organization_id,
        images=version.image_count,
        size_bytes=version.size_bytes,
        what=_WHAT,
    )
    record = RestoreRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset.id,
        version_id=version.id,
        status="pending",
        images_total=version.image_count,
        images_done=0,
        error_message=None,
        created_at=now(),
        completed_at=None,
    )
    restore_repository.add(conn, record)
    queue.enqueue(
        conn,
        task=RESTORE_TASK,
        lane=RESTORE_LANE,
        organization_id=actor.organization_id,
        payload={"restore_id": record.id},
        dataset_id=dataset.id,
        job_id=record.id,
    )
    audit.record(
        conn,
        actor,
        "version.restored",
        subject_id=version.id,
        subject_name=f"{version.dataset_name} version {version.number}",
        details={"dataset_name": new_name, "images": version.image_count},
    )
    return _to_wire(record, dataset.name)


def get(conn: Connection, organization_id: str, dataset_name: str, wanted: str, restore_id: str) -> VersionRestore:
    """Return how a restore stands. Raises `VersionNotFound`, `RestoreNotFound` (404)."""
    version = service.require(conn, organization_id, dataset_name, wanted)
    found = restore_repository.find(conn, organization_id, restore_id)
    if found is None or found[0].version_id != version.id:
        raise RestoreNotFound(restore_id)
    return _to_wire(*found)


def restore(run: JobRun, platform: Platform) -> None:
    """Do the restore `run.job_id`, or what an earlier try left of it: a chunk of images a transaction.

    Raises:
        JobCancelled: the dataset was deleted.
        VersionGone: the version was.
        LimitExceeded: the organisation has filled up meanwhile.
    """
    with run.transaction() as conn:
        record = _require_live(conn, run)
        restore_repository.set_status(conn, record.id, "running")
        version = _require_version(conn, run, record)
    store = VersionStore(platform.blobs, version.dataset_id)
    behind = 0
    for chunk in _manifest(platform.blobs, version).chunks:
        behind += chunk.images
        if behind <= record.images_done:
            continue
        run.raise_if_cancelled()
        group = list(store.images(chunk))
        with run.transaction(progress=behind / max(1, record.images_total)) as conn:
            _require_live(conn, run)
            _add(conn, record, version, group)
            restore_repository.set_done(conn, record.id, behind)
    with run.transaction(progress=1.0) as conn:
        _require_live(conn, run)
        restore_repository.end(conn, record.id, "completed")


@dataclass(frozen=True, slots=True)
class _Restored:
    """An image as it was, and the id it has now."""

    was: FrozenImage
    image_id: str


def _add(conn: Connection, record: RestoreRecord, version: VersionRecord, group: Sequence[FrozenImage]) -> None:
    organization_id, dataset_id = record.organization_id, record.dataset_id
    candidates = [_candidate(image) for image in group]
    answers = register(conn, organization_id, dataset_id, candidates, what=_WHAT)
    restored: list[_Restored] = []
    for image, answer in zip(group, answers, strict=True):
        if isinstance(answer, LimitExceeded):
            raise answer
        # Somebody may have put an image of this name into the new dataset: theirs stays.
        if answer.state == "created":
            restored.append(_Restored(image, answer.image_id))
    _set_names_and_tags(conn, restored)
    stored = {each.image_id: _stored(each.was) for each in restored if each.was.annotations}
    author = Author(note=f"as in version {version.number} of {version.dataset_name}")
    annotation_rows.put_many(conn, organization_id, stored, known=(), author=author)
    by_id = {each.image_id: each.was for each in restored}
    states = [
        AnnotationState(
            image,
            count=len(by_id[image.id].annotations),
            version=1 if by_id[image.id].annotations else 0,
            status=cast("ImageStatus", by_id[image.id].status),
            status_set_by=by_id[image.id].status_set_by,
        )
        for image in images.lock_many(conn, organization_id, dataset_id, list(by_id))
    ]
    images.set_annotation_states(conn, states)


def _candidate(image: FrozenImage) -> Candidate:
    facts = ImageFacts(image.mime_type, image.width, image.height)
    return Candidate(image.folder_path, image.filename, image.sha256, image.size_bytes, facts)


def _stored(image: FrozenImage) -> Stored:
    provenance = {
        key: Provenance.from_json(cast("dict[str, object]", value)) for key, value in image.provenance.items()
    }
    return Stored(image.annotations, provenance)


def _set_names_and_tags(conn: Connection, restored: Sequence[_Restored]) -> None:
    for each in restored:
        if each.was.display_name is not None:
            image_rows.change(conn, each.image_id, {"display_name": each.was.display_name})
    tags_repository.set_tags(conn, {each.image_id: each.was.auto_tags for each in restored if each.was.auto_tags})


def _manifest(blobs: BlobStore, version: VersionRecord) -> Manifest:
    assert version.content_sha256 is not None, "a version that is ready has a manifest"
    return VersionStore(blobs, version.dataset_id).manifest(version.content_sha256)


def _require_live(conn: Connection, run: JobRun) -> RestoreRecord:
    found = restore_repository.find(conn, run.organization_id, run.job_id)
    if found is None:
        raise JobCancelled(f"the dataset of restore {run.job_id} was deleted")
    return found[0]


def _require_version(conn: Connection, run: JobRun, record: RestoreRecord) -> VersionRecord:
    version = service.find_ready(conn, run.organization_id, record.version_id)
    if version is None:
        raise service.VersionGone("The dataset cannot be filled")
    return version


def _to_wire(record: RestoreRecord, dataset_name: str) -> VersionRestore:
    return VersionRestore(
        id=record.id,
        version_id=record.version_id,
        dataset_id=record.dataset_id,
        dataset_name=dataset_name,
        status=record.status,
        images_total=record.images_total,
        images_done=record.images_done,
        error_message=record.error_message,
        created_at=record.created_at,
        completed_at=record.completed_at,
    )
