"""Whatever a dataset holds, each format gives it back, or counts what it could not hold."""

import io
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pictograph.formats.archive import MemorySource
from pictograph.formats.base import DatasetHeader, Format, FormatReport, ImageEntry, Loss, points_of, rings_of
from pictograph.formats.registry import FORMATS
from pictograph.geometry.masks import polygons_to_mask
from pictograph.geometry.rings import Polygon, bounds, box_ring
from pictograph.models.annotation import (
    Annotation,
    BBoxAnnotation,
    KeypointAnnotation,
    PolygonAnnotation,
    PolygonGeometry,
    PolylineAnnotation,
    PolylineGeometry,
)
from pictograph.models.common import BoundingBox, Point

Labeled = tuple[ImageEntry, list[Annotation]]
ODD_NAMES = (
    "a.jpg", "A.jpg", "a.b.c.png", "é 🚸 #1.jpg", "a b.jpg", "..jpg", "con.jpg", "x,y;z.jpg", "'q\".jpg", "<&>.png",
    "100%.jpg", "a\\b.jpg", "=1+1.jpg", "train.jpg", "classes.jpg", "labels.png", "a_mask.png", "-.jpg",
    "x" * 90 + ".jpg",
)  # fmt: skip
ODD_FOLDERS = ("/", "/x", "/x/y", "/images", "/labels/images", "/train", "/..", "/masks", "/Annotations", "/ä ö")
ODD_CLASSES = ("stop_sign", "größe: L", "a,b", "<x>&\"'", "yes", "0", "two words", "=SUM(A1)", "class", "background #1")

names = st.sampled_from(ODD_NAMES) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12
).map(lambda text: f"{text}.jpg")
# A file's white space around a name is not kept by every format, and no name should have any.
class_names = st.lists(
    st.sampled_from(ODD_CLASSES)
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Z"]), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
    unique=True,
)
# Shares of a side: whole pixels, and what lies between them.
shares = st.integers(0, 64).map(lambda n: n / 64) | st.floats(0, 1).map(lambda x: round(x, 6))


@st.composite
def datasets(draw: st.DrawFn, *, with_holes: bool = True) -> tuple[DatasetHeader, list[Labeled]]:
    classes = draw(class_names)
    keys = draw(st.lists(st.tuples(st.sampled_from(ODD_FOLDERS), names), max_size=4, unique=True))
    images: list[Labeled] = []
    for number, (folder, filename) in enumerate(keys):
        # No two of one width: that is how images are told apart after the round trip.
        width, height = 2 + number * 16 + draw(st.integers(0, 15)), draw(st.integers(1, 40))
        tags = tuple(draw(st.lists(st.sampled_from(classes), max_size=2, unique=True)))
        entry = ImageEntry(f"id-{number}", filename, width, height, folder_path=folder, tags=tags)
        shapes = draw(st.lists(annotations(classes, width, height, with_holes=with_holes), max_size=5))
        images.append((entry, shapes))
    has_outlines = any(each.type == "polygon" for _, found in images for each in found)
    return DatasetHeader("round trip", tuple(classes), has_outlines=has_outlines), images


@st.composite
def annotations(
    draw: st.DrawFn, classes: Sequence[str], width: int, height: int, *, with_holes: bool = True
) -> Annotation:
    name = draw(st.sampled_from(classes))
    kind = draw(st.sampled_from(["pixel", "box", "polygon", "hole", "polyline", "keypoint"]))
    if kind == "keypoint":
        return KeypointAnnotation(name=name, keypoint=Point(x=draw(shares) * width, y=draw(shares) * height))
    if kind == "polyline":
        path = draw(st.lists(st.tuples(shares, shares), min_size=2, max_size=4))
        line = PolylineGeometry(path=points_of([(x * width, y * height) for x, y in path]))
        return PolylineAnnotation(name=name, polyline=line)
    if kind == "pixel":
        x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        if draw(st.booleans()):
            return BBoxAnnotation(name=name, bounding_box=BoundingBox(x=x, y=y, w=1, h=1))
        return PolygonAnnotation(name=name, polygon=PolygonGeometry(paths=[points_of(box_ring(x, y, x + 1, y + 1))]))
    if kind == "box":
        left, top, right, bottom = draw(corners(width, height))
        return BBoxAnnotation(name=name, bounding_box=BoundingBox(x=left, y=top, w=right - left, h=bottom - top))
    return draw(polygons(name, width, height, with_hole=kind == "hole" and with_holes))


