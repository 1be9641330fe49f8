"""The model folder: `model.onnx` checked against the network, `model.safetensors`, `card.json` (R14)."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from pictograph.inference.spec import METADATA_KEY, DetectorSpec
from pictograph_server.engines.errors import EngineError

OPSET = 17
# Differences that rounding explains: boxes in input pixels (and a thousandth of big ones), probabilities.
_BOX_TOLERANCE, _PROBABILITY_TOLERANCE = 0.02, 1e-3
# Candidates less likely than this pass no threshold: their sizes are exponentials of noise, and nobody reads them.
_LEAST_CONFIDENCE = 1e-3


@dataclass(frozen=True, slots=True)
class OnnxFacts:
    sha256: str
    size_bytes: int
    # Largest differences between ONNX Runtime and PyTorch on real images.
    box_difference_px: float
    probability_difference: float


def export(
    network: nn.Module, spec: DetectorSpec, folder: Path, real_inputs: Sequence[NDArray[np.float32]]
) -> OnnxFacts:
    """Write the network as ONNX and safetensors, and compare the two on real inputs of shape `(1, 3, side, side)`.

    Boxes are decoded in the graph; the batch is free, height and width are fixed. The TorchScript exporter is used:
    torch's newer one writes a second file and takes ten times as long for the same network.

    Raises:
        EngineError: the exported file answers differently from the network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = network.float().cpu().eval()
    file = folder / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter is deprecated, and the tracer warns about constant shapes
        torch.onnx.export(
            network,
            (torch.from_numpy(real_inputs[0]),),
            str(file),
            dynamo=False,
            opset_version=OPSET,
            input_names=["images"],
            output_names=["candidates"],
            dynamic_axes={"images": {0: "batch"}, "candidates": {0: "batch"}},
        )
    model = onnx.load(str(file))
    onnx.helper.set_model_props(model, {METADATA_KEY: spec.model_dump_json()})
    onnx.save(model, str(file))
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, folder / "model.safetensors")

    boxes, probabilities = _differences(network, file, real_inputs)
    content = file.read_bytes()
    return OnnxFacts(sha256(content).hexdigest(), len(content), boxes, probabilities)


def _differences(network: nn.Module, file: Path, real_inputs: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    boxes = probabilities = 0.0
    for tensor in real_inputs:
        with torch.inference_mode():
            expected = _readable(network(torch.from_numpy(tensor)).numpy(), tensor.shape[-1])
        answered = _readable(np.asarray(session.run(None, {"images": tensor})[0]), tensor.shape[-1])
        is_read = (expected[..., 4] * expected[..., 5:].max(-1)) >= _LEAST_CONFIDENCE
        difference = np.abs(answered[is_read][:, :4] - expected[is_read][:, :4])
        boxes = max(boxes, float(difference.max(initial=0.0)))
        unexplained = float((difference - 1e-3 * np.abs(expected[is_read][:, :4])).max(initial=0.0))
        probabilities = max(probabilities, float(np.abs(answered[..., 4:] - expected[..., 4:]).max()))
        if not (unexplained <= _BOX_TOLERANCE and probabilities <= _PROBABILITY_TOLERANCE):  # so that NaN is refused
            raise EngineError(
                "The exported model does not answer as the trained network does",
                why=f"boxes differ by up to {boxes:.3g} px, probabilities by {probabilities:.3g}",
                fix="Report this with the versions in the run's record; the weights are safe in its checkpoint",
            )
    return boxes, probabilities


def _readable(output: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    # A size is an exponential and may be infinite. Boxes are cut at the image, so beyond this all are the same.
    return np.clip(output, -4.0 * side, 4.0 * side)
