"""From what a network detected to what is kept of it: pure, for batch jobs and for single prompts.

A detection belongs to every class that has its prompt and to no other; each class then has its own threshold, least
area and number, and duplicates are looked for among its own detections only.

Two detections are the same object when their boxes overlap by `SAME_BOX_IOU` and, where both have masks, the masks by
`SAME_MASK_IOU`. Boxes nearly always decide and cost nothing, whatever the engine; the masks are looked at where the
boxes agree, and keep apart two sticks that cross. The answers to single prompts are outlines: their boxes decide.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from pictograph.geometry.rings import polygon_area
from pictograph_server.engines.annotators.base import Box, Detection
from pictograph_server.engines.annotators.shapes import FoundShape
from pictograph_server.services.auto_annotation.request import BatchPlan, WantedClass

if TYPE_CHECKING:
    from pictograph.geometry.cropped_mask import CroppedMask

SAME_BOX_IOU = 0.7
SAME_MASK_IOU = 0.5

Found = TypeVar("Found", Detection, FoundShape)
_Group = TypeVar("_Group")


def findings_of(plan: BatchPlan, detections: Sequence[Found], image_size_wh: tuple[int, int]) -> dict[str, list[Found]]:
    """Return class name -> what the image keeps of it, most confident first; every class of the plan is there.

    The order of `detections` does not matter, and what is kept, given again, is kept again.
    """
    found = {wanted.name: _of_class(plan, wanted, detections) for wanted in plan.classes}
    if plan.exclusive:
        found = _each_object_once(plan, found)
    kept = {wanted.name: found[wanted.name][: plan.most_of(wanted)] for wanted in plan.classes}
    return _best_tags(plan, kept, image_size_wh) if plan.model_id is not None else kept


def merged(detections: Sequence[Found], prompts: Sequence[str]) -> list[Found]:
    """Return the detections of one class with each object once, most confident first.

    Only what *different* prompts found is compared: that one prompt found two objects in nearly the same place is what
    the network says, and a class with one prompt keeps all of it. Of equals the prompt named first wins.
    """
    ranks = {prompt: rank for rank, prompt in enumerate(prompts)}
    ordered = sorted(detections, key=lambda each: _order(each, ranks[each.prompt]))
    if len(ranks) == 1:
        return ordered
    return [each for each, _ in _suppressed([(each, each.prompt) for each in ordered])]


def is_same_object(one: Found, other: Found) -> bool:
    """Return whether two detections are of one object, by the rule at the top of this file."""
    if _box_iou(one.box_xyxy, other.box_xyxy) < SAME_BOX_IOU:
        return False
    ours, theirs = _mask_of(one), _mask_of(other)
    return ours is None or theirs is None or _mask_iou(ours, theirs) >= SAME_MASK_IOU


def area_of(found: Found) -> float:
    """Return the square pixels of the mask or outline, or of the box where there is none."""
    if isinstance(found, FoundShape):
        return sum(map(polygon_area, found.polygons)) or _box_area(found.box_xyxy)
    return _box_area(found.box_xyxy) if found.mask is None else _pixels(found.mask)


def _of_class(plan: BatchPlan, wanted: WantedClass, detections: Sequence[Found]) -> list[Found]:
    threshold, min_area = plan.threshold_of(wanted), plan.min_area_of(wanted)
    own = [each for each in detections if each.prompt in wanted.prompts and each.confidence >= threshold]
    large = [each for each in own if min_area <= 0 or area_of(each) >= min_area]
    return merged(large, wanted.prompts)


def _each_object_once(plan: BatchPlan, found: dict[str, list[Found]]) -> dict[str, list[Found]]:
    """Leave each object to the class it answers best; of equals the class named first wins.

    Tags take part in nothing: they are of the image as a whole.
    """
    shaped = [wanted for wanted in plan.classes if wanted.output_type != "tag"]
    contest = [
        (-each.confidence, rank, place, each, wanted.name)
        for rank, wanted in enumerate(shaped)
        for place, each in enumerate(found[wanted.name])
    ]
    winners = _suppressed([(each, name) for *_, each, name in sorted(contest, key=lambda entry: entry[:3])])
    alone = {wanted.name: [each for each, name in winners if name == wanted.name] for wanted in shaped}
    return found | alone


def _suppressed(ordered: Sequence[tuple[Found, _Group]]) -> list[tuple[Found, _Group]]:
    """Return what no earlier survivor of another group covers."""
    kept: list[tuple[Found, _Group]] = []
    for each, group in ordered:
        if not any(other != group and is_same_object(each, rival) for rival, other in kept):
            kept.append((each, group))
    return kept


def _best_tags(
    plan: BatchPlan, found: dict[str, list[Found]], image_size_wh: tuple[int, int]
) -> dict[str, list[Found]]:
    """Keep of the tags that a classification model gives the whole image the `top_k` it is surest of."""
    width, height = image_size_wh
    whole = (0.0, 0.0, float(width), float(height))
    tags = [
        (-each[0].confidence, rank, wanted.name)
        for rank, wanted in enumerate(plan.classes)
        if wanted.output_type == "tag"
        and (each := found[wanted.name])
        and _mask_of(each[0]) is None
        and each[0].box_xyxy == whole
    ]
    beaten = {name for _, _, name in sorted(tags)[plan.top_k :]}
    return {name: [] if name in beaten else each for name, each in found.items()}


def _order(found: Detection | FoundShape, rank: int) -> tuple[float, int, Box, bytes]:
    """Return what to sort by: the confidence, and for equals always the same order, however they came."""
    mask = _mask_of(found)
    return (-found.confidence, rank, found.box_xyxy, mask.runs if mask else b"")


def _mask_of(found: Detection | FoundShape) -> "CroppedMask | None":
    return found.mask if isinstance(found, Detection) else None


def _box_iou(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    inter = width * height
    return inter / (_box_area(one) + _box_area(other) - inter)


def _box_area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _mask_iou(one: "CroppedMask", other: "CroppedMask") -> float:
    left, top = max(one.origin_xy[0], other.origin_xy[0]), max(one.origin_xy[1], other.origin_xy[1])
    right = min(one.origin_xy[0] + one.shape_hw[1], other.origin_xy[0] + other.shape_hw[1])
    bottom = min(one.origin_xy[1] + one.shape_hw[0], other.origin_xy[1] + other.shape_hw[0])
    if right <= left or bottom <= top:
        return 0.0

    def window(mask: "CroppedMask"):
        x, y = mask.origin_xy
        return mask.to_array()[top - y : bottom - y, left - x : right - x]

    inter = int((window(one) & window(other)).sum())
    union = _pixels(one) + _pixels(other) - inter
    return inter / union if union else 0.0


def _pixels(mask: "CroppedMask") -> int:
    # In here: the API server merges single prompts with this file and starts without numpy.
    import numpy as np

    return int(np.frombuffer(mask.runs, "<u4")[1::2].sum(dtype=np.int64))
