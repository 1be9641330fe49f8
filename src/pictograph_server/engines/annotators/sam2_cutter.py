"""Outlines by SAM 2.1 for annotators that find boxes only, and its own answers to a box or to clicks."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pictograph.geometry import boxes
from pictograph_server.engines.annotators.base import Box, Detection, RgbImage
from pictograph_server.engines.annotators.checkpoints.catalogue import SAM2
from pictograph_server.engines.annotators.devices import FittingBatches, best_dtype, remembered_bytes
from pictograph_server.engines.annotators.loading import load_network
from pictograph_server.engines.annotators.pictures import as_box, fingerprint, size_of
from pictograph_server.engines.annotators.sam3.embedding_cache import EmbeddingCache
from pictograph_server.engines.annotators.sam3.masks import mask_to_detection
from pictograph_server.engines.errors import EngineError

if TYPE_CHECKING:
    import torch

    from pictograph_server.engines.annotators.sam2_network import Sam2Embedding, Sam2Network

# Eight take 0.2 GB, thirty-two more than one.
_BOXES_AT_ONCE = 8


class Sam2Cutter:
    """Cuts objects out of images, in pixels of the image as given. An image is looked at once, then remembered."""

    def __init__(self, network: "Sam2Network", *, remembered_bytes: int = 64 << 20) -> None:
        self._network = network
        self._box_batches = FittingBatches(_BOXES_AT_ONCE)
        self._seen = EmbeddingCache(remembered_bytes)

    def outlined(self, image: RgbImage, found: Sequence[Detection]) -> list[Detection]:
        """Return the detections with the mask of what is in their boxes; where there is none, with the box alone."""
        if not found:
            return []
        size = size_of(image)
        embedding = self._embed(image)
        relative = [_relative(each.box_xyxy, size) for each in found]
        batches = self._box_batches.run(relative, lambda some: self._network.masks_in(embedding, some))
        masks = [mask for batch in batches for mask in batch]
        return [
            mask_to_detection(mask, each.prompt, each.confidence, each.box_xyxy, size) or each
            for each, mask in zip(found, masks, strict=True)
        ]

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        """Return the object inside the first positive box; the middles of the negative ones are not of it."""
        size = size_of(image)
        clipped = [as_box(row) for row in boxes.clip(list(boxes_xyxy), size)]
        positive = [box for box, yes in zip(clipped, is_positive, strict=True) if yes]
        if not positive or float(boxes.areas(positive[:1])[0]) <= 0:
            what = "A box prompt needs a positive box with an area inside the image"
            raise EngineError(what, fix="Draw a larger box")
        off_object = [
            ((x0 + x1) / 2, (y0 + y1) / 2)
            for (x0, y0, x1, y1), yes in zip(clipped, is_positive, strict=True)
            if not yes
        ]
        found = self._cut_out(image, off_object, [False] * len(off_object), positive[0])
        return [found] if found is not None and found.confidence > threshold else []

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        """Return the one object that the positive points touch and the negative points do not."""
        if not any(is_positive):
            raise EngineError("A point prompt needs at least one point on the object", fix="Add a positive point")
        return self._cut_out(image, points_xy, is_positive, None)

    def _cut_out(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], is_positive: Sequence[bool], box: Box | None
    ) -> Detection | None:
        width, height = size = size_of(image)
        relative = [(min(max(x, 0), width) / width, min(max(y, 0), height) / height) for x, y in points_xy]
        asked = None if box is None else _relative(box, size)
        logits, confidence = self._network.cut_out(self._embed(image), relative, is_positive, asked)
        return mask_to_detection(logits, "object", confidence, box or (0, 0, width, height), size)

    def _embed(self, image: RgbImage) -> "Sam2Embedding":
        return self._seen.get(fingerprint(image), lambda: self._network.embed(image))


def open_cutter(folder: Path, device: "torch.device") -> Sam2Cutter:
    """Open SAM 2.1 from a folder. Raises `EngineUnavailable` when it cannot be loaded."""
    from pictograph_server.engines.annotators.sam2_network import Sam2Network

    network = load_network(
        SAM2.short_name, str(folder), lambda: Sam2Network(folder, device, best_dtype(device, folder))
    )
    return Sam2Cutter(network, remembered_bytes=remembered_bytes(device) // 4)


def _relative(box_xyxy: Box, size: tuple[int, int]) -> Box:
    (x_min, y_min, x_max, y_max), (width, height) = box_xyxy, size
    return x_min / width, y_min / height, x_max / width, y_max / height
