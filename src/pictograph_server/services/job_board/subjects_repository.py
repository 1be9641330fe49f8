"""What jobs belong to: the export, training run or import behind each, by name. A query for each kind on a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from pictograph.models.job import JobSubject
from pictograph_server.services.annotations.class_changes import CHANGE_TASK
from pictograph_server.services.auto_annotation.shards import ANNOTATE_TASK
from pictograph_server.services.batch.bulk import BULK_TASK
from pictograph_server.services.connectors import service as connectors
from pictograph_server.services.evaluations.service import EVALUATE_TASK
from pictograph_server.services.exports.service import EXPORT_TASK
from pictograph_server.services.imports import service as imports
from pictograph_server.services.job_board.kinds import kind_of
from pictograph_server.services.review.scoring import SCORE_TASK
from pictograph_server.services.training.service import TRAIN_TASK
from pictograph_server.services.versions.restore import RESTORE_TASK
from pictograph_server.services.versions.service import FREEZE_TASK
from pictograph_server.services.videos.service import EXTRACT_TASK
from pictograph_server.storage.db import tables


@dataclass(frozen=True, slots=True)
class Titled:
    """What a job is called, and what it belongs to."""

    title: str
    subject: JobSubject | None = None


def titled(conn: Connection, organization_id: str, jobs: Sequence[tuple[str, str]]) -> dict[str, Titled]:
    """Return job id -> its title, for jobs of (id, task)."""
    found: dict[str, Titled] = {}
    for task in {task for _, task in jobs}:
        ids = [job_id for job_id, each in jobs if each == task]
        found.update({job_id: Titled(kind_of(task).title) for job_id in ids})
        if (look := _LOOKS.get(task)) is not None:
            found.update(look(conn, organization_id, ids))
    return found


_Look = Callable[[Connection, str, Sequence[str]], Mapping[str, Titled]]


def _runs(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    runs = tables.training_runs.c
    query = select(runs.id, runs.name, runs.pipeline_type, runs.model_id)
    return {
        row.id: Titled(
            f"Training run {row.name} ({row.pipeline_type})",
            JobSubject(kind="training_run", id=row.id, name=row.name, model_id=row.model_id),
        )
        for row in _of(conn, query, runs, organization_id, ids)
    }


def _exports(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    exports = tables.exports.c
    query = select(exports.id, exports.name)
    return {
        row.id: Titled(f"Export {row.name}", JobSubject(kind="export", id=row.id, name=row.name))
        for row in _of(conn, query, exports, organization_id, ids)
    }


def _evaluations(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    evaluations, models = tables.model_evaluations.c, tables.models.c
    query = select(evaluations.id, evaluations.model_id, models.name).join(
        tables.models, models.id == evaluations.model_id
    )
    return {
        row.id: Titled(
            f"Evaluation of {row.name}",
            JobSubject(kind="evaluation", id=row.id, name=row.name, model_id=row.model_id),
        )
        for row in _of(conn, query, evaluations, organization_id, ids)
    }


def _batches(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    batches = tables.batch_jobs.c
    found: dict[str, Titled] = {}
    for row in _of(conn, select(batches.id, batches.request), batches, organization_id, ids):
        names = list(dict.fromkeys(str(each["name"]) for each in row.request.get("classes", ())))
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        found[row.id] = Titled(
            f"Labelling of {shown}" if shown else "Labelling", JobSubject(kind="batch", id=row.id, name=shown)
        )
    return found


def _imports(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    imports_ = tables.imports.c
    query = select(imports_.job_id, imports_.id, imports_.filename, imports_.dataset_name).where(
        imports_.organization_id == organization_id, imports_.job_id.in_(ids)
    )
    return {
        row.job_id: Titled(f"Import of {row.filename}", JobSubject(kind="import", id=row.id, name=row.dataset_name))
        for row in conn.execute(query)
    }


def _connectors(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    imports_ = tables.connector_imports.c
    return {
        row.id: Titled(f"Import from {row.provider}", JobSubject(kind="connector_import", id=row.id, name=row.provider))
        for row in _of(conn, select(imports_.id, imports_.provider), imports_, organization_id, ids)
    }


def _extractions(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    extractions = tables.video_extractions.c
    query = select(extractions.id, extractions.video_filename)
    return {
        row.id: Titled(
            f"Frames of {row.video_filename}", JobSubject(kind="extraction", id=row.id, name=row.video_filename)
        )
        for row in _of(conn, query, extractions, organization_id, ids)
    }


def _class_changes(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    changes = tables.class_changes.c
    found: dict[str, Titled] = {}
    query = select(changes.id, changes.kind, changes.class_names, changes.target)
    for row in _of(conn, query, changes, organization_id, ids):
        names = ", ".join(row.class_names)
        words = f"Classes {names}: {row.kind}" + (f" to {row.target}" if row.target else "")
        found[row.id] = Titled(words, JobSubject(kind="class_change", id=row.id, name=names))
    return found


def _bulk_changes(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    changes = tables.bulk_changes.c
    return {
        row.id: Titled(
            f"{str(row.kind).replace('_', ' ').capitalize()}, {row.total} images",
            JobSubject(kind="bulk_change", id=row.id, name=row.kind),
        )
        for row in _of(conn, select(changes.id, changes.kind, changes.total), changes, organization_id, ids)
    }


def _versions(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    versions = tables.versions.c
    query = select(versions.id, versions.number, versions.name)
    return {
        row.id: Titled(
            f"Version {row.number}" + (f" ({row.name})" if row.name else ""),
            JobSubject(kind="version", id=row.id, name=row.name or str(row.number)),
        )
        for row in _of(conn, query, versions, organization_id, ids)
    }


def _restores(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    restores, versions = tables.version_restores.c, tables.versions.c
    query = select(restores.id, versions.number).join(tables.versions, versions.id == restores.version_id, isouter=True)
    return {
        row.id: Titled(
            "Dataset from a version" if row.number is None else f"Dataset from version {row.number}",
            JobSubject(kind="restore", id=row.id, name="" if row.number is None else str(row.number)),
        )
        for row in _of(conn, query, restores, organization_id, ids)
    }


def _scorings(conn: Connection, organization_id: str, ids: Sequence[str]) -> Mapping[str, Titled]:
    scorings = tables.review_scorings.c
    query = select(scorings.id, scorings.against, scorings.model_id)
    return {
        row.id: Titled(
            f"Disagreement with {row.against}",
            JobSubject(kind="scoring", id=row.id, name=row.against, model_id=row.model_id),
        )
        for row in _of(conn, query, scorings, organization_id, ids)
    }


def _of(
    conn: Connection, query: Select[*tuple[Any, ...]], columns: Any, organization_id: str, ids: Sequence[str]
) -> Sequence[Row[*tuple[Any, ...]]]:
    return conn.execute(query.where(columns.organization_id == organization_id, columns.id.in_(ids))).all()


_LOOKS: Mapping[str, _Look] = {
    ANNOTATE_TASK: _batches,
    TRAIN_TASK: _runs,
    EVALUATE_TASK: _evaluations,
    EXPORT_TASK: _exports,
    imports.PLAN_TASK: _imports,
    imports.IMPORT_TASK: _imports,
    connectors.IMPORT_TASK: _connectors,
    EXTRACT_TASK: _extractions,
    CHANGE_TASK: _class_changes,
    BULK_TASK: _bulk_changes,
    FREEZE_TASK: _versions,
    RESTORE_TASK: _restores,
    SCORE_TASK: _scorings,
}
