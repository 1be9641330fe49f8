"""What comes out of a model: arrays, filters, drawings, and other libraries' types."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import supervision
from PIL import Image

from pictograph.geometry import rle
from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference import Detection, Detections, Tag, Tags
from pictograph.inference.class_map import ClassMap
from pictograph.models.annotation import BBoxAnnotation, PolygonAnnotation

# 12 x 8 pixels: a sign on the left with a mask that leaves its top-left corner out, and a box on the right.
MASK = np.array([[False, True, True], [True, True, True]])
SIGN = Detection("stop_sign", 0, 0.9, (1, 2, 4, 4), CroppedMask.from_array(MASK, origin_xy=(1, 2)))
YIELD = Detection("yield", 1, 0.25, (8, 0, 12, 8))


def found(*detections: Detection, path: Path | None = None) -> Detections:
    return Detections(detections, image_size_wh=(12, 8), path=path)


BOTH = found(SIGN, YIELD)


# A sequence.


def test_detections__are_a_sequence() -> None:
    assert isinstance(BOTH, Sequence)
    assert (len(BOTH), BOTH[0], BOTH[-1], list(BOTH)) == (2, SIGN, YIELD, [SIGN, YIELD])
    assert BOTH == [SIGN, YIELD] == BOTH[:2] and BOTH != [YIELD, SIGN] and found() == []
    assert not found() and BOTH[1:].image_size_wh == (12, 8)


def test_detections__above_takes_the_least_confidence_too() -> None:
    assert BOTH.above(0.25) == BOTH
    assert BOTH.above(0.26) == [SIGN]
    assert BOTH.of_class("yield", "zebra") == [YIELD]


# Arrays.


def test_detections__as_arrays() -> None:
    np.testing.assert_array_equal(BOTH.xyxy, [[1, 2, 4, 4], [8, 0, 12, 8]])
    np.testing.assert_allclose(BOTH.confidences, [0.9, 0.25])
    np.testing.assert_array_equal(BOTH.class_indexes, [0, 1])
    np.testing.assert_array_equal(BOTH.class_names, ["stop_sign", "yield"])
    assert (BOTH.xyxy.dtype, BOTH.class_indexes.dtype) == (np.float32, np.int64)


def test_detections__masks_of_the_images_size() -> None:
    masks = BOTH.masks
    assert masks is not None and masks.shape == (2, 8, 12)
    expected = np.zeros((8, 12), bool)
    expected[2:4, 1:4] = MASK
    np.testing.assert_array_equal(masks[0], expected)
    assert not masks[1].any()
    assert found(YIELD).masks is None


def test_detections__nothing_found_is_empty_arrays() -> None:
    empty = found()
    assert (empty.xyxy.shape, empty.confidences.shape, empty.class_names.shape, empty.masks) == (
        (0, 4),
        (0,),
        (0,),
        None,
    )


def test_class_map__of_every_pixel() -> None:
    classes = np.array([[-1, -1, 0], [0, 1, 1]], np.int16)
    kept = Detections([], image_size_wh=(3, 2), class_map=ClassMap.from_array(classes))
    assert kept.class_map is not None
    np.testing.assert_array_equal(kept.class_map, classes)
    assert kept.above(0.5).class_map is not None and BOTH.class_map is None


# Other types.


def test_to_supervision__everything_goes_along() -> None:
    theirs = BOTH.to_supervision()
    assert isinstance(theirs, supervision.Detections) and len(theirs) == 2
    np.testing.assert_array_equal(theirs.xyxy, BOTH.xyxy)
    assert list(theirs.data["class_name"]) == ["stop_sign", "yield"]
    # Their own areas of masks: five pixels, and none for what has no mask.
    assert theirs.mask is not None and theirs.area.tolist() == [5, 0]
    assert theirs.class_id is not None and theirs.class_id.tolist() == [0, 1]
    assert theirs.confidence is not None and theirs.confidence.tolist() == pytest.approx([0.9, 0.25])


def test_to_supervision__nothing_found() -> None:
    assert len(found().to_supervision()) == 0


def test_to_supervision__says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(ModuleNotFoundError, match="pip install supervision"):
        BOTH.to_supervision()


def test_to_annotations__polygons_of_masks_and_boxes() -> None:
    sign, giving_way = BOTH.to_annotations(created_by="model:m1")
    assert isinstance(sign, PolygonAnnotation) and isinstance(giving_way, BBoxAnnotation)
    assert (sign.name, sign.confidence, sign.created_by) == ("stop_sign", 0.9, "model:m1")
    ring = [(point.x, point.y) for point in sign.polygon.paths[0]]
    assert min(ring) >= (1, 2) and max(ring) <= (4, 4)
    assert giving_way.bounding_box.model_dump() == {"x": 8, "y": 0, "w": 4, "h": 8}


def test_to_json__holds_it_all(tmp_path: Path) -> None:
    document = json.loads(found(SIGN, YIELD, path=tmp_path / "a.png").to_json())
    assert (document["image"], document["width"], document["height"]) == (str(tmp_path / "a.png"), 12, 8)
    sign, giving_way = document["detections"]
    assert sign["box"] == {"x": 1, "y": 2, "w": 3, "h": 2} and sign["class_name"] == "stop_sign"
    assert "mask" not in giving_way
    masks = BOTH.masks
    assert masks is not None
    np.testing.assert_array_equal(rle.decode(rle.Rle((8, 12), sign["mask"]["counts"])), masks[0])


# Drawn.


def test_draw__tints_masks_and_leaves_the_image_alone() -> None:
    image = np.zeros((80, 120, 3), np.uint8)
    mask = CroppedMask.from_array(np.ones((20, 20), bool), origin_xy=(60, 40))
    only = Detections([Detection("a", 0, 0.9, (60, 40, 80, 60), mask)], image_size_wh=(120, 80))
    drawn = np.asarray(only.draw(image))
    assert not image.any()
    # Tint inside, full colour on the border of the box, nothing elsewhere.
    assert 0 < drawn[55, 75, 0] < drawn[60, 70, 0] and not drawn[70:, :].any()


def test_draw__reads_the_file_once_more(tmp_path: Path) -> None:
    Image.new("RGB", (12, 8), "blue").save(tmp_path / "a.png")
    assert found(YIELD, path=tmp_path / "a.png").draw().size == (12, 8)


def test_draw__label_stays_inside_a_small_image() -> None:
    assert BOTH.draw(np.zeros((8, 12, 3), np.uint8)).size == (12, 8)


def test_draw__without_an_image_or_on_another() -> None:
    with pytest.raises(ValueError, match=r"give it once more, draw\(image\)"):
        BOTH.draw()
    with pytest.raises(ValueError, match="this image has 8 x 12 pixels, and the answer is about one of 12 x 8"):
        BOTH.draw(np.zeros((12, 8, 3), np.uint8))


# Tags.


def test_tags__best_first() -> None:
    day, night = Tag("day", 1, 0.75), Tag("night", 0, 0.25)
    tags = Tags([day, night], image_size_wh=(120, 80))
    assert tags.top == day and tags.above(0.5) == [day] and tags == [day, night]
    assert Tags([], image_size_wh=(1, 1)).top is None
    assert json.loads(tags.to_json())["tags"][0] == {"class_name": "day", "class_index": 1, "confidence": 0.75}
    assert tags.to_supervision().get_top_k(1)[0].tolist() == [1]
    assert np.asarray(tags.draw(np.zeros((80, 120, 3), np.uint8)))[:20, :20].any()
