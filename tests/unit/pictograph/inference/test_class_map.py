"""Connected parts of a class map."""

import numpy as np
import pytest

from pictograph.inference.boxes import Selection
from pictograph.inference.class_map import Part, decode_class_map
from pictograph.inference.images import Placement
from pictograph.inference.spec import ClassMapDecoding

AT_SCALE_1 = Placement((12, 8), (12, 8), (1.0, 1.0))
SOFTMAX = ClassMapDecoding(least_pixels=4)
ALL = Selection(confidence=0.0, max_detections=100)


def logits(*areas: tuple[int, slice, slice, float], channels: int = 3) -> np.ndarray:
    """Return zeros with some areas (channel, rows, columns, value); channel 0 is the background."""
    values = np.zeros((channels, 8, 12), np.float32)
    values[0] = 1
    for channel, rows, columns, value in areas:
        values[channel, rows, columns] = value
    return values


def decode(output: np.ndarray, decoding: ClassMapDecoding = SOFTMAX, selection: Selection = ALL) -> list[Part]:
    return decode_class_map(output, decoding, selection, AT_SCALE_1)[0]


def test_decode_class_map__each_connected_part_by_itself() -> None:
    output = logits((1, slice(1, 4), slice(1, 5), 3.0), (1, slice(1, 4), slice(7, 10), 4.0))
    found = decode(output)
    assert [part.box_xyxy for part in found] == [(7, 1, 10, 4), (1, 1, 5, 4)]
    assert {part.class_index for part in found} == {0}
    # Softmax over background 1, the class, and 0.
    expected = np.exp(4) / (np.exp(1) + np.exp(4) + 1)
    assert found[0].confidence == pytest.approx(expected, abs=1e-6)
    assert found[0].mask.to_array().all() and found[0].mask.origin_xy == (7, 1)


def test_decode_class_map__holes_stay_open() -> None:
    output = logits((2, slice(0, 6), slice(0, 6), 5.0))
    output[2, 2:4, 2:4] = 0
    [part] = decode(output)
    assert part.class_index == 1
    assert part.mask.to_array().sum() == 32 and not part.mask.to_array()[2, 2]


def test_decode_class_map__specks_go() -> None:
    assert decode(logits((1, slice(0, 1), slice(0, 3), 5.0))) == []


def test_decode_class_map__without_background_every_pixel_has_a_class() -> None:
    output = np.zeros((2, 8, 12), np.float32)
    output[1, :, 6:] = 2
    output[0, :, :6] = 2
    found = decode(output, ClassMapDecoding(background_channel=None))
    assert sorted((part.class_index, part.box_xyxy) for part in found) == [(0, (0, 0, 6, 8)), (1, (6, 0, 12, 8))]


def test_decode_class_map__sigmoid_classes_may_overlap() -> None:
    output = np.full((2, 8, 12), -3, np.float32)
    output[:, 2:6, 2:6] = 3
    found = decode(output, ClassMapDecoding(activation="sigmoid", background_channel=None))
    assert [part.class_index for part in found] == [0, 1]
    assert found[0].confidence == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-6)


def test_decode_class_map__selection() -> None:
    output = logits((1, slice(0, 3), slice(0, 3), 3.0), (2, slice(4, 8), slice(4, 8), 5.0))
    second = Selection(0.0, 100, classes=np.array([False, True]))
    assert [part.class_index for part in decode(output, selection=second)] == [1]
    assert [part.class_index for part in decode(output, selection=Selection(0.9, 100))] == [1]
    assert [part.class_index for part in decode(output, selection=Selection(0.0, 1))] == [1]


def test_decode_class_map__at_the_images_resolution() -> None:
    """Also when it is computed in strips of one row."""
    output = logits((1, slice(2, 6), slice(3, 9), 9.0))
    four_times = Placement((48, 32), (12, 8), (0.25, 0.25))
    [whole], class_map = decode_class_map(output, SOFTMAX, ALL, four_times)
    assert decode_class_map(output, SOFTMAX, ALL, four_times, values_at_once=1) == ([whole], class_map)
    # The edge lies where background (1 to 1) and class (9 to 0) are equal, 1/9 of a coarse pixel beyond the middle
    # between them at most: within two pixels of 4 x (3, 2, 9, 6).
    assert np.abs(np.array(whole.box_xyxy) - [12, 8, 36, 24]).max() <= 2


def test_decode_class_map__nothing_there() -> None:
    assert decode(logits()) == []
