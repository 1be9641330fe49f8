"""SAM 3: every instance of a phrase, and the one object under a click or in a box.

Source: Carion et al. 2025, SAM 3: Segment Anything with Concepts, https://arxiv.org/abs/2511.16719
"""

import hashlib
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pictograph.geometry import boxes
from pictograph.geometry.cropped_mask import CroppedMask
from pictograph.geometry.masks import mask_to_box, without_specks
from pictograph_server.engines.annotators.base import AnnotatorSpec, Box, Capability, Detection, RgbImage
from pictograph_server.engines.annotators.card import CheckpointCard, plain_phrase, read_card
from pictograph_server.engines.annotators.devices import (
    batch_sizes,
    best_dtype,
    describe,
    in_batches,
    limit_threads,
    open_device,
)
from pictograph_server.engines.annotators.weights import SAM3, TINY_FOLDER, locate
from pictograph_server.engines.errors import EngineError, EngineUnavailable, UnknownClasses

if TYPE_CHECKING:
    from torch import Tensor

    from pictograph_server.engines.annotators.sam3_network import ImageEmbedding, Proposals, Sam3Network, TextEmbedding

# Two answers to one phrase that overlap more than this are one object: the detector itself suppresses nothing.
DUPLICATE_IOU = 0.5
# Embeddings of images asked about lately; one of the real checkpoint takes 54 MB in half precision.
_REMEMBERED_IMAGES = 4


