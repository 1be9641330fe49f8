"""What every annotator must do, on the packaged checkpoint: a real SAM 3 network, small enough for a CPU."""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pictograph.geometry.boxes import iou
from pictograph.geometry.masks import rings_to_mask
from pictograph.geometry.rings import box_ring
from pictograph_server.engines.annotators import availability, sam3
from pictograph_server.engines.annotators.base import Annotator, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.annotators.checkpoints import hub, weights
from pictograph_server.engines.annotators.registry import annotator_specs, open_annotator
from pictograph_server.engines.annotators.sam3.annotator import Sam3Annotator
from pictograph_server.engines.errors import EngineError, EngineUnavailable, UnknownClasses

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

Box = tuple[float, float, float, float]
STOP: Box = (80, 90, 200, 210)
STOP_2: Box = (420, 140, 490, 210)
NO_ENTRY: Box = (270, 60, 370, 160)


@pytest.fixture(scope="module")
def annotator() -> Sam3Annotator:
    torch.set_num_threads(1)
    return sam3.load_tiny(None, "cpu")


@pytest.fixture(scope="module")
def street() -> RgbImage:
    """A drawn street with two stop signs and a no-entry sign between them."""
    image = np.empty((480, 640, 3), np.uint8)
    image[:240] = np.linspace((120, 165, 215), (190, 205, 220), 240)[:, None]
    image[240:] = (95, 120, 75)
    cv2.fillPoly(image, [np.array([[300, 240], [340, 240], [560, 480], [80, 480]])], (85, 85, 88))
    for x_min, _, x_max, y_max in (STOP, STOP_2, NO_ENTRY):
        cv2.line(image, (int((x_min + x_max) / 2), int(y_max)), (int((x_min + x_max) / 2), 330), (130, 130, 130), 5)
    draw_stop(image, STOP)
    draw_stop(image, STOP_2)
    draw_no_entry(image, NO_ENTRY)
    return cv2.GaussianBlur(image, (0, 0), 0.6).astype(np.uint8)


def draw_stop(image: RgbImage, box: Box) -> None:
    cv2.fillPoly(image, [octagon(box, 1.0)], (245, 245, 245), cv2.LINE_AA)
    cv2.fillPoly(image, [octagon(box, 0.92)], (200, 25, 35), cv2.LINE_AA)
    side = box[2] - box[0]
    (w, h), _ = cv2.getTextSize("STOP", cv2.FONT_HERSHEY_SIMPLEX, side / 105, max(1, int(side / 22)))
    at = (int((box[0] + box[2] - w) / 2), int((box[1] + box[3] + h) / 2))
    cv2.putText(
        image, "STOP", at, cv2.FONT_HERSHEY_SIMPLEX, side / 105, (245, 245, 245), max(1, int(side / 22)), cv2.LINE_AA
    )


def octagon(box: Box, scale: float) -> NDArray[np.int32]:
    angles = np.arange(8) * np.pi / 4 + np.pi / 8
    radius = (box[2] - box[0]) / 2 / np.cos(np.pi / 8) * scale
    center = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return np.round(np.stack([np.cos(angles), np.sin(angles)], 1) * radius + center).astype(np.int32)


def draw_no_entry(image: RgbImage, box: Box) -> None:
    center, radius = (int((box[0] + box[2]) / 2), int((box[1] + box[3]) / 2)), int((box[2] - box[0]) / 2)
    cv2.circle(image, center, radius, (245, 245, 245), -1, cv2.LINE_AA)
    cv2.circle(image, center, int(radius * 0.95), (200, 25, 35), -1, cv2.LINE_AA)
    dx, dy = int(radius * 0.7), int(radius * 0.19)
    cv2.rectangle(image, (center[0] - dx, center[1] - dy), (center[0] + dx, center[1] + dy), (245, 245, 245), -1)


def overlap(detection: Detection, box: Box) -> float:
    return float(iou([detection.box_xyxy], [box])[0, 0])


def whole_mask(detection: Detection, shape_hw: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape_hw, bool)
    assert detection.mask is not None
    (x, y), (rows, columns) = detection.mask.origin_xy, detection.mask.shape_hw
    mask[y : y + rows, x : x + columns] = detection.mask.to_array()
    return mask


def found_at(detections: Sequence[Detection], box: Box) -> list[Detection]:
    return [detection for detection in detections if overlap(detection, box) > 0.6]


# What the answers mean.


def test_text__finds_every_instance_of_each_prompt_once(annotator: Annotator, street: RgbImage):
    [found] = annotator.text([street], ["stop_sign", "no_entry"], threshold=0.5)
    stops = [d for d in found if d.prompt == "stop_sign"]
    assert len(stops) == 2 and found_at(stops, STOP) and found_at(stops, STOP_2)
    [entry] = [d for d in found if d.prompt == "no_entry"]
    assert overlap(entry, NO_ENTRY) > 0.7


