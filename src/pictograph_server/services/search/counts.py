"""A dataset in numbers: by status, by class, by folder; all from counts that are kept with every change."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Connection

from pictograph.models.listing import ClassCount, DatasetCounts, Folder, StatusCounts
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import tallies
from pictograph_server.services.images.records import FolderNotFound
from pictograph_server.services.images.tallies import ClassTally


def count(conn: Connection, dataset: DatasetRecord) -> DatasetCounts:
    """Return the numbers of a dataset. Classes that are no longer in its list but on images come last."""
    by_status, by_class = tallies.statuses(conn, dataset.id), tallies.classes(conn, dataset.id)
    listed = [entry.name for entry in dataset.classes]
    others = sorted(name for name, tally in by_class.items() if tally != ClassTally() and name not in {*listed})
    present = {status: number for (is_archived, status), number in by_status.items() if not is_archived}
    return DatasetCounts(
        dataset_id=dataset.id,
        image_count=sum(present.values()),
        archived_image_count=sum(number for (is_archived, _), number in by_status.items() if is_archived),
        status=StatusCounts.model_validate(present),
        classes=[_class_count(name, by_class.get(name, ClassTally())) for name in (*listed, *others)],
    )


def list_folders(conn: Connection, dataset: DatasetRecord, *, parent: str | None = None) -> list[Folder]:
    """Return the dataset's folders by path, the root first; or those directly in `parent`.

    Archived images make no folder.

    Raises:
        FolderNotFound: 404, `parent` is none.
    """
    own: dict[str, Counter[str]] = {"/": Counter()}
    for place, number in tallies.places(conn, dataset.id, parent or "/").items():
        if not place.is_archived:
            own.setdefault(place.folder_path, Counter())[place.status] += number
    whole: dict[str, Counter[str]] = {}
    subfolders: Counter[str] = Counter()
    for path, counts in own.items():
        for folder in (path, *_above(path)):
            if folder not in whole:
                whole[folder] = Counter()
                subfolders[_parent(folder)] += folder != "/"
            whole[folder].update(counts)
    if parent is not None and parent not in whole:
        raise FolderNotFound(dataset.name, parent)
    return [
        Folder(
            path=path,
            image_count=own.get(path, Counter()).total(),
            total_image_count=counts.total(),
            status=StatusCounts.model_validate(counts),
            folder_count=subfolders[path],
        )
        for path, counts in sorted(whole.items(), key=lambda item: item[0].split("/"))
        if parent is None or (path != "/" and _parent(path) == parent)
    ]


def _above(path: str) -> Iterator[str]:
    """Yield the folders that a folder is in, up to the root."""
    while path != "/":
        path = _parent(path)
        yield path


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _class_count(name: str, tally: ClassTally) -> ClassCount:
    return ClassCount(
        name=name,
        image_count=tally.image_count,
        annotation_count=tally.annotation_count,
        tagged_image_count=tally.tagged_count,
    )
