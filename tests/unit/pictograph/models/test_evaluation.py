"""What people read of an evaluation."""

from pictograph.models.evaluation import (
    ClassEvaluation,
    ConfusionMatrix,
    FoundFigures,
    ModelEvaluation,
    ThresholdFigures,
    WorstImage,
)

BEST = ThresholdFigures(confidence=0.41999, precision=0.9, recall=0.8, f1=0.847)


def lines(evaluation: ModelEvaluation) -> list[str]:
    return [" ".join(line.split()) for line in str(evaluation).splitlines()]


def test_str__boxes() -> None:
    found = lines(
        ModelEvaluation(
            task="object_detection",
            images=12,
            measured_on="signs",
            metrics={"map_50_95": 0.61, "map_50": 0.9, "ap_50/stop": 0.9},
            classes=[
                ClassEvaluation(
                    class_name="stop", images=3, objects=7, boxes=FoundFigures(ap_50_95=0.61, ap_50=0.9, best=BEST)
                ),
                ClassEvaluation(class_name="yield", boxes=FoundFigures()),
            ],
            confusion=ConfusionMatrix(
                unit="objects", names=["stop", "yield", "background"], counts=[[6, 1, 0], [0, 0, 0], [3, 0, 0]]
            ),
            worst_images=[
                WorstImage(image_id="i1", path="/a/b.jpg", score=0, why="missed stop"),
                WorstImage(image_id="i2", score=0, why="extra stop"),
            ],
            remarks=["Nothing was held back."],
        )
    )
    assert found == [
        "Object detection on 12 images of signs",
        "mAP@50:95 0.610 mAP@50 0.900",
        "class images objects AP@50:95 AP@50 keep from precision recall F1",
        # Rounded down, so that the answer it comes from is kept.
        "stop 3 7 0.610 0.900 0.419 0.900 0.800 0.847",
        "yield 0 0 - - - - - -",
        "stop called yield: 1 objects",
        "/a/b.jpg: missed stop",
        "i2: extra stop",
        "note: Nothing was held back.",
    ]


def test_str__masks_before_boxes() -> None:
    each = ClassEvaluation(class_name="stop", boxes=FoundFigures(ap_50=0.9), masks=FoundFigures(ap_50=0.7))
    assert "0.700" in str(ModelEvaluation(task="instance_segmentation", images=1, classes=[each]))


def test_str__pixels_and_images() -> None:
    pixels = ClassEvaluation(class_name="road", images=2, objects=5, iou=0.8, dice=0.889, precision=0.9, recall=0.88)
    semantic = ModelEvaluation(task="semantic_segmentation", images=2, metrics={"miou": 0.8}, classes=[pixels])
    assert lines(semantic)[1:] == [
        "mIoU 0.800",
        "class images objects IoU Dice precision recall",
        "road 2 5 0.800 0.889 0.900 0.880",
    ]
    tags = ClassEvaluation(class_name="day", images=4, objects=4, precision=1, recall=0.75, f1=0.857)
    assert lines(ModelEvaluation(task="classification", images=1, classes=[tags])) == [
        "Classification on 1 image",
        "",
        "class images precision recall F1",
        "day 4 1.000 0.750 0.857",
    ]
