import importlib
import json
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from tests.unit.pictograph import wire

from pictograph.models.annotation import (
    BBoxAnnotation,
    KeypointAnnotation,
    PolygonAnnotation,
    dump_annotation,
    parse_annotations,
)
from pictograph.models.auto_annotate import BatchClass, BatchJob, PromptResult
from pictograph.models.common import BoundingBox, Point
from pictograph.models.credit import CreditBalance
from pictograph.models.dataset import Dataset, DatasetImage
from pictograph.models.image import Image
from pictograph.models.model import Model
from pictograph.models.project import Project, ProjectClass
from pictograph.models.search import SimilarImage
from pictograph.models.training import TrainingRun

SQUARE = [{"x": 0, "y": 0}, {"x": 4, "y": 0}, {"x": 4, "y": 4}]
BOX = {"x": 1, "y": 2, "w": 3, "h": 4}


@pytest.mark.parametrize(
    "good",
    [
        {"name": "a", "type": "bbox", "bounding_box": BOX},
        {"name": "a", "type": "bbox", "bounding_box": {**BOX, "x": -5.5}},
        {"name": "a", "type": "polygon", "polygon": {"paths": [SQUARE]}},
        {"name": "a", "type": "polygon", "polygon": {"paths": [SQUARE, SQUARE]}, "bounding_box": BOX},
        {"name": "a", "type": "polyline", "polyline": {"path": SQUARE[:2]}, "created_by": None},
        {"name": "a", "type": "keypoint", "keypoint": {"x": 1, "y": 2}, "attributes": ["occluded", {"k": 1}]},
    ],
)
def test_annotation__round_trip(good: dict[str, Any]) -> None:
    (annotation,) = parse_annotations([good])
    dumped = dump_annotation(annotation)
    assert parse_annotations(json.loads(json.dumps([dumped]))) == [annotation]
    assert None not in dumped.values()
    assert dumped["id"]


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "a", "bounding_box": BOX},
        {"name": "a", "type": "circle"},
        {"name": " ", "type": "bbox", "bounding_box": BOX},
        {"id": "", "name": "a", "type": "bbox", "bounding_box": BOX},
        {"class": "a", "type": "bbox", "bounding_box": BOX},
        {"name": "a", "type": "bbox", "bbox": [1, 2, 3, 4]},
        {"name": "a", "type": "bbox", "bounding_box": {**BOX, "w": 0}},
        {"name": "a", "type": "bbox", "bounding_box": {**BOX, "h": -1}},
        {"name": "a", "type": "bbox", "bounding_box": {**BOX, "x": float("nan")}},
        {"name": "a", "type": "bbox", "bounding_box": {**BOX, "z": 1}},
        {"name": "a", "type": "bbox", "bounding_box": BOX, "track_id": 3},
        {"name": "a", "type": "bbox", "bounding_box": BOX, "confidence": None},
        {"name": "a", "type": "bbox", "bounding_box": BOX, "confidence": 1.1},
        {"name": "a", "type": "bbox", "bounding_box": BOX, "attributes": None},
        {"name": "a", "type": "bbox", "bounding_box": BOX, "attributes": {}},
        {"name": "a", "type": "bbox", "bounding_box": None},
        {"name": "a", "type": "polygon", "polygon": {"paths": []}},
        {"name": "a", "type": "polygon", "polygon": {"paths": [SQUARE[:2]]}},
        {"name": "a", "type": "polygon", "polygon": {"path": SQUARE}},
        {"name": "a", "type": "polyline", "polyline": {"path": SQUARE[:1]}},
        {"name": "a", "type": "keypoint", "keypoint": {"x": 1, "y": 2}, "bounding_box": BOX},
        {"name": "a", "type": "keypoint", "keypoint": {"x": float("inf"), "y": 2}},
    ],
)
def test_annotation__refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parse_annotations([{"name": "fine", "type": "bbox", "bounding_box": BOX}, bad])


def test_annotation__key_order_is_canonical() -> None:
    annotation = BBoxAnnotation(name="a", bounding_box=BoundingBox(x=1, y=2, w=3, h=4), created_by="me")
    assert list(dump_annotation(annotation)) == [
        "id",
        "name",
        "type",
        "bounding_box",
        "confidence",
        "created_by",
        "attributes",
    ]


def test_annotation__numbers_survive_exactly() -> None:
    (annotation,) = parse_annotations([{"name": "a", "type": "keypoint", "keypoint": {"x": 0.1 + 0.2, "y": 1e-7}}])
    assert isinstance(annotation, KeypointAnnotation)
    assert (annotation.keypoint.x, annotation.keypoint.y) == (0.1 + 0.2, 1e-7)


def test_annotation__ids_are_made_up_and_differ() -> None:
    first, second = parse_annotations([{"name": "a", "type": "polygon", "polygon": {"paths": [SQUARE]}}] * 2)
    assert isinstance(first, PolygonAnnotation)
    assert first.id != second.id


