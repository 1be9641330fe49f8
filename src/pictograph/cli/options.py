"""Options of several commands: classes (`stop_sign:bbox,yield`) and JSON objects (`{"epochs": 5}` or `@file.json`)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from pydantic import ValidationError

from pictograph.models.auto_annotate import BatchClass

Classes = Annotated[
    str,
    typer.Option(
        "--classes",
        "-c",
        help="What to find, with commas between: name, name:type (bbox, polygon, tag), or name=prompt|prompt:type@0.4 "
        "with other words and a least confidence; or @FILE with a JSON list of classes.",
    ),
]
Annotator = Annotated[
    str | None, typer.Option(help="Engine that labels: auto, sam3, grounded-sam2, owlv2, tiny; else the server's own.")
]
TrainedModel = Annotated[str | None, typer.Option("--model", help="Id of a trained model that labels instead.")]
TrainConfig = Annotated[
    str | None,
    typer.Option("--config", help="Settings of the training: a JSON object, or @FILE with one."),
]

TrainSettings = Annotated[
    list[str] | None,
    typer.Option("--set", help="One setting, e.g. epochs=10; may be repeated, and wins over --config."),
]


def parse_classes(text: str) -> list[BatchClass]:
    """Return the classes of `stop_sign:bbox,yield=give way|yield sign:polygon@0.4`, or of the file behind an `@`."""
    if text.startswith("@"):
        return _classes_of_file(text[1:])
    return [_parse_class(part.strip(), text) for part in text.split(",")]


def _parse_class(part: str, text: str) -> BatchClass:
    front, _, threshold = part.partition("@")
    named, _, output_type = front.rpartition(":") if ":" in front else (front, "", "")
    name, _, prompts = named.partition("=")
    given: dict[str, object] = {"name": name.strip(), "output_type": output_type.strip() or "polygon"}
    if "=" in named:
        given["prompts"] = [prompt.strip() for prompt in prompts.split("|")]
    if "@" in part:
        given["confidence_threshold"] = threshold.strip()
    return _checked(given, repr(part) if part else f"{text!r} has an empty class, which")


def _classes_of_file(path: str) -> list[BatchClass]:
    try:
        classes = json.loads(Path(path).expanduser().read_text())
    except OSError as unreadable:
        raise typer.BadParameter(f"{path} cannot be read: {unreadable.strerror}", param_hint="--classes") from None
    except json.JSONDecodeError as bad:
        raise typer.BadParameter(f"{path} is not JSON ({bad})", param_hint="--classes") from None
    if not isinstance(classes, list):
        raise typer.BadParameter(
            f'{path} is not a JSON list, e.g. [{{"name": "stop_sign", "prompts": ["red octagon"]}}]',
            param_hint="--classes",
        )
    entries = cast("list[object]", classes)
    return [_checked(entry, f"entry {position} of {path}") for position, entry in enumerate(entries, start=1)]


def _checked(given: object, place: str) -> BatchClass:
    try:
        return BatchClass.model_validate(given)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors(include_url=False)
        )
        raise typer.BadParameter(
            f"{place} is no class ({problems}); write name:type with commas between, e.g. stop_sign:bbox,"
            "yield=give way sign|yield sign:polygon@0.4",
            param_hint="--classes",
        ) from None


def parse_settings(config: str | None, settings: Sequence[str] | None) -> dict[str, Any] | None:
    """Return the settings of `--config`, with those of `--set name=value` over them."""
    parsed = parse_config(config)
    if not settings:
        return parsed
    given: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"{setting!r} is no setting; write name=value", param_hint="--set")
        try:
            given[name.strip()] = json.loads(value)
        except json.JSONDecodeError:
            given[name.strip()] = value  # a word, unquoted as people write it
    return {**(parsed or {}), **given}


def parse_config(text: str | None) -> dict[str, Any] | None:
    """Return the object written in the option or in the file it names; its keys are checked where it is used."""
    if text is None:
        return None
    source = "it"
    if text.startswith("@"):
        source = text[1:]
        try:
            text = Path(source).expanduser().read_text()
        except OSError as unreadable:
            raise typer.BadParameter(f"{source} cannot be read: {unreadable.strerror}", param_hint="--config") from None
    try:
        config = json.loads(text)
    except json.JSONDecodeError as bad:
        raise typer.BadParameter(
            f"{source} is not JSON ({bad}); write an object, e.g. '{{\"epochs\": 30}}'", param_hint="--config"
        ) from None
    if not isinstance(config, dict):
        raise typer.BadParameter(f"{source} is not a JSON object, e.g. '{{\"epochs\": 30}}'", param_hint="--config")
    return config
