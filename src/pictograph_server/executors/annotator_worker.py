"""The thread of the warm annotator that works with the networks: orders in, detections out, one step at a time."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pictograph_server.engines.annotators.base import Annotator, Detection, Exemplars, RgbImage
from pictograph_server.engines.errors import EngineError
from pictograph_server.executors import annotator_wire as wire
from pictograph_server.executors.annotator_shelf import Opened, Shelf
from pictograph_server.executors.annotator_turns import Finished, Order, Turns

_log = logging.getLogger(__name__)
# A batch lets others take a turn after about so long, or after one image: shorter while people are at work.
_STEP_SECONDS = 0.5
_STEP_SECONDS_AMONG_PEOPLE = 0.1
_PEOPLE_STAY_SECONDS = 600.0
# A step that takes longer hangs, in a driver most likely: the process ends, and the next request starts another.
_LONGEST_STEP_S = 600.0
_EXIT_HANGS = 3
_EXIT_DEVICE_LOST = 4


class Worker:
    """Does what the orders ask for. Only `run` uses the networks: they are not safe to share between threads."""

    def __init__(self, shelf: Shelf, turns: Turns) -> None:
        self._shelf = shelf
        self._turns = turns
        self._paces: dict[tuple[str, str, int], Pace] = {}
        self._prompted_at = -_PEOPLE_STAY_SECONDS
        # Whose images are not all done; it goes on unless others have their turn first.
        self._interrupted: Order | None = None
        self._step_began: float | None = None

    def run(self) -> NoReturn:
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        while True:
            self.take_turn()

    def take_turn(self) -> None:
        """Wait for an order and take it a step further."""
        order = self._turns.next()
        if self._interrupted is not None and self._interrupted is not order:
            # What the process may die of now is not its doing.
            self._interrupted.enter("waiting")
        self._interrupted = None
        opened = self._shelf.find(order.request.annotator)
        if opened is None:
            if order.enter("loading"):
                self._shelf.load(order.request.annotator, lambda error: self._on_loaded(order, error))
            return
        if not order.enter("working"):
            return
        opened.take_threads()
        self._step_began = time.monotonic()
        try:
            result = self._step(order, opened)
        except EngineError as error:
            result = wire.Failure.of(error)
        except Exception as error:  # the edge of the process: whatever it is, the client must hear of it
            _log.exception("a request (%s) failed", order.request.question.kind)
            if _has_lost_device(error):
                _leave(_EXIT_DEVICE_LOST)
            result = wire.Failure.of(error)
        finally:
            self._step_began = None
        if result is not None:
            # The process may die of the next order before this one's answer is out.
            if order.enter("waiting"):
                order.outcome.put(result)
        else:
            self._interrupted = order
            self._turns.put_back(order)

    def _on_loaded(self, order: Order, error: Exception | None) -> None:
        if error is None:
            # From now on it is no loading that the process dies of, but somebody's image.
            if order.enter("waiting"):
                self._turns.put(order)
            return
        if not isinstance(error, EngineError):
            _log.error("%s cannot be opened", order.request.annotator, exc_info=error)
        order.outcome.put(wire.Failure.of(error))

    def _step(self, order: Order, opened: Opened) -> wire.Answer | Finished | None:
        """Return the answer, or None when the order needs another turn."""
        annotator, question = opened.annotator, order.request.question
        if isinstance(question, wire.Open):
            capabilities = sorted(annotator.capabilities)
            return wire.Opened(engine=annotator.name, device=annotator.device, capabilities=capabilities)
        if isinstance(question, wire.CheckPrompts):
            annotator.check_prompts(question.prompts)
            return wire.Done()
        if order.request.is_urgent:
            self._prompted_at = time.monotonic()
        started = time.perf_counter()
        if isinstance(question, wire.Text | wire.Alike):
            pace = self._pace(order.request.annotator, question)
            here = order.images[order.first :]
            images = here[: pace.share(len(here))]
            found = _detect(annotator, question, order.images, images)
            if len(found) != len(images):
                raise RuntimeError(f"{annotator.name} answered {len(images)} images with {len(found)} lists")
            order.found += found
            if not order.request.is_urgent:
                # A prompt may be fast because the image was asked about before.
                pace.learn(len(images), time.perf_counter() - started, self._step_seconds())
            is_finished = order.first == len(order.request.pictures)
        else:
            order.found = [_cut_out(annotator, question, order.images[0])]
            is_finished = True
        order.seconds += time.perf_counter() - started
        return Finished(annotator.name) if is_finished else None

    def _pace(self, choice: str, question: wire.Text | wire.Alike) -> "Pace":
        prompts = len(question.prompts) if isinstance(question, wire.Text) else 0
        return self._paces.setdefault((choice, question.kind, prompts), Pace())

    def _step_seconds(self) -> float:
        is_among_people = time.monotonic() - self._prompted_at < _PEOPLE_STAY_SECONDS
        return _STEP_SECONDS_AMONG_PEOPLE if is_among_people else _STEP_SECONDS

    def _watch(self) -> None:
        while True:
            time.sleep(5)
            began = self._step_began
            if began is not None and time.monotonic() - began > _LONGEST_STEP_S:
                _log.error("one step takes more than %.0f s: the process ends", _LONGEST_STEP_S)
                _leave(_EXIT_HANGS)


@dataclass(slots=True)
class Pace:
    """How many images of one kind of work make a step; for most networks several at once are faster."""

    most: int = 1

    def share(self, count: int) -> int:
        """Return how many of so many images to take now: shares of one size, for the last is otherwise small."""
        return -(-count // max(1, -(-count // self.most)))

    def learn(self, count: int, seconds: float, step_seconds: float) -> None:
        fitting = int(step_seconds * count / max(seconds, 1e-6))
        # What fits is known of as many as were taken: the next images may be larger.
        self.most = max(1, min(fitting, max(self.most, 2 * count)))


def _detect(
    annotator: Annotator, question: wire.Text | wire.Alike, all_images: Sequence[RgbImage], images: Sequence[RgbImage]
) -> list[list[Detection]]:
    most = question.max_detections
    if isinstance(question, wire.Text):
        return annotator.text(images, question.prompts, threshold=question.threshold, max_detections=most)
    alike = Exemplars(all_images[0], question.boxes_xyxy, question.is_positive, question.phrase)
    return annotator.exemplars(images, alike, threshold=question.threshold, max_detections=most)


def _cut_out(annotator: Annotator, question: wire.Boxes | wire.Points, image: RgbImage) -> list[Detection]:
    if isinstance(question, wire.Boxes):
        return annotator.box(image, question.boxes_xyxy, is_positive=question.is_positive, threshold=question.threshold)
    found = annotator.points(image, question.points_xy, is_positive=question.is_positive)
    return [] if found is None else [found]


def _has_lost_device(error: Exception) -> bool:
    """Return whether nothing will work on the GPU any more until the process is started anew."""
    if type(error).__name__ == "OutOfMemoryError":
        return False
    return type(error).__name__ == "AcceleratorError" or "CUDA error" in str(error)


def _leave(code: int) -> NoReturn:
    logging.shutdown()
    os._exit(code)
