"""Which library's Mask R-CNN a run uses, and what the learner asks of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

from torch import Tensor, nn

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.base import Run
from pictograph_server.engines.trainers.detectron2.config import Library, MaskRcnnConfig, Network

# Detections less sure than this are not listed.
LEAST_CONFIDENCE = 0.05
MOST_DETECTIONS = 100
OUTPUT_NAMES = ("boxes", "scores", "labels", "masks")


@dataclass(frozen=True, slots=True)
class Truth:
    """What is on one image of a batch: `(n, 4)` float32 pixels, `(n,)` int64 from 0, `(n, side, side)` bool."""

    boxes_xyxy: Tensor
    class_indexes: Tensor
    masks: Tensor


class MaskRcnnLibrary(Protocol):
    """One library's Mask R-CNN. Images are normalised before they come, shape `(n, 3, side, side)`."""

    @property
    def name(self) -> Library: ...

    @property
    def version(self) -> str: ...

    @property
    def first_label(self) -> int:
        """The label of the first class in an answer."""
        ...

    @property
    def mask_shift(self) -> float:
        """How far to the lower right masks must be drawn, in pixels, for the library to take them where they are."""
        ...

    def build(self, network: Network, classes: int) -> nn.Module: ...

    def losses(self, network: nn.Module, images: Tensor, truth: Sequence[Truth]) -> Mapping[str, Tensor]:
        """Return the parts of the loss of a batch, which count alike; the network is in train mode."""
        ...

    def answering(self, network: nn.Module, side: int) -> nn.Module:
        """Return the network as a module from one image `(1, 3, side, side)` to its `OUTPUT_NAMES`.

        Masks are probabilities over the detection's box. Shares the weights of `network`, which is in eval mode.
        """
        ...

    def renamed(self, saved: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return weights by this library's names, when they are torchvision's; others as they are."""
        ...


def choose_library(config: MaskRcnnConfig, run: Run) -> MaskRcnnLibrary:
    """Return the library that was asked for, or the best there is, and say which to the run.

    Raises:
        EngineUnavailable: detectron2 was asked for and cannot be imported.
    """
    # They import this module.
    from pictograph_server.engines.trainers.detectron2.detectron2_network import Detectron2MaskRcnn
    from pictograph_server.engines.trainers.detectron2.torchvision_network import TorchvisionMaskRcnn

    if config.library == "torchvision":
        return TorchvisionMaskRcnn()
    why = "it is not installed"
    if find_spec("detectron2") is not None:
        try:
            library = Detectron2MaskRcnn()
        except ImportError as error:  # a package that it needs is missing, or it was built for another torch
            why = f"importing it fails: {str(error).splitlines()[0]}"
        else:
            run.say(f"The network is detectron2's Mask R-CNN ({library.version}).")
            return library
    if config.library == "detectron2":
        raise EngineUnavailable(
            "detectron2 cannot be used here",
            why=why,
            fix="On the server: install it as docs/engines/detectron2.md says, or choose library='torchvision'",
        )
    library = TorchvisionMaskRcnn()
    run.say(f"The network is torchvision's Mask R-CNN ({library.version}), in place of detectron2's: {why}.")
    return library
