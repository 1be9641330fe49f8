"""The child of `annotator_process.py`: loads the annotator once, then answers prompts from its standard input.

python -m pictograph_server.executors.annotator_main CHOICE DEVICE
"""

import hashlib
import logging
import time
from collections import OrderedDict

import numpy as np

from pictograph.pixels import read_rgb
from pictograph_server.engines.annotators.base import Annotator, Detection, RgbImage
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.annotators.shapes import detection_to_shape
from pictograph_server.engines.errors import EngineError
from pictograph_server.executors import annotator_pipe as pipe

_log = logging.getLogger(__name__)
# Decoded pictures asked about lately: a person clicks on the same one again and again.
_REMEMBERED_PICTURES = 4


def serve(choice: str, device: str | None, questions: int, answers: int) -> int:
    """Answer the prompts that come from one pipe into another. Return the process's exit code."""
    try:
        annotator = open_annotator(choice, device)
    except EngineError as error:
        pipe.write(answers, pipe.pack_reply(pipe.Failure.of(error)))
        return 1
    pipe.write(answers, pipe.pack_reply(pipe.Ready(engine=annotator.name)))
    pictures = Pictures()
    while (received := pipe.read_request(questions)) is not None:
        pipe.write(answers, pipe.pack_reply(_reply(annotator, pictures, *received)))
    return 0


class Pictures:
    """The last few pictures, decoded."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, RgbImage] = OrderedDict()

    def decoded(self, request: pipe.Request, data: bytes) -> RgbImage:
        if request.pixels_hw is not None:
            return np.frombuffer(data, np.uint8).reshape(*request.pixels_hw, 3)
        key = hashlib.sha256(data).digest()
        if key not in self._kept:
            self._kept[key] = _decoded(data)
            if len(self._kept) > _REMEMBERED_PICTURES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _decoded(data: bytes) -> RgbImage:
    try:
        return read_rgb(data)
    except OSError as error:
        raise EngineError("The image cannot be read", why=str(error), fix="Upload it again") from error


def _reply(annotator: Annotator, pictures: Pictures, request: pipe.Request, data: bytes) -> pipe.Reply:
    started = time.perf_counter()
    try:
        detections = _detections(annotator, pictures.decoded(request, data), request.question)
        shapes = [shape for shape in map(detection_to_shape, detections) if shape is not None]
    except EngineError as error:
        return pipe.Failure.of(error)
    except Exception as error:  # the edge of the process: whatever it is, the caller must hear of it
        _log.exception("a prompt failed")
        why = f"{type(error).__name__}: {error}"
        return pipe.Failure.of(EngineError("The annotator failed on the prompt", why=why, fix="See the server's log"))
    return pipe.Answer(engine=annotator.name, shapes=shapes, seconds=time.perf_counter() - started)


def _detections(annotator: Annotator, image: RgbImage, question: pipe.Question) -> list[Detection]:
    if isinstance(question, pipe.Text):
        [found] = annotator.text(
            [image], question.prompts, threshold=question.threshold, max_detections=question.max_detections
        )
        return found
    if isinstance(question, pipe.Boxes):
        return annotator.box(image, question.boxes_xyxy, is_positive=question.is_positive, threshold=question.threshold)
    found = annotator.points(image, question.points_xy, is_positive=question.is_positive)
    return [] if found is None else [found]
