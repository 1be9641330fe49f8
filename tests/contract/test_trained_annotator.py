"""Models of the platform as annotators: small real networks (tests/networks.py) asked as SAM 3 is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.networks import choking_detector, colour_classifier, colour_map, red_detector, red_segmenter

from pictograph.pixels import RgbArray
from pictograph_server.engines.annotators import trained
from pictograph_server.engines.annotators.base import Annotator, Capability, Exemplars
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.annotators.shapes import detection_to_shape
from pictograph_server.engines.errors import EngineUnavailable, UnknownClasses
from pictograph_server.executors.annotator_process import AnnotatorProcess

RED_BOX = (40, 20, 100, 60)


@pytest.fixture
def image() -> RgbArray:
    """128 x 96 pixels of grey with a red box."""
    pixels = np.full((96, 128, 3), 90, np.uint8)
    pixels[20:60, 40:100] = (255, 0, 0)
    return pixels


@pytest.fixture
def detector(tmp_path: Path) -> Annotator:
    return trained.load(red_detector(tmp_path / "0190-model").parent, "cpu")


def test_open_annotator__folder_with_a_model(tmp_path: Path) -> None:
    annotator = open_annotator(str(red_detector(tmp_path / "0190-model").parent), "cpu")
    assert (annotator.name, annotator.device) == ("model:0190-model", "cpu")


@pytest.mark.parametrize(
    ("make", "capability"),
    [
        pytest.param(red_detector, Capability.TEXT, id="detector"),
        pytest.param(red_segmenter, Capability.TEXT, id="instances"),
        pytest.param(colour_map, Capability.TEXT, id="class-map"),
        pytest.param(colour_classifier, Capability.TAG, id="classifier"),
    ],
)
def test_capabilities__by_task(make: Callable[[Path], Path], capability: Capability, tmp_path: Path) -> None:
    assert trained.load(make(tmp_path).parent, "cpu").capabilities == {capability}


def test_text__box_of_the_class(detector: Annotator, image: RgbArray) -> None:
    [[found]] = detector.text([image], ["stop_sign"], threshold=0.5)
    assert (found.prompt, found.box_xyxy, found.mask) == ("stop_sign", RED_BOX, None)
    assert found.confidence == pytest.approx(0.9)


@pytest.mark.parametrize("prompt", ["stop_sign", "stop sign", "Stop-Sign", " STOP  SIGN "])
def test_text__spellings_of_a_class(detector: Annotator, image: RgbArray, prompt: str) -> None:
    [[found]] = detector.text([image], [prompt], threshold=0.5)
    assert found.prompt == prompt


def test_text__classes_that_differ_in_spelling_only(tmp_path: Path, image: RgbArray) -> None:
    two = trained.load(red_detector(tmp_path, ("Sign", "sign")).parent, "cpu")
    assert two.text([image], ["sign"], threshold=0.5) == [[]]
    [[found]] = two.text([image], ["SIGN"], threshold=0.5)
    assert found.box_xyxy == RED_BOX


def test_text__only_what_was_asked_for(detector: Annotator, image: RgbArray) -> None:
    assert detector.text([image], ["yield"], threshold=0.5) == [[]]
    assert detector.text([image], [], threshold=0.5) == [[]]
    assert detector.text([], ["yield"], threshold=0.5) == []


def test_text__two_spellings_are_two_answers(detector: Annotator, image: RgbArray) -> None:
    [found] = detector.text([image], ["stop_sign", "stop sign"], threshold=0.5)
    assert [each.prompt for each in found] == ["stop_sign", "stop sign"]


def test_text__above_the_threshold(detector: Annotator, image: RgbArray) -> None:
    [[found]] = detector.text([image], ["stop_sign"], threshold=0.89)
    assert detector.text([image], ["stop_sign"], threshold=found.confidence) == [[]]


def test_text__several_images_of_several_sizes(detector: Annotator, image: RgbArray) -> None:
    found = detector.text([image[:, :70], np.zeros((5, 9, 3), np.uint8), image], ["stop_sign"], threshold=0.5)
    assert [len(each) for each in found] == [1, 0, 1]
    assert found[2][0].box_xyxy == RED_BOX


def test_text__most_of_all_prompts_together(tmp_path: Path, image: RgbArray) -> None:
    image[70:90, 4:24] = (0, 255, 0)
    colours = trained.load(colour_map(tmp_path).parent, "cpu")
    [all_found] = colours.text([image], ["green", "red"], threshold=0.1)
    [first] = colours.text([image], ["green", "red"], threshold=0.1, max_detections=1)
    assert {each.prompt for each in all_found} == {"red", "green"}
    assert all_found[0].confidence >= all_found[1].confidence
    assert first == all_found[:1]


@pytest.mark.parametrize("make", [red_segmenter, colour_map], ids=["instances", "class-map"])
def test_text__segmentation_gives_masks(make: Callable[[Path], Path], tmp_path: Path, image: RgbArray) -> None:
    model = trained.load(make(tmp_path).parent, "cpu")
    [[found]] = model.text([image], ["red" if make is colour_map else "stop_sign"], threshold=0.5)
    assert found.mask is not None
    assert found.box_xyxy == RED_BOX and found.mask.origin_xy == (40, 20)
    assert found.mask.to_array()[20, 10]


def test_text__classifier_speaks_of_the_whole_image(tmp_path: Path) -> None:
    classifier = trained.load(colour_classifier(tmp_path).parent, "cpu")
    [found] = classifier.text([np.full((70, 90, 3), (255, 200, 0), np.uint8)], ["red image", "blue"], threshold=0.05)
    # The green it was not asked for is sure of 10 % and not told; blue is sure of nothing.
    assert [(each.prompt, each.box_xyxy, each.mask) for each in found] == [("red image", (0, 0, 90, 70), None)]
    assert found[0].confidence == pytest.approx(np.exp(10) / (np.exp(10) + np.exp(200 / 25.5) + 1), abs=1e-4)


def test_warm_process__answers_to_the_bit_as_one_opened_here(tmp_path: Path, image: RgbArray) -> None:
    folder = red_segmenter(tmp_path / "0190-model").parent
    process = AnnotatorProcess(str(folder), "cpu", timeout_s=200.0)
    try:
        answer = process.text(image, ["stop sign"], threshold=0.5)
    finally:
        process.close()
    [[expected]] = trained.load(folder, "cpu").text([image], ["stop sign"], threshold=0.5)
    assert answer.engine == "model:0190-model"
    assert list(answer.shapes) == [detection_to_shape(expected)]


def test_check_prompts__lists_the_classes(detector: Annotator) -> None:
    detector.check_prompts(["Stop Sign", "yield"])
    with pytest.raises(UnknownClasses) as refusal:
        detector.check_prompts(["stop_sign", "zebra", "zebra"])
    assert refusal.value.what == "The model 0190-model does not know 'zebra'"
    assert refusal.value.why == "its classes are stop_sign, yield"


def test_text__unknown_class_is_refused(detector: Annotator, image: RgbArray) -> None:
    with pytest.raises(UnknownClasses):
        detector.text([image], ["zebra"], threshold=0.5)


def test_other_prompts__are_refused(detector: Annotator, image: RgbArray) -> None:
    with pytest.raises(EngineUnavailable, match="answer clicks: a trained model is asked for its classes only"):
        detector.points(image, [(1, 1)], is_positive=[True])
    with pytest.raises(EngineUnavailable, match="in a box"):
        detector.box(image, [RED_BOX], is_positive=[True], threshold=0.5)
    with pytest.raises(EngineUnavailable, match="like an example"):
        detector.exemplars([image], Exemplars(image, [RED_BOX], [True]), threshold=0.5)


def test_load__no_model_of_ours(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="No model at"):
        trained.load(tmp_path, "cpu")
    (tmp_path / "model.onnx").write_bytes(b"no network")
    with pytest.raises(EngineUnavailable, match="cannot be run"):
        trained.load(tmp_path, "cpu")
    with pytest.raises(EngineUnavailable, match="there is no device 'tpu'"):
        trained.load(red_detector(tmp_path).parent, "tpu")


def test_load__without_cuda_it_says_what_computes(tmp_path: Path) -> None:
    from pictograph.inference.network import has_cuda

    if has_cuda():
        pytest.skip("this ONNX Runtime has CUDA")
    device = trained.load(red_detector(tmp_path).parent, "cuda:1").device
    assert device.startswith("cpu (device 'cuda:1' cannot be used") and "onnxruntime-gpu" in device


def test_text__failure_of_the_network_is_told_as_the_images(tmp_path: Path) -> None:
    """ONNX Runtime's own errors derive from nothing that a job could tell apart."""
    annotator = trained.load(choking_detector(tmp_path).parent, "cpu")
    assert annotator.text([np.zeros((64, 64, 3), np.uint8)], ["yield"], threshold=0.5) == [[]]
    with pytest.raises(RuntimeError, match="cannot be reshaped"):
        annotator.text([np.full((64, 64, 3), 255, np.uint8)], ["yield"], threshold=0.5)
