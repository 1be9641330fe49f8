"""The rows of trained models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, insert, select

from pictograph.models.model import ModelStatus, ModelType, ModelVisibility
from pictograph_server.storage.db.tables import datasets, models


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model's row. `files` maps a file's name to the key of its blob."""

    id: str
    organization_id: str
    dataset_id: str | None
    training_run_id: str | None
    name: str
    description: str | None
    model_type: ModelType
    architecture: str | None
    visibility: ModelVisibility
    status: ModelStatus
    metrics: dict[str, float] | None
    class_mapping: dict[str, str] | None
    version: str
    parent_model_id: str | None
    dataset_version_id: str | None
    dataset_version: int | None
    card: Mapping[str, object]
    files: Mapping[str, str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """What a list is narrowed to. Archived models are shown only when `status` asks for them."""

    dataset_name: str | None = None
    status: ModelStatus | None = None
    model_type: ModelType | None = None
    parent_model_id: str | None = None


def add(conn: Connection, record: ModelRecord) -> None:
    conn.execute(insert(models).values({column: getattr(record, column) for column in ModelRecord.__slots__}))


def find(conn: Connection, organization_id: str, model_id: str) -> ModelRecord | None:
    row = conn.execute(
        select(models).where(models.c.id == model_id, models.c.organization_id == organization_id)
    ).one_or_none()
    return None if row is None else _record(row)


def page(
    conn: Connection, organization_id: str, wanted: ModelFilter, *, limit: int, offset: int
) -> Sequence[ModelRecord]:
    """Return one page, newest first."""
    query: Select[tuple[object, ...]] = select(models).where(models.c.organization_id == organization_id)
    if wanted.dataset_name is not None:
        query = query.join(datasets, datasets.c.id == models.c.dataset_id).where(datasets.c.name == wanted.dataset_name)
    if wanted.status is None:
        query = query.where(models.c.status != "archived")
    else:
        query = query.where(models.c.status == wanted.status)
    if wanted.model_type is not None:
        query = query.where(models.c.model_type == wanted.model_type)
    if wanted.parent_model_id is not None:
        query = query.where(models.c.parent_model_id == wanted.parent_model_id)
    query = query.order_by(models.c.created_at.desc(), models.c.id.desc()).limit(limit).offset(offset)
    return [_record(row) for row in conn.execute(query)]


def remove(conn: Connection, organization_id: str, model_id: str) -> None:
    conn.execute(delete(models).where(models.c.id == model_id, models.c.organization_id == organization_id))


def _record(row: Row[tuple[object, ...]]) -> ModelRecord:
    values = row._mapping  # pyright: ignore[reportPrivateUsage]  # the public name of SQLAlchemy's row mapping
    return ModelRecord(**{column: values[column] for column in ModelRecord.__slots__})
