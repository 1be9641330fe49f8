"""OWLv2: boxes for phrases and for «like this»; outlines by SAM 2.1 where its weights are on this machine too."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pictograph.geometry import boxes
from pictograph_server.engines.annotators.base import AnnotatorSpec, Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.annotators.card import plain_phrase
from pictograph_server.engines.annotators.checkpoints.catalogue import OWLV2, SAM2, known_annotator
from pictograph_server.engines.annotators.checkpoints.folders import engine_name, locate_network, optional_networks
from pictograph_server.engines.annotators.devices import (
    FittingBatches,
    batch_sizes,
    best_dtype,
    describe,
    limit_threads,
    open_device,
    remembered_bytes,
)
from pictograph_server.engines.annotators.loading import load_network
from pictograph_server.engines.annotators.packages import check_packages
from pictograph_server.engines.annotators.pictures import as_box, fingerprint, size_of
from pictograph_server.engines.annotators.sam2_cutter import Sam2Cutter, open_cutter
from pictograph_server.engines.annotators.sam3.embedding_cache import EmbeddingCache
from pictograph_server.engines.errors import EngineError, EngineUnavailable

if TYPE_CHECKING:
    from pictograph_server.engines.annotators.owlv2_network import Owlv2Network, Question, SeenImage

NAME = "owlv2"
# Two boxes of one phrase that overlap more than this are one object: every patch of the image proposes one.
DUPLICATE_IOU = 0.5
# What detections of examples without a phrase are called.
EXAMPLES_ALONE = "visual"
# Patches whose box overlaps an example nearly as well as the best one's are all candidates for standing for it.
_NEARLY = 0.8
_REMEMBERED_PHRASES_BYTES = 16 << 20


class Owlv2Annotator:
    """OWLv2, ready to be asked.

    Phrases and examples are scored independently, so one object may answer two. `confidence` is OWLv2's own: low for
    phrases (0.1 to 0.3 is a find), high for examples (0.6 and more): docs/engines/owlv2.md. A phrase beside examples
    names what is found and does not narrow it down. Without SAM 2.1 there are boxes only.
    """

    def __init__(
        self,
        network: "Owlv2Network",
        cutter: Sam2Cutter | None,
        *,
        name: str,
        images_at_once: int = 1,
        remembered_bytes: int = 128 << 20,
    ) -> None:
        self.name = name
        self.device = describe(network.device, network.dtype)
        cuts = {Capability.BOX, Capability.POINT} if cutter is not None else set[Capability]()
        self.capabilities = frozenset({Capability.TEXT, Capability.EXEMPLAR} | cuts)
        self._network = network
        self._cutter = cutter
        self._image_batches = FittingBatches(images_at_once)
        self._questions = EmbeddingCache(_REMEMBERED_PHRASES_BYTES)
        self._seen = EmbeddingCache(remembered_bytes)

    def check_prompts(self, prompts: Sequence[str]) -> None:
        """Do nothing: any phrase may be asked for."""

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every instance of every prompt with confidence above `threshold`, best first."""
        names = list(dict.fromkeys(prompts))
        if not names:
            return [[] for _ in images]
        questions = [self._ask_for(name) for name in names]
        answers: list[list[Detection]] = []
        for image, seen in zip(images, self._look(images), strict=True):
            found: list[Detection] = []
            for name, scores in zip(names, self._network.scores(seen, questions).numpy(), strict=True):
                found += _instances(seen, scores, name, image, threshold)
            answers.append(self._finished(image, found, max_detections))
        return answers

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        """Return, for each image, every object like the positive exemplars and unlike the negative ones, best first.

        A patch is as sure as of the positive exemplar that it is most like, unless it is as much like a negative one.
        """
        positive, negative = self._ask_like(alike)
        answers: list[list[Detection]] = []
        for image, seen in zip(images, self._look(images), strict=True):
            scores = self._network.scores(seen, [*positive, *negative]).numpy()
            like = scores[: len(positive)].max(axis=0)
            if negative:
                like = np.where(scores[len(positive) :].max(axis=0) >= like, 0.0, like)
            found = _instances(seen, like, alike.phrase or EXAMPLES_ALONE, image, threshold)
            answers.append(self._finished(image, found, max_detections))
        return answers

    def box(
        self, image: RgbImage, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> list[Detection]:
        """Return the object inside the first positive box, refined; negative boxes say what it is not."""
        return self._needed_cutter("a box").box(image, boxes_xyxy, is_positive=is_positive, threshold=threshold)

    def points(
        self, image: RgbImage, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> Detection | None:
        """Return the one object that the positive points touch and the negative points do not."""
        return self._needed_cutter("clicks").points(image, points_xy, is_positive=is_positive)

    def _finished(self, image: RgbImage, found: Sequence[Detection], most: int) -> list[Detection]:
        best = sorted(found, key=lambda detection: -detection.confidence)[:most]
        return best if self._cutter is None else self._cutter.outlined(image, best)

    def _needed_cutter(self, asked_with: str) -> Sam2Cutter:
        if self._cutter is None:
            raise EngineUnavailable(
                f"{self.name} cannot be asked with {asked_with}",
                why="cutting out one object takes SAM 2.1, whose weights are not on this machine",
                fix="Fetch them: `pictograph engines pull owlv2`",
            )
        return self._cutter

    def _look(self, images: Sequence[RgbImage]) -> "Iterator[SeenImage]":
        """Yield what is seen in each image. A single one is remembered: a person asks about it again and again."""
        if len(images) == 1:
            yield self._look_at(images[0])
            return
        for batch in self._image_batches.run(images, self._network.look):
            yield from batch

    def _look_at(self, image: RgbImage) -> "SeenImage":
        return self._seen.get(fingerprint(image), lambda: self._network.look([image])[0])

    def _ask_for(self, prompt: str) -> "Question":
        phrase = plain_phrase(prompt)
        return self._questions.get(phrase, lambda: self._network.ask_for(phrase))

    def _ask_like(self, alike: Exemplars) -> "tuple[list[Question], list[Question]]":
        size = size_of(alike.image)
        marked = zip(boxes.clip(list(alike.boxes_xyxy), size), alike.is_positive, strict=True)
        drawn = [(as_box(box), yes) for box, yes in marked if float(boxes.areas(box)[0]) > 0]
        if not any(yes for _, yes in drawn):
            what = "Exemplars need a positive box with an area inside the image"
            raise EngineError(what, fix="Draw a larger box")
        seen = self._look_at(alike.image)
        asked = [(self._network.ask_like(seen, self._patch_of(seen, box, alike.image)), yes) for box, yes in drawn]
        return [question for question, yes in asked if yes], [question for question, yes in asked if not yes]

    def _patch_of(self, seen: "SeenImage", box: Box, image: RgbImage) -> int:
        """Return the patch that stands for what is in a box.

        Of the patches that propose nearly this box, the one least like the whole image: the others describe what
        surrounds it, as the authors' own code has it.
        """
        overlaps = boxes.iou([box], _in_pixels(seen, image))[0]
        candidates = np.flatnonzero(overlaps >= _NEARLY * overlaps.max()) if overlaps.max() > 0 else np.array([], int)
        if not candidates.size:
            candidates = np.array([_nearest(box, _in_pixels(seen, image))])
        embeddings = self._network.embeddings(seen).cpu().numpy()
        return int(candidates[np.argmin(embeddings[candidates] @ embeddings.mean(axis=0))])


def load(checkpoint: str | None, device: str | None) -> Owlv2Annotator:
    """Open OWLv2, and SAM 2.1 where it is here: from a folder, or where None from the hub's cache or the hub.

    Raises:
        EngineUnavailable: packages or weights are missing, or no access to them, or no such device.
    """
    known = known_annotator(NAME)
    assert known is not None
    check_packages("sam3", purpose=known.title)
    folder = Path(checkpoint).expanduser() if checkpoint is not None else None
    finds = locate_network(OWLV2, folder)
    cuts = locate_network(SAM2, folder) if SAM2 in optional_networks(known, folder) else None
    from pictograph_server.engines.annotators.owlv2_network import Owlv2Network

    place = open_device(device)
    limit_threads(place, finds)
    dtype = best_dtype(place, finds)
    network = load_network(OWLV2.short_name, str(finds), lambda: Owlv2Network(finds, place, dtype))
    images_at_once, _ = batch_sizes(place, finds)
    return Owlv2Annotator(
        network,
        open_cutter(cuts, place) if cuts is not None else None,
        name=engine_name(known, folder),
        images_at_once=images_at_once,
        remembered_bytes=remembered_bytes(place) // 2,
    )


def _instances(
    seen: "SeenImage", scores: NDArray[np.float32], prompt: str, image: RgbImage, threshold: float
) -> list[Detection]:
    """Return the instances of one question as boxes on the image: confident, each once, best first."""
    boxes_xyxy = _in_pixels(seen, image)
    rows = np.flatnonzero((scores > threshold) & (boxes.areas(boxes_xyxy) > 0))
    kept = rows[boxes.nms(boxes_xyxy[rows], scores[rows], iou_threshold=DUPLICATE_IOU)]
    return [Detection(prompt, float(scores[row]), as_box(boxes_xyxy[row])) for row in kept]


def _in_pixels(seen: "SeenImage", image: RgbImage) -> NDArray[np.float64]:
    """Return the patches' boxes in pixels: they are relative to the square around the image."""
    return boxes.clip(seen.boxes_xyxy.cpu().numpy() * float(max(size_of(image))), size_of(image))


def _nearest(box: Box, boxes_xyxy: NDArray[np.float64]) -> int:
    middle = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    middles = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    return int(np.argmin(((middles - middle) ** 2).sum(axis=1)))


ANNOTATORS = (AnnotatorSpec(name=NAME, load=load, extra="sam3"),)
