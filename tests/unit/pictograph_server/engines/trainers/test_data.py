"""What trainers learn from: boxes inside the image, a hash that names the data."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Sample, Shape, TrainingData
from pictograph_server.engines.trainers.data import boxes_of, data_hash, load_rgb


def make_sample(number: int, *shapes: Shape) -> Sample:
    return Sample(f"image-{number}", Path(f"{number}.png"), 100, 80, f"{number:064x}", shapes=shapes)


def make_data(*samples: Sample, classes: tuple[str, ...] = ("stop", "yield")) -> TrainingData:
    return TrainingData(classes, samples)


BOX = Shape(0, (10, 10, 30, 40))


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        ((10, 10, 30, 40), [[10, 10, 30, 40]]),
        ((-5, 70, 30, 95), [[0, 70, 30, 80]]),
        ((120, 10, 130, 20), []),
        ((10, 10, 10.5, 40), []),
    ],
    ids=["inside", "cut at the edge", "outside", "under a pixel"],
)
def test_boxes_of__what_lies_in_the_image(box: tuple[float, float, float, float], kept: list[list[float]]) -> None:
    assert boxes_of(make_sample(0, Shape(1, box))).xyxy.tolist() == kept


def test_boxes_of__polygon_by_its_outer_ring() -> None:
    outer, hole = ((10.0, 20.0), (50.0, 20.0), (30.0, 60.0)), ((20.0, 25.0), (40.0, 25.0), (30.0, 40.0))
    assert boxes_of(make_sample(0, Shape(0, (0, 0, 1, 1), (outer, hole)))).xyxy.tolist() == [[10, 20, 50, 60]]


def test_data_hash__order_of_images_does_not_count() -> None:
    first, second = make_sample(1, BOX), make_sample(2)
    assert data_hash(make_data(first, second)) == data_hash(make_data(second, first))


def test_data_hash__everything_else_does() -> None:
    sample = make_sample(1, BOX)
    others = [
        make_data(sample, classes=("yield", "stop")),
        make_data(replace(sample, sha256="0" * 64)),
        make_data(replace(sample, shapes=(replace(BOX, class_index=1),))),
        make_data(replace(sample, shapes=())),
    ]
    assert len({data_hash(data) for data in [make_data(sample), *others]}) == 5


def test_load_rgb__cut_off_file_is_named(tmp_path: Path) -> None:
    Image.effect_noise((200, 200), 50).save(tmp_path / "cut.jpg")
    whole = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadTrainingData, match=r"'cut\.jpg' cannot be read: image file is truncated"):
        load_rgb(tmp_path / "cut.jpg")