@st.composite
def corners(draw: st.DrawFn, width: int, height: int) -> tuple[float, float, float, float]:
    apart = st.tuples(shares, shares).filter(lambda pair: abs(pair[0] - pair[1]) > 0.01)
    (x1, x2), (y1, y2) = sorted(draw(apart)), sorted(draw(apart))
    return x1 * width, y1 * height, x2 * width, y2 * height


@st.composite
def polygons(draw: st.DrawFn, name: str, width: int, height: int, *, with_hole: bool) -> Annotation:
    left, top, right, bottom = draw(corners(width, height))
    points = draw(st.integers(3, 9))
    rings = [_star(left, top, right, bottom, points, size) for size in ((1.0, 0.5) if with_hole else (1.0,))]
    return PolygonAnnotation(name=name, polygon=PolygonGeometry(paths=[points_of(ring) for ring in rings]))


def _star(left: float, top: float, right: float, bottom: float, corners: int, size: float) -> list[tuple[float, float]]:
    turns = [2 * math.pi * n / corners + 0.3 for n in range(corners)]
    rx, ry = size * (right - left) / 2, size * (bottom - top) / 2
    return [((left + right) / 2 + rx * math.cos(t), (top + bottom) / 2 + ry * math.sin(t)) for t in turns]


def image_bytes(entry: ImageEntry) -> bytes:
    out = io.BytesIO()
    Image.new("L", (entry.width, entry.height)).save(out, "PNG")
    return out.getvalue()


def round_trip(format: Format, header: DatasetHeader, images: list[Labeled]) -> tuple[dict[int, Labeled], FormatReport]:
    """Return what comes back by the width of the image."""
    report = FormatReport()
    source = MemorySource(format.write(images, header, report, read_image=image_bytes))
    found = list(format.read(source))
    assert report.images == len(images)
    by_width = {entry.width: (entry, back) for entry, back in found}
    assert len(by_width) == len(found)
    return by_width, report


def every(*contents: str) -> pytest.MarkDecorator:
    chosen = {name: each for name, each in FORMATS.items() if each.holds & set(contents)}
    return pytest.mark.parametrize("format", chosen.values(), ids=chosen)


few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@every("boxes", "polygons")
@given(data=st.data())
@few
def test_round_trip__objects(format: Format, data: st.DataObject) -> None:
    # CVAT's masks come back by their pixels, and as several parts: see the test of holes.
    header, images = data.draw(datasets(with_holes=format.name != "cvat"))
    back, report = round_trip(format, header, images)
    assert sorted(back) == sorted(entry.width for entry, _ in images)
    for entry, there in images:
        found_entry, found = back[entry.width]
        assert (found_entry.height, found_entry.tags) == (entry.height, entry.tags if "tags" in format.holds else ())
        kept = [each for each in there if not is_lost(format, each)]
        assert [each.name for each in found] == [each.name for each in kept]
        for before, after in zip(kept, found, strict=True):
            assert_same(before, after, becomes=kind_of(format, before, header), holes_are_kept="holes" in format.holds)
    everything = [each for _, there in images for each in there]
    left_out = sum(is_lost(format, each) for each in everything)
    assert report.annotations == len(everything) - left_out
    assert report.lost[Loss.POLYLINES] + report.lost[Loss.KEYPOINTS] == left_out


@every("boxes", "polygons", "tags", "areas")
@given(dataset=datasets())
@few
def test_round_trip__class_names_and_their_order(format: Format, dataset: tuple[DatasetHeader, list[Labeled]]) -> None:
    header, images = dataset
    source = MemorySource(format.write(images, header, FormatReport()))
    assert format.class_names(source) == list(header.class_names)


