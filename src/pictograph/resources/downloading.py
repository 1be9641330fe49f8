"""A dataset's files on disk: fetched page by page, checked by their hashes, gone on with where they were cut short."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from pictograph._http.transport import Transport, member, members, path_of
from pictograph.exceptions import ApiError, ForbiddenError, NetworkError, PictographError, ServerError

DownloadMode = Literal["full", "images_only", "annotations_only"]
# `folders`: virtual folders become folders. `flat`: all files lie side by side, `/a/b/x.jpg` as `a__b__x.jpg`.
Organize = Literal["folders", "flat"]
# Links of a page are used up long before they expire.
_PAGE = 1000
_HASH_CHUNK_BYTES = 1024 * 1024

DownloadProgress = Callable[[int, int, str | None], None]


@dataclass(frozen=True)
class DownloadFailure:
    """A file that could not be fetched or written, and why."""

    filename: str
    kind: Literal["image", "annotation"]
    reason: str


@dataclass
class DownloadReport:
    """What a download brought. `…_present` were there already, whole, and were not fetched again."""

    dataset_id: str
    images_downloaded: int = 0
    annotations_downloaded: int = 0
    failures: list[DownloadFailure] = field(default_factory=list[DownloadFailure])
    images_present: int = 0
    annotations_present: int = 0
    bytes_received: int = 0

    @property
    def success(self) -> bool:
        """Nothing failed; true for an empty dataset."""
        return not self.failures

    @property
    def total_attempted(self) -> int:
        """How many files were asked for."""
        downloaded = self.images_downloaded + self.annotations_downloaded
        return downloaded + self.images_present + self.annotations_present + len(self.failures)


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    mode: DownloadMode = "full"
    status_filter: str | None = None
    max_workers: int = 10
    resume: bool = False
    organize: Organize = "folders"


def download_dataset(
    transport: Transport, name: str, folder: Path, options: DownloadOptions, progress: DownloadProgress | None
) -> DownloadReport:
    """Fetch the files of a dataset into a folder; see `Datasets.download`."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = _pages(transport, name, options)
    first = next(pages)
    report = DownloadReport(dataset_id=str(member(first, "dataset_id")))
    fetcher = _Fetcher(transport, resume=options.resume)
    completed = known = 0
    expected = _expected(first, options.mode)
    with ThreadPoolExecutor(max_workers=options.max_workers, thread_name_prefix="pictograph-download") as pool:
        page: Any | None = first
        while page is not None:
            # Only a page at a time is held, whatever the dataset's size.
            transfers = [each for item in members(page, "items") for each in _transfers(item, folder, options, report)]
            known += len(transfers)
            pending = {pool.submit(fetcher.fetch, transfer): transfer for transfer in transfers}
            for future in as_completed(pending):
                completed += 1
                transfer = pending[future]
                _count(report, transfer, future.result())
                if progress is not None:
                    progress(completed, max(expected, known), transfer.name)
            page = next(pages, None)
    report.bytes_received = fetcher.bytes_received
    return report


def _expected(first: Any, mode: DownloadMode) -> int:
    """Return how many files there will be, as far as the first page says."""
    images, annotated = int(first.get("total_items") or 0), int(first.get("total_annotated") or 0)
    return {"full": images + annotated, "images_only": images, "annotations_only": annotated}[mode] if annotated else 0


