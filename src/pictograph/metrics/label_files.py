"""Labels in files, of one format or another, brought together image by image: no server is needed to compare them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pictograph.formats.base import FormatError, ImageEntry, ImageSizes
from pictograph.formats.label_files import open_labels
from pictograph.formats.packed import BadArchive
from pictograph.metrics.confidence import Unreviewed
from pictograph.metrics.shapes import ImagePair, shapes_of
from pictograph.models.annotation import Annotation

Labels = Sequence[tuple[ImageEntry, list[Annotation]]]


@dataclass(frozen=True, slots=True)
class Paired:
    """Two sets of labels by image: what both have, and what only one has."""

    pairs: Sequence[ImagePair]
    # The reference has looked at them and the other has not; the other way round.
    not_searched: int
    unreviewed: Sequence[Unreviewed]


def read_labels(path: Path, *, image_sizes: ImageSizes | None = None) -> Labels:
    """Return every image of a folder, an archive (zip, tar, tar.gz) or a JSON file, with its annotations.

    Read is every format that `pictograph.formats` knows, told from the files, and what `pictograph datasets download`
    wrote. `image_sizes` is for YOLO labels without their images.

    Raises:
        FileNotFoundError: there is nothing at the path.
        FormatError: the files are of none of the formats, or contradict themselves; or the archive is refused.
    """
    try:
        with open_labels(path, image_sizes=image_sizes) as labels:
            return labels.read()
    except BadArchive as refusal:
        raise FormatError(f"{str(path)!r} is not read: {refusal}. {refusal.fix}") from refusal


def read_both(reference: Path, other: Path) -> tuple[Labels, Labels]:
    """Return the labels of both; what one says about the sizes of images helps with the other."""
    try:
        first = read_labels(reference)
    except FormatError:
        second = read_labels(other)
        return read_labels(reference, image_sizes=_sizes(second)), second
    return first, read_labels(other, image_sizes=_sizes(first))


def pair_up(reference: Labels, other: Labels) -> Paired:
    """Bring the labels of the same images together: the same folder and name, its ending aside, or a name that is
    unique on both sides.

    An image of the reference counts when it has an annotation, or is in review or complete.
    """
    said_by_path = {_path(entry): said for said in other for entry in said[:1]}
    there_names = Counter(_name(entry) for entry, _ in reference)
    said_names = Counter(_name(entry) for entry, _ in other)
    said_by_name = {_name(entry): (entry, found) for entry, found in other}
    pairs: list[ImagePair] = []
    used: set[int] = set()
    not_searched = 0
    for entry, annotations in reference:
        if not annotations and entry.status not in ("review", "complete"):
            continue
        said = said_by_path.get(_path(entry))
        name = _name(entry)
        if said is None and there_names[name] == said_names[name] == 1:
            said = said_by_name[name]
        if said is None:
            not_searched += 1
            continue
        used.add(id(said[0]))
        pairs.append(_pair(entry, annotations, said[0], said[1]))
    unreviewed = [
        Unreviewed(entry.id, _full_path(entry), [annotation.confidence for annotation in found])
        for entry, found in other
        if id(entry) not in used
    ]
    return Paired(pairs, not_searched, unreviewed)


def _pair(entry: ImageEntry, there: Sequence[Annotation], other: ImageEntry, said: Sequence[Annotation]) -> ImagePair:
    reference, left_there = shapes_of(there)
    found, left_said = shapes_of(said)
    size_wh = next(((each.width, each.height) for each in (entry, other) if each.width and each.height), None)
    return ImagePair(entry.id, _full_path(entry), size_wh, reference, found, not_measured=left_there + left_said)


def _sizes(labels: Labels) -> Mapping[str, tuple[int, int]]:
    sizes: dict[str, tuple[int, int]] = {}
    for entry, _ in labels:
        if entry.width and entry.height:
            for path in (_full_path(entry).lstrip("/"), _path(entry), entry.filename, _name(entry)):
                sizes.setdefault(path, (entry.width, entry.height))
    return sizes


def _full_path(entry: ImageEntry) -> str:
    return f"/{entry.folder_path.strip('/')}/{entry.filename}".replace("//", "/")


def _path(entry: ImageEntry) -> str:
    return str(PurePosixPath(_full_path(entry).lstrip("/")).with_suffix(""))


def _name(entry: ImageEntry) -> str:
    return PurePosixPath(entry.filename).stem
