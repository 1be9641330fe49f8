"""Training runs and the models they make."""

from typing import Annotated, Any

from pydantic import Field

from pictograph.agents.descriptor import describe
from pictograph.client import Client

RunId = Annotated[str, Field(description="Id of the training run.")]


def get_training_status(client: Client, run_id: RunId) -> Any:
    """Use to see how a training run stands: status, progress in percent, metrics, and model_id once it is completed."""
    return client.training.get(run_id)


def cancel_training(client: Client, run_id: RunId) -> Any:
    """Use to stop a training run that the user no longer wants. Credits it did not use come back."""
    return client.training.cancel(run_id)


def list_models(
    client: Client, limit: Annotated[int, Field(ge=1, le=500, description="At most so many.")] = 50
) -> dict[str, Any]:
    """Use to see which trained models there are, newest first."""
    found = client.models.list(limit=limit)
    return {"models": found, "count": len(found)}


def download_model(
    client: Client,
    model_id: Annotated[str, Field(description="Id of the model.")],
    output_path: Annotated[str, Field(description="Where the ONNX file goes on this machine.")],
) -> dict[str, Any]:
    """Use to fetch a trained model as an ONNX file."""
    return {"output_path": str(client.models.download(model_id, output_path))}


TOOLS = (
    describe(get_training_status, "viewer", idempotent=True),
    describe(cancel_training, "member", idempotent=True),
    describe(list_models, "viewer", idempotent=True),
    describe(download_model, "viewer", idempotent=True),
)
