"""Queries of images by their tags."""

from collections.abc import Mapping, Sequence
from dataclasses import fields

from sqlalchemy import Connection, exists, false, select

from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.db import tables

_images = tables.images
_labels = tables.image_labels
_datasets = tables.datasets
_columns = tuple(_images.c[field.name] for field in fields(ImageRecord))


def with_all_tags(
    conn: Connection,
    organization_id: str,
    dataset_id: str | None,
    tags: Mapping[str, Sequence[str]],
    *,
    limit: int,
    offset: int,
) -> list[ImageRecord]:
    """Return present images that carry every one of the tags (kind -> names), newest first."""
    query = (
        select(*_columns)
        .join(_datasets, _datasets.c.id == _images.c.dataset_id)
        .where(
            _images.c.organization_id == organization_id,
            _images.c.is_archived == false(),
            _datasets.c.deleted_at.is_(None),
        )
    )
    if dataset_id is not None:
        query = query.where(_images.c.dataset_id == dataset_id)
    (first_kind, first_name), *others = [(kind, name) for kind, names in tags.items() for name in names]
    in_datasets = select(_datasets.c.id).where(_datasets.c.organization_id == organization_id)
    first = select(_labels.c.image_id).where(
        _labels.c.class_name == first_name,
        _labels.c.source == f"tag:{first_kind}",
        _labels.c.dataset_id.in_(in_datasets) if dataset_id is None else _labels.c.dataset_id == dataset_id,
    )
    query = query.where(_images.c.id.in_(first))
    for kind, name in others:
        query = query.where(
            exists().where(
                _labels.c.dataset_id == _images.c.dataset_id,
                _labels.c.class_name == name,
                _labels.c.image_id == _images.c.id,
                _labels.c.source == f"tag:{kind}",
            )
        )
    query = query.order_by(_images.c.id.desc()).limit(limit).offset(offset)
    return [ImageRecord(*row) for row in conn.execute(query)]
