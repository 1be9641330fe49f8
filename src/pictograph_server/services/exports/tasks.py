"""The job of an export and what happens when it ends.

First it freezes the dataset as a version, unless it is of one that is there, then it writes that. Killed anywhere, it
starts again and happens once: the file's key is on the row before the file is in the store, so whatever was stored is
either completed or removed.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.exports import repository
from pictograph_server.services.exports.repository import ExportRecord, StoredArchive
from pictograph_server.services.exports.service import EXPORT_LANE, EXPORT_TASK
from pictograph_server.services.images import service as images
from pictograph_server.services.versions import freeze
from pictograph_server.services.versions import service as versions
from pictograph_server.services.versions.repository import VersionRecord
from pictograph_server.storage.digest import file_sha256

if TYPE_CHECKING:
    from pictograph_server.services.exports.archive import Contents

# Checkpoint: what goes in will not change any more.
FROZEN = "frozen"
# Checkpoint: the file is complete on disk and its key is on the row.
WRITTEN = "written"
# Checkpoint: the file is in the store and the export completed.
STORED = "stored"
# Shares of the progress: what is left behind them is storing the file.
_FROZEN_AT = 0.3
_WRITTEN_AT = 0.9


def tasks(platform: Platform) -> tuple[Task, ...]:
    def run_export(run: JobRun) -> None:
        export(run, platform)

    return (Task(name=EXPORT_TASK, lane=EXPORT_LANE, function=run_export, on_end=_on_end),)


def export(run: JobRun, platform: Platform) -> None:
    """Write the export `run.job_id` and store it."""
    with platform.db.read() as conn:
        record = repository.find(conn, run.organization_id, run.job_id)
    if record is None:
        raise JobCancelled(f"export {run.job_id} was deleted")
    if record.status == "completed":
        return
    path = run.workdir / "export.zip"
    archive = _written_before(record, platform, path)
    if archive is None:
        archive = _write(run, platform, record, _version(run, platform, record), path)
    if path.exists():
        platform.blobs.discard_partial(archive.blob_key)
        platform.blobs.put_file(archive.blob_key, path)
    with run.transaction(checkpoint=STORED) as conn:
        is_wanted = repository.complete(conn, record.id, archive)
    if not is_wanted:
        platform.blobs.delete(archive.blob_key)
        raise JobCancelled(f"export {run.job_id} was deleted")


def _version(run: JobRun, platform: Platform, record: ExportRecord) -> VersionRecord:
    """Return the version that goes in, frozen now where none was asked for and no earlier try has come so far."""
    if record.dataset_version_id is not None:
        with run.transaction() as conn:
            repository.mark_processing(conn, record.id)
            found = versions.find_ready(conn, record.organization_id, record.dataset_version_id)
        if found is None:
            raise versions.VersionGone(f"Export {record.name!r} cannot be written")
        return found
    with run.transaction() as conn:
        repository.mark_processing(conn, record.id)
        begun = versions.begin_for_export(
            conn,
            record.organization_id,
            record.dataset_id,
            export_id=record.id,
            status_filter=record.status_filter,
        )
        total = max(1, images.count(conn, record.dataset_id, status_filter=record.status_filter))

    def on_image(count: int) -> None:
        run.raise_if_cancelled()
        run.report(_FROZEN_AT * min(1.0, count / total), f"{count} images frozen")

    frozen = freeze.freeze(run, platform, begun, on_image=on_image)
    with run.transaction(checkpoint=FROZEN, progress=_FROZEN_AT) as conn:
        version = freeze.settle(conn, begun, frozen)
        repository.set_version(conn, record.id, version_id=version.id, number=version.number)
    return version


def _write(run: JobRun, platform: Platform, record: ExportRecord, version: VersionRecord, path: Path) -> StoredArchive:
    # In the job's process only: the server that lists the tasks starts without numpy.
    from pictograph_server.services.exports.archive import write_archive

    run.workdir.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    total = max(1, version.image_count)

    def on_image(count: int) -> None:
        run.raise_if_cancelled()
        share = min(1.0, count / total)
        run.report(_FROZEN_AT + (_WRITTEN_AT - _FROZEN_AT) * share, f"{count} images")

    assert version.content_sha256 is not None, "a version that is ready has a manifest"
    contents = write_archive(part, platform.blobs, record, version.content_sha256, on_image=on_image)
    archive = _archive(record, part, contents)
    part.replace(path)
    with run.transaction(checkpoint=WRITTEN, value=asdict(archive), progress=_WRITTEN_AT) as conn:
        repository.announce(conn, record.id, archive)
    if record.blob_key is not None and record.blob_key != archive.blob_key:
        # An earlier try stored a file, and its version or a library is another one since.
        platform.blobs.delete(record.blob_key)
    return archive


def _archive(record: ExportRecord, path: Path, contents: "Contents") -> StoredArchive:
    digest = file_sha256(path)
    return StoredArchive(
        blob_key=f"exports/{record.id}/{digest}.zip",
        file_size_bytes=path.stat().st_size,
        image_count=contents.images,
        annotation_count=contents.annotations,
        report={"annotated_images": contents.annotated_images, "lost": contents.lost},
    )


def _written_before(record: ExportRecord, platform: Platform, path: Path) -> StoredArchive | None:
    """Return what an earlier try wrote, when its file is still here or already in the store."""
    if record.blob_key is None or record.file_size_bytes is None:
        return None
    is_here = path.exists() and path.stat().st_size == record.file_size_bytes
    if not is_here and not platform.blobs.exists(record.blob_key):
        return None
    if not is_here:
        path.unlink(missing_ok=True)
    return StoredArchive(
        blob_key=record.blob_key,
        file_size_bytes=record.file_size_bytes,
        image_count=record.image_count or 0,
        annotation_count=record.annotation_count or 0,
        report=record.report or {"annotated_images": 0, "lost": {}},
    )


def _on_end(conn: Connection, job: JobRecord) -> None:
    if job.state != "succeeded":
        versions.discard_of_export(conn, job.organization_id, job.id)
    if job.state == "failed":
        repository.fail(conn, job.id, job.error or "The job ended without saying why")
    elif job.state == "cancelled":
        repository.fail(conn, job.id, "The export was cancelled")
