"""Pictograph: a folder of images in, a trained vision model out.

    from pictograph import Client
    from pictograph.workflows import full_pipeline

Names are loaded when they are first used, so `import pictograph` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# Where the public names live; the imports below say the same to type checkers.
_HOMES = {
    "pictograph.agents": (
        "REGISTRY Toolkit create_toolkit for_anthropic_messages for_claude_agent_sdk for_openai_agents "
        "for_openai_responses"
    ),
    "pictograph.client": "Client",
    "pictograph.exceptions": (
        "ApiError AuthError ConfigurationError ConflictError ForbiddenError NetworkError NotFoundError "
        "PaymentRequiredError PictographError PollTimeoutError RateLimitError RequestTimeoutError ServerError "
        "ValidationError"
    ),
    "pictograph.models.annotation": (
        "Annotation AnnotationType BBoxAnnotation KeypointAnnotation PolygonAnnotation PolygonGeometry "
        "PolylineAnnotation PolylineGeometry"
    ),
    "pictograph.models.api_key": "ApiKey ApiKeyRole CreatedApiKey",
    "pictograph.models.auto_annotate": "BatchClass BatchJob BatchJobStatus PromptResult PromptStatus",
    "pictograph.models.batch": "BatchFailure BatchResult DuplicateHandling",
    "pictograph.models.common": "BoundingBox NonBlankStr Point",
    "pictograph.models.connector": (
        "ConnectorProvider DatasetImportProgress DatasetImportStatus ImportJob ImportStatus LimitCheckResult "
        "LimitType RemoteDataset ValidationResult"
    ),
    "pictograph.models.credit": "CreditBalance CreditEstimate CreditLedgerEntry",
    "pictograph.models.dataset": "Dataset DatasetClass DatasetImage",
    "pictograph.models.export": "Export ExportFormat ExportStatus",
    "pictograph.models.image": "Image ImageStatus",
    "pictograph.models.model": "Model ModelStatus ModelType ModelVisibility",
    "pictograph.models.organization": (
        "InviteRole InviteStatus Organization OrganizationInvite OrganizationMember OrganizationRole SubscriptionTier"
    ),
    "pictograph.models.project": "Project ProjectAnnotationType ProjectClass",
    "pictograph.models.search": "SimilarImage TaggedImage",
    "pictograph.models.training": "GpuType PipelineType TrainingRun TrainingStatus",
    "pictograph.models.video": "VideoExtractionJob VideoJobStatus VideoMetadata VideoUploadInfo",
    "pictograph.viz": "draw_annotations",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

if TYPE_CHECKING:
    from pictograph.agents import REGISTRY as REGISTRY
    from pictograph.agents import Toolkit as Toolkit
    from pictograph.agents import create_toolkit as create_toolkit
    from pictograph.agents import for_anthropic_messages as for_anthropic_messages
    from pictograph.agents import for_claude_agent_sdk as for_claude_agent_sdk
    from pictograph.agents import for_openai_agents as for_openai_agents
    from pictograph.agents import for_openai_responses as for_openai_responses
    from pictograph.client import Client as Client
    from pictograph.exceptions import ApiError as ApiError
    from pictograph.exceptions import AuthError as AuthError
    from pictograph.exceptions import ConfigurationError as ConfigurationError
    from pictograph.exceptions import ConflictError as ConflictError
    from pictograph.exceptions import ForbiddenError as ForbiddenError
    from pictograph.exceptions import NetworkError as NetworkError
    from pictograph.exceptions import NotFoundError as NotFoundError
    from pictograph.exceptions import PaymentRequiredError as PaymentRequiredError
    from pictograph.exceptions import PictographError as PictographError
    from pictograph.exceptions import PollTimeoutError as PollTimeoutError
    from pictograph.exceptions import RateLimitError as RateLimitError
    from pictograph.exceptions import RequestTimeoutError as RequestTimeoutError
    from pictograph.exceptions import ServerError as ServerError
    from pictograph.exceptions import ValidationError as ValidationError
    from pictograph.models.annotation import Annotation as Annotation
    from pictograph.models.annotation import AnnotationType as AnnotationType
    from pictograph.models.annotation import BBoxAnnotation as BBoxAnnotation
    from pictograph.models.annotation import KeypointAnnotation as KeypointAnnotation
    from pictograph.models.annotation import PolygonAnnotation as PolygonAnnotation
    from pictograph.models.annotation import PolygonGeometry as PolygonGeometry
    from pictograph.models.annotation import PolylineAnnotation as PolylineAnnotation
    from pictograph.models.annotation import PolylineGeometry as PolylineGeometry
    from pictograph.models.api_key import ApiKey as ApiKey
    from pictograph.models.api_key import ApiKeyRole as ApiKeyRole
    from pictograph.models.api_key import CreatedApiKey as CreatedApiKey
    from pictograph.models.auto_annotate import BatchClass as BatchClass
    from pictograph.models.auto_annotate import BatchJob as BatchJob
    from pictograph.models.auto_annotate import BatchJobStatus as BatchJobStatus
    from pictograph.models.auto_annotate import PromptResult as PromptResult
    from pictograph.models.auto_annotate import PromptStatus as PromptStatus
    from pictograph.models.batch import BatchFailure as BatchFailure
    from pictograph.models.batch import BatchResult as BatchResult
    from pictograph.models.batch import DuplicateHandling as DuplicateHandling
    from pictograph.models.common import BoundingBox as BoundingBox
    from pictograph.models.common import NonBlankStr as NonBlankStr
    from pictograph.models.common import Point as Point
    from pictograph.models.connector import ConnectorProvider as ConnectorProvider
    from pictograph.models.connector import DatasetImportProgress as DatasetImportProgress
    from pictograph.models.connector import DatasetImportStatus as DatasetImportStatus
    from pictograph.models.connector import ImportJob as ImportJob
    from pictograph.models.connector import ImportStatus as ImportStatus
    from pictograph.models.connector import LimitCheckResult as LimitCheckResult
    from pictograph.models.connector import LimitType as LimitType
    from pictograph.models.connector import RemoteDataset as RemoteDataset
    from pictograph.models.connector import ValidationResult as ValidationResult
    from pictograph.models.credit import CreditBalance as CreditBalance
    from pictograph.models.credit import CreditEstimate as CreditEstimate
    from pictograph.models.credit import CreditLedgerEntry as CreditLedgerEntry
    from pictograph.models.dataset import Dataset as Dataset
    from pictograph.models.dataset import DatasetClass as DatasetClass
    from pictograph.models.dataset import DatasetImage as DatasetImage
    from pictograph.models.export import Export as Export
    from pictograph.models.export import ExportFormat as ExportFormat
    from pictograph.models.export import ExportStatus as ExportStatus
    from pictograph.models.image import Image as Image
    from pictograph.models.image import ImageStatus as ImageStatus
    from pictograph.models.model import Model as Model
    from pictograph.models.model import ModelStatus as ModelStatus
    from pictograph.models.model import ModelType as ModelType
    from pictograph.models.model import ModelVisibility as ModelVisibility
    from pictograph.models.organization import InviteRole as InviteRole
    from pictograph.models.organization import InviteStatus as InviteStatus
    from pictograph.models.organization import Organization as Organization
    from pictograph.models.organization import OrganizationInvite as OrganizationInvite
    from pictograph.models.organization import OrganizationMember as OrganizationMember
    from pictograph.models.organization import OrganizationRole as OrganizationRole
    from pictograph.models.organization import SubscriptionTier as SubscriptionTier
    from pictograph.models.project import Project as Project
    from pictograph.models.project import ProjectAnnotationType as ProjectAnnotationType
    from pictograph.models.project import ProjectClass as ProjectClass
    from pictograph.models.search import SimilarImage as SimilarImage
    from pictograph.models.search import TaggedImage as TaggedImage
    from pictograph.models.training import GpuType as GpuType
    from pictograph.models.training import PipelineType as PipelineType
    from pictograph.models.training import TrainingRun as TrainingRun
    from pictograph.models.training import TrainingStatus as TrainingStatus
    from pictograph.models.video import VideoExtractionJob as VideoExtractionJob
    from pictograph.models.video import VideoJobStatus as VideoJobStatus
    from pictograph.models.video import VideoMetadata as VideoMetadata
    from pictograph.models.video import VideoUploadInfo as VideoUploadInfo
    from pictograph.viz import draw_annotations as draw_annotations

__all__ = ["__version__", *_HOME_OF]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
