"""A dataset's images and annotations as a model is measured on them: as they are now, without an export."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from pictograph.metrics.shapes import shapes_of_documents
from pictograph.models.model import ModelType
from pictograph_server.engines.trainers.base import Sample, Shape, TrainingData
from pictograph_server.engines.trainers.image_classes import with_image_classes
from pictograph_server.services.annotations import repository as annotations
from pictograph_server.services.annotations.documents import AnnotationJson
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.blobs import BlobStore, image_key

# Images whose annotations are fetched with one query.
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is measured on. The files of the samples may still have to be fetched."""

    class_names: tuple[str, ...]
    samples: tuple[Sample, ...]
    remarks: Sequence[str]


class ImageMissing(Exception):
    """An image's bytes are not in the store. Not a refusal: on object stores a second look may find them."""


def read(
    conn: Connection, blobs: BlobStore, dataset: DatasetRecord, status_filter: str, task: ModelType, folder: Path
) -> Material:
    """Return the images that somebody has looked at: annotated, in review or complete.

    Args:
        folder: where files go that the store has not on this machine.
    """
    class_names = {entry.name: index for index, entry in enumerate(dataset.classes)}
    samples = tuple(
        _sample(image, documents, class_names, blobs.local_path(image_key(image.sha256)) or folder / image.sha256)
        for image, documents in _covered(conn, dataset.id, status_filter, task)
    )
    data = TrainingData(tuple(class_names), samples)
    remarks: list[str] = []
    if task == "classification":
        data = with_image_classes(data, remarks)
    return Material(data.class_names, data.samples, remarks)


def fetch(blobs: BlobStore, material: Material, *, on_image: Callable[[], None]) -> None:
    """Bring the files that are not on this machine; those of an earlier attempt stay. `on_image` may raise to stop.

    Raises:
        ImageMissing: an image is listed but its file is gone.
    """
    for sample in material.samples:
        on_image()
        if sample.path.exists():
            continue
        sample.path.parent.mkdir(parents=True, exist_ok=True)
        part = sample.path.with_suffix(".part")
        try:
            with blobs.as_file(image_key(sample.sha256)) as stored:
                shutil.copyfile(stored, part)
        except FileNotFoundError as error:
            raise ImageMissing(f"the file of image {sample.image_id} is missing from the store") from error
        part.replace(sample.path)


def _covered(
    conn: Connection, dataset_id: str, status_filter: str, task: ModelType
) -> Iterator[tuple[ImageRecord, Sequence[AnnotationJson]]]:
    source = images.list_for_export(conn, dataset_id, status_filter)
    while page := list(islice(source, _PAGE)):
        documents = annotations.documents(conn, [image.id for image in page])
        for image in page:
            # What nobody has looked at tells nothing; its folder may.
            if image.annotation_count or image.status in ("review", "complete") or task == "classification":
                yield image, documents.get(image.id, [])


def _sample(image: ImageRecord, documents: Sequence[AnnotationJson], class_names: dict[str, int], path: Path) -> Sample:
    found, _ = shapes_of_documents(documents)
    shapes = tuple(
        Shape(
            # The list of classes may have been changed since.
            class_names.setdefault(shape.class_name, len(class_names)),
            shape.box_xyxy,
            tuple(tuple(ring) for ring in shape.rings or ()),
        )
        for shape in found
    )
    tags = tuple(sorted(class_names[name] for name in image.tags if name in class_names))
    return Sample(
        image.id,
        path,
        image.width,
        image.height,
        image.sha256,
        dhash=image.dhash,
        shapes=shapes,
        tags=tags,
        folder=image.folder_path,
    )
