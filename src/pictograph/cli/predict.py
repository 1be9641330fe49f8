"""`pictograph predict`: what a model finds in images on this machine."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from pictograph.cli.image_paths import expand, relative_paths
from pictograph.cli.session import Session, api_command
from pictograph.exceptions import ConfigurationError, PictographError

if TYPE_CHECKING:
    from pictograph.inference import ClassificationModel, DetectionModel, Detections, Tags
    from pictograph.inference.sources import ImageSource

    Model: TypeAlias = "DetectionModel | ClassificationModel"
    Answer: TypeAlias = "Detections | Tags"

app = typer.Typer(add_completion=False)

OutputFormat = Literal["json", "coco", "yolo"]


@dataclass(slots=True)
class Tally:
    """What was found so far."""

    images: int = 0
    found: Counter[str] = field(default_factory=Counter[str])
    images_with: Counter[str] = field(default_factory=Counter[str])
    problems: list[str] = field(default_factory=list[str])


@api_command(app, "predict")
def predict(
    session: Session,
    model: Annotated[
        str, typer.Argument(help="A model file, a folder that holds model.onnx, or a model's name or id on the server.")
    ],
    images: Annotated[list[str], typer.Argument(help="Images: files, folders with everything below them, patterns.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")],
    confidence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least confidence to report; else the model's suggestion.")
    ] = None,
    format: Annotated[
        OutputFormat,
        typer.Option(
            "--format", "-f", help="json: predictions.json, an image a line. coco, yolo: as a dataset is exported."
        ),
    ] = "json",
    draw: Annotated[bool, typer.Option("--draw", help="Draw what was found, into the sub-folder drawn.")] = False,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda, cuda:1; else the best that ONNX Runtime has here.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Images through the network at once; else 16 on a GPU, 1 on a CPU.")
    ] = None,
) -> None:
    """Predict with a trained model on this machine. A model of the server is downloaded once and kept."""
    files, problems = expand(images, apart_from=out)
    tally = Tally(problems=problems)
    for problem in problems:
        session.note(f"Left out {problem}")
    if files:
        opened = _open(session, model, device)
        _check_format(opened, format)
        answers = _watched(session, _answers(session, opened, files, confidence, batch_size, tally), len(files))
        seen = _seen(answers, files, out if draw else None)
        out.mkdir(parents=True, exist_ok=True)
        try:
            _write(_counted(seen, tally), opened, format, files, out)
        except RuntimeError as error:
            raise PictographError(
                f"The network failed: {error}", fix="Try --device cpu, or a smaller --batch-size."
            ) from error
    _tell(session, tally, out)
    if tally.problems:
        raise typer.Exit(1)


def _open(session: Session, model: str, device: str | None) -> "Model":
    try:
        from pictograph.inference import load_model

        path = Path(model).expanduser()
        if path.exists() or path.suffix == ".onnx" or "/" in model:
            return load_model(path, device=device)
        return session.client.models.load(model, device=device)
    except ModuleNotFoundError as error:
        raise ConfigurationError(str(error), fix="pip install 'pictograph[inference]'") from error


def _check_format(model: "Model", format: OutputFormat) -> None:
    if format != "json" and model.spec.task == "classification":
        raise ValueError(f"{format} says where objects are, and a model for classification does not: use --format json")


def _answers(
    session: Session,
    model: "Model",
    files: Sequence[Path],
    confidence: float | None,
    batch_size: int | None,
    tally: Tally,
) -> "Iterator[Answer]":
    def leave_out(image: "ImageSource", error: OSError) -> None:
        tally.problems.append(f"{image}: {error}")
        session.note(f"Left out {tally.problems[-1]}")

    yield from model.predict_each(files, confidence, batch_size=batch_size, on_unreadable=leave_out)


def _watched(session: Session, answers: "Iterator[Answer]", total: int) -> "Iterator[Answer]":
    """Pass the answers on, with a bar for somebody at a terminal."""
    from rich.console import Console
    from rich.progress import track

    is_silent = session.as_json or not sys.stderr.isatty()
    yield from track(answers, "Predicting", total, console=Console(stderr=True), transient=True, disable=is_silent)


def _seen(answers: "Iterator[Answer]", files: Sequence[Path], out: Path | None) -> "Iterator[Answer]":
    """Pass the answers on, and draw each when there is a folder to draw into."""
    places = relative_paths(files)
    for answer in answers:
        if out is not None and answer.path is not None:
            # The suffix stays in the name, so that a.png and a.jpg are two drawings.
            drawing = out / "drawn" / places[answer.path]
            drawing = drawing if drawing.suffix.lower() in (".jpg", ".jpeg") else Path(f"{drawing}.jpg")
            drawing.parent.mkdir(parents=True, exist_ok=True)
            answer.draw().save(drawing, format="JPEG", quality=92)
        yield answer


def _counted(answers: "Iterator[Answer]", tally: Tally) -> "Iterator[Answer]":
    for answer in answers:
        names = [each.class_name for each in answer]
        tally.images += 1
        tally.found.update(names)
        tally.images_with.update(set(names))
        yield answer


def _write(answers: "Iterator[Answer]", model: "Model", format: OutputFormat, files: Sequence[Path], out: Path) -> None:
    if format == "json":
        _write_json(answers, out / "predictions.json")
    else:
        _write_dataset(answers, model, format, relative_paths(files), out)


def _write_json(answers: "Iterator[Answer]", file: Path) -> None:
    """Write a JSON list with an image a line, as they come; the file appears whole or not at all."""
    partial = file.with_name(file.name + ".part")
    with partial.open("w", encoding="utf-8") as lines:
        lines.write("[")
        for number, answer in enumerate(answers):
            lines.write(f"{',' if number else ''}\n{answer.to_json()}")
        lines.write("\n]\n")
    partial.replace(file)


def _write_dataset(
    answers: "Iterator[Answer]", model: "Model", format: OutputFormat, places: Mapping[Path, Path], out: Path
) -> None:
    from pictograph.formats.base import DatasetHeader, FormatReport, ImageEntry, Labeled
    from pictograph.formats.registry import get_format
    from pictograph.inference import Detections

    def labeled() -> Iterator[Labeled]:
        for answer in answers:
            assert isinstance(answer, Detections) and answer.path is not None
            place, (width, height) = places[answer.path], answer.image_size_wh
            entry = ImageEntry(str(place), place.name, width, height, folder_path=f"/{place.parent}".removesuffix("."))
            yield entry, answer.to_annotations()

    header = DatasetHeader("predictions", model.class_names, has_outlines=model.spec.task != "object_detection")
    written: set[str] = set()
    for path, content in get_format(format).write(labeled(), header, FormatReport()):
        file = out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        # Neighbours with the same path are pieces of one file.
        with file.open("ab" if path in written else "wb") as pieces:
            pieces.write(content)
        written.add(path)


def _tell(session: Session, tally: Tally, out: Path) -> None:
    if session.as_json:
        session.json(
            {
                "images": tally.images,
                "found": dict(tally.found),
                "images_with": dict(tally.images_with),
                "problems": tally.problems,
                "output_path": out,
            }
        )
        return
    if tally.found:
        session.table(
            tally.found.most_common(),
            {"Class": lambda row: row[0], "Found": lambda row: row[1], "Images": lambda row: tally.images_with[row[0]]},
        )
    wrote = f"; wrote {out}" if tally.images else ""
    left_out = f", {len(tally.problems)} left out" if tally.problems else ""
    typer.echo(f"{tally.images} images{left_out}, {tally.found.total()} found{wrote}")
