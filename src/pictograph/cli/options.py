"""Options whose text is parsed: classes (`stop_sign:bbox,yield`) and JSON objects (`{"epochs": 5}` or `@file.json`)."""

import json
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from pictograph.models.auto_annotate import BatchOutputType

Classes = Annotated[
    str,
    typer.Option(
        "--classes", "-c", help="What to find, as name:type with commas between; type is bbox or polygon (the default)."
    ),
]
TrainConfig = Annotated[
    str | None,
    typer.Option("--config", help="Settings of the training: a JSON object, or @FILE with one."),
]


def parse_classes(text: str) -> list[tuple[str, str]]:
    """Return the (name, output type) pairs of `stop_sign:bbox,yield`."""
    allowed = get_args(BatchOutputType)
    classes: list[tuple[str, str]] = []
    for part in text.split(","):
        name, _, output_type = part.strip().partition(":")
        name, output_type = name.strip(), output_type.strip() or "polygon"
        if not name:
            raise typer.BadParameter(
                f"{text!r} has an empty class; write name:type with commas between, e.g. stop_sign:bbox,yield:bbox",
                param_hint="--classes",
            )
        if output_type not in allowed:
            raise typer.BadParameter(
                f"{part.strip()!r} asks for {output_type!r}; the types are {', '.join(allowed)}", param_hint="--classes"
            )
        classes.append((name, output_type))
    return classes


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
