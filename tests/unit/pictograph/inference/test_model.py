"""Model files: opened, refused, asked. Networks that always answer the same, so that the arithmetic shows, and ones
that look at colours (tests/networks.py)."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from tests.factories import bomb_png
from tests.networks import colour_classifier, colour_map, constant_model, red_detector, red_segmenter

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.inference import ClassificationModel, Detection, DetectionModel, load_model
from pictograph.inference.spec import (
    METADATA_KEY,
    MODEL_SPEC,
    DetectorSpec,
    InstanceSegmenterSpec,
    ListDecoding,
    MaskDecoding,
    Preprocessing,
    QueryDecoding,
)
from pictograph.pixels import RgbArray

SPEC = DetectorSpec(
    architecture="constant",
    class_names=("stop_sign", "yield"),
    preprocessing=Preprocessing(input_size_hw=(32, 32), channel_order="BGR"),
)
# Centre 16, 8 and size 8 x 4 in the input; sure of a yield.
ANSWER = np.array([[[16, 8, 8, 4, 0.9, 0.0, 1.0], [16, 24, 8, 4, 0.2, 1.0, 0.0]]], np.float32)


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    return constant_model(tmp_path, SPEC, {"candidates": ANSWER})


@pytest.fixture
def red_box() -> RgbArray:
    """128 x 96 pixels of grey with a red box at 40, 20, 100, 60."""
    image = np.full((96, 128, 3), 90, np.uint8)
    image[20:60, 40:100] = (255, 0, 0)
    return image


def finder(path: Path) -> DetectionModel:
    model = load_model(path)
    assert isinstance(model, DetectionModel)
    return model


def change_metadata(path: Path, old: str, new: str) -> Path:
    model = onnx.load(str(path))
    text = next(entry.value for entry in model.metadata_props if entry.key == METADATA_KEY)
    assert old in text
    onnx.helper.set_model_props(model, {METADATA_KEY: text.replace(old, new)})
    onnx.save(model, str(path))
    return path


# Opening.


def test_load_model__file_or_folder(model_file: Path) -> None:
    assert load_model(model_file).class_names == ("stop_sign", "yield")
    assert load_model(str(model_file.parent)).spec == SPEC


def test_load_model__file_written_before_there_were_other_tasks(model_file: Path) -> None:
    old = (
        '{"version":1,"task":"object_detection","architecture":"nano","class_names":["stop_sign","yield"],'
        '"preprocessing":{"input_size_hw":[32,32],"channel_order":"BGR","resize":"letterbox_top_left","pad_value":114,'
        '"interpolation":"area_or_linear","scale":1.0,"mean":[0.0,0.0,0.0],"std":[1.0,1.0,1.0]},'
        '"postprocessing":{"output":"cxcywh_objectness_classes","nms":"per_class","nms_iou":0.65,"confidence":0.25,'
        '"max_detections":100}}'
    )
    assert MODEL_SPEC.validate_json(old) == SPEC.model_copy(update={"architecture": "nano"})
    assert load_model(change_metadata(model_file, SPEC.model_dump_json(), old)).spec.architecture == "nano"


def test_load_model__nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"give the \.onnx file, or the folder"):
        load_model(tmp_path)


def test_load_model__another_tools_file(model_file: Path) -> None:
    model = onnx.load(str(model_file))
    del model.metadata_props[:]
    onnx.save(model, str(model_file))
    with pytest.raises(ValueError, match="not an ONNX file of Pictograph"):
        load_model(model_file)


def test_load_model__no_network_at_all(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"This is no network.")
    with pytest.raises(ValueError, match="cannot be run"):
        load_model(tmp_path)


@pytest.mark.parametrize("word", ["letterbox_top_left", "object_detection", "cxcywh_objectness_classes"])
def test_load_model__file_of_a_newer_version(model_file: Path, word: str) -> None:
    with pytest.raises(ValueError, match="update pictograph"):
        load_model(change_metadata(model_file, f'"{word}"', '"something_new"'))


def test_load_model__outputs_that_the_network_does_not_have(tmp_path: Path) -> None:
    spec = SPEC.model_copy(update={"postprocessing": QueryDecoding(boxes="dets", logits="candidates")})
    with pytest.raises(ValueError, match="answers dets, but has candidates"):
        load_model(constant_model(tmp_path, spec, {"candidates": ANSWER}))


@pytest.mark.parametrize(("device", "word"), [("tpu", "use cpu, cuda or"), ("cuda:x", "use cpu"), ("cpu:1", "use cpu")])
def test_load_model__no_such_device(model_file: Path, device: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        load_model(model_file, device=device)


def test_load_model__on_a_cpu(model_file: Path) -> None:
    assert load_model(model_file, device="cpu", threads=1).device == "cpu"


# Boxes.


def test_predict__in_pixels_of_the_image(model_file: Path) -> None:
    # 64 x 64 goes into 32 x 32 at half size.
    found = finder(model_file).predict(np.zeros((64, 64, 3), dtype=np.uint8))
    assert found == [Detection("yield", 1, found[0].confidence, (24, 12, 40, 20))]
    assert found[0].confidence == pytest.approx(0.9)
    assert found[0].box.model_dump() == {"x": 24, "y": 12, "w": 16, "h": 8}


def test_predict__path_and_picture_are_the_same(model_file: Path, tmp_path: Path) -> None:
    picture = Image.new("RGB", (50, 40), "blue")
    picture.save(tmp_path / "picture.png")
    model = finder(model_file)
    assert model.predict(picture) == model.predict(tmp_path / "picture.png") == model.predict(np.asarray(picture))


def test_predict__lower_confidence_says_more(model_file: Path) -> None:
    found = finder(model_file).predict(np.zeros((32, 32, 3), dtype=np.uint8), confidence=0.1)
    assert [detection.class_name for detection in found] == ["yield", "stop_sign"]


def test_predict__some_classes(model_file: Path) -> None:
    image = np.zeros((32, 32, 3), dtype=np.uint8)
    found = finder(model_file).predict(image, confidence=0.1, class_names=["stop_sign"])
    assert [detection.class_name for detection in found] == ["stop_sign"]
    with pytest.raises(ValueError, match="no class zebra; it has stop_sign, yield"):
        finder(model_file).predict(image, class_names=["zebra"])


def test_predict__no_more_than_asked(model_file: Path) -> None:
    image = np.zeros((32, 32, 3), dtype=np.uint8)
    assert len(finder(model_file).predict(image, confidence=0.1, max_detections=1)) == 1


def test_predict__detector_that_looks(tmp_path: Path, red_box: RgbArray) -> None:
    [found] = finder(red_detector(tmp_path)).predict(red_box)
    assert (found.class_name, found.box_xyxy, found.mask) == ("stop_sign", (40, 20, 100, 60), None)


@pytest.mark.parametrize("array", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)], ids=["grey", "float"])
def test_predict__array_of_another_kind_is_refused(model_file: Path, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected an RGB array"):
        load_model(model_file).predict(array)


def test_predict__file_that_would_fill_the_memory_is_refused(model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb_png())
    with pytest.raises(OSError, match="60000 x 60000 pixels"):
        load_model(model_file).predict(tmp_path / "bomb.png")


# Masks.


def pixels(mask: CroppedMask | None) -> tuple[tuple[int, int], tuple[int, int], int]:
    assert mask is not None
    return mask.origin_xy, mask.shape_hw, int(mask.to_array().sum())


def test_predict__mask_r_cnn(tmp_path: Path, red_box: RgbArray) -> None:
    [found] = finder(red_segmenter(tmp_path)).predict(red_box)
    assert (found.class_name, found.box_xyxy) == ("stop_sign", (40, 20, 100, 60))
    # The left half of 60 x 40 pixels.
    assert pixels(found.mask) == ((40, 20), (40, 60), 1200)
    assert found.mask is not None and found.mask.to_array()[:, :30].all()


def test_predict__detr_with_masks(tmp_path: Path) -> None:
    """As RF-DETR exports: dets, labels with a slot for nothing, masks a quarter of the input's size."""
    logits = np.full((1, 3, 8, 8), -4, np.float32)
    logits[0, 0, 2:6, 2:6] = 4
    spec = InstanceSegmenterSpec(
        architecture="seg",
        class_names=("stop_sign", "yield"),
        preprocessing=Preprocessing(input_size_hw=(32, 32), channel_order="RGB", resize="stretch"),
        postprocessing=QueryDecoding(boxes="dets", logits="labels"),
        masks=MaskDecoding(frame="input", values="logits"),
    )
    outputs = {
        "dets": np.array([[[0.5, 0.5, 0.5, 0.5], [0.9, 0.9, 0.2, 0.2], [0.1, 0.1, 0.2, 0.2]]], np.float32),
        # The second sees no foreground, the third is sure of nothing but the slot that is nobody's.
        "labels": np.array([[[-4, 4, -4], [4, -4, -4], [-4, -4, 4]]], np.float32),
        "masks": logits,
    }
    model = finder(constant_model(tmp_path, spec, outputs))
    [found] = model.predict(np.zeros((64, 128, 3), np.uint8))
    assert (found.class_name, found.box_xyxy) == ("yield", (32, 16, 96, 48))
    assert found.confidence == pytest.approx(1 / (1 + np.exp(-4)), abs=1e-6)
    # Coarse pixels 2 to 6 of 8 are 32 to 96 of 128 and 16 to 48 of 64; +4 and -4 meet at the edge.
    assert found.mask is not None
    whole = np.zeros((64, 128), bool)
    (x, y), (height, width) = found.mask.origin_xy, found.mask.shape_hw
    whole[y : y + height, x : x + width] = found.mask.to_array()
    expected = np.zeros((64, 128), bool)
    expected[16:48, 32:96] = True
    # Bilinear corners are round.
    assert (whole & expected).sum() / (whole | expected).sum() > 0.95 and not (whole & ~expected).any()


