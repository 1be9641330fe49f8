"""`client.projects`: the write side of datasets."""

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from pictograph._http.pagination import OffsetPager
from pictograph._http.transport import DEVELOPER, Transport, member, parse, path_of
from pictograph.models.project import Project, ProjectClass

_LIST = f"{DEVELOPER}/projects/"


class Projects:
    """Make, change and remove datasets. A project and its dataset are the same thing with the same id."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int = 50, offset: int = 0) -> builtins.list[Project]:
        """Return one page of projects, newest first."""
        return self._pager(limit, offset=offset).page()

    def iter(self, *, page_size: int = 50, max_total: int | None = None) -> OffsetPager[Project]:
        """Return a pager over all projects."""
        return self._pager(page_size, max_total=max_total)

    def get(self, name: str) -> Project:
        """Return the project of this name.

        Raises:
            NotFoundError: there is none; names are case-sensitive.
        """
        return _project(self._transport.get(path_of("projects", name)))

    def create(
        self,
        name: str,
        *,
        description: str | None = None,
        annotation_types: Sequence[str] | None = None,
        classes: Sequence[ProjectClass | dict[str, Any]] | None = None,
    ) -> Project:
        """Make a project and return it. Classes without a colour get one.

        Raises:
            ConflictError: the name is taken.
            ValidationError: an annotation type is unknown, or the name has characters a path cannot hold.
        """
        body = {"name": name, **_body(description, annotation_types, classes)}
        return _project(self._transport.post(_LIST, json=body))

    def update(
        self,
        name: str,
        *,
        new_name: str | None = None,
        description: str | None = None,
        annotation_types: Sequence[str] | None = None,
        classes: Sequence[ProjectClass | dict[str, Any]] | None = None,
        review_required: bool | None = None,
    ) -> Project:
        """Change what is given and return the project. `classes` replaces the list; None leaves a field as it is.

        Args:
            review_required: what is labelled by a machine from now on waits for people, and is not complete at once.

        Raises:
            ValueError: nothing is given.
            ConflictError: the new name is taken.
        """
        body = _body(description, annotation_types, classes)
        if new_name is not None:
            body["name"] = new_name
        if review_required is not None:
            body["review_required"] = review_required
        if not body:
            raise ValueError(
                "nothing to update: give new_name, description, annotation_types, classes, review_required"
            )
        return _project(self._transport.patch(path_of("projects", name), json=body))

    def delete(self, name: str) -> dict[str, Any]:
        """Remove a project with its images, folders and blobs, and return how many of each."""
        document = self._transport.delete(path_of("projects", name))
        deleted: Any = document.get("deleted") if isinstance(document, Mapping) else None
        return dict(deleted or {})

    def _pager(self, page_size: int, *, offset: int = 0, max_total: int | None = None) -> OffsetPager[Project]:
        return OffsetPager(
            self._transport,
            _LIST,
            items_key="projects",
            parse_item=lambda item: parse(Project, item),
            page_size=page_size,
            max_total=max_total,
            start=offset,
        )


def _project(document: object) -> Project:
    return parse(Project, member(document, "project"))


def _body(
    description: str | None,
    annotation_types: Sequence[str] | None,
    classes: Sequence[ProjectClass | dict[str, Any]] | None,
) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if description is not None:
        body["description"] = description
    if annotation_types is not None:
        body["annotation_types"] = list(annotation_types)
    if classes is not None:
        parsed = [item if isinstance(item, ProjectClass) else ProjectClass.model_validate(item) for item in classes]
        body["classes"] = [item.model_dump(exclude_none=True) for item in parsed]
    return body
