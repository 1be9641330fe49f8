"""The RF-DETR network and its losses: built, filled with weights, given its optimizer."""

import logging
import re
from argparse import Namespace
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from warnings import catch_warnings, simplefilter

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.rfdetr.config import Build, Shapes
from pictograph_server.engines.trainers.weights import Published


@contextmanager
def quiet() -> Generator[None]:
    """Keep the library's log lines and warnings out of the engine's output."""
    logger = logging.getLogger("rf-detr")
    before, logger.disabled = logger.disabled, True
    try:
        with catch_warnings():
            simplefilter("ignore")
            yield
    finally:
        logger.disabled = before


@contextmanager
def _importing() -> Generator[None]:
    """Importing the library lowers the precision of this process's matrix products: put it back. It also warns."""
    before = torch.get_float32_matmul_precision()
    try:
        with quiet():
            yield
    finally:
        torch.set_float32_matmul_precision(before)


with _importing():
    from rfdetr import config as library
    from rfdetr.assets.model_weights import ModelWeights
    from rfdetr.models import SetCriterion, build_criterion_from_config, build_model_from_config
    from rfdetr.models.weights import interpolate_position_embeddings
    from rfdetr.utilities.tensors import NestedTensor

# Each is complete by itself, which their common base is not.
LibraryConfig = library.RFDETRBaseConfig | library.RFDETRLargeConfig
DETECTOR_CONFIGS: Mapping[str, type[LibraryConfig]] = {
    "nano": library.RFDETRNanoConfig,
    "small": library.RFDETRSmallConfig,
    "medium": library.RFDETRMediumConfig,
    "large": library.RFDETRLargeConfig,
}
SEGMENTER_CONFIGS: Mapping[str, type[LibraryConfig]] = {
    "nano": library.RFDETRSegNanoConfig,
    "small": library.RFDETRSegSmallConfig,
    "medium": library.RFDETRSegMediumConfig,
    "large": library.RFDETRSegLargeConfig,
    "xlarge": library.RFDETRSegXLargeConfig,
    "2xlarge": library.RFDETRSeg2XLargeConfig,
}
# The library's: of the rate 1e-4, the encoder's 1.5e-4 before what it loses with depth.
_ENCODER_SHARE, _BLOCK_DECAY, _PART_DECAY = 1.5, 0.8, 0.7
_WEIGHT_DECAY = 1e-4
_QUERIES = ("refpoint_embed.weight", "query_feat.weight")
_POSITIONS = "backbone.0.encoder.encoder.embeddings.position_embeddings"


def build_network(build: Build, classes: int, seed: int) -> nn.Module:
    """Return a fresh network with weights drawn from the seed; nothing is fetched."""
    torch.manual_seed(seed)
    with quiet():
        network: Any = build_model_from_config(library_config(build, classes))
    # The library builds twelve blocks whatever is asked for.
    encoder = network.backbone[0].encoder.encoder.encoder
    encoder.layer = encoder.layer[: build.encoder_blocks]
    return cast("nn.Module", network)


def build_criterion(build: Build, classes: int, *, mask_weight: float) -> SetCriterion:
    """Return the library's assignment and losses."""
    if build.has_masks:
        training = library.SegmentationTrainConfig(
            dataset_dir=None, mask_ce_loss_coef=mask_weight, mask_dice_loss_coef=mask_weight
        )
    else:
        training = library.TrainConfig(dataset_dir=None)
    with quiet():
        criterion, _ = build_criterion_from_config(library_config(build, classes), training)
    return criterion.train()


def batch_of(images: Tensor) -> NestedTensor:
    """Return images of one size as the library takes them."""
    n, _, height, width = images.shape
    nothing = torch.zeros((n, height, width), dtype=torch.bool, device=images.device)
    return NestedTensor(images, nothing, no_padding=True)


