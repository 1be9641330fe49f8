"""A dataset made ready for a run: refused when it teaches nothing, classes without examples dropped, split."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import (
    MIN_ANNOTATED_IMAGES,
    Prepared,
    Sample,
    Split,
    Task,
    TrainingConfig,
    TrainingData,
)
from pictograph_server.engines.trainers.data import data_hash, shapes_inside
from pictograph_server.engines.trainers.image_classes import with_image_classes
from pictograph_server.engines.trainers.splits import split_samples

# With fewer images than this, images held back for the final figures alone are missed where they teach.
_FEWEST_FOR_TEST = 100
_TEST_FRACTION = 0.1


def prepare(data: TrainingData, task: Task, config: TrainingConfig) -> Prepared:
    """Check a run's data and split it by content.

    Raises:
        BadTrainingData: no images, no classes, nothing annotated for this task, or fewer than `MIN_ANNOTATED_IMAGES`
            annotated images.
    """
    remarks: list[str] = []
    if task == "classification":
        data = with_image_classes(data, remarks)
    hash_of_all = data_hash(data)
    samples = _learnable(data.samples, task, remarks)
    _check(data, samples, task)
    class_names, samples = _without_absent_classes(data.class_names, samples, remarks)
    of = split_samples(samples, val_fraction=config.val_fraction, test_fraction=_test_fraction(config, len(samples)))
    train, val, test = (_of_split(samples, of, split) for split in ("train", "val", "test"))
    if not any(map(_is_annotated, val)):
        remarks.append("No annotated image could be held back: the figures are measured on the training images.")
        val = train
    return Prepared(class_names, train, val, test or val, hash_of_all, tuple(remarks))


def _test_fraction(config: TrainingConfig, images: int) -> float:
    if config.test_fraction is not None:
        return config.test_fraction
    return _TEST_FRACTION if images >= _FEWEST_FOR_TEST else 0.0


def _of_split(samples: Sequence[Sample], of: dict[str, Split], split: Split) -> tuple[Sample, ...]:
    return tuple(sample for sample in samples if of[sample.image_id] == split)


def _is_annotated(sample: Sample) -> bool:
    return bool(sample.shapes or sample.tags)


def _learnable(samples: Sequence[Sample], task: Task, remarks: list[str]) -> tuple[Sample, ...]:
    """Return the samples with only what this task learns from."""
    if task == "classification":
        return tuple(replace(sample, shapes=()) for sample in samples)
    kept = tuple(
        replace(sample, shapes=tuple(shape for _, shape in shapes_inside(sample)), tags=()) for sample in samples
    )
    dropped = sum(len(sample.shapes) for sample in samples) - sum(len(sample.shapes) for sample in kept)
    if dropped:
        remarks.append(
            f"Annotations left out because they lie outside their image or are under a pixel wide: {dropped}."
        )
    return kept


def _check(data: TrainingData, samples: Sequence[Sample], task: Task) -> None:
    if not samples:
        raise BadTrainingData(
            "There is nothing to train on",
            why="the export holds no images",
            fix="Export a dataset with completed images",
        )
    wanted = "a tag or a folder" if task == "classification" else "a box or a polygon"
    annotated = sum(map(_is_annotated, samples))
    if not data.class_names or not annotated:
        raise BadTrainingData(
            "There is nothing to train on",
            why=f"none of the {len(samples)} images has {wanted}",
            fix="Annotate some images (by hand or with auto-annotation), export again, then train",
        )
    if annotated < MIN_ANNOTATED_IMAGES:
        raise BadTrainingData(
            f"Too few annotated images: {annotated} of {len(samples)}",
            why=f"training needs at least {MIN_ANNOTATED_IMAGES} images with {wanted}",
            fix="Annotate more images, export again, then train",
        )


def _without_absent_classes(
    class_names: Sequence[str], samples: Sequence[Sample], remarks: list[str]
) -> tuple[tuple[str, ...], tuple[Sample, ...]]:
    """Drop the classes without an example; the others keep their order and get new indexes."""
    counts = Counter(shape.class_index for sample in samples for shape in sample.shapes)
    counts.update(tag for sample in samples for tag in sample.tags)
    present = [index for index in range(len(class_names)) if counts[index]]
    if len(present) == len(class_names):
        return tuple(class_names), tuple(samples)
    absent = [name for index, name in enumerate(class_names) if not counts[index]]
    remarks.append(f"No example of {', '.join(absent)}: left out, the model will not know it.")
    new = {index: position for position, index in enumerate(present)}
    renumbered = tuple(
        replace(
            sample,
            shapes=tuple(replace(shape, class_index=new[shape.class_index]) for shape in sample.shapes),
            tags=tuple(new[tag] for tag in sample.tags),
        )
        for sample in samples
    )
    return tuple(class_names[index] for index in present), renumbered
