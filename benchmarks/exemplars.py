"""How best to show an annotator what to look for when the example is on another image; see docs/decisions/0005.

    python -m benchmarks.exemplars [pairs]

Each pair is two drawn scenes: a sign of the first is the exemplar, and everything of its class on the second is to be
found, nothing else; in every other pair there is something. The scenes are those of the demo, and those that the
packaged checkpoint was trained on.
"""

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import cv2
import numpy as np
import torch
from examples.scenes.scene import draw_scene
from examples.scenes.signs import DRAWERS
from numpy.typing import NDArray
from tools.tiny_sam3 import scenes as training
from torch import Tensor
from torch.nn.functional import cosine_similarity
from torchvision.ops import roi_align

from pictograph.geometry.boxes import nms
from pictograph.metrics.detection import Boxes, Matches, evaluate_detections, match_detections
from pictograph_server.engines.annotators.base import Annotator, Box, Detection, Exemplars
from pictograph_server.engines.annotators.checkpoints.weights import TINY_FOLDER
from pictograph_server.engines.annotators.pictures import as_box
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.annotators.sam3.masks import mask_to_detection
from pictograph_server.engines.annotators.sam3.network import Sam3Network

Rgb = NDArray[np.uint8]
Objects = Sequence[tuple[str, Box]]
LOWEST = 0.02  # confidence; average precision looks at the whole curve
THRESHOLDS = (0.3, 0.4, 0.5)
# A seed that no training and no test uses.
SEED = 4711


@dataclass(frozen=True)
class Pair:
    source: Rgb
    exemplar: Box
    target: Rgb
    wanted: Sequence[Box]


Way = Callable[[Annotator, Pair], list[Detection]]


def carried_tokens(_: Annotator, pair: Pair) -> list[Detection]:
    """What the network made of the exemplar on its own image is asked of the other."""
    network, (height, width) = _network(), pair.target.shape[:2]
    [source], [target] = network.embed_images([pair.source]), network.embed_images([pair.target])
    shown = network.embed_boxes(source, [pair.exemplar], [True], (pair.source.shape[1], pair.source.shape[0]))
    proposals = network.propose(target, [network.embed_text("visual").followed_by(shown)])
    corners = proposals.boxes[0].double().numpy() * np.array([width, height, width, height])
    confidences = proposals.confidences[0].numpy()
    kept = [int(i) for i in nms(corners, confidences, iou_threshold=0.5) if confidences[i] > LOWEST]
    drawn = [
        mask_to_detection(logits, "visual", float(confidences[i]), as_box(corners[i]), (width, height))
        for i, logits in zip(kept, network.masks_of(proposals, 0, kept), strict=True)
    ]
    return [detection for detection in drawn if detection is not None]


def tokens_and_likeness(annotator: Annotator, pair: Pair) -> list[Detection]:
    """The same, each answer's confidence times how alike the vision encoder sees it and the exemplar."""
    shown = _pooled(pair.source, pair.exemplar)
    found = carried_tokens(annotator, pair)
    alike = [float(cosine_similarity(shown, _pooled(pair.target, d.box_xyxy), dim=0)) for d in found]
    return [replace(d, confidence=d.confidence * max(0.0, a)) for d, a in zip(found, alike, strict=True)]


def pasted_into_a_corner(annotator: Annotator, pair: Pair) -> list[Detection]:
    """The exemplar is painted over the corner of the other image that shows the least: what the engine does."""
    [found] = annotator.exemplars([pair.target], Exemplars(pair.source, [pair.exemplar], [True]), threshold=LOWEST)
    return found


def pasted_beside(annotator: Annotator, pair: Pair) -> list[Detection]:
    """The other image gets a grey strip on its right, with the exemplar in it."""
    crop = _crop(pair, side=0.3)
    tall, wide = pair.target.shape[:2]
    canvas = np.full((tall, wide + crop.shape[1], 3), 128, np.uint8)
    canvas[:, :wide] = pair.target
    canvas[: crop.shape[0], wide:] = crop
    return _found_outside(annotator, canvas, _box_in_crop(pair, crop, wide, 0), (wide, 0, canvas.shape[1], tall))


def both_images(annotator: Annotator, pair: Pair) -> list[Detection]:
    """The two images side by side."""
    wide = pair.target.shape[1]
    canvas = np.concatenate([pair.target, pair.source], axis=1)
    x0, y0, x1, y1 = pair.exemplar
    return _found_outside(annotator, canvas, (x0 + wide, y0, x1 + wide, y1), (wide, 0, *canvas.shape[1::-1]))


WAYS: tuple[Way, ...] = (carried_tokens, tokens_and_likeness, pasted_into_a_corner, pasted_beside, both_images)


def main(pairs: int) -> None:
    annotator = open_annotator("tiny", "cpu")
    for name, draw in (("demo scenes", _demo_scene), ("training scenes", _training_scene)):
        drawn = list(_pairs(draw, pairs))
        print(f"{name}: {pairs} pairs, {sum(len(pair.wanted) for pair in drawn)} objects to find")
        _same_image(annotator, drawn)
        for way in WAYS:
            _measure(str(way.__name__), [way(annotator, pair) for pair in drawn], [pair.wanted for pair in drawn])


def _same_image(annotator: Annotator, pairs: Sequence[Pair]) -> None:
    """What exemplars are made for, to compare with: an object of the second image shows the rest of that image."""
    asked = [pair for pair in pairs if pair.wanted]
    found = [
        annotator.exemplars([p.target], Exemplars(p.target, p.wanted[:1], [True]), threshold=LOWEST)[0] for p in asked
    ]
    _measure("exemplar on the same image", found, [pair.wanted for pair in asked])


