"""Models asked about samples, image by image: files are read while the network computes, and none is kept."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from pictograph.inference.detections import Detections
from pictograph.inference.model import ClassificationModel, DetectionModel
from pictograph.inference.sources import ImageSource
from pictograph.inference.tags import Tags
from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.engines.trainers.base import Sample

# mAP looks at the whole curve: nearly everything the network says takes part.
_LEAST_CONFIDENCE = 0.01


class UnreadableSample(BadTrainingData):
    """The file of a sample cannot be decoded."""

    def __init__(self, path: Path, *, why: str) -> None:
        self.path = path
        super().__init__(f"The image {path.name!r} cannot be read", why=why, fix="Delete it or upload it again")


def detections_of(
    model: DetectionModel, samples: Sequence[Sample], *, batch_size: int, before_batch: Callable[[], None]
) -> Iterator[tuple[Sample, Detections]]:
    """Yield every sample with what the model finds there, however unsure.

    Raises:
        UnreadableSample: a file cannot be decoded.
    """
    found = model.predict_each(
        [sample.path for sample in samples], _LEAST_CONFIDENCE, batch_size=batch_size, on_unreadable=_refuse
    )
    for index, sample in enumerate(samples):
        if index % batch_size == 0:
            before_batch()
        yield sample, next(found)


def tags_of(
    model: ClassificationModel, samples: Sequence[Sample], *, batch_size: int, before_batch: Callable[[], None]
) -> Iterator[tuple[Sample, Tags]]:
    """Yield every sample with the confidence of every class, the likeliest first.

    Raises:
        UnreadableSample: a file cannot be decoded.
    """
    found = model.predict_each(
        [sample.path for sample in samples],
        0.0,
        top_k=len(model.class_names),
        batch_size=batch_size,
        on_unreadable=_refuse,
    )
    for index, sample in enumerate(samples):
        if index % batch_size == 0:
            before_batch()
        yield sample, next(found)


def _refuse(image: ImageSource, error: OSError) -> NoReturn:
    raise UnreadableSample(Path(str(image)), why=str(error)) from error
