"""Whose turn it is with the network: a person's prompt goes first, batches take turns a few images at a time."""

import queue
import select
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


@dataclass(slots=True)
class Order:
    """A request under way. The thread of its connection sends what comes out of `outcome`, up to the answer."""

    request: wire.Request
    # The images to look at; of `wire.Alike` the first is the one with the exemplars.
    images: "list[RgbImage]"
    connection: socket.socket
    outcome: "queue.SimpleQueue[wire.Begun | wire.Answer | Finished]" = field(default_factory=queue.SimpleQueue)
    # What was found so far, an entry for each image.
    found: list[list[Detection]] = field(default_factory=list[list[Detection]])
    seconds: float = 0.0
    _phase: wire.Phase | None = None

    def enter(self, phase: wire.Phase) -> None:
        """Tell the client how far it is."""
        if phase != self._phase:
            self._phase = phase
            self.outcome.put(wire.Begun(phase=phase))

    def is_wanted(self) -> bool:
        """Return whether the client is still there. A job that was killed closes its connection by that."""
        poll = select.poll()
        try:
            # Hang-up and errors are told without being asked for.
            poll.register(self.connection, 0)
            return not poll.poll(0)
        except (OSError, ValueError):
            # Its own thread has closed it.
            return False


class Turns:
    """A queue with a fast lane; safe between threads."""

    def __init__(self) -> None:
        self._has_some = threading.Condition()
        self._urgent: deque[Order] = deque()
        self._others: deque[Order] = deque()

    def put(self, order: Order) -> None:
        with self._has_some:
            (self._urgent if order.request.is_urgent else self._others).append(order)
            self._has_some.notify()

    def next(self) -> Order:
        """Return the order to work on next, as soon as there is one."""
        with self._has_some:
            while not self._urgent and not self._others:
                self._has_some.wait()
            return self._urgent.popleft() if self._urgent else self._others.popleft()
