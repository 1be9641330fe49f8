"""The network as a file: `model.onnx`, checked against PyTorch on real images, and `model.safetensors` (R14)."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from pictograph.inference.network import open_network
from pictograph.inference.spec import METADATA_KEY, ListDecoding
from pictograph_server.engines.errors import EngineError
from pictograph_server.engines.trainers.loop.learner import Learner
from pictograph_server.engines.trainers.product.parity import differences
from pictograph_server.engines.trainers.product.torch_network import TorchNetwork

OPSET = 17
INPUT_NAME = "images"
# A difference that rounding explains, as a share of the value where it is greater than one.
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class OnnxFacts:
    sha256: str
    size_bytes: int
    # Largest difference between ONNX Runtime and PyTorch on real images, by output.
    differences: Mapping[str, float]


def export(learner: Learner, network: nn.Module, folder: Path, real_inputs: Sequence[NDArray[np.float32]]) -> OnnxFacts:
    """Write a network as ONNX and safetensors, and compare the two on real inputs of shape `(1, 3, height, width)`.

    The batch is free where the outputs have an axis for it, height and width are fixed. The TorchScript exporter is
    used: torch's newer one writes a second file, takes ten times as long, and refuses R-CNNs.

    Raises:
        EngineError: the exported file answers differently from the network.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = network.float().cpu().eval()
    save_file(_plain_state(network), folder / "model.safetensors")
    answering = learner.answering(network).eval()
    file = folder / "model.onnx"
    has_batches = not isinstance(learner.spec.postprocessing, ListDecoding)
    free = {name: {0: "batch"} for name in (INPUT_NAME, *learner.output_names)} if has_batches else {}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter is deprecated, and the tracer warns about constant shapes
        torch.onnx.export(
            answering,
            (torch.from_numpy(real_inputs[0]),),
            str(file),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT_NAME],
            output_names=list(learner.output_names),
            dynamic_axes=free,
        )
    model = onnx.load(str(file))
    onnx.helper.set_model_props(model, {METADATA_KEY: learner.spec.model_dump_json()})
    onnx.save(model, str(file))

    found = _differences(learner, answering, file, real_inputs)
    content = file.read_bytes()
    return OnnxFacts(sha256(content).hexdigest(), len(content), found)


def _differences(
    learner: Learner, answering: nn.Module, file: Path, real_inputs: Sequence[NDArray[np.float32]]
) -> dict[str, float]:
    expected_of = TorchNetwork(answering, learner.output_names)
    answered_by = open_network(file, threads=None, device="cpu")
    largest = dict.fromkeys(learner.output_names, 0.0)
    for tensor in real_inputs:
        found = differences(expected_of.run(tensor), answered_by.run(tensor), learner.spec.postprocessing, tensor.shape)
        largest = {name: max(value, found[name]) for name, value in largest.items()}
        if not all(value <= TOLERANCE for value in found.values()):  # so that NaN is refused
            words = ", ".join(f"{name} by {value:.3g}" for name, value in found.items())
            raise EngineError(
                "The exported model does not answer as the trained network does",
                why=f"outputs differ: {words}",
                fix="Report this with the versions in the run's record; the weights are safe in its checkpoint",
            )
    return largest


def _plain_state(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return the state as safetensors takes it: every tensor with memory of its own."""
    return {name: value.detach().clone().contiguous() for name, value in network.state_dict().items()}
