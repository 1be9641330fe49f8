"""Grounding DINO finds boxes for phrases, SAM 2.1 outlines what is in them; nothing to accept, a quarter of SAM 3."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pictograph.geometry import boxes
from pictograph_server.engines.annotators.base import AnnotatorSpec, Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.annotators.card import plain_phrase
from pictograph_server.engines.annotators.checkpoints.catalogue import GROUNDING_DINO, SAM2, known_annotator
from pictograph_server.engines.annotators.checkpoints.folders import engine_name, locate_network
from pictograph_server.engines.annotators.devices import (
    FittingBatches,
    batch_sizes,
    describe,
    limit_threads,
    open_device,
)
from pictograph_server.engines.annotators.loading import load_network
from pictograph_server.engines.annotators.packages import check_packages
from pictograph_server.engines.annotators.pictures import as_box, size_of
from pictograph_server.engines.annotators.sam2_cutter import Sam2Cutter, open_cutter
from pictograph_server.engines.errors import EngineUnavailable

if TYPE_CHECKING:
    from pictograph_server.engines.annotators.grounding_dino_network import FoundBoxes, GroundingDinoNetwork

NAME = "grounded-sam2"
# Two boxes of one phrase that overlap more than this are one object.
DUPLICATE_IOU = 0.6


class GroundedSam2Annotator:
    """Grounding DINO and SAM 2.1, ready to be asked.

    All phrases of a request go into one text, or into several where they do not fit: which object answers which phrase
    is decided among the phrases of one text, so it is found once. `confidence` is Grounding DINO's and runs lower than
    SAM 3's: 0.3 is a good threshold (docs/engines/grounded-sam2.md). It has no notion of «like this».
    """

    capabilities = frozenset({Capability.TEXT, Capability.BOX, Capability.POINT})

    def __init__(
        self, detector: "GroundingDinoNetwork", cutter: Sam2Cutter, *, name: str, images_at_once: int = 1
    ) -> None:
        self.name = name
        self.device = describe(detector.device, detector.dtype)
        self._detector = detector
        self._cutter = cutter
        self._image_batches = FittingBatches(images_at_once)
        self._tokens: dict[str, tuple[int, ...]] = {}

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Do nothing: any phrase may be asked for."""

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every instance of every prompt with confidence above `threshold`, best first."""
        asked = self._asked(prompts)
        found: list[list[Detection]] = [[] for _ in images]
        phrases = [self._tokens[phrase] for phrase in asked]
        for part in self._detector.texts(phrases):
            names = [asked[list(asked)[index]] for index in part]
            proposals = self._propose(images, [phrases[index] for index in part])
            for image, detections, proposed in zip(images, found, proposals, strict=True):
                detections += _instances(proposed, names, image, threshold)
        ranked = [sorted(each, key=lambda detection: -detection.confidence)[:max_detections] for each in found]
        return [self._cutter.outlined(image, each) for image, each in zip(images, ranked, strict=True)]

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Raise `EngineUnavailable`: it cannot be asked with examples."""
        raise EngineUnavailable(
            f"{self.name} cannot look for what is like an example",
            why="Grounding DINO is asked with phrases only",
            fix="Ask with a phrase, or use SAM 3 or owlv2 (`annotator`)",
        )

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        """Return the object inside the first positive box, refined; negative boxes say what it is not."""
        return self._cutter.box(image, boxes_xyxy, is_positive=is_positive, threshold=threshold)

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        """Return the one object that the positive points touch and the negative points do not."""
        return self._cutter.points(image, points_xy, is_positive=is_positive)

    def _asked(self, prompts: Sequence[str]) -> dict[str, list[str]]:
        """Return phrase -> the prompts that mean it: two spellings of one class are one question."""
        asked: dict[str, list[str]] = {}
        for prompt in dict.fromkeys(prompts):
            phrase = plain_phrase(prompt).casefold()
            if phrase not in self._tokens:
                self._tokens[phrase] = self._detector.tokens_of(phrase)
            asked.setdefault(phrase, []).append(prompt)
        return asked

    def _propose(self, images: Sequence[RgbImage], phrases: Sequence[Sequence[int]]) -> "Iterator[FoundBoxes]":
        # Images of one size only: what is put around the smaller ones would change what is found in them.
        for _, same in groupby(images, key=size_of):
            for batch in self._image_batches.run(list(same), lambda some: self._detector.find(some, phrases)):
                yield from batch


def load(checkpoint: str | None, device: str | None) -> GroundedSam2Annotator:
    """Open both networks: from a folder, or where None from the hub's cache or the hub.

    Raises:
        EngineUnavailable: packages or weights are missing, or no access to them, or no such device.
    """
    known = known_annotator(NAME)
    assert known is not None
    check_packages("sam3", purpose=known.title)
    folder = Path(checkpoint).expanduser() if checkpoint is not None else None
    finds, cuts = locate_network(GROUNDING_DINO, folder), locate_network(SAM2, folder)
    from pictograph_server.engines.annotators.grounding_dino_network import GroundingDinoNetwork

    place = open_device(device)
    limit_threads(place, finds)
    detector = load_network(GROUNDING_DINO.short_name, str(finds), lambda: GroundingDinoNetwork(finds, place))
    cutter = open_cutter(cuts, place)
    images_at_once, _ = batch_sizes(place, finds)
    return GroundedSam2Annotator(detector, cutter, name=engine_name(known, folder), images_at_once=images_at_once)


def _instances(
    proposed: "FoundBoxes", names: Sequence[Sequence[str]], image: RgbImage, threshold: float
) -> list[Detection]:
    """Return the instances of one text's phrases as boxes on the image: confident, each once."""
    width, height = size = size_of(image)
    boxes_xyxy = boxes.clip(proposed.boxes_xyxy.numpy() * np.array([width, height, width, height]), size)
    confidences, phrases = proposed.confidence.numpy(), proposed.phrase.numpy()
    is_candidate = (confidences > threshold) & (boxes.areas(boxes_xyxy) > 0)
    found: list[Detection] = []
    for index, prompts in enumerate(names):
        rows = np.flatnonzero(is_candidate & (phrases == index))
        kept = rows[boxes.nms(boxes_xyxy[rows], confidences[rows], iou_threshold=DUPLICATE_IOU)]
        found += [
            Detection(prompt, float(confidences[row]), as_box(boxes_xyxy[row])) for prompt in prompts for row in kept
        ]
    return found


ANNOTATORS = (AnnotatorSpec(name=NAME, load=load, extra="sam3"),)
