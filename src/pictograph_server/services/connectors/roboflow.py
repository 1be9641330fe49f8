"""Roboflow: its workspaces, projects and versions (https://docs.roboflow.com/developer/rest-api).

Without a version an import takes the images as they were sent to the project, one by one, with what is drawn on them;
with one, the ZIP of that version: images resized and augmented as the version says, in folders of its splits.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, Field

from pictograph.formats import shapes
from pictograph.formats.base import FormatError, ImageEntry, ReadReport
from pictograph.formats.packed import BadArchive, UnreadableMember, open_packed
from pictograph.formats.recognize import RootedSource, recognize
from pictograph.formats.registry import get_format
from pictograph.formats.shapes import Label
from pictograph.models.annotation import Annotation
from pictograph.models.connector import RemoteDataset

from .api import Api, ConnectorFailed
from .remote import Contents, Labels, Loaded, NotHad, RemoteImage, Wanted

_PAGE = 250
_POLL_S = 3.0
_PACKING_S = 3600.0
# What a version is asked for as: the formats that lose nothing of their kind of project.
_EXPORT_FORMATS = {
    "classification": "folder",
    "instance-segmentation": "coco-segmentation",
    "semantic-segmentation": "coco-segmentation",
}


class _Root(BaseModel):
    workspace: str


class _Project(BaseModel):
    # `workspace/project`
    id: str
    name: str = ""
    type: str = "object-detection"
    images: int = 0


class _Workspace(BaseModel):
    name: str = ""
    url: str = ""
    projects: list[_Project] = Field(default_factory=list[_Project])


class _WorkspaceAnswer(BaseModel):
    workspace: _Workspace


class _ProjectAnswer(BaseModel):
    project: _Project


class _Found(BaseModel):
    id: str
    name: str = ""


class _SearchAnswer(BaseModel):
    total: int | None = None
    results: list[_Found] = Field(default_factory=list[_Found])


class _Drawn(BaseModel):
    """A box by its centre, or an outline. Numbers may come as text."""

    label: str
    x: float
    y: float
    width: float
    height: float
    points: list[tuple[float, float]] | None = None


class _Annotation(BaseModel):
    width: float | None = None
    height: float | None = None
    boxes: list[_Drawn] = Field(default_factory=list[_Drawn])


class _Urls(BaseModel):
    original: str


class _Image(BaseModel):
    annotation: _Annotation | None = None
    labels: list[str] = Field(default_factory=list[str])
    urls: _Urls


class _ImageAnswer(BaseModel):
    image: _Image


class _Link(BaseModel):
    link: str


class _ExportAnswer(BaseModel):
    export: _Link


@dataclass(frozen=True)
class Roboflow:
    """Roboflow, opened with a key. `api` sends it as `?api_key=…`."""

    api: Api
    max_archive_bytes: int
    max_image_bytes: int
    sleep: Callable[[float], None] = time.sleep

    @staticmethod
    def secret_query(key: str) -> Mapping[str, str]:
        return {"api_key": key}

    def workspace(self) -> str:
        return self.api.read(_Root).workspace

    def datasets(self) -> list[RemoteDataset]:
        workspace = self.api.read(_WorkspaceAnswer, self.workspace()).workspace
        return [
            RemoteDataset(
                id=each.id, name=each.name or _slug(each.id), slug=_slug(each.id), image_count=max(0, each.images)
            )
            for each in workspace.projects
        ]

    def contents(self, wanted: Wanted, folder: Path, *, marker: str, on_wait: Callable[[], None]) -> Contents:
        del marker  # Nothing is made at Roboflow that would need a name.
        place = self._place(wanted)
        project = self.api.read(_ProjectAnswer, *place).project
        if wanted.version is not None:
            return self._version(place, wanted.version, project.type, folder, on_wait)
        found = self._search(place, on_wait)
        return Contents(
            len(found),
            lambda first: (
                RemoteImage("/", name, lambda each=each: self._load(place, each, project.type))
                for each, name in found[first:]
            ),
        )

    def _place(self, wanted: Wanted) -> tuple[str, str]:
        """Return workspace and project: the id holds both, a slug is of the key's own workspace."""
        workspace, slash, project = wanted.remote_id.partition("/")
        return (workspace, project) if slash else (self.workspace(), wanted.slug)

    # --- images as they were sent ---

    def _search(self, place: Sequence[str], on_wait: Callable[[], None]) -> list[tuple[_Found, str]]:
        """Return every image of the project with the name it gets, in an order that does not change."""
        found: dict[str, _Found] = {}
        offset = 0
        while True:
            on_wait()
            body = {"limit": _PAGE, "offset": offset, "fields": ["id", "name"]}
            page = self.api.read(_SearchAnswer, *place, "search", method="POST", body=body)
            found |= {each.id: each for each in page.results}
            offset += len(page.results)
            if not page.results or (page.total is not None and offset >= page.total):
                break
        ordered = sorted(found.values(), key=lambda each: each.id)
        names = Counter(_filename(each) for each in ordered)
        return [(each, _unique(each) if names[_filename(each)] > 1 else _filename(each)) for each in ordered]

    def _load(self, place: Sequence[str], found: _Found, kind: str) -> Loaded:
        image = self.api.read(_ImageAnswer, *place, "images", found.id).image
        data = self.api.fetch(image.urls.original, max_bytes=self.max_image_bytes)
        return Loaded(data, lambda width, height: labels_of(image, kind, width, height))

    # --- a version ---

    def _version(
        self, place: Sequence[str], version: int, kind: str, folder: Path, on_wait: Callable[[], None]
    ) -> Contents:
        archive = folder / "version.zip"
        if not archive.exists():
            link = self._packed((*place, str(version), _EXPORT_FORMATS.get(kind, "coco")), on_wait)
            self.api.download(link, archive, max_bytes=self.max_archive_bytes)
        try:
            source = open_packed(archive.open("rb"), scratch=folder)
            recognized = recognize(source)
            rooted = RootedSource(source, recognized.root)
            read = get_format(recognized.format or "").read
            labelled = list(read(rooted, report=ReadReport()))
        except (BadArchive, UnreadableMember, FormatError, ValueError) as error:
            archive.unlink()
            raise ConnectorFailed("Roboflow's version cannot be read", why=str(error)) from None
        lock = threading.Lock()

        def image(entry: ImageEntry, annotations: Sequence[Annotation]) -> RemoteImage:
            def load() -> Loaded:
                if entry.file is None:
                    raise NotHad("its file is not in the version")
                try:
                    with lock:
                        data = rooted.read(entry.file)
                except UnreadableMember as error:
                    raise NotHad(str(error)) from None
                made = [each.model_copy(update={"created_by": "roboflow"}) for each in annotations]
                return Loaded(data, lambda _width, _height: Labels(made, entry.tags))

            return RemoteImage(entry.folder_path, entry.filename, load)

        def images(first: int) -> Iterator[RemoteImage]:
            return (image(entry, annotations) for entry, annotations in labelled[first:])

        return Contents(len(labelled), images)

    def _packed(self, path: Sequence[str], on_wait: Callable[[], None]) -> str:
        deadline = time.monotonic() + _PACKING_S
        while time.monotonic() < deadline:
            on_wait()
            status, document = self.api.ask(*path)
            if status != 202:
                return self.api.parse(_ExportAnswer, document).export.link
            self.sleep(_POLL_S)
        raise ConnectorFailed("Roboflow did not pack the version in time", fix="Start the import again")


def labels_of(image: _Image, kind: str, width: int, height: int) -> Labels:
    """Return what is drawn on an image, in pixels of its size here."""
    if kind == "classification":
        return Labels((), tuple(dict.fromkeys(image.labels)))
    drawn = image.annotation
    if drawn is None:
        return Labels(())
    across = width / drawn.width if drawn.width else 1.0
    down = height / drawn.height if drawn.height else 1.0
    report = ReadReport()
    annotations: list[Annotation] = []
    for each in drawn.boxes:
        label = Label(each.label, created_by="roboflow")
        if each.points:
            annotations += shapes.polygon(label, [[(x * across, y * down) for x, y in each.points]], report)
        else:
            left, top = (each.x - each.width / 2) * across, (each.y - each.height / 2) * down
            annotations += shapes.box(label, left, top, each.width * across, each.height * down, report)
    return Labels(annotations)


def _slug(project_id: str) -> str:
    return project_id.rpartition("/")[2]


def _filename(found: _Found) -> str:
    return found.name or found.id


def _unique(found: _Found) -> str:
    """Return a name for one of several images that are called the same."""
    path = PurePosixPath(_filename(found))
    return f"{path.stem}_{found.id}{path.suffix}"
