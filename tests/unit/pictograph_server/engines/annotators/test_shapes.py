"""Detections as annotations."""

import numpy as np
import pytest

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph_server.engines.annotators.base import Detection
from pictograph_server.engines.annotators.shapes import detection_to_shape, detections_to_annotations


def detection(*rectangles: tuple[int, int, int, int], hole: tuple[int, int, int, int] | None = None) -> Detection:
    mask = np.zeros((60, 60), bool)
    for x0, y0, x1, y1 in rectangles:
        mask[y0:y1, x0:x1] = True
    if hole:
        mask[hole[1] : hole[3], hole[0] : hole[2]] = False
    return Detection("p", 0.8, (0, 0, 60, 60), CroppedMask.from_array(mask, origin_xy=(100, 200)))


def test_detections_to_annotations__separate_parts_and_holes():
    found = detection((0, 0, 20, 20), (30, 30, 60, 60), hole=(40, 40, 50, 50))
    made = detections_to_annotations([found], class_name="c", output_type="polygon", created_by="sam3@x")
    assert [a.type == "polygon" and len(a.polygon.paths) for a in made] == [2, 1]
    assert {(a.name, a.confidence, a.created_by) for a in made} == {("c", 0.8, "sam3@x")}


def test_detections_to_annotations__box_is_the_bounds_of_the_mask_in_the_image():
    [made] = detections_to_annotations(
        [detection((5, 6, 25, 36))], class_name="c", output_type="bbox", created_by="sam3@x"
    )
    assert made.type == "bbox"
    box = made.bounding_box
    assert (box.x, box.y, box.w, box.h) == (105, 206, 20, 30)


@pytest.mark.parametrize("output_type", ["polygon", "bbox"])
def test_detections_to_annotations__without_mask_a_box(output_type: str):
    found = Detection("p", 0.8, (1, 2, 4, 6))
    [made] = detections_to_annotations(
        [found],
        class_name="c",
        output_type="bbox" if output_type == "bbox" else "polygon",
        created_by="model:1",
    )
    assert made.type == "bbox" and made.bounding_box.h == 4


def test_detection_to_shape__nothing_left_is_none():
    assert detection_to_shape(detection()) is None
    assert detection_to_shape(Detection("p", 0.8, (4, 2, 4, 6))) is None


def test_detection_to_shape__specks_do_not_widen_the_box():
    shape = detection_to_shape(detection((0, 0, 30, 30), (58, 58, 60, 60)))
    assert shape is not None and shape.box_xyxy == (100, 200, 130, 230)