def _measure(name: str, found: Sequence[Sequence[Detection]], wanted: Sequence[Sequence[Box]]) -> None:
    truth = [_boxes(boxes) for boxes in wanted]
    answers = [_boxes([d.box_xyxy for d in each], [d.confidence for d in each]) for each in found]
    average_precision = evaluate_detections(truth, answers, ["alike"]).map_50
    print(f"  {name:28} AP@50 {average_precision:.3f}", end="")
    for threshold in THRESHOLDS:
        sure = [[d for d in each if d.confidence > threshold] for each in found]
        right = [match_detections(t, _boxes([d.box_xyxy for d in s])) for t, s in zip(truth, sure, strict=True)]
        total = sum(right, start=Matches(0, 0, 0))
        print(f"   >{threshold}: P {total.precision:.3f} R {total.recall:.3f}", end="")
    print()


def _pairs(draw: Callable[[np.random.Generator], tuple[Rgb, Objects]], count: int) -> Iterator[Pair]:
    drawn = (draw(np.random.default_rng([SEED, number])) for number in itertools.count())
    for number in range(count):
        source, objects = next(scene for scene in drawn if scene[1])
        class_name, exemplar = objects[0]
        target, there = next(drawn)
        while number % 2 == 0 and all(name != class_name for name, _ in there):
            target, there = next(drawn)
        yield Pair(source, exemplar, target, [box for name, box in there if name == class_name])


def _demo_scene(rng: np.random.Generator) -> tuple[Rgb, Objects]:
    few = [str(name) for name in rng.choice(list(DRAWERS), 3, replace=False)]
    scene = draw_scene(rng, place="city" if rng.random() < 0.5 else "country", night=False, wanted=few, others=())
    return scene.image, [(sign.class_name, _xyxy(sign.box_xywh())) for sign in scene.signs]


def _training_scene(rng: np.random.Generator) -> tuple[Rgb, Objects]:
    scene = training.draw_scene(rng)
    boxes = [(found.class_name, found.box_xyxy()) for found in scene.objects]
    return scene.image, [(name, (float(a), float(b), float(c), float(d))) for name, (a, b, c, d) in boxes]


def _crop(pair: Pair, *, side: float) -> Rgb:
    """Return the exemplar with a fifth around it, scaled so that its longer side is a share of the target's height."""
    (left, top, right, bottom) = _context(pair)
    crop = pair.source[top:bottom, left:right]
    scale = side * pair.target.shape[0] / max(crop.shape[:2])
    size_wh = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    return cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR).astype(np.uint8)


def _context(pair: Pair) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = pair.exemplar
    dx, dy = 0.2 * (x1 - x0), 0.2 * (y1 - y0)
    height, width = pair.source.shape[:2]
    return max(0, int(x0 - dx)), max(0, int(y0 - dy)), min(width, int(x1 + dx)), min(height, int(y1 + dy))


def _box_in_crop(pair: Pair, crop: Rgb, x: int, y: int) -> Box:
    """Return where the exemplar lies when its crop's top-left pixel is at `x, y`."""
    left, top, right, bottom = _context(pair)
    sx, sy = crop.shape[1] / (right - left), crop.shape[0] / (bottom - top)
    x0, y0, x1, y1 = pair.exemplar
    return x + (x0 - left) * sx, y + (y0 - top) * sy, x + (x1 - left) * sx, y + (y1 - top) * sy


def _pooled(image: Rgb, box: Box) -> Tensor:
    """Return the vision encoder's tokens of an image, averaged over the 25 parts of a box, as one row."""
    tokens = _seen(image.tobytes(), image.shape)
    side = round(tokens.shape[1] ** 0.5)
    grid = tokens.view(1, side, side, -1).permute(0, 3, 1, 2)
    height, width = image.shape[:2]
    row = torch.tensor([box]) * torch.tensor([side / width, side / height] * 2)
    return roi_align(grid, [row], 5, aligned=True).flatten()


@lru_cache(maxsize=2)
def _seen(pixels: bytes, shape: tuple[int, ...]) -> Tensor:
    [embedding] = _network().embed_images([np.frombuffer(pixels, np.uint8).reshape(shape)])
    return embedding.tokens


@cache
def _network() -> Sam3Network:
    return Sam3Network(TINY_FOLDER, torch.device("cpu"), torch.float32)


def _found_outside(annotator: Annotator, canvas: Rgb, exemplar: Box, pasted: Box) -> list[Detection]:
    [found] = annotator.exemplars([canvas], Exemplars(canvas, [exemplar], [True]), threshold=LOWEST)
    x0, y0, x1, y1 = pasted
    centers = [((d.box_xyxy[0] + d.box_xyxy[2]) / 2, (d.box_xyxy[1] + d.box_xyxy[3]) / 2) for d in found]
    return [d for d, (x, y) in zip(found, centers, strict=True) if not (x0 <= x <= x1 and y0 <= y <= y1)]


def _boxes(boxes: Sequence[Box], confidences: Sequence[float] | None = None) -> Boxes:
    return Boxes(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), np.int64),
        None if confidences is None else np.array(confidences, np.float32),
    )


def _xyxy(box_xywh: tuple[float, float, float, float]) -> Box:
    x, y, width, height = box_xywh
    return x, y, x + width, y + height


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
