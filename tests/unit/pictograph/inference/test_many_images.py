"""Many images at once: in order, in batches the network takes, and never all of them in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.networks import colour_classifier, colour_map, red_detector, red_segmenter

from pictograph.inference import ClassificationModel, DetectionModel, load_model
from pictograph.inference.network import Outputs
from pictograph.inference.spec import ClassifierSpec, Preprocessing
from pictograph.pixels import RgbArray


class CountingNetwork:
    """Answers with each image's mean; refuses more at once than it has room for."""

    output_names = ("means",)
    takes_batches = True

    def __init__(self, *, device: str = "cpu", room: int = 100) -> None:
        self.device = device
        self.room = room
        self.batches: list[int] = []

    def run(self, tensor: NDArray[np.float32]) -> Outputs:
        self.batches.append(len(tensor))
        if len(tensor) > self.room:
            raise RuntimeError("not enough memory")
        brightness = tensor.mean(axis=(1, 2, 3)) / 255
        return {"means": np.stack([brightness, 1 - brightness], axis=1)}


def asked(network: CountingNetwork) -> ClassificationModel:
    spec = ClassifierSpec.model_validate(
        {
            "architecture": "means",
            "class_names": ("bright", "dark"),
            "preprocessing": Preprocessing(input_size_hw=(8, 8), channel_order="RGB"),
            "postprocessing": {"activation": "none", "confidence": 0.0},
        }
    )
    return ClassificationModel(network, spec)


def greys(count: int) -> list[RgbArray]:
    return [np.full((8, 8, 3), value, np.uint8) for value in np.linspace(0, 255, count)]


def brightness(model: ClassificationModel, images: list[RgbArray], batch_size: int | None = None) -> list[float]:
    found = model.predict(images, top_k=2, batch_size=batch_size)
    return [next(tag.confidence for tag in tags if tag.class_name == "bright") for tags in found]


@pytest.mark.parametrize("batch_size", [None, 1, 3, 50])
def test_predict__list_keeps_its_order(batch_size: int | None) -> None:
    found = brightness(asked(CountingNetwork()), greys(11), batch_size)
    assert found == pytest.approx(np.linspace(0, 255, 11).astype(np.uint8) / 255)


@pytest.mark.parametrize(("device", "batches"), [("cpu", [1] * 20), ("cuda", [16, 4])])
def test_predict__batch_suits_the_device(device: str, batches: list[int]) -> None:
    network = CountingNetwork(device=device)
    asked(network).predict(greys(20))
    assert network.batches == batches


def test_predict__too_many_for_the_memory_go_in_smaller_batches() -> None:
    network = CountingNetwork(room=3)
    found = brightness(asked(network), greys(10), 8)
    assert found == pytest.approx(np.linspace(0, 255, 10).astype(np.uint8) / 255)
    # Half as many until they fit, and no more than that again.
    assert network.batches == [8, 4, 2, 2, 2, 2, 2]


def test_predict__one_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="not enough memory"):
        asked(CountingNetwork(room=0)).predict(greys(3), batch_size=2)


def test_predict__no_images() -> None:
    assert asked(CountingNetwork()).predict([]) == []


def test_predict__no_batch_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="batch_size is 0"):
        asked(CountingNetwork()).predict(greys(1), batch_size=0)


def test_predict_each__reads_a_little_ahead_only() -> None:
    read = 0

    def endless() -> Iterator[RgbArray]:
        nonlocal read
        while True:
            read += 1
            yield greys(1)[0]

    found = asked(CountingNetwork()).predict_each(endless(), batch_size=4)
    next(found)
    assert read <= 16
    found.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def test_predict_each__unreadable_images_are_told_and_left_out(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for path in (paths[0], paths[3]):
        Image.new("RGB", (9, 7), "white").save(path)
    paths[2].write_bytes(b"no image")
    told: list[object] = []
    model = asked(CountingNetwork())
    found = list(model.predict_each(paths, on_unreadable=lambda image, error: told.append(image)))
    assert [tags.path for tags in found] == [paths[0], paths[3]] and told == [paths[1], paths[2]]
    assert found[0].image_size_wh == (9, 7)
    with pytest.raises(OSError, match=r"1\.png"):
        model.predict(paths)


# With real files.


def test_predict__list_of_paths_pictures_and_arrays(tmp_path: Path) -> None:
    picture = Image.new("RGB", (50, 40), "red")
    picture.save(tmp_path / "red.png")
    model = load_model(red_detector(tmp_path))
    content = (tmp_path / "red.png").read_bytes()
    found = model.predict([str(tmp_path / "red.png"), picture, np.asarray(picture), content])
    assert [each.path for each in found] == [tmp_path / "red.png", None, None, None]
    assert found[0] == found[1] == found[2] == found[3] == model.predict(picture) == model.predict(content)
    assert len(found[0]) == 1 and found[0].image_size_wh == (50, 40)


@pytest.mark.parametrize("images", [[3], [[np.zeros((4, 4, 3), np.uint8)]]], ids=["number", "list in a list"])
def test_predict__what_is_no_image_is_refused(tmp_path: Path, images: Any) -> None:
    with pytest.raises(ValueError, match=r"expected a path, the bytes of a file, .* got (int|list)"):
        load_model(red_detector(tmp_path)).predict(images)


def test_predict__network_of_a_fixed_batch_gets_one_at_a_time(tmp_path: Path) -> None:
    model = load_model(red_segmenter(tmp_path))
    reds = [Image.new("RGB", (50 + number, 40), "red") for number in range(3)]
    found = model.predict(reds, batch_size=3)
    assert [each.image_size_wh for each in found] == [(50, 40), (51, 40), (52, 40)]
    assert [len(each) for each in found] == [1, 1, 1]


def test_predict__class_maps_of_a_batch(tmp_path: Path) -> None:
    model = load_model(colour_map(tmp_path, batch="n"))
    assert isinstance(model, DetectionModel)
    images = [np.zeros((64, 64, 3), np.uint8) for _ in range(5)]
    for number, image in enumerate(images):
        image[:, 8 * number : 8 * number + 8] = (0, 255, 0)
    found = model.predict(images, batch_size=3)
    for number, (image, each) in enumerate(zip(images, found, strict=True)):
        assert each == model.predict(image)
        assert each.class_map is not None
        expected = np.full((64, 64), -1)
        expected[:, 8 * number : 8 * number + 8] = 1
        np.testing.assert_array_equal(each.class_map, expected)


def test_predict__class_map_of_some_classes(tmp_path: Path) -> None:
    model = load_model(colour_map(tmp_path))
    assert isinstance(model, DetectionModel)
    image = np.full((64, 64, 3), (255, 0, 0), np.uint8)
    image[:32] = (0, 255, 0)
    some = model.predict(image, class_names=["red"]).class_map
    assert some is not None and (some[:32] == -1).all() and (some[32:] == 0).all()


def test_predict__tags_of_a_batch(tmp_path: Path) -> None:
    model = load_model(colour_classifier(tmp_path, batch="n"))
    colours = ["red", "blue", "lime", "blue", "red"]
    found = model.predict([Image.new("RGB", (70, 90), colour) for colour in colours], batch_size=2)
    assert [tags[0].class_index for tags in found] == [0, 2, 1, 2, 0]
