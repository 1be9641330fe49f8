"""A dataset made ready: refused with words, split, classes without examples and shapes without area left out."""

from pathlib import Path

import pytest

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Prepared, Sample, Shape, TrainingConfig, TrainingData
from pictograph_server.engines.trainers.prepare import prepare

BOX = Shape(0, (10, 10, 30, 40))
YIELD = Shape(1, (10, 10, 30, 40))
OUTSIDE = Shape(0, (200, 0, 210, 10))


def make_sample(number: int, *shapes: Shape, tags: tuple[int, ...] = ()) -> Sample:
    return Sample(f"image-{number}", Path(f"{number}.png"), 100, 80, f"{number:064x}", shapes=shapes, tags=tags)


def prepared(*samples: Sample, config: TrainingConfig | None = None) -> Prepared:
    return prepare(TrainingData(("stop", "yield"), samples), "object_detection", config or TrainingConfig())


def test_prepare__absent_class_goes_and_the_others_move_up() -> None:
    data = prepared(*(make_sample(number, YIELD) for number in range(10)))
    assert data.class_names == ("yield",)
    assert {shape.class_index for sample in data.train for shape in sample.shapes} == {0}
    assert data.remarks == ("No example of stop: left out, the model will not know it.",)


def test_prepare__shapes_without_area_go_and_are_counted() -> None:
    data = prepared(*(make_sample(number, BOX, YIELD) for number in range(9)), make_sample(9, OUTSIDE))
    assert data.remarks == ("Annotations left out because they lie outside their image or are under a pixel wide: 1.",)
    assert sum(len(sample.shapes) for sample in (*data.train, *data.val)) == 18


def test_prepare__images_without_boxes_do_not_count() -> None:
    samples = [make_sample(number, BOX) for number in range(4)] + [make_sample(number) for number in range(4, 20)]
    with pytest.raises(BadTrainingData, match="Too few annotated images: 4 of 20"):
        prepared(*samples)


def test_prepare__test_split_from_a_hundred_images_on() -> None:
    few, many = (prepared(*(make_sample(number, BOX) for number in range(images))) for images in (99, 100))
    assert few.test == few.val
    assert (len(many.train), len(many.val), len(many.test)) == (70, 20, 10)
    assert not {s.image_id for s in many.test} & {s.image_id for s in (*many.val, *many.train)}


def test_prepare__asked_for_a_test_split() -> None:
    data = prepared(*(make_sample(n, BOX) for n in range(40)), config=TrainingConfig(test_fraction=0.25))
    assert (len(data.train), len(data.val), len(data.test)) == (22, 8, 10)


def test_prepare__nothing_can_be_held_back() -> None:
    copies = [make_sample(number, BOX) for number in range(6)]
    same = [Sample(s.image_id, s.path, 100, 80, "0" * 64, shapes=s.shapes) for s in copies]
    data = prepared(*same)
    assert data.val == data.train == data.test
    assert any("measured on the training images" in remark for remark in data.remarks)
    assert set(data.splits.values()) == {"train"}
