"""The role that every route needs, and a request for it. A route without a row here fails the matrix.

A text in braces stands for a thing of the organisation (world.py): `{image_id}`. Parameters of the path are filled by
the same name unless `path` says otherwise. What is optional but names a thing is given too where it is possible, for
that is how one organisation might reach another's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pictograph_server.actor import Role

# `open`: nobody has to say who they are. `person`: for people who signed in; a key is told so.
Needs = Role | Literal["open", "person"]
D = "/api/v1/developer"
_SHA256 = "0" * 64


@dataclass(frozen=True)
class Row:
    """A request that works for whoever has the role, or meets the refusal with the code `refusal`."""

    needs: Needs
    json: Mapping[str, object] | None = None
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    form: Mapping[str, str] | None = None
    has_file: bool = False
    content: bytes | None = None
    content_type: str | None = None
    refusal: str | None = None
    # What a foreign thing is answered with where that is not 404.
    foreign: Mapping[str, int] = field(default_factory=dict[str, int])


_DATASET = {"name": "dataset_name"}
_ON_IMAGES = {"dataset_name": "{dataset_name}", "image_ids": ["{image_id}"]}
_PROMPT = {"dataset_name": "{dataset_name}", "image_filename": "a/{filename}"}
_BATCH = {**_ON_IMAGES, "classes": [{"name": "stop"}]}
_SIMILAR = {**_ON_IMAGES, "image": "{image_id}", "boxes": [{"x": 1, "y": 1, "w": 5, "h": 5}], "name": "stop"}
_TRAIN = {"dataset_name": "{dataset_name}", "export_name": "{export_name}", "pipeline_type": "yolox"}
_PIPELINE = {
    "dataset_name": "new",
    "pipeline": "yolox",
    "classes": [{"name": "stop"}],
    "parent_model_id": "{model_id}",
}
_BOX = {"x": 1.0, "y": 1.0, "w": 5.0, "h": 5.0}
_VERSIONS = f"{D}/datasets/by-name/{{dataset_name}}/versions"
_VERSION = f"{_VERSIONS}/{{version}}"
_CLASSES = f"{D}/datasets/by-name/{{dataset_name}}/classes"
_REVIEW = f"{D}/datasets/by-name/{{name}}/review"
_REMOTE = {"provider": "v7", "api_key": "k", "datasets": [{"id": "1", "name": "a", "slug": "a"}]}
_CONNECTOR = {"import_id": "connector_import_id"}
_EXTRACTION = {"job_id": "extraction_id"}
_CHANGE = {"job_id": "bulk_change_id"}
_EMAIL = {"email": "nobody@example.org"}

OPERATION: dict[str, Row] = {
    "GET /healthz": Row("open"),
    "GET /readyz": Row("open"),
    "GET /metrics": Row("open"),
    "GET /files/{token}": Row("open", path={"token": "=x"}, refusal="bad_link"),
    "PUT /uploads/{token}": Row("open", path={"token": "=x"}, content=b"x", refusal="bad_link"),
    # --- projects and datasets ---
    f"GET {D}/projects/": Row("viewer"),
    f"POST {D}/projects/": Row("member", {"name": "new"}),
    f"GET {D}/projects/{{name}}": Row("viewer", path=_DATASET),
    f"PATCH {D}/projects/{{name}}": Row("member", {"description": "x"}, path=_DATASET),
    f"DELETE {D}/projects/{{name}}": Row("admin", path=_DATASET),
    f"GET {D}/datasets/": Row("viewer"),
    f"GET {D}/datasets/by-name/{{name}}": Row("viewer", path=_DATASET, query={"include_images": "true"}),
    f"GET {D}/datasets/by-name/{{name}}/download": Row("viewer", path=_DATASET),
    f"GET {D}/datasets/by-name/{{name}}/image-ids": Row("viewer", path=_DATASET),
    f"GET {D}/images/{{image_id}}/neighbors": Row("viewer"),
    f"GET {D}/datasets/by-name/{{name}}/statistics": Row("viewer", path=_DATASET),
    # Nothing was measured in the matrix.
    f"GET {D}/datasets/by-name/{{name}}/statistics/cells": Row(
        "viewer", path=_DATASET, query={"grid": "sizes", "cell": "0"}, refusal="cells_not_kept"
    ),
    f"POST {D}/datasets/by-name/{{name}}/statistics/refresh": Row("viewer", path=_DATASET),
    f"GET {D}/datasets/by-name/{{name}}/counts": Row("viewer", path=_DATASET),
    f"GET {D}/datasets/by-name/{{name}}/folders": Row("viewer", path=_DATASET),
    f"GET {D}/datasets/{{dataset_id}}": Row("viewer"),
    f"POST {D}/datasets/by-name/{{name}}/compare": Row("viewer", {"reference": "people"}, path=_DATASET),
    # --- images ---
    f"GET {D}/images/": Row("viewer", query={"dataset_name": "{dataset_name}"}),
    f"POST {D}/images/upload-url": Row("member", {"dataset_id": "{dataset_id}", "filename": "new.png"}),
    f"POST {D}/images/register": Row(
        "member",
        form={"dataset_id": "{other_dataset_id}", "filename": "uploaded.png", "gcs_path": "{upload_path}"},
        # An upload was opened for a dataset; that it is not the one named here is seen first.
        foreign={"other_dataset_id": 400},
    ),
    f"POST {D}/images/upload": Row("member", form={"dataset_id": "{dataset_id}"}, has_file=True),
    f"POST {D}/images/check": Row(
        "member",
        {"dataset_id": "{dataset_id}", "images": [{"folder_path": "/", "filename": "a.png", "sha256": _SHA256}]},
    ),
    f"POST {D}/images/bundle": Row(
        "member", query={"dataset_id": "{dataset_id}"}, content=bytes(1024), content_type="application/x-tar"
    ),
    f"GET {D}/images/{{image_id}}": Row("viewer"),
    f"GET {D}/images/{{image_id}}/metadata": Row("viewer"),
    f"GET {D}/images/{{image_id}}/thumbnail": Row("viewer"),
    f"PUT {D}/images/{{image_id}}/tags": Row("member", {"tags": ["outdoor"]}),
    f"DELETE {D}/images/{{image_id}}": Row("admin", query={"permanent": "true"}),
    # --- annotations ---
    f"POST {D}/annotations/query": Row("viewer", {"image_ids": ["{image_id}"]}),
    f"GET {D}/annotations/{{image_id}}": Row("viewer"),
    f"POST {D}/annotations/{{image_id}}": Row("member", {"image_id": "{image_id}", "annotations": []}),
    f"DELETE {D}/annotations/{{image_id}}": Row("admin"),
    f"GET {D}/annotations/{{image_id}}/file": Row("viewer"),
    f"GET {D}/annotations/{{image_id}}/history": Row("viewer"),
    f"GET {D}/annotations/{{image_id}}/history/{{version}}": Row("viewer", path={"version": "=1"}),
    f"POST {D}/annotations/{{image_id}}/restore": Row("member", {"version": 1}),
    # --- changes of many images ---
    f"POST {D}/batch/images/move": Row("member", {**_ON_IMAGES, "target_folder_path": "/b"}),
    f"POST {D}/batch/images/copy": Row("member", {**_ON_IMAGES, "copy_annotations": True}),
    f"POST {D}/batch/images/copy-to-dataset": Row(
        "member", {**_ON_IMAGES, "target_dataset_name": "{other_dataset_name}"}
    ),
    f"POST {D}/batch/images/delete": Row("member", _ON_IMAGES),
    f"PATCH {D}/batch/images/update": Row("member", {**_ON_IMAGES, "updates": {"status": "review"}}),
    f"POST {D}/batch/images/tag": Row("member", {**_ON_IMAGES, "add": ["night"]}),
    f"POST {D}/batch/images/restore": Row("member", {"dataset_name": "{dataset_name}", "image_ids": ["{trashed_id}"]}),
    f"POST {D}/batch/matching": Row(
        "member", {"dataset_name": "{dataset_name}", "change": {"kind": "status", "status": "review"}}
    ),
    f"POST {D}/batch/folders/move": Row(
        "member", {"dataset_name": "{dataset_name}", "folder_path": "/a", "target_path": "/b"}
    ),
    f"POST {D}/batch/folders/delete": Row("member", {"dataset_name": "{dataset_name}", "folder_path": "/a"}),
    f"GET {D}/batch/trash": Row("viewer", query={"dataset_name": "{dataset_name}"}),
    f"POST {D}/batch/trash/restore": Row("member", {"dataset_name": "{dataset_name}"}),
    f"POST {D}/batch/trash/empty": Row("admin", {"dataset_name": "{dataset_name}"}),
    f"GET {D}/batch/changes/{{job_id}}": Row("viewer", path=_CHANGE),
    f"GET {D}/batch/changes/{{job_id}}/events": Row("viewer", path=_CHANGE),
    f"POST {D}/batch/changes/{{job_id}}/cancel": Row("member", path=_CHANGE),
    # --- search ---
    f"GET {D}/datasets/by-name/{{name}}/duplicates": Row("viewer", path=_DATASET),
    f"GET {D}/search/by-tags": Row("viewer", query={"objects": "car", "dataset_name": "{dataset_name}"}),
    f"GET {D}/search/similar": Row("viewer", query={"image_id": "{image_id}"}),
    # --- auto-annotation ---
    f"GET {D}/auto-annotate/annotators": Row("viewer"),
    f"POST {D}/auto-annotate/sam3/point": Row("member", {**_PROMPT, "x": 3, "y": 3}, refusal="prompt_not_answered"),
    f"POST {D}/auto-annotate/sam3/box": Row(
        "member", {**_PROMPT, "box": _BOX, "name": "stop"}, refusal="prompt_not_answered"
    ),
    f"POST {D}/auto-annotate/sam3/text": Row(
        "member", {**_PROMPT, "text_prompt": "stop sign"}, refusal="prompt_not_answered"
    ),
    f"POST {D}/auto-annotate/batch": Row("member", _BATCH),
    f"POST {D}/auto-annotate/batch/quote": Row("member", _BATCH),
    f"POST {D}/auto-annotate/similar": Row("member", _SIMILAR),
    f"POST {D}/auto-annotate/similar/quote": Row("member", _SIMILAR),
    f"GET {D}/auto-annotate/batch/{{job_id}}": Row("viewer", path={"job_id": "batch_id"}),
    f"GET {D}/auto-annotate/batch/{{job_id}}/events": Row("viewer", path={"job_id": "batch_id"}),
    f"POST {D}/auto-annotate/batch/{{job_id}}/cancel": Row("member", path={"job_id": "batch_id"}),
    f"POST {D}/auto-annotate/batch/{{job_id}}/accept": Row("member", {}, path={"job_id": "batch_id"}),
    # --- exports ---
    f"GET {D}/exports/": Row("viewer"),
    f"GET {D}/exports/formats": Row("viewer"),
    f"POST {D}/exports/": Row("member", {"dataset_name": "{dataset_name}", "name": "new"}),
    f"GET {D}/exports/{{dataset_name}}/{{export_name}}": Row("viewer"),
    f"GET {D}/exports/{{dataset_name}}/{{export_name}}/events": Row("viewer"),
    f"GET {D}/exports/{{dataset_name}}/{{export_name}}/download": Row("viewer"),
    f"DELETE {D}/exports/{{dataset_name}}/{{export_name}}": Row("admin"),
    # --- training ---
    f"GET {D}/training/": Row("viewer"),
    f"POST {D}/training/": Row("member", {**_TRAIN, "name": "new"}, refusal="export_not_trainable"),
    f"GET {D}/training/pipelines": Row("viewer"),
    f"POST {D}/training/check": Row(
        "viewer", {"pipeline_type": "yolox", "parent_model_id": "{model_id}"}, refusal="model_file_missing"
    ),
    f"POST {D}/training/estimate": Row("viewer", _TRAIN),
    f"GET {D}/training/{{run_id}}": Row("viewer"),
    f"GET {D}/training/{{run_id}}/events": Row("viewer"),
    f"GET {D}/training/{{run_id}}/history": Row("viewer"),
    f"GET {D}/training/{{run_id}}/splits": Row("viewer"),
    f"POST {D}/training/{{run_id}}/cancel": Row("member"),
    # --- pipelines ---
    f"GET {D}/pipelines/": Row("viewer", query={"dataset_name": "{dataset_name}"}),
    f"POST {D}/pipelines/": Row("member", _PIPELINE, refusal="model_file_missing"),
    f"POST {D}/pipelines/quote": Row("member", {**_PIPELINE, "images": 9}, refusal="model_file_missing"),
    f"GET {D}/pipelines/{{pipeline_id}}": Row("viewer"),
    f"PATCH {D}/pipelines/{{pipeline_id}}": Row("member", {"name": "x"}),
    f"GET {D}/pipelines/{{pipeline_id}}/events": Row("viewer"),
    f"POST {D}/pipelines/{{pipeline_id}}/continue": Row("member", {"upload": {"uploaded": 1}}),
    f"POST {D}/pipelines/{{pipeline_id}}/cancel": Row("member"),
    f"POST {D}/pipelines/{{pipeline_id}}/resume": Row("member"),
    f"POST {D}/pipelines/{{pipeline_id}}/rerun": Row("member"),
    f"POST {D}/pipelines/{{pipeline_id}}/report": Row(
        "member",
        {"job_id": "{batch_id}", "training_run_id": "{run_id}"},
        path={"pipeline_id": "program_pipeline_id"},
    ),
    # --- models ---
    f"GET {D}/models/": Row("viewer"),
    f"GET {D}/models/{{model_id}}": Row("viewer"),
    f"GET {D}/models/{{model_id}}/download": Row("viewer"),
    f"GET {D}/models/{{model_id}}/card": Row("viewer", refusal="model_file_missing"),
    f"GET {D}/models/{{model_id}}/files": Row("viewer"),
    f"GET {D}/models/{{model_id}}/evaluation": Row("viewer", refusal="model_file_missing"),
    f"DELETE {D}/models/{{model_id}}": Row("admin"),
    f"POST {D}/models/{{model_id}}/predict": Row(
        "member", form={"image_id": "{image_id}", "confidence": "0.5"}, refusal="model_file_missing"
    ),
    f"GET {D}/models/{{model_id}}/evaluations": Row("viewer"),
    f"POST {D}/models/{{model_id}}/evaluations": Row("member", {"dataset_name": "{dataset_name}"}),
    f"GET {D}/models/{{model_id}}/evaluations/{{evaluation_id}}": Row("viewer"),
    f"GET {D}/models/{{model_id}}/evaluations/{{evaluation_id}}/events": Row("viewer"),
    f"POST {D}/models/{{model_id}}/evaluations/{{evaluation_id}}/cancel": Row("member"),
    # --- reviews ---
    f"GET {_REVIEW}/queue": Row("viewer", path=_DATASET),
    f"POST {_REVIEW}/next": Row("member", {"hold": 2}, path=_DATASET),
    f"POST {_REVIEW}/hold": Row("member", {"image_id": "{review_id}"}, path=_DATASET),
    f"POST {_REVIEW}/release": Row("member", {}, path=_DATASET),
    f"POST {_REVIEW}/verdicts": Row(
        "member", {"image_id": "{review_id}", "verdict": "accept", "expected_version": 1}, path=_DATASET
    ),
    f"GET {_REVIEW}/verdicts": Row("viewer", path=_DATASET),
    f"POST {_REVIEW}/verdicts/{{verdict_id}}/undo": Row("member", path=_DATASET, refusal="undo_too_late"),
    f"GET {_REVIEW}/progress": Row("viewer", path=_DATASET),
    f"POST {_REVIEW}/assign": Row("member", {"image_ids": ["{review_id}"], "assignee": "me"}, path=_DATASET),
    f"POST {_REVIEW}/share": Row("member", {"people": ["me", "{user_id}"]}, path=_DATASET),
    f"POST {_REVIEW}/unassign": Row("member", {"assignee": "{user_id}"}, path=_DATASET),
    f"POST {_REVIEW}/disagreement": Row("member", {"model_id": "{model_id}"}, path=_DATASET),
    f"GET {_REVIEW}/disagreement": Row("viewer", path=_DATASET),
    # --- jobs of every kind ---
    f"GET {D}/jobs/": Row("viewer", query={"dataset_name": "{dataset_name}"}),
    f"GET {D}/jobs/events": Row("viewer"),
    f"GET {D}/jobs/{{job_id}}": Row("viewer", path={"job_id": "run_id"}),
    f"POST {D}/jobs/{{job_id}}/cancel": Row("member", path={"job_id": "run_id"}),
    # --- versions ---
    f"GET {_VERSIONS}": Row("viewer"),
    f"POST {_VERSIONS}": Row("member", {"name": "new"}),
    f"GET {_VERSION}": Row("viewer"),
    f"PATCH {_VERSION}": Row("member", {"description": "x"}),
    f"DELETE {_VERSION}": Row("admin", query={"force": "true"}),
    f"GET {_VERSION}/diff": Row("viewer"),
    f"GET {_VERSION}/lineage": Row("viewer"),
    f"POST {_VERSION}/restore": Row("member", {"dataset_name": "new"}),
    f"GET {_VERSION}/restores/{{restore_id}}": Row("viewer"),
    f"GET {_VERSION}/events": Row("viewer"),
    f"GET {_VERSION}/restores/{{restore_id}}/events": Row("viewer"),
    # --- classes ---
    f"POST {_CLASSES}/rename": Row("member", {"class_name": "yield", "new_name": "give way"}),
    f"POST {_CLASSES}/merge": Row("member", {"class_names": ["yield"], "into": "stop"}),
    f"POST {_CLASSES}/delete": Row("admin", {"class_names": ["yield"]}),
    f"GET {_CLASSES}/changes": Row("viewer"),
    f"GET {_CLASSES}/changes/{{change_id}}": Row("viewer", path={"change_id": "class_change_id"}),
    f"GET {_CLASSES}/changes/{{change_id}}/events": Row("viewer", path={"change_id": "class_change_id"}),
    # --- imports ---
    f"GET {D}/imports/": Row("viewer"),
    f"POST {D}/imports/": Row(
        "member",
        {
            "dataset_name": "{dataset_name}",
            "create_if_missing": False,
            "filename": "b.zip",
            "size_bytes": 9,
            "fingerprint": "g",
        },
    ),
    f"GET {D}/imports/{{import_id}}": Row("viewer"),
    f"GET {D}/imports/{{import_id}}/events": Row("viewer"),
    f"PUT {D}/imports/{{import_id}}/parts/{{number}}": Row(
        "member", path={"number": "=0"}, query={"sha256": _SHA256}, content=b"too many bytes", refusal="body_too_large"
    ),
    f"POST {D}/imports/{{import_id}}/plan": Row("member", refusal="import_not_ready"),
    f"POST {D}/imports/{{import_id}}/start": Row("member", refusal="import_not_ready"),
    f"POST {D}/imports/{{import_id}}/cancel": Row("member"),
    f"POST {D}/connectors/validate": Row("member", {"provider": "v7", "api_key": "k"}),
    f"POST {D}/connectors/check-limits": Row("viewer", {"total_images": 1, "estimated_size_bytes": 1}),
    f"POST {D}/connectors/import/start": Row("member", _REMOTE, refusal="connector_failed"),
    f"GET {D}/connectors/import/status/{{import_id}}": Row("viewer", path=_CONNECTOR),
    f"GET {D}/connectors/import/status/{{import_id}}/events": Row("viewer", path=_CONNECTOR),
    f"POST {D}/connectors/import/cancel/{{import_id}}": Row("member", path=_CONNECTOR),
    # --- video ---
    f"POST {D}/video/upload-url": Row("member", {"filename": "a.mp4"}),
    "PUT /uploads/videos/{token}": Row("open", path={"token": "=x"}, content=b"x", refusal="bad_link"),
    f"POST {D}/video/probe": Row("member", {"gcs_path": "{video_path}"}),
    f"POST {D}/video/extract-frames": Row(
        "member", {"dataset_name": "{dataset_name}", "gcs_path": "{video_path}", "folder_name": "frames"}
    ),
    f"GET {D}/video/extract-frames/{{job_id}}": Row("viewer", path=_EXTRACTION),
    f"GET {D}/video/extract-frames/{{job_id}}/events": Row("viewer", path=_EXTRACTION),
    f"POST {D}/video/extract-frames/{{job_id}}/cancel": Row("member", path=_EXTRACTION),
    # --- credits, tools ---
    f"GET {D}/tools.json": Row("viewer"),
    f"GET {D}/credits/balance": Row("viewer"),
    f"GET {D}/credits/history": Row("viewer"),
    f"GET {D}/credits/usage": Row("viewer"),
    f"GET {D}/credits/prices": Row("viewer"),
    f"GET {D}/credits/estimate": Row("viewer", query={"operation": "training_a10g"}),
    # --- the organisation ---
    f"GET {D}/organizations/me": Row("viewer"),
    f"PATCH {D}/organizations/me": Row("admin", {"name": "New"}),
    f"GET {D}/organizations/members": Row("viewer"),
    f"PATCH {D}/organizations/members/{{member_id}}": Row("admin", {"role": "viewer"}),
    f"DELETE {D}/organizations/members/{{member_id}}": Row("admin"),
    f"POST {D}/organizations/members/{{member_id}}/password-link": Row("admin"),
    f"GET {D}/organizations/invites": Row("viewer"),
    f"POST {D}/organizations/invites": Row("admin", _EMAIL),
    f"DELETE {D}/organizations/invites/{{invite_id}}": Row("admin"),
    f"GET {D}/audit": Row("admin"),
    "GET /api/v1/api-keys/": Row("viewer", query={"organization_id": "{organization_id}"}),
    "POST /api/v1/api-keys/": Row("admin", {"organization_id": "{organization_id}", "name": "new"}),
    "GET /api/v1/api-keys/{key_id}": Row("viewer"),
    "PATCH /api/v1/api-keys/{key_id}": Row("admin", {"rate_limit": 5}),
    "DELETE /api/v1/api-keys/{key_id}": Row("admin"),
    # --- people ---
    "GET /api/v1/session/options": Row("open"),
    "GET /api/v1/session": Row("person"),
    "PATCH /api/v1/session": Row("person", {"organization_id": "{organization_id}"}),
    "POST /api/v1/session": Row("open", {**_EMAIL, "password": "guess"}, refusal="sign_in_refused"),
    "POST /api/v1/session/link": Row("open", {"token": "guess"}, refusal="link_not_valid"),
    "DELETE /api/v1/session": Row("open"),
    "GET /api/v1/account": Row("person"),
    "PATCH /api/v1/account": Row("person", {"full_name": "Eve"}),
    "POST /api/v1/account/email": Row("open", {"token": "guess"}, refusal="link_not_valid"),
    "POST /api/v1/account/delete": Row("person", {}),
    "GET /api/v1/account/sessions": Row("person"),
    "DELETE /api/v1/account/sessions": Row("person"),
    "DELETE /api/v1/account/sessions/{session_id}": Row("person", path={"session_id": "=x"}),
    "POST /api/v1/account/register": Row(
        "open",
        {**_EMAIL, "password": "seven dry umbrellas", "full_name": "Eve", "organization": "Eve's"},
        refusal="registration_closed",
    ),
    "POST /api/v1/account/password-link": Row("open", _EMAIL, refusal="mail_not_configured"),
    "POST /api/v1/account/password": Row(
        "open", {"token": "guess", "password": "seven dry umbrellas"}, refusal="link_not_valid"
    ),
    "POST /api/v1/account/invite": Row("open", {"token": "guess"}, refusal="invite_not_found"),
    "POST /api/v1/account/invite/accept": Row("open", {"token": "guess"}, refusal="invite_not_found"),
}
