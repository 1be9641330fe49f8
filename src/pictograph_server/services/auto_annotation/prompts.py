"""Single prompts: a point, a box or a phrase on one image, answered at once by the warm annotator and not saved."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy import Connection

from pictograph.models.annotation import Annotation
from pictograph.models.auto_annotate import PromptStatus
from pictograph_server.actor import Actor
from pictograph_server.engines.annotators.base import Capability
from pictograph_server.engines.annotators.shapes import FoundShape, shape_to_annotations
from pictograph_server.engines.errors import EngineBusy, EngineError, UnknownClasses
from pictograph_server.errors import BadRequest, Conflict
from pictograph_server.executors.annotator_process import PromptAnswer
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import choice, payment, selection
from pictograph_server.services.auto_annotation.choice import ChosenAnnotator
from pictograph_server.services.auto_annotation.findings import findings_of
from pictograph_server.services.auto_annotation.request import BatchPlan, Box, WantedClass, prompt_for
from pictograph_server.services.auto_annotation.selection import OutsideImage
from pictograph_server.services.credits import prices
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.service import InsufficientCredits
from pictograph_server.services.datasets import service as datasets
from pictograph_server.services.datasets.records import DatasetRecord
from pictograph_server.services.images.records import ImageRecord
from pictograph_server.storage.blobs import image_key

XY = tuple[float, float]
Shape = Literal["polygon", "bbox"]

# Asked of the network when the person asks for more, so that "nothing there" and "not sure enough" can be told apart.
_FAINT = 0.1


class Prompter(Protocol):
    """What answers prompts: `executors.annotator_process.AnnotatorProcess`, or a test's stand-in.

    `annotator` is what `open_annotator` takes; None is the server's own.
    """

    def text(
        self,
        image: Path,
        prompts: Sequence[str],
        *,
        threshold: float,
        max_detections: int = 100,
        annotator: str | None = None,
    ) -> PromptAnswer: ...

    def box(
        self,
        image: Path,
        boxes_xyxy: Sequence[Box],
        *,
        is_positive: Sequence[bool],
        threshold: float,
        annotator: str | None = None,
    ) -> PromptAnswer: ...

    def points(
        self, image: Path, points_xy: Sequence[XY], *, is_positive: Sequence[bool], annotator: str | None = None
    ) -> PromptAnswer: ...


class PromptUnknownClass(BadRequest):
    code = "unknown_class"


class AnnotatorBusy(Conflict):
    """The network is still loading, or others' prompts take their time. No 5xx: see `_ask`."""

    code = "annotator_busy"


class PromptNotAnswered(BadRequest):
    code = "prompt_not_answered"


@dataclass(frozen=True, slots=True)
class PromptTarget:
    """Who asks about which image, and whom. `unique_key` makes a repeated request cost once."""

    actor: Actor
    dataset_name: str
    image_filename: str
    unique_key: str
    # Neither: the server's own annotator.
    annotator: str | None = None
    model_id: str | None = None


@dataclass(frozen=True, slots=True)
class TextQuestion:
    """A class to look for by one or several phrases; without any, by the class's own prompts or its name."""

    class_name: str
    phrases: Sequence[str]
    output_type: Shape
    threshold: float
    max_detections: int
    min_area: float = 0.0


@dataclass(frozen=True, slots=True)
class PromptOutcome:
    """What a prompt found; `score` is the confidence of the best finding, also of one that was not sure enough."""

    status: PromptStatus
    annotations: tuple[Annotation, ...]
    score: float | None
    seconds: float
    engine: str


def text(platform: Platform, prompter: Prompter, target: PromptTarget, question: TextQuestion) -> PromptOutcome:
    """Return every instance of a class, best first; it becomes a class of the dataset when found (R6).

    What several phrases found of one object is kept once.

    Raises:
        PromptUnknownClass, ClassNotKnown, ModelLacksClass, PromptKindNotPossible: 400.
    """
    asked = _target(platform, target)
    name = question.class_name
    phrases = tuple(question.phrases) or _own_phrases(asked, name)
    _check_phrases(asked.chosen, question, phrases)
    plan = BatchPlan(
        classes=(WantedClass(name=name, output_type=question.output_type, prompts=phrases),),
        confidence_threshold=question.threshold,
        max_detections=question.max_detections,
        min_area=question.min_area,
    )

    def ask(path: Path, annotator: str | None) -> PromptAnswer:
        most = question.max_detections * len(plan.prompts)
        threshold = question.threshold
        return prompter.text(path, list(plan.prompts), threshold=threshold, max_detections=most, annotator=annotator)

    answer = _ask(platform, asked, ask)
    kept = findings_of(plan, answer.shapes, (asked.image.width, asked.image.height))[name]
    outcome = _outcome(answer, kept, name=name, shape=question.output_type)
    _settle(platform, target, asked.dataset, outcome, name, question.output_type)
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
        PromptKindNotPossible: 400, the network takes no boxes.
    """
    asked = _target(platform, target, Capability.BOX)
    x_min, y_min, x_max, y_max = boxes_xyxy[0]
    if x_max <= 0 or y_max <= 0 or x_min >= asked.image.width or y_min >= asked.image.height:
        raise OutsideImage("The box", asked.image)
    is_positive = [index == 0 for index in range(len(boxes_xyxy))]

    def ask(path: Path, annotator: str | None) -> PromptAnswer:
        faint = min(threshold, _FAINT)
        return prompter.box(path, boxes_xyxy, is_positive=is_positive, threshold=faint, annotator=annotator)

    answer = _ask(platform, asked, ask)
    outcome = _outcome(answer, _sure(answer, threshold), name=name, shape=shape)
    _settle(platform, target, asked.dataset, outcome, name, shape)
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
        PromptKindNotPossible: 400, the network takes no points.
    """
    asked = _target(platform, target, Capability.POINT)
    points = [*positive, *negative]
    for x, y in points:
        if not (0 <= x <= asked.image.width and 0 <= y <= asked.image.height):
            raise OutsideImage(f"The point ({x:g}, {y:g})", asked.image)
    is_positive = [True] * len(positive) + [False] * len(negative)

    def ask(path: Path, annotator: str | None) -> PromptAnswer:
        return prompter.points(path, points, is_positive=is_positive, annotator=annotator)

    answer = _ask(platform, asked, ask)
    outcome = _outcome(answer, _sure(answer, threshold), name=name, shape="polygon")
    _settle(platform, target, asked.dataset, outcome, name, "polygon")
    return outcome


