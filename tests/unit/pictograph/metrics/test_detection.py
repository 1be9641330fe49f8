"""Numbers counted by hand, and the reference tool."""

from collections.abc import Sequence

import numpy as np
import pytest

from pictograph.metrics.detection import Boxes, Matches, box_ious, evaluate_detections, match_detections

Row = tuple[float, float, float, float, int, float]


def boxes(*rows: Row) -> Boxes:
    """Rows of x0, y0, x1, y1, class index, confidence."""
    table = np.array(rows, dtype=np.float32).reshape(-1, 6)
    return Boxes(table[:, :4], table[:, 4].astype(np.int64), table[:, 5])


def random_scenes(seed: int, images: int, classes: int) -> tuple[list[Boxes], list[Boxes]]:
    """Objects, and detections that are some of them moved, some of another class, and some of nothing."""
    rng = np.random.default_rng(seed)
    truth: list[Boxes] = []
    found: list[Boxes] = []
    for _ in range(images):
        corners = rng.uniform(0, 500, (int(rng.integers(0, 7)), 2))
        objects = np.concatenate([corners, corners + rng.uniform(5, 120, corners.shape)], axis=1)
        labels = rng.integers(0, classes, len(objects))
        moved = np.concatenate([objects + rng.normal(0, 6, objects.shape), rng.uniform(0, 500, (3, 4))])
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        said = np.concatenate([labels, rng.integers(0, classes, 3)])
        said = np.where(rng.random(len(said)) < 0.2, rng.integers(0, classes, len(said)), said)
        truth.append(Boxes(objects.astype(np.float32), labels.astype(np.int64)))
        # Distinct confidences: the order of ties is not defined.
        confidences = (rng.permutation(len(said)) + rng.random()) / (len(said) + 1)
        found.append(Boxes(moved.astype(np.float32), said.astype(np.int64), confidences.astype(np.float32)))
    return truth, found


def test_evaluate_detections__everything_right_is_one() -> None:
    truth = [boxes((0, 0, 10, 10, 0, 1), (20, 20, 40, 40, 1, 1))]
    metrics = evaluate_detections(truth, truth, ["stop", "yield"])
    assert (metrics.map_50_95, metrics.map_50) == (pytest.approx(1), pytest.approx(1))


def test_evaluate_detections__iou_decides_thresholds() -> None:
    # IoU 8*10/(10*10) = 0.8: right at 0.50 ... 0.80, wrong at 0.85, 0.90, 0.95: 7 of 10.
    metrics = evaluate_detections([boxes((0, 0, 10, 10, 0, 1))], [boxes((0, 0, 8.001, 10, 0, 0.9))], ["stop"])
    assert metrics.map_50 == pytest.approx(1)
    assert metrics.map_50_95 == pytest.approx(0.7)


def test_evaluate_detections__half_found() -> None:
    # One of two objects: precision 1 up to recall 0.5, 51 of COCO's 101 recall points.
    truth = [boxes((0, 0, 10, 10, 0, 1), (50, 50, 60, 60, 0, 1))]
    metrics = evaluate_detections(truth, [boxes((0, 0, 10, 10, 0, 0.9))], ["stop"])
    assert metrics.ap_50["stop"] == pytest.approx(51 / 101)


def test_evaluate_detections__wrong_class_finds_nothing() -> None:
    metrics = evaluate_detections([boxes((0, 0, 10, 10, 0, 1))], [boxes((0, 0, 10, 10, 1, 0.9))], ["stop", "yield"])
    assert metrics.ap_50 == {"stop": 0}  # a class without objects has no AP, and does not enter the mean


@pytest.mark.parametrize(
    ("truth", "found", "ap"),
    [([boxes()], [boxes((0, 0, 5, 5, 0, 0.9))], {}), ([boxes((0, 0, 5, 5, 0, 1))], [boxes()], {"stop": 0.0})],
    ids=["nothing there", "nothing said"],
)
def test_evaluate_detections__empty_sides(truth: list[Boxes], found: list[Boxes], ap: dict[str, float]) -> None:
    metrics = evaluate_detections(truth, found, ["stop"])
    assert (metrics.map_50, metrics.ap_50) == (0, ap)