def test_predict__lists_without_a_finding(tmp_path: Path) -> None:
    spec = SPEC.model_copy(update={"postprocessing": ListDecoding()})
    nothing = np.zeros(0, np.float32)
    empty = {"boxes": nothing.reshape(0, 4), "scores": nothing, "labels": nothing}
    assert finder(constant_model(tmp_path, spec, empty)).predict(np.zeros((9, 9, 3), np.uint8)) == []


def test_predict__class_map(tmp_path: Path, red_box: RgbArray) -> None:
    red_box[70:90, 4:24] = (0, 255, 0)
    found = finder(colour_map(tmp_path)).predict(red_box)
    assert sorted((each.class_name, each.box_xyxy) for each in found) == [
        ("green", (4, 70, 24, 90)),
        ("red", (40, 20, 100, 60)),
    ]
    # Softmax of 8 against 4 and -8 inside; at the border the pixels of the input mix the colours.
    assert all(0.9 < each.confidence < np.exp(8) / (np.exp(8) + np.exp(4)) for each in found)
    assert pixels(found[0].mask)[1] in ((40, 60), (20, 20))


# Tags.


def test_predict__tags(tmp_path: Path) -> None:
    model = load_model(colour_classifier(tmp_path))
    assert isinstance(model, ClassificationModel)
    image = np.zeros((70, 90, 3), np.uint8)
    image[..., 0], image[..., 2] = 255, 204
    tags = model.predict(image, confidence=0.1, top_k=3)
    # Logits 10, 0 and 8.
    whole = np.exp(10) + np.exp(0) + np.exp(8)
    assert [(tag.class_name, tag.class_index) for tag in tags] == [("red_image", 0), ("blue", 2)]
    assert [tag.confidence for tag in tags] == pytest.approx([np.exp(10) / whole, np.exp(8) / whole], abs=1e-4)
    assert [tag.class_name for tag in model.predict(image)] == ["red_image"]
