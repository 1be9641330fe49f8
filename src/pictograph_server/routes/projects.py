"""Projects: the write side of datasets (contract §6.9)."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator

from pictograph.models.auto_annotate import all_prompts, require_one_form
from pictograph.models.project import Project, ProjectClass
from pictograph_server.auth import Admin, Member, Viewer
from pictograph_server.routes.dependencies import Offset, PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.services.batch import deletion
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import ClassRecord, DatasetRecord
from pictograph_server.services.images.blobs import remove_unreferenced
from pictograph_server.storage.blobs import version_folder

router = APIRouter(prefix=f"{API}/projects", tags=["projects"])


class ProjectClassBody(ProjectClass):
    """A class as sent and answered."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        require_one_form(self.prompt, self.prompts)
        return self

    @classmethod
    def of(cls, entry: ClassRecord) -> Self:
        only = entry.prompts[0] if len(entry.prompts) == 1 else None
        several = list(entry.prompts) if len(entry.prompts) > 1 else None
        return cls(name=entry.name, type=entry.type, color=entry.color, prompt=only, prompts=several)


class ProjectAnswer(Project):
    """A project with what only our own clients read."""

    classes: list[ProjectClassBody] = Field(default_factory=list[ProjectClassBody])  # pyright: ignore[reportIncompatibleVariableOverride]
    review_required: bool = False


class CreateProject(BaseModel):
    name: str
    description: str | None = None
    annotation_types: list[str] | None = None
    classes: list[ProjectClassBody] | None = None


class UpdateProject(BaseModel):
    """What is absent or null stays as it is; `classes` replaces the list."""

    name: str | None = None
    description: str | None = None
    annotation_types: list[str] | None = None
    classes: list[ProjectClassBody] | None = None
    review_required: bool | None = None


@router.get("/")
def list_projects(
    actor: Viewer,
    platform: PlatformDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Offset = 0,
) -> dict[str, list[ProjectAnswer]]:
    with platform.db.read() as conn:
        records = datasets.list_page(conn, actor.organization_id, limit=limit, offset=offset)
    return {"projects": [_answer(record) for record in records]}


@router.post("/", status_code=201)
def create_project(body: CreateProject, actor: Member, platform: PlatformDep) -> dict[str, ProjectAnswer]:
    with platform.db.write() as conn:
        record = datasets.create(
            conn,
            actor.organization_id,
            name=body.name,
            description=body.description,
            annotation_types=body.annotation_types,
            classes=_records(body.classes or ()),
        )
    return {"project": _answer(record)}


@router.get("/{name}")
def get_project(name: str, actor: Viewer, platform: PlatformDep) -> dict[str, ProjectAnswer]:
    with platform.db.read() as conn:
        return {"project": _answer(datasets.get_by_name(conn, actor.organization_id, name))}


@router.patch("/{name}")
def update_project(name: str, body: UpdateProject, actor: Member, platform: PlatformDep) -> dict[str, ProjectAnswer]:
    with platform.db.write() as conn:
        record = datasets.update(
            conn,
            actor.organization_id,
            name,
            new_name=body.name,
            description=body.description,
            annotation_types=body.annotation_types,
            classes=None if body.classes is None else _records(body.classes),
            review_required=body.review_required,
        )
    return {"project": _answer(record)}


@router.delete("/{name}")
def delete_project(name: str, actor: Admin, platform: PlatformDep) -> dict[str, object]:
    with platform.db.write() as conn:
        deleted = deletion.delete_dataset(conn, actor, name)
    for key in deleted.blob_keys:
        platform.blobs.delete(key)
    platform.blobs.delete_folder(version_folder(deleted.dataset_id))
    removed = remove_unreferenced(platform, deleted.image_sha256s) + deleted.images_later
    return {
        "success": True,
        "deleted": {
            "project_id": deleted.dataset_id,
            "images": deleted.image_count,
            "folders": deleted.folder_count,
            "gcs_blobs": removed + len(deleted.blob_keys),
        },
    }


def _records(classes: Sequence[ProjectClassBody]) -> list[ClassRecord]:
    return [
        ClassRecord(entry.name, entry.type, entry.color, all_prompts(entry.prompt, entry.prompts)) for entry in classes
    ]


def _answer(record: DatasetRecord) -> ProjectAnswer:
    return ProjectAnswer(
        id=record.id,
        organization_id=record.organization_id,
        name=record.name,
        description=record.description,
        annotation_types=list(record.annotation_types),
        classes=[ProjectClassBody.of(entry) for entry in record.classes],
        review_required=record.review_required,
        image_count=record.image_count,
        completed_image_count=record.completed_image_count,
        total_size=record.total_size_bytes,
        archived_images=record.archived_image_count,
        created_at=record.created_at,
        updated_at=record.updated_at,
    )
