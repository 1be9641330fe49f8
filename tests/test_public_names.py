"""What `pictograph` promises by name, and what importing it must not cost."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import get_args

import pytest

import pictograph

# Contract §10.1 and §14.
PUBLIC = [
    "draw_annotations",
    "REGISTRY",
    "Toolkit",
    "create_toolkit",
    "for_anthropic_messages",
    "for_claude_agent_sdk",
    "for_openai_agents",
    "for_openai_responses",
    "Client",
    "__version__",
    "PictographError",
    "ConfigurationError",
    "NetworkError",
    "RequestTimeoutError",
    "PollTimeoutError",
    "ApiError",
    "AuthError",
    "ForbiddenError",
    "NotFoundError",
    "ValidationError",
    "ConflictError",
    "PaymentRequiredError",
    "RateLimitError",
    "ServerError",
    "Annotation",
    "AnnotationType",
    "BBoxAnnotation",
    "PolygonAnnotation",
    "PolylineAnnotation",
    "KeypointAnnotation",
    "PolygonGeometry",
    "PolylineGeometry",
    "BoundingBox",
    "Point",
    "NonBlankStr",
    "Dataset",
    "DatasetClass",
    "DatasetImage",
    "Image",
    "ImageStatus",
    "Export",
    "ExportFormat",
    "ExportStatus",
    "TrainingRun",
    "TrainingStatus",
    "PipelineType",
    "GpuType",
    "Model",
    "ModelStatus",
    "ModelType",
    "ModelVisibility",
    "CreditBalance",
    "CreditEstimate",
    "CreditLedgerEntry",
    "Organization",
    "OrganizationMember",
    "OrganizationInvite",
    "OrganizationRole",
    "InviteRole",
    "InviteStatus",
    "SubscriptionTier",
    "Project",
    "ProjectClass",
    "ProjectAnnotationType",
    "BatchResult",
    "BatchFailure",
    "DuplicateHandling",
    "SimilarImage",
    "TaggedImage",
    "BatchClass",
    "BatchJob",
    "BatchJobStatus",
    "PromptResult",
    "PromptStatus",
    "VideoMetadata",
    "VideoUploadInfo",
    "VideoExtractionJob",
    "VideoJobStatus",
    "ConnectorProvider",
    "RemoteDataset",
    "ValidationResult",
    "LimitCheckResult",
    "LimitType",
    "ImportJob",
    "ImportStatus",
    "DatasetImportProgress",
    "DatasetImportStatus",
    "ApiKey",
    "ApiKeyRole",
    "CreatedApiKey",
]

RESOURCES = [
    "datasets",
    "images",
    "annotations",
    "exports",
    "versions",
    "training",
    "models",
    "credits",
    "organizations",
    "api_keys",
    "projects",
    "auto_annotate",
    "batch",
    "video",
    "connectors",
    "search",
    "imports",
    "pipelines",
    "review",
    "jobs",
]


def test_public_names__all_there_and_no_others() -> None:
    assert sorted(pictograph.__all__) == sorted(PUBLIC)
    assert [name for name in PUBLIC if getattr(pictograph, name, None) is None] == []


def test_public_names__type_checkers_see_the_same() -> None:
    lines = Path(pictograph.__file__).read_text(encoding="utf-8").splitlines()
    imported = {line.split(" as ")[1] for line in lines if line.startswith("    from ") and " as " in line}
    assert imported == set(PUBLIC) - {"__version__"}


def test_public_names__unknown_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = pictograph.Nothing  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]


def test_client__resources() -> None:
    client = pictograph.Client("pk_live_x", base_url="http://127.0.0.1:9")
    with client:
        assert {name for name in vars(client) if not name.startswith("_")} == set(RESOURCES)
    assert repr(client) == "Client(base_url='http://127.0.0.1:9')"
    client.close()


def test_workflows__exports() -> None:
    from pictograph import workflows
    from pictograph.workflows.annotate import AnnotateMode

    expected = {
        "upload_dataset_from_folder",
        "auto_annotate_dataset",
        "train_pipeline",
        "full_pipeline",
        "UploadReport",
        "UploadFailure",
        "AnnotateReport",
        "AnnotationFailure",
        "PipelineReport",
        "Progress",
    }
    assert set(workflows.__all__) == expected
    assert get_args(AnnotateMode) == ("batch", "text")


def modules_after(code: str) -> set[str]:
    """Return the names of the top-level modules loaded by a fresh interpreter after it ran the code."""
    program = f"{dedent(code)}\nimport sys; print(' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import__loads_nothing_heavy() -> None:
    loaded = modules_after("import pictograph")
    heavy = {"pydantic", "httpx2", "PIL", "rich", "typer", "numpy", "torch", "cv2", "pictograph_server"}
    assert loaded & heavy == set()


def test_import__workflows_load_only_what_requests_need() -> None:
    loaded = modules_after("from pictograph import Client; from pictograph.workflows import full_pipeline")
    heavy = {"PIL", "rich", "typer", "numpy", "torch", "cv2", "onnxruntime", "pictograph_server", "pictograph.cli"}
    assert loaded & heavy == set()
