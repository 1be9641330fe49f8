"""detectron2's Mask R-CNN, built from a config of its own and from nothing global: no catalog, no trainer, no files.

detectron2 is on no package index, so it is imported where it is used: this module loads without it.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor, nn

from pictograph_server.engines.trainers.detectron2.config import Library, Network
from pictograph_server.engines.trainers.detectron2.library import LEAST_CONFIDENCE, MOST_DETECTIONS, Truth
from pictograph_server.engines.trainers.detectron2.weight_names import torchvision_to_detectron2


class Detectron2MaskRcnn:
    """See `MaskRcnnLibrary`.

    Raises:
        ImportError: detectron2, or a package that it needs, is missing.
    """

    name: Library = "detectron2"
    first_label = 0
    mask_shift = 0.0

    def __init__(self) -> None:
        with catch_warnings():
            simplefilter("ignore", FutureWarning)  # of torch.jit, which it scripts a few functions with
            import detectron2  # pyright: ignore[reportMissingImports]
            import detectron2.export  # pyright: ignore[reportMissingImports, reportUnusedImport]
            import detectron2.modeling  # pyright: ignore[reportMissingImports, reportUnusedImport]
        try:
            self.version = version("detectron2")
        except PackageNotFoundError:  # a folder on the path
            self.version = str(detectron2.__version__)

    def build(self, network: Network, classes: int) -> nn.Module:
        from detectron2.modeling import build_model  # pyright: ignore[reportMissingImports]

        return build_model(_config(network, classes))

    def losses(self, network: nn.Module, images: Tensor, truth: Sequence[Truth]) -> Mapping[str, Tensor]:
        from detectron2.utils.events import EventStorage  # pyright: ignore[reportMissingImports]

        inputs = [
            {"image": image, "instances": _instances(each, (images.shape[-2], images.shape[-1]))}
            for image, each in zip(images, truth, strict=True)
        ]
        # The layers note counts in the innermost storage, and fail without one.
        with EventStorage():
            return network(inputs)

    def answering(self, network: nn.Module, side: int) -> nn.Module:
        return _Answering(network, side)

    def renamed(self, saved: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        return torchvision_to_detectron2(saved)


class _Answering(nn.Module):
    def __init__(self, network: nn.Module, side: int) -> None:
        from detectron2.export import TracingAdapter  # pyright: ignore[reportMissingImports]

        super().__init__()
        self.network = network
        # Makes lists of instances a tuple of tensors, and lengths traceable.
        self._flat = TracingAdapter(network, [{"image": torch.zeros(3, side, side)}], _found)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        boxes, classes, masks, scores, _ = self._flat(images[0])  # by name of the field; the last is the size
        return boxes, scores, classes, masks


def _found(network: nn.Module, inputs: list[dict[str, Tensor]]) -> list[object]:
    return network.inference(inputs, do_postprocess=False)  # pyright: ignore[reportCallIssue]


def _instances(truth: Truth, shape_hw: tuple[int, int]) -> object:
    from detectron2.structures import BitMasks, Boxes, Instances  # pyright: ignore[reportMissingImports]

    return Instances(
        shape_hw,
        gt_boxes=Boxes(truth.boxes_xyxy),
        gt_classes=truth.class_indexes,
        gt_masks=BitMasks(truth.masks),
    )


def _config(network: Network, classes: int) -> object:
    """Return what the model zoo's `mask_rcnn_R_50_FPN_1x.yaml` says, in this network's widths."""
    from detectron2.config import get_cfg  # pyright: ignore[reportMissingImports]

    cfg = get_cfg()
    cfg.MODEL.DEVICE = "cpu"
    cfg.MODEL.WEIGHTS = ""
    cfg.MODEL.MASK_ON = True
    # Images come normalised, as RGB.
    cfg.INPUT.FORMAT, cfg.INPUT.MASK_FORMAT = "RGB", "bitmask"
    cfg.MODEL.PIXEL_MEAN, cfg.MODEL.PIXEL_STD = [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]

    cfg.MODEL.BACKBONE.NAME = "build_resnet_fpn_backbone"
    cfg.MODEL.BACKBONE.FREEZE_AT = 2 if network.is_norm_frozen else 0
    cfg.MODEL.RESNETS.NORM = "FrozenBN" if network.is_norm_frozen else "BN"
    cfg.MODEL.RESNETS.DEPTH = network.depth
    cfg.MODEL.RESNETS.RES2_OUT_CHANNELS = 64 if network.depth == 18 else 256
    cfg.MODEL.RESNETS.STRIDE_IN_1X1 = False  # as torchvision's, whose weights fit then
    levels = ["res2", "res3", "res4", "res5"]
    cfg.MODEL.RESNETS.OUT_FEATURES = cfg.MODEL.FPN.IN_FEATURES = levels
    cfg.MODEL.FPN.OUT_CHANNELS = network.channels

    cfg.MODEL.ANCHOR_GENERATOR.SIZES = [[side] for side in network.anchors]
    cfg.MODEL.RPN.IN_FEATURES = ["p2", "p3", "p4", "p5", "p6"]
    cfg.MODEL.RPN.BATCH_SIZE_PER_IMAGE = network.anchors_learned
    cfg.MODEL.RPN.PRE_NMS_TOPK_TRAIN, cfg.MODEL.RPN.POST_NMS_TOPK_TRAIN = network.proposals_train
    cfg.MODEL.RPN.PRE_NMS_TOPK_TEST, cfg.MODEL.RPN.POST_NMS_TOPK_TEST = network.proposals_test

    cfg.MODEL.ROI_HEADS.NAME = "StandardROIHeads"
    cfg.MODEL.ROI_HEADS.IN_FEATURES = ["p2", "p3", "p4", "p5"]
    cfg.MODEL.ROI_HEADS.NUM_CLASSES = classes
    cfg.MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE = network.proposals_learned
    cfg.MODEL.ROI_HEADS.SCORE_THRESH_TEST = LEAST_CONFIDENCE
    cfg.TEST.DETECTIONS_PER_IMAGE = MOST_DETECTIONS
    cfg.MODEL.ROI_BOX_HEAD.NAME = "FastRCNNConvFCHead"
    cfg.MODEL.ROI_BOX_HEAD.NUM_FC = 2
    cfg.MODEL.ROI_BOX_HEAD.FC_DIM = network.box_hidden
    cfg.MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION = 7
    cfg.MODEL.ROI_MASK_HEAD.NAME = "MaskRCNNConvUpsampleHead"
    cfg.MODEL.ROI_MASK_HEAD.NUM_CONV = network.mask_convolutions
    cfg.MODEL.ROI_MASK_HEAD.CONV_DIM = network.channels
    cfg.MODEL.ROI_MASK_HEAD.POOLER_RESOLUTION = 14
    return cfg
