"""`client.datasets`: what there is to look at, and a copy of it on disk."""

import builtins
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import DEVELOPER, Transport, member, members, parse, path_of
from pictograph.exceptions import PictographError
from pictograph.models.comparison import Comparison
from pictograph.models.dataset import Dataset

_LIST = f"{DEVELOPER}/datasets/"
_DOWNLOAD_PAGE = 10_000
# Thousands of images take the server a while.
_COMPARE_TIMEOUT_S = 600.0

DownloadMode = Literal["full", "images_only", "annotations_only"]


@dataclass(frozen=True)
class DownloadFailure:
    """A file that could not be fetched or written, and why."""

    filename: str
    kind: Literal["image", "annotation"]
    reason: str


@dataclass
class DownloadReport:
    """What a download brought."""

    dataset_id: str
    images_downloaded: int = 0
    annotations_downloaded: int = 0
    failures: list[DownloadFailure] = field(default_factory=list[DownloadFailure])

    @property
    def success(self) -> bool:
        """Nothing failed; true for an empty dataset."""
        return not self.failures

    @property
    def total_attempted(self) -> int:
        """How many files were asked for."""
        return self.images_downloaded + self.annotations_downloaded + len(self.failures)


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One file to fetch: `name` for people, `target` on disk."""

    name: str
    kind: Literal["image", "annotation"]
    url: str
    target: Path


class Datasets:
    """Find datasets, list their images, and download them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int = 100) -> builtins.list[Dataset]:
        """Return the first `limit` datasets, newest first."""
        document = self._transport.get(_LIST, params={"limit": limit})
        return [parse(Dataset, item) for item in members(document, "datasets")]

    def iter(self, *, page_size: int = 100, max_total: int | None = None) -> OffsetPager[Dataset]:
        """Return a pager over all datasets."""
        return OffsetPager(
            self._transport,
            _LIST,
            items_key="datasets",
            parse_item=lambda item: parse(Dataset, item),
            page_size=page_size,
            max_total=max_total,
        )

    def get(
        self, name: str, *, include_images: bool = False, images_limit: int = 1000, images_offset: int = 0
    ) -> Dataset:
        """Return the dataset of this name, with a page of its images if asked for.

        Raises:
            NotFoundError: there is none; names are case-sensitive.
        """
        params = {"include_images": True, "images_limit": images_limit, "images_offset": images_offset}
        document = self._transport.get(path_of("datasets", "by-name", name), params=params if include_images else None)
        return parse(Dataset, member(document, "dataset"))

    def get_by_id(self, dataset_id: str) -> Dataset:
        """Return the dataset with this id."""
        return parse(Dataset, member(self._transport.get(path_of("datasets", dataset_id)), "dataset"))

    def compare(
        self,
        name: str,
        *,
        reference: str = "people",
        other: str = "machine",
        class_names: Sequence[str] | None = None,
        iou: float = 0.5,
        images_limit: int = 5000,
        worst_limit: int = 20,
        review_limit: int = 100,
    ) -> Comparison:
        """Return how far one source of the dataset's labels agrees with another, class by class.

        A source is `people` (what they made, edited or kept), `machine` (what no person has touched), an engine or
        model by name (`sam3`, `model:<id>`), `batch:<job id>` (also one with the destination "proposals"), or
        `dataset:<name>` (all of another dataset, the same images by content, then by folder and name).
        Only images that the reference has looked at count: those with a label of it, and those it called complete.

        Args:
            class_names: measure these only; without it all, and for a batch those it was asked for.
            iou: least overlap of a match.
            images_limit: compare at most so many images, the oldest first; the server takes no more than 5,000.
            worst_limit, review_limit: length of the lists of the worst images and of those to review first.
        Raises:
            NotFoundError: there is no such dataset or batch.
            ValidationError: no label is from an engine of this name; the message says who made those there are.
        """
        body = {
            "reference": reference,
            "other": other,
            "class_names": None if class_names is None else [*class_names],
            "iou": iou,
            "images_limit": images_limit,
            "worst_limit": worst_limit,
            "review_limit": review_limit,
        }
        path = path_of("datasets", "by-name", name, "compare")
        return parse(Comparison, self._transport.request("POST", path, json=body, timeout_s=_COMPARE_TIMEOUT_S))

    def download(
        self,
        name: str,
        output_dir: str | Path,
        *,
        mode: DownloadMode = "full",
        status_filter: str | None = None,
        max_workers: int = 10,
        progress: Callable[[int, int, str | None], None] | None = None,
    ) -> DownloadReport:
        """Write images and `<filename>.json` with their annotations into a folder, and report what came.

        Virtual folders become folders where the server names them. A file that fails is in the report and does not
        stop the others. `progress` gets (completed, total, filename) after every file.
        """
        folder = Path(output_dir).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        listing = list(self._listing(name, mode, status_filter))
        report = DownloadReport(dataset_id=str(member(listing[0], "dataset_id")))
        transfers: list[_Transfer] = []
        for page in listing:
            for item in members(page, "items"):
                transfers += _transfers(item, folder, report)
        with ThreadPoolExecutor(max_workers=max_workers, thread_name_prefix="pictograph-download") as pool:
            pending = {pool.submit(self._fetch, transfer): transfer for transfer in transfers}
            for completed, future in enumerate(as_completed(pending), start=1):
                transfer = pending[future]
                reason = future.result()
                if reason is not None:
                    report.failures.append(DownloadFailure(transfer.name, transfer.kind, reason))
                elif transfer.kind == "image":
                    report.images_downloaded += 1
                else:
                    report.annotations_downloaded += 1
                if progress is not None:
                    progress(completed, len(transfers), transfer.name)
        return report

    def _listing(self, name: str, mode: DownloadMode, status_filter: str | None) -> Iterator[Any]:
        """Yield pages until one is short, or a server that knows no offset repeats itself."""
        path = path_of("datasets", "by-name", name, "download")
        offset = 0
        first: Any = None
        while True:
            params = {"mode": mode, "limit": _DOWNLOAD_PAGE, "status_filter": status_filter, "offset": offset or None}
            page = self._transport.get(path, params=params)
            items = members(page, "items")
            if offset and (not items or items[0] == first):
                return
            yield page
            if len(items) < _DOWNLOAD_PAGE:
                return
            first = items[0]
            offset += len(items)

    def _fetch(self, transfer: _Transfer) -> str | None:
        """Bring one file; return why not when it could not be had."""
        try:
            if transfer.kind == "image":
                self._transport.fetch_signed(transfer.url, transfer.target, read_timeout_s=300.0)
            else:
                document = self._transport.get(transfer.url)
                transfer.target.parent.mkdir(parents=True, exist_ok=True)
                transfer.target.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except (PictographError, OSError) as error:
            return str(error)
        return None


def _transfers(item: Any, folder: Path, report: DownloadReport) -> list[_Transfer]:
    """Return the files of one image; a name that would leave the folder is reported instead."""
    filename = str(member(item, "filename"))
    virtual = str(item.get("virtual_folder_path") or item.get("folder_path") or "/")
    parts = [*virtual.strip("/").split("/"), filename] if virtual.strip("/") else [filename]
    if any(part in {"", ".", ".."} or "/" in part or "\\" in part or "\0" in part for part in parts):
        report.failures.append(
            DownloadFailure(filename, "image", f"{'/'.join(parts)!r} is not a name that can be written into a folder")
        )
        return []
    target = folder.joinpath(*parts)
    transfers: list[_Transfer] = []
    if item.get("image_url"):
        transfers.append(_Transfer(filename, "image", str(item["image_url"]), target))
    if item.get("annotation_url"):
        sidecar = target.with_name(target.name + ".json")
        transfers.append(_Transfer(filename, "annotation", str(item["annotation_url"]), sidecar))
    return transfers
