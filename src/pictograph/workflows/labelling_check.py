"""Could the server label so? Asked before the first image is sent; the dataset need not exist yet (R3)."""

from collections.abc import Sequence

from pictograph.client import Client
from pictograph.exceptions import ApiError, ServerError
from pictograph.models.auto_annotate import BatchClass
from pictograph.models.training import PipelineType
from pictograph.workflows.annotate import AnnotateMode

# What a server says that has no such question: older ones and the hosted one.
_NOBODY_TO_ASK = (None, "not_found", "method_not_allowed")


def check_labelling(
    client: Client,
    dataset_name: str,
    classes: Sequence[BatchClass],
    *,
    pipeline: PipelineType,
    mode: AnnotateMode = "batch",
    annotator: str | None = None,
    model_id: str | None = None,
) -> None:
    """Ask whether the annotator is there and knows the classes. A server that cannot be asked passes.

    Raises:
        ValidationError: the annotator cannot be used there, or it does not know a class or give its shape.
        NotFoundError, ConflictError: there is no such trained model, or it is not ready.
        ForbiddenError: the key may not label, or not with that annotator.
    """
    try:
        client.pipelines.quote(
            0,
            pipeline=pipeline,
            classes=classes if mode == "batch" else _one_by_one(classes),
            dataset_name=dataset_name,
            train=False,
            annotator=annotator,
            model_id=model_id,
        )
    except ServerError:
        # Not about the labelling; what follows says what is wrong, if it still is.
        return
    except ApiError as error:
        if error.code not in _NOBODY_TO_ASK:
            raise


def _one_by_one(classes: Sequence[BatchClass]) -> list[BatchClass]:
    """Return the classes as single requests ask for them: a name may have two shapes, and none is a tag."""
    asked = {each.name: each for each in classes}
    return [
        each.model_copy(update={"output_type": "bbox" if each.output_type == "bbox" else "polygon"})
        for each in asked.values()
    ]