def test_evaluate_detections__lengths_differ() -> None:
    with pytest.raises(ValueError, match="truth has 1 images, found has 0"):
        evaluate_detections([boxes()], [], ["stop"])


@pytest.mark.parametrize("seed", range(4))
def test_evaluate_detections__as_pycocotools(seed: int) -> None:
    truth, found = random_scenes(seed, images=12, classes=3)
    metrics = evaluate_detections(truth, found, ["a", "b", "c"])
    expected = reference_stats(truth, found, classes=3)
    assert metrics.map_50_95 == pytest.approx(expected[0], abs=1e-6)
    assert metrics.map_50 == pytest.approx(expected[1], abs=1e-6)


def reference_stats(truth: Sequence[Boxes], found: Sequence[Boxes], classes: int) -> Sequence[float]:
    pycocotools_coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")

    def rows(images: Sequence[Boxes]) -> list[dict[str, object]]:
        found_rows: list[dict[str, object]] = []
        for image_id, image in enumerate(images, start=1):
            scores = np.ones(len(image.xyxy)) if image.confidences is None else image.confidences
            for (x0, y0, x1, y1), label, score in zip(image.xyxy, image.class_indexes, scores, strict=True):
                width, height = float(x1 - x0), float(y1 - y0)
                row: dict[str, object] = {
                    "id": len(found_rows) + 1,
                    "image_id": image_id,
                    "category_id": int(label) + 1,
                    "iscrowd": 0,
                }
                row |= {"bbox": [float(x0), float(y0), width, height], "area": width * height, "score": float(score)}
                found_rows.append(row)
        return found_rows

    coco = pycocotools_coco.COCO()
    coco.dataset = {
        "images": [{"id": i + 1} for i in range(len(truth))],
        "annotations": rows(truth),
        "categories": [{"id": i + 1, "name": str(i)} for i in range(classes)],
    }
    coco.createIndex()
    results = pycocotools_coco.COCO()
    results.dataset = {**coco.dataset, "annotations": rows(found)}
    results.createIndex()
    evaluation = cocoeval.COCOeval(coco, results, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


def test_match_detections__one_object_answered_once() -> None:
    truth = boxes((0, 0, 10, 10, 0, 1))
    twice = boxes((0, 0, 10, 10, 0, 0.9), (0, 0, 10, 9, 0, 0.8))
    assert match_detections(truth, twice) == Matches(hits=1, false_alarms=1, misses=0)


def test_match_detections__the_more_confident_chooses_first() -> None:
    # The sure one takes the object both overlap; the other is left with the one it also overlaps enough.
    truth = boxes((0, 0, 10, 10, 0, 1), (4, 0, 14, 10, 0, 1))
    found = boxes((2, 0, 12, 10, 0, 0.3), (0, 0, 10, 10, 0, 0.9))
    assert match_detections(truth, found) == Matches(hits=2, false_alarms=0, misses=0)


def test_match_detections__class_and_overlap_must_fit() -> None:
    truth = boxes((0, 0, 10, 10, 0, 1))
    found = boxes((0, 0, 10, 10, 1, 0.9), (6, 0, 16, 10, 0, 0.8))
    assert match_detections(truth, found) == Matches(hits=0, false_alarms=2, misses=1)


def test_match_detections__nothing_on_a_side() -> None:
    assert match_detections(boxes(), boxes()) == Matches(0, 0, 0)
    assert match_detections(boxes((0, 0, 1, 1, 0, 1)), boxes()) == Matches(0, 0, 1)


def test_matches__precision_and_recall() -> None:
    total = Matches(2, 1, 0) + Matches(1, 0, 3)
    assert (total.precision, total.recall) == (0.75, 0.5)
    assert Matches(0, 0, 0).precision == 0


def test_box_ious__by_hand() -> None:
    first = np.array([[0, 0, 2, 2]], dtype=np.float32)
    second = np.array([[1, 1, 3, 3], [5, 5, 6, 6], [0, 0, 0, 0]], dtype=np.float32)
    assert box_ious(first, second).tolist() == [[pytest.approx(1 / 7), 0, 0]]
