import io
from pathlib import Path

import pytest
from PIL import Image

from pictograph import BBoxAnnotation, BoundingBox, KeypointAnnotation, Point, draw_annotations
from pictograph.viz import DEFAULT_PALETTE, color_of

RED, GREY = (255, 0, 0), (90, 90, 90)
BOX = BBoxAnnotation(name="stop", bounding_box=BoundingBox(x=20, y=30, w=40, h=20))
RING = [{"x": 10, "y": 10}, {"x": 90, "y": 10}, {"x": 90, "y": 70}, {"x": 10, "y": 70}]
HOLE = [{"x": 40, "y": 30}, {"x": 60, "y": 30}, {"x": 60, "y": 50}, {"x": 40, "y": 50}]


@pytest.fixture
def grey() -> Image.Image:
    return Image.new("RGB", (100, 80), GREY)


def draw(image: Image.Image, *annotations: object) -> Image.Image:
    return draw_annotations(image, annotations, colors={"stop": "#ff0000"}, width=1, show_labels=False)  # pyright: ignore[reportArgumentType]


def test_draw__a_box_on_a_copy(grey: Image.Image) -> None:
    drawn = draw(grey, BOX)
    assert [drawn.getpixel(at) for at in ((20, 30), (60, 40), (40, 50))] == [RED] * 3
    assert drawn.getpixel((40, 40)) == GREY
    assert grey.getpixel((20, 30)) == GREY


def test_draw__a_polygon_closed_with_its_hole(grey: Image.Image) -> None:
    drawn = draw(grey, {"id": "1", "name": "stop", "type": "polygon", "polygon": {"paths": [RING, HOLE]}})
    # The side that closes the ring, and the hole's.
    assert [drawn.getpixel(at) for at in ((10, 40), (40, 40), (50, 50))] == [RED] * 3
    assert drawn.getpixel((50, 40)) == GREY


def test_draw__a_polyline_stays_open_and_a_keypoint_is_a_dot(grey: Image.Image) -> None:
    line = {"id": "1", "name": "stop", "type": "polyline", "polyline": {"path": RING}}
    drawn = draw(grey, line, KeypointAnnotation(name="stop", keypoint=Point(x=50, y=40)))
    assert drawn.getpixel((90, 40)) == drawn.getpixel((50, 40)) == RED
    assert drawn.getpixel((10, 40)) == GREY


def test_draw__names_stay_inside(grey: Image.Image) -> None:
    corner = BBoxAnnotation(name="a long name", bounding_box=BoundingBox(x=95, y=0, w=4, h=4))
    plain = draw_annotations(grey, [corner], show_labels=False)
    named = draw_annotations(grey, [corner])
    assert named.size == grey.size
    assert named.tobytes() != plain.tobytes()
    assert named.getpixel((60, 8)) != GREY


def test_color__of_a_class_is_always_the_same() -> None:
    assert len(set(DEFAULT_PALETTE)) == 15
    assert color_of("stop") == color_of("stop")
    assert len({color_of(f"class {number}") for number in range(200)}) == 15


def test_draw__a_file_is_upright_first(tmp_path: Path, grey: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    grey.save(buffer, "JPEG", exif=exif)
    (tmp_path / "turned.jpg").write_bytes(buffer.getvalue())
    drawn = draw_annotations(tmp_path / "turned.jpg", [BOX], colors={"stop": "#ff0000"}, show_labels=False)
    assert drawn.size == (80, 100)
    assert drawn.getpixel((20, 30)) == RED


def test_draw__malformed_annotation(grey: Image.Image) -> None:
    with pytest.raises(ValueError, match="bounding_box"):
        draw_annotations(grey, [{"name": "stop", "type": "bbox"}])