def _pages(transport: Transport, name: str, options: DownloadOptions) -> Iterator[Any]:
    """Yield pages of the listing: by cursor, or by offset where the server hands none on."""
    path = path_of("datasets", "by-name", name, "download")
    params: dict[str, str | int | None] = {"mode": options.mode, "limit": _PAGE, "status_filter": options.status_filter}
    params["cursor"] = ""
    offset = 0
    first: Any = None
    while True:
        page = transport.get(path, params=params)
        items = members(page, "items")
        if offset and (not items or items[0] == first):
            # A server that knows no offset repeats itself.
            return
        yield page
        if "next_cursor" in page:
            if page["next_cursor"] is None:
                return
            params["cursor"] = str(page["next_cursor"])
            continue
        if len(items) < _PAGE:
            return
        first = items[0]
        offset += len(items)
        params |= {"cursor": None, "offset": offset}


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One file to fetch: `name` for people, `target` on disk, and what tells whether it is whole and of today."""

    name: str
    kind: Literal["image", "annotation"]
    url: str
    target: Path
    image_id: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    was_there: bool = False
    reason: str | None = None


def _transfers(item: Any, folder: Path, options: DownloadOptions, report: DownloadReport) -> list[_Transfer]:
    """Return the files of one image; a name that would leave the folder is reported instead."""
    filename = str(member(item, "filename"))
    virtual = str(item.get("virtual_folder_path") or item.get("folder_path") or "/")
    parts = [*virtual.strip("/").split("/"), filename] if virtual.strip("/") else [filename]
    if any(part in {"", ".", ".."} or "/" in part or "\\" in part or "\0" in part for part in parts):
        report.failures.append(
            DownloadFailure(filename, "image", f"{'/'.join(parts)!r} is not a name that can be written into a folder")
        )
        return []
    target = folder.joinpath(*parts) if options.organize == "folders" else folder / "__".join(parts)
    sidecar = target.with_name(target.name + ".json")
    image_id = item.get("id")
    transfers: list[_Transfer] = []
    if item.get("image_url"):
        size, sha256 = item.get("file_size"), item.get("sha256")
        transfers.append(_Transfer(filename, "image", str(item["image_url"]), target, image_id, size, sha256))
    if item.get("annotation_url"):
        version = item.get("annotation_version")
        transfers.append(
            _Transfer(filename, "annotation", str(item["annotation_url"]), sidecar, image_id, version=version)
        )
    elif options.resume and options.mode != "images_only" and _is_about(sidecar, image_id):
        # Its annotations are gone; what an earlier download wrote would say otherwise.
        sidecar.unlink(missing_ok=True)
    return transfers


def _count(report: DownloadReport, transfer: _Transfer, outcome: _Outcome) -> None:
    if outcome.reason is not None:
        report.failures.append(DownloadFailure(transfer.name, transfer.kind, outcome.reason))
    elif transfer.kind == "image":
        report.images_present += outcome.was_there
        report.images_downloaded += not outcome.was_there
    else:
        report.annotations_present += outcome.was_there
        report.annotations_downloaded += not outcome.was_there


class _Fetcher:
    """Fetches single files; used by several threads at once."""

    def __init__(self, transport: Transport, *, resume: bool) -> None:
        self._transport = transport
        self._resume = resume
        self._lock = threading.Lock()
        self.bytes_received = 0

    def fetch(self, transfer: _Transfer) -> _Outcome:
        """Bring one file, unless it is there."""
        try:
            if transfer.kind == "image":
                was_there = self._resume and _is_whole(transfer.target, transfer)
                if not was_there:
                    self._fetch_image(transfer)
            else:
                is_known = self._resume and transfer.version is not None
                was_there = is_known and _is_about(transfer.target, transfer.image_id, transfer.version)
                if not was_there:
                    self._fetch_annotations(transfer)
        except (PictographError, OSError) as error:
            return _Outcome(reason=str(error))
        return _Outcome(was_there=was_there)

    def _fetch_image(self, transfer: _Transfer) -> None:
        target = transfer.target
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".part")
        if not self._resume:
            partial.unlink(missing_ok=True)
        was_begun = partial.exists()
        try:
            self._fetch_bytes(transfer, partial)
            why = _what_is_wrong(partial, transfer)
            if why is not None and was_begun:
                # What an earlier download left was of other bytes.
                partial.unlink()
                self._fetch_bytes(transfer, partial)
                why = _what_is_wrong(partial, transfer)
            if why is not None:
                partial.unlink()
                raise ServerError(f"The server sent other bytes than it announced: {why}", fix="Try again.")
            partial.replace(target)
        except BaseException:
            if not self._resume:
                partial.unlink(missing_ok=True)
            raise

    def _fetch_bytes(self, transfer: _Transfer, partial: Path) -> None:
        """Bring what `partial` lacks; where the line breaks, go on from there as often as a request is retried."""
        url, with_key = transfer.url, False
        for attempt in range(self._transport.config.max_retries + 1):
            try:
                self._transport.fetch_rest(url, partial, with_key=with_key, on_bytes=self._received)
                return
            except NetworkError:
                if attempt == self._transport.config.max_retries:
                    raise
                self._transport.sleep(min(2.0**attempt, 30.0))
            except ForbiddenError:
                # The link has expired while others were fetched; the API itself gives the same bytes.
                if with_key or transfer.image_id is None:
                    raise
                url, with_key = self._transport.url(path_of("images", transfer.image_id)), True
            except ApiError as error:
                if error.status_code != 416:
                    raise
                # All of it is here, or more than there is: the hash tells.
                if transfer.size_bytes is not None and partial.stat().st_size == transfer.size_bytes:
                    return
                partial.unlink(missing_ok=True)

    def _fetch_annotations(self, transfer: _Transfer) -> None:
        document = self._transport.get(transfer.url)
        text = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
        transfer.target.parent.mkdir(parents=True, exist_ok=True)
        partial = transfer.target.with_name(transfer.target.name + ".part")
        partial.write_bytes(text)
        partial.replace(transfer.target)
        self._received(len(text))

    def _received(self, count: int) -> None:
        with self._lock:
            self.bytes_received += count


def _is_whole(path: Path, transfer: _Transfer) -> bool:
    """Whether a file is there with the bytes that the server announced; without a hash nobody can tell."""
    if transfer.sha256 is None or not path.is_file():
        return False
    return path.stat().st_size == transfer.size_bytes and _sha256(path) == transfer.sha256


def _what_is_wrong(path: Path, transfer: _Transfer) -> str | None:
    size = path.stat().st_size
    if transfer.sha256 is None:
        return None
    if transfer.size_bytes is not None and size != transfer.size_bytes:
        return f"{size:,} bytes instead of {transfer.size_bytes:,}"
    return None if _sha256(path) == transfer.sha256 else "their SHA-256 is another one"


def _is_about(path: Path, image_id: str | None, version: int | None = None) -> bool:
    """Whether a file has the annotations of an image; with `version`, of that version."""
    if image_id is None or not path.is_file():
        return False
    with contextlib.suppress(OSError, ValueError):
        document: object = json.loads(path.read_bytes())
        if isinstance(document, dict):
            known = cast("dict[str, object]", document)
            is_same = version is None or known.get("annotation_version") == version
            return known.get("image_uuid") == image_id and is_same
    return False


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASH_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
