"""V7 Darwin: its teams, datasets and exports (https://docs.v7labs.com/reference), read as Darwin JSON 2.0.

An import asks V7 for an export of the whole dataset, waits for it, and takes the images from where the export says.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from pictograph.formats import shapes
from pictograph.formats.base import ReadReport
from pictograph.formats.image_files import is_litter
from pictograph.formats.packed import BadArchive, PackedSource, UnreadableMember, open_packed
from pictograph.formats.shapes import Label
from pictograph.geometry.rings import Ring, contains
from pictograph.models.annotation import Annotation
from pictograph.models.connector import RemoteDataset

from .api import Api, ConnectorFailed, ConnectorKeyRefused
from .remote import Contents, Labels, Loaded, NotHad, RemoteImage, Wanted

FORMAT = "darwin_json_2"
_POLL_S = 3.0
_PACKING_S = 3600.0


class _Team(BaseModel):
    name: str = ""
    slug: str


class _TokenInfo(BaseModel):
    selected_team: _Team


class _Dataset(BaseModel):
    id: int | str
    name: str
    slug: str
    num_images: int | None = None
    num_items: int | None = None


class _Export(BaseModel):
    name: str
    version: int | str | None = None
    status: str = "complete"
    download_url: str | None = None
    format: str | None = None
    latest: bool = False
    inserted_at: str = ""


class _SourceFile(BaseModel):
    url: str


class _Slot(BaseModel):
    type: str = "image"
    slot_name: str = "0"
    source_files: list[_SourceFile] = Field(default_factory=list[_SourceFile])


class _Item(BaseModel):
    name: str
    path: str = "/"
    slots: list[_Slot] = Field(default_factory=list[_Slot])


class _XY(BaseModel):
    x: float
    y: float


class _Box(BaseModel):
    x: float
    y: float
    w: float
    h: float


class _Polygon(BaseModel):
    paths: list[list[_XY]]


class _Line(BaseModel):
    path: list[_XY]


class _Ellipse(BaseModel):
    angle: float = 0.0
    center: _XY
    radius: _XY


class _Shape(BaseModel):
    """An annotation: the kind is told by the key that is there."""

    id: str | None = None
    name: str
    bounding_box: _Box | None = None
    polygon: _Polygon | None = None
    line: _Line | None = None
    keypoint: _XY | None = None
    ellipse: _Ellipse | None = None
    tag: dict[str, Any] | None = None
    slot_names: list[str] = Field(default_factory=list[str])


class _Document(BaseModel):
    item: _Item
    annotations: list[_Shape] = Field(default_factory=list[_Shape])


_DATASETS = TypeAdapter(list[_Dataset])
_EXPORTS = TypeAdapter(list[_Export])


@dataclass(frozen=True)
class V7:
    """V7, opened with a key. `api` sends it as `Authorization: ApiKey …`."""

    api: Api
    max_archive_bytes: int
    max_image_bytes: int
    sleep: Callable[[float], None] = time.sleep

    @staticmethod
    def secret_headers(key: str) -> Mapping[str, str]:
        return {"Authorization": f"ApiKey {key}"}

    def workspace(self) -> str:
        team = self._team()
        return team.name or team.slug

    def datasets(self) -> list[RemoteDataset]:
        return [
            RemoteDataset(
                id=str(each.id),
                name=each.name,
                slug=each.slug,
                image_count=max(0, each.num_images or each.num_items or 0),
            )
            for each in self.api.read(_DATASETS, "datasets")
        ]

    def contents(self, wanted: Wanted, folder: Path, *, marker: str, on_wait: Callable[[], None]) -> Contents:
        archive = folder / "export.zip"
        if not archive.exists():
            url = self._export(wanted, marker, on_wait)
            self.api.download(url, archive, max_bytes=self.max_archive_bytes)
        source = _open(archive, folder)
        names = [name for name in source.names() if name.endswith(".json") and not is_litter(name)]
        return Contents(len(names), lambda first: self._images(source, names[first:]))

    def _team(self) -> _Team:
        return self.api.read(_TokenInfo, "users", "token_info").selected_team

    def _export(self, wanted: Wanted, marker: str, on_wait: Callable[[], None]) -> str:
        """Return the address of an export of the dataset: a new one, or the one of the version asked for."""
        path = ("v2", "teams", self._team().slug, "datasets", wanted.slug, "exports")
        there = self.api.read(_EXPORTS, *path)
        if wanted.version is not None:
            return _address(_of_version(there, wanted))
        if not any(each.name == marker for each in there):
            # Without `filters` only finished items would be in it.
            body = {
                "name": marker,
                "format": FORMAT,
                "include_authorship": False,
                "include_export_token": False,
                "annotation_filters": {},
                "filters": {},
            }
            try:
                self.api.ask(*path, method="POST", body=body)
            except (ConnectorFailed, ConnectorKeyRefused):
                newest = _newest(there)
                if newest is None:
                    raise
                return _address(newest)
        return self._packed(path, marker, on_wait)

    def _packed(self, path: Sequence[str], marker: str, on_wait: Callable[[], None]) -> str:
        deadline = time.monotonic() + _PACKING_S
        while time.monotonic() < deadline:
            on_wait()
            found = next((each for each in self.api.read(_EXPORTS, *path) if each.name == marker), None)
            if found is not None and found.status == "failed":
                raise ConnectorFailed("V7 could not export the dataset", why="the export failed there")
            if found is not None and found.download_url:
                return found.download_url
            self.sleep(_POLL_S)
        raise ConnectorFailed("V7 did not export the dataset in time", fix="Start the import again")

    def _images(self, source: PackedSource, names: Sequence[str]) -> Iterator[RemoteImage]:
        for name in names:
            document = _read(source, name)
            if isinstance(document, NotHad):
                yield RemoteImage("/", name.rpartition("/")[2], _failing(document))
                continue
            item = document.item
            yield RemoteImage(item.path or "/", item.name, lambda document=document: self._load(document))

    def _load(self, document: _Document) -> Loaded:
        slot = next((slot for slot in document.item.slots if slot.type == "image" and slot.source_files), None)
        if slot is None:
            kinds = ", ".join(dict.fromkeys(slot.type for slot in document.item.slots)) or "nothing"
            raise NotHad(f"it holds no image but {kinds}")
        data = self.api.fetch(slot.source_files[0].url, max_bytes=self.max_image_bytes)
        on_it = [each for each in document.annotations if not each.slot_names or slot.slot_name in each.slot_names]
        return Loaded(data, lambda _width, _height: labels_of(on_it))


def labels_of(found: Sequence[_Shape]) -> Labels:
    """Return the annotations and tags of an item; kinds we have no shape for are left out."""
    report = ReadReport()
    annotations = [annotation for each in found for annotation in _annotations(each, report)]
    return Labels(annotations, tuple(dict.fromkeys(each.name for each in found if each.tag is not None)))


def _annotations(found: _Shape, report: ReadReport) -> list[Annotation]:
    label = Label(found.name, id=found.id, created_by="v7")
    if found.polygon is not None:
        parts = split_parts([[(point.x, point.y) for point in path] for path in found.polygon.paths])
        return [each for number, part in enumerate(parts) for each in shapes.polygon(label.part(number), part, report)]
    if found.ellipse is not None:
        ring = shapes.ellipse_ring(
            found.ellipse.center.x, found.ellipse.center.y, found.ellipse.radius.x, found.ellipse.radius.y
        )
        return shapes.polygon(label, [shapes.rotated(ring, math.degrees(found.ellipse.angle))], report)
    if found.line is not None:
        return shapes.polyline(label, [(point.x, point.y) for point in found.line.path], report)
    if found.keypoint is not None:
        return shapes.keypoint(label, found.keypoint.x, found.keypoint.y, report)
    if found.bounding_box is not None and found.tag is None:
        box = found.bounding_box
        return shapes.box(label, box.x, box.y, box.w, box.h, report)
    return []


def split_parts(rings: Sequence[Ring]) -> list[list[Ring]]:
    """Return the polygons that a list of rings means by the even-odd rule: each an outer ring and its holes.

    V7 writes the parts of an object and their holes as one list.
    """
    rings = [ring for ring in rings if len(ring) >= 3]
    around = [
        [other for other, outer in enumerate(rings) if other != number and contains([outer], ring[0])]
        for number, ring in enumerate(rings)
    ]
    outers = [number for number, inside in enumerate(around) if len(inside) % 2 == 0]
    parts = {number: [rings[number]] for number in outers}
    for number, inside in enumerate(around):
        if number not in parts:
            # Of the outer rings around a hole, the innermost one has it.
            owner = max((other for other in inside if other in parts), key=lambda other: len(around[other]))
            parts[owner].append(rings[number])
    return list(parts.values())


def _read(source: PackedSource, name: str) -> _Document | NotHad:
    try:
        return _Document.model_validate_json(source.read(name))
    except (ValidationError, UnreadableMember) as error:
        first = str(error).splitlines()[0]
        return NotHad(f"its labels cannot be read: {first}")


def _failing(error: NotHad) -> Callable[[], Loaded]:
    def load() -> Loaded:
        raise error

    return load


def _open(archive: Path, scratch: Path) -> PackedSource:
    try:
        return open_packed(archive.open("rb"), scratch=scratch)
    except BadArchive as error:
        archive.unlink()
        raise ConnectorFailed("V7's export cannot be read", why=str(error)) from None


def _of_version(exports: Sequence[_Export], wanted: Wanted) -> _Export:
    for each in exports:
        if str(each.version) == str(wanted.version):
            return each
    versions = ", ".join(str(each.version) for each in exports) or "none"
    raise ConnectorFailed(f"V7 has no export {wanted.version} of {wanted.slug!r}", why=f"there are {versions}")


def _newest(exports: Sequence[_Export]) -> _Export | None:
    ready = [each for each in exports if each.download_url and each.format in (None, "json", FORMAT)]
    return max(ready, key=lambda each: (each.latest, each.inserted_at), default=None)


def _address(export: _Export) -> str:
    if not export.download_url:
        raise ConnectorFailed(f"V7's export {export.name!r} cannot be had", why=f"it is {export.status}")
    return export.download_url
