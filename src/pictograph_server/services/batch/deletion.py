"""Deleting datasets: what is small goes with the request; of a large one nobody finds anything, and a job follows."""

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.jobs import queue
from pictograph_server.services.audit import service as audit
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DeletedDataset
from pictograph_server.services.images.blobs import remove_later
from pictograph_server.services.images.registration import INGEST_LANE

from . import repository

TASK = "remove_dataset"
LANE = INGEST_LANE
# Images whose rows and bytes a request takes away by itself: half a second.
AT_ONCE = 1_000
_STEP = 1_000


def delete_dataset(conn: Connection, actor: Actor, name: str) -> DeletedDataset:
    """Delete a dataset with everything made from it; jobs at work on it are asked to stop.

    Its keys, and the bytes that its hashes name, are the caller's to remove after the commit. Of more than a thousand
    images a job takes the rows and the bytes away: a client waits no longer for a million of them.

    Raises:
        DatasetNotFound: 404.
    """
    record = datasets.get_by_name(conn, actor.organization_id, name)
    images = record.image_count + record.archived_image_count
    audit.record(
        conn, actor, "dataset.deleted", subject_id=record.id, subject_name=record.name, details={"images": images}
    )
    if images <= AT_ONCE:
        return datasets.delete(conn, actor.organization_id, name)
    folders = sum(folder != "/" for folder in repository.folder_counts(conn, record.id))
    keys = datasets.retire(conn, actor.organization_id, record.id)
    queue.enqueue(
        conn,
        task=TASK,
        lane=LANE,
        organization_id=actor.organization_id,
        payload={"dataset_id": record.id, "images": images},
    )
    return DeletedDataset(record.id, images, folders, (), keys, images_later=images)


def remove_some(conn: Connection, organization_id: str, dataset_id: str) -> int:
    """Take the next images of a retired dataset away and return how many; 0 when it is gone itself."""
    images = repository.some_of(conn, organization_id, dataset_id, limit=_STEP)
    if images:
        repository.remove(conn, [image.id for image in images])
        remove_later(conn, organization_id, [image.sha256 for image in images])
    else:
        remove_later(conn, organization_id, datasets.remove_retired(conn, organization_id, dataset_id))
    return len(images)
