"""A PyTorch network asked as its exported file will be: what a run measures is what its users get."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pictograph.inference.model import ClassificationModel, DetectionModel
from pictograph.inference.network import Outputs
from pictograph.inference.spec import ClassifierSpec, FinderSpec


class TorchNetwork:
    """A `pictograph.inference.network.Network` over a module that gives a tuple of outputs."""

    takes_batches = True

    def __init__(self, module: nn.Module, output_names: Sequence[str]) -> None:
        self._module = module
        self._output_names = tuple(output_names)

    @property
    def output_names(self) -> tuple[str, ...]:
        return self._output_names

    @property
    def device(self) -> str:
        return next(self._module.parameters()).device.type

    def run(self, tensor: NDArray[np.float32]) -> Outputs:
        with torch.inference_mode():
            answers = self._module(torch.from_numpy(tensor).to(self.device))
        arrays = [answer.float().cpu().numpy() for answer in answers]
        return dict(zip(self._output_names, arrays, strict=True))


def as_model(
    module: nn.Module, output_names: Sequence[str], spec: FinderSpec | ClassifierSpec
) -> DetectionModel | ClassificationModel:
    """Return a module as the model that its exported file would be."""
    network = TorchNetwork(module, output_names)
    if isinstance(spec, ClassifierSpec):
        return ClassificationModel(network, spec)
    return DetectionModel(network, spec)
