"""`pictograph models`: list, look, download, delete."""

from pathlib import Path
from typing import Annotated

import typer

from pictograph.cli.session import Session, api_command

app = typer.Typer(no_args_is_help=True, help="Trained models.")

ModelId = Annotated[str, typer.Argument(help="Id of the model.")]


@api_command(app, "list")
def list_models(
    session: Session,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> None:
    """List the models, newest first."""
    session.table(
        list(session.client.models.iter(dataset_name=dataset, max_total=limit)),
        {
            "Name": lambda m: m.name,
            "Id": lambda m: m.id,
            "Type": lambda m: m.model_type,
            "Architecture": lambda m: m.architecture,
            "Status": lambda m: m.status,
            "Version": lambda m: m.version,
        },
    )


@api_command(app, "get")
def get_model(session: Session, model_id: ModelId) -> None:
    """Show one model with its metrics."""
    session.record(session.client.models.get(model_id))


@api_command(app, "download")
def download_model(
    session: Session,
    model_id: ModelId,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
) -> None:
    """Download a model as ONNX."""
    path = session.client.models.download(model_id, output)
    session.record({"model_id": model_id, "output_path": path, "size_bytes": path.stat().st_size})


@api_command(app, "delete")
def delete_model(
    session: Session, model_id: ModelId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Delete a model."""
    session.confirm(f"Delete model {model_id}?", yes=yes)
    session.client.models.delete(model_id)
    session.line(f"Deleted model {model_id}", {"model_id": model_id})
