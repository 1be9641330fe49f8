"""The formats there are, by the wire's names."""

from pictograph.formats import coco, pictograph_json, yolo
from pictograph.formats.base import Format

FORMATS: dict[str, Format] = {module.FORMAT.name: module.FORMAT for module in (pictograph_json, coco, yolo)}


def get_format(name: str) -> Format:
    """Return a format by its wire name.

    Raises:
        ValueError: there is none of this name; the message lists those there are.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise ValueError(f"There is no format {name!r}; choose one of {', '.join(FORMATS)}") from None
