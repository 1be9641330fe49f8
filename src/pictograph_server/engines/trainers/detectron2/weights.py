"""Where a Mask R-CNN's weights come from: torchvision's published ones for both libraries, or a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file
from torch import Tensor

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.detectron2.config import Size
from pictograph_server.engines.trainers.weights import Published

_PUBLISHED: Mapping[Size, Published] = {
    "mask_rcnn_R18_FPN": Published(
        name="ResNet-18 of torchvision, ImageNet (the backbone)",
        url="https://download.pytorch.org/models/resnet18-f37072fd.pth",
        license="BSD-3-Clause",
    ),
    "mask_rcnn_R50_FPN": Published(
        name="Mask R-CNN R50-FPN of torchvision, COCO",
        url="https://download.pytorch.org/models/maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
        license="BSD-3-Clause",
    ),
}


def published(size: Size) -> Published:
    """Return torchvision's weights, which fit detectron2's network too.

    detectron2's model zoo holds pickles, which run code when they are read: they are not used.
    """
    return _PUBLISHED[size]


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """Return the tensors of a `model.safetensors` of ours, or of a `.pth` of torchvision or detectron2.

    Raises:
        EngineUnavailable: the file cannot be read without running code from it.
    """
    if path.suffix == ".pkl":
        raise EngineUnavailable(
            f"The weights {path.name!r} are not read",
            why="a .pkl is a Python pickle: reading it runs whatever code is in it",
            fix="Give a model.safetensors or a .pth of tensors, or let weights='pretrained' fetch published ones",
        )
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)  # runs no code from the file
        state = cast("Mapping[str, object]", content.get("model", content))
        return {name: value for name, value in state.items() if isinstance(value, Tensor)}
    except Exception as error:  # the readers document no common base
        raise EngineUnavailable(
            f"The weights {path.name!r} cannot be read",
            why=str(error).splitlines()[0] if str(error) else type(error).__name__,
            fix="Give a model.safetensors of an earlier run, or a .pth that holds tensors only",
        ) from error
