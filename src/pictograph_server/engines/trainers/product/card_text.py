"""The model card as Markdown: what a person reads before using a model."""

from collections.abc import Iterable, Mapping, Sequence

from pictograph.models.card import ModelCard

_TASKS = {
    "object_detection": "Finds objects as boxes",
    "instance_segmentation": "Finds objects as boxes, each with its mask",
    "semantic_segmentation": "Gives every pixel a class",
    "classification": "Says what an image is as a whole",
}
_NAMES = {
    "map_50_95": "mAP@50:95",
    "map_50": "mAP@50",
    "map_75": "mAP@75",
    "ap_50_95": "AP@50:95",
    "ap_50": "AP@50",
    "miou": "mIoU",
    "iou": "IoU",
    "dice": "Dice",
    "macro_f1": "mean F1",
    "top_1": "top-1",
    "top_5": "top-5",
}
_USE = """\
```python
from pictograph.inference import load_model  # pip install 'pictograph[inference]'

model = load_model("model.onnx")
found = model.predict("image.jpg")
{line}
```"""
_TAGS_LINE = "print(found.top, list(found))"
_OBJECTS_LINE = """\
for each in found:
    print(each.class_name, each.confidence, each.box{mask})"""


def card_text(card: ModelCard) -> str:
    """Return the card as Markdown."""
    return "\n\n".join(part for part in _parts(card) if part) + "\n"


def _parts(card: ModelCard) -> Iterable[str]:
    count = len(card.class_names)
    yield f"# {_plain(card.architecture)}"
    classes = f"{count} class{'' if count == 1 else 'es'}"
    yield f"{_TASKS[card.task]}: {classes}. Trained with the pipeline `{card.pipeline}`."
    yield "## How to use it"
    mask = ", each.mask" if card.task.endswith("segmentation") else ""
    yield _USE.format(line=_TAGS_LINE if card.task == "classification" else _OBJECTS_LINE.format(mask=mask))
    yield "## Classes\n\nIn the order of the network's output, with their examples in the data."
    yield _table(
        ("index", "class", "examples"),
        [(str(index), name, str(card.data.objects.get(name, 0))) for index, name in enumerate(card.class_names)],
    )
    yield from _figures(card)
    yield from _data(card)
    yield from _training(card)
    yield "## File"
    file = card.files.onnx
    largest = ", ".join(f"`{name}` {value:.2g}" for name, value in file.largest_difference_from_torch.items())
    yield (
        f"`model.onnx`: {file.size_bytes / 1e6:.1f} MB, opset {file.opset}, SHA-256 `{file.sha256}`. "
        f"Largest difference from PyTorch on real images: {largest}."
    )
    yield f"## Licence\n\n{card.license}"
    yield "## Versions"
    yield _table(("package", "version"), list(card.versions.items()))


def _figures(card: ModelCard) -> Iterable[str]:
    """Yield the metrics: those of the model, then a row for each class."""
    whole = {name: value for name, value in card.metrics.items() if "/" not in name}
    # A class's own name may have a slash in it.
    by_class: dict[str, dict[str, float]] = {}
    for name, value in card.metrics.items():
        kind, slash, class_name = name.partition("/")
        if slash:
            by_class.setdefault(class_name, {})[kind] = value
    split, images = card.data.measured_on, card.data.measured_images
    yield f"## How good it is\n\nMeasured with `model.onnx` on the split `{split}`: {images} images."
    if split == "train":
        yield "**It learned from these images**: there were too few to hold any back. On others it will be worse."
    yield _table(("figure", ""), [(_name(name), f"{value:.3f}") for name, value in whole.items()])
    kinds = list(dict.fromkeys(kind for row in by_class.values() for kind in row))
    head, cells = [_name(kind) for kind in kinds], _cells(card.class_names, by_class, kinds)
    if card.best_confidences:
        head = [*head, "best confidence"]
        cells = [(*row, _number(card.best_confidences.get(row[0]))) for row in cells]
    if head:
        yield _table(("class", *head), cells)


def _cells(
    class_names: Sequence[str], by_class: Mapping[str, Mapping[str, float]], kinds: Sequence[str]
) -> list[tuple[str, ...]]:
    names = dict.fromkeys((*class_names, *by_class))
    return [(name, *(_number(by_class.get(name, {}).get(kind)) for kind in kinds)) for name in names]


def _data(card: ModelCard) -> Iterable[str]:
    splits = ", ".join(f"{count} {split}" for split, count in card.data.splits.items())
    yield f"## Data\n\n{card.data.images} images: {splits}. SHA-256 of the data `{card.data.sha256}`."
    yield "\n".join(f"- {remark}" for remark in card.training.remarks)


def _training(card: ModelCard) -> Iterable[str]:
    run = card.training
    started = f"from {run.started_from}" if run.started_from else "from random weights"
    yield (
        f"## Training\n\nStarted {started}. {run.epochs} epochs in {_duration(run.seconds)} on {run.device}; "
        f"the weights are those of epoch {run.best_epoch}. Seed {run.seed}. "
        f"Finished {run.finished_at:%Y-%m-%d %H:%M} UTC."
    )
    # What was asked for is among it, and what the pipeline chose.
    settings = {**run.config, **run.plan}
    yield _table(("setting", ""), [(name, f"`{value}`") for name, value in settings.items()])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_plain, line))} |" for line in lines)


def _plain(text: str) -> str:
    """Return text that neither ends a cell of a table nor a line."""
    return " ".join(text.split()).replace("|", "\\|")


def _name(metric: str) -> str:
    kind = metric.removeprefix("mask_")
    words = _NAMES.get(kind, kind.replace("_", " "))
    return words if kind == metric else f"masks: {words}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _duration(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )
