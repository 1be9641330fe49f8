"""Annotations of an image: read, replace, clear, and the document that downloads keep (contract §6.3)."""

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue, StrictBool, TypeAdapter, ValidationError
from starlette.responses import Response

from pictograph.models.annotation import Annotation
from pictograph.models.image import ImageStatus
from pictograph_server.auth import Admin, Member, Viewer
from pictograph_server.errors import Unprocessable
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API, JsonObjectBody, json_response
from pictograph_server.services.annotations import service as annotations
from pictograph_server.services.annotations.documents import check_annotations
from pictograph_server.services.annotations.service import Asked
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.images import service as images

router = APIRouter(prefix=f"{API}/annotations", tags=["annotations"])


class InvalidSave(Unprocessable):
    code = "invalid_save"


class AskedWith(BaseModel):
    """What an engine was asked when it found an annotation."""

    prompt: Annotated[str, Field(max_length=1000)] | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    # Whoever saves has corrected what it found: its maker stays known, and a later job leaves it alone.
    edited: StrictBool = False


class SaveAnnotations(BaseModel):
    """What a save sends. It is read without this model, so that every number keeps its digits."""

    annotations: list[Annotation]
    image_id: str | None = None
    # The `annotation_version` that was read; a save based on an older one is refused.
    expected_version: int | None = None
    # Annotation id -> what the engine was asked that `created_by` names, for annotations that are new.
    asked: dict[str, AskedWith] | None = None
    # More is to come: the image is `annotate` unless it was decided, and an empty list does not reopen it.
    in_progress: bool = False


class AnnotationList(BaseModel):
    image_id: str
    filename: str
    annotation_count: int
    annotation_version: int
    status: ImageStatus
    annotations: list[Annotation]
    # Annotation id -> who or what made it, and with what; only when it was asked for.
    provenance: dict[str, dict[str, JsonValue]] | None = None


class SaveAnswer(BaseModel):
    success: Literal[True]
    image_id: str
    previous_count: int
    new_count: int
    status: ImageStatus
    annotation_version: int


class DeleteAnswer(BaseModel):
    success: Literal[True]
    image_id: str
    deleted_count: int


class Named(BaseModel):
    name: str
    slug: str


class AnnotationFile(BaseModel):
    image: str
    image_url: str
    image_uuid: str
    image_path: str
    width: int
    height: int
    annotation_count: int
    annotation_version: int
    annotation_url: str
    dataset: Named
    org: Named
    annotations: list[Annotation]


class OfImages(BaseModel):
    image_ids: Annotated[list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=500)]


class AnnotationsOfImages(BaseModel):
    """Image id -> its annotations, an empty list where it has none; ids that name no image are left out."""

    annotations: dict[str, list[Annotation]]


# The shapes themselves are described with the answers.
_SAVE_SCHEMA = SaveAnnotations.model_json_schema(ref_template="#/components/schemas/{model}")
_DEFINITIONS = _SAVE_SCHEMA.pop("$defs")
# Stands in no answer.
_SAVE_SCHEMA["properties"]["asked"]["anyOf"][0]["additionalProperties"] = _DEFINITIONS["AskedWith"]
_ASKED = TypeAdapter(dict[str, AskedWith])
_SAVE_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": _SAVE_SCHEMA}}}}


@router.post("/query", response_model=AnnotationsOfImages)
def query_annotations(body: OfImages, actor: Viewer, platform: PlatformDep) -> Response:
    """Annotations of many images at once, for pages of thumbnails."""
    with platform.db.read() as conn:
        found = annotations.encoded(conn, actor.organization_id, body.image_ids)
    return json_response({"annotations": {image_id: orjson.Fragment(text) for image_id, text in found.items()}})


@router.get("/{image_id}", response_model=AnnotationList)
def get_annotations(image_id: str, actor: Viewer, platform: PlatformDep, include_provenance: bool = False) -> Response:
    with platform.db.read() as conn:
        image = images.get(conn, actor.organization_id, image_id)
        documents = annotations.get_documents(conn, image_id)
        provenance = annotations.get_provenance(conn, image_id) if include_provenance else None
    answer: dict[str, object] = {
        "image_id": image_id,
        "filename": image.filename,
        "annotation_count": len(documents),
        "annotation_version": image.annotation_version,
        "status": image.status,
        "annotations": documents,
    }
    if provenance is not None:
        answer["provenance"] = {key: origin.to_json() for key, origin in provenance.items()}
    return json_response(answer)


@router.post("/{image_id}", response_model=SaveAnswer, openapi_extra=_SAVE_BODY)
def save_annotations(image_id: str, body: JsonObjectBody, actor: Member, platform: PlatformDep) -> Response:
    """Replace the image's annotations: `{"annotations": […], "expected_version": 3}`; all but the list is optional."""
    documents = check_annotations(body.get("annotations"))
    if body.get("image_id", image_id) != image_id:
        raise InvalidSave(f"The body names image {body['image_id']!r} and the address {image_id!r}")
    expected_version = _expected_version(body.get("expected_version"))
    asked = _asked(body.get("asked"))
    in_progress = body.get("in_progress", False)
    if not isinstance(in_progress, bool):
        raise InvalidSave(f"in_progress {in_progress!r} is neither true nor false")
    with platform.db.write() as conn:
        outcome = annotations.save_documents(
            conn, actor, image_id, documents, expected_version, asked=asked, in_progress=in_progress
        )
    return json_response(
        {
            "success": True,
            "image_id": image_id,
            "previous_count": outcome.previous_count,
            "new_count": outcome.new_count,
            "status": outcome.status,
            "annotation_version": outcome.version,
        }
    )


@router.delete("/{image_id}", response_model=DeleteAnswer)
def delete_annotations(image_id: str, actor: Admin, platform: PlatformDep) -> Response:
    """Answer an object: clients cannot take 204 here."""
    with platform.db.write() as conn:
        outcome = annotations.remove(conn, actor, image_id)
    return json_response({"success": True, "image_id": image_id, "deleted_count": outcome.previous_count})


@router.get("/{image_id}/file", response_model=AnnotationFile)
def get_annotation_file(image_id: str, actor: Viewer, platform: PlatformDep) -> Response:
    with platform.db.read() as conn:
        image = images.get(conn, actor.organization_id, image_id)
        dataset = datasets.get_by_id(conn, actor.organization_id, image.dataset_id)
        organization = datasets.owner(conn, actor.organization_id)
        documents = annotations.get_documents(conn, image_id)
    base_url = platform.signer.base_url
    return json_response(
        {
            "image": image.filename,
            "image_url": f"{base_url}{API}/images/{image.id}",
            "image_uuid": image.id,
            "image_path": image.folder_path,
            "width": image.width,
            "height": image.height,
            "annotation_count": len(documents),
            "annotation_version": image.annotation_version,
            "annotation_url": f"{base_url}{API}/annotations/{image.id}",
            "dataset": {"name": dataset.name, "slug": dataset.slug},
            "org": {"name": organization.name, "slug": organization.slug},
            "annotations": documents,
        }
    )


def _expected_version(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidSave(f"expected_version {value!r} is no integer", fix="Send the annotation_version you read")
    return value


def _asked(value: object) -> dict[str, Asked]:
    try:
        found = _ASKED.validate_python({} if value is None else value)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise InvalidSave(
            "`asked` is malformed",
            why=f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}",
            fix='Send {annotation id: {"prompt": "stop sign", "threshold": 0.5}}, or leave it out',
        ) from None
    return {key: Asked(each.prompt, each.threshold, each.edited) for key, each in found.items()}
