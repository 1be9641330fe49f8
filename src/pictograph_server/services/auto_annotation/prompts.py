"""Single prompts: a point, a box or a phrase on one image, answered at once by the warm annotator and not saved."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from pictograph.models.annotation import Annotation
from pictograph.models.auto_annotate import PromptStatus
from pictograph_server.engines.annotators.shapes import FoundShape, shape_to_annotations
from pictograph_server.engines.errors import EngineBusy, EngineError, UnknownClasses
from pictograph_server.errors import BadRequest, Conflict, NotFound
from pictograph_server.executors.annotator_process import PromptAnswer
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation.request import prompt_for
from pictograph_server.services.credits import prices
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.service import InsufficientCredits
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images import service as images
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.blobs import image_key

Box = tuple[float, float, float, float]
XY = tuple[float, float]
Shape = Literal["polygon", "bbox"]

# Asked of the network when the person asks for more, so that "nothing there" and "not sure enough" can be told apart.
_FAINT = 0.1


class Prompter(Protocol):
    """What answers prompts: `executors.annotator_process.AnnotatorProcess`, or a test's stand-in."""

    def text(
        self, image: Path, prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> PromptAnswer: ...

    def box(
        self, image: Path, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> PromptAnswer: ...

    def points(self, image: Path, points_xy: Sequence[XY], *, is_positive: Sequence[bool]) -> PromptAnswer: ...


class ImageNotInDataset(NotFound):
    code = "image_not_found"

    def __init__(self, dataset: str, filename: str) -> None:
        super().__init__(
            f"Dataset {dataset!r} has no image {filename!r}",
            fix="Name it as `client.datasets.get(name, include_images=True)` lists it (`name` or `folder/name`)",
        )


class OutsideImage(BadRequest):
    code = "outside_image"

    def __init__(self, what: str, image: ImageRecord) -> None:
        super().__init__(
            f"{what} lies outside {image.filename!r}",
            why=f"the image is {image.width} x {image.height} pixels as it is shown",
            fix="Give absolute pixels of the upright image, origin top-left",
        )


class PromptUnknownClass(BadRequest):
    code = "unknown_class"


class AnnotatorBusy(Conflict):
    """The network is still loading, or others' prompts take their time. No 5xx: see `_ask`."""

    code = "annotator_busy"


class PromptNotAnswered(BadRequest):
    code = "prompt_not_answered"


@dataclass(frozen=True, slots=True)
class PromptTarget:
    """Who asks about which image. `unique_key` makes a repeated request cost once."""

    organization_id: str
    dataset_name: str
    image_filename: str
    unique_key: str


@dataclass(frozen=True, slots=True)
class PromptOutcome:
    """What a prompt found; `score` is the confidence of the best finding, also of one that was not sure enough."""

    status: PromptStatus
    annotations: tuple[Annotation, ...]
    score: float | None
    seconds: float


def text(
    platform: Platform,
    prompter: Prompter,
    target: PromptTarget,
    *,
    phrase: str,
    shape: Shape,
    threshold: float,
    max_detections: int,
) -> PromptOutcome:
    """Return every instance of a phrase, best first. The phrase becomes a class of the dataset when found (R6)."""
    dataset, image = _target(platform, target)
    asked = dataset.prompts.get(phrase) or prompt_for(phrase)

    def ask(path: Path) -> PromptAnswer:
        return prompter.text(path, [asked], threshold=threshold, max_detections=max_detections)

    answer = _ask(platform, image, ask)
    outcome = _outcome(answer, name=phrase, shape=shape, threshold=threshold)
    _settle(platform, target, dataset, outcome, phrase, shape)
    return outcome


def box(
    platform: Platform,
    prompter: Prompter,
    target: PromptTarget,
    *,
    name: str,
    boxes_xyxy: Sequence[Box],
    shape: Shape,
    threshold: float,
) -> PromptOutcome:
    """Return the object in the first box, refined; the other boxes say what it is not.

    Raises:
        OutsideImage: 400, the first box does not touch the image.
    """
    dataset, image = _target(platform, target)
    x_min, y_min, x_max, y_max = boxes_xyxy[0]
    if x_max <= 0 or y_max <= 0 or x_min >= image.width or y_min >= image.height:
        raise OutsideImage("The box", image)
    is_positive = [index == 0 for index in range(len(boxes_xyxy))]

    def ask(path: Path) -> PromptAnswer:
        return prompter.box(path, boxes_xyxy, is_positive=is_positive, threshold=min(threshold, _FAINT))

    answer = _ask(platform, image, ask)
    outcome = _outcome(answer, name=name, shape=shape, threshold=threshold)
    _settle(platform, target, dataset, outcome, name, shape)
    return outcome


def point(
    platform: Platform,
    prompter: Prompter,
    target: PromptTarget,
    *,
    name: str,
    positive: Sequence[XY],
    negative: Sequence[XY],
    threshold: float,
) -> PromptOutcome:
    """Return the one object under the positive points; of its parts the largest.

    Raises:
        OutsideImage: 400, a point is not on the image.
    """
    dataset, image = _target(platform, target)
    for x, y in (*positive, *negative):
        if not (0 <= x <= image.width and 0 <= y <= image.height):
            raise OutsideImage(f"The point ({x:g}, {y:g})", image)
    is_positive = [True] * len(positive) + [False] * len(negative)
    answer = _ask(platform, image, lambda path: prompter.points(path, [*positive, *negative], is_positive=is_positive))
    outcome = _outcome(answer, name=name, shape="polygon", threshold=threshold)
    _settle(platform, target, dataset, outcome, name, "polygon")
    return outcome


def _target(platform: Platform, target: PromptTarget) -> tuple[DatasetRecord, ImageRecord]:
    """Find the image, and refuse before any work when the prompt could not be paid for."""
    with platform.db.read() as conn:
        is_renewal_due = credits.is_renewal_due(conn, target.organization_id)
    if is_renewal_due:
        with platform.db.write() as conn:
            credits.renew_if_due(conn, target.organization_id)
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, target.organization_id, target.dataset_name)
        found = images.find_by_names(conn, dataset.id, [target.image_filename])
        if not found:
            raise ImageNotInDataset(dataset.name, target.image_filename)
        estimate = credits.estimate(conn, target.organization_id, operation=prices.SAM3_SLUG, quantity=1)
    if not estimate.sufficient:
        raise InsufficientCredits(prices.SAM3_SLUG, required=prices.prompt_cost(), remaining=estimate.credits_remaining)
    # Of equal names in several folders: the root's, then the oldest (trap 23); the lookup has them in that order.
    return dataset, found[0]


def _ask(platform: Platform, image: ImageRecord, ask: Callable[[Path], PromptAnswer]) -> PromptAnswer:
    file: AbstractContextManager[Path] = platform.blobs.as_file(image_key(image.sha256))
    try:
        with file as path:
            return ask(path)
    except FileNotFoundError as error:
        raise PromptNotAnswered(
            f"{image.filename!r} cannot be read", why="the store has lost its file", fix="Upload it again"
        ) from error
    except UnknownClasses as error:
        raise PromptUnknownClass(error.what, why=error.why, fix=error.fix) from error
    # Never a 5xx: clients would repeat the prompt three times, each as long as this one (trap 11).
    except EngineBusy as error:
        raise AnnotatorBusy(error.what, why=error.why, fix=error.fix) from error
    except EngineError as error:
        raise PromptNotAnswered(error.what, why=error.why, fix=error.fix) from error


def _outcome(answer: PromptAnswer, *, name: str, shape: Shape, threshold: float) -> PromptOutcome:
    found = sorted(answer.shapes, key=lambda each: -each.confidence)
    sure = [each for each in found if each.confidence >= threshold]
    annotations = tuple(
        annotation
        for each in sure
        for annotation in shape_to_annotations(each, class_name=name, output_type=shape, created_by=answer.engine)
    )
    return PromptOutcome(
        status="success" if annotations else "below_threshold" if found else "no_detection",
        annotations=annotations,
        score=_best(found),
        seconds=answer.seconds,
    )


def _settle(
    platform: Platform,
    target: PromptTarget,
    dataset: DatasetRecord,
    outcome: PromptOutcome,
    class_name: str,
    shape: Shape,
) -> None:
    with platform.db.write() as conn:
        if outcome.annotations:
            datasets.ensure_classes(conn, dataset.id, [(class_name, shape, None)])
        credits.charge(
            conn,
            target.organization_id,
            operation=prices.SAM3_SLUG,
            amount=prices.prompt_cost(),
            unique_key=target.unique_key,
            description=f"Prompt on {target.image_filename} of {dataset.name}"[:500],
        )


def _best(found: Sequence[FoundShape]) -> float | None:
    return min(1.0, max(0.0, found[0].confidence)) if found else None
