"""Small networks that look at colours, asked about pictures drawn here; every figure follows from what is drawn."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.networks import COLOURS, SIDE, colour_classifier, colour_map, constant_model, red_detector, red_segmenter

from pictograph.inference import load_model
from pictograph.inference.spec import ClassificationDecoding, ClassifierSpec, DetectorSpec, QueryDecoding
from pictograph.models.evaluation import ConfusionMatrix, ModelEvaluation
from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.evaluation.evaluate import evaluate, headline
from pictograph_server.engines.trainers.base import Sample, Shape

Box = tuple[float, float, float, float]
Drawn = Sequence[tuple[str, Box]]

RED, GREEN, BLUE = "#ff0000", "#00ff00", "#0000ff"


def ring(box: Box) -> tuple[tuple[float, float], ...]:
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)


def polygon(class_index: int, box: Box, *holes: Box) -> Shape:
    return Shape(class_index, box, (ring(box), *map(ring, holes)))


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Sample]:
    """Returns a sample of a 64 x 64 picture: rectangles on white, and what is said to be there."""

    def draw(name: str, *rectangles: tuple[str, Box], shapes: Sequence[Shape] = (), tags: Sequence[int] = ()) -> Sample:
        picture = Image.new("RGB", (SIDE, SIDE), "white")
        for colour, (left, top, right, bottom) in rectangles:
            ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), fill=colour)
        path = tmp_path / f"{name}.png"
        picture.save(path)
        return Sample(name, path, SIDE, SIDE, name, shapes=tuple(shapes), tags=tuple(tags))

    return draw


def measured(file: Path, samples: Sequence[Sample], class_names: Sequence[str] | None = None) -> ModelEvaluation:
    model = load_model(file, device="cpu")
    return evaluate(model, samples, batch_size=2, before_batch=lambda: None, class_names=class_names)


def confused(found: ModelEvaluation) -> ConfusionMatrix:
    assert found.confusion is not None
    return found.confusion


def test_evaluate__boxes(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    box = (10.0, 12.0, 42.0, 52.0)
    samples = [
        draw("right", (RED, box), shapes=[Shape(0, box)]),
        # A rectangle of 20 x 20 said to be 20 x 10: IoU 0.5.
        draw("half", (RED, (0, 0, 20, 20)), shapes=[Shape(0, (0, 0, 20, 10.001))]),
        draw("missed", shapes=[Shape(1, box)]),
        draw("false", (RED, box)),
        draw("confused", (RED, box), shapes=[Shape(1, box)]),
    ]
    found = measured(red_detector(tmp_path / "model"), samples)
    assert found.images == 5
    assert next(iter(found.metrics)) == "map_50_95"
    # All four answers have confidence 0.9: the first two in the order of the images are right, of two objects.
    assert found.metrics["ap_50/stop_sign"] == pytest.approx(1)
    assert found.metrics["ap_50_95/stop_sign"] < 1
    assert found.metrics["ap_50/yield"] == 0
    assert found.metrics["map_50"] == pytest.approx(0.5)
    assert (found.metrics["precision"], found.metrics["recall"]) == (0.5, 0.5)
    assert "map_large" not in found.metrics
    assert confused(found).names == ["stop_sign", "yield", "background"]
    assert confused(found).counts == [[2, 0, 0], [1, 0, 1], [1, 0, 0]]
    stop_sign, give_way = found.classes
    assert (stop_sign.images, stop_sign.objects, give_way.images, give_way.objects) == (2, 2, 2, 2)
    assert stop_sign.boxes is not None and stop_sign.boxes.best is not None
    assert stop_sign.boxes.best.confidence == pytest.approx(0.9)
    assert (stop_sign.boxes.best.precision, stop_sign.boxes.best.recall) == (0.5, 1)
    assert len(stop_sign.boxes.precision_at_recalls) == 101
    # Everything is 0.9 sure: two of four answers are right up to there, and nothing is said beyond.
    curve = stop_sign.boxes.at_confidences
    assert curve is not None and (curve.precision[:45], curve.precision[46:]) == ([0.5] * 45, [0] * 5)
    assert (curve.recall[:45], curve.recall[46:]) == ([1] * 45, [0] * 5)
    assert found.boxes_at_confidences is not None and found.boxes_at_confidences.recall[25] == 0.5
    assert give_way.boxes is not None and give_way.boxes.best is None
    assert found.best_of_boxes is not None and found.best_of_boxes.recall == 0.5
    assert {each.image_id: each.why for each in found.worst_images} == {
        "missed": "missed yield",
        "false": "extra stop_sign",
        "confused": "yield called stop_sign",
    }


def test_evaluate__masks(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    """The network's mask is the left half of what is red."""
    samples = [
        draw("half", (RED, (0, 0, 40, 20)), shapes=[polygon(0, (0, 0, 20, 20))]),
        draw("whole", (RED, (0, 0, 40, 20)), shapes=[polygon(0, (0, 0, 40, 20))]),
    ]
    found = measured(red_segmenter(tmp_path / "model"), samples)
    assert list(found.metrics)[:3] == ["mask_map_50_95", "mask_map_50", "mask_map_75"]
    # Masks: the first is right at every IoU, the second, IoU a half, at 0.50 only. Boxes: the other way round.
    assert found.metrics["mask_map_50"] == found.metrics["map_50"] == pytest.approx(1)
    assert found.metrics["mask_map_75"] == pytest.approx(51 / 101)
    assert found.metrics["mask_map_50_95"] == pytest.approx((1 + 9 * 51 / 101) / 10)
    assert found.classes[0].masks is not None and found.classes[0].masks.best is not None
    assert (found.classes[0].masks.best.precision, found.classes[0].masks.best.recall) == (1, 1)
    assert not found.worst_images