def test_point__is_a_value() -> None:
    assert hash(Point(x=1, y=2)) == hash(Point(x=1, y=2))
    with pytest.raises(ValidationError):
        Point(x=1, y=2).x = 3  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (Image, wire.image(whatever=1)),
        (Dataset, wire.dataset(whatever=1)),
        (DatasetImage, wire.dataset_image(whatever=1)),
        (Project, wire.project(whatever=1)),
        (TrainingRun, wire.run(whatever=1)),
        (Model, wire.model(whatever=1)),
        (BatchJob, wire.job(whatever=1)),
        (CreditBalance, {"whatever": 1}),
        (PromptResult, {"status": "no_detection", "whatever": 1}),
    ],
)
def test_answer__unknown_keys_are_dropped(model: type[BaseModel], document: dict[str, Any]) -> None:
    assert "whatever" not in model.model_validate(document).model_dump()


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (Image, wire.image(status="done")),
        (Image, wire.image(annotation_count=None)),
        (Image, wire.image(image_url=None)),
        (Image, wire.image(created_at=None)),
        (DatasetImage, wire.dataset_image(annotation_count=-1)),
        (DatasetImage, wire.dataset_image(annotation_count=1.5)),
        (TrainingRun, wire.run(progress=101)),
        (TrainingRun, wire.run(metrics=None)),
        (TrainingRun, wire.run(status="complete")),
        (TrainingRun, wire.run(gpu_type="t4")),
        (BatchJob, wire.job(status="completed_with_errors")),
        (ProjectClass, {"name": ""}),
        (ProjectClass, {"name": "x" * 121}),
        (BatchClass, {"name": "a", "type": "bbox"}),
        (BatchClass, {"name": "a", "output_type": "box"}),
        (
            SimilarImage,
            {"id": "i", "filename": "f", "status": "new", "annotation_count": 0, "similarity": 1.0000001},
        ),
    ],
)
def test_answer__refused(model: type[BaseModel], document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(document)


def test_image__both_spellings_of_the_size() -> None:
    first = Image.model_validate(wire.image(width=3, height=4))
    second = Image.model_validate(wire.image(image_width=3, image_height="4"))
    assert (first.width, first.height) == (second.width, second.height) == (3, 4)
    assert first.model_dump()["width"] == 3


def test_model__metrics_may_be_null_but_not_those_of_a_run() -> None:
    assert Model.model_validate(wire.model(metrics=None)).metrics is None
    assert TrainingRun.model_validate(wire.run()).metrics == {}


def test_batch_class__prompt_is_not_sent_when_there_is_none() -> None:
    assert BatchClass(name="a").model_dump(exclude_none=True) == {"name": "a", "output_type": "polygon"}


# The closed sets of contract §7.1, by module: a typo here would make clients refuse answers.
ENUMERATIONS = {
    "image.ImageStatus": "new annotate review complete",
    "annotation.AnnotationType": "bbox polygon polyline keypoint",
    "project.ProjectAnnotationType": "bbox box polygon polyline keypoint",
    "export.ExportFormat": "pictograph coco yolo pascal_voc cvat labelme csv",
    "export.ExportStatus": "pending processing completed failed",
    "training.PipelineType": "yolox detectron2 sm_pytorch classification rfdetr_detection rfdetr_segmentation",
    "training.GpuType": "a10g a100 h100",
    "training.TrainingStatus": "pending queued running completed failed cancelled",
    "model.ModelType": "object_detection semantic_segmentation instance_segmentation classification",
    "model.ModelStatus": "training ready failed archived",
    "model.ModelVisibility": "private public",
    "organization.SubscriptionTier": "free core pro team enterprise",
    "organization.OrganizationRole": "owner admin member viewer",
    "organization.InviteRole": "admin member viewer",
    "organization.InviteStatus": "pending accepted expired revoked",
    "api_key.ApiKeyRole": "viewer member admin owner",
    "batch.DuplicateHandling": "rename skip overwrite",
    "auto_annotate.PromptStatus": "success no_detection below_threshold",
    "auto_annotate.BatchJobStatus": "pending running completed failed cancelled",
    "auto_annotate.BatchOutputType": "polygon bbox tag",
    "video.VideoJobStatus": "processing complete failed",
    "connector.ConnectorProvider": "v7 roboflow",
    "connector.ImportStatus": "processing completed error cancelled",
    "connector.DatasetImportStatus": "pending processing completed error",
    "connector.LimitType": "images storage both",
}


@pytest.mark.parametrize("place", ENUMERATIONS)
def test_enumeration__values(place: str) -> None:
    module, name = place.split(".")
    alias = getattr(importlib.import_module(f"pictograph.models.{module}"), name)
    assert " ".join(get_args(alias)) == ENUMERATIONS[place]
