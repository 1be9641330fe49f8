"""The job of an import: each dataset image by image, a group of them saved at a time.

Killed anywhere it goes on behind the images that were settled: their rows, their labels, the counters and the place in
the list are true together. An image that is there under its name is not fetched again.
"""

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from pictograph.models.annotation import Annotation
from pictograph_server.errors import ServiceError
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.annotations.documents import to_document
from pictograph_server.services.annotations.history_repository import Author
from pictograph_server.services.annotations.imported import ImportedLabels, save_imported
from pictograph_server.services.datasets.classes import InvalidClass, check_class_name
from pictograph_server.services.images import from_job
from pictograph_server.services.images.from_job import JobImage
from pictograph_server.storage.db.types import now

from . import keyring, repository
from .api import ConnectorFailed
from .providers import NAMES, open_provider
from .remote import Contents, Labels, NotHad, Provider, RemoteImage, Wanted
from .repository import ImportedDataset, ImportRecord

_WORKERS = 6
_GROUP = 24
# After so many in a row that failed nothing better is expected of the rest.
_FAILURES_IN_A_ROW = 50


def import_datasets(run: JobRun, platform: Platform) -> None:
    """Do the import `run.job_id`."""
    with platform.db.read() as conn:
        record = repository.find(conn, run.organization_id, run.job_id)
        entries = repository.datasets_of(conn, run.job_id)
    if record is None or record.status in ("cancelled", "error"):
        raise JobCancelled(f"import {run.job_id} was cancelled")
    if record.status == "completed":
        return
    provider = open_provider(platform, record.provider, keyring.ask(platform, run), patience="job")
    for entry in entries:
        if entry.status in ("pending", "processing"):
            _import_dataset(run, platform, record, entry, provider)
    _finish(run, platform, record)


def _import_dataset(
    run: JobRun, platform: Platform, record: ImportRecord, entry: ImportedDataset, provider: Provider
) -> None:
    folder = run.workdir / str(entry.position)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = Wanted(entry.remote_id, entry.remote_slug, entry.version)
    try:
        marker = f"pictograph-{record.id}"
        contents = provider.contents(wanted, folder, marker=marker, on_wait=run.raise_if_cancelled)
        with run.transaction() as conn:
            repository.begin_dataset(conn, entry, contents.total)
        _Importer(run, platform, record, entry, contents).do()
    except ServiceError as error:
        # This dataset's own trouble; the others may fare better.
        with run.transaction() as conn:
            repository.end_dataset(conn, entry, "error", error.message)
        return
    with run.transaction() as conn:
        repository.end_dataset(conn, entry, "completed")


