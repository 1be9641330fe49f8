"""Imports from other services: what is there, whether it fits, how the import stands."""

from typing import Literal

from pydantic import Field

from pictograph.models.common import WireModel

ConnectorProvider = Literal["v7", "roboflow"]
ImportStatus = Literal["processing", "completed", "error", "cancelled"]
DatasetImportStatus = Literal["pending", "processing", "completed", "error"]
LimitType = Literal["images", "storage", "both"]


class RemoteDataset(WireModel):
    """A dataset at the other service."""

    id: str
    name: str
    slug: str
    image_count: int = Field(default=0, ge=0)
    version: int | None = None


class ValidationResult(WireModel):
    """Whether the other service took the key, and what it offers."""

    valid: bool
    workspace: str = ""
    datasets: list[RemoteDataset] = Field(default_factory=list[RemoteDataset])
    error: str | None = None


class LimitCheckResult(WireModel):
    """Whether an import of this size fits into the organisation; sizes in bytes."""

    allowed: bool
    current_images: int = Field(ge=0)
    image_limit: int = Field(ge=0)
    images_after_import: int = Field(ge=0)
    current_storage_bytes: int = Field(ge=0)
    storage_limit_bytes: int = Field(ge=0)
    storage_after_import_bytes: int = Field(ge=0)
    exceeded: LimitType | None = None


class DatasetImportProgress(WireModel):
    """How one dataset of an import stands."""

    name: str
    project_id: str
    status: DatasetImportStatus
    imported: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)
    # Of the imported ones, those that were here before.
    skipped: int = Field(default=0, ge=0)
    # Name -> reason, of the first that failed.
    failures: dict[str, str] = Field(default_factory=dict[str, str])
    error: str | None = None


class ImportJob(WireModel):
    """An import. `progress` is 0-100."""

    import_id: str
    status: ImportStatus
    progress: float = Field(default=0.0, ge=0.0, le=100.0)
    total_images: int = Field(default=0, ge=0)
    imported_images: int = Field(default=0, ge=0)
    failed_images: int = Field(default=0, ge=0)
    current_dataset: str = ""
    datasets: list[DatasetImportProgress] = Field(default_factory=list[DatasetImportProgress])
    # Of the imported images, those that were here before.
    skipped_images: int = Field(default=0, ge=0)
    error: str | None = None
