"""The three-step upload: a signed address, the bytes in a staging area, then the row (contract endpoints 7–9)."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, NotFound
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.service import staging_key
from pictograph_server.storage.db.types import new_id, now

from . import from_job, repository, upload_repository
from .paths import check_filename, normalise_folder
from .registration import ImageExists, LimitExceeded, Quota, register
from .upload_repository import UploadRecord

# How long the bytes of an upload may wait to be registered.
UPLOAD_LIFETIME = timedelta(hours=24)
BUCKET = "pictograph"
_HASH_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """Where a client sends the bytes, and what it names them by afterwards."""

    upload_id: str
    path: str
    uri: str


class UploadNotFound(NotFound):
    code = "upload_not_found"

    def __init__(self, upload: str) -> None:
        super().__init__(
            f"Upload {upload!r} was not found",
            why="it was registered already, has expired, or never began",
            fix="Ask for a new upload URL and send the bytes again",
        )


class UploadMismatch(BadRequest):
    code = "upload_mismatch"


def begin(
    conn: Connection, actor: Actor, *, dataset_id: str, filename: str, folder_path: str, content_type: str
) -> UploadTicket:
    """Open an upload; refused here already when the name is taken or the organisation is full.

    Raises:
        DatasetNotFound (404), InvalidPath (422), ImageExists (409), LimitExceeded (402).
    """
    datasets.get_by_id(conn, actor.organization_id, dataset_id)
    folder = normalise_folder(folder_path)
    check_filename(filename)
    if repository.taken_paths(conn, dataset_id, [(folder, filename)]):
        raise ImageExists(folder, filename)
    if (refusal := Quota(conn, actor.organization_id).refusal(0)) is not None:
        raise refusal
    upload_id, moment = new_id(), now()
    upload_repository.add(
        conn,
        UploadRecord(upload_id, actor.organization_id, dataset_id, filename, folder, moment + UPLOAD_LIFETIME, None),
        content_type=content_type[:60],
        created_at=moment,
    )
    return UploadTicket(upload_id, f"uploads/{upload_id}", f"pictograph://{BUCKET}/uploads/{upload_id}")


def open_upload(conn: Connection, upload_id: str) -> UploadRecord:
    """Return an upload that still takes bytes; the signed address is the authority. Raises `UploadNotFound` (404)."""
    upload = upload_repository.by_id(conn, upload_id)
    if upload is None or upload.expires_at <= now():
        raise UploadNotFound(upload_id)
    return upload


def receive(platform: Platform, upload_id: str, file: Path) -> None:
    """Put received bytes into the staging area, in place of what an earlier try put there."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_HASH_CHUNK_BYTES):
            digest.update(chunk)
    platform.blobs.put_file(staging_key(upload_id), file)
    with platform.db.write() as conn:
        upload_repository.mark_received(conn, upload_id, size_bytes=file.stat().st_size, sha256=digest.hexdigest())


def complete(platform: Platform, actor: Actor, *, dataset_id: str, filename: str, gcs_path: str) -> str:
    """Check the received bytes, give them their row, and return the image's id.

    Sizes and types that the client declared count for nothing. The upload ends here, whatever comes of it: after a
    refusal the client begins anew, and nothing half stays behind.

    Raises:
        UploadNotFound (404), UploadMismatch (400), ImageExists (409), LimitExceeded (402), and what
        `check_image` refuses.
    """
    upload = _received(platform, actor, gcs_path)
    if (upload.dataset_id, upload.filename) != (dataset_id, filename):
        raise UploadMismatch(
            f"Upload {upload.id!r} was opened for {upload.filename!r} of dataset {upload.dataset_id!r}",
            why=f"it cannot be registered as {filename!r} of dataset {dataset_id!r}",
            fix="Register with the values the upload URL was asked with",
        )
    try:
        data = platform.blobs.get(staging_key(upload.id))
        return add_image(platform, actor, dataset_id, upload.folder_path, upload.filename, data)
    finally:
        with platform.db.write() as conn:
            upload_repository.remove(conn, [upload.id])
        platform.blobs.delete(staging_key(upload.id))


def add_image(platform: Platform, actor: Actor, dataset_id: str, folder_path: str, filename: str, data: bytes) -> str:
    """Check and store one image and return its id. Raises as `complete` does."""
    image = from_job.store(platform, folder_path, filename, data)
    with platform.db.write() as conn:
        (answer,) = register(conn, actor.organization_id, dataset_id, [image.candidate])
    if isinstance(answer, LimitExceeded):
        raise answer
    if answer.state != "created":
        raise ImageExists(image.candidate.folder_path, filename)
    from_job.put_back(platform, [image])
    return answer.image_id


def sweep_expired(platform: Platform) -> int:
    """Remove uploads that were never registered, and their bytes; return how many."""
    with platform.db.write() as conn:
        ids = upload_repository.expired(conn, now())
        upload_repository.remove(conn, ids)
    for upload_id in ids:
        platform.blobs.delete(staging_key(upload_id))
    return len(ids)


def _received(platform: Platform, actor: Actor, gcs_path: str) -> UploadRecord:
    upload_id = gcs_path.rpartition("/")[2]
    with platform.db.read() as conn:
        upload = upload_repository.by_id(conn, upload_id)
    if upload is None or upload.organization_id != actor.organization_id or upload.expires_at <= now():
        raise UploadNotFound(gcs_path)
    if upload.received_at is None:
        raise UploadMismatch(
            f"No bytes have arrived for {upload.filename!r}",
            why="the upload URL was not used, or its PUT failed",
            fix="PUT the file to the upload URL first",
        )
    return upload