def _finish(run: JobRun, platform: Platform, record: ImportRecord) -> None:
    with platform.db.read() as conn:
        entries = repository.datasets_of(conn, record.id)
    broken = [f"{each.dataset_name}: {each.error_message}" for each in entries if each.status == "error"]
    words = "; ".join(broken) or None
    with run.transaction(progress=1.0) as conn:
        status = "error" if len(broken) == len(entries) else "completed"
        repository.end(conn, record.id, status, now(), error_message=words)


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What became of an image: fetched with its labels, or a reason why not."""

    path: str
    image: JobImage | None = None
    labels: Labels | None = None
    failure: str | None = None


class _Importer:
    """Brings the images of one dataset here."""

    def __init__(
        self, run: JobRun, platform: Platform, record: ImportRecord, entry: ImportedDataset, contents: Contents
    ) -> None:
        self._run = run
        self._platform = platform
        self._record = record
        self._entry = entry
        self._contents = contents
        self._checkpoint = f"dataset:{entry.position}"
        self._done = cast("dict[str, int]", run.checkpoint(self._checkpoint) or {}).get("images", 0)
        self._failed_in_a_row = 0
        service = NAMES[record.provider]
        self._author = Author(record.actor["maker"], record.actor["name"], f"imported from {service}")

    def do(self) -> None:
        with ThreadPoolExecutor(_WORKERS, "fetch") as workers:
            images = self._contents.images(self._done)
            while group := list(itertools.islice(images, _GROUP)):
                self._run.raise_if_cancelled()
                self._save(group, self._fetched(group, workers))
                if self._failed_in_a_row >= _FAILURES_IN_A_ROW:
                    raise ConnectorFailed(
                        f"{self._failed_in_a_row} images in a row could not be fetched",
                        fix="The reasons are with the dataset's failures; start the import again to go on",
                    )

    def _fetched(self, group: Sequence[RemoteImage], workers: ThreadPoolExecutor) -> list[_Fetched]:
        """Fetch those of the group that are not here, and leave out the others."""
        with self._platform.db.read() as conn:
            here = from_job.present(conn, self._entry.dataset_id, [(each.folder_path, each.filename) for each in group])
        missing = [each for each, is_here in zip(group, here, strict=True) if not is_here]
        return list(workers.map(self._fetch, missing))

    def _fetch(self, remote: RemoteImage) -> _Fetched:
        if self._is_asked_to_stop():
            return _Fetched(remote.path, failure="the import was stopped")
        try:
            loaded = remote.load()
            image = from_job.store(self._platform, remote.folder_path, remote.filename, loaded.data)
            facts = image.candidate.facts
            return _Fetched(remote.path, image, loaded.labels(facts.width, facts.height))
        except NotHad as error:
            return _Fetched(remote.path, failure=str(error))
        except ServiceError as error:
            return _Fetched(remote.path, failure=error.message)

    def _save(self, group: Sequence[RemoteImage], fetched: Sequence[_Fetched]) -> None:
        # What was left out because of a stop is no failure: it is done again.
        self._run.raise_if_cancelled()
        ready = [(each.image, each.labels) for each in fetched if each.image is not None and each.labels is not None]
        failures = {each.path: each.failure for each in fetched if each.failure is not None}
        entry, done = self._entry, self._done + len(group)
        share = min(0.99, done / max(1, self._contents.total))
        with self._run.transaction(checkpoint=self._checkpoint, value={"images": done}, progress=share) as conn:
            organization_id = self._record.organization_id
            found = [image for image, _ in ready]
            answers = from_job.add(conn, organization_id, entry.dataset_id, found, what="The import")
            made = [
                _to_save(answer.image_id, labels)
                for answer, (_, labels) in zip(answers, ready, strict=True)
                if answer.state == "created" and (labels.annotations or labels.tags)
            ]
            save_imported(
                conn,
                organization_id,
                entry.dataset_id,
                made,
                rule="keep",
                class_names=sorted({str(each["name"]) for labels in made for each in labels.documents}),
                author=self._author,
            )
            skipped = len(group) - len(fetched) + sum(answer.state != "created" for answer in answers)
            imported = len(group) - len(failures)
            repository.count(conn, entry, imported=imported, skipped=skipped, failures=failures)
        from_job.put_back(self._platform, [image for image, _ in ready])
        self._done = done
        self._failed_in_a_row = self._failed_in_a_row + len(failures) if len(failures) == len(group) else 0

    def _is_asked_to_stop(self) -> bool:
        try:
            self._run.raise_if_cancelled()
        except JobCancelled:
            return True
        return False


def _to_save(image_id: str, labels: Labels) -> ImportedLabels:
    annotations = [each for each in labels.annotations if _is_class(each)]
    tags = [tag for tag in labels.tags if _is_name(tag)]
    # Somebody at the other service worked on it; what nobody labelled stays new.
    status = "complete" if annotations or tags else "new"
    return ImportedLabels(image_id, list(_documents(annotations)), tags, status)


def _documents(annotations: Sequence[Annotation]) -> Iterator[dict[str, object]]:
    seen: set[str] = set()
    for each in annotations:
        document = to_document(each)
        if each.id not in seen:
            seen.add(each.id)
            yield document


def _is_class(annotation: Annotation) -> bool:
    return _is_name(annotation.name)


def _is_name(name: str) -> bool:
    try:
        check_class_name(name)
    except InvalidClass:
        return False
    return True
