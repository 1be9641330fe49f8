"""Model files: opened, refused, asked. The network here always answers the same, so that the arithmetic shows."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.factories import bomb_png

from pictograph.inference import Detection, ModelSpec, load_model
from pictograph.inference.spec import METADATA_KEY, Preprocessing

onnx = pytest.importorskip("onnx")

SPEC = ModelSpec(
    architecture="constant",
    class_names=("stop_sign", "yield"),
    preprocessing=Preprocessing(input_size_hw=(32, 32), channel_order="BGR"),
)
# Centre 16, 8 and size 8 x 4 in the input; sure of a yield.
ANSWER = [[16, 8, 8, 4, 0.9, 0.0, 1.0], [16, 24, 8, 4, 0.2, 1.0, 0.0]]


def write_model(path: Path, metadata: dict[str, str]) -> Path:
    """An ONNX file that answers `ANSWER` to anything."""
    answer = onnx.numpy_helper.from_array(np.array([ANSWER], dtype=np.float32), "answer")
    zero = onnx.numpy_helper.from_array(np.zeros(1, dtype=np.float32), "zero")
    nodes = [
        onnx.helper.make_node("ReduceMax", ["images"], ["most"], keepdims=0),
        onnx.helper.make_node("Mul", ["most", "zero"], ["nothing"]),
        onnx.helper.make_node("Add", ["answer", "nothing"], ["candidates"]),
    ]
    images = onnx.helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, ["batch", 3, 32, 32])
    candidates = onnx.helper.make_tensor_value_info("candidates", onnx.TensorProto.FLOAT, [1, 2, 7])
    graph = onnx.helper.make_graph(nodes, "constant", [images], [candidates], [answer, zero])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, str(path))
    return path


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.onnx", {METADATA_KEY: SPEC.model_dump_json()})


def test_load_model__file_or_folder(model_file: Path) -> None:
    assert load_model(model_file).class_names == ("stop_sign", "yield")
    assert load_model(str(model_file.parent)).spec == SPEC


def test_load_model__nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"give the \.onnx file, or the folder"):
        load_model(tmp_path)


def test_load_model__another_tools_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an ONNX file of Pictograph"):
        load_model(write_model(tmp_path / "other.onnx", {}))


def test_load_model__file_of_a_newer_version(tmp_path: Path) -> None:
    newer = SPEC.model_dump_json().replace('"letterbox_top_left"', '"something_new"')
    with pytest.raises(ValueError, match="update pictograph"):
        load_model(write_model(tmp_path / "newer.onnx", {METADATA_KEY: newer}))


def test_predict__in_pixels_of_the_image(model_file: Path) -> None:
    # 64 x 64 goes into 32 x 32 at half size.
    found = load_model(model_file).predict(np.zeros((64, 64, 3), dtype=np.uint8))
    assert found == [Detection("yield", 1, found[0].confidence, (24, 12, 40, 20))]
    assert found[0].confidence == pytest.approx(0.9)
    assert found[0].box.model_dump() == {"x": 24, "y": 12, "w": 16, "h": 8}


def test_predict__path_and_picture_are_the_same(model_file: Path, tmp_path: Path) -> None:
    picture = Image.new("RGB", (50, 40), "blue")
    picture.save(tmp_path / "picture.png")
    model = load_model(model_file)
    assert model.predict(picture) == model.predict(tmp_path / "picture.png") == model.predict(np.asarray(picture))


def test_predict__lower_confidence_says_more(model_file: Path) -> None:
    found = load_model(model_file).predict(np.zeros((32, 32, 3), dtype=np.uint8), confidence=0.1)
    assert [detection.class_name for detection in found] == ["yield", "stop_sign"]


@pytest.mark.parametrize("array", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)], ids=["grey", "float"])
def test_predict__array_of_another_kind_is_refused(model_file: Path, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected an RGB array"):
        load_model(model_file).predict(array)


def test_predict__file_that_would_fill_the_memory_is_refused(model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb_png())
    with pytest.raises(OSError, match="60000 x 60000 pixels"):
        load_model(model_file).predict(tmp_path / "bomb.png")
