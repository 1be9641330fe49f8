"""The job of an export and what happens when it ends.

Killed anywhere, it starts again and happens once: the file's key is on the row before the file is in the store, so
whatever was stored is either completed or removed.
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from pictograph_server.jobs.queue import JobRecord
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.jobs.task import Task
from pictograph_server.platform import Platform
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.exports import repository
from pictograph_server.services.exports.repository import ExportRecord, StoredArchive
from pictograph_server.services.exports.service import EXPORT_LANE, EXPORT_TASK
from pictograph_server.storage.digest import file_sha256

if TYPE_CHECKING:
    from pictograph_server.services.exports.archive import Contents

# Checkpoint: the file is complete on disk and its key is on the row.
WRITTEN = "written"
# Checkpoint: the file is in the store and the export completed.
STORED = "stored"


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
        archive = _write(run, platform, record, path)
    if path.exists():
        platform.blobs.discard_partial(archive.blob_key)
        platform.blobs.put_file(archive.blob_key, path)
    with run.transaction(checkpoint=STORED) as conn:
        is_wanted = repository.complete(conn, record.id, archive)
    if not is_wanted:
        platform.blobs.delete(archive.blob_key)
        raise JobCancelled(f"export {run.job_id} was deleted")


def _write(run: JobRun, platform: Platform, record: ExportRecord, path: Path) -> StoredArchive:
    # In the job's process only: the server that lists the tasks starts without numpy.
    from pictograph_server.services.exports.archive import write_archive

    with run.transaction() as conn:
        repository.mark_processing(conn, record.id)
    run.workdir.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    # One transaction for all of it: on SQLite the file shows the dataset at a single moment.
    with platform.db.read() as conn:
        dataset = datasets.get_by_id(conn, record.organization_id, record.dataset_id)
        total = max(1, dataset.image_count)

        def on_image(count: int) -> None:
            run.raise_if_cancelled()
            # The last tenth is storing the file.
            run.report(0.9 * min(1.0, count / total), f"{count} images")

        contents = write_archive(part, conn, platform.blobs, record, dataset, on_image=on_image)
    archive = _archive(record, part, contents)
    part.replace(path)
    with run.transaction(checkpoint=WRITTEN, value=asdict(archive), progress=0.9) as conn:
        repository.announce(conn, record.id, archive)
    if record.blob_key is not None and record.blob_key != archive.blob_key:
        # An earlier try stored a file, and the dataset has changed since.
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
    if job.state == "failed":
        repository.fail(conn, job.id, job.error or "The job ended without saying why")
    elif job.state == "cancelled":
        repository.fail(conn, job.id, "The export was cancelled")
