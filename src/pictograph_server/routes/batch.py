"""Changes to many images at once: by their ids (endpoints 43-46), by a filter, by folder, and of the trash."""

from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import Connection

from pictograph.models.batch import BatchResult, BulkChange, DuplicateHandling, MatchingChange, TagName
from pictograph.models.dataset import DatasetImage
from pictograph.models.image import ImageStatus
from pictograph_server.auth import Admin, Member, Viewer
from pictograph_server.platform import Platform
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.routes.events import OVER, EventStream, HeardUntil, JobLook, job_stream
from pictograph_server.routes.image_filter import FilterBody
from pictograph_server.routes.image_json import image_json
from pictograph_server.services.batch import bulk, copying, matching, service, tagging, trash
from pictograph_server.services.batch.bulk import Begun
from pictograph_server.services.batch.copying import CopyRequest
from pictograph_server.services.batch.service import ImageChanges
from pictograph_server.services.images.blobs import remove_unreferenced

router = APIRouter(prefix=f"{API}/batch", tags=["batch"])


class OfDataset(BaseModel):
    dataset_name: str


class OnImages(OfDataset):
    image_ids: Annotated[list[str], Field(min_length=1, max_length=service.MAX_IDS)]


class MoveImages(OnImages):
    target_folder_path: str = "/"
    # What happens to an image whose name is taken there; the hosted client says nothing, and then it is left alone.
    duplicate_handling: DuplicateHandling = "skip"


class CopyImages(OnImages):
    target_folder_path: str = "/"
    duplicate_handling: DuplicateHandling = "rename"
    copy_annotations: bool = False


class CopyImagesToDataset(OnImages):
    target_dataset_name: str
    # Without it each copy goes to the folder of its original.
    target_folder_path: str | None = None
    duplicate_handling: DuplicateHandling = "rename"
    copy_annotations: bool = False


class DeleteImages(OnImages):
    permanent: bool = False


class ImageUpdates(BaseModel):
    # What is not changed here is refused, not passed over.
    model_config = ConfigDict(extra="forbid")

    status: ImageStatus | None = None
    display_name: str | None = None
    is_archived: bool | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.status is None and self.display_name is None and self.is_archived is None:
            raise ValueError("name at least one of status, display_name and is_archived")
        return self


class UpdateImages(OnImages):
    updates: ImageUpdates


class TagImages(OnImages):
    """Tags that are given and taken away; one of them at least."""

    add: Annotated[list[TagName], Field(max_length=100)] = []
    remove: Annotated[list[TagName], Field(max_length=100)] = []

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.add and not self.remove:
            raise ValueError("name at least one tag in add or remove")
        return self


class ChangeMatching(OfDataset):
    """What is done with all images that match, but for these; or with the images of these ids."""

    # Without it, and without ids: every image that is not in the trash.
    filter: FilterBody | None = None
    except_ids: Annotated[list[str], Field(max_length=service.MAX_IDS)] | None = None
    # Instead of a filter: as one change, which is done whatever becomes of the program that asked.
    image_ids: Annotated[list[str], Field(min_length=1, max_length=service.MAX_IDS_OF_JOB)] | None = None
    change: MatchingChange

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.image_ids is not None and (self.filter is not None or self.except_ids is not None):
            raise ValueError("name images by image_ids, or by filter and except_ids, not both")
        return self


class MoveFolder(OfDataset):
    folder_path: str
    target_path: str
    duplicate_handling: DuplicateHandling = "skip"


class DeleteFolder(OfDataset):
    folder_path: str
    permanent: bool = False


class RestoreImages(OnImages):
    duplicate_handling: DuplicateHandling = "rename"


class RestoreTrash(OfDataset):
    duplicate_handling: DuplicateHandling = "rename"


class TrashPageAnswer(BaseModel):
    images: list[DatasetImage]
    next_cursor: str | None


@router.post("/images/move")
def move_images(body: MoveImages, actor: Member, platform: PlatformDep) -> BatchResult:
    with platform.db.write() as conn:
        return service.move(
            conn, actor, body.dataset_name, body.image_ids, body.target_folder_path, body.duplicate_handling
        )


@router.post("/images/copy")
def copy_images(body: CopyImages, actor: Member, platform: PlatformDep) -> BatchResult:
    request = CopyRequest(body.target_folder_path, body.duplicate_handling, body.copy_annotations)
    with platform.db.write() as conn:
        return copying.copy(conn, actor, body.dataset_name, body.image_ids, request)


@router.post("/images/copy-to-dataset")
def copy_images_to_dataset(body: CopyImagesToDataset, actor: Member, platform: PlatformDep) -> BatchResult:
    request = CopyRequest(
        body.target_folder_path, body.duplicate_handling, body.copy_annotations, body.target_dataset_name
    )
    with platform.db.write() as conn:
        return copying.copy(conn, actor, body.dataset_name, body.image_ids, request)


