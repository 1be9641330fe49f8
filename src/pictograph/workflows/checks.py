"""Arguments checked before anything is sent or created, each mistake answered with what is allowed (R3)."""

import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from operator import index
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import ValidationError as MalformedModel

from pictograph.exceptions import ValidationError
from pictograph.models.auto_annotate import BatchClass, BatchOutputType
from pictograph.models.training import GpuType, PipelineType

# A class as people write it: BatchClass(name=…), ("stop_sign", "bbox"), or {"name": …, "output_type": …, "prompts": …}.
ClassSpec = BatchClass | tuple[str, str] | Mapping[str, Any]


class InvalidArgument(ValidationError, ValueError):
    """An argument that cannot be used, found before anything was sent. Also a `ValueError`, as any wrong argument."""

    def __init__(self, message: str, *, argument: str = "", fix: str | None = None) -> None:
        errors = [{"loc": [argument], "msg": message, "type": "invalid_argument"}] if argument else None
        super().__init__(message, field_errors=errors, status_code=422, code="invalid_argument", fix=fix)


def require_folder(folder: str | Path) -> Path:
    """Return the folder, `~` expanded.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        reason = "it is a file" if path.exists() else "it does not exist"
        raise FileNotFoundError(f"{path} is not a folder of images: {reason}")
    return path


def require_name(value: object, argument: str) -> None:
    """Raise `InvalidArgument` unless the name says something."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(f"{argument} must be a name, not {value!r}", argument=argument)


def require_pipeline(pipeline: str) -> None:
    """Raise `InvalidArgument` unless the pipeline is one of `PipelineType`."""
    _require_one_of("pipeline", pipeline, get_args(PipelineType))


def require_gpu(gpu: str) -> None:
    """Raise `InvalidArgument` unless the kind of accelerator is one of `GpuType`."""
    _require_one_of("gpu", gpu, get_args(GpuType))


def parse_classes(classes: Sequence[ClassSpec], *, may_be_empty: bool = False) -> list[BatchClass]:
    """Return the classes as `BatchClass`.

    Raises:
        InvalidArgument: one is malformed or listed twice, or there is none.
    """
    if not isinstance(classes, list | tuple):
        raise _bad_classes(f"classes must be a list of classes, not {classes!r}")
    parsed = [_parse_class(position, item) for position, item in enumerate(classes)]
    seen: set[tuple[str, str]] = set()
    for item in parsed:
        if (item.name, item.output_type) in seen:
            raise _bad_classes(f"classes names {item.name!r} ({item.output_type}) twice")
        seen.add((item.name, item.output_type))
    if not parsed and not may_be_empty:
        raise _bad_classes("classes is empty, so there is nothing to look for")
    return parsed


