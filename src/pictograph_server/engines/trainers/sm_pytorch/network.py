"""The segmentation network: built, filled with weights, given its optimizer."""

from collections.abc import Mapping, Sequence

import segmentation_models_pytorch as smp
import torch
from segmentation_models_pytorch.decoders.deeplabv3.decoder import ASPPPooling
from segmentation_models_pytorch.encoders import encoders
from torch import Tensor, nn

from pictograph_server.engines.trainers.sm_pytorch.config import Architecture, Encoder
from pictograph_server.engines.trainers.weights import Published

_ENCODER = "encoder."


def build_network(architecture: Architecture, encoder: Encoder, channels: int, seed: int) -> nn.Module:
    """Return a fresh network with weights drawn from the seed. Its answer has `channels` logits for each pixel."""
    torch.manual_seed(seed)
    network: nn.Module = smp.create_model(architecture, encoder, encoder_weights=None, in_channels=3, classes=channels)
    return network


def published(encoder: Encoder) -> Published:
    """Return the weights of the encoder alone, trained on ImageNet's classes."""
    source = encoders[encoder]["pretrained_settings"]["imagenet"]
    license_ = "Apache-2.0" if encoder.startswith("efficientnet") else "BSD-3-Clause"
    url = f"hf://{source['repo_id']}@{source['revision']}/model.safetensors"
    return Published(name=f"{encoder}, ImageNet", url=url, license=license_)


def is_whole(saved: Mapping[str, Tensor]) -> bool:
    """Say whether weights are of a whole network; published ones are of the encoder alone."""
    return any(name.startswith(_ENCODER) for name in saved)


def of_whole_network(saved: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return weights under the names of the whole network."""
    return saved if is_whole(saved) else {f"{_ENCODER}{name}": value for name, value in saved.items()}


def make_optimizer(network: nn.Module, *, encoder_rate: float) -> torch.optim.AdamW:
    """Return AdamW; kernels decay, scales and biases do not. The encoder learns at a share of the rate."""
    named = list(network.named_parameters())
    encoder = [parameter for name, parameter in named if name.startswith(_ENCODER)]
    others = [parameter for name, parameter in named if not name.startswith(_ENCODER)]
    return torch.optim.AdamW([*_groups(encoder, encoder_rate), *_groups(others, 1.0)], lr=0.0, fused=True)


def _groups(parameters: Sequence[nn.Parameter], rate_scale: float) -> list[dict[str, object]]:
    kernels = [parameter for parameter in parameters if parameter.ndim > 1]
    others = [parameter for parameter in parameters if parameter.ndim <= 1]
    return [
        {"params": kernels, "weight_decay": 0.01, "rate_scale": rate_scale},
        {"params": others, "weight_decay": 0.0, "rate_scale": rate_scale},
    ]


def forget_pooled_statistics(network: nn.Module) -> None:
    """Let DeepLab's pooled branch use the statistics it has: one image gives it one value, which has no deviation."""
    for module in network.modules():
        if isinstance(module, ASPPPooling):
            module.eval()