def test_text__masks_follow_the_outline(annotator: Annotator, street: RgbImage):
    [found] = annotator.text([street], ["stop_sign"], threshold=0.5)
    [detection] = found_at(found, STOP)
    truth = np.zeros((480, 640), np.uint8)
    cv2.fillPoly(truth, [octagon(STOP, 1.0)], 1)
    mask = whole_mask(detection, (480, 640))
    assert (mask & truth.astype(bool)).sum() / (mask | truth.astype(bool)).sum() > 0.85


def test_text__class_that_is_not_there_is_not_found(annotator: Annotator, street: RgbImage):
    assert annotator.text([street], ["traffic_light"], threshold=0.5) == [[]]


def test_text__empty_picture_has_nothing(annotator: Annotator):
    assert annotator.text([np.full((100, 140, 3), 128, np.uint8)], ["stop_sign"], threshold=0.5) == [[]]


def test_text__best_first_and_above_the_threshold(annotator: Annotator, street: RgbImage):
    [found] = annotator.text([street], ["stop_sign", "no_entry"], threshold=0.2)
    confidences = [d.confidence for d in found]
    assert confidences == sorted(confidences, reverse=True) and min(confidences) > 0.2
    [fewer] = annotator.text([street], ["stop_sign", "no_entry"], threshold=confidences[0])
    assert fewer == []


def test_text__max_detections_keeps_the_best(annotator: Annotator, street: RgbImage):
    [all_found] = annotator.text([street], ["stop_sign"], threshold=0.3)
    [one] = annotator.text([street], ["stop_sign"], threshold=0.3, max_detections=1)
    assert [d.confidence for d in one] == [all_found[0].confidence]


def test_text__synonyms_and_spellings_ask_for_the_same(annotator: Annotator, street: RgbImage):
    answers = [annotator.text([street], [p], threshold=0.5)[0] for p in ("stop_sign", "Stop Signs", "a halt sign")]
    assert len({tuple(d.box_xyxy for d in answer) for answer in answers}) == 1


def test_text__a_batch_answers_like_single_images(annotator: Annotator, street: RgbImage):
    small = street[::2, ::2]
    batch = annotator.text([street, small], ["stop_sign"], threshold=0.5)
    alone = [annotator.text([image], ["stop_sign"], threshold=0.5)[0] for image in (street, small)]
    for together, single in zip(batch, alone, strict=True):
        assert np.allclose([d.box_xyxy for d in together], [d.box_xyxy for d in single], atol=0.05)


def test_text__nothing_asked_nothing_found(annotator: Annotator, street: RgbImage):
    assert annotator.text([street, street], [], threshold=0.5) == [[], []]
    assert annotator.text([], ["stop_sign"], threshold=0.5) == []


@pytest.mark.parametrize(
    "size_wh",
    [(1, 1), (3, 200), (200, 3), (641, 479), (2000, 90)],
    ids=["pixel", "sliver", "three rows", "odd", "banner"],
)
def test_text__any_size_of_image(annotator: Annotator, size_wh: tuple[int, int]):
    image = np.full((size_wh[1], size_wh[0], 3), 90, np.uint8)
    for detection in annotator.text([image], ["stop_sign"], threshold=0.01)[0]:
        x_min, y_min, x_max, y_max = detection.box_xyxy
        assert 0 <= x_min <= x_max <= size_wh[0] and 0 <= y_min <= y_max <= size_wh[1]
        assert whole_mask(detection, (size_wh[1], size_wh[0])).any()


def test_box__gives_back_the_object_with_a_better_box(annotator: Annotator, street: RgbImage):
    [found] = annotator.box(street, [(70, 84, 206, 222)], is_positive=[True], threshold=0.3)
    assert overlap(found, STOP) > 0.85


def test_box__negative_boxes_are_accepted(annotator: Annotator, street: RgbImage):
    [found] = annotator.box(street, [NO_ENTRY, STOP], is_positive=[False, True], threshold=0.3)
    assert overlap(found, STOP) > 0.7


def test_box__without_a_positive_one_is_refused(annotator: Annotator, street: RgbImage):
    with pytest.raises(EngineError, match="positive box"):
        annotator.box(street, [STOP], is_positive=[False], threshold=0.3)
    with pytest.raises(EngineError, match="positive box"):
        annotator.box(street, [(700, 10, 800, 90)], is_positive=[True], threshold=0.3)


def test_points__a_click_cuts_out_the_object_under_it(annotator: Annotator, street: RgbImage):
    for box in (STOP, NO_ENTRY):
        center = ((box[0] + box[2]) / 2, box[1] + 0.2 * (box[3] - box[1]))
        found = annotator.points(street, [center], is_positive=[True])
        assert found is not None and overlap(found, box) > 0.7


