from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictograph.geometry.cropped_mask import CroppedMask
from pictograph_server.engines.annotators.base import Box, Detection
from pictograph_server.services.auto_annotation.findings import area_of, findings_of, is_same_object
from pictograph_server.services.auto_annotation.request import BatchPlan, WantedClass

SIZE_WH = (200, 100)
SIGN: Box = (10, 10, 50, 50)
# Overlaps SIGN by 0.81.
NEARLY: Box = (10, 10, 50, 42.4)
FAR: Box = (100, 10, 140, 50)


def wanted(name: str, *prompts: str, output_type: str = "bbox", **limits: float | None) -> WantedClass:
    return WantedClass.model_validate(
        {"name": name, "output_type": output_type, "prompts": prompts or (name,), **limits}
    )


def plan(*classes: WantedClass, **settings: object) -> BatchPlan:
    return BatchPlan.model_validate({"classes": classes, "confidence_threshold": 0.5, **settings})


def found(prompt: str, confidence: float, box: Box = SIGN, mask: CroppedMask | None = None) -> Detection:
    return Detection(prompt, confidence, box, mask)


def kept(asked: BatchPlan, *detections: Detection) -> dict[str, list[tuple[str, float]]]:
    of = findings_of(asked, detections, SIZE_WH)
    return {name: [(each.prompt, each.confidence) for each in each_class] for name, each_class in of.items()}


# --- prompts of a class -------------------------------------------------------------------------------------------


def test_prompts_of_a_class__one_object_is_kept_once_as_the_surest():
    asked = plan(wanted("stop", "stop sign", "red octagon"))
    assert kept(asked, found("stop sign", 0.7), found("red octagon", 0.9, NEARLY), found("stop sign", 0.6, FAR)) == {
        "stop": [("red octagon", 0.9), ("stop sign", 0.6)]
    }


def test_prompts_of_a_class__equally_sure_the_first_named_wins():
    asked = plan(wanted("stop", "stop sign", "red octagon"))
    assert kept(asked, found("red octagon", 0.9), found("stop sign", 0.9)) == {"stop": [("stop sign", 0.9)]}


def test_prompts_of_a_class__what_one_prompt_found_twice_stays():
    assert kept(plan(wanted("stop")), found("stop", 0.9), found("stop", 0.8)) == {
        "stop": [("stop", 0.9), ("stop", 0.8)]
    }


def test_prompts_of_a_class__masks_keep_apart_what_boxes_do_not():
    falling, rising = np.eye(40, dtype=bool), np.eye(40, dtype=bool)[::-1]
    sticks = [CroppedMask.from_array(mask, origin_xy=(10, 10)) for mask in (falling, rising)]
    asked = plan(wanted("stick", "stick", "rod"))
    crossed = [found("stick", 0.9, mask=sticks[0]), found("rod", 0.8, mask=sticks[1])]
    assert kept(asked, *crossed) == {"stick": [("stick", 0.9), ("rod", 0.8)]}
    assert kept(asked, crossed[0], found("rod", 0.8, mask=sticks[0])) == {"stick": [("stick", 0.9)]}


# --- classes beside each other ------------------------------------------------------------------------------------


def test_classes__share_a_prompt_each_with_its_threshold():
    asked = plan(wanted("sign", "stop sign", confidence_threshold=0.2), wanted("stop", "stop sign"))
    assert kept(asked, found("stop sign", 0.3)) == {"sign": [("stop sign", 0.3)], "stop": []}
    assert asked.prompts == ("stop sign",)
    assert asked.asked_threshold == 0.2


def test_classes__a_threshold_may_be_higher_than_the_batches():
    asked = plan(wanted("a", confidence_threshold=0.9), wanted("b"))
    assert kept(asked, found("a", 0.8), found("b", 0.5)) == {"a": [], "b": [("b", 0.5)]}
    assert asked.asked_threshold == 0.5


def test_classes__one_object_answers_both_unless_exclusive():
    detections = [found("car", 0.8), found("van", 0.9, NEARLY), found("car", 0.7, FAR)]
    classes = (wanted("car"), wanted("van"))
    assert kept(plan(*classes), *detections) == {"car": [("car", 0.8), ("car", 0.7)], "van": [("van", 0.9)]}
    assert kept(plan(*classes, exclusive=True), *detections) == {"car": [("car", 0.7)], "van": [("van", 0.9)]}


def test_exclusive__a_shared_prompt_goes_to_the_first_class():
    asked = plan(wanted("b", "sign"), wanted("a", "sign"), exclusive=True)
    assert kept(asked, found("sign", 0.8)) == {"b": [("sign", 0.8)], "a": []}


def test_exclusive__what_is_below_its_own_threshold_takes_nothing_away():
    asked = plan(wanted("car"), wanted("van", confidence_threshold=0.95), exclusive=True)
    assert kept(asked, found("car", 0.8), found("van", 0.9)) == {"car": [("car", 0.8)], "van": []}


def test_exclusive__tags_take_part_in_nothing():
    asked = plan(wanted("street", output_type="tag"), wanted("car"), exclusive=True)
    assert kept(asked, found("street", 0.9), found("car", 0.8)) == {"street": [("street", 0.9)], "car": [("car", 0.8)]}


# --- limits -------------------------------------------------------------------------------------------------------


def test_max_detections__of_the_class_goes_before_the_batches():
    asked = plan(wanted("a", max_detections=1), wanted("b"), max_detections=2)
    three = [found(name, 0.9 - n / 10, (20.0 * n, 0, 20.0 * n + 10, 10)) for n in range(3) for name in "ab"]
    assert {name: len(each) for name, each in kept(asked, *three).items()} == {"a": 1, "b": 2}


