"""Small real networks as model files: they look at colours, or always answer the same so that the arithmetic shows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper, parser

from pictograph.inference.spec import (
    METADATA_KEY,
    ClassifierSpec,
    ClassMapDecoding,
    DetectorSpec,
    InstanceSegmenterSpec,
    ListDecoding,
    MaskDecoding,
    ModelSpec,
    Preprocessing,
    SemanticSegmenterSpec,
)

SIDE = 64
HEADER = '<ir_version: 8, opset_import: ["" : 17]>'
# 0-255 RGB becomes 0-1.
COLOURS = Preprocessing(input_size_hw=(SIDE, SIDE), channel_order="RGB", scale=1 / 255)

# The tightest box around everything red, in pixels of the input.
_RED_BOX = f"""
    red, green, blue = Split<axis = 1>(images)
    half = Constant<value = float {{0.5}}>()
    is_bright = Greater(red, half)
    is_plain = Less(green, half)
    is_red = And(is_bright, is_plain)
    mask = Cast<to = 1>(is_red)
    columns = ReduceMax<axes = [1, 2], keepdims = 0>(mask)
    rows = ReduceMax<axes = [1, 3], keepdims = 0>(mask)
    to_right = Mul(columns, ends)
    to_left = Mul(columns, distances)
    to_bottom = Mul(rows, ends)
    to_top = Mul(rows, distances)
    right = ReduceMax<axes = [1]>(to_right)
    from_left = ReduceMax<axes = [1]>(to_left)
    bottom = ReduceMax<axes = [1]>(to_bottom)
    from_top = ReduceMax<axes = [1]>(to_top)
    side = Constant<value = float {{{SIDE}.0}}>()
    left = Sub(side, from_left)
    top = Sub(side, from_top)
    there = ReduceMax<axes = [1]>(columns)
    sure = Constant<value = float {{0.9}}>()
    score = Mul(there, sure)