def test_points__box_is_the_bounds_of_the_mask(annotator: Annotator, street: RgbImage):
    found = annotator.points(street, [(140, 110)], is_positive=[True])
    assert found is not None
    ys, xs = np.nonzero(whole_mask(found, (480, 640)))
    assert found.box_xyxy == (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)


def test_points__only_negative_ones_are_refused(annotator: Annotator, street: RgbImage):
    with pytest.raises(EngineError, match="at least one point"):
        annotator.points(street, [(5, 5)], is_positive=[False])


def test_exemplars__one_shows_the_others_of_its_kind(annotator: Annotator, street: RgbImage):
    [found] = annotator.exemplars([street], Exemplars(street, [STOP], [True]), threshold=0.4)
    assert found_at(found, STOP) and found_at(found, STOP_2) and not found_at(found, NO_ENTRY)
    assert {d.prompt for d in found} == {"visual"}
    assert [d.confidence for d in found] == sorted((d.confidence for d in found), reverse=True)


def test_exemplars__on_another_image(annotator: Annotator, street: RgbImage):
    shown = np.ascontiguousarray(street[60:, :260])
    alike = Exemplars(shown, [(STOP[0], STOP[1] - 60, STOP[2], STOP[3] - 60)], [True])
    [first, second] = annotator.exemplars([street, street[:, ::-1]], alike, threshold=0.4)
    assert found_at(first, STOP) and found_at(first, STOP_2) and len(second) >= 2
    [none] = annotator.exemplars([np.full((200, 200, 3), 120, np.uint8)], alike, threshold=0.4)
    assert none == []


def test_exemplars__a_phrase_narrows_it_down_and_names_the_findings(annotator: Annotator, street: RgbImage):
    alike = Exemplars(street, [NO_ENTRY], [True], "no_entry")
    [found] = annotator.exemplars([street], alike, threshold=0.4)
    assert [d.prompt for d in found] == ["no_entry"] and found_at(found, NO_ENTRY)


def test_exemplars__a_negative_one_lowers_what_is_like_it(annotator: Annotator, street: RgbImage):
    both = annotator.exemplars([street], Exemplars(street, [STOP, NO_ENTRY], [True, True]), threshold=0.01)[0]
    one = annotator.exemplars([street], Exemplars(street, [STOP, NO_ENTRY], [True, False]), threshold=0.01)[0]
    assert best_at(one, NO_ENTRY) < best_at(both, NO_ENTRY) and best_at(one, STOP) > 0.4


def best_at(detections: Sequence[Detection], box: Box) -> float:
    return max((d.confidence for d in found_at(detections, box)), default=0.0)


def test_exemplars__refused_in_words(annotator: Annotator, street: RgbImage):
    with pytest.raises(EngineError, match="positive box"):
        annotator.exemplars([street], Exemplars(street, [STOP], [False]), threshold=0.4)
    with pytest.raises(EngineError, match="positive box"):
        annotator.exemplars([street], Exemplars(street, [(700, 10, 800, 90)], [True]), threshold=0.4)
    with pytest.raises(UnknownClasses, match="'banana'"):
        annotator.exemplars([street], Exemplars(street, [STOP], [True], "banana"), threshold=0.4)


# What it is, and what it refuses.


def test_name__says_which_checkpoint(annotator: Annotator):
    assert annotator.name == "sam3@pictograph-tiny" and annotator.device == "cpu"
    assert annotator.capabilities == set(Capability) - {Capability.TAG}


def test_check_prompts__unknown_classes_are_named_with_what_to_do(annotator: Annotator):
    with pytest.raises(UnknownClasses) as caught:
        annotator.check_prompts(["stop_sign", "banana", "fire-hydrant"])
    error = caught.value
    assert "'banana', 'fire-hydrant'" in error.what and "stop_sign'" not in error.what
    assert error.why is not None and "traffic_light" in error.why
    assert error.fix is not None and "hf auth login" in error.fix


def test_check_prompts__every_phrase_of_the_card_is_known(annotator: Annotator):
    card = json.loads((weights.TINY_FOLDER / "pictograph.json").read_text())
    phrases = [p for c in card["classes"] for p in (c["name"], c["phrase"], *c["also"])] + card["groups"]
    annotator.check_prompts([*phrases, *(f"a {p}" for p in phrases), *(f"{p}s" for p in phrases)])


def test_card__a_broken_one_is_refused(tmp_path: Path):
    shutil.copytree(weights.TINY_FOLDER, tmp_path / "c")
    (tmp_path / "c/pictograph.json").write_text('{"name": 3}')
    with pytest.raises(EngineUnavailable, match=r"pictograph\.json is broken"):
        open_annotator(str(tmp_path / "c"))


