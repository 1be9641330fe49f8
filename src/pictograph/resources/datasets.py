"""`client.datasets`: what there is to look at, and a copy of it on disk."""

import builtins
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import DEVELOPER, member, members, parse, path_of
from pictograph.models.comparison import Comparison
from pictograph.models.dataset import Dataset, DatasetImage
from pictograph.models.dataset_import import DatasetImport, MergeRule
from pictograph.models.image import ImageStatus
from pictograph.models.listing import DatasetCounts, Folder
from pictograph.models.statistics import CellImages, DatasetStatistics, Grid
from pictograph.resources.dataset_classes import DatasetClasses
from pictograph.resources.downloading import DownloadFailure as DownloadFailure
from pictograph.resources.downloading import DownloadMode as DownloadMode
from pictograph.resources.downloading import DownloadOptions, Organize, download_dataset
from pictograph.resources.downloading import DownloadReport as DownloadReport
from pictograph.resources.imports import ImportProgress, Imports
from pictograph.resources.torch_dataset import Target, TorchDataset

_LIST = f"{DEVELOPER}/datasets/"
# Thousands of images take the server a while.
_COMPARE_TIMEOUT_S = 600.0


class Datasets(DatasetClasses):
    """Find datasets, list their images, change their classes, and download them."""

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

    def counts(self, name: str) -> DatasetCounts:
        """Return how many images have each status, and how many show each class.

        Raises:
            NotFoundError: there is no such dataset.
        """
        document = self._transport.get(path_of("datasets", "by-name", name, "counts"))
        return parse(DatasetCounts, member(document, "counts"))

    def folders(self, name: str, *, parent: str | None = None) -> builtins.list[Folder]:
        """Return the folders of a dataset by path, with how many images are in each; or those directly in `parent`.

        Raises:
            NotFoundError: there is no such dataset, or no such folder.
        """
        document = self._transport.get(path_of("datasets", "by-name", name, "folders"), params={"parent": parent})
        return [parse(Folder, item) for item in members(document, "folders")]

    def statistics(self, name: str, *, refresh: bool = False) -> DatasetStatistics:
        """Return what was measured last of a dataset: classes, shapes, sizes, places and confidences.

        Args:
            refresh: measure it again: done at once for some hundred images, else by a job that `status` and `progress`
                tell of; until it ends, what was measured before is here.
        Raises:
            NotFoundError: there is no such dataset.
        """
        path = path_of("datasets", "by-name", name, "statistics")
        answer = self._transport.post(f"{path}/refresh") if refresh else self._transport.get(path)
        return parse(DatasetStatistics, member(answer, "dataset_statistics"))

    def statistics_cell(self, name: str, grid: Grid, cell: int, *, class_name: str | None = None) -> CellImages:
        """Return images behind a cell of the statistics' grids: the first two dozen with an annotation there.

        Args:
            grid: `centers`, of `box_centers`, or `sizes`, of `box_sizes`.
            cell: its number in there, counted row by row.
            class_name: of this class alone; of all together without one.
        Raises:
            NotFoundError: there is no such dataset.
            ConflictError: it has to be measured (again) first, or the class has no grids.
        """
        path = path_of("datasets", "by-name", name, "statistics", "cells")
        params = {"grid": grid, "cell": cell, "class_name": class_name}
        return parse(CellImages, member(self._transport.get(path, params=params), "cell"))

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
        resume: bool = False,
        organize: Organize = "folders",
    ) -> DownloadReport:
        """Write images and `<filename>.json` with their annotations into a folder, and report what came.

        A file that fails is in the report and does not stop the others. What comes is checked against the size and the
        hash that the server names. `progress` gets (completed, total, filename) after every file.

        Args:
            resume: go on where an earlier download was cut short: files that are there with the right bytes are left
                alone, half ones (`.part`) are completed, annotations are fetched again only where they changed.
            organize: `folders` makes a folder of every virtual folder; `flat` puts all files side by side, with the
                folders in their names (`a__b__x.jpg`).
        """
        options = DownloadOptions(mode, status_filter, max_workers, resume, organize)
        return download_dataset(self._transport, name, Path(output_dir).expanduser(), options, progress)

    def as_pytorch(
        self,
        name: str,
        *,
        root: str | Path | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Target], Any] | None = None,
        class_to_idx: Mapping[str, int] | None = None,
        download: bool = True,
        images_limit: int = 10_000,
    ) -> TorchDataset:
        """Return the dataset for a `torch.utils.data.DataLoader`; see `TorchDataset` for what an item is.

        Args:
            root: where images are kept; a new folder for temporary files when left out.
            transform: takes the upright RGB image (Pillow), `target_transform` the target.
            class_to_idx: index of each class; from 0 in alphabetical order when left out. Others are not in targets.
            download: fetch images that are not in `root` when they are asked for.
            images_limit: at most so many images, the newest.
        Raises:
            NotFoundError: there is no such dataset.
        """
        dataset = self.get(name)
        images: builtins.list[DatasetImage] = []
        while len(images) < images_limit:
            size = min(1000, images_limit - len(images))
            page = self.get(name, include_images=True, images_limit=size, images_offset=len(images)).images or []
            images += page
            if len(page) < size:
                break
        names = sorted(entry.name for entry in dataset.classes)
        return TorchDataset(
            self._transport,
            images,
            class_to_idx if class_to_idx is not None else {each: index for index, each in enumerate(names)},
            root=None if root is None else Path(root).expanduser(),
            transform=transform,
            target_transform=target_transform,
            download=download,
        )

    def import_(
        self,
        name: str,
        path: str | Path,
        *,
        merge: MergeRule = "keep",
        format: str | None = None,
        labels_only: bool = False,
        folder_path: str = "/",
        image_status: ImageStatus | None = None,
        create_if_missing: bool = True,
        dry_run: bool = False,
        wait: bool = True,
        max_workers: int = 4,
        poll_interval: float = 2.0,
        timeout: float = 86_400.0,
        progress: ImportProgress | None = None,
    ) -> DatasetImport:
        """Bring a folder or an archive (zip, tar, tar.gz) of images and labels into a dataset.

        The files are sent in parts, the server recognises what they hold and makes a plan, and a job does it. Run again
        with the same files after whatever cut it short, it goes on where it was. Images that are there with the same
        bytes are not added twice; another image under the same name stays, and so do its labels.

        Args:
            merge: what becomes of annotations that are there. `keep`: those that people made or edited stay, untouched
                ones of machines give way where the files have labels of their class. `replace`: the files' labels
                stand alone. `add`: all stay, and what is not there yet is added.
            format: what the labels are, where that is not recognised; `images` takes none.
            labels_only: send no images; labels go to the dataset's images of the same folder and name, or of the same
                name where there is only one.
            folder_path: virtual folder that everything goes below.
            image_status: status of labelled images; by default what the files say, else `complete`.
            dry_run: return the import with its plan (`print(result.plan)`), and do nothing else; the files are sent,
                and a run without `dry_run` goes on from there.
            wait: return when it is done; otherwise once it has started.
            progress: called with (completed, total, stage): bytes while `upload`, percent while `plan` and `import`.
        Raises:
            FileNotFoundError: there is nothing at `path`.
            NotFoundError: there is no such dataset, and `create_if_missing` is False.
            ApiError: the files cannot be imported; the message says why.
        """
        imports = Imports(self._transport)
        sent = imports.send(
            name,
            path,
            merge=merge,
            format=format,
            labels_only=labels_only,
            folder_path=folder_path,
            image_status=image_status,
            create_if_missing=create_if_missing,
            max_workers=max_workers,
            progress=progress,
        )
        planned = imports.plan(sent.id, poll_interval=poll_interval, timeout=timeout, progress=progress)
        if dry_run or planned.status == "cancelled":
            return planned
        return imports.start(planned.id, wait=wait, poll_interval=poll_interval, timeout=timeout, progress=progress)