def parse_train_config(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the training settings with plain Python numbers. What a pipeline makes of them the server checks again.

    Raises:
        InvalidArgument: a key is not one of `TRAIN_CONFIG`, or its value is not of that kind.
    """
    if config is None:
        return {}
    if not isinstance(config, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidArgument(f"train_config must be a dict, not {config!r}", argument="train_config", fix=_CONFIG_FIX)
    parsed: dict[str, Any] = {}
    for key, value in config.items():
        if key not in TRAIN_CONFIG:
            alike = get_close_matches(str(key), TRAIN_CONFIG, n=1)
            meant = f"; did you mean {alike[0]!r}?" if alike else ""
            raise InvalidArgument(
                f"train_config has no setting {key!r}{meant}", argument=f"train_config.{key}", fix=_CONFIG_FIX
            )
        words, convert = TRAIN_CONFIG[key]
        try:
            parsed[key] = convert(value)
        except (TypeError, ValueError):
            raise InvalidArgument(
                f"train_config[{key!r}] must be {words}, not {value!r}",
                argument=f"train_config.{key}",
                fix=_CONFIG_FIX,
            ) from None
    return parsed


def _whole_number(minimum: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if isinstance(value, bool):
            raise TypeError
        number = index(value)  # Takes numpy integers too, and no float.
        if number < minimum:
            raise ValueError
        return number

    return convert


def _positive_number(value: Any) -> float:
    if isinstance(value, bool | str):
        raise TypeError
    number = float(value)
    if not math.isfinite(number) or number <= 0:
        raise ValueError
    return number


def _share(value: Any) -> float:
    is_nothing = not isinstance(value, bool) and value == 0
    return 0.0 if is_nothing else _positive_number(value)


def _switch(value: Any) -> bool:
    if type(value).__name__ not in ("bool", "bool_"):  # numpy's too
        raise TypeError
    return bool(value)


def _plain(value: Any) -> str | int | float | bool:
    """Return a number, a word or a switch as plain Python: what it must be the server knows."""
    for convert in (_name, _switch, _whole_number(0), _positive_number):
        try:
            return convert(value)
        except (TypeError, ValueError):
            continue
    raise TypeError


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    if not value.strip():
        raise ValueError
    return value


# Settings that some pipelines have.
_OF_SOME = (
    "architecture",
    "decoder_layers",
    "encoder",
    "encoder_blocks",
    "groups",
    "library",
    "queries",
    "variant",
)
# Each setting: what it must be, and how it becomes that. A pipeline may allow less; the server says so.
TRAIN_CONFIG: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "epochs": ("a whole number from 1", _whole_number(1)),
    "batch_size": ("a whole number from 1", _whole_number(1)),
    "learning_rate": ("a number above 0", _positive_number),
    "image_size": ("a whole number of pixels from 1", _whole_number(1)),
    "model_type": ("the name of a variant, such as 's'", _name),
    "seed": ("a whole number from 0", _whole_number(0)),
    "max_minutes": ("a number above 0", _positive_number),
    "patience": ("a whole number from 1", _whole_number(1)),
    "val_fraction": ("a number above 0", _positive_number),
    "test_fraction": ("a number from 0", _share),
    "flip": ("True or False", _switch),
    "weights": ("'auto', 'pretrained' or 'scratch'", _name),
    **dict.fromkeys(_OF_SOME, ("a name, a number, True or False", _plain)),
}
_CONFIG_FIX = "Allowed: " + "; ".join(f"{key}: {words}" for key, (words, _) in TRAIN_CONFIG.items()) + "."


def _require_one_of(argument: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InvalidArgument(
            f"{argument} {value!r} is unknown", argument=argument, fix=f"Use one of: {', '.join(allowed)}."
        )


def _parse_class(position: int, item: Any) -> BatchClass:
    place = f"classes[{position}]"
    if isinstance(item, BatchClass):
        fields: Mapping[Any, Any] = item.model_dump()
    elif isinstance(item, tuple) and len(cast("tuple[Any, ...]", item)) in (1, 2):
        fields = dict(zip(("name", "output_type"), cast("tuple[Any, ...]", item), strict=False))
    elif isinstance(item, Mapping):
        fields = cast("Mapping[Any, Any]", item)
    else:
        raise _bad_classes(f"{place} is {item!r}", place)
    try:
        parsed = BatchClass.model_validate(dict(fields), strict=True)
    except MalformedModel as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        raise _bad_classes(f"{place} is {item!r}: {problems}", place) from error
    if not parsed.name.strip():
        raise _bad_classes(f"{place} has a blank name", place)
    return parsed


def _bad_classes(message: str, argument: str = "classes") -> InvalidArgument:
    shapes = ", ".join(f'"{shape}"' for shape in get_args(BatchOutputType))
    return InvalidArgument(
        message,
        argument=argument,
        fix=f'Write a class as ("stop_sign", "bbox"), as {{"name": "stop_sign", "output_type": "bbox"}} or as '
        f"BatchClass(name=…, output_type=…); the shapes are {shapes}.",
    )
