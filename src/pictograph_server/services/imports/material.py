"""The uploaded files as the jobs see them: image after image in a fixed order, each with its labels if it has any."""

from collections.abc import Generator, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pictograph.formats.base import FormatError, ImageEntry, ReadReport
from pictograph.formats.image_files import IMAGE_ENDINGS, is_image, placed
from pictograph.formats.packed import BadArchive, PackedLimits, PackedSource, Skipped, open_packed
from pictograph.formats.recognize import Recognized, RootedSource, recognize, unlabelled_images
from pictograph.formats.registry import get_format
from pictograph.models.annotation import Annotation
from pictograph.models.image import ImageStatus
from pictograph_server.errors import BadRequest
from pictograph_server.platform import Platform
from pictograph_server.services.imports import repository
from pictograph_server.services.imports.parts import open_parts
from pictograph_server.services.imports.repository import ImportRecord, PresentImage

_STATUSES: tuple[ImageStatus, ...] = ("new", "annotate", "review", "complete")
_SIZES_KEPT = 20_000


class BadImport(BadRequest):
    """The uploaded files cannot be imported."""

    code = "bad_import"

    def __init__(self, filename: str, why: str, fix: str) -> None:
        super().__init__(f"{filename!r} cannot be imported", why=why, fix=fix)


@dataclass(frozen=True, slots=True)
class Labels:
    """What the files say about an image. The size is that of the image they were made on, (0, 0) if it is not said."""

    annotations: Sequence[Annotation]
    tags: tuple[str, ...]
    status: ImageStatus
    size_wh: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Item:
    """An image: where it goes, its file among those that were uploaded, its labels. One of the two may be None."""

    folder_path: str
    filename: str
    file: str | None
    labels: Labels | None

    @property
    def path(self) -> str:
        return f"{self.folder_path.rstrip('/')}/{self.filename}"


class Material:
    """An opened archive, and what was recognised in it."""

    def __init__(self, packed: PackedSource, recognized: Recognized, record: ImportRecord) -> None:
        self.recognized = recognized
        self.skipped: Sequence[Skipped] = packed.skipped
        self.class_names: tuple[str, ...] = recognized.class_names
        self._packed = packed
        self._source = RootedSource(packed, recognized.root)
        self._record = record

    @property
    def file_count(self) -> int:
        return len(self._source.names())

    def size(self, file: str) -> int:
        return self._packed.size(self.recognized.root + file)

    def read(self, file: str) -> bytes:
        """Return a file's bytes. Raises `UnreadableMember` when it is damaged."""
        return self._source.read(file)

    def items(self, platform: Platform, dataset_id: str | None, report: ReadReport) -> Iterator[Item]:
        """Yield the images with labels as the format's reader does, then those without, by name.

        Args:
            dataset_id: knows the sizes of images that did not come along; None while there is no dataset.
        Raises:
            BadImport: the labels are not what they were recognised as.
        """
        labelled: set[str] = set()
        if self.recognized.format is not None:
            came_along = frozenset[str]() if self._record.options["labels_only"] else self._image_keys()
            sizes = DatasetSizes(platform, self._record.organization_id, dataset_id, came_along)
            for item in self._labelled(sizes, report):
                if item.file is not None:
                    labelled.add(item.file)
                yield item
        if self._record.options["labels_only"]:
            return
        for file in unlabelled_images(self.recognized, self._source.names(), labelled):
            folder, filename = placed(file)
            yield Item(self._destination(folder), filename, file, None)

    def _labelled(self, sizes: Mapping[str, tuple[int, int]], report: ReadReport) -> Iterator[Item]:
        assert self.recognized.format is not None
        options = self._record.options
        read = get_format(self.recognized.format).read
        try:
            for entry, annotations in read(self._source, image_sizes=sizes, report=report):
                status = options["image_status"] or entry.status
                labels = Labels(
                    annotations,
                    entry.tags,
                    status if status in _STATUSES else "complete",
                    (entry.width, entry.height),
                )
                # Nobody has looked at it: nothing is said about what it shows.
                is_open = entry.status == "new" and not annotations and not entry.tags
                file = None if options["labels_only"] else entry.file or self._by_place.get(_place(entry))
                yield Item(self._destination(entry.folder_path), entry.filename, file, None if is_open else labels)
        except FormatError as error:
            raise BadImport(
                self._record.filename,
                f"its labels were taken for {self.recognized.format}: {error}",
                "Say which format it is (`format=`), or `format='images'` to leave the labels out",
            ) from error

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], str]:
        """Images by folder and name, for labels whose reader could not tell which of several is meant."""
        return {placed(name): name for name in self._source.names() if is_image(name)}

    def _image_keys(self) -> frozenset[str]:
        """Return how readers may ask for the size of an image that came along."""
        paths = [name for name in self._source.names() if is_image(name)]
        paths += ["/".join(placed(name)).lstrip("/") for name in paths]
        return frozenset([*paths, *(path.rpartition(".")[0] for path in paths)])

    def _destination(self, folder: str) -> str:
        prefix = str(self._record.options["folder_path"]).rstrip("/")
        return f"{prefix}/{folder.strip('/')}".rstrip("/") or "/"


