"""CVAT for images 1.1: one XML document. https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/

A polygon with holes is written as CVAT's own mask, which counts pixels along rows.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, cast

from pictograph.formats.archive import UniqueNames
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
    count_lost_details,
    manifest,
    rings_of,
    selected,
    selected_tags,
)
from pictograph.formats.cvat_reader import OCCLUDED, class_names, read
from pictograph.formats.pixel_masks import visible_pixels
from pictograph.formats.xml_text import XmlText, as_text
from pictograph.geometry.rings import Vertex
from pictograph.models.annotation import Annotation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PATH = "annotations.xml"
_PIECE_BYTES = 1 << 20


def write(
    entries: Iterable[Labeled], dataset: DatasetHeader, report: FormatReport, *, read_image: ReadImage | None = None
) -> Iterator[ArchiveFile]:
    """Yield the images if wanted, then `annotations.xml` in pieces, then `manifest.json`."""
    classes, names, xml = ClassOrder(dataset), UniqueNames(), XmlText(report)
    # The document lists all classes before all images; those wait on disk until their turn.
    with tempfile.TemporaryFile() as body:
        for image_id, (entry, annotations) in enumerate(entries):
            path = names.path(entry.folder_path, entry.filename)
            report.images += 1
            tags = selected_tags(entry, dataset)
            head = {"id": image_id, "name": path, "width": entry.width, "height": entry.height}
            body.write(f"  <image {xml.attributes(head)}>\n".encode())
            for annotation in selected(annotations, dataset):
                classes.index(annotation.name)
                body.write(_element(annotation, entry, xml, report).encode())
            for tag in tags:
                classes.index(tag)
                body.write(f"    <tag {xml.attributes({'label': tag, 'source': 'manual'})}></tag>\n".encode())
            body.write(b"  </image>\n")
            if read_image is not None:
                yield f"images/{path}", read_image(entry)
        yield PATH, _head(dataset, classes.names, report.images, xml).encode()
        yield from ((PATH, piece) for piece in _pieces(body))
        yield PATH, b"</annotations>\n"
    text = json.dumps(manifest("cvat", dataset, classes.names, report), ensure_ascii=False, indent=1)
    yield "manifest.json", text.encode()


def _head(dataset: DatasetHeader, class_names: Iterable[str], images: int, xml: XmlText) -> str:
    labels = "".join(
        f"      <label><name>{xml.escape(name)}</name><type>any</type><attributes></attributes></label>\n"
        for name in class_names
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
        f"  <meta>\n    <task>\n      <name>{xml.escape(dataset.name)}</name>\n      <size>{images}</size>\n"
        f"      <mode>annotation</mode>\n      <labels>\n{labels}      </labels>\n    </task>\n  </meta>\n"
    )


def _element(annotation: Annotation, entry: ImageEntry, xml: XmlText, report: FormatReport) -> str:
    """Return the element of an annotation."""
    tag, values = _geometry(annotation, entry, report)
    others = [each for each in annotation.attributes if each != OCCLUDED]
    named = [each for each in others if _is_named(each)]
    rest = [each for each in others if not _is_named(each)]
    count_lost_details(annotation.model_copy(update={"attributes": rest}), report)
    report.annotations += 1
    said = {
        "label": annotation.name,
        "source": "manual" if (annotation.created_by or "user").startswith("user") else "auto",
        "occluded": int(OCCLUDED in annotation.attributes),
    }
    inner = "".join(
        f'      <attribute name="{xml.escape(each["name"])}">{xml.escape(each["value"])}</attribute>\n'
        for each in cast("list[dict[str, str]]", named)
    )
    return f'    <{tag} {xml.attributes(said | values)} z_order="0">\n{inner}    </{tag}>\n'


def _is_named(attribute: object) -> bool:
    """Whether an attribute is what CVAT calls one: a name and a value."""
    if not isinstance(attribute, dict):
        return False
    said = cast("dict[object, object]", attribute)
    return set(said) == {"name", "value"} and all(isinstance(value, str) for value in said.values())


def _geometry(annotation: Annotation, entry: ImageEntry, report: FormatReport) -> tuple[str, dict[str, object]]:
    if annotation.type == "bbox":
        b = annotation.bounding_box
        return "box", {"xtl": b.x, "ytl": b.y, "xbr": b.x + b.w, "ybr": b.y + b.h}
    if annotation.type == "polyline":
        return "polyline", {"points": _points((p.x, p.y) for p in annotation.polyline.path)}
    if annotation.type == "keypoint":
        return "points", {"points": _points([(annotation.keypoint.x, annotation.keypoint.y)])}
    rings = rings_of(annotation)
    if len(rings) > 1 and (pixels := visible_pixels(rings, entry)):
        report.lost[Loss.OUTLINES_AS_MASKS] += 1
        return "mask", _mask(*pixels)
    report.lost[Loss.HOLES] += len(rings) - 1
    return "polygon", {"points": _points(rings[0])}


def _points(points: Iterable[Vertex]) -> str:
    return ";".join(f"{as_text(x)},{as_text(y)}" for x, y in points)


def _mask(mask: "NDArray[np.bool_]", origin_xy: tuple[int, int]) -> dict[str, object]:
    import numpy as np

    from pictograph.geometry.cropped_mask import CroppedMask

    (height, width), (left, top) = mask.shape, origin_xy
    runs = np.frombuffer(CroppedMask.from_array(mask).runs, "<u4")
    return {"rle": ", ".join(map(str, runs.tolist())), "left": left, "top": top, "width": width, "height": height}


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        yield piece


FORMAT = Format(
    name="cvat",
    write=write,
    read=read,
    title="CVAT for images 1.1: every kind of shape in one XML document",
    holds=frozenset({"boxes", "polygons", "holes", "polylines", "keypoints", "tags"}),
    class_names=class_names,
)
