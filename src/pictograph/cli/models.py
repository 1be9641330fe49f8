"""`pictograph models`: list, look, download, predict, evaluate, delete."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from pictograph.cli.session import Session, api_command
from pictograph.models.evaluation import EvaluationSplit
from pictograph.models.model import ModelStatus, ModelType
from pictograph.models.prediction import PredictedObject

app = typer.Typer(no_args_is_help=True, help="Trained models.")

# What is deleted is named by its id: of one name there may be several.
ModelId = Annotated[str, typer.Argument(help="Id of the model.")]
NameOrId = Annotated[str, typer.Argument(help="Name or id of the model.")]


@api_command(app, "list")
def list_models(
    session: Session,
    dataset: Annotated[str | None, typer.Option(help="Only of this dataset.")] = None,
    status: Annotated[ModelStatus | None, typer.Option(help="Only of this status.")] = None,
    model_type: Annotated[ModelType | None, typer.Option("--type", help="Only of this kind.")] = None,
    parent: Annotated[str | None, typer.Option(help="Only those whose training went on from this model (id).")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
) -> None:
    """List the models, newest first."""
    found = session.client.models.iter(
        dataset_name=dataset, status=status, model_type=model_type, parent_model_id=parent, max_total=limit
    )
    session.table(
        list(found),
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
def get_model(session: Session, model: NameOrId) -> None:
    """Show one model with its metrics."""
    session.record(session.client.models.get(_id(session, model)))


@api_command(app, "card")
def show_card(session: Session, model: NameOrId) -> None:
    """Show what is known about a model: its data, training, metrics, files, versions and licence."""
    session.record(session.client.models.card(_id(session, model)))


@api_command(app, "files")
def list_files(session: Session, model: NameOrId) -> None:
    """List the files of a model."""
    session.table(
        session.client.models.files(_id(session, model)),
        {"File": lambda f: f.name, "Bytes": lambda f: f.size_bytes, "SHA-256 begins": lambda f: f.digest},
    )


@api_command(app, "evaluation")
def show_training_evaluation(session: Session, model: NameOrId) -> None:
    """Show how good a model was on the images that its own training held back."""
    evaluation = session.client.models.training_evaluation(_id(session, model))
    if session.as_json:
        session.json(evaluation)
    else:
        typer.echo(str(evaluation))


@api_command(app, "download")
def download_model(
    session: Session,
    model: NameOrId,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    file: Annotated[
        str | None, typer.Option(help="Another of its files: card.md, card.json, evaluation.json, model.safetensors.")
    ] = None,
) -> None:
    """Download a model as ONNX."""
    model_id = _id(session, model)
    path = session.client.models.download(model_id, output, file=file)
    session.record({"model_id": model_id, "output_path": path, "size_bytes": path.stat().st_size})


@api_command(app, "predict")
def predict_with_model(
    session: Session,
    model: NameOrId,
    image: Annotated[str, typer.Argument(help="A file, or the id of an image on the server.")],
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least confidence to report; else the model's suggestion.")
    ] = None,
) -> None:
    """Ask a model on the server about one image. Nothing is stored; for many images see `pictograph predict`."""
    models = session.client.models
    if Path(image).expanduser().is_file():
        answer = models.predict(model, Path(image).expanduser(), confidence=confidence)
    else:
        answer = models.predict(model, image_id=image, confidence=confidence)
    if session.as_json:
        session.json(answer)
        return
    session.table(
        [*answer.objects, *answer.tags],
        {
            "Class": lambda found: found.class_name,
            "Confidence": lambda found: f"{found.confidence:.3f}",
            "Box": lambda found: _box_text(found) if isinstance(found, PredictedObject) else "",
        },
    )
    session.note(f"{answer.network_seconds:.2f} s in the network")


def _box_text(found: PredictedObject) -> str:
    box = found.bounding_box
    return f"{box.x:.0f} {box.y:.0f} {box.w:.0f} {box.h:.0f}"


@api_command(app, "evaluate")
def evaluate_model(
    session: Session,
    model: NameOrId,
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    split: Annotated[
        EvaluationSplit | None,
        typer.Option(help="Images of this split of its training run, or all. Else: those it has not learned from."),
    ] = None,
    status: Annotated[
        str, typer.Option(help="Only images with this status; all: every image somebody has looked at.")
    ] = "complete",
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait.")] = 3600.0,
) -> None:
    """Measure a model on the annotated images of a dataset."""
    session.note(f"Measuring {model} on {dataset}")
    evaluation = session.client.models.evaluate(model, dataset, split=split, status_filter=status, timeout=timeout)
    if session.as_json:
        session.json(evaluation)
    else:
        typer.echo(str(evaluation))


@api_command(app, "delete")
def delete_model(
    session: Session, model_id: ModelId, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Delete a model."""
    session.confirm(f"Delete model {model_id}?", yes=yes)
    session.client.models.delete(model_id)
    session.line(f"Deleted model {model_id}", {"model_id": model_id})


def _id(session: Session, model: str) -> str:
    """Return the id of the newest model of that name that is ready; anything else as it is given."""
    try:
        UUID(model)
    except ValueError:
        named = (each.id for each in session.client.models.iter(status="ready", page_size=200) if each.name == model)
        return next(named, model)
    return model
