"""A folder of images becomes a dataset: only what is missing is sent, many files in a request."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pictograph.client import Client
from pictograph.exceptions import ApiError, ConflictError, NotFoundError
from pictograph.models.project import Project
from pictograph.resources.images import BundleResult
from pictograph.workflows._rendering import as_html, as_text, describe, failure_rows
from pictograph.workflows.checks import require_folder, require_name
from pictograph.workflows.folder import LocalImage, find_images
from pictograph.workflows.progress import Progress, watching

_MIB = 1024 * 1024
# A request of this size is long against its overhead and short against a timeout.
_BUNDLE_BYTES = 6 * _MIB
_SMALLEST_BUNDLE_BYTES = _MIB // 4
_MOST_IN_A_BUNDLE = 500
# Files above this are streamed from disk one by one instead of being held in memory.
_LARGE_FILE_BYTES = 24 * _MIB


@dataclass(frozen=True)
class UploadFailure:
    """A file that is not in the dataset, and why."""

    path: Path
    reason: str


@dataclass
class UploadReport:
    """What an upload did. `seconds` is the time it took."""

    dataset_name: str
    images_attempted: int = 0
    images_uploaded: int = 0
    images_skipped: int = 0
    failures: list[UploadFailure] = field(default_factory=list[UploadFailure])
    seconds: float = 0.0

    @property
    def success(self) -> bool:
        """Nothing failed, and at least one image was sent or was there already (R1)."""
        return not self.failures and self.images_present > 0

    @property
    def images_present(self) -> int:
        """How many images of the folder are in the dataset now."""
        return self.images_uploaded + self.images_skipped

    def __str__(self) -> str:
        return as_text(f"Upload into {self.dataset_name!r}: {_outcome(self)}", self.rows())

    def _repr_html_(self) -> str:
        return as_html(f"Upload into {self.dataset_name!r}: {_outcome(self)}", self.rows())

    def rows(self) -> list[tuple[str, str]]:
        """Return (label, text) for each line of the report."""
        summary = (
            f"{self.images_uploaded} sent, {self.images_skipped} already there, {len(self.failures)} failed "
            f"of {self.images_attempted} ({self.seconds:.1f} s)"
        )
        if self.images_attempted == 0:
            summary = "none in the folder or below it; JPEG, PNG, GIF, BMP, WebP, TIFF and HEIC are sent"
        return [("images", summary), *failure_rows([(str(item.path), item.reason) for item in self.failures])]


def upload_dataset_from_folder(
    client: Client,
    dataset_name: str,
    folder: str | Path,
    *,
    organize_by_class: bool = True,
    parallel: bool = True,
    max_workers: int = 8,
    skip_existing: bool = True,
    create_if_missing: bool = True,
    progress: Callable[[int, int, str | None], None] | None = None,
) -> UploadReport:
    """Upload every image below a folder and report what happened to each.

    Images that are in the dataset already, with the same bytes, are not sent again. Where an image of the same name
    holds other bytes, the file is a failure whose reason begins with `conflict:`; nothing is overwritten.

    Args:
        organize_by_class: every sub-folder becomes a virtual folder (`root/a/b/x.jpg` goes to `/a/b`); without it
            everything goes to `/`.
        skip_existing: without it an image that is there already counts as a failure.
        create_if_missing: make the dataset when there is none of this name.
        progress: called with (completed, total, file name) after each file. Without it, bars are shown when a person
            watches.
    Raises:
        FileNotFoundError: `folder` is not a folder.
        NotFoundError: there is no such dataset, and `create_if_missing` is False.
        NetworkError: the server went away; run again and it goes on where it stopped.
    """
    started = time.monotonic()
    root = require_folder(folder)
    require_name(dataset_name, "dataset_name")
    if max_workers < 1:
        raise ValueError(f"max_workers must be at least 1, not {max_workers}")
    project, is_new = _open_dataset(client, dataset_name, create_if_missing)
    images, failures = find_images(root, keep_folders=organize_by_class)
    report = UploadReport(dataset_name=dataset_name, images_attempted=len(images) + len(failures))
    report.failures += [UploadFailure(path, reason) for path, reason in failures]
    workers = max_workers if parallel else 1
    sender = _Sender(client, project.id, skip_existing=skip_existing, is_new=is_new)
    with watching(_as_callback(progress)) as show:
        for completed, outcome in enumerate(_run(sender, _group(images, workers), workers), start=1):
            show(Progress("upload", completed, len(images), outcome.image.path.name))
            if outcome.state == "uploaded":
                report.images_uploaded += 1
            elif outcome.state == "skipped":
                report.images_skipped += 1
            else:
                report.failures.append(UploadFailure(outcome.image.path, outcome.reason))
    report.failures.sort(key=lambda failure: failure.path)
    report.seconds = time.monotonic() - started
    return report


def _open_dataset(client: Client, name: str, create_if_missing: bool) -> tuple[Project, bool]:
    """Return the project and whether it was made just now."""
    try:
        return client.projects.get(name), False
    except NotFoundError:
        if not create_if_missing:
            raise
    try:
        return client.projects.create(name), True
    except ConflictError:
        # Somebody else made it in between.
        return client.projects.get(name), False


def _as_callback(progress: Callable[[int, int, str | None], None] | None) -> Callable[[Progress], None] | None:
    if progress is None:
        return None
    return lambda state: progress(state.completed, state.total, state.message)


def _group(images: Sequence[LocalImage], workers: int) -> list[list[LocalImage]]:
    """Return the images in runs of a bundle's size, small enough that every worker gets some."""
    total = sum(image.size_bytes for image in images)
    target = min(_BUNDLE_BYTES, max(_SMALLEST_BUNDLE_BYTES, total // (2 * workers)))
    groups: list[list[LocalImage]] = []
    size = target
    for image in images:
        if size >= target or len(groups[-1]) >= _MOST_IN_A_BUNDLE or image.size_bytes > _LARGE_FILE_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(image)
        size += image.size_bytes
    return groups


@dataclass(frozen=True, slots=True)
class _Outcome:
    image: LocalImage
    state: Literal["uploaded", "skipped", "failed"]
    reason: str = ""


def _run(sender: "_Sender", groups: Sequence[Sequence[LocalImage]], workers: int) -> Iterator[_Outcome]:
    """Yield what became of each image, as groups finish; an error that is not about one image ends everything."""
    if workers == 1 or len(groups) == 1:
        for group in groups:
            yield from sender.send(group)
        return
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="pictograph-upload")
    try:
        for future in as_completed([pool.submit(sender.send, group) for group in groups]):
            yield from future.result()
    finally:
        # After an error or Ctrl-C the groups that wait are dropped; those on their way finish.
        pool.shutdown(wait=True, cancel_futures=True)


class _Sender:
    """Sends groups of images the best way the server offers. Used by several threads at once.

    What the server was found not to offer is remembered; two threads finding it out twice does no harm.
    """

    def __init__(self, client: Client, dataset_id: str, *, skip_existing: bool, is_new: bool) -> None:
        self._images = client.images
        self._dataset_id = dataset_id
        self._skip_existing = skip_existing
        # In a dataset made a moment ago there is nothing to skip.
        self._can_check = not is_new
        self._can_bundle = True

    def send(self, group: Sequence[LocalImage]) -> list[_Outcome]:
        if group[0].size_bytes > _LARGE_FILE_BYTES:
            return [self._send_large(image) for image in group]
        outcomes: list[_Outcome] = []
        read: list[tuple[LocalImage, bytes]] = []
        for image in group:
            try:
                read.append((image, image.path.read_bytes()))
            except OSError as error:
                outcomes.append(_Outcome(image, "failed", f"cannot be read: {error.strerror or error}"))
        missing, settled = self._without_present(
            [(image, data, hashlib.sha256(data).hexdigest() if self._can_check else "") for image, data in read]
        )
        return outcomes + settled + (self._send_missing(missing) if missing else [])

    def _without_present(
        self, read: Sequence[tuple[LocalImage, bytes, str]]
    ) -> tuple[list[tuple[LocalImage, bytes]], list[_Outcome]]:
        """Return what the dataset lacks, and the outcomes of what it has."""
        everything = [(image, data) for image, data, _ in read]
        if not read or not self._can_check:
            return everything, []
        try:
            states = self._images.check(self._dataset_id, [(image.key, digest) for image, _, digest in read])
        except ApiError as error:
            if not _is_not_offered(error):
                return [], [_Outcome(image, "failed", describe(error)) for image, _ in everything]
            self._can_check = False
            return everything, []
        missing: list[tuple[LocalImage, bytes]] = []
        outcomes: list[_Outcome] = []
        for (image, data), state in zip(everything, states, strict=True):
            if state == "absent":
                missing.append((image, data))
            else:
                outcomes.append(self._present(image, same_bytes=state == "same"))
        return missing, outcomes

    def _send_missing(self, missing: Sequence[tuple[LocalImage, bytes]]) -> list[_Outcome]:
        if not self._can_bundle:
            return [self._send_alone(image) for image, _ in missing]
        try:
            results = self._images.upload_bundle(self._dataset_id, [(image.key, data) for image, data in missing])
        except ApiError as error:
            if _is_not_offered(error):
                self._can_bundle = False
            elif error.status_code not in (400, 413, 415, 422):
                return [_Outcome(image, "failed", describe(error)) for image, _ in missing]
            # One by one, the server says which of them it does not take.
            return [self._send_alone(image) for image, _ in missing]
        return [self._bundled(image, result) for (image, _), result in zip(missing, results, strict=True)]

    def _bundled(self, image: LocalImage, result: BundleResult) -> _Outcome:
        if result.state == "created":
            return _Outcome(image, "uploaded")
        if result.state in ("same", "different"):
            return self._present(image, same_bytes=result.state == "same")
        return _Outcome(image, "failed", result.reason or "the server did not say why")

    def _send_large(self, image: LocalImage) -> _Outcome:
        if self._can_check:
            try:
                with image.path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                (state,) = self._images.check(self._dataset_id, [(image.key, digest)])
            except OSError as error:
                return _Outcome(image, "failed", f"cannot be read: {error.strerror or error}")
            except ApiError as error:
                if not _is_not_offered(error):
                    return _Outcome(image, "failed", describe(error))
                self._can_check = False
            else:
                if state != "absent":
                    return self._present(image, same_bytes=state == "same")
        return self._send_alone(image)

    def _send_alone(self, image: LocalImage) -> _Outcome:
        try:
            self._images.upload(
                self._dataset_id, image.path, folder_path=image.key.folder_path, filename=image.key.filename
            )
        except ApiError as error:
            if isinstance(error, ConflictError) or "already exists" in error.message.lower():
                # Such a server compares names, not bytes.
                return self._present(image, same_bytes=True)
            return _Outcome(image, "failed", describe(error))
        except OSError as error:
            return _Outcome(image, "failed", f"cannot be read: {error.strerror or error}")
        return _Outcome(image, "uploaded")

    def _present(self, image: LocalImage, *, same_bytes: bool) -> _Outcome:
        where = f"{image.key.folder_path.rstrip('/')}/{image.key.filename}"
        if not same_bytes:
            return _Outcome(
                image,
                "failed",
                f"conflict: the dataset has another image at {where}; rename the file, or delete the image there",
            )
        if not self._skip_existing:
            return _Outcome(image, "failed", f"conflict: {where} is in the dataset already")
        return _Outcome(image, "skipped")


def _is_not_offered(error: ApiError) -> bool:
    return error.status_code in (404, 405)


def _outcome(report: UploadReport) -> str:
    if report.success:
        return "done"
    return "some files failed" if report.failures else "no images found"
