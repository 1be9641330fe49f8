"""The task `score_disagreement`: image by image, oldest first, and what was measured is kept as it goes.

Killed anywhere, it goes on behind the last image that was kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from pictograph.inference import ClassificationModel, DetectionModel, load_model
from pictograph.metrics.disagreement import disagreement, doubt
from pictograph.metrics.shapes import ImagePair, shapes_of, shapes_of_documents
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.annotations import repository as annotations
from pictograph_server.services.annotations.documents import AnnotationJson
from pictograph_server.services.comparisons.service import source_of
from pictograph_server.services.comparisons.sources import Source
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.services.models.local_folder import local_folder
from pictograph_server.services.versions.repository import VersionRecord
from pictograph_server.services.versions.service import VersionGone
from pictograph_server.storage.blobs import image_key
from pictograph_server.storage.db.types import now

from . import items_repository, scoring_repository
from .frozen import FrozenReader, version_of
from .scoring_repository import ScoringRecord

# Images that are measured and kept together: few where a network looks at each.
_BY_NETWORK, _BY_SOURCE = 20, 500
_CLEARED_AT_ONCE = 20_000
_CLEARED = "cleared"
_POSITION = "position"

# Image id -> its annotations.
_Documents = Mapping[str, Sequence[AnnotationJson]]


class _Opinion(Protocol):
    """What annotations are measured against; images that it does not speak of are absent from the answer."""

    @property
    def images_at_once(self) -> int: ...

    def scores(self, page: Sequence[ImageRecord], documents: _Documents) -> Mapping[str, float]: ...


def measure(run: JobRun, platform: Platform) -> None:
    """Do the scoring `run.job_id`.

    Raises:
        ModelNotFound, ModelNotReady, ModelFileMissing, DatasetNotFound, VersionNotFound, VersionGone: what is
            measured, or what it is measured against, went meanwhile.
    """
    with run.transaction() as conn:
        record = scoring_repository.find(conn, run.organization_id, run.job_id)
        if record is None or not scoring_repository.change(conn, run.job_id, {"status": "running"}):
            if record is not None and record.status == "completed":
                # An earlier attempt was killed before it could say that it had ended.
                return
            raise JobCancelled(f"scoring {run.job_id} has ended")
    _clear(run, record)
    opinion = _opinion(platform, record)
    # Where an earlier attempt stopped.
    position = str(run.checkpoint(_POSITION) or "")
    done, skipped = record.images_done, record.images_skipped
    for page in _pages(platform, record, position, opinion.images_at_once):
        run.raise_if_cancelled()
        with platform.db.read() as conn:
            documents = annotations.documents(conn, [image.id for image in page])
        scores = opinion.scores(page, documents)
        done, skipped = done + len(page), skipped + len(page) - len(scores)
        share = min(0.99, done / max(1, record.images_total))
        with run.transaction(checkpoint=_POSITION, value=page[-1].id, progress=share) as conn:
            items_repository.set_scores(conn, record.dataset_id, scores)
            counts = {"images_done": done, "images_skipped": skipped}
            if not scoring_repository.change(conn, record.id, counts):
                raise JobCancelled(f"scoring {run.job_id} has ended")
    with run.transaction(progress=1.0) as conn:
        scoring_repository.change(conn, record.id, {"status": "completed", "completed_at": now()})


def _clear(run: JobRun, record: ScoringRecord) -> None:
    """Forget what was measured against something else: a queue in the order of two measures says nothing."""
    if run.checkpoint(_CLEARED):
        return
    while True:
        with run.transaction() as conn:
            cleared = items_repository.clear_scores(conn, record.dataset_id, limit=_CLEARED_AT_ONCE)
            cleared += items_repository.forget_decided(conn, record.dataset_id, limit=_CLEARED_AT_ONCE)
        if not cleared:
            break
    with run.transaction(checkpoint=_CLEARED):
        pass


def _pages(platform: Platform, record: ScoringRecord, after: str, size: int) -> Iterator[list[ImageRecord]]:
    # Pages of their own transaction: reading may take hours.
    position = after
    while True:
        with platform.db.read() as conn:
            page = images.page_after(conn, record.dataset_id, record.status_filter, after=position, limit=size)
        if not page:
            return
        yield page
        position = page[-1].id


def _opinion(platform: Platform, record: ScoringRecord) -> _Opinion:
    if record.model_id is not None:
        model = load_model(local_folder(platform, record.organization_id, record.model_id))
        return _OfModel(platform, model, record.confidence)
    with platform.db.read() as conn:
        dataset = datasets.get_by_id(conn, record.organization_id, record.dataset_id)
        if (version := version_of(conn, dataset, record.source or "")) is not None:
            return _OfVersion(version, FrozenReader(platform.blobs, version))
        return _OfSource(platform, source_of(conn, dataset, record.source or ""))


@dataclass(frozen=True, slots=True)
class _OfModel:
    """A trained model that is asked about every image. Only classes that it knows are looked at."""

    platform: Platform
    model: DetectionModel | ClassificationModel
    confidence: float | None

    @property
    def images_at_once(self) -> int:
        return _BY_NETWORK

    def scores(self, page: Sequence[ImageRecord], documents: _Documents) -> Mapping[str, float]:
        found: dict[str, float] = {}
        with ExitStack() as files:
            readable: list[ImageRecord] = []
            paths: list[str] = []
            for image in page:
                try:
                    paths.append(str(files.enter_context(self.platform.blobs.as_file(image_key(image.sha256)))))
                except FileNotFoundError:
                    continue
                readable.append(image)
            for image, path in zip(readable, paths, strict=True):
                try:
                    found[image.id] = self._score(image, path, documents.get(image.id, ()))
                except OSError:
                    # It cannot be decoded; its file may have been damaged since it came.
                    continue
        return found

    def _score(self, image: ImageRecord, path: str, documents: Sequence[AnnotationJson]) -> float:
        known = set(self.model.class_names)
        shapes, _ = shapes_of_documents(documents)
        tags = [tag for tag in image.tags if tag in known]
        if isinstance(self.model, ClassificationModel):
            every = len(self.model.class_names)
            said = {tag.class_name: tag.confidence for tag in self.model.predict(path, 0.0, top_k=every)}
            return doubt({*tags, *(shape.class_name for shape in shapes if shape.class_name in known)}, said)
        answers, _ = shapes_of(self.model.predict(path, self.confidence).to_annotations())
        pair = ImagePair(image.id, image.path, (image.width, image.height), shapes, answers)
        return disagreement(pair, class_names=known)


@dataclass(frozen=True, slots=True)
class _OfSource:
    """Labels that are there already: people's, an engine's, a batch's, another dataset's."""

    platform: Platform
    source: Source

    @property
    def images_at_once(self) -> int:
        return _BY_SOURCE

    def scores(self, page: Sequence[ImageRecord], documents: _Documents) -> Mapping[str, float]:
        with self.platform.db.read() as conn:
            said = self.source.look(conn, page)
        found: dict[str, float] = {}
        for image in page:
            answer = said.get(image.id)
            if answer is None or image.id in self.source.silenced:
                continue
            there, _ = shapes_of_documents(documents.get(image.id, ()))
            theirs, _ = shapes_of_documents(answer.documents)
            pair = ImagePair(
                image.id,
                image.path,
                (image.width, image.height),
                there,
                theirs,
                reference_tags=[tag for tag in image.tags if tag in self.source.tag_classes],
                other_tags=answer.tags,
            )
            found[image.id] = disagreement(pair, class_names=self.source.class_names)
        return found


@dataclass(frozen=True, slots=True)
class _OfVersion:
    """The dataset as it was frozen. Images that nobody had labelled then, or that came later, are not measured."""

    version: VersionRecord
    reader: FrozenReader

    @property
    def images_at_once(self) -> int:
        return _BY_SOURCE

    def scores(self, page: Sequence[ImageRecord], documents: _Documents) -> Mapping[str, float]:
        try:
            before = self.reader.look(page)
        except FileNotFoundError as error:
            raise VersionGone(f"Disagreement with version {self.version.number} is not measured to the end") from error
        found: dict[str, float] = {}
        for image in page:
            was = before.get(image.id)
            if was is None:
                continue
            there, _ = shapes_of_documents(documents.get(image.id, ()))
            then, _ = shapes_of_documents(was.annotations)
            size_wh = (image.width, image.height)
            tags = dict.fromkeys(was.tags, 1.0)
            pair = ImagePair(image.id, image.path, size_wh, there, then, reference_tags=image.tags, other_tags=tags)
            found[image.id] = disagreement(pair)
        return found
