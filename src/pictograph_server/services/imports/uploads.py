"""How the files of an import arrive: announced, then sent in parts, which may stop and go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from pictograph.models.dataset_import import DatasetImport, MergeRule
from pictograph.models.image import ImageStatus
from pictograph_server.actor import Actor
from pictograph_server.errors import BadRequest, Conflict, ContentTooLarge, Unprocessable
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.names import check_name
from pictograph_server.services.datasets.records import DatasetNotFound
from pictograph_server.services.images.paths import normalise_folder
from pictograph_server.services.images.registration import LimitExceeded, Quota
from pictograph_server.services.imports import repository
from pictograph_server.services.imports.parts import part_key
from pictograph_server.services.imports.repository import ImportRecord, PartRecord
from pictograph_server.services.imports.service import ImportNotReady, remove_parts_later, require, to_wire
from pictograph_server.storage.db.types import new_id, now
from pictograph_server.storage.digest import file_sha256

PART_BYTES = 16 * 1024 * 1024
SMALLEST_PART_BYTES = 64 * 1024
LARGEST_PART_BYTES = 64 * 1024 * 1024
# Imports of an organisation that are not over: their archives take room that no image has yet.
MOST_OPEN = 50
# Nobody is at work on it.
_WAITING = ("uploading", "planned")
# What nobody goes on with for so long is removed.
KEPT_FOR = timedelta(days=7)


class ImportTooLarge(ContentTooLarge):
    code = "import_too_large"

    def __init__(self, size_bytes: int, limit: int) -> None:
        super().__init__(
            "The archive is too large to be imported",
            why=f"it has {size_bytes:,} bytes and {limit:,} are allowed",
            fix="Import it in several archives, or raise PICTOGRAPH_LIMITS_IMPORT_BYTES on the server",
        )


class TooManyImports(Conflict):
    code = "too_many_imports"

    def __init__(self, number: int) -> None:
        super().__init__(
            "No further import can begin",
            why=f"{number} imports of this organisation are not over, as many as may be open at once",
            fix="Wait until one is over, or cancel one: `client.imports.list()`, `client.imports.cancel(id)`",
        )


class BadPart(BadRequest):
    code = "bad_part"

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"Part {number} was not taken", why=why, fix="Send the bytes of this part again")


class UnknownImportFormat(Unprocessable):
    code = "unknown_import_format"

    def __init__(self, given: str, there: Sequence[str]) -> None:
        super().__init__(
            f"There is no format {given!r} to import",
            why=f"the formats are images, {', '.join(there)}",
            fix="Leave the format out to have it recognised",
        )


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a person asks for. `format` None: it is recognised; `image_status` None: as the files say."""

    dataset_name: str
    filename: str
    size_bytes: int
    fingerprint: str
    part_bytes: int = PART_BYTES
    merge: MergeRule = "keep"
    format: str | None = None
    labels_only: bool = False
    folder_path: str = "/"
    image_status: ImageStatus | None = None
    create_if_missing: bool = True

    def options(self) -> dict[str, object]:
        """Return what the jobs need to know, as it is stored."""
        return {
            "merge": self.merge,
            "format": self.format,
            "labels_only": self.labels_only,
            "folder_path": normalise_folder(self.folder_path),
            "image_status": self.image_status,
            "create_if_missing": self.create_if_missing,
        }


def create(platform: Platform, actor: Actor, request: ImportRequest) -> DatasetImport:
    """Announce an import; one of the same files that was begun before is gone on with.

    Raises:
        DatasetNotFound: 404, and it is not to be made.
        ImportTooLarge: 413.
        TooManyImports: 409.
        LimitExceeded: 402, the archive does not fit beside the images and the archives of other imports.
    """
    limit = platform.settings.limits.import_bytes
    if request.size_bytes > limit:
        raise ImportTooLarge(request.size_bytes, limit)
    _check_format(request.format)
    options = request.options()
    _sweep(platform)
    with platform.db.write() as conn:
        dataset_id = _existing(conn, actor.organization_id, request)
        found = repository.find_resumable(
            conn, actor.organization_id, request.dataset_name, request.fingerprint, request.size_bytes
        )
        own = [each for each in found if each.maker == actor.maker]
        record = next((each for each in own if each.options == options), None)
        if record is None and (record := next((each for each in own if each.status in _WAITING), None)) is not None:
            # The same files, asked for otherwise: what has arrived is planned anew.
            repository.change(conn, record.id, {"options": options, "status": "uploading", "plan": None})
            record = require(conn, actor.organization_id, record.id)
        if record is None:
            _require_room(conn, actor.organization_id, request.size_bytes)
            record = _new(actor, request, options, dataset_id)
            repository.add(conn, record)
        return to_wire(record, repository.parts(conn, record.id))


