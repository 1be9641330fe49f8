"""Which classes each image shows, by whose word: rows kept beside annotations and tags, for filters and counts.

Whoever writes annotations or tags calls this in the same transaction, with the dataset held.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from pictograph_server.storage.db import tables

from . import tallies
from .tallies import ClassTally

TAG_KINDS = ("objects", "scenes", "attributes")
_images = tables.images
_labels = tables.image_labels
_TAG_SOURCES = tuple(f"tag:{kind}" for kind in TAG_KINDS)
_CHUNK = 500
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """What of an image decides where its labels count."""

    id: str
    dataset_id: str
    is_archived: bool
    least_confidence: float | None


@dataclass(frozen=True, slots=True)
class Label:
    """A row without its image. A tag has no count."""

    class_name: str
    source: str
    annotation_count: int | None = None
    least_confidence: float | None = None


def index_tags(conn: Connection, image_ids: Sequence[str]) -> None:
    """Note the tags of images as their rows hold them."""
    for start in range(0, len(image_ids), _CHUNK):
        query = select(_images.c.id, _images.c.auto_tags).where(_images.c.id.in_(image_ids[start : start + _CHUNK]))
        replace(conn, {row.id: _tags_of(row.auto_tags) for row in conn.execute(query)}, are_tags=True)


def replace(conn: Connection, wanted: Mapping[str, Sequence[Label]], *, are_tags: bool) -> list[LabelledImage]:
    """Write the rows of images (their tags, or all the others) where they differ, and count the difference.

    Returns the images as they were.
    """
    ids = list(wanted)
    images: list[LabelledImage] = []
    before: dict[str, list[Label]] = {}
    is_tag = _labels.c.source.in_(_TAG_SOURCES)
    kind = is_tag if are_tags else ~is_tag
    columns = (_labels.c.class_name, _labels.c.source, _labels.c.annotation_count, _labels.c.least_confidence)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        query = select(_images.c.id, _images.c.dataset_id, _images.c.is_archived, _images.c.least_confidence)
        images += [LabelledImage(*row) for row in conn.execute(query.where(_images.c.id.in_(chunk)))]
        rows = conn.execute(select(_labels.c.image_id, *columns).where(_labels.c.image_id.in_(chunk), kind))
        for image_id, *values in rows:
            before.setdefault(image_id, []).append(Label(*values))
    changed = [image for image in images if set(before.get(image.id, ())) != set(wanted[image.id])]
    gone = [image.id for image in changed if image.id in before]
    for start in range(0, len(gone), _CHUNK):
        conn.execute(delete(_labels).where(_labels.c.image_id.in_(gone[start : start + _CHUNK]), kind))
    if new := [_row(image, label) for image in changed for label in wanted[image.id]]:
        conn.execute(insert(_labels), new)
    _count(conn, [image for image in changed if not image.is_archived], before, wanted)
    return images


def _count(
    conn: Connection,
    images: Sequence[LabelledImage],
    before: Mapping[str, Sequence[Label]],
    after: Mapping[str, Sequence[Label]],
) -> None:
    changes: dict[str, dict[str, ClassTally]] = {}
    for image in images:
        counts = changes.setdefault(image.dataset_id, {})
        was, now = _tally(before.get(image.id, ())), _tally(after[image.id])
        for name in {*was, *now}:
            difference = now.get(name, ClassTally()) - was.get(name, ClassTally())
            counts[name] = counts.get(name, ClassTally()) + difference
    for dataset_id, counts in changes.items():
        tallies.add_classes(conn, dataset_id, counts)


def _tally(labels: Iterable[Label]) -> dict[str, ClassTally]:
    """Return what one image adds to the counts of its classes."""
    annotated: dict[str, int] = {}
    tagged: set[str] = set()
    for label in labels:
        if label.annotation_count is None:
            tagged.add(label.class_name)
        else:
            annotated[label.class_name] = annotated.get(label.class_name, 0) + label.annotation_count
    return {
        name: ClassTally(int(name in annotated), annotated.get(name, 0), int(name in tagged))
        for name in {*annotated, *tagged}
    }


def _tags_of(auto_tags: Mapping[str, Any]) -> list[Label]:
    """Return the rows of what the column holds: kind -> names, and confidences by name.

    A tag that no class could be called is left out: it is shown, but not searched.
    """
    confidences: Mapping[str, float] = auto_tags.get("confidences") or {}
    return [
        Label(name, f"tag:{kind}", None, confidences.get(name))
        for kind in TAG_KINDS
        for name in dict.fromkeys(map(str, auto_tags.get(kind) or ()))
        if len(name) <= _LONGEST_NAME
    ]


def _row(image: LabelledImage, label: Label) -> dict[str, object]:
    return {
        "dataset_id": image.dataset_id,
        "class_name": label.class_name,
        "image_id": image.id,
        "source": label.source,
        "annotation_count": label.annotation_count,
        "least_confidence": label.least_confidence,
    }