@contextmanager
def open_material(platform: Platform, record: ImportRecord, workdir: Path) -> Generator[Material]:
    """Lend the uploaded archive.

    Raises:
        BadImport: it is no archive that we read, or holds nothing to import.
    """
    limits = PackedLimits(
        files=platform.settings.limits.import_files, unpacked_bytes=2 * platform.settings.limits.import_bytes
    )
    with open_parts(platform.blobs, record) as file:
        try:
            packed = open_packed(file, scratch=workdir, limits=limits)
            recognized = recognize(packed, format=record.options["format"])
        except BadArchive as error:
            raise BadImport(record.filename, str(error), error.fix) from error
        except FormatError as error:
            raise BadImport(record.filename, str(error), "Leave the format out to have it recognised") from error
        if not recognized.images and recognized.format is None:
            raise BadImport(
                record.filename,
                f"none of its {len(packed.names()):,} files is an image or a label",
                "Pack images, or labels in a format that is read, into the archive",
            )
        yield Material(packed, recognized, record)


class DatasetSizes(Mapping[str, tuple[int, int]]):
    """Sizes of the dataset's images, for labels that are relative to them and come without the images.

    Keys are `folder/filename` as in the files, with or without an ending.

    Args:
        elsewhere: keys of images that came along: their own headers say their sizes, and nobody asks the database.
    """

    def __init__(self, platform: Platform, organization_id: str, dataset_id: str | None, elsewhere: Set[str]) -> None:
        self._platform = platform
        self._organization_id = organization_id
        self._dataset_id = dataset_id
        self._elsewhere = elsewhere
        self._found = lru_cache(_SIZES_KEPT)(self._look_up)

    def __getitem__(self, key: str) -> tuple[int, int]:
        if (found := self._found(key)) is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._found(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def _look_up(self, key: str) -> tuple[int, int] | None:
        if self._dataset_id is None or key in self._elsewhere:
            return None
        folder, _, filename = key.rpartition("/")
        with self._platform.db.read() as conn:
            found = repository.present(conn, self._organization_id, self._dataset_id, names_meant(filename))
        image = match(found, folder, filename)
        return None if image is None else (image.width, image.height)


def _place(entry: ImageEntry) -> tuple[str, str]:
    return "/" + entry.folder_path.strip("/"), entry.filename


def names_meant(filename: str) -> list[str]:
    """Return the file names that a label may mean by one: itself, or with an image's ending."""
    return [filename, *(f"{filename}{ending}" for ending in sorted(IMAGE_ENDINGS))]


def match(found: Mapping[str, Sequence[PresentImage]], folder: str, filename: str) -> PresentImage | None:
    """Return the image of the dataset that labels mean: in its folder, else the only one of its name anywhere."""
    candidates = [image for name in names_meant(filename) for image in found.get(name, ())]
    here = [image for image in candidates if image.folder_path.strip("/") == folder.strip("/")]
    for chosen in (here, candidates):
        exact = [image for image in chosen if image.filename == filename] or chosen
        if len(exact) == 1:
            return exact[0]
    return None
