"""SAM 3 as an annotator: prompts in pixels go to the network, what it finds comes back in pixels, each object once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pictograph.geometry import boxes
from pictograph_server.engines.annotators.base import Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.annotators.card import CheckpointCard, check_known, plain_phrase
from pictograph_server.engines.annotators.devices import FittingBatches, describe
from pictograph_server.engines.annotators.pictures import as_box, fingerprint, size_of
from pictograph_server.engines.annotators.sam3.embedding_cache import EmbeddingCache
from pictograph_server.engines.annotators.sam3.masks import mask_to_detection
from pictograph_server.engines.annotators.sam3.pasted import scene_of
from pictograph_server.engines.errors import EngineError, EngineUnavailable

if TYPE_CHECKING:
    from pictograph_server.engines.annotators.sam3.network import (
        ClickEmbedding,
        ImageEmbedding,
        PromptEmbedding,
        Proposals,
        Sam3Network,
    )

# Two answers to one phrase that overlap more than this are one object: the detector itself suppresses nothing.
DUPLICATE_IOU = 0.5
# What the network was trained to be asked with where there are exemplars and no phrase.
EXEMPLARS_ALONE = "visual"
# Some 2,000 phrases in single precision.
_REMEMBERED_PHRASES_BYTES = 64 << 20


class Sam3Annotator:
    """A SAM 3 checkpoint, ready to be asked.

    The image is squeezed to the network's square input; results come back in pixels of the image as given. Phrases are
    scored independently, so one object may answer two; both are kept, unless the card of the checkpoint says that its
    classes exclude each other. Memory: docs/engines/sam3.md.
    """

    def __init__(
        self,
        network: "Sam3Network",
        *,
        checkpoint: str,
        card: CheckpointCard | None = None,
        why_narrow: str | None = None,
        images_at_once: int = 1,
        prompts_at_once: int = 16,
        remembered_bytes: int = 256 << 20,
    ) -> None:
        self.name = f"sam3@{checkpoint}"
        self.device = describe(network.device, network.dtype)
        clicks = {Capability.POINT} if network.has_clicks else set[Capability]()
        self.capabilities = frozenset({Capability.TEXT, Capability.EXEMPLAR, Capability.BOX} | clicks)
        self._network = network
        self._card = card
        self._why_narrow = why_narrow
        self._image_batches = FittingBatches(images_at_once)
        self._prompt_batches = FittingBatches(prompts_at_once)
        self._texts = EmbeddingCache(_REMEMBERED_PHRASES_BYTES)
        self._seen = EmbeddingCache(remembered_bytes)

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Raise `UnknownClasses` when the checkpoint has a card and the card does not list some of the prompts."""
        if self._card is not None:
            check_known(self._card, prompts, why_narrow=self._why_narrow)

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every instance of every prompt with confidence above `threshold`, best first."""
        self.check_prompts(prompts)
        if not prompts:
            return [[] for _ in images]
        asked = {prompt: self._embed_text(prompt) for prompt in prompts}
        return [
            self._ranked(self._find(embedding, image, asked, threshold, max_detections))[:max_detections]
            for image, embedding in zip(images, self._embed(images), strict=True)
        ]

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every object like the positive exemplars and unlike the negative ones, best first."""
        name = alike.phrase or EXEMPLARS_ALONE
        if alike.phrase is not None:
            self.check_prompts([alike.phrase])
        alike = _with_area(alike)
        scenes = [scene_of(image, alike) for image in images]
        # Exemplars that were pasted in answer too.
        most = max_detections + len(alike.boxes_xyxy)
        found: list[list[Detection]] = []
        for scene, embedding in zip(scenes, self._embed([scene.image for scene in scenes]), strict=True):
            shown = self._network.embed_boxes(embedding, scene.boxes_xyxy, alike.is_positive, size_of(scene.image))
            asked = {name: self._embed_text(name).followed_by(shown)}
            detections = self._find(embedding, scene.image, asked, threshold, most)
            found.append([each for each in detections if not scene.is_hidden(each)][:max_detections])
        return found

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        """Return the object inside the first positive box, refined; negative boxes say what it is not."""
        size_wh = size_of(image)
        clipped = [as_box(row) for row in boxes.clip(list(boxes_xyxy), size_wh)]
        positive = [box for box, yes in zip(clipped, is_positive, strict=True) if yes]
        negative = [box for box, yes in zip(clipped, is_positive, strict=True) if not yes]
        if not positive or float(boxes.areas(positive[:1])[0]) <= 0:
            raise EngineError(
                "A box prompt needs a positive box with an area inside the image", fix="Draw a larger box"
            )
        if self._network.has_clicks:
            off_object = [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in negative]
            detection = self._cut_out(image, off_object, [False] * len(off_object), positive[0])
        else:
            # What the detector finds in the box when it is shown the box as an exemplar.
            [found] = self.exemplars([image], Exemplars(image, clipped, is_positive), threshold=threshold)
            overlaps = boxes.iou(positive[:1], [each.box_xyxy for each in found])[0]
            detection = found[int(overlaps.argmax())] if found and overlaps.max() > 0 else None
        if detection is None or detection.confidence <= threshold:
            return []
        return [Detection("object", detection.confidence, detection.box_xyxy, detection.mask)]

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        """Return the one object that the positive points touch and the negative points do not."""
        if not self._network.has_clicks:
            raise EngineUnavailable(
                f"{self.name} cannot answer clicks",
                why="its checkpoint lacks the weights of the click head",
                fix="Use text or box prompts, or a complete checkpoint",
            )
        if not any(is_positive):
            raise EngineError("A point prompt needs at least one point on the object", fix="Add a positive point")
        return self._cut_out(image, points_xy, is_positive, None)

    def _find(
        self,
        embedding: "ImageEmbedding",
        image: RgbImage,
        asked: "Mapping[str, PromptEmbedding]",
        threshold: float,
        most: int,
    ) -> list[Detection]:
        def ask(some: Sequence[str]) -> list[Detection]:
            proposals = self._network.propose(embedding, [asked[prompt] for prompt in some])
            return [
                detection
                for index, prompt in enumerate(some)
                for detection in self._instances(proposals, index, prompt, image, threshold, most)
            ]

        answers = self._prompt_batches.run(list(asked), ask)
        return [detection for answer in answers for detection in answer]

    def _instances(
        self, proposals: "Proposals", index: int, prompt: str, image: RgbImage, threshold: float, most: int
    ) -> list[Detection]:
        """Return the instances of one prompt: confident, each once, best first, with masks in the image's pixels."""
        width, height = size_wh = size_of(image)
        confidences = proposals.confidences[index].cpu().numpy()
        if not np.isfinite(confidences).all():
            raise EngineError(
                f"{self.name} computed no number for {prompt!r}",
                why=f"its values left the range of the number format ({self.device})",
                fix="Use another device, or the CPU",
            )
        candidates = np.flatnonzero(confidences > threshold)
        if not candidates.size:
            return []
        relative = proposals.boxes[index].cpu().numpy()[candidates]
        boxes_xyxy = boxes.clip(relative * np.array([width, height, width, height]), size_wh)
        kept = boxes.nms(boxes_xyxy, confidences[candidates], iou_threshold=DUPLICATE_IOU)[:most]
        masks = self._network.masks_of(proposals, index, candidates[kept].tolist())
        found = (
            mask_to_detection(logits, prompt, float(confidences[candidates[row]]), as_box(boxes_xyxy[row]), size_wh)
            for logits, row in zip(masks, kept, strict=True)
        )
        return [detection for detection in found if detection is not None]

    def _ranked(self, detections: list[Detection]) -> list[Detection]:
        """Return the detections best first; of classes that exclude each other, one for each place."""
        ranked = sorted(detections, key=lambda detection: -detection.confidence)
        if self._card is None or not self._card.exclusive:
            return ranked
        groups = {prompt for prompt in {d.prompt for d in ranked} if self._card.is_group(prompt)}
        rivals = [d for d in ranked if d.prompt not in groups]
        kept = boxes.nms([d.box_xyxy for d in rivals], [d.confidence for d in rivals], iou_threshold=DUPLICATE_IOU)
        survivors = {id(rivals[i]) for i in kept}
        return [d for d in ranked if d.prompt in groups or id(d) in survivors]

    def _cut_out(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], is_positive: Sequence[bool], box: Box | None
    ) -> Detection | None:
        width, height = size_wh = size_of(image)
        inside = [(min(max(x, 0.0), width), min(max(y, 0.0), height)) for x, y in points_xy]
        logits, confidence = self._network.cut_out(self._embed_clicks(image), inside, is_positive, box, size_wh)
        return mask_to_detection(logits, "object", confidence, box or (0, 0, width, height), size_wh)

    def _embed(self, images: Sequence[RgbImage]) -> "Iterator[ImageEmbedding]":
        """Yield an embedding per image. A single image is remembered: a person asks about it again and again."""
        if len(images) == 1:
            yield self._embed_one(images[0])
            return
        for batch in self._image_batches.run(images, self._network.embed_images):
            yield from batch

    def _embed_one(self, image: RgbImage) -> "ImageEmbedding":
        return self._seen.get(("image", fingerprint(image)), lambda: self._network.embed_images([image])[0])

    def _embed_clicks(self, image: RgbImage) -> "ClickEmbedding":
        key = ("clicks", fingerprint(image))
        return self._seen.get(key, lambda: self._network.embed_clicks(self._embed_one(image)))

    def _embed_text(self, prompt: str) -> "PromptEmbedding":
        phrase = (self._card and self._card.phrase_for(prompt)) or plain_phrase(prompt)
        # Each phrase alone: among others its bits would depend on which others.
        return self._texts.get(phrase, lambda: self._network.embed_text(phrase))


def _with_area(alike: Exemplars) -> Exemplars:
    """Return the exemplars with their boxes cut to their image, without those outside it."""
    clipped = boxes.clip(list(alike.boxes_xyxy), size_of(alike.image))
    inside = [
        (as_box(row), yes)
        for row, area, yes in zip(clipped, boxes.areas(clipped), alike.is_positive, strict=True)
        if area > 0
    ]
    if not any(yes for _, yes in inside):
        what = "Exemplars need a positive box with an area inside the image"
        raise EngineError(what, fix="Draw a larger box")
    return Exemplars(alike.image, [box for box, _ in inside], [yes for _, yes in inside], alike.phrase)
