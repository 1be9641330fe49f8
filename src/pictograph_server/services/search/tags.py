"""Images by their tags: what they show as a whole."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from pictograph.models.search import TaggedImage
from pictograph_server.errors import BadRequest
from pictograph_server.services.datasets import service as datasets

from . import tags_repository as repository


class NoTags(BadRequest):
    code = "no_tags"

    def __init__(self) -> None:
        super().__init__(
            "No tag to look for",
            why="`objects`, `scenes` and `attributes` are all empty",
            fix="Give at least one, e.g. ?objects=car",
        )


def by_tags(
    conn: Connection,
    organization_id: str,
    tags: Mapping[str, Sequence[str]],
    *,
    dataset_name: str | None,
    limit: int,
    offset: int,
) -> list[TaggedImage]:
    """Return images that carry all of the tags (kind -> names), of one dataset or of all, newest first.

    Raises:
        NoTags: 400.
        DatasetNotFound: 404.
    """
    if not any(tags.values()):
        raise NoTags
    dataset_id = None if dataset_name is None else datasets.get_by_name(conn, organization_id, dataset_name).id
    records = repository.with_all_tags(conn, organization_id, dataset_id, tags, limit=limit, offset=offset)
    return [
        TaggedImage(
            id=record.id,
            project_id=record.dataset_id,
            filename=record.filename,
            virtual_folder_path=record.folder_path,
            status=record.status,
            annotation_count=record.annotation_count,
            image_auto_tags=record.tags_by_kind,
        )
        for record in records
    ]
