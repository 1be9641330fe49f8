"""Who is measured against whom: people, the machine, one engine, one batch, or another dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from pictograph_server.services.annotations.documents import AnnotationJson
from pictograph_server.services.annotations.provenance import Provenance, is_engine
from pictograph_server.services.annotations.repository import Stored
from pictograph_server.services.auto_annotation import proposals_repository as proposals
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.comparisons import repository
from pictograph_server.services.comparisons.repository import BatchRow
from pictograph_server.services.images.records import ImageRecord


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says about an image it has looked at."""

    documents: Sequence[AnnotationJson] = ()
    tags: Mapping[str, float] = field(default_factory=dict[str, float])


class Source(Protocol):
    """Labels of the images of one dataset."""

    # What it was asked for as tags, and what it was asked for at all; None where nobody knows.
    tag_classes: Sequence[str]
    class_names: Sequence[str] | None
    # Images it has looked at, of which nobody can say what it saw: see `Machine`.
    silenced: set[str]

    def look(self, conn: Connection, images: Sequence[ImageRecord]) -> Mapping[str, Said]:
        """Return image id -> what it says, for those of the images that it has looked at."""
        ...


class People:
    """What people made, edited, or kept: an untouched machine label is their word too when they saved over it.

    An image counts when it has an annotation of theirs, or when a person called it complete. There every label that
    was on the image when they last saved is theirs; a label that a machine added later is not.
    """

    tag_classes: Sequence[str] = ()
    class_names: Sequence[str] | None = None

    def __init__(self) -> None:
        self.silenced: set[str] = set()
        # Annotations that a machine made and a person changed: what the machine had said is gone.
        self.edited_machine_labels = 0

    def look(self, conn: Connection, images: Sequence[ImageRecord]) -> Mapping[str, Said]:
        decided = [each.id for each in images if each.status == "complete" and each.status_set_by == "person"]
        stored = repository.touched_by_people(conn, [image.id for image in images], also=decided)
        # Complete without a label: a person says that there is nothing.
        found = {image_id: Said() for image_id in decided if image_id not in stored}
        for image_id, each in stored.items():
            kept = self._kept(each, is_decided=image_id in decided)
            if kept is not None:
                found[image_id] = Said(kept)
        return found

    def _kept(self, stored: Stored, *, is_decided: bool) -> list[AnnotationJson] | None:
        theirs = [each for each in stored.provenance.values() if not each.is_untouched_machine_work]
        if not theirs:
            return list(stored.documents) if is_decided else None
        self.edited_machine_labels += sum(is_engine(each.made_by) for each in theirs)
        last = max(_said_at(each) for each in theirs)

        def is_kept(document: AnnotationJson) -> bool:
            origin = stored.provenance.get(str(document["id"]))
            return origin is None or not origin.is_untouched_machine_work or _said_at(origin) <= last

        return [document for document in stored.documents if is_kept(document)]


class Machine:
    """Untouched machine work in the dataset, of all engines or of one.

    An image counts when it carries a label that an engine made, or when a batch has done it. Not where people had
    labelled before the batch came: what it finds of theirs again is not added, so that nobody can say what it saw.
    """

    class_names: Sequence[str] | None = None

    def __init__(self, conn: Connection, dataset_id: str, engine: str | None = None) -> None:
        self.silenced: set[str] = set()
        self._engine = engine
        known = [(batch, BatchPlan.model_validate(batch.request)) for batch in repository.batches(conn, dataset_id)]
        batches = [
            (batch, plan)
            for batch, plan in known
            if plan.destination == "dataset" and (batch.engine is not None and self._is_mine(batch.engine))
        ]
        self._batch_ids = [batch.id for batch, _ in batches]
        # Tags do not say who made them.
        tags = [wanted.name for _, plan in batches for wanted in plan.classes if wanted.output_type == "tag"]
        self.tag_classes: Sequence[str] = list(dict.fromkeys(tags))
        self.is_known = bool(batches) or engine is None
        # Engines met on the way, for who misspelt one.
        self.makers = {batch.engine for batch, _ in known if batch.engine is not None}

    def look(self, conn: Connection, images: Sequence[ImageRecord]) -> Mapping[str, Said]:
        ids = [image.id for image in images]
        tags = {image.id: _tags(image.auto_tags, self.tag_classes) for image in images}
        searched = repository.searched(conn, self._batch_ids, ids)
        found = {image_id: Said((), tags[image_id]) for image_id in searched}
        for image_id, each in repository.stored(conn, ids).items():
            mine = self._mine(each.provenance)
            if _came_after_people(each, searched.get(image_id)):
                self.silenced.add(image_id)
                found.pop(image_id, None)
            elif mine:
                untouched = {key for key, origin in mine.items() if origin.is_untouched_machine_work}
                found[image_id] = Said([doc for doc in each.documents if doc["id"] in untouched], tags[image_id])
        return found

    def _mine(self, origins: Mapping[str, Provenance]) -> dict[str, Provenance]:
        made = {key: each for key, each in origins.items() if is_engine(each.made_by)}
        self.makers.update(each.made_by for each in made.values())
        mine = {key: each for key, each in made.items() if self._is_mine(each.made_by)}
        self.is_known = self.is_known or bool(mine)
        return mine

    def _is_mine(self, maker: str) -> bool:
        # `sam3` means every checkpoint of it.
        return self._engine is None or maker == self._engine or maker.partition("@")[0] == self._engine


