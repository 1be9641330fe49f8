"""Labels against labels: numbers counted by hand, and the same as the reference tool's."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.unit.pictograph.metrics.scenes import SIZE_WH, box, outline, pair, random_pairs, square

from pictograph.geometry import rle
from pictograph.geometry.masks import rings_to_mask
from pictograph.geometry.rings import box_ring
from pictograph.metrics.agreement import compare
from pictograph.metrics.confidence import Unreviewed
from pictograph.metrics.shapes import ImagePair, Shape
from pictograph.models.comparison import Comparison


def measured(*pairs: ImagePair, **options: Any) -> Comparison:
    return compare(pairs, reference="people", other="machine", **options)


def test_compare__hand_counted() -> None:
    # Two of three signs found, one of them twice; one pole found; one pole that is none.
    first = pair(
        [box(0, 0, 10, 10), box(50, 50, 20, 20), box(100, 0, 10, 10)],
        [
            box(0, 0, 10, 8, confidence=0.9),
            box(0, 0, 10, 10, confidence=0.8),
            box(50, 50, 20, 20, confidence=0.7),
        ],
    )
    second = pair(
        [box(0, 0, 10, 100, name="pole")],
        [box(0, 0, 10, 100, name="pole", confidence=0.9), box(60, 0, 9, 99, name="pole", confidence=0.2)],
        "b.jpg",
    )
    comparison = measured(first, second)
    signs, poles = comparison.classes
    assert (signs.class_name, signs.reference_count, signs.other_count, signs.matched) == ("sign", 3, 3, 2)
    assert (signs.missed, signs.extra) == (1, 1)
    # The surer one took the sign at IoU 0.8.
    assert signs.mean_box_iou == pytest.approx((0.8 + 1) / 2)
    assert signs.mean_mask_iou is None
    assert (poles.precision, poles.recall, poles.f1) == (0.5, 1.0, pytest.approx(2 / 3))
    assert (comparison.total.reference_count, comparison.total.other_count, comparison.total.matched) == (4, 5, 3)
    assert comparison.image_count == 2


def test_compare__nothing_at_all() -> None:
    comparison = measured(pair([], []))
    assert comparison.classes == []
    assert (comparison.total.precision, comparison.total.recall, comparison.total.f1) == (None, None, None)
    assert comparison.total.precision_interval is None


def test_compare__holes_count() -> None:
    ring = outline(box_ring(0, 0, 20, 20), box_ring(5, 5, 15, 15))
    # 400 pixels against 300: IoU 0.75.
    comparison = measured(pair([ring], [square(0, 0, 20, 20, confidence=0.9)]))
    assert comparison.total.mean_mask_iou == 0.75
    assert comparison.total.mean_box_iou == 1


def test_compare__a_box_against_an_outline_goes_by_the_boxes() -> None:
    ring = outline(box_ring(0, 0, 20, 20), box_ring(2, 2, 18, 18))
    comparison = measured(pair([ring], [box(0, 0, 20, 20, confidence=0.9)]))
    assert (comparison.total.matched, comparison.total.mask_matches) == (1, 0)


def test_compare__parts_of_one_finding_answer_one_outline() -> None:
    # A pole stands before the sign: a person draws one outline, the network finds two parts.
    parts = [square(0, 0, 18, 20, confidence=0.77), square(22, 0, 18, 20, confidence=0.77)]
    comparison = measured(pair([square(0, 0, 40, 20)], parts))
    assert (comparison.total.matched, comparison.total.missed, comparison.total.extra) == (1, 0, 0)
    assert comparison.total.other_count == 1
    assert comparison.total.mean_mask_iou == pytest.approx(36 / 40)


def test_compare__parts_drawn_as_parts_answer_one_by_one() -> None:
    parts = [square(0, 0, 18, 20, confidence=0.77), square(22, 0, 18, 20, confidence=0.77)]
    comparison = measured(pair([square(0, 0, 18, 20), square(22, 0, 18, 20)], parts))
    assert (comparison.total.reference_count, comparison.total.matched) == (2, 2)
    assert comparison.total.mean_mask_iou == 1


def test_compare__two_objects_are_not_joined() -> None:
    two = [square(0, 0, 18, 20, confidence=0.77), square(22, 0, 18, 20, confidence=0.78)]
    comparison = measured(pair([square(0, 0, 40, 20)], two))
    assert (comparison.total.matched, comparison.total.extra) == (0, 2)


def test_compare__worst_images_say_why() -> None:
    bad = pair(
        [box(0, 0, 10, 10), box(50, 0, 10, 10), box(100, 0, 10, 10)],
        [
            box(2, 0, 10, 20, confidence=0.9),
            box(50, 0, 10, 10, name="pole", confidence=0.8),
            box(200, 200, 9, 9, confidence=0.3),
        ],
        "bad.jpg",
    )
    better = pair([box(0, 0, 10, 10)], [], "better.jpg")
    good = pair([box(0, 0, 10, 10)], [box(0, 0, 10, 10)], "good.jpg")
    comparison = measured(better, good, bad)
    assert [image.path for image in comparison.worst_images] == ["/bad.jpg", "/better.jpg"]
    assert [str(problem) for problem in comparison.worst_images[0].problems] == [
        "sign called pole (confidence 0.80)",
        "badly outlined sign, IoU 0.36 (confidence 0.90)",
        "missed sign",
        "extra sign (confidence 0.30)",
    ]
    [confusion] = comparison.confusions
    assert (confusion.reference_class, confusion.other_class, confusion.count) == ("sign", "pole", 1)


def test_compare__only_the_worst_are_listed() -> None:
    pairs = [pair([box(0, 0, 9, 9)] * number, [], f"{number}.jpg") for number in range(6)]
    comparison = measured(*pairs, worst=2)
    assert [image.problem_count for image in comparison.worst_images] == [5, 4]


def test_compare__without_worst_images_all_is_counted() -> None:
    comparison = measured(pair([box(0, 0, 9, 9)], []), pair([], [box(0, 0, 9, 9)]), worst=0)
    assert (comparison.worst_images, comparison.image_count, comparison.total.missed) == ([], 2, 1)


def test_compare__classes_that_are_not_asked_for_do_not_count() -> None:
    images = pair([box(0, 0, 9, 9), box(50, 0, 9, 9, name="pole")], [box(0, 0, 9, 9)])
    comparison = measured(images, class_names=["sign"])
    assert (comparison.total.reference_count, comparison.total.recall) == (1, 1)


def test_compare__tags() -> None:
    first = ImagePair("1", "/1", SIZE_WH, [box(0, 0, 9, 9)], [], other_tags={"sign": 0.9, "rain": 0.8})
    second = ImagePair("2", "/2", SIZE_WH, [], [], reference_tags={"rain"}, other_tags={"sign": 0.4})
    comparison = measured(first, second, tag_classes=["sign", "rain"])
    rows = {(each.class_name, each.kind): (each.matched, each.missed, each.extra) for each in comparison.classes}
    assert rows == {("sign", "shape"): (0, 1, 0), ("sign", "tag"): (1, 0, 1), ("rain", "tag"): (0, 1, 1)}


def test_compare__an_iou_that_means_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="iou is 0"):
        measured(iou=0)


def test_compare__unreviewed_images_come_most_doubtful_first() -> None:
    looked_at = [pair([], [], f"{n}.jpg") for n in range(7)] + [pair([box(0, 0, 9, 9)], [], "missed.jpg")]
    new = [Unreviewed("sure", "/sure", [0.95]), Unreviewed("unsure", "/unsure", [0.99, 0.4])]
    comparison = measured(*looked_at, unreviewed=[*new, Unreviewed("empty", "/empty", [])])
    # One of eight images without a label had something: (1 + 1) / (8 + 2) of a doubt.
    assert [(entry.image_id, entry.doubt) for entry in comparison.review] == [
        ("unsure", pytest.approx(0.6)),
        ("empty", pytest.approx(0.2)),
        ("sure", pytest.approx(0.05)),
    ]


@pytest.mark.parametrize("outlines", [False, True], ids=["boxes", "outlines"])
@pytest.mark.parametrize("iou", [0.5, 0.75])
@pytest.mark.parametrize("seed", range(3))
def test_compare__as_pycocotools(outlines: bool, iou: float, seed: int) -> None:
    pairs = random_pairs(seed, 25, outlines=outlines)
    comparison = measured(*pairs, iou=iou)
    for each in comparison.classes:
        matched, missed, extra = coco_counts(pairs, each.class_name, iou, outlines=outlines)
        assert (each.matched, each.missed, each.extra) == (matched, missed, extra)
    assert comparison.total.matched > 10


def coco_counts(pairs: Sequence[ImagePair], name: str, iou: float, *, outlines: bool) -> tuple[int, int, int]:
    """Return hits, misses and false alarms as pycocotools matches them."""
    coco, evaluator = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")

    def rows(sides: Sequence[Sequence[Shape]]) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for image_id, shapes in enumerate(sides, start=1):
            for shape in (shape for shape in shapes if shape.class_name == name):
                x_min, y_min, x_max, y_max = shape.box_xyxy
                row: dict[str, object] = {"id": len(found) + 1, "image_id": image_id, "category_id": 1, "iscrowd": 0}
                row |= {"bbox": [x_min, y_min, x_max - x_min, y_max - y_min], "score": shape.confidence}
                row["area"] = (x_max - x_min) * (y_max - y_min)
                if outlines:
                    encoded = rle.encode(rings_to_mask(shape.rings or [], (SIZE_WH[1], SIZE_WH[0])))
                    row["segmentation"] = {"size": list(encoded.shape_hw), "counts": encoded.counts}
                found.append(row)
        return found

    def document(sides: Sequence[Sequence[Shape]]) -> Any:
        made = coco.COCO()
        images = [{"id": n + 1, "width": SIZE_WH[0], "height": SIZE_WH[1]} for n in range(len(sides))]
        made.dataset = {"images": images, "annotations": rows(sides), "categories": [{"id": 1, "name": name}]}
        made.createIndex()
        return made

    evaluation = evaluator.COCOeval(
        document([p.reference for p in pairs]), document([p.other for p in pairs]), "segm" if outlines else "bbox"
    )
    evaluation.params.iouThrs = np.array([iou])
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.evaluate()
    totals: Counter[str] = Counter()
    for image in filter(None, evaluation.evalImgs):
        hits = int((image["dtMatches"][0] > 0).sum())
        totals.update(hits=hits, misses=len(image["gtIds"]) - hits, alarms=len(image["dtIds"]) - hits)
    return totals["hits"], totals["misses"], totals["alarms"]
