"""torchvision's Mask R-CNN: its backbone, proposals and heads, called one after the other.

`GeneralizedRCNN.forward` resizes images, pastes masks and draws in the image's pixels; the loop's images come in the
network's size, and the reader pastes. So the three parts are called without it.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import resnet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.mask_rcnn import MaskRCNN, MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import FrozenBatchNorm2d, MultiScaleRoIAlign

from pictograph_server.engines.trainers.detectron2.config import Library, Network
from pictograph_server.engines.trainers.detectron2.library import LEAST_CONFIDENCE, MOST_DETECTIONS, Truth
from pictograph_server.engines.trainers.detectron2.weight_names import with_newer_names

_LEVELS = ("0", "1", "2", "3")
_BOX_SIDE = 7


class TorchvisionMaskRcnn:
    """See `MaskRcnnLibrary`."""

    name: Library = "torchvision"
    version = torchvision.__version__
    # Label 0 is the background.
    first_label = 1
    # Its crops are not aligned: the value of a pixel counts for its corner, half a pixel from its middle.
    mask_shift = 0.5

    def build(self, network: Network, classes: int) -> nn.Module:
        norm = FrozenBatchNorm2d if network.is_norm_frozen else nn.BatchNorm2d
        make = {18: resnet.resnet18, 50: resnet.resnet50}[network.depth]
        body = make(weights=None, norm_layer=norm)
        stages = {f"layer{stage}": level for stage, level in zip(range(1, 5), _LEVELS, strict=True)}
        widths = [body.inplanes // 2 ** (3 - stage) for stage in range(4)]
        pyramid = BackboneWithFPN(body, stages, widths, network.channels)
        whole = MaskRCNN(
            pyramid,
            rpn_anchor_generator=AnchorGenerator(
                tuple((side,) for side in network.anchors), ((0.5, 1.0, 2.0),) * len(network.anchors)
            ),
            rpn_pre_nms_top_n_train=network.proposals_train[0],
            rpn_post_nms_top_n_train=network.proposals_train[1],
            rpn_pre_nms_top_n_test=network.proposals_test[0],
            rpn_post_nms_top_n_test=network.proposals_test[1],
            rpn_batch_size_per_image=network.anchors_learned,
            box_batch_size_per_image=network.proposals_learned,
            box_roi_pool=MultiScaleRoIAlign(list(_LEVELS), _BOX_SIDE, sampling_ratio=2),
            box_head=TwoMLPHead(network.channels * _BOX_SIDE**2, network.box_hidden),
            box_predictor=FastRCNNPredictor(network.box_hidden, classes + 1),
            box_score_thresh=LEAST_CONFIDENCE,
            box_detections_per_img=MOST_DETECTIONS,
            mask_roi_pool=MultiScaleRoIAlign(list(_LEVELS), 14, sampling_ratio=2),
            mask_head=MaskRCNNHeads(network.channels, [network.channels] * network.mask_convolutions, 1),
            mask_predictor=MaskRCNNPredictor(network.channels, network.channels, classes + 1),
        )
        if network.is_norm_frozen:  # the first layers too, as the published recipe has it
            for part in (body.conv1, body.layer1):
                part.requires_grad_(False)
        for head in (whole.rpn.head, whole.roi_heads.box_predictor, whole.roi_heads.mask_predictor):
            assert isinstance(head, nn.Module)
            head.register_forward_hook(_as_float)
        return whole

    def losses(self, network: nn.Module, images: Tensor, truth: Sequence[Truth]) -> Mapping[str, Tensor]:
        targets = [
            {"boxes": each.boxes_xyxy, "labels": each.class_indexes + 1, "masks": each.masks.to(torch.uint8)}
            for each in truth
        ]
        return _forward(network, images, targets)[1]

    def answering(self, network: nn.Module, side: int) -> nn.Module:
        return _Answering(network)

    def renamed(self, saved: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        return with_newer_names(saved)


class _Answering(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        network = cast("MaskRCNN", self.network)
        (found,), _ = _forward(network, images, None)
        return found["boxes"], found["scores"], found["labels"], found["masks"]


def _forward(
    network: nn.Module, images: Tensor, targets: list[dict[str, Tensor]] | None
) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
    assert isinstance(network, MaskRCNN)
    sizes = [(images.shape[-2], images.shape[-1])] * len(images)
    features = network.backbone(images)
    proposals, of_proposals = network.rpn(ImageList(images, sizes), features, targets)
    found, of_heads = network.roi_heads(features, proposals, sizes, targets)
    return found, {**of_proposals, **of_heads}


def _as_float(_: nn.Module, __: object, output: object) -> object:
    """Give boxes and losses full precision under autocast: a bfloat16 coordinate is right to 4 pixels of 640."""
    if isinstance(output, Tensor):
        return output.float()
    assert isinstance(output, list | tuple)
    parts = cast("list[object] | tuple[object, ...]", output)
    return type(parts)(_as_float(_, __, part) for part in parts)