class Sam3Annotator:
    """A SAM 3 checkpoint, ready to be asked.

    The image is squeezed to the network's square input; results come back in pixels of the image as given. Phrases are
    scored independently, so one object may answer two; both are kept, unless the card of the checkpoint says that its
    classes exclude each other.
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
    ) -> None:
        self.name = f"sam3@{checkpoint}"
        self.device = describe(network.device, network.dtype)
        clicks = {Capability.POINT} if network.has_clicks else set[Capability]()
        self.capabilities = frozenset({Capability.TEXT, Capability.BOX} | clicks)
        self._network = network
        self._card = card
        self._why_narrow = why_narrow
        self._images_at_once = images_at_once
        self._prompts_at_once = prompts_at_once
        self._texts: dict[str, TextEmbedding] = {}
        self._remembered: OrderedDict[bytes, ImageEmbedding] = OrderedDict()

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Raise `UnknownClasses` when the checkpoint has a card and the card does not list some of the prompts."""
        unknown = self._card.unknown(prompts) if self._card else []
        if self._card is None or not unknown:
            return
        known = ", ".join(known.name for known in self._card.classes)
        because = f" (SAM 3 itself was not used: {self._why_narrow})" if self._why_narrow else ""
        raise UnknownClasses(
            f"The checkpoint {self._card.name} does not know {', '.join(map(repr, unknown))}",
            why=f"it knows {self._card.knows} only: {known}{because}",
            fix="Use one of these classes, or get SAM 3, which knows any: accept the licence on the hub's page of "
            f"{SAM3} and run `hf auth login`, or set PICTOGRAPH_ANNOTATOR to a folder with its checkpoint",
        )

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every instance of every prompt with confidence above `threshold`, best first."""
        self.check_prompts(prompts)
        if not prompts:
            return [[] for _ in images]
        found: list[list[Detection]] = []
        for image, embedding in zip(images, self._embed(images), strict=True):
            detections = self._find(embedding, image, prompts, threshold, max_detections)
            found.append(self._ranked(detections)[:max_detections])
        return found

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        """Return the object inside the first positive box, refined; negative boxes say what it is not."""
        clipped: list[Box] = [_as_box(row) for row in boxes.clip(list(boxes_xyxy), _size_wh(image))]
        positive = [box for box, yes in zip(clipped, is_positive, strict=True) if yes]
        negative = [box for box, yes in zip(clipped, is_positive, strict=True) if not yes]
        if not positive or float(boxes.areas(positive[:1])[0]) <= 0:
            raise EngineError(
                "A box prompt needs a positive box with an area inside the image", fix="Draw a larger box"
            )
        if self._network.has_clicks:
            off_object = [((x0 + x1) / 2, (y0 + y1) / 2) for x0, y0, x1, y1 in negative]
            detection = self._cut_out(image, off_object, [0] * len(off_object), positive[0])
        else:
            detection = self._alike(image, positive, negative, threshold)
        return [detection] if detection is not None and detection.confidence > threshold else []

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
        return self._cut_out(image, points_xy, [int(positive) for positive in is_positive], None)

    def _find(
        self, embedding: "ImageEmbedding", image: RgbImage, prompts: Sequence[str], threshold: float, most: int
    ) -> list[Detection]:
        def ask(chunk: Sequence[str]) -> list[Detection]:
            proposals = self._network.propose(embedding, self._embed_texts(chunk))
            return [
                d
                for i, prompt in enumerate(chunk)
                for d in self._instances(proposals, i, prompt, image, threshold, most)
            ]

        answers = in_batches(list(dict.fromkeys(prompts)), self._prompts_at_once, ask)
        return [detection for answer in answers for detection in answer]

    def _instances(
        self, proposals: "Proposals", index: int, prompt: str, image: RgbImage, threshold: float, most: int
    ) -> list[Detection]:
        """Return the instances of one prompt: confident, each once, with masks at the image's resolution."""
        from pictograph_server.engines.annotators.sam3_network import crop_mask

        width, height = size_wh = _size_wh(image)
        confidences = proposals.confidences[index].cpu().numpy()
        candidates = np.flatnonzero(confidences > threshold)
        if not candidates.size:
            return []
        relative = proposals.boxes[index].cpu().numpy()[candidates]
        boxes_xyxy = boxes.clip(relative * np.array([width, height, width, height]), size_wh)
        kept = boxes.nms(boxes_xyxy, confidences[candidates], iou_threshold=DUPLICATE_IOU)[:most]
        masks = self._network.masks_of(proposals, index, candidates[kept].tolist())
        found: list[Detection] = []
        for logits, row in zip(masks, kept, strict=True):
            box = _as_box(boxes_xyxy[row])
            detection = _detection(prompt, float(confidences[candidates[row]]), crop_mask(logits, size_wh, box))
            if detection is not None:
                found.append(detection)
        return found

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
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], labels: Sequence[int], box: Box | None
    ) -> Detection | None:
        from pictograph_server.engines.annotators.sam3_network import crop_mask

        width, height = _size_wh(image)
        [embedding] = self._embed([image])
        relative = [(min(max(x, 0), width) / width, min(max(y, 0), height) / height) for x, y in points_xy]
        relative_box = box and (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
        logits, confidence = self._network.cut_out(embedding, relative, labels, relative_box)
        return _detection("object", confidence, crop_mask(logits, (width, height), box or (0, 0, width, height)))

    def _alike(
        self, image: RgbImage, positive: Sequence[Box], negative: Sequence[Box], threshold: float
    ) -> Detection | None:
        """Return what the detector finds in the first box when shown it as an exemplar (there is no click head)."""
        import torch

        width, height = _size_wh(image)
        scale = np.array([width, height, width, height])
        marked = [(box, 1.0) for box in positive] + [(box, 0.0) for box in negative]
        rows = boxes.xyxy_to_cxcywh([box for box, _ in marked]) / scale
        exemplars = torch.tensor(np.column_stack([rows, [label for _, label in marked]]), dtype=torch.float32)
        [embedding] = self._embed([image])
        proposals = self._network.propose(embedding, self._network.embed_texts(["visual"]), exemplars)
        found = self._instances(proposals, 0, "object", image, threshold, most=100)
        overlaps = boxes.iou(positive[:1], [d.box_xyxy for d in found])[0]
        return found[int(overlaps.argmax())] if found and overlaps.max() > 0 else None

    def _embed(self, images: Sequence[RgbImage]) -> "list[ImageEmbedding] | Iterator[ImageEmbedding]":
        """Yield an embedding per image. A single image is remembered: a person asks about it again and again."""
        if len(images) != 1:
            batches = in_batches(list(images), self._images_at_once, self._network.embed_images)
            return (embedding for batch in batches for embedding in batch)
        key = hashlib.blake2b(np.ascontiguousarray(images[0]).data, digest_size=16, salt=_salt(images[0])).digest()
        if key not in self._remembered:
            [self._remembered[key]] = self._network.embed_images(images)
            if len(self._remembered) > _REMEMBERED_IMAGES:
                self._remembered.popitem(last=False)
        self._remembered.move_to_end(key)
        return [self._remembered[key]]

    def _embed_texts(self, prompts: Sequence[str]) -> "list[TextEmbedding]":
        phrases = {prompt: (self._card and self._card.phrase_for(prompt)) or plain_phrase(prompt) for prompt in prompts}
        new = [phrase for phrase in dict.fromkeys(phrases.values()) if phrase not in self._texts]
        if new:
            self._texts |= dict(zip(new, self._network.embed_texts(new), strict=True))
        return [self._texts[phrases[prompt]] for prompt in prompts]


def load(checkpoint: str | None, device: str | None, *, why_narrow: str | None = None) -> Sam3Annotator:
    """Open a checkpoint: a folder, a hub id, or None for `facebook/sam3`; on the best device unless one is named.

    Raises:
        EngineUnavailable: packages or weights are missing, or no access to them, or no such device.
    """
    source = checkpoint or SAM3
    folder = locate(source)
    card = read_card(folder)
    try:
        import torch
        from safetensors import SafetensorError

        from pictograph_server.engines.annotators.sam3_network import Sam3Network
    except ImportError as error:
        fix = "Install it: pip install 'pictograph[sam3]'"
        raise EngineUnavailable("SAM 3 cannot run here", why=f"the package {error.name} is missing", fix=fix) from error
    place = open_device(device)
    limit_threads(place, folder)
    with _silence():
        try:
            network = Sam3Network(folder, place, best_dtype(place, folder))
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            if isinstance(error, torch.cuda.OutOfMemoryError):
                why = "the device has not enough memory for its weights"
            else:
                why = f"its files are no complete SAM 3 checkpoint ({' '.join(str(error).split())[:200]})"
            raise EngineUnavailable(
                f"The checkpoint {source} cannot be loaded", why=why, fix="Copy it again"
            ) from error
    images, prompts = batch_sizes(place)
    return Sam3Annotator(
        network,
        checkpoint=card.name if card else source if folder != Path(source).expanduser() else folder.resolve().name,
        card=card,
        why_narrow=why_narrow,
        images_at_once=images,
        prompts_at_once=prompts,
    )


def load_tiny(checkpoint: str | None, device: str | None) -> Sam3Annotator:
    """Open the packaged checkpoint, which knows drawn road signs only."""
    return load(checkpoint or str(TINY_FOLDER), device)


@contextmanager
def _silence() -> Generator[None]:
    """Keep `transformers` from drawing progress bars and warning about expected keys; put it back afterwards."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _detection(prompt: str, confidence: float, crop: tuple["Tensor", tuple[int, int]] | None) -> Detection | None:
    """Return a detection with the bounds of its mask as its box, or None when the mask is empty.

    The network's own boxes are a little worse (packaged checkpoint: recall 0.88 against 0.91).
    """
    if crop is None:
        return None
    mask, (left, top) = without_specks(crop[0].cpu().numpy()), crop[1]
    bounds = mask_to_box(mask)
    if bounds is None:
        return None
    x_min, y_min, x_max, y_max = bounds
    box = (float(left + x_min), float(top + y_min), float(left + x_max), float(top + y_max))
    cropped = CroppedMask.from_array(mask[y_min:y_max, x_min:x_max], origin_xy=(left + x_min, top + y_min))
    return Detection(prompt, confidence, box, cropped)


def _salt(image: RgbImage) -> bytes:
    # Two images of different shape may have the same bytes.
    return b"".join(int(side).to_bytes(4, "little") for side in image.shape[:2])


def _size_wh(image: RgbImage) -> tuple[int, int]:
    return int(image.shape[1]), int(image.shape[0])


def _as_box(row: Sequence[float] | np.ndarray) -> Box:
    x_min, y_min, x_max, y_max = (float(value) for value in row)
    return x_min, y_min, x_max, y_max


ANNOTATORS = (
    AnnotatorSpec(name="sam3", load=load, extra="sam3"),
    AnnotatorSpec(name="tiny", load=load_tiny, extra="sam3"),
)