def test_open__a_folder_without_a_card_answers_any_phrase_under_its_own_name(tmp_path: Path, street: RgbImage):
    shutil.copytree(weights.TINY_FOLDER, tmp_path / "my-sam3", ignore=shutil.ignore_patterns("pictograph.json"))
    opened = open_annotator(str(tmp_path / "my-sam3"), "cpu")
    assert opened.name == "sam3@my-sam3"
    assert opened.text([street], ["banana", "x " * 200], threshold=0.9) == [[]]


def test_open__auto_without_sam3_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(weights, "cached_folder", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setattr(weights, "is_logged_in", lambda: False)
    monkeypatch.setattr(availability, "ask_hub_for", lambda ids: [hub.out_of_reach(each, "cut off") for each in ids])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownVariableType]
    opened = open_annotator("auto", "cpu")
    assert opened.name == "sam3@pictograph-tiny"
    with pytest.raises(UnknownClasses, match=r"SAM 3 itself was not used: .*nobody is logged in"):
        opened.check_prompts(["banana"])


def test_open__hub_out_of_reach_is_known_within_five_seconds(monkeypatch: pytest.MonkeyPatch):
    # An address of the documentation range: nothing answers there, and nothing says so either.
    monkeypatch.setattr("huggingface_hub.hf_hub_url", lambda *_: "https://192.0.2.1/config.json")  # pyright: ignore[reportUnknownLambdaType]
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match="cannot be reached") as caught:
        open_annotator("nobody/nothing-of-this-name")
    assert time.monotonic() - started < 5
    assert caught.value.fix is not None and "PICTOGRAPH_ANNOTATOR" in caught.value.fix


@pytest.mark.parametrize(
    ("remove", "message"),
    [("model.safetensors", "lacks model.safetensors"), ("tokenizer.json", "lacks tokenizer.json")],
)
def test_open__incomplete_folder_says_what_is_missing(tmp_path: Path, remove: str, message: str):
    shutil.copytree(weights.TINY_FOLDER, tmp_path / "c", ignore=shutil.ignore_patterns(remove))
    with pytest.raises(EngineUnavailable, match=message):
        open_annotator(str(tmp_path / "c"))


@pytest.mark.parametrize(("file", "content"), [("model.safetensors", b"\x00" * 64), ("config.json", b"{")])
def test_open__damaged_folder_is_refused_in_words(tmp_path: Path, file: str, content: bytes):
    shutil.copytree(weights.TINY_FOLDER, tmp_path / "c")
    (tmp_path / "c" / file).write_bytes(content)
    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        open_annotator(str(tmp_path / "c"), "cpu")


def test_open__missing_folder_and_unknown_name():
    with pytest.raises(EngineUnavailable, match="no such folder"):
        open_annotator("/nowhere/at/all")
    with pytest.raises(EngineUnavailable, match="no annotator 'yolo9000'") as caught:
        open_annotator("yolo9000")
    assert caught.value.fix is not None and "auto, sam3, grounded-sam2, owlv2, tiny" in caught.value.fix


def test_open__unknown_device_is_refused():
    with pytest.raises(EngineUnavailable, match="no device 'abacus'"):
        open_annotator("tiny", "abacus")


def test_open__prints_nothing(capfd: pytest.CaptureFixture[str]):
    sam3.load_tiny(None, "cpu")
    out = capfd.readouterr()
    assert (out.out, out.err) == ("", "")


def test_specs__are_found_by_name():
    assert {"sam3", "tiny"} <= set(annotator_specs())


def test_click_head__a_checkpoint_without_it_refuses_points_and_still_answers_boxes(tmp_path: Path, street: RgbImage):
    from safetensors.torch import load_file, save_file

    shutil.copytree(weights.TINY_FOLDER, tmp_path / "c")
    kept = {k: v for k, v in load_file(tmp_path / "c/model.safetensors").items() if not k.startswith("tracker_model")}
    save_file(kept, tmp_path / "c/model.safetensors", metadata={"format": "pt"})
    opened = open_annotator(str(tmp_path / "c"), "cpu")
    assert Capability.POINT not in opened.capabilities
    with pytest.raises(EngineUnavailable, match="click head"):
        opened.points(street, [(140, 150)], is_positive=[True])
    [found] = opened.box(street, [STOP], is_positive=[True], threshold=0.3)
    assert overlap(found, STOP) > 0.7


def test_box_ring__is_what_the_scene_means():
    # the boxes above and the drawn octagon agree, so that overlaps in this file mean something
    mask = rings_to_mask([box_ring(*STOP)], (480, 640))
    octagonal = np.zeros((480, 640), np.uint8)
    cv2.fillPoly(octagonal, [octagon(STOP, 1.0)], 1)
    assert 0.8 < octagonal.sum() / mask.sum() < 0.87