def expected_part(conn: Connection, organization_id: str, import_id: str, number: int, *, lock: bool = False) -> int:
    """Return how many bytes a part has, before any of them is read. `lock` holds the import until the transaction ends.

    Raises:
        ImportNotFound: 404.
        ImportNotReady: 409, parts are no longer taken.
        BadPart: 400, there is no part of this number.
    """
    record = require(conn, organization_id, import_id, lock=lock)
    if record.status != "uploading":
        raise ImportNotReady(record, "sent parts of", f"it is {record.status}")
    if not 0 <= number < record.part_count:
        raise BadPart(number, f"the parts are 0 to {record.part_count - 1}")
    return record.part_size(number)


def receive_part(
    platform: Platform, organization_id: str, import_id: str, number: int, file: Path, *, sha256: str
) -> None:
    """Store a part, in place of what was there under its number.

    Raises:
        BadPart: 400, it is not as long as it should be, or not what its hash says.
    """
    with platform.db.read() as conn:
        expected = expected_part(conn, organization_id, import_id, number)
    if (size := file.stat().st_size) != expected:
        raise BadPart(number, f"it has {size:,} bytes and should have {expected:,}")
    if file_sha256(file) != sha256.lower():
        raise BadPart(number, "its bytes are not those whose hash was given")
    platform.blobs.put_file(part_key(import_id, number), file)
    with platform.db.write() as conn:
        # While this one was on its way the plan may have begun; and two may bring the same part.
        expected_part(conn, organization_id, import_id, number, lock=True)
        repository.put_part(conn, import_id, PartRecord(number, size, sha256.lower()))
        repository.change(conn, import_id, {})


def _require_room(conn: Connection, organization_id: str, size_bytes: int) -> None:
    number, archives_bytes = repository.live(conn, organization_id)
    if number >= MOST_OPEN:
        raise TooManyImports(number)
    quota = Quota(conn, organization_id)
    if quota.size_bytes + archives_bytes + size_bytes > quota.max_bytes:
        raise LimitExceeded(
            "storage",
            current=quota.size_bytes + archives_bytes,
            limit=quota.max_bytes,
            what="The archive",
            fix="Cancel imports that nobody goes on with (`client.imports.cancel`), delete what is not needed, or have "
            "the limit raised",
        )


def _new(actor: Actor, request: ImportRequest, options: dict[str, object], dataset_id: str | None) -> ImportRecord:
    moment = now()
    return ImportRecord(
        id=new_id(),
        organization_id=actor.organization_id,
        dataset_id=dataset_id,
        dataset_name=request.dataset_name,
        filename=request.filename[:400],
        size_bytes=request.size_bytes,
        part_bytes=request.part_bytes,
        fingerprint=request.fingerprint,
        options=options,
        status="uploading",
        job_id=None,
        progress=0,
        position=0,
        plan=None,
        result=None,
        error_message=None,
        maker=actor.maker,
        maker_name=actor.name,
        created_at=moment,
        updated_at=moment,
        completed_at=None,
    )


def _existing(conn: Connection, organization_id: str, request: ImportRequest) -> str | None:
    try:
        return datasets.get_by_name(conn, organization_id, request.dataset_name).id
    except DatasetNotFound:
        if not request.create_if_missing:
            raise
    check_name(request.dataset_name)
    return None


def _check_format(given: str | None) -> None:
    if given is None or given == "images":
        return
    # Not before an import is asked for: the formats load numpy, and the server is to start without.
    from pictograph.formats.registry import FORMATS

    if given not in FORMATS:
        raise UnknownImportFormat(given, list(FORMATS))


def _sweep(platform: Platform) -> None:
    """Let go of imports that nobody has gone on with for a week."""
    with platform.db.write() as conn:
        forgotten = repository.waiting_since(conn, now() - KEPT_FOR)
        for record in forgotten:
            message = "Nobody went on with it for a week"
            repository.change(conn, record.id, {"status": "cancelled", "error_message": message, "completed_at": now()})
            remove_parts_later(conn, record)
