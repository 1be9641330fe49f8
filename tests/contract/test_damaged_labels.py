"""Files of strangers: whatever is in them, a reader says what it left out, or that it cannot read them."""

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pictograph.formats.archive import MemorySource
from pictograph.formats.base import DatasetHeader, Format, FormatError, FormatReport, ImageEntry, ReadReport, points_of
from pictograph.formats.registry import FORMATS
from pictograph.geometry.rings import box_ring
from pictograph.models.annotation import (
    Annotation,
    BBoxAnnotation,
    KeypointAnnotation,
    PolygonAnnotation,
    PolygonGeometry,
)
from pictograph.models.common import BoundingBox, Point

SHAPES: list[Annotation] = [
    BBoxAnnotation(name="stop", bounding_box=BoundingBox(x=1, y=2, w=3, h=4)),
    PolygonAnnotation(
        name="yield",
        polygon=PolygonGeometry(paths=[points_of(box_ring(2, 2, 20, 20)), points_of(box_ring(5, 5, 9, 9))]),
        attributes=["occluded", {"name": "color", "value": "red"}],
    ),
    KeypointAnnotation(name="yield", keypoint=Point(x=1, y=1)),
]
WRONG = st.sampled_from(
    [None, True, -1, 0, 1e308, "", "x", "1e999", [], [[]], [None], {}, {"a": []}, 10**400, "\ud800"]
)
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
every_format = pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)


def files_of(format: Format) -> dict[str, bytes]:
    out = io.BytesIO()
    Image.new("L", (32, 24)).save(out, "PNG")
    entries = [(ImageEntry(name, f"{name}.png", 32, 24, tags=("stop",)), SHAPES) for name in "ab"]
    header = DatasetHeader("d", ("stop", "yield"), has_outlines=True)
    source = MemorySource(format.write(entries, header, FormatReport(), read_image=lambda _: out.getvalue()))
    return {name: source.read(name) for name in source.names()}


FILES = {name: files_of(format) for name, format in FORMATS.items()}


def read(format: Format, files: dict[str, bytes]) -> None:
    """Read everything; only an error that says so may come out."""
    source = MemorySource(sorted(files.items()))
    report = ReadReport()
    try:
        found = list(format.read(source, report=report))
        assert all(isinstance(name, str) for name in format.class_names(source))
        # Documents of a download may leave the size to the image.
        assert all((entry.width > 0 or format.name == "pictograph") and entry.filename for entry, _ in found)
    except FormatError as error:
        assert str(error)


@every_format
@given(data=st.data())
@few
def test_damaged__bytes_changed_cut_or_put_in(format: Format, data: st.DataObject) -> None:
    files = dict(FILES[format.name])
    name = data.draw(st.sampled_from([n for n in files if not n.endswith(".png") or format.name == "masks"]))
    content = files[name]
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, min(len(content), start + 40)))
    files[name] = content[:start] + data.draw(st.binary(max_size=8)) + content[stop:]
    read(format, files)


@every_format
@given(data=st.data())
@few
def test_damaged__missing_files(format: Format, data: st.DataObject) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(FILES[format.name]))))
    read(format, {name: FILES[format.name][name] for name in kept})


@pytest.mark.parametrize("name", ["pictograph", "coco", "labelme"])
@given(data=st.data())
@settings(few, max_examples=40)
def test_damaged__values_of_another_kind(name: str, data: st.DataObject) -> None:
    files = dict(FILES[name])
    file = data.draw(st.sampled_from([path for path in files if path.endswith(".json")]))
    document = json.loads(files[file])
    places = list(_places(document))
    put = data.draw(st.sampled_from(places))
    put(data.draw(WRONG))
    files[file] = json.dumps(document).encode()
    read(FORMATS[name], files)


def _places(value: object) -> list[Callable[[object], None]]:
    """Return a setter for each value inside a JSON document."""
    found: list[Callable[[object], None]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        found.append(lambda new, holder=value, key=key: holder.__setitem__(key, new))  # type: ignore[union-attr]
        found += _places(child)
    return found
