"""A trained model as what labels: what it knows, which shapes it gives, and what it is asked for in vain."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pictograph.models.auto_annotate import BatchOutputType
from pictograph.models.model import ModelType
from pictograph_server.engines.annotators.base import Capability
from pictograph_server.engines.annotators.trained import folded
from pictograph_server.errors import BadRequest
from pictograph_server.services.models import service as models

# What each kind of model can be asked for, the most natural first. A tag says that the class is somewhere in the image.
_OUTPUT_TYPES: dict[ModelType, tuple[BatchOutputType, ...]] = {
    "object_detection": ("bbox", "tag"),
    "instance_segmentation": ("polygon", "bbox", "tag"),
    "semantic_segmentation": ("polygon", "bbox", "tag"),
    "classification": ("tag",),
}
_FINDS: dict[ModelType, str] = {
    "object_detection": "it finds boxes and draws no outlines",
    "instance_segmentation": "it draws outlines",
    "semantic_segmentation": "it draws outlines",
    "classification": "it says what an image shows as a whole, and not where",
}


class OutputTypeNotPossible(BadRequest):
    code = "output_type_not_possible"

    def __init__(self, choice: "TrainedChoice", class_name: str, output_type: BatchOutputType) -> None:
        super().__init__(
            f"Model {choice.name!r} cannot label {class_name!r} as {output_type}",
            why=f"it is a model for {choice.model_type.replace('_', ' ')}: {_FINDS[choice.model_type]}",
            fix=f"Ask for {' or '.join(choice.output_types)}"
            + ("" if choice.model_type == "classification" else ", or label with a model that gives it"),
        )


class ModelLacksClass(BadRequest):
    code = "model_lacks_class"

    def __init__(self, choice: "TrainedChoice", unknown: Sequence[str]) -> None:
        super().__init__(
            f"Model {choice.name!r} does not know {', '.join(map(repr, unknown))}",
            why=f"its classes are {', '.join(choice.class_names)}",
            fix="Ask for its classes, or leave `model_id` out: SAM 3 looks for any phrase",
        )


@dataclass(frozen=True, slots=True)
class TrainedChoice:
    """A model that is ready to label. `class_names` are in the order of its answers."""

    model_id: str
    name: str
    model_type: ModelType
    class_names: tuple[str, ...]
    output_types: tuple[BatchOutputType, ...]

    @property
    def engine(self) -> str:
        """Return the name that goes into every annotation it makes (R11)."""
        return f"model:{self.model_id}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.TAG if self.model_type == "classification" else Capability.TEXT})

    def check_wanted(self, wanted: Sequence[tuple[str, BatchOutputType, Sequence[str]]]) -> None:
        """Do nothing when the model can give all that is wanted: `(class name, output type, prompts)` each.

        Raises:
            ModelLacksClass, OutputTypeNotPossible: 400, before anything is paid for.
        """
        known = {folded(name) for name in self.class_names}
        prompts = dict.fromkeys(prompt for _, _, each in wanted for prompt in each)
        if unknown := [prompt for prompt in prompts if folded(prompt) not in known]:
            raise ModelLacksClass(self, unknown)
        for class_name, output_type, _ in wanted:
            if output_type not in self.output_types:
                raise OutputTypeNotPossible(self, class_name, output_type)


def trained_choice(conn: Connection, organization_id: str, model_id: str) -> TrainedChoice:
    """Return the model as an annotator.

    Raises:
        ModelNotFound: 404, also for another organisation's.
        ModelNotReady: 409, its training has not ended well.
    """
    record = models.ready_record(conn, organization_id, model_id, purpose="label images")
    return TrainedChoice(
        model_id=record.id,
        name=record.name,
        model_type=record.model_type,
        class_names=models.class_names_of(record),
        output_types=output_types_of(record.model_type),
    )


def output_types_of(model_type: ModelType) -> tuple[BatchOutputType, ...]:
    """Return what a kind of model can be asked for, the most natural first."""
    return _OUTPUT_TYPES[model_type]
