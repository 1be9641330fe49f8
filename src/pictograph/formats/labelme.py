"""LabelMe: a JSON document beside each image. https://github.com/wkentaro/labelme

A polygon with holes is written as LabelMe's own mask: a PNG of the box that it lies in, both ends included.
"""

import base64
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pictograph.formats.archive import UniqueNames, safe_suffix
from pictograph.formats.base import (
    ArchiveFile,
    ClassOrder,
    DatasetHeader,
    Format,
    FormatReport,
    ImageEntry,
    Labeled,
    Loss,
    ReadImage,
    manifest,
    rings_of,
    selected,
    selected_tags,
)
from pictograph.formats.labelme_reader import class_names, read
from pictograph.formats.pixel_masks import visible_pixels
from pictograph.models.annotation import Annotation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The newest LabelMe whose files look like this; it opens older ones without a word.
_VERSION = "5.8.1"


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield `images/<folder>/<stem>.json` for each image, beside the image itself if wanted, then `labels.txt`."""
    classes, names = ClassOrder(dataset), UniqueNames()
    for entry, annotations in entries:
        stem = names.stem(entry.folder_path, entry.filename)
        filename = PurePosixPath(stem).name + safe_suffix(entry.filename)
        report.images += 1
        tags = selected_tags(entry, dataset)
        kept = selected(annotations, dataset)
        for class_name in (*(annotation.name for annotation in kept), *tags):
            classes.index(class_name)
        document = {
            "version": _VERSION,
            "flags": dict.fromkeys(tags, True),
            "shapes": [_shape(annotation, entry, report) for annotation in kept],
            "imagePath": filename,
            "imageData": None,
            "imageHeight": entry.height,
            "imageWidth": entry.width,
            "pictograph": {
                "id": entry.id,
                "filename": entry.filename,
                "folder_path": entry.folder_path,
                "status": entry.status,
            },
        }
        report.annotations += len(kept)
        yield f"images/{stem}.json", json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False).encode()
        if read_image is not None:
            yield f"images/{stem}{safe_suffix(entry.filename)}", read_image(entry)
    yield "labels.txt", "".join(f"{' '.join(name.split())}\n" for name in classes.names).encode()
    text = json.dumps(manifest("labelme", dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


def _shape(annotation: Annotation, entry: ImageEntry, report: FormatReport) -> dict[str, object]:
    # LabelMe keeps keys that it does not know.
    said: dict[str, object] = {"id": annotation.id, "confidence": annotation.confidence}
    if annotation.created_by is not None:
        said["created_by"] = annotation.created_by
    if annotation.attributes:
        said["attributes"] = annotation.attributes
    geometry = _geometry(annotation, entry, report)
    if annotation.type == "polygon" and geometry["shape_type"] == "mask":
        said["paths"] = [[[p.x, p.y] for p in path] for path in annotation.polygon.paths]
    return {
        "label": annotation.name,
        "group_id": None,
        "description": "",
        "flags": {},
        **geometry,
        "pictograph": said,
    }


def _geometry(annotation: Annotation, entry: ImageEntry, report: FormatReport) -> dict[str, object]:
    if annotation.type == "bbox":
        b = annotation.bounding_box
        return {"shape_type": "rectangle", "points": [[b.x, b.y], [b.x + b.w, b.y + b.h]], "mask": None}
    if annotation.type == "polyline":
        return {"shape_type": "linestrip", "points": [[p.x, p.y] for p in annotation.polyline.path], "mask": None}
    if annotation.type == "keypoint":
        return {"shape_type": "point", "points": [[annotation.keypoint.x, annotation.keypoint.y]], "mask": None}
    rings = rings_of(annotation)
    if len(rings) > 1 and (pixels := visible_pixels(rings, entry)):
        report.lost[Loss.OUTLINES_AS_MASKS] += 1
        return _mask_shape(*pixels)
    report.lost[Loss.HOLES] += len(rings) - 1
    return {"shape_type": "polygon", "points": [[x, y] for x, y in rings[0]], "mask": None}


def _mask_shape(mask: "NDArray[np.bool_]", origin_xy: tuple[int, int]) -> dict[str, object]:
    from PIL import Image

    (height, width), (x, y) = mask.shape, origin_xy
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    corners = [[x, y], [x + width - 1, y + height - 1]]
    return {"shape_type": "mask", "points": corners, "mask": base64.b64encode(out.getvalue()).decode()}


FORMAT = Format(
    name="labelme",
    write=write,
    read=read,
    title="LabelMe: a JSON document beside each image, every kind of shape",
    holds=frozenset({"boxes", "polygons", "holes", "polylines", "keypoints", "tags", "confidence"}),
    class_names=class_names,
)