@every("holes")
@given(data=st.data(), width=st.integers(3, 60), height=st.integers(3, 60))
@few
def test_round_trip__holes_to_the_pixel(format: Format, data: st.DataObject, width: int, height: int) -> None:
    shape = data.draw(polygons("a", width, height, with_hole=True))
    entry = ImageEntry("1", "a.png", width, height)
    before = pixels([shape], entry)
    [(_, found)] = round_trip(format, DatasetHeader("d", ("a",), has_outlines=True), [(entry, [shape])])[0].values()
    if before.any():
        assert np.array_equal(pixels(found, entry), before)


@every("tags")
@given(dataset=datasets())
@few
def test_round_trip__tags(format: Format, dataset: tuple[DatasetHeader, list[Labeled]]) -> None:
    header, images = dataset
    back, _ = round_trip(format, header, images)
    assert {width: entry.tags for width, (entry, _) in back.items()} == {e.width: e.tags for e, _ in images}


@every("areas")
@given(dataset=datasets())
@few
def test_round_trip__pixels_of_each_class(format: Format, dataset: tuple[DatasetHeader, list[Labeled]]) -> None:
    header, images = dataset
    back, report = round_trip(format, header, images)
    for entry, there in images:
        _, found = back[entry.width]
        drawn = [each for each in there if each.type in ("bbox", "polygon")]
        assert np.array_equal(pixels(found, entry), pixels(drawn, entry))
        for name in {each.name for each in drawn} if not report.lost[Loss.OVERLAPS] else ():
            before, after = ([each for each in side if each.name == name] for side in (drawn, found))
            assert np.array_equal(pixels(after, entry), pixels(before, entry))


@given(dataset=datasets())
@few
def test_round_trip__pictograph_is_equal(dataset: tuple[DatasetHeader, list[Labeled]]) -> None:
    header, images = dataset
    back, report = round_trip(FORMATS["pictograph"], header, images)
    assert back == {entry.width: (entry, there) for entry, there in images}
    assert report.as_dict()["lost"] == {}


def is_lost(format: Format, each: Annotation) -> bool:
    needed = {"polyline": "polylines", "keypoint": "keypoints"}.get(each.type)
    return needed is not None and needed not in format.holds


def kind_of(format: Format, each: Annotation, header: DatasetHeader) -> str:
    """Return the kind of shape that an annotation comes back as."""
    if each.type not in ("bbox", "polygon"):
        return each.type
    if format.name == "yolo":
        return "polygon" if header.has_outlines else "bbox"
    if each.type == "polygon":
        return "polygon" if "polygons" in format.holds else "bbox"
    return "bbox" if "boxes" in format.holds else "polygon"


def assert_same(before: Annotation, after: Annotation, *, becomes: str, holes_are_kept: bool) -> None:
    assert after.type == becomes
    if before.type in ("polyline", "keypoint"):
        same = {"id", "bounding_box"}
        assert after.model_dump(exclude=same) == before.model_dump(exclude=same)
        return
    there, found = rings(before), rings(after)
    assert bounds(found) == pytest.approx(bounds(there), abs=1e-6)
    if before.type == becomes == "polygon":
        # A polygon that covers no pixel cannot be written as a mask; its hole is lost and counted.
        assert len(found) == 1 or (holes_are_kept and len(found) == len(there))
        for ring, same in zip(there, found, strict=False):
            assert np.allclose(ring, same, atol=1e-6)


def rings(annotation: Annotation) -> Polygon:
    if annotation.type == "polygon":
        return rings_of(annotation)
    assert annotation.type == "bbox"
    b = annotation.bounding_box
    return [box_ring(b.x, b.y, b.x + b.w, b.y + b.h)]


def pixels(shapes: Sequence[Annotation], entry: ImageEntry) -> NDArray[np.bool_]:
    return polygons_to_mask([rings(shape) for shape in shapes], (entry.height, entry.width))