"""
_EDGES = {
    "ends": np.arange(1, SIDE + 1, dtype=np.float32),
    "distances": np.arange(SIDE, 0, -1, dtype=np.float32),
}


def red_detector(folder: Path, class_names: tuple[str, ...] = ("stop_sign", "yield")) -> Path:
    """Write a YOLO-like detector: everything red is one object of the first class, with confidence 0.9."""
    graph = f"""{HEADER}
    detector (float[1, 3, {SIDE}, {SIDE}] images) => (float[1, 1, c] candidates) {{
        {_RED_BOX}
        width = Sub(right, left)
        height = Sub(bottom, top)
        x_sum = Add(left, right)
        y_sum = Add(top, bottom)
        x = Mul(x_sum, half)
        y = Mul(y_sum, half)
        row = Concat<axis = 1>(x, y, width, height, score, classes)
        candidates = Unsqueeze(row, first)
    }}"""
    classes = np.eye(1, len(class_names), dtype=np.float32)
    spec = DetectorSpec(architecture="red-detector", class_names=class_names, preprocessing=COLOURS)
    return _write(folder, graph, spec, {**_EDGES, "classes": classes, "first": np.array([1], np.int64)})


def red_segmenter(folder: Path, class_names: tuple[str, ...] = ("stop_sign", "yield")) -> Path:
    """Write a model like Mask R-CNN: the same object, and a mask of 2 x 2 that is its left half."""
    graph = f"""{HEADER}
    segmenter (float[1, 3, {SIDE}, {SIDE}] images)
    => (float[n, 4] boxes, float[n] scores, int64[n] labels, float[n, 1, 2, 2] masks) {{
        {_RED_BOX}
        boxes = Concat<axis = 1>(left, top, right, bottom)
        scores = Squeeze(score, axis_1)
        zero = Sub(scores, scores)
        zero_label = Cast<to = 7>(zero)
        labels = Add(zero_label, first_label)
        nothing = ReduceMax<axes = [0], keepdims = 0>(zero)
        masks = Add(left_half, nothing)
    }}"""
    spec = InstanceSegmenterSpec(
        architecture="red-segmenter",
        class_names=class_names,
        preprocessing=COLOURS,
        postprocessing=ListDecoding(first_label=1),
        masks=MaskDecoding(frame="box", values="probabilities"),
    )
    left_half = np.array([[[[1, 0], [1, 0]]]], np.float32)
    arrays = {"left_half": left_half, "first_label": np.array([1], np.int64), "axis_1": np.array([1], np.int64)}
    return _write(folder, graph, spec, {**_EDGES, **arrays})


def colour_map(folder: Path, class_names: tuple[str, ...] = ("red", "green"), *, batch: str = "1") -> Path:
    """Write a model for semantic segmentation: pixels are red, green, or neither, with logits 8 and 0 and 4."""
    graph = f"""{HEADER}
    colours (float[{batch}, 3, {SIDE}, {SIDE}] images) => (float[{batch}, 3, {SIDE}, {SIDE}] logits) {{
        logits = Conv(images, weights, bias)
    }}"""
    weights = np.array([[0, 0, 0], [8, -8, 0], [-8, 8, 0]], np.float32)[:, :, None, None]
    arrays = {"weights": weights, "bias": np.array([4, 0, 0], np.float32)}
    spec = SemanticSegmenterSpec(
        architecture="colour-map",
        class_names=class_names,
        preprocessing=COLOURS,
        postprocessing=ClassMapDecoding(background_channel=0),
    )
    return _write(folder, graph, spec, arrays)


def colour_classifier(
    folder: Path, class_names: tuple[str, ...] = ("red_image", "green image", "blue"), *, batch: str = "1"
) -> Path:
    """Write a classifier: the logits are ten times the shares of red, green and blue."""
    graph = f"""{HEADER}
    colours (float[{batch}, 3, {SIDE}, {SIDE}] images) => (float[{batch}, 3] logits) {{
        averages = GlobalAveragePool(images)
        shares = Flatten(averages)
        logits = Mul(shares, ten)
    }}"""
    preprocessing = COLOURS.model_copy(update={"resize": "center_crop"})
    spec = ClassifierSpec(architecture="colours", class_names=class_names, preprocessing=preprocessing)
    return _write(folder, graph, spec, {"ten": np.array(10, np.float32)})


def choking_detector(folder: Path) -> Path:
    """Write a detector that finds nothing on a black image and breaks on any other."""
    graph = f"""{HEADER}
    choking (float[1, 3, {SIDE}, {SIDE}] images) => (float[1, 1, 7] candidates) {{
        most = ReduceMax<keepdims = 0>(images)
        more = Add(values, most)
        shape = Cast<to = 7>(more)
        flat = Reshape(images, shape)
        first = ReduceMin<keepdims = 0>(flat)
        candidates = Mul(nothing, first)
    }}"""
    spec = DetectorSpec(architecture="choking", class_names=("stop_sign", "yield"), preprocessing=COLOURS)
    size = np.array([3 * SIDE * SIDE], np.float32)
    return _write(folder, graph, spec, {"values": size, "nothing": np.zeros((1, 1, 7), np.float32)})


def constant_model(folder: Path, spec: ModelSpec, outputs: Mapping[str, NDArray[np.float32]]) -> Path:
    """Write a model that answers the same to any image."""
    height, width = spec.preprocessing.input_size_hw
    declared = ", ".join(f"float[{', '.join(map(str, array.shape))}] {name}" for name, array in outputs.items())
    lines = "\n".join(f"{name} = Add({name}_answer, nothing)" for name in outputs)
    graph = f"""{HEADER}
    constant (float[n, 3, {height}, {width}] images) => ({declared}) {{
        most = ReduceMax<keepdims = 0>(images)
        nothing = Sub(most, most)
        {lines}
    }}"""
    return _write(folder, graph, spec, {f"{name}_answer": array for name, array in outputs.items()})


def _write(folder: Path, graph: str, spec: ModelSpec, constants: Mapping[str, NDArray[np.generic]]) -> Path:
    model = parser.parse_model(graph)
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
    onnx.helper.set_model_props(model, {METADATA_KEY: spec.model_dump_json()})
    onnx.checker.check_model(model)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    onnx.save(model, str(path))
    return path
