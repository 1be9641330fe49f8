"""What an image is as a whole, for classification: its tags, or the name of its folder where no image has a tag."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from pictograph_server.engines.trainers.base import Sample, TrainingData


def with_image_classes(data: TrainingData, remarks: list[str]) -> TrainingData:
    """Return the data with every image's classes as its tags. What was done to get there is said in `remarks`.

    Where no image has a tag, the last part of an image's folder is its class: `/day/city` is `city`. Images that are
    nothing then are left out, unless the classes do not exclude each other (see `exclusive`): there, an image without a
    tag shows none of them.
    """
    if not any(sample.tags for sample in data.samples):
        data = _by_folder(data, remarks)
    named = tuple(sample for sample in data.samples if sample.tags)
    without = len(data.samples) - len(named)
    present = sorted({tag for sample in named for tag in sample.tags})
    if len(present) == 1:
        remarks.append(_one_class(data.class_names[present[0]], without))
    elif named and without and exclusive(named):
        remarks.append(f"Images left out because they have no class: {without}.")
        return replace(data, samples=named)
    elif named and without:
        remarks.append(f"Images without a tag, which show none of the classes: {without}.")
    return data


def exclusive(samples: Sequence[Sample]) -> bool:
    """Say whether every image is exactly one of several classes, so that the most likely one is the answer."""
    return all(len(sample.tags) == 1 for sample in samples) and len({sample.tags for sample in samples}) > 1


def _by_folder(data: TrainingData, remarks: list[str]) -> TrainingData:
    names = [PurePosixPath(sample.folder).name for sample in data.samples]
    class_names = sorted(set(filter(None, names)))
    if not class_names:
        return data
    remarks.append(f"No image has a tag: the names of the folders are the classes ({', '.join(class_names)}).")
    index = {name: (position,) for position, name in enumerate(class_names)}
    samples = tuple(replace(s, tags=index.get(name, ())) for s, name in zip(data.samples, names, strict=True))
    return TrainingData(tuple(class_names), samples)


def _one_class(name: str, without: int) -> str:
    if without:
        return f"The one class is {name}: the images without it, {without}, teach what it is not."
    return f"Every image is {name}: nothing can be told apart, and the model will find it everywhere."
