"""Gives checked bytes their rows: one transaction for one image or a bundle, decided by name and quota."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from pictograph_server.errors import Conflict, PaymentRequired
from pictograph_server.jobs import queue
from pictograph_server.services.datasets import service as datasets
from pictograph_server.storage.db.types import new_id, now

from . import repository, tallies
from .content import ImageFacts
from .tallies import Place

INGEST_TASK = "ingest"
INGEST_LANE = "ingest"
_UPGRADE_URL = "/settings?tab=billing"

State = Literal["created", "same", "different"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image whose bytes are checked and stored, and that wants a row."""

    folder_path: str
    filename: str
    sha256: str
    size_bytes: int
    facts: ImageFacts


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a candidate: a new row, or the one that had the name, with the same or different bytes."""

    state: State
    image_id: str


class ImageExists(Conflict):
    code = "image_exists"

    def __init__(self, folder_path: str, filename: str) -> None:
        super().__init__(
            f"{filename!r} already exists in folder {folder_path!r} of this dataset",
            why="file names are unique within a folder",
            fix="Use the image that is there, delete it first, or upload under another name or folder",
        )


# What wants room, where nothing else is said.
UPLOAD = "The upload"


class LimitExceeded(PaymentRequired):
    code = "limit_exceeded"

    def __init__(
        self,
        limit_type: Literal["images", "storage"],
        *,
        current: int,
        limit: int,
        what: str = UPLOAD,
        fix: str = "Delete what is not needed, or have the limit raised",
    ) -> None:
        allowed = f"{limit:,} images" if limit_type == "images" else f"{limit:,} bytes of images"
        super().__init__(
            f"{what} does not fit into the organisation's limits",
            why=f"it may hold {allowed} and holds {current:,}",
            fix=fix,
            details={
                "error": "limit_exceeded",
                "limit_type": limit_type,
                "current": current,
                "limit": limit,
                "upgrade_url": _UPGRADE_URL,
            },
        )


class Quota:
    """What of the organisation's limits is left in a transaction; `take` counts down."""

    def __init__(self, conn: Connection, organization_id: str, *, what: str = UPLOAD) -> None:
        self._what = what
        self.max_images, self.max_bytes = repository.limits(conn, organization_id)
        self.images, self.size_bytes = datasets.usage(conn, organization_id)

    def refusal(self, size_bytes: int) -> LimitExceeded | None:
        """Return why an image of that size does not fit, None when it does."""
        if self.images + 1 > self.max_images:
            return LimitExceeded("images", current=self.images, limit=self.max_images, what=self._what)
        if self.size_bytes + size_bytes > self.max_bytes:
            return LimitExceeded("storage", current=self.size_bytes, limit=self.max_bytes, what=self._what)
        return None

    def take(self, size_bytes: int) -> None:
        self.images += 1
        self.size_bytes += size_bytes


def require_room(conn: Connection, organization_id: str, *, images: int, size_bytes: int, what: str) -> None:
    """Raise `LimitExceeded` (402) when so many more images do not fit into the organisation's limits.

    `what` wants them, for the person who reads the refusal: "The copy".
    """
    max_images, max_bytes = repository.limits(conn, organization_id)
    current_images, current_bytes = datasets.usage(conn, organization_id)
    if images and current_images + images > max_images:
        raise LimitExceeded("images", current=current_images, limit=max_images, what=what)
    if size_bytes and current_bytes + size_bytes > max_bytes:
        raise LimitExceeded("storage", current=current_bytes, limit=max_bytes, what=what)


def register(
    conn: Connection, organization_id: str, dataset_id: str, candidates: Sequence[Candidate], *, what: str = UPLOAD
) -> list[Registered | LimitExceeded]:
    """Insert the rows that are new, count them, and put the ingest job in the queue; answer in the order given.

    A name that is taken, by a row or an earlier candidate, is left as it is. After the commit the caller makes sure
    that the bytes are still there (`blobs.is_stored`) and puts them again if not.

    Raises:
        DatasetNotFound: 404.
    """
    datasets.lock(conn, organization_id, dataset_id)
    repository.lock_blobs(conn, exclusive=False)
    quota = Quota(conn, organization_id, what=what)
    taken = repository.taken_paths(conn, dataset_id, [(entry.folder_path, entry.filename) for entry in candidates])
    rows: list[dict[str, object]] = []
    answers: list[Registered | LimitExceeded] = []
    for entry in candidates:
        path = (entry.folder_path, entry.filename)
        if path in taken:
            image_id, sha256 = taken[path]
            answers.append(Registered("same" if sha256 == entry.sha256 else "different", image_id))
        elif (refusal := quota.refusal(entry.size_bytes)) is not None:
            answers.append(refusal)
        else:
            row = _row(organization_id, dataset_id, entry)
            rows.append(row)
            quota.take(entry.size_bytes)
            taken[path] = (str(row["id"]), entry.sha256)
            answers.append(Registered("created", str(row["id"])))
    _insert(conn, organization_id, dataset_id, rows, sum(_sizes(candidates, answers)))
    return answers


def _insert(
    conn: Connection, organization_id: str, dataset_id: str, rows: Sequence[dict[str, object]], size_bytes: int
) -> None:
    if not rows:
        return
    repository.add(conn, rows)
    datasets.add_to_counters(conn, dataset_id, images=len(rows), size_bytes=size_bytes)
    tallies.add(conn, dataset_id, Counter(Place(str(row["folder_path"]), False, str(row["status"])) for row in rows))
    ensure_ingest(conn, organization_id, dataset_id)


def ensure_ingest(conn: Connection, organization_id: str, dataset_id: str) -> None:
    """Put the job into the queue that looks at the dataset's new images, unless one waits already: it sees them all."""
    if not repository.has_waiting_ingest(conn, dataset_id, INGEST_TASK):
        queue.enqueue(
            conn,
            task=INGEST_TASK,
            lane=INGEST_LANE,
            organization_id=organization_id,
            payload={"dataset_id": dataset_id},
            dataset_id=dataset_id,
        )


def _sizes(candidates: Sequence[Candidate], answers: Sequence[Registered | LimitExceeded]) -> Iterator[int]:
    for entry, answer in zip(candidates, answers, strict=True):
        if isinstance(answer, Registered) and answer.state == "created":
            yield entry.size_bytes


def _row(organization_id: str, dataset_id: str, entry: Candidate) -> dict[str, object]:
    moment = now()
    return {
        "id": new_id(),
        "organization_id": organization_id,
        "dataset_id": dataset_id,
        "filename": entry.filename,
        "folder_path": entry.folder_path,
        "status": "new",
        "file_size_bytes": entry.size_bytes,
        "width": entry.facts.width,
        "height": entry.facts.height,
        "mime_type": entry.facts.mime_type,
        "sha256": entry.sha256,
        "auto_tags": {},
        "created_at": moment,
        "updated_at": moment,
    }