@dataclass(frozen=True, slots=True)
class _Asked:
    """The image a prompt is about, and who answers; None is the server's own annotator."""

    dataset: DatasetRecord
    image: ImageRecord
    chosen: ChosenAnnotator | None


def _target(platform: Platform, target: PromptTarget, capability: Capability | None = None) -> _Asked:
    """Find the image and what answers, and refuse before any work when the prompt could not be paid for."""
    organization_id = target.actor.organization_id
    payment.renew_allowance(platform, organization_id)
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, organization_id, target.dataset_name)
        image = selection.one_image(conn, dataset, target.image_filename)
        cost = prices.prompt_cost(platform.settings.prices)
        if not credits.can_pay(conn, organization_id, cost):
            left = credits.remaining(conn, organization_id)
            raise InsufficientCredits(prices.SAM3_SLUG, required=cost, remaining=left)
        chosen = _chosen(platform, conn, target)
    if chosen is not None and capability is not None:
        chosen.require(capability)
    return _Asked(dataset, image, chosen)


def _chosen(platform: Platform, conn: Connection, target: PromptTarget) -> ChosenAnnotator | None:
    # The server's own says by itself what is wrong with it; looking for it anew at every click would take too long.
    if target.annotator is None and target.model_id in (None, choice.DEFAULT_MODEL):
        return None
    return choice.resolve(platform, conn, target.actor, annotator=target.annotator, model_id=target.model_id)


def _own_phrases(asked: _Asked, class_name: str) -> tuple[str, ...]:
    if asked.chosen is not None and asked.chosen.is_trained_model:
        # It knows classes; what the dataset has was written for a network that knows phrases.
        return (class_name,)
    return asked.dataset.prompts.get(class_name) or (prompt_for(class_name),)


def _check_phrases(chosen: ChosenAnnotator | None, question: TextQuestion, phrases: Sequence[str]) -> None:
    if chosen is None:
        return
    if chosen.trained is not None:
        chosen.trained.check_wanted([(question.class_name, question.output_type, phrases)])
    elif not chosen.is_trained_model:
        chosen.require(Capability.TEXT)
        chosen.check_prompts(phrases)


def _ask(platform: Platform, asked: _Asked, ask: Callable[[Path, str | None], PromptAnswer]) -> PromptAnswer:
    image = asked.image
    file: AbstractContextManager[Path] = platform.blobs.as_file(image_key(image.sha256))
    try:
        with file as path:
            return ask(path, asked.chosen.choice if asked.chosen else None)
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


def _sure(answer: PromptAnswer, threshold: float) -> list[FoundShape]:
    return sorted((each for each in answer.shapes if each.confidence >= threshold), key=lambda each: -each.confidence)


def _outcome(answer: PromptAnswer, kept: Sequence[FoundShape], *, name: str, shape: Shape) -> PromptOutcome:
    annotations = tuple(
        annotation
        for each in kept
        for annotation in shape_to_annotations(each, class_name=name, output_type=shape, created_by=answer.engine)
    )
    best = max((each.confidence for each in answer.shapes), default=None)
    return PromptOutcome(
        status="success" if annotations else "no_detection" if best is None else "below_threshold",
        annotations=annotations,
        score=None if best is None else min(1.0, max(0.0, best)),
        seconds=answer.seconds,
        engine=answer.engine,
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
            datasets.ensure_classes(conn, dataset.id, [(class_name, shape, ())])
        credits.charge(
            conn,
            target.actor.organization_id,
            operation=prices.SAM3_SLUG,
            amount=prices.prompt_cost(platform.settings.prices),
            unique_key=target.unique_key,
            description=f"Prompt on {target.image_filename} of {dataset.name}"[:500],
        )
