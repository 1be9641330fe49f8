"""Copies of images, in their dataset or into another one of the organisation. Bytes are shared: only rows are new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pictograph.models.batch import BatchResult, DuplicateHandling, ImageCopy
from pictograph_server.actor import Actor
from pictograph_server.services.annotations.copying import copy_annotations
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images.labels_repository import index_tags
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.images.registration import ensure_ingest, require_room
from pictograph_server.storage.db.types import new_id, now

from . import changes, repository, service
from .placing import Wish, place
from .records import BulkImage, Outcome
from .repository import Path


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """Where copies go, and what of the originals they get.

    Without a folder each copy goes to the folder of its original. With `copy_annotations` a copy has the annotations,
    the tags and the status of its original; without, it is new.
    """

    target_folder_path: str | None
    handling: DuplicateHandling
    copy_annotations: bool
    # Another dataset than that of the originals.
    target_dataset_name: str | None = None


def copy(
    conn: Connection, actor: Actor, dataset_name: str, image_ids: Sequence[str], request: CopyRequest
) -> BatchResult:
    """Copy images that are not in the trash.

    Raises:
        DatasetNotFound, NoSuchImages: 404.
        InvalidPath: 422, no folder can be called that.
        LimitExceeded: 402, the copies do not fit into the organisation's limits; nothing was copied.
    """
    folder = None if request.target_folder_path is None else normalise_folder(request.target_folder_path)
    target = lock_target(conn, actor.organization_id, dataset_name, request.target_dataset_name)
    selection = service.present(service.select(conn, actor.organization_id, dataset_name, image_ids))
    wishes = wishes_of(selection.images, selection.dataset.id, target.id, folder)
    outcome, copies = copy_images(conn, actor, target.id, selection.images, wishes, request)
    service.record(
        conn, actor, "images.copied", selection.dataset, len(outcome.done), target_dataset=target.name, target=folder
    )
    answer = service.result(selection, outcome)
    answer.copies = [ImageCopy(source_id=source, id=copy_id) for source, copy_id in copies.items()]
    return answer


def wishes_of(images: Sequence[BulkImage], dataset_id: str, target_id: str, folder: str | None) -> dict[str, Wish]:
    """Return image id -> where its copy is to be; without a folder in that of the original."""
    return {
        each.id: Wish(
            each.id, each.folder_path if folder is None else folder, each.filename, is_copy=target_id == dataset_id
        )
        for each in images
    }


def copy_images(
    conn: Connection,
    actor: Actor,
    target_id: str,
    images: Sequence[BulkImage],
    wishes: Mapping[str, Wish],
    request: CopyRequest,
) -> tuple[Outcome, dict[str, str]]:
    """Copy images of one dataset, which the caller holds as the target; return also id of the original -> of the copy.

    Raises:
        LimitExceeded: 402, the copies do not fit into the organisation's limits; nothing was copied.
    """
    if not images:
        return Outcome(), {}
    placement = place(conn, target_id, [wishes[each.id] for each in images], request.handling)
    originals = [image for image in images if image.id in placement.granted]
    changes.displace(conn, target_id, placement)
    size_bytes = sum(image.file_size_bytes for image in originals)
    require_room(conn, actor.organization_id, images=len(originals), size_bytes=size_bytes, what="The copy")
    copies = _insert(conn, actor.organization_id, target_id, originals, placement.granted, request)
    if request.copy_annotations:
        counts = copy_annotations(conn, actor, images[0].dataset_id, target_id, copies)
        repository.set_annotation_counts(conn, counts)
    outcome = Outcome(
        originals,
        placement.refused,
        {copies[image_id]: name for image_id, name in placement.renamed.items()},
        {placement.granted[image.id][0] for image in originals},
    )
    return outcome, copies


def lock_target(conn: Connection, organization_id: str, dataset_name: str, target_name: str | None) -> DatasetRecord:
    """Hold both datasets, always in the same order, and return the one that the copies go to."""
    target = datasets.get_by_name(conn, organization_id, target_name or dataset_name)
    source = datasets.get_by_name(conn, organization_id, dataset_name)
    for dataset_id in sorted({source.id, target.id}):
        datasets.lock(conn, organization_id, dataset_id)
    return target


def _insert(
    conn: Connection,
    organization_id: str,
    dataset_id: str,
    originals: Sequence[BulkImage],
    paths: Mapping[str, Path],
    request: CopyRequest,
) -> dict[str, str]:
    """Add the rows and count them; return id of the original -> id of the copy."""
    moment = now()
    copies = {image.id: new_id() for image in originals}
    labels: dict[str, object] = {} if request.copy_annotations else _WITHOUT_LABELS
    rows: list[dict[str, object]] = []
    for row in repository.whole_rows(conn, list(copies)):
        folder, filename = paths[row["id"]]
        rows.append(
            row
            | {
                "id": copies[row["id"]],
                "dataset_id": dataset_id,
                "folder_path": folder,
                "filename": filename,
                "created_at": moment,
                "updated_at": moment,
                # A copy is nobody's to review.
                "review_assignee_id": None,
            }
            | labels
        )
    repository.add(conn, rows)
    if any(row["ingested_at"] is None for row in rows):
        ensure_ingest(conn, organization_id, dataset_id)
    repository.copy_descriptors(conn, dataset_id, copies)
    index_tags(conn, [str(row["id"]) for row in rows if row["auto_tags"]])
    changes.count_added(
        conn,
        dataset_id,
        [
            replace(
                image,
                dataset_id=dataset_id,
                folder_path=paths[image.id][0],
                status=image.status if request.copy_annotations else "new",
            )
            for image in originals
        ],
    )
    return copies


_WITHOUT_LABELS: dict[str, object] = {
    "status": "new",
    "status_set_by": None,
    "annotation_count": 0,
    "annotation_version": 0,
    "least_confidence": None,
    "auto_tags": {},
}
