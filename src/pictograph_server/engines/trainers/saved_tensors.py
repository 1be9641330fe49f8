"""Weights out of a file: plain tensors only, nothing in it is ever run."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from pictograph_server.engines.errors import EngineUnavailable


def read_tensors(path: Path) -> Mapping[str, Tensor]:
    """Return the tensors of a `.safetensors`, or of a state dict that `torch.save` wrote, by name.

    Raises:
        EngineUnavailable: the file cannot be read, or holds something else.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        saved = torch.load(path, map_location="cpu", weights_only=True)
        saved = saved.get("state_dict", saved)
        return {name: value for name, value in saved.items() if isinstance(value, Tensor)}
    except Exception as error:  # the readers document no common base
        raise EngineUnavailable(
            f"The weights {path.name!r} cannot be read",
            why=str(error).splitlines()[0],
            fix="Give a model.safetensors, or a state dict of plain tensors",
        ) from error