def make_optimizer(network: nn.Module, build: Build) -> torch.optim.AdamW:
    """Return AdamW with the library's groups: the rate falls from the heads to the decoder, and block by block.

    It is kept for random weights too. The same rate everywhere (of 4e-4 or 1e-3) learned far slower: mAP@50 0.17 after
    180 steps on the demo's signs, against 0.48.
    """
    args = SimpleNamespace(
        lr_encoder=_ENCODER_SHARE,
        lr_vit_layer_decay=_BLOCK_DECAY,
        lr_component_decay=_PART_DECAY,
        weight_decay=_WEIGHT_DECAY,
        out_feature_indexes=build.taps,
    )
    backbone: Any = cast("Any", network).backbone[0]
    encoder: Mapping[str, Mapping[str, Any]] = backbone.get_named_param_lr_pairs(args, prefix="backbone.0")
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if name in encoder:
            key = float(encoder[name]["lr"]), float(encoder[name]["weight_decay"])
        else:
            key = _PART_DECAY if name.startswith("transformer.decoder") else 1.0, _WEIGHT_DECAY
        groups.setdefault(key, []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "rate_scale": share, "weight_decay": decay}
            for (share, decay), parameters in groups.items()
        ],
        lr=0.0,
    )


def published(variant: str, *, has_masks: bool) -> Published:
    """Return the weights of the library's makers, trained on COCO."""
    kind = (SEGMENTER_CONFIGS if has_masks else DETECTOR_CONFIGS)[variant]
    url = ModelWeights.get_url(str(kind.model_fields["pretrain_weights"].default))
    assert url is not None, variant
    return Published(
        name=f"RF-DETR{'-Seg' if has_masks else ''} {variant}, COCO",
        url=url,
        license=kind.model_fields["license"].default,
    )


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the weights of a published RF-DETR `.pth` or of an earlier `model.safetensors`.

    Raises:
        EngineUnavailable: the file cannot be read, or holds another kind of network.
    """
    try:
        if path.suffix == ".safetensors":
            saved = load_file(path)
        else:
            # Published files hold their settings too, as plain namespaces; nothing else is let in.
            with torch.serialization.safe_globals([Namespace, SimpleNamespace]):
                saved = dict(torch.load(path, map_location="cpu", weights_only=True)["model"])
    except Exception as error:  # the readers document no common base
        raise _unreadable(path, str(error).splitlines()[0]) from error
    if missing := [name for name in (_POSITIONS, *_QUERIES) if name not in saved]:
        raise _unreadable(path, f"it has no {missing[0]!r}")
    return saved


def shapes_of(saved: Mapping[str, Tensor], *, patch: int) -> Shapes:
    """Return how the network was built that these weights belong to."""
    groups = _count(saved, r"transformer\.enc_out_class_embed\.(\d+)\.weight")
    return Shapes(
        image_size=round((saved[_POSITIONS].shape[1] - 1) ** 0.5) * patch,
        encoder_blocks=_count(saved, r"backbone\.0\.encoder\.encoder\.encoder\.layer\.(\d+)\..*"),
        decoder_layers=_count(saved, r"transformer\.decoder\.layers\.(\d+)\..*"),
        queries=saved["query_feat.weight"].shape[0] // max(groups, 1),
        groups=groups,
    )


def adapted(saved: Mapping[str, Tensor], own: Shapes, build: Build) -> dict[str, Tensor]:
    """Return weights of another input size or number of queries as this network takes them."""
    weights = dict(saved)
    with quiet():
        interpolate_position_embeddings(weights, build.image_size // build.layout.patch)
    if own.queries >= build.queries and own.groups >= build.groups:
        for name in _QUERIES:
            sets = weights[name].reshape(own.groups, own.queries, -1)[: build.groups, : build.queries]
            weights[name] = sets.reshape(build.groups * build.queries, -1)
    return weights


def library_config(build: Build, classes: int) -> LibraryConfig:
    kind = (SEGMENTER_CONFIGS if build.has_masks else DETECTOR_CONFIGS)[build.variant]
    return kind(
        device="cpu",
        pretrain_weights=None,
        num_classes=classes,
        resolution=build.image_size,
        positional_encoding_size=build.image_size // build.layout.patch,
        out_feature_indexes=build.taps,
        dec_layers=build.decoder_layers,
        num_queries=build.queries,
        num_select=build.queries,
        group_detr=build.groups,
    )


def _count(names: Sequence[str] | Mapping[str, Tensor], pattern: str) -> int:
    numbers = {match[1] for name in names if (match := re.fullmatch(pattern, name))}
    return len(numbers)


def _unreadable(path: Path, why: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The weights {path.name!r} cannot be read",
        why=why,
        fix="Give an RF-DETR .pth with a `model` entry, or the model.safetensors of a model trained here",
    )
