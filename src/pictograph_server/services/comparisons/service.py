"""Measures the labels of a dataset: one source against another, on the images that the first has looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection

from pictograph.models.comparison import Comparison
from pictograph_server.errors import BadRequest
from pictograph_server.services.annotations.documents import AnnotationJson
from pictograph_server.services.auto_annotation.service import BatchNotFound
from pictograph_server.services.comparisons import repository
from pictograph_server.services.comparisons.sources import Batch, Dataset, Machine, People, Said, Source
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord

if TYPE_CHECKING:
    from pictograph.metrics.confidence import Unreviewed
    from pictograph.metrics.shapes import ImagePair

MAX_IMAGES = 5_000
# Images whose annotations are fetched with one query.
_PAGE = 100


class UnknownSource(BadRequest):
    code = "unknown_source"

    def __init__(self, dataset: str, source: str, makers: Sequence[str]) -> None:
        super().__init__(
            f"No label of dataset {dataset!r} was made by {source!r}",
            why=f"engines that labelled it: {', '.join(makers)}" if makers else "no engine has labelled it yet",
            fix="Name people, machine, one of the engines, batch:<job id> or dataset:<name>",
        )


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """What to measure against what. `class_names` None means all; for a batch, those it was asked for."""

    dataset_name: str
    reference: str = "people"
    other: str = "machine"
    class_names: Sequence[str] | None = None
    iou: float = 0.5
    images_limit: int = MAX_IMAGES
    worst_limit: int = 20
    review_limit: int = 100


def compare(conn: Connection, organization_id: str, request: ComparisonRequest) -> Comparison:
    """Return how far the other source agrees with the reference.

    Raises:
        DatasetNotFound, BatchNotFound: 404.
        UnknownSource: 400, nothing is from an engine of this name.
    """
    # The server starts without numpy.
    from pictograph.metrics import agreement

    dataset = datasets.get_by_name(conn, organization_id, request.dataset_name)
    reference, other = (source_of(conn, dataset, name) for name in (request.reference, request.other))
    class_names = request.class_names if request.class_names is not None else other.class_names
    walk = _Walk(conn, request, reference, other, class_names, images.list_for_export(conn, dataset.id, None))
    unreviewed: list[Unreviewed] = []
    comparison = agreement.compare(
        walk.pairs(unreviewed),
        reference=request.reference,
        other=request.other,
        iou=request.iou,
        class_names=class_names,
        tag_classes=other.tag_classes,
        # Filled while the pairs are read.
        unreviewed=unreviewed,
        worst=request.worst_limit,
    )
    for name, source in ((request.reference, reference), (request.other, other)):
        if isinstance(source, Machine) and not source.is_known:
            raise UnknownSource(dataset.name, name, sorted(source.makers))
    return comparison.model_copy(
        update={
            "dataset": dataset.name,
            "images_not_covered": walk.not_covered,
            "images_not_searched": walk.not_searched + walk.silenced,
            "review": comparison.review[: request.review_limit],
            "notes": _notes(request, reference, comparison, walk),
        }
    )


@dataclass(slots=True)
class _Walk:
    """Goes through a dataset once, the oldest image first, and sorts its images."""

    conn: Connection
    request: ComparisonRequest
    reference: Source
    other: Source
    class_names: Sequence[str] | None
    images: Iterator[ImageRecord]
    not_covered: int = 0
    not_searched: int = 0
    silenced: int = 0
    compared: int = 0
    is_cut: bool = False
    is_review_cut: bool = False

    def pairs(self, unreviewed: "list[Unreviewed]") -> "Iterator[ImagePair]":
        """Yield the images that both have looked at, and collect those that only the other has."""
        while page := list(islice(self.images, _PAGE)):
            said = self.reference.look(self.conn, page)
            covered = [image for image in page if image.id in said]
            answers = self.other.look(self.conn, covered)
            for image in covered:
                if image.id in self.other.silenced:
                    self.silenced += 1
                elif image.id not in answers:
                    self.not_searched += 1
                elif self.compared == self.request.images_limit:
                    self.is_cut = True
                else:
                    self.compared += 1
                    yield _pair(image, said[image.id], answers[image.id])
            self._collect([image for image in page if image.id not in said], unreviewed)

    def _collect(self, new: Sequence[ImageRecord], unreviewed: "list[Unreviewed]") -> None:
        from pictograph.metrics.confidence import Unreviewed

        self.not_covered += len(new)
        room = self.request.images_limit - len(unreviewed)
        if not new or not self.request.review_limit:
            return
        if room <= 0:
            self.is_review_cut = True
            return
        sure = self.other.look(self.conn, new[:room])
        unreviewed += [
            Unreviewed(image.id, image.path, [_confidence(each) for each in said.documents if self._is_wanted(each)])
            for image in new[:room]
            if (said := sure.get(image.id)) is not None
        ]
        self.is_review_cut = len(new) > room

    def _is_wanted(self, document: AnnotationJson) -> bool:
        return self.class_names is None or document["name"] in self.class_names


def _pair(image: ImageRecord, reference: Said, other: Said) -> "ImagePair":
    from pictograph.metrics.shapes import ImagePair, shapes_of_documents

    there, left_there = shapes_of_documents(reference.documents)
    said, left_said = shapes_of_documents(other.documents)
    return ImagePair(
        id=image.id,
        path=image.path,
        size_wh=(image.width, image.height),
        reference=there,
        other=said,
        reference_tags=reference.tags,
        other_tags=other.tags,
        not_measured=left_there + left_said,
    )


def _confidence(document: AnnotationJson) -> float:
    return float(cast("float", document["confidence"]))


def source_of(conn: Connection, dataset: DatasetRecord, name: str) -> Source:
    """Return the labels of a dataset that a name stands for. Raises `DatasetNotFound`, `BatchNotFound` (404)."""
    kind, _, rest = name.partition(":")
    if name == "people":
        return People()
    if name == "machine":
        return Machine(conn, dataset.id)
    if kind == "dataset" and rest:
        return Dataset(conn, datasets.get_by_name(conn, dataset.organization_id, rest).id)
    if kind == "batch" and rest:
        found = next((batch for batch in repository.batches(conn, dataset.id) if batch.id == rest), None)
        if found is None:
            raise BatchNotFound(rest)
        return Batch(dataset.organization_id, found)
    return Machine(conn, dataset.id, engine=name)


def _notes(request: ComparisonRequest, reference: Source, comparison: Comparison, walk: _Walk) -> list[str]:
    notes: list[str] = []
    if not comparison.image_count:
        covers = walk.not_searched or walk.silenced
        why = f"and {request.other} share no image" if covers else "has looked at none of the images"
        notes.append(f"Nothing was compared: {request.reference} {why}")
    if walk.is_cut:
        notes.append(f"Only the oldest {request.images_limit} images were compared; there are more")
    if walk.is_review_cut:
        notes.append(f"Only the oldest {request.images_limit} unreviewed images were put in order; there are more")
    if walk.not_searched:
        notes.append(f"{walk.not_searched} images of {request.reference} were left out: {request.other} never saw them")
    if walk.silenced:
        notes.append(
            f"{walk.silenced} images of {request.reference} were left out: they were labelled before {request.other} "
            'came, which adds nothing that is there already; ask with destination="proposals" to measure it'
        )
    if isinstance(reference, People) and reference.edited_machine_labels:
        notes.append(
            f"{reference.edited_machine_labels} labels were a machine's before people changed them. What it had said "
            'is gone, and they count as missed; a batch with destination="proposals" keeps it'
        )
    return notes
