"""An evaluation as people read it: lines on a terminal."""

from collections.abc import Iterator, Sequence

from pictograph.models.evaluation import ClassEvaluation, FoundFigures, ModelEvaluation

# What is told first of each task; its words for people.
_HEADLINES = {
    "map_50_95": "mAP@50:95",
    "map_50": "mAP@50",
    "map_75": "mAP@75",
    "mask_map_50_95": "masks mAP@50:95",
    "mask_map_50": "masks mAP@50",
    "miou": "mIoU",
    "dice": "Dice",
    "pixel_accuracy": "pixel accuracy",
    "top_1": "top-1",
    "top_5": "top-5",
    "macro_f1": "macro F1",
}
_CONFUSIONS_SHOWN = 5


def as_text(evaluation: ModelEvaluation) -> str:
    """Return headline, a line for each class, the most frequent confusions, the worst images and remarks."""
    rows = list(_rows(evaluation))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_title(evaluation), "  " + "  ".join(_headline(evaluation))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  " + "  ".join(cells))
    lines += [f"  {words}" for words in _confusions(evaluation)]
    lines += [f"  {image.path or image.image_id}: {image.why}" for image in evaluation.worst_images]
    lines += [f"  note: {remark}" for remark in evaluation.remarks]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode("utf-8")


def _title(evaluation: ModelEvaluation) -> str:
    images = "1 image" if evaluation.images == 1 else f"{evaluation.images} images"
    where = f" of {evaluation.measured_on}" if evaluation.measured_on else ""
    return f"{evaluation.task.replace('_', ' ').capitalize()} on {images}{where}"


def _headline(evaluation: ModelEvaluation) -> Iterator[str]:
    for name, words in _HEADLINES.items():
        if name in evaluation.metrics:
            yield f"{words} {evaluation.metrics[name]:.3f}"


def _rows(evaluation: ModelEvaluation) -> Iterator[Sequence[str]]:
    if evaluation.task in ("object_detection", "instance_segmentation"):
        yield "class", "images", "objects", "AP@50:95", "AP@50", "keep from", "precision", "recall", "F1"
        for each in evaluation.classes:
            found = each.masks or each.boxes or FoundFigures()
            best = found.best
            threshold = "-" if best is None else f"{int(best.confidence * 1000) / 1000:.3f}"
            shares = (None, None, None) if best is None else (best.precision, best.recall, best.f1)
            yield *_counts(each), _figure(found.ap_50_95), _figure(found.ap_50), threshold, *map(_figure, shares)
    elif evaluation.task == "semantic_segmentation":
        yield "class", "images", "objects", "IoU", "Dice", "precision", "recall"
        for each in evaluation.classes:
            yield *_counts(each), *map(_figure, (each.iou, each.dice, each.precision, each.recall))
    else:
        yield "class", "images", "precision", "recall", "F1"
        for each in evaluation.classes:
            yield *_counts(each)[:2], *map(_figure, (each.precision, each.recall, each.f1))


def _confusions(evaluation: ModelEvaluation) -> Iterator[str]:
    """Yield which class was taken for which, the most frequent first; what is missed is in the recall."""
    matrix = evaluation.confusion
    if matrix is None:
        return
    classes = len(evaluation.classes)
    found = [
        (matrix.counts[true][said], true, said)
        for true in range(classes)
        for said in range(classes)
        if true != said and matrix.counts[true][said]
    ]
    for count, true, said in sorted(found, key=lambda each: (-each[0], each[1:]))[:_CONFUSIONS_SHOWN]:
        yield f"{matrix.names[true]} called {matrix.names[said]}: {count} {matrix.unit}"


def _counts(each: ClassEvaluation) -> tuple[str, str, str]:
    return each.class_name, str(each.images), str(each.objects)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
