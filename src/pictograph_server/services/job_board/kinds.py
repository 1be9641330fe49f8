"""The kinds of jobs there are, in words for people."""

from collections.abc import Mapping
from dataclasses import dataclass

from pictograph_server.services.annotations.class_changes import CHANGE_TASK
from pictograph_server.services.auto_annotation.shards import ANNOTATE_TASK
from pictograph_server.services.batch import deletion
from pictograph_server.services.batch.bulk import BULK_TASK
from pictograph_server.services.connectors import service as connectors
from pictograph_server.services.evaluations.service import EVALUATE_TASK
from pictograph_server.services.exports.service import EXPORT_TASK
from pictograph_server.services.images.blobs import REMOVE_TASK
from pictograph_server.services.images.registration import INGEST_TASK
from pictograph_server.services.imports import service as imports
from pictograph_server.services.review.scoring import SCORE_TASK
from pictograph_server.services.statistics.service import MEASURE_TASK
from pictograph_server.services.training.service import TRAIN_TASK
from pictograph_server.services.versions.restore import RESTORE_TASK
from pictograph_server.services.versions.service import FREEZE_TASK, TIDY_TASK
from pictograph_server.services.videos.service import EXTRACT_TASK


@dataclass(frozen=True, slots=True)
class Kind:
    """What a task is called where nothing more is known of the job."""

    title: str
    can_cancel: bool = False
    # Nobody asked for it, and nobody waits for it.
    is_housekeeping: bool = False


KINDS: Mapping[str, Kind] = {
    ANNOTATE_TASK: Kind("Labelling", can_cancel=True),
    TRAIN_TASK: Kind("Training run", can_cancel=True),
    EVALUATE_TASK: Kind("Evaluation of a model", can_cancel=True),
    EXPORT_TASK: Kind("Export", can_cancel=True),
    imports.PLAN_TASK: Kind("Plan of an import", can_cancel=True),
    imports.IMPORT_TASK: Kind("Import", can_cancel=True),
    connectors.IMPORT_TASK: Kind("Import from another service", can_cancel=True),
    EXTRACT_TASK: Kind("Frames of a video", can_cancel=True),
    BULK_TASK: Kind("Change of many images", can_cancel=True),
    SCORE_TASK: Kind("Disagreement for a review", can_cancel=True),
    FREEZE_TASK: Kind("Version"),
    RESTORE_TASK: Kind("Dataset from a version"),
    CHANGE_TASK: Kind("Change of classes"),
    MEASURE_TASK: Kind("Statistics of a dataset"),
    INGEST_TASK: Kind("Thumbnails of new images"),
    REMOVE_TASK: Kind("Removal of files", is_housekeeping=True),
    imports.REMOVE_PARTS_TASK: Kind("Removal of an uploaded archive", is_housekeeping=True),
    TIDY_TASK: Kind("Removal of versions", is_housekeeping=True),
    deletion.TASK: Kind("Removal of a dataset", is_housekeeping=True),
}
HOUSEKEEPING = tuple(name for name, kind in KINDS.items() if kind.is_housekeeping)


def kind_of(task: str) -> Kind:
    """Return what is known of a kind of job; of one that came later, its name in words."""
    return KINDS.get(task) or Kind(task.replace("_", " ").capitalize())
