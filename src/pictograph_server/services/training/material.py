"""The training data of a run, out of its frozen export: images on disk, annotations as shapes."""

import hashlib
import io
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, Field

from pictograph.geometry.rings import bounds
from pictograph.models.annotation import Annotation
from pictograph.pixels import decode_rgb
from pictograph_server.engines.trainers.base import Sample, Shape, TrainingData
from pictograph_server.errors import BadRequest

_ANNOTATIONS = "annotations/"
_IMAGES = "images/"
_INDEX = "samples.jsonl"
# Kept as they are: what every trainer opens by itself. Others become PNG.
_PLAIN = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


class BrokenExport(BadRequest):
    code = "broken_export"

    def __init__(self, why: str) -> None:
        super().__init__("The export cannot be read", why=why, fix="Export the dataset again and train on that")


class _Document(BaseModel):
    """What a run needs of an exported image's JSON."""

    image: str
    image_uuid: str
    image_path: str = "/"
    image_width: int
    image_height: int
    image_tags: list[str] = Field(default_factory=list[str])
    annotations: list[Annotation]


class _Manifest(BaseModel):
    classes: list[str]


class _Line(BaseModel):
    """A sample on disk: one line of the index."""

    image_id: str
    file: str
    width: int
    height: int
    sha256: str
    shapes: list[Shape] = Field(default_factory=list[Shape])
    tags: list[int] = Field(default_factory=list[int])
    folder: str = "/"


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an export into `folder`, whole or not at all; a folder that is there already is left as it is.

    No name inside the archive is used as a path: files are named by their number.

    Raises:
        BrokenExport: it is no export of ours, or is damaged.
    """
    if folder.exists():
        return
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as source:
            manifest = source.read("manifest.json")
            class_names = _Manifest.model_validate_json(manifest).classes
            (part / "manifest.json").write_bytes(manifest)
            with (part / _INDEX).open("w") as index:
                for line in _unpacked(source, part, class_names):
                    index.write(line.model_dump_json() + "\n")
    # A missing member, a damaged one, or a document that is not ours.
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BrokenExport(str(error)) from error
    part.replace(folder)


def load(folder: Path) -> TrainingData:
    """Return what `unpack` left: every image in the export's order, classes in the dataset's."""
    class_names = _Manifest.model_validate_json((folder / "manifest.json").read_bytes()).classes
    with (folder / _INDEX).open() as index:
        lines = [_Line.model_validate_json(line) for line in index]
    samples = tuple(
        Sample(
            image_id=line.image_id,
            path=folder / line.file,
            width=line.width,
            height=line.height,
            sha256=line.sha256,
            shapes=tuple(line.shapes),
            tags=tuple(line.tags),
            folder=line.folder,
        )
        for line in lines
    )
    return TrainingData(class_names=tuple(class_names), samples=samples)


def with_dhashes(data: TrainingData, dhashes: Mapping[str, str]) -> TrainingData:
    """Return the data with the near-copy hashes that are known, so that copies share a split."""
    samples = tuple(replace(sample, dhash=dhashes.get(sample.image_id)) for sample in data.samples)
    return replace(data, samples=samples)


def _unpacked(source: zipfile.ZipFile, folder: Path, class_names: list[str]) -> Iterator[_Line]:
    # The writer puts each image right behind its document.
    document: _Document | None = None
    number = 0
    for info in source.infolist():
        if info.filename.startswith(_ANNOTATIONS):
            document = _Document.model_validate_json(source.read(info))
        elif info.filename.startswith(_IMAGES) and document is not None:
            number += 1
            data = source.read(info)
            file = _write_image(data, folder, number, PurePosixPath(document.image).suffix.lower())
            yield _Line(
                image_id=document.image_uuid,
                file=file,
                width=document.image_width,
                height=document.image_height,
                sha256=hashlib.sha256(data).hexdigest(),
                shapes=_shapes(document.annotations, class_names),
                tags=[class_names.index(tag) for tag in document.image_tags if tag in class_names],
                folder=document.image_path,
            )
            document = None


def _write_image(data: bytes, folder: Path, number: int, suffix: str) -> str:
    if suffix in _PLAIN:
        (folder / f"{number:07}{suffix}").write_bytes(data)
        return f"{number:07}{suffix}"
    file = io.BytesIO()
    decode_rgb(data).save(file, "PNG", compress_level=1)
    (folder / f"{number:07}.png").write_bytes(file.getbuffer())
    return f"{number:07}.png"


def _shapes(annotations: list[Annotation], class_names: list[str]) -> list[Shape]:
    shapes: list[Shape] = []
    for annotation in annotations:
        if annotation.name not in class_names:
            continue
        index = class_names.index(annotation.name)
        if annotation.type == "bbox":
            box = annotation.bounding_box
            shapes.append(Shape(class_index=index, box_xyxy=(box.x, box.y, box.x + box.w, box.y + box.h)))
        elif annotation.type == "polygon":
            rings = tuple(tuple((point.x, point.y) for point in path) for path in annotation.polygon.paths)
            shapes.append(Shape(class_index=index, box_xyxy=bounds(rings), rings=rings))
    return shapes
