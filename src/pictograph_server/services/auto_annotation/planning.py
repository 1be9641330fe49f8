"""From what a person asks for to the plan of a batch: every question answered, or refused before anything is held."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph_server.actor import Actor
from pictograph_server.engines.annotators.base import Capability
from pictograph_server.errors import BadRequest
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import choice, selection
from pictograph_server.services.auto_annotation.choice import ChosenAnnotator
from pictograph_server.services.auto_annotation.request import (
    VISUAL,
    BatchPlan,
    Box,
    Destination,
    ExemplarRef,
    OutputType,
    WantedClass,
    prompt_for,
)
from pictograph_server.services.auto_annotation.selection import OutsideImage
from pictograph_server.services.datasets.classes import check_class_name
from pictograph_server.services.datasets.records import DatasetRecord

# Names that no image has, as they are told to the person.
_SHOWN_UNKNOWN = 100


class NoClasses(BadRequest):
    code = "no_classes"

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to look for",
            why="`classes` is empty",
            fix='Name at least one class, for example {"name": "stop_sign", "output_type": "bbox"}',
        )


class ClassNamedTwice(BadRequest):
    code = "class_named_twice"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(map(repr, names))} stands more than once in `classes`",
            why="a class has one geometry in a batch",
            fix="Name each class once; what it is to be found by goes into its `prompts`",
        )


@dataclass(frozen=True, slots=True)
class ClassRequest:
    """A class as a request names it; without prompts, the dataset's own or the name is asked for (R6)."""

    name: str
    output_type: OutputType = "polygon"
    prompts: tuple[str, ...] = ()
    confidence_threshold: float | None = None
    max_detections: int | None = None
    min_area: float | None = None


@dataclass(frozen=True, slots=True)
class ExemplarRequest:
    """Boxes on an image, named or by id, and whether each says «like this»; a phrase narrows it down."""

    image: str
    boxes_xyxy: Sequence[Box]
    is_positive: Sequence[bool]
    phrase: str | None = None


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What a person asks for. Ids, when given, decide; names alone may mean several images (trap 23); neither: all."""

    dataset_name: str
    classes: Sequence[ClassRequest]
    image_filenames: Sequence[str] | None = None
    image_ids: Sequence[str] | None = None
    confidence_threshold: float = 0.5
    max_detections: int | None = None
    min_area: float | None = None
    exclusive: bool = False
    top_k: int = 1
    # An engine of this server, or a trained model; neither is the server's own choice.
    annotator: str | None = None
    model_id: str | None = None
    exemplar: ExemplarRequest | None = None
    destination: Destination = "dataset"
    # None: as the dataset's setting says.
    review: bool | None = None
    skip_annotated: bool = False
    # Refuse rather than hold more.
    max_credits: int | None = None


def choose(platform: Platform, conn: Connection, actor: Actor, request: BatchRequest) -> ChosenAnnotator:
    """Return what will label. May take seconds (a hub is asked), so nothing may be locked meanwhile.

    Raises:
        NoClasses: 400; only a trained model knows by itself what to look for.
        What `choice.resolve` raises: nothing that was asked for can label here.
    """
    if not request.classes and _model_id(request) is None:
        raise NoClasses
    return choice.resolve(platform, conn, actor, annotator=request.annotator, model_id=request.model_id)


def plan_of(conn: Connection, dataset: DatasetRecord, request: BatchRequest, chosen: ChosenAnnotator) -> BatchPlan:
    """Return the plan of a request.

    Raises:
        ClassNamedTwice, PromptKindNotPossible, ClassNotKnown, ModelLacksClass, OutputTypeNotPossible: 400.
        InvalidClass: 422.
        ImageNotInDataset, OutsideImage: 404 and 400, the exemplars.
    """
    if repeated := [name for name, count in Counter(each.name for each in request.classes).items() if count > 1]:
        raise ClassNamedTwice(repeated)
    for each in request.classes:
        check_class_name(each.name)
    exemplar = _exemplar(conn, dataset, request.exemplar, chosen) if request.exemplar else None
    plan = BatchPlan(
        classes=_classes(dataset, request, exemplar, chosen),
        confidence_threshold=request.confidence_threshold,
        max_detections=request.max_detections,
        min_area=request.min_area,
        exclusive=request.exclusive,
        top_k=request.top_k,
        review=dataset.review_required if request.review is None else request.review,
        skip_annotated=request.skip_annotated,
        # Settled now: every shard asks the same network, and it is the one that was quoted.
        annotator=None if chosen.trained else chosen.choice,
        model_id=_model_id(request),
        exemplar=exemplar,
        destination=request.destination,
    )
    if exemplar is None:
        _check_prompts(plan, chosen)
    return plan


def with_unknown(plan: BatchPlan, unknown: Sequence[str]) -> BatchPlan:
    """Return the plan with the names that no image has, so that whoever asks later is told too."""
    told = {"unknown_images": tuple(unknown[:_SHOWN_UNKNOWN]), "unknown_image_count": len(unknown)}
    return plan.model_copy(update=told)


def _model_id(request: BatchRequest) -> str | None:
    return None if request.model_id == choice.DEFAULT_MODEL else request.model_id


def _classes(
    dataset: DatasetRecord, request: BatchRequest, exemplar: ExemplarRef | None, chosen: ChosenAnnotator
) -> tuple[WantedClass, ...]:
    if chosen.trained is not None and not request.classes:
        shape = chosen.trained.output_types[0]
        return tuple(WantedClass(name=name, output_type=shape, prompts=(name,)) for name in chosen.trained.class_names)
    return tuple(
        WantedClass(
            name=each.name,
            output_type=each.output_type,
            prompts=_prompts(dataset, each, chosen) if exemplar is None else (exemplar.phrase or VISUAL,),
            confidence_threshold=each.confidence_threshold,
            max_detections=each.max_detections,
            min_area=each.min_area,
        )
        for each in request.classes
    )


def _prompts(dataset: DatasetRecord, wanted: ClassRequest, chosen: ChosenAnnotator) -> tuple[str, ...]:
    if chosen.is_trained_model:
        # It knows classes; what the dataset has was written for a network that knows phrases.
        return tuple(dict.fromkeys(wanted.prompts)) or (wanted.name,)
    asked = wanted.prompts or dataset.prompts.get(wanted.name) or (prompt_for(wanted.name),)
    return tuple(dict.fromkeys(asked))


def _check_prompts(plan: BatchPlan, chosen: ChosenAnnotator) -> None:
    if chosen.trained is not None:
        chosen.trained.check_wanted([(each.name, each.output_type, each.prompts) for each in plan.classes])
    elif not chosen.is_trained_model:
        chosen.require(Capability.TEXT)
        chosen.check_prompts(plan.prompts)


def _exemplar(
    conn: Connection, dataset: DatasetRecord, request: ExemplarRequest, chosen: ChosenAnnotator
) -> ExemplarRef:
    chosen.require(Capability.EXEMPLAR)
    image = selection.one_image(conn, dataset, request.image)
    for x_min, y_min, x_max, y_max in request.boxes_xyxy:
        if x_max <= 0 or y_max <= 0 or x_min >= image.width or y_min >= image.height:
            raise OutsideImage(f"The box at ({x_min:g}, {y_min:g})", image)
    return ExemplarRef(
        image_id=image.id,
        boxes_xyxy=tuple(request.boxes_xyxy),
        is_positive=tuple(request.is_positive),
        phrase=request.phrase,
    )