def test_max_detections__counts_what_is_left_to_the_class():
    asked = plan(wanted("a"), wanted("b"), max_detections=1, exclusive=True)
    assert kept(asked, found("a", 0.8), found("b", 0.9), found("a", 0.7, FAR))["a"] == [("a", 0.7)]


def test_min_area__mask_where_there_is_one_else_box():
    small = CroppedMask.from_array(np.eye(40, dtype=bool), origin_xy=(10, 10))
    assert (area_of(found("a", 0.9)), area_of(found("a", 0.9, mask=small))) == (1600, 40)
    asked = plan(wanted("a", min_area=41), wanted("b"), min_area=1601)
    assert kept(asked, found("a", 0.9, mask=small), found("a", 0.8), found("b", 0.9)) == {"a": [("a", 0.8)], "b": []}


def test_top_k__of_the_tags_of_a_classification_model():
    whole: Box = (0, 0, 200, 100)
    classes = [wanted(name, output_type="tag") for name in "abc"]
    detections = [found("a", 0.6, whole), found("b", 0.9, whole), found("c", 0.7, whole)]
    assert [name for name, each in kept(plan(*classes, model_id="m", top_k=2), *detections).items() if each] == [
        "b",
        "c",
    ]
    assert all(kept(plan(*classes, top_k=2), *detections).values())


# --- the rule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(NEARLY, True, id="nearly the same"),
        pytest.param((10, 10, 50, 30), False, id="half of it"),
        pytest.param(FAR, False, id="elsewhere"),
        pytest.param((50, 10, 90, 50), False, id="touching"),
    ],
)
def test_is_same_object__by_boxes(other: Box, same: bool):
    assert is_same_object(found("a", 0.9), found("b", 0.9, other)) is same


def test_is_same_object__masks_in_crops_of_their_own():
    board = np.ones((40, 40), dtype=bool)
    wider = np.pad(board, 5)
    one = found("a", 0.9, mask=CroppedMask.from_array(board, origin_xy=(10, 10)))
    other = found("b", 0.9, mask=CroppedMask.from_array(wider, origin_xy=(5, 5)))
    assert is_same_object(one, other)


# --- whatever is found --------------------------------------------------------------------------------------------

PHRASES = ("red octagon", "stop sign", "sign", "car")


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y = draw(st.integers(0, 3)) * 10, draw(st.integers(0, 3)) * 10
    return (x, y, x + draw(st.integers(1, 4)) * 10, y + draw(st.integers(1, 4)) * 10)


detections = st.lists(
    st.builds(Detection, st.sampled_from(PHRASES), st.integers(1, 10).map(lambda tenths: tenths / 10), boxes()),
    max_size=12,
)
some_classes = st.lists(
    st.builds(
        wanted,
        st.just("x"),
        st.sampled_from(PHRASES),
        st.sampled_from(PHRASES),
        output_type=st.sampled_from(["bbox", "tag"]),
        confidence_threshold=st.none() | st.integers(0, 10).map(lambda tenths: tenths / 10),
        max_detections=st.none() | st.integers(1, 3),
        min_area=st.none() | st.just(300.0),
    ),
    min_size=1,
    max_size=4,
).map(lambda classes: [one.model_copy(update={"name": f"class {index}"}) for index, one in enumerate(classes)])


@given(some_classes, detections, st.booleans(), st.randoms(use_true_random=False))
def test_findings__do_not_depend_on_the_order(
    classes: list[WantedClass], all_of: list[Detection], alone: bool, random: Random
):
    asked = plan(*classes, exclusive=alone)
    shuffled = list(all_of)
    random.shuffle(shuffled)
    assert findings_of(asked, shuffled, SIZE_WH) == findings_of(asked, all_of, SIZE_WH)


@given(some_classes, detections, st.booleans())
def test_findings__kept_once_kept_again(classes: list[WantedClass], all_of: list[Detection], alone: bool):
    asked = plan(*classes, exclusive=alone)
    once = findings_of(asked, all_of, SIZE_WH)
    # Each class by itself, for a detection may be kept by several.
    again = {each.name: findings_of(plan(each), once[each.name], SIZE_WH)[each.name] for each in classes}
    assert again == once


@given(some_classes, detections)
def test_findings__no_class_changes_what_another_finds(classes: list[WantedClass], all_of: list[Detection]):
    together = findings_of(plan(*classes), all_of, SIZE_WH)
    assert together == {each.name: findings_of(plan(each), all_of, SIZE_WH)[each.name] for each in classes}


@given(some_classes, detections, st.booleans())
def test_findings__only_of_its_prompts_and_limits(classes: list[WantedClass], all_of: list[Detection], alone: bool):
    asked = plan(*classes, exclusive=alone)
    for each in classes:
        mine = findings_of(asked, all_of, SIZE_WH)[each.name]
        assert all(one.prompt in each.prompts and one.confidence >= asked.threshold_of(each) for one in mine)
        assert all(area_of(one) >= asked.min_area_of(each) for one in mine)
        assert len(mine) <= asked.most_of(each)
        assert _is_sorted([one.confidence for one in mine])


@given(some_classes, detections)
def test_findings__exclusive_leaves_no_object_to_two_classes(classes: list[WantedClass], all_of: list[Detection]):
    shaped = [each for each in classes if each.output_type != "tag"]
    of = findings_of(plan(*classes, exclusive=True), all_of, SIZE_WH)
    for index, each in enumerate(shaped):
        for other in shaped[index + 1 :]:
            assert not any(is_same_object(one, two) for one in of[each.name] for two in of[other.name])


def _is_sorted(confidences: Sequence[float]) -> bool:
    return list(confidences) == sorted(confidences, reverse=True)
