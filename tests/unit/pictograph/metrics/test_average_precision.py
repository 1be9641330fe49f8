"""All twelve numbers of pycocotools, for boxes and for masks, and what it has no number for by hand."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from pictograph.geometry import boxes, rle
from pictograph.metrics.average_precision import AveragePrecision, AveragePrecisionTally, ImageAnswers

CLASSES = 3
SIDE = 256

Ellipse = tuple[float, float, float, float]


class Scene:
    """Ellipses that are there and ellipses that are said, some of them moved, of another class, or of nothing."""

    def __init__(self, rng: np.random.Generator) -> None:
        there = int(rng.integers(0, 8))
        radii = np.exp(rng.uniform(np.log(4), np.log(120), (there, 2)))
        self.there = np.concatenate([rng.uniform(20, SIDE - 20, (there, 2)), radii], axis=1)
        self.there_classes = rng.integers(0, CLASSES, there)
        moved = self.there * np.concatenate([np.ones((there, 2)), rng.uniform(0.8, 1.25, (there, 2))], axis=1)
        moved[:, :2] += rng.normal(0, 3, (there, 2))
        noise = np.concatenate([rng.uniform(20, SIDE - 20, (9, 2)), rng.uniform(4, 60, (9, 2))], axis=1)
        self.said = np.concatenate([moved, moved[::2] + 1, noise])
        own = np.concatenate([self.there_classes, self.there_classes[::2], rng.integers(0, CLASSES, 9)])
        is_other = rng.random(len(own)) < 0.15
        self.said_classes = np.where(is_other, rng.integers(0, CLASSES, len(own)), own)
        # Distinct: pycocotools does not say what comes first of equals.
        self.confidences = (rng.permutation(len(own)) + rng.random()) / (len(own) + 1)

    def answers(self, kind: Literal["bbox", "segm"]) -> ImageAnswers:
        if kind == "bbox":
            there, said = boxes_of(self.there), boxes_of(self.said)
            overlaps = boxes.iou(said, there)
            areas, said_areas = boxes.areas(there), boxes.areas(said)
        else:
            masks, said_masks = (np.array([mask_of(e) for e in each]).reshape(-1, SIDE**2) for each in self._both())
            shared = said_masks.astype(np.float64) @ masks.T
            areas, said_areas = masks.sum(axis=1).astype(float), said_masks.sum(axis=1).astype(float)
            overlaps = shared / np.maximum(said_areas[:, None] + areas[None, :] - shared, 1)
        return ImageAnswers(
            self.there_classes,
            areas,
            np.ones(len(areas), dtype=bool),
            self.said_classes,
            self.confidences,
            said_areas,
            overlaps,
        )

    def rows(self, image_id: int, *, there: bool) -> list[dict[str, object]]:
        shapes, classes = (self.there, self.there_classes) if there else (self.said, self.said_classes)
        scores = np.ones(len(shapes)) if there else self.confidences
        found: list[dict[str, object]] = []
        for shape, class_index, score in zip(shapes, classes, scores, strict=True):
            x0, y0, x1, y1 = boxes_of(shape[None])[0].tolist()
            mask = rle.encode(mask_of(shape))
            found.append(
                {
                    "image_id": image_id,
                    "category_id": int(class_index) + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "box_area": (x1 - x0) * (y1 - y0),
                    "mask_area": mask.area(),
                    "segmentation": {"size": list(mask.shape_hw), "counts": mask.counts},
                    "iscrowd": 0,
                    "score": float(score),
                }
            )
        return found

    def _both(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self.there, self.said


def boxes_of(ellipses: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([ellipses[:, :2] - ellipses[:, 2:], ellipses[:, :2] + ellipses[:, 2:]], axis=1)


def mask_of(ellipse: NDArray[np.float64]) -> NDArray[np.bool_]:
    x, y, across, down = ellipse.tolist()
    rows, columns = np.ogrid[:SIDE, :SIDE]
    return ((columns + 0.5 - x) / across) ** 2 + ((rows + 0.5 - y) / down) ** 2 <= 1


def twelve_numbers(figures: AveragePrecision) -> list[float]:
    numbers = [
        figures.mean(),
        figures.mean(iou=0.5),
        figures.mean(iou=0.75),
        *(figures.mean(area=area) for area in ("small", "medium", "large")),
        *(figures.mean_recall(max_detections=limit) for limit in (1, 10, 100)),
        *(figures.mean_recall(area=area) for area in ("small", "medium", "large")),
    ]
    return [-1.0 if number is None else number for number in numbers]


def pycocotools_stats(scenes: Sequence[Scene], kind: Literal["bbox", "segm"]) -> list[float]:
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")

    def document(*, there: bool) -> object:
        made = coco.COCO()
        rows = [row for number, scene in enumerate(scenes) for row in scene.rows(number + 1, there=there)]
        area = "box_area" if kind == "bbox" else "mask_area"
        made.dataset = {
            "images": [{"id": number + 1, "height": SIDE, "width": SIDE} for number in range(len(scenes))],
            "annotations": [{**row, "id": number + 1, "area": row[area]} for number, row in enumerate(rows)],
            "categories": [{"id": index + 1, "name": str(index)} for index in range(CLASSES)],
        }
        made.createIndex()
        return made

    evaluation = cocoeval.COCOeval(document(there=True), document(there=False), kind)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return list(evaluation.stats)


@pytest.mark.parametrize("kind", ["bbox", "segm"])
@pytest.mark.parametrize("seed", range(3))
def test_average_precision__as_pycocotools(kind: Literal["bbox", "segm"], seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenes = [Scene(rng) for _ in range(20)]
    tally = AveragePrecisionTally(CLASSES)
    for scene in scenes:
        tally.add(scene.answers(kind))
    expected = pycocotools_stats(scenes, kind)
    assert twelve_numbers(tally.result()) == pytest.approx(expected, abs=1e-9)
    assert min(expected) > 0


def image(
    objects: Sequence[tuple[int, bool]], said: Sequence[tuple[int, float]], overlaps: Sequence[Sequence[float]]
) -> ImageAnswers:
    """Objects as class and whether it counts, detections as class and confidence; all of 50 x 50 pixels."""
    return ImageAnswers(
        np.array([each[0] for each in objects], dtype=np.int64),
        np.full(len(objects), 2500.0),
        np.array([each[1] for each in objects], dtype=bool),
        np.array([each[0] for each in said], dtype=np.int64),
        np.array([each[1] for each in said]),
        np.full(len(said), 2500.0),
        np.array(overlaps, dtype=np.float64).reshape(len(said), len(objects)),
    )


def test_judged__what_answers_an_object_that_does_not_count_is_left_out() -> None:
    tally = AveragePrecisionTally(1)
    tally.add(image([(0, True), (0, False)], [(0, 0.9), (0, 0.8), (0, 0.7)], [[0, 0.9], [0.9, 0], [0, 0.6]]))
    judged = tally.judged()[0]
    # The second answer to the same object has nothing left to answer.
    assert judged.confidences.tolist() == [0.8, 0.7]
    assert judged.is_hit.tolist() == [True, False]
    assert judged.objects == 1


def test_judged__the_object_that_counts_is_chosen_first() -> None:
    tally = AveragePrecisionTally(1)
    tally.add(image([(0, False), (0, True)], [(0, 0.9)], [[0.9, 0.6]]))
    assert tally.judged()[0].is_hit.tolist() == [True]


def test_curve__by_hand() -> None:
    # Right, wrong, right of two objects: precision 1 until recall 0.5, then 2/3 until 1.
    tally = AveragePrecisionTally(2)
    tally.add(image([(0, True), (0, True)], [(0, 0.9), (0, 0.8), (0, 0.7)], [[1, 0], [0, 0], [0, 1]]))
    curve = tally.result().curve(0)
    assert curve is not None
    assert curve.tolist() == [1.0] * 51 + [pytest.approx(2 / 3)] * 50
    assert tally.result().curve(1) is None


def test_average_precision__only_the_hundred_surest_of_a_class_count() -> None:
    tally = AveragePrecisionTally(1)
    said = [(0, 1 - index / 200) for index in range(101)]
    tally.add(image([(0, True)], said, [[0.0]] * 100 + [[1.0]]))
    assert tally.result().mean() == 0


def test_average_precision__nothing_added() -> None:
    figures = AveragePrecisionTally(2).result()
    assert (figures.mean(), figures.mean(class_index=0), figures.mean_recall()) == (None, None, None)
