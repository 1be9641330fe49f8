"""What a trained model says about one image, at once: nothing is stored."""

import tempfile
from pathlib import Path
from typing import Annotated, cast

from anyio import to_thread
from fastapi import APIRouter, Depends, File, Form, Request, UploadFile

from pictograph.models.prediction import Prediction
from pictograph_server.actor import Actor
from pictograph_server.auth import Member
from pictograph_server.errors import BadRequest
from pictograph_server.platform import Platform
from pictograph_server.routes.at_once import AtOnce
from pictograph_server.routes.dependencies import PlatformDep
from pictograph_server.routes.encoding import API
from pictograph_server.services.images.content import FileTooLarge
from pictograph_server.services.models import prediction as predictions
from pictograph_server.services.models.prediction import Asker, PredictionFailed, PredictionQuestion

router = APIRouter(prefix=f"{API}/models", tags=["models"])

# They wait for one another in the model process anyway; the threads that wait are everybody's.
_few = AtOnce("predictions", 4)


class OneImage(BadRequest):
    code = "one_image"

    def __init__(self) -> None:
        super().__init__(
            "A prediction is of one image",
            why="both or neither of `file` and `image_id` were given",
            fix="Send an image's bytes as `file`, or the id of an image that is here as `image_id`",
        )


def _asker(request: Request) -> Asker:
    asker = cast("Asker | None", request.app.state.prompts)
    if asker is None:
        raise PredictionFailed("This server predicts nothing", why="it was started without a model process")
    return asker


@router.post("/{model_id}/predict")
async def predict(
    model_id: str,
    actor: Member,
    platform: PlatformDep,
    asker: Annotated[Asker, Depends(_asker)],
    file: Annotated[UploadFile | None, File()] = None,
    image_id: Annotated[str | None, Form()] = None,
    confidence: Annotated[float | None, Form(ge=0, le=1)] = None,
    max_detections: Annotated[int, Form(ge=1, le=1000)] = 100,
) -> Prediction:
    """Give an image as `file`, or the `image_id` of one that is here. Without `confidence` the model's suggestion."""
    if (file is None) == (not image_id):
        raise OneImage
    wanted = PredictionQuestion(confidence, max_detections)
    if file is None:
        of_image = (platform, asker, actor.organization_id, model_id, image_id or "", wanted)
        return await to_thread.run_sync(predictions.predict_image, *of_image, limiter=_few.limiter())
    return await to_thread.run_sync(_on_file, platform, asker, actor, model_id, file, wanted, limiter=_few.limiter())


def _on_file(
    platform: Platform, asker: Asker, actor: Actor, model_id: str, file: UploadFile, wanted: PredictionQuestion
) -> Prediction:
    limit, name = platform.settings.limits.image_bytes, file.filename or "image"
    if file.size is not None and file.size > limit:
        raise FileTooLarge(name, limit)
    with tempfile.NamedTemporaryFile(dir=platform.settings.data_dir, prefix="incoming-") as copy:
        while chunk := file.file.read(1 << 20):
            copy.write(chunk)
        copy.flush()
        place = (actor.organization_id, model_id, Path(copy.name), name)
        return predictions.predict_file(platform, asker, *place, wanted)
