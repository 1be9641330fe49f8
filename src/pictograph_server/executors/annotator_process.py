"""The warm annotator beside the API: a child process that keeps the network loaded and answers single prompts.

It is started by the first prompt, ends with its parent, and is started again after a crash. Pictures and answers cross
pipes as length-prefixed JSON and raw bytes (`annotator_pipe.py`), never as pickles.
"""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

from pictograph_server.engines.annotators.base import RgbImage
from pictograph_server.engines.annotators.shapes import FoundShape
from pictograph_server.engines.errors import EngineBusy, EngineError
from pictograph_server.executors import annotator_pipe as pipe

Box = tuple[float, float, float, float]
# A file's bytes, a file, or decoded pixels: RGB, 8 bits, display-oriented, shape (height, width, 3).
Picture: TypeAlias = "bytes | Path | RgbImage"


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What the annotator found for one prompt. `engine` goes into every annotation made of it (R11)."""

    engine: str
    shapes: list[FoundShape]
    seconds: float


class AnnotatorProcess:
    """Answers text, box and point prompts. May be shared between threads; prompts are answered one after the other.

    Every method raises `EngineError` (or one of its kinds) with what to do when the annotator cannot be opened, does
    not know the class, crashes, or does not answer within `timeout_s`: `EngineBusy` when it may answer a moment later.
    """

    def __init__(self, choice: str = "auto", device: str | None = None, *, timeout_s: float = 25.0) -> None:
        module = "pictograph_server.executors.annotator_main"
        self._command = [sys.executable, "-m", module, str(os.getpid()), choice, device or ""]
        self._timeout_s = timeout_s
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._keeper: threading.Thread | None = None
        self._child: _Child | None = None

    def text(
        self, image: Picture, prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> PromptAnswer:
        """Return every instance of the prompts, best first."""
        question = pipe.Text(prompts=list(prompts), threshold=threshold, max_detections=max_detections)
        return self._ask(image, question)

    def box(
        self, image: Picture, boxes_xyxy: Sequence[Box], *, is_positive: Sequence[bool], threshold: float
    ) -> PromptAnswer:
        """Return the object in the first positive box, if the network is confident enough."""
        question = pipe.Boxes(boxes_xyxy=list(boxes_xyxy), is_positive=list(is_positive), threshold=threshold)
        return self._ask(image, question)

    def points(
        self, image: Picture, points_xy: Sequence[tuple[float, float]], *, is_positive: Sequence[bool]
    ) -> PromptAnswer:
        """Return the object under the points: one shape, or none."""
        return self._ask(image, pipe.Points(points_xy=list(points_xy), is_positive=list(is_positive)))

    def warm_up(self) -> None:
        """Start the child, if it does not run yet, without waiting for it."""
        self._enqueue(_Order(None, Future()))

    def close(self) -> None:
        """End the child. A later prompt starts a new one."""
        with self._lock:
            keeper, self._keeper = self._keeper, None
            if keeper is not None:
                self._orders.put(None)
        if keeper is not None:
            keeper.join()

    def _ask(self, image: Picture, question: pipe.Question) -> PromptAnswer:
        order = _Order(pipe.pack(question, image), Future(), time.monotonic() + self._timeout_s)
        self._enqueue(order)
        try:
            answer = order.answer.result(self._timeout_s + 2)
        except TimeoutError:
            order.answer.cancel()
            raise _busy("other prompts are still being answered", self._timeout_s) from None
        return PromptAnswer(answer.engine, answer.shapes, answer.seconds)

    def _enqueue(self, order: "_Order") -> None:
        with self._lock:
            if self._keeper is None:
                # One thread starts the child and lives as long as this object: on Linux a child that asks to die with
                # its parent dies with the *thread* that started it, and threads of a pool come and go.
                self._keeper = threading.Thread(target=self._serve, name="annotator", daemon=True)
                self._keeper.start()
            self._orders.put(order)

    def _serve(self) -> None:
        try:
            while (order := self._orders.get()) is not None:
                if order.request is None:
                    self._running_child()
                elif order.answer.set_running_or_notify_cancel():
                    try:
                        order.answer.set_result(self._answer(order.request, order.deadline))
                    except BaseException as error:
                        order.answer.set_exception(error)
        finally:
            self._drop_child()

    def _answer(self, request: bytes, deadline: float) -> pipe.Answer:
        try:
            child = self._loaded_child(deadline)
            child.send(request, deadline)
        except BrokenPipeError:
            # It died while nobody asked anything: that is no fault of this prompt.
            child = self._loaded_child(deadline)
            child.send(request, deadline)
        reply = self._reply(child, deadline, _too_slow(self._timeout_s))
        if isinstance(reply, pipe.Failure):
            raise reply.error()
        if not isinstance(reply, pipe.Answer):
            raise self._crashed(child)
        return reply

    def _loaded_child(self, deadline: float) -> "_Child":
        child = self._running_child()
        if not child.ready:
            # Loading may take longer than a prompt may: it goes on, and a later prompt finds it done.
            too_slow = _busy("it is still loading its network", self._timeout_s)
            opened = self._reply(child, deadline, too_slow)
            if isinstance(opened, pipe.Failure):
                self._drop_child()
                raise opened.error()
            child.ready = True
        return child

    def _reply(self, child: "_Child", deadline: float, too_slow: EngineError) -> pipe.Reply:
        try:
            return child.receive(deadline)
        except TimeoutError:
            if not isinstance(too_slow, EngineBusy):
                # An answer that comes later would be taken for the next prompt's.
                self._drop_child()
            raise too_slow from None
        except (EOFError, OSError, ValueError) as error:
            raise self._crashed(child) from error

    def _running_child(self) -> "_Child":
        if self._child is None or self._child.has_ended or self._child.is_broken:
            self._drop_child()
            self._child = _Child(self._command)
        return self._child

    def _crashed(self, child: "_Child") -> EngineError:
        self._drop_child()
        return EngineError(
            "The annotator stopped while it worked on the prompt",
            why=child.how_it_ended(),
            fix="Try again: it is started anew. If it stops again, its memory may be too small for the image",
        )

    def _drop_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


@dataclass(frozen=True, slots=True)
class _Order:
    request: bytes | None  # None only starts the child
    answer: "Future[pipe.Answer]"
    deadline: float = 0.0


class _Child:
    """A running `annotator_main`, its pipes read and written without ever waiting past a deadline."""

    def __init__(self, command: Sequence[str]) -> None:
        self.ready = False
        self.is_broken = False
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def send(self, request: bytes, deadline: float) -> None:
        try:
            pipe.write(self._to, request, wait=lambda: _wait(writable=self._to, deadline=deadline))
        except BaseException:
            # Half a request is in the pipe: what follows would not be understood.
            self.is_broken = True
            raise

    def receive(self, deadline: float) -> pipe.Reply:
        return pipe.read_reply(self._from, wait=lambda: _wait(readable=self._from, deadline=deadline))

    def how_it_ended(self) -> str:
        code = self._process.poll()
        if code is None:
            return "its answer could not be read"
        return f"it was killed by signal {-code}" if code < 0 else f"it ended with code {code}"

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def _wait(*, deadline: float, readable: int | None = None, writable: int | None = None) -> None:
    """Return when the pipe can be used. Raises `TimeoutError` at the deadline."""
    reads = [] if readable is None else [readable]
    writes = [] if writable is None else [writable]
    ready = select.select(reads, writes, [], max(0.0, deadline - time.monotonic()))
    if not ready[0] and not ready[1]:
        raise TimeoutError


def _busy(doing: str, timeout_s: float) -> EngineBusy:
    return EngineBusy(
        f"The annotator did not answer within {timeout_s:.0f} s",
        why=doing,
        fix="Try again in a moment; for many images use a batch job, which has no such limit",
    )


def _too_slow(timeout_s: float) -> EngineError:
    return EngineError(
        f"The annotator did not answer within {timeout_s:.0f} s",
        why="the prompt takes longer than that on this machine",
        fix="Use a batch job, which has no such limit, or a smaller image",
    )
