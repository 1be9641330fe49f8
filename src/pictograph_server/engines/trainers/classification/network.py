"""The classification network: built by its name, filled with weights, given its optimizer."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import timm
import torch
from timm.models import get_pretrained_cfg
from torch import Tensor, nn

from pictograph_server.engines.errors import BadConfig
from pictograph_server.engines.trainers.classification.config import Made
from pictograph_server.engines.trainers.weights import Published

# Where timm does not know better: ImageNet's.
_MEAN, _STD, _SIDE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), 224

Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """What timm says of a network."""

    made: Made
    mean: Three
    std: Three
    published: Published | None


def facts_of(model_type: str) -> Facts:
    """Return what is known of a network before it is built.

    Raises:
        BadConfig: there are no weights of the name behind the dot.
    """
    try:
        known = get_pretrained_cfg(model_type)
    except RuntimeError as error:
        name = model_type.partition(".")[0]
        there = ", ".join(timm.list_pretrained(f"{name}.*")) or f"{name} alone"
        raise BadConfig(f"There are no published weights {model_type!r}", why=f"there are {there}") from error
    if known is None:
        return Facts(Made(_SIDE, is_fixed=False), _MEAN, _STD, None)
    return Facts(
        Made(known.input_size[-1], is_fixed=known.fixed_input_size),
        _three(known.mean),
        _three(known.std),
        _published(known.hf_hub_id, known.hf_hub_filename, known.license),
    )


def build_network(model_type: str, classes: int, image_size: int, seed: int, *, is_fixed: bool) -> nn.Module:
    """Return a fresh network with weights drawn from the seed. Its answer has a logit for each class.

    Raises:
        BadConfig: timm cannot make it, or it cannot take images of this size.
    """
    torch.manual_seed(seed)
    sized: dict[str, Any] = {"img_size": image_size} if is_fixed else {}
    try:
        network: nn.Module = timm.create_model(model_type, pretrained=False, num_classes=classes, **sized)
        with torch.inference_mode():
            answer = network.eval()(torch.zeros(1, 3, image_size, image_size))
    except Exception as error:  # a thousand networks, each with its own ways
        raise BadConfig(
            f"The network {model_type!r} cannot be trained on images of {image_size} pixels",
            why=(str(error).splitlines() or [type(error).__name__])[0],
            fix=f"Choose another `image_size` (it was made for {facts_of(model_type).made.image_size}) or `model_type`",
        ) from error
    if not isinstance(answer, Tensor) or answer.shape != (1, classes):
        raise BadConfig(
            f"The network {model_type!r} does not classify", why="its answer is not one number for each class"
        )
    return network


def adapted(saved: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
    """Return weights as this network takes them: timm knows its older names, and other image sizes."""
    adapt = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
    return saved if adapt is None else adapt(dict(saved), network)


def make_optimizer(network: nn.Module) -> torch.optim.AdamW:
    """Return AdamW; kernels decay, scales, biases and what the network itself excepts do not."""
    excepted = getattr(network, "no_weight_decay", set[str])()
    named = list(network.named_parameters())
    decaying = [parameter for name, parameter in named if parameter.ndim > 1 and name not in excepted]
    others = [parameter for name, parameter in named if parameter.ndim <= 1 or name in excepted]
    groups = [{"params": decaying, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, fused=True)


def _published(repository: str | None, file: str | None, license_: str | None) -> Published | None:
    if repository is None:
        return None
    url = f"hf://{repository}/{file or 'model.safetensors'}"
    return Published(name=repository.rpartition("/")[2], url=url, license=license_ or "no license given")


def _three(values: tuple[float, ...]) -> Three:
    red, green, blue = values
    return red, green, blue
