"""A folder or archive brought into a dataset: what it holds, what will be done with it, and what was."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

MergeRule = Literal["keep", "replace", "add"]
DatasetImportState = Literal["uploading", "planning", "planned", "importing", "completed", "failed", "cancelled"]


class ImportIssue(WireModel):
    """A file that was left out, or labels that were, and why."""

    path: str
    reason: str


class ImportClass(WireModel):
    """A class of the labels. `is_new`: the dataset does not have it yet."""

    name: str
    # Its geometry, `tag` for a class that only whole images have.
    type: str
    annotations: int = Field(default=0, ge=0)
    is_new: bool = True


class ImportPlan(WireModel):
    """What an import will do, said before anything is done."""

    # None: images without labels.
    format: str | None = None
    # Images that the files hold or the labels speak of.
    images: int = 0
    images_new: int = 0
    # By folder and name; `different` ones are of another size in bytes and are left alone with their labels.
    images_present: int = 0
    images_different: int = 0
    # Labels speak of them, and there is no such image in the files or in the dataset.
    images_missing: int = 0
    images_labelled: int = 0
    # Of those labelled, the ones that have annotations in the dataset already: here the merge rule counts.
    images_annotated_already: int = 0
    annotations: int = 0
    classes: list[ImportClass] = Field(default_factory=list[ImportClass])
    # The first of what will be left out; `skipped_count` is all of it.
    skipped: list[ImportIssue] = Field(default_factory=list[ImportIssue])
    skipped_count: int = 0
    # Files that are neither images nor labels.
    other_files: int = 0
    bytes_new: int = 0
    remarks: list[str] = Field(default_factory=list[str])

    def __str__(self) -> str:
        from pictograph.models.dataset_import_text import plan_text

        return plan_text(self)


class ImportResult(WireModel):
    """What an import did, so far or in the end."""

    images_added: int = 0
    images_present: int = 0
    images_failed: int = 0
    # Whose annotations or tags changed.
    images_labelled: int = 0
    annotations_added: int = 0
    # Left as they were by the merge rule, or taken away by it.
    annotations_kept: int = 0
    annotations_removed: int = 0
    # The first of what could not be imported; `issue_count` is all of it.
    issues: list[ImportIssue] = Field(default_factory=list[ImportIssue])
    issue_count: int = 0

    def __str__(self) -> str:
        from pictograph.models.dataset_import_text import result_text

        return result_text(self)


class ImportPart(WireModel):
    """A part of the archive that has arrived."""

    number: int
    sha256: str


class DatasetImport(WireModel):
    """An import and how it stands. `uploading`: parts are missing; `planned`: it waits to be started."""

    id: str
    dataset_name: str
    dataset_id: str | None = None
    filename: str
    size_bytes: int
    part_bytes: int
    merge: MergeRule = "keep"
    format: str | None = None
    labels_only: bool = False
    folder_path: str = "/"
    image_status: str | None = None
    status: DatasetImportState
    progress: int = Field(default=0, description="Percent of the plan, then of the import.")
    # Only while uploading, and only of one import asked for by its id.
    parts: list[ImportPart] = Field(default_factory=list[ImportPart])
    plan: ImportPlan | None = None
    result: ImportResult | None = None
    error_message: str | None = None
    created_at: datetime
    completed_at: datetime | None = None

    @property
    def part_count(self) -> int:
        return max(1, -(-self.size_bytes // self.part_bytes))
