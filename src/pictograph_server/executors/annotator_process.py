"""The warm annotator of a server: a child process that keeps networks loaded, for single prompts and for batch jobs.

It is started by the first who needs it, ends with the server, and is started again after a crash. Jobs find it at
`address` (`annotator_client.open_remote`). How it works: docs/concepts/annotator-process.md.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pictograph_server.engines.annotators.base import Box
from pictograph_server.engines.annotators.shapes import FoundShape
from pictograph_server.engines.errors import EngineBusy, EngineError
from pictograph_server.executors import annotator_client as client
from pictograph_server.executors import annotator_wire as wire
from pictograph_server.executors.annotator_client import BrokenOff, NobodyThere, PictureSource
from pictograph_server.executors.annotator_door import ENTRY, Door


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What the annotator found for one prompt. `engine` goes into every annotation made of it (R11)."""

    engine: str
    shapes: list[FoundShape]
    seconds: float


class AnnotatorProcess:
    """Answers text, box and point prompts. May be shared between threads; prompts are answered one after the other.

    `annotator` names another annotator than the server's own (what `open_annotator` takes). Every method raises
    `EngineError` (or one of its kinds) with what to do when the annotator cannot be opened, does not know the class,
    crashes, or does not answer within `timeout_s`: `EngineBusy` when it may answer a moment later.
    """

    def __init__(
        self,
        choice: str = "auto",
        device: str | None = None,
        *,
        timeout_s: float = 25.0,
        command: Sequence[str] = ENTRY,
    ) -> None:
        """`command` is what to start; tests have processes of their own."""
        self._command = command
        self._choice = choice
        self._device = device
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._door: Door | None = None

    @property
    def address(self) -> str:
        """Return where jobs reach the process. It is not started by that, but by the first who connects."""
        with self._lock:
            self._door = self._door or Door(self._command, self._choice, self._device)
            return self._door.address

    @property
    def pid(self) -> int | None:
        """Return the number of the process that runs now."""
        process = self._door.process if self._door is not None else None
        return None if process is None else process.pid

    def text(
        self,
        image: PictureSource,
        prompts: Sequence[str],
        *,
        threshold: float,
        max_detections: int = 100,
        annotator: str | None = None,
    ) -> PromptAnswer:
        """Return every instance of the prompts, best first."""
        question = wire.Text(prompts=list(prompts), threshold=threshold, max_detections=max_detections)
        return self._ask(image, question, annotator)

    def box(
        self,
        image: PictureSource,
        boxes_xyxy: Sequence[Box],
        *,
        is_positive: Sequence[bool],
        threshold: float,
        annotator: str | None = None,
    ) -> PromptAnswer:
        """Return the object in the first positive box, if the network is confident enough."""
        question = wire.Boxes(boxes_xyxy=list(boxes_xyxy), is_positive=list(is_positive), threshold=threshold)
        return self._ask(image, question, annotator)

    def points(
        self,
        image: PictureSource,
        points_xy: Sequence[tuple[float, float]],
        *,
        is_positive: Sequence[bool],
        annotator: str | None = None,
    ) -> PromptAnswer:
        """Return the object under the points: one shape, or none."""
        return self._ask(image, wire.Points(points_xy=list(points_xy), is_positive=list(is_positive)), annotator)

    def warm_up(self) -> None:
        """Start the process, if it does not run yet, and have it load the server's own annotator, without waiting."""
        request = wire.Request(question=wire.Open(), annotator=self._choice, is_urgent=True)

        def ask() -> None:
            # Whoever asks for something hears what is wrong.
            with suppress(EngineError, RuntimeError, NobodyThere, BrokenOff):
                client.ask(self.address, request)

        threading.Thread(target=ask, name="warm-up", daemon=True).start()

    def close(self) -> None:
        """End the process. A later prompt starts a new one."""
        with self._lock:
            door, self._door = self._door, None
        if door is not None:
            door.close()

    def _ask(self, image: PictureSource, question: wire.Question, annotator: str | None) -> PromptAnswer:
        request = wire.Request(question=question, annotator=annotator or self._choice, is_urgent=True, as_shapes=True)
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                answer, _ = client.ask(self.address, request, [image], deadline=deadline)
                break
            except BrokenOff as broken:
                if broken.is_too_late:
                    raise _too_late(broken.phase, self._timeout_s) from broken
                # It died of something else before it came to this prompt: that is no fault of ours.
                if broken.phase in ("loading", "working"):
                    raise client.crashed(broken) from broken
            except NobodyThere as error:
                raise EngineError("The annotator is not running", why="the server is stopping") from error
            except RuntimeError as error:
                raise EngineError(
                    "The annotator failed on the prompt", why=str(error), fix="See the server's log"
                ) from error
        assert isinstance(answer, wire.Shapes)
        return PromptAnswer(answer.engine, answer.shapes, answer.seconds)


def _too_late(phase: wire.Phase | None, timeout_s: float) -> EngineError:
    what = f"The annotator did not answer within {timeout_s:.0f} s"
    if phase == "working":
        fix = "Use a batch job, which has no such limit, or a smaller image"
        return EngineError(what, why="the prompt takes longer than that on this machine", fix=fix)
    return EngineBusy(
        what,
        # Loading goes on, and a later prompt finds it done.
        why="other prompts are still being answered" if phase == "waiting" else "it is still loading its network",
        fix="Try again in a moment; for many images use a batch job, which has no such limit",
    )
