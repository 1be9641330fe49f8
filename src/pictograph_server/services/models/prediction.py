"""A trained model asked about one image by the warm model process; nothing is stored and nothing is charged."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pictograph.models.annotation import PolygonGeometry
from pictograph.models.common import BoundingBox, Point
from pictograph.models.prediction import PredictedObject, PredictedTag, Prediction
from pictograph_server.engines.annotators.shapes import FoundShape
from pictograph_server.engines.errors import EngineBusy, EngineError
from pictograph_server.errors import BadRequest, Conflict
from pictograph_server.executors.annotator_process import PromptAnswer
from pictograph_server.platform import Platform
from pictograph_server.services.images import service as images
from pictograph_server.services.images.content import ContentLimits, check_image
from pictograph_server.services.models import service as models
from pictograph_server.services.models.local_folder import local_folder
from pictograph_server.services.models.repository import ModelRecord
from pictograph_server.storage.blobs import image_key

# Where the card says nothing.
_SUGGESTED = 0.25


class Asker(Protocol):
    """What runs networks: `executors.annotator_process.AnnotatorProcess`, or a test's stand-in."""

    def text(
        self,
        image: Path,
        prompts: Sequence[str],
        *,
        threshold: float,
        max_detections: int = 100,
        annotator: str | None = None,
    ) -> PromptAnswer: ...


class ModelBusy(Conflict):
    """The network is still loading, or others are asking. No 5xx: clients would ask three times more."""

    code = "model_busy"


class PredictionFailed(BadRequest):
    code = "prediction_failed"


@dataclass(frozen=True, slots=True)
class PredictionQuestion:
    """What to keep of the answer. `confidence` None: what the model suggests."""

    confidence: float | None = None
    max_detections: int = 100


def predict_file(
    platform: Platform,
    asker: Asker,
    organization_id: str,
    model_id: str,
    file: Path,
    name: str,
    wanted: PredictionQuestion,
) -> Prediction:
    """Return what the model says about a file that is not kept.

    Raises:
        ModelNotFound, ModelFileMissing: 404. ModelNotReady, ModelBusy: 409.
        FileTooLarge, TooManyPixels: 413. NotAnImage: 415. BrokenImage, PredictionFailed: 400.
    """
    facts = check_image(file.read_bytes(), name, ContentLimits.of(platform.settings.limits))
    return _predict(platform, asker, organization_id, model_id, file, (facts.width, facts.height), wanted)


def predict_image(
    platform: Platform, asker: Asker, organization_id: str, model_id: str, image_id: str, wanted: PredictionQuestion
) -> Prediction:
    """Return what the model says about an image of a dataset; beside what `predict_file` raises `ImageNotFound`."""
    with platform.db.read() as conn:
        image = images.get(conn, organization_id, image_id)
    try:
        with platform.blobs.as_file(image_key(image.sha256)) as file:
            size_wh = (image.width, image.height)
            return _predict(platform, asker, organization_id, model_id, file, size_wh, wanted)
    except FileNotFoundError as error:
        raise PredictionFailed(
            f"{image.filename!r} cannot be read", why="the store has lost its file", fix="Upload it again"
        ) from error


def _predict(
    platform: Platform,
    asker: Asker,
    organization_id: str,
    model_id: str,
    file: Path,
    size_wh: tuple[int, int],
    wanted: PredictionQuestion,
) -> Prediction:
    started = time.perf_counter()
    with platform.db.read() as conn:
        model = models.ready_record(conn, organization_id, model_id, purpose="predict")
    folder = local_folder(platform, organization_id, model_id)
    class_names = models.class_names_of(model)
    suggested = _suggested_confidence(model)
    confidence = suggested if wanted.confidence is None else wanted.confidence
    answer = _ask(asker, folder, file, class_names, confidence, wanted.max_detections)
    is_classifier = model.model_type == "classification"
    shapes = sorted(answer.shapes, key=lambda shape: -shape.confidence)
    return Prediction(
        model_id=model.id,
        task=model.model_type,
        class_names=list(class_names),
        image_width=size_wh[0],
        image_height=size_wh[1],
        objects=[] if is_classifier else [_object(shape) for shape in shapes],
        tags=[PredictedTag(class_name=each.prompt, confidence=_share(each)) for each in shapes if is_classifier],
        confidence=confidence,
        suggested_confidence=suggested,
        network_seconds=answer.seconds,
        total_seconds=time.perf_counter() - started,
        engine=answer.engine,
    )


def _ask(
    asker: Asker, folder: Path, file: Path, class_names: Sequence[str], confidence: float, most: int
) -> PromptAnswer:
    try:
        return asker.text(file, class_names, threshold=confidence, max_detections=most, annotator=str(folder))
    except EngineBusy as error:
        raise ModelBusy(error.what, why=error.why, fix=error.fix) from error
    except EngineError as error:
        raise PredictionFailed(error.what, why=error.why, fix=error.fix) from error


def _object(shape: FoundShape) -> PredictedObject:
    left, top, right, bottom = shape.box_xyxy
    return PredictedObject(
        class_name=shape.prompt,
        confidence=_share(shape),
        bounding_box=BoundingBox(x=left, y=top, w=right - left, h=bottom - top),
        polygons=[
            PolygonGeometry(paths=[[Point(x=x, y=y) for x, y in ring] for ring in polygon])
            for polygon in shape.polygons
        ],
    )


def _share(shape: FoundShape) -> float:
    return min(1.0, max(0.0, shape.confidence))


def _suggested_confidence(model: ModelRecord) -> float:
    """Return the threshold in the model's card (`inference.postprocessing.confidence`)."""
    found: object = model.card
    for key in ("inference", "postprocessing", "confidence"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return float(found) if isinstance(found, int | float) else _SUGGESTED
