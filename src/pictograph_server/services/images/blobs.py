"""The bytes of images: put under their hash before a row names them, removed after the last row is gone."""

import hashlib
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from pictograph_server.jobs import queue
from pictograph_server.platform import Platform
from pictograph_server.storage.blobs import BlobStore, image_key, thumbnail_key

from . import repository
from .registration import INGEST_LANE

REMOVE_TASK = "remove_blobs"
# Up to this many a request removes by itself: a few tenths of a second.
REMOVE_AT_MOST_INLINE = 1000
_HASHES_A_QUERY = 500
_HASHES_A_JOB = 5000
# How many blobs are removed in one transaction: nobody can upload meanwhile.
_REMOVE_AT_ONCE = 100


def is_stored(blobs: BlobStore, sha256: str) -> bool:
    """Return whether the bytes are there."""
    path = blobs.local_path(image_key(sha256))
    return path.is_file() if path is not None else blobs.exists(image_key(sha256))


def put_bytes(blobs: BlobStore, data: bytes) -> str:
    """Put an image's bytes under their hash, unless they are there, and return the hash."""
    sha256 = hashlib.sha256(data).hexdigest()
    if not is_stored(blobs, sha256):
        blobs.put(image_key(sha256), data)
    return sha256


def put_back(blobs: BlobStore, sha256: str, read: Callable[[], bytes]) -> None:
    """Put the bytes again that somebody's deletion removed between our putting them and our commit."""
    if not is_stored(blobs, sha256):
        blobs.put(image_key(sha256), read())


def remove_later(conn: Connection, organization_id: str, sha256s: Sequence[str]) -> int:
    """Put the removal of what no image names any more into the queue, and return how many images' bytes that are.

    For the transaction that deleted the rows: a dataset of 100,000 images must not keep its client waiting.
    """
    gone: list[str] = []
    for start in range(0, len(sha256s), _HASHES_A_QUERY):
        gone += repository.unreferenced(conn, sha256s[start : start + _HASHES_A_QUERY])
    for start in range(0, len(gone), _HASHES_A_JOB):
        queue.enqueue(
            conn,
            task=REMOVE_TASK,
            lane=INGEST_LANE,
            organization_id=organization_id,
            payload={"sha256s": gone[start : start + _HASHES_A_JOB]},
        )
    return len(gone)


def remove_later_if_many(conn: Connection, organization_id: str, sha256s: Sequence[str]) -> Sequence[str]:
    """Do so with more than a request removes by itself, and return what is left for `remove_unreferenced`."""
    if len(sha256s) <= REMOVE_AT_MOST_INLINE:
        return sha256s
    remove_later(conn, organization_id, sha256s)
    return ()


def remove_unreferenced(platform: Platform, sha256s: Sequence[str]) -> int:
    """Remove the bytes and thumbnails that no image names any more, and return how many images that were.

    Called after the commit that deleted the rows. The look for references and the removal exclude every registration
    of images; one that put its bytes before and registers after looks again and puts them back (`registration.py`).
    """
    removed = 0
    for start in range(0, len(sha256s), _REMOVE_AT_ONCE):
        with platform.db.write() as conn:
            repository.lock_blobs(conn, exclusive=True)
            for sha256 in repository.unreferenced(conn, sha256s[start : start + _REMOVE_AT_ONCE]):
                platform.blobs.delete(image_key(sha256))
                platform.blobs.delete(thumbnail_key(sha256))
                removed += 1
    return removed