def test_evaluate__a_hole_is_not_of_the_object(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    # 20 x 20 with a hole of 20 x 11: 180 of the mask's 400 pixels are left, IoU 0.45.
    shape = polygon(0, (0, 0, 20, 20), (0, 0, 20, 11))
    found = measured(red_segmenter(tmp_path / "model"), [draw("hole", (RED, (0, 0, 40, 20)), shapes=[shape])])
    assert found.metrics["mask_map_50"] == 0


def test_evaluate__an_object_without_outline_says_nothing_of_masks(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    red = (RED, (0, 0, 40, 20))
    samples = [
        draw("outlined", red, shapes=[polygon(0, (0, 0, 20, 20))]),
        draw("box", red, shapes=[Shape(0, (0, 0, 40, 20))]),
    ]
    found = measured(red_segmenter(tmp_path / "model"), samples)
    assert found.metrics["mask_map_50_95"] == pytest.approx(1)
    assert found.metrics["recall"] == 1
    boxes_only = measured(red_segmenter(tmp_path / "model"), samples[1:])
    assert boxes_only.metrics["mask_map_50"] == pytest.approx(1)
    assert boxes_only.remarks == ["No object has an outline: masks are compared with filled boxes."]


def test_evaluate__class_maps(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    samples = [
        # Of 400 red pixels the half is annotated.
        draw("red", (RED, (0, 0, 20, 20)), shapes=[polygon(0, (0, 0, 20, 10))]),
        # 100 green pixels, annotated as red.
        draw("green", (GREEN, (0, 0, 10, 10)), shapes=[polygon(0, (0, 0, 10, 10))]),
        # Where a box without outline is, nobody knows.
        draw("box", (GREEN, (0, 0, 10, 10)), shapes=[Shape(0, (0, 0, 10, 10))]),
    ]
    found = measured(colour_map(tmp_path / "model"), samples)
    pixels = 3 * SIDE**2 - 100
    assert next(iter(found.metrics)) == "miou"
    assert found.metrics["iou/red"] == pytest.approx(200 / 500)
    assert found.metrics["dice/red"] == pytest.approx(400 / 700)
    assert found.metrics["miou"] == found.metrics["iou/red"]
    assert "iou/green" not in found.metrics
    assert found.metrics["pixel_accuracy"] == pytest.approx(1 - 300 / pixels)
    assert confused(found).unit == "pixels"
    assert confused(found).counts == [[200, 100, 0], [0, 0, 0], [200, 0, pixels - 500]]
    assert [(each.image_id, each.false_alarms, each.wrong_class) for each in found.worst_images] == [
        ("green", 0, 100),
        ("red", 200, 0),
    ]
    assert found.worst_images[0].why.startswith("red called green")


def test_evaluate__tags(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    whole = (0.0, 0.0, 64.0, 64.0)
    samples = [
        draw("right", (RED, whole), tags=[0]),
        draw("wrong", (RED, whole), tags=[2]),
        draw("blue", (BLUE, whole), tags=[2]),
        draw("untagged", (BLUE, whole)),
    ]
    found = measured(colour_classifier(tmp_path / "model"), samples)
    assert found.images == 3
    assert found.metrics["top_1"] == pytest.approx(2 / 3)
    assert "top_5" not in found.metrics
    assert found.metrics["precision/red_image"] == 0.5
    assert found.metrics["recall/blue"] == 0.5
    assert found.metrics["macro_f1"] == pytest.approx(2 / 3)
    assert confused(found).names == ["red_image", "green image", "blue"]
    assert confused(found).counts == [[1, 0, 0], [0, 0, 0], [1, 0, 1]]
    assert [(each.image_id, each.why) for each in found.worst_images] == [("wrong", "blue called red_image")]
    assert found.remarks == ["Images without a tag, which tell nothing: 1."]
    # At a threshold of 0 every first answer is kept, which is what top-1 counts; nobody is that sure of anything at 1.
    assert found.tags_at_confidences is not None
    assert (
        found.tags_at_confidences.precision[0] == found.tags_at_confidences.recall[0] == pytest.approx(2 / 3, abs=1e-3)
    )
    red, green, _ = [each.tags for each in found.classes]
    assert red is not None and red.best is not None and green is not None
    assert (red.best.precision, red.best.recall) == (0.5, 1)
    assert green.best is None and green.at_confidences is None


def test_evaluate__tags_that_do_not_exclude_each_other(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    spec = ClassifierSpec(
        architecture="constant",
        class_names=("a", "b", "c"),
        preprocessing=COLOURS,
        postprocessing=ClassificationDecoding(activation="sigmoid", top_k=None),
    )
    file = constant_model(tmp_path / "model", spec, {"scores": np.array([[4, 2, -4]], np.float32)})
    found = measured(file, [draw("both", tags=[0, 1]), draw("one", tags=[1]), draw("none")])
    assert found.images == 3
    assert found.metrics["top_1"] == pytest.approx(1 / 3)
    assert found.metrics["precision/b"] == pytest.approx(2 / 3)
    assert found.metrics["recall/a"] == 1
    assert confused(found).names == ["a", "b", "c", "nothing"]
    assert confused(found).counts[3] == [2, 1, 0, 0]
    # Of b it is 0.88 sure on every image, of c 0.02: both are told at every threshold, not only at the suggested one.
    of_b = found.classes[1].tags
    assert of_b is not None and of_b.at_confidences is not None
    assert (of_b.at_confidences.precision[44], of_b.at_confidences.recall[44]) == (pytest.approx(2 / 3, abs=1e-3), 1)
    assert (of_b.at_confidences.precision[45], of_b.at_confidences.recall[45]) == (0, 0)
    assert found.tags_at_confidences is not None
    assert found.tags_at_confidences.precision[0] == pytest.approx(3 / 9, abs=1e-3)


def test_evaluate__a_class_the_model_does_not_know_is_missed(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    box = (10.0, 10.0, 40.0, 40.0)
    samples = [draw("red", (RED, box), shapes=[Shape(1, box)]), draw("other", shapes=[Shape(0, box)])]
    found = measured(red_detector(tmp_path / "model"), samples, ["crossing", "stop_sign"])
    assert found.unknown_classes == ["crossing"]
    assert found.metrics["ap_50/stop_sign"] == pytest.approx(1)
    assert found.metrics["ap_50/crossing"] == 0
    assert found.metrics["map_50"] == pytest.approx(0.5)
    assert found.metrics["recall"] == 0.5
    assert any("does not know crossing" in remark for remark in found.remarks)


def test_evaluate__what_was_not_looked_for_is_not_counted(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    box = (10.0, 10.0, 40.0, 40.0)
    found = measured(red_detector(tmp_path / "model"), [draw("red", (RED, box))], ["yield"])
    assert not np.array(confused(found).counts).any()
    assert any("not annotated for stop_sign" in remark for remark in found.remarks)


def test_evaluate__what_was_looked_for_in_vain_is_a_false_alarm(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    found = measured(red_detector(tmp_path / "model"), [draw("red", (RED, (10, 10, 40, 40)))])
    assert confused(found).counts == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert found.metrics["map_50_95"] == 0


def test_evaluate__pixels_not_looked_for_are_background(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    sample = draw("green", (GREEN, (0, 0, 10, 10)))
    found = measured(colour_map(tmp_path / "model"), [sample], ["red"])
    assert found.metrics["pixel_accuracy"] == 1


def test_evaluate__a_tag_not_looked_for_is_wrong(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    sample = draw("green", (GREEN, (0, 0, 64, 64)), tags=[0])
    found = measured(colour_classifier(tmp_path / "model"), [sample], ["red_image"])
    assert found.metrics["top_1"] == 0
    assert confused(found).names == ["red_image", "green image", "blue"]
    assert confused(found).counts[0] == [0, 1, 0]


@pytest.mark.parametrize(
    ("write", "first"),
    [
        (red_detector, "map_50_95"),
        (red_segmenter, "mask_map_50_95"),
        (colour_map, "miou"),
        (colour_classifier, "top_1"),
    ],
    ids=["detection", "instances", "semantic", "classification"],
)
def test_headline__first_figure_decides(
    tmp_path: Path, draw: Callable[..., Sample], write: Callable[[Path], Path], first: str
) -> None:
    shape = polygon(0, (0, 0, 20, 20))
    sample = draw("one", (RED, (0, 0, 20, 20)), shapes=[shape], tags=[0])
    found = headline(load_model(write(tmp_path / "model")), [sample], batch_size=1, before_batch=lambda: None)
    assert next(iter(found)) == first
    assert all(0 <= value <= 1 for value in found.values())


def test_evaluate__stops_when_told(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    calls: list[int] = []

    def stop_at_the_second() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise InterruptedError

    model = load_model(red_detector(tmp_path / "model"))
    with pytest.raises(InterruptedError):
        evaluate(model, [draw(str(n)) for n in range(9)], batch_size=3, before_batch=stop_at_the_second)


def test_evaluate__broken_image_is_named(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    sample = draw("broken")
    sample.path.write_bytes(b"not an image")
    with pytest.raises(BadTrainingData, match=r"'broken\.png' cannot be read"):
        measured(red_detector(tmp_path / "model"), [sample])


def test_evaluate__eighty_classes_take_little_room(tmp_path: Path, draw: Callable[..., Sample]) -> None:
    names = tuple(f"a class with a name {number}" for number in range(80))
    spec = DetectorSpec(
        architecture="constant", class_names=names, preprocessing=COLOURS, postprocessing=QueryDecoding()
    )
    rng = np.random.default_rng(0)
    centres = rng.uniform(0.2, 0.8, (1, 100, 2))
    boxes = np.concatenate([centres, rng.uniform(0.1, 0.4, (1, 100, 2))], axis=2).astype(np.float32)
    outputs = {"boxes": boxes, "logits": rng.normal(0, 2, (1, 100, 80)).astype(np.float32)}
    corners = np.concatenate([boxes[0, :, :2] - boxes[0, :, 2:] / 2, boxes[0, :, :2] + boxes[0, :, 2:] / 2], axis=1)
    shapes = [Shape(n % 80, tuple((corners[n] * SIDE).tolist())) for n in range(100)]
    found = measured(constant_model(tmp_path / "model", spec, outputs), [draw("one", shapes=shapes)])
    text = found.model_dump_json()
    # Masks would bring as much again of what is the larger part, the curves.
    assert len(text) < 120_000
    assert ModelEvaluation.model_validate(json.loads(text)) == found