@router.post("/images/delete")
def delete_images(body: DeleteImages, actor: Member, platform: PlatformDep) -> BatchResult:
    with platform.db.write() as conn:
        result, sha256s = service.delete(conn, actor, body.dataset_name, body.image_ids, permanent=body.permanent)
    remove_unreferenced(platform, sha256s)
    return result


@router.patch("/images/update")
def update_images(body: UpdateImages, actor: Member, platform: PlatformDep) -> BatchResult:
    wanted = ImageChanges(body.updates.status, body.updates.display_name, body.updates.is_archived)
    with platform.db.write() as conn:
        return service.update(conn, actor, body.dataset_name, body.image_ids, wanted)


@router.post("/images/tag")
def tag_images(body: TagImages, actor: Member, platform: PlatformDep) -> BatchResult:
    """Unknown tags become classes of the dataset."""
    with platform.db.write() as conn:
        return tagging.tag(conn, actor, body.dataset_name, body.image_ids, add=body.add, remove=body.remove)


@router.post("/images/restore")
def restore_images(body: RestoreImages, actor: Member, platform: PlatformDep) -> BatchResult:
    with platform.db.write() as conn:
        return trash.restore(conn, actor, body.dataset_name, body.image_ids, body.duplicate_handling)


@router.post("/matching")
def change_matching(body: ChangeMatching, actor: Member, platform: PlatformDep) -> BulkChange:
    """Change all images that match a filter now, or those of the ids; more than two thousand by a job (`job_id`)."""
    wanted = (body.filter or FilterBody()).to_filter()
    with platform.db.write() as conn:
        if body.image_ids is not None:
            begun = matching.change_these(conn, actor, body.dataset_name, body.image_ids, body.change)
        else:
            begun = matching.change_matching(
                conn, actor, body.dataset_name, wanted, body.change, except_ids=body.except_ids or ()
            )
    return _after_removal(platform, begun)


@router.post("/folders/move")
def move_folder(body: MoveFolder, actor: Member, platform: PlatformDep) -> BulkChange:
    """Move or rename a folder with all that is below it."""
    with platform.db.write() as conn:
        return bulk.move_folder(
            conn, actor, body.dataset_name, body.folder_path, body.target_path, body.duplicate_handling
        )


@router.post("/folders/delete")
def delete_folder(body: DeleteFolder, actor: Member, platform: PlatformDep) -> BulkChange:
    """Take all images in a folder and below it to the trash, or delete them for good."""
    with platform.db.write() as conn:
        begun = bulk.delete_folder(conn, actor, body.dataset_name, body.folder_path, permanent=body.permanent)
    return _after_removal(platform, begun)


@router.get("/trash")
def list_trash(
    dataset_name: str,
    actor: Viewer,
    platform: PlatformDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: str | None = None,
) -> TrashPageAnswer:
    with platform.db.read() as conn:
        page = trash.page(conn, actor.organization_id, dataset_name, limit=limit, cursor=cursor)
    base_url = platform.signer.base_url
    found = [DatasetImage.model_validate(image_json(image, platform.signer, base_url)) for image in page.images]
    return TrashPageAnswer(images=found, next_cursor=page.next_cursor)


@router.post("/trash/restore")
def restore_trash(body: RestoreTrash, actor: Member, platform: PlatformDep) -> BulkChange:
    """Take everything out of a dataset's trash."""
    with platform.db.write() as conn:
        return bulk.restore_all(conn, actor, body.dataset_name, body.duplicate_handling)


@router.post("/trash/empty")
def empty_trash(body: OfDataset, actor: Admin, platform: PlatformDep) -> BulkChange:
    """Delete for good what is in a dataset's trash."""
    with platform.db.write() as conn:
        begun = bulk.empty_trash(conn, actor, body.dataset_name)
    return _after_removal(platform, begun)


@router.get("/changes/{job_id}")
def get_change(job_id: str, actor: Viewer, platform: PlatformDep) -> BulkChange:
    with platform.db.read() as conn:
        return bulk.get(conn, actor.organization_id, job_id)


@router.get("/changes/{job_id}/events", response_class=EventStream)
async def follow_change(
    job_id: str, request: Request, actor: Viewer, platform: PlatformDep, heard: HeardUntil
) -> EventStream:
    """The change whenever it gets further, and what its job says."""

    def get(conn: Connection) -> JobLook:
        found = bulk.get(conn, actor.organization_id, job_id)
        return JobLook(found, job_id, found.status in OVER)

    return await job_stream(request, platform, heard, get)


@router.post("/changes/{job_id}/cancel")
def cancel_change(job_id: str, actor: Member, platform: PlatformDep) -> BulkChange:
    with platform.db.write() as conn:
        return bulk.cancel(conn, actor.organization_id, job_id)


def _after_removal(platform: Platform, begun: Begun) -> BulkChange:
    remove_unreferenced(platform, begun.sha256s_to_remove)
    return begun.answer
