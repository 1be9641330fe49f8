"""Whose turn it is with the network: a person's prompt goes first, batches take turns a few images at a time."""

import queue
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pictograph_server.engines.annotators.base import Detection
from pictograph_server.executors import annotator_wire as wire

if TYPE_CHECKING:
    from pictograph_server.engines.annotators.base import RgbImage


@dataclass(frozen=True, slots=True)
class Finished:
    """The order's `found` is complete; its own thread makes the answer of it, for the network is free for others."""

    engine: str


@dataclass(slots=True, eq=False)
class Order:
    """A request under way. The thread of its connection receives the images, waits for the `outcome` and sends it."""

    request: wire.Request
    connection: socket.socket
    # The images to look at, as they come in; of `wire.Alike` the first is the one with the exemplars.
    images: "list[RgbImage]" = field(default_factory=lambda: [])
    # None: nobody waits for it any more.
    outcome: "queue.SimpleQueue[wire.Answer | Finished | None]" = field(default_factory=queue.SimpleQueue)
    # What was found so far, an entry for each image.
    found: list[list[Detection]] = field(default_factory=list[list[Detection]])
    seconds: float = 0.0
    _phase: wire.Phase | None = None

    @property
    def first(self) -> int:
        """Return the place of the first image that is still to do."""
        return len(self.found) + isinstance(self.request.question, wire.Alike)

    @property
    def is_ready(self) -> bool:
        """Return whether there is something to do for it: an image has come, or it has none."""
        return self.first < len(self.images) or len(self.images) == len(self.request.pictures)

    def enter(self, phase: wire.Phase) -> bool:
        """Tell the client how far it is; return False when it has gone.

        The worker's thread does this before it goes on, so that the client knows what the process died of.
        """
        if phase == self._phase:
            return True
        self._phase = phase
        try:
            wire.send_now(self.connection, wire.Begun(phase=phase))
        except OSError:
            # A job that was killed, a prompt that waited too long.
            self.outcome.put(None)
            return False
        return True


class Turns:
    """A queue with a fast lane; safe between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: deque[Order] = deque()
        self._others: deque[Order] = deque()

    def put(self, order: Order) -> None:
        with self._changed:
            (self._urgent if order.request.is_urgent else self._others).append(order)
            self._changed.notify()

    def put_back(self, order: Order) -> None:
        """Put in an order that needs another turn: behind other clients' orders, before its own client's later ones."""
        with self._changed:
            line = self._urgent if order.request.is_urgent else self._others
            later = [each for each in line if each.request.client == order.request.client]
            for each in later:
                line.remove(each)
            line.extend([order, *later])

    def receive(self, order: Order, image: "RgbImage") -> None:
        """Give an order that was put in one more of its images."""
        with self._changed:
            order.images.append(image)
            self._changed.notify()

    def drop(self, order: Order) -> None:
        """Take an order out whose images will not come. One that is being worked on is noticed by the worker."""
        with self._changed:
            for line in (self._urgent, self._others):
                if order in line:
                    line.remove(order)

    def next(self) -> Order:
        """Return the order to work on next, as soon as there is one."""
        with self._changed:
            while True:
                for line in (self._urgent, self._others):
                    for order in line:
                        if order.is_ready:
                            line.remove(order)
                            return order
                self._changed.wait()