class Batch:
    """What one batch found: its proposals, or what it wrote into the dataset and nobody has touched since.

    An image counts when the batch has done it; of one that writes into the dataset, see `Machine`.
    """

    def __init__(self, organization_id: str, batch: BatchRow) -> None:
        self.silenced: set[str] = set()
        self._organization_id = organization_id
        self._batch_id = batch.id
        plan = BatchPlan.model_validate(batch.request)
        self._is_proposed = plan.destination == "proposals"
        self.class_names: Sequence[str] | None = [wanted.name for wanted in plan.classes]
        self.tag_classes: Sequence[str] = [each.name for each in plan.classes if each.output_type == "tag"]

    def look(self, conn: Connection, images: Sequence[ImageRecord]) -> Mapping[str, Said]:
        ids = [image.id for image in images]
        if self._is_proposed:
            rows = proposals.of_batch(conn, self._organization_id, self._batch_id, ids)
            return {row.image_id: Said([dict(each) for each in row.document], row.tags) for row in rows}
        stored = repository.stored(conn, ids)
        searched = repository.searched(conn, [self._batch_id], ids)
        self.silenced |= {key for key, each in stored.items() if _came_after_people(each, searched.get(key))}
        return {
            image.id: Said(self._untouched(stored.get(image.id)), _tags(image.auto_tags, self.tag_classes))
            for image in images
            if image.id in searched and image.id not in self.silenced
        }

    def _untouched(self, stored: Stored | None) -> list[AnnotationJson]:
        if stored is None:
            return []
        mine = {
            key
            for key, each in stored.provenance.items()
            if each.job_id == self._batch_id and each.is_untouched_machine_work
        }
        return [document for document in stored.documents if document["id"] in mine]


class Dataset:
    """Everything that another dataset (or this one) says about the same images.

    Images are the same when their bytes are, and otherwise when folder and name are. One counts when it carries an
    annotation, or is complete or in review.
    """

    class_names: Sequence[str] | None = None

    def __init__(self, conn: Connection, dataset_id: str) -> None:
        self.silenced: set[str] = set()
        self._dataset_id = dataset_id
        plans = [BatchPlan.model_validate(batch.request) for batch in repository.batches(conn, dataset_id)]
        tags = [each.name for plan in plans for each in plan.classes if each.output_type == "tag"]
        self.tag_classes: Sequence[str] = list(dict.fromkeys(tags))

    def look(self, conn: Connection, images: Sequence[ImageRecord]) -> Mapping[str, Said]:
        twins = repository.twins(
            conn, self._dataset_id, [image.sha256 for image in images], [image.filename for image in images]
        )
        # Of several, the oldest.
        by_path = {twin.path: twin for twin in reversed(twins)}
        by_content = {twin.sha256: twin for twin in reversed(twins)}
        by_both = {(twin.sha256, twin.path): twin for twin in twins}
        pairs = {
            image.id: by_both.get((image.sha256, image.path)) or by_content.get(image.sha256) or by_path.get(image.path)
            for image in images
        }
        covered = {image_id: twin for image_id, twin in pairs.items() if twin is not None and twin.is_covered}
        stored = repository.stored(conn, [twin.image_id for twin in covered.values()])
        return {
            image_id: Said(
                stored[twin.image_id].documents if twin.image_id in stored else (),
                _tags(twin.auto_tags, self.tag_classes),
            )
            for image_id, twin in covered.items()
        }


def _came_after_people(stored: Stored, searched_at: datetime | None) -> bool:
    theirs = (_said_at(each) for each in stored.provenance.values() if not each.is_untouched_machine_work)
    return searched_at is not None and any(moment < searched_at for moment in theirs)


def _said_at(origin: Provenance) -> datetime:
    return datetime.fromisoformat(origin.edited_at or origin.made_at)


def _tags(auto_tags: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, float]:
    confidences = auto_tags.get("confidences", {})
    return {name: float(confidences[name]) for name in wanted if name in confidences}
