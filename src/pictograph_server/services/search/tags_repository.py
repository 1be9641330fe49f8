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
    (first_kind, first_name), *others = [(kind, name) for kind, names in tags.items() for name in names]
    # The labels of the first tag in one dataset lie in the order of the answer.
    of_organization = select(_datasets.c.id).where(
        _datasets.c.organization_id == organization_id, _datasets.c.deleted_at.is_(None)
    )
    query = (
        select(*_columns)
        .select_from(_labels)
        .join(_images, _images.c.id == _labels.c.image_id)
        .where(
            _labels.c.dataset_id.in_(of_organization) if dataset_id is None else _labels.c.dataset_id == dataset_id,
            _labels.c.class_name == first_name,
            _labels.c.source == f"tag:{first_kind}",
            # Not as a column: its index would have the database begin with all images there are.
            (_images.c.organization_id + "") == organization_id,
            _images.c.is_archived == false(),
        )
    )
    for kind, name in others:
        also = _labels.alias()
        query = query.where(
            exists().where(
                also.c.dataset_id == _labels.c.dataset_id,
                also.c.class_name == name,
                also.c.image_id == _labels.c.image_id,
                also.c.source == f"tag:{kind}",
            )
        )
    query = query.order_by(_labels.c.image_id.desc()).limit(limit).offset(offset)
    return [ImageRecord(*row) for row in conn.execute(query)]
