"""The formats there are, by name. Of those that the wire knows, the names are the wire's."""

from pictograph.formats import (
    class_folders,
    coco,
    csv_rows,
    cvat,
    labelme,
    pascal_voc,
    pictograph_json,
    semantic_masks,
    yolo,
)
from pictograph.formats.base import Format

FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        pictograph_json.FORMAT,
        coco.FORMAT,
        yolo.FORMAT,
        pascal_voc.FORMAT,
        cvat.FORMAT,
        labelme.FORMAT,
        csv_rows.FORMAT,
        yolo.DETECT,
        yolo.SEGMENT,
        class_folders.YOLO,
        class_folders.FORMAT,
        semantic_masks.FORMAT,
    )
}


def get_format(name: str) -> Format:
    """Return a format by its name.

    Raises:
        ValueError: there is none of this name; the message lists those there are.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise ValueError(f"There is no format {name!r}; choose one of {', '.join(FORMATS)}") from None
