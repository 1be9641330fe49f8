"""Whose turn it is with the network: a person's prompt goes first, batches take turns a few images at a time."""

import queue
import socket
import threading
import time
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
    """A request under way. The thread of its connection waits for the `outcome` and sends it."""

    request: wire.Request
    # The images to look at; of `wire.Alike` the first is the one with the exemplars.
    images: "list[RgbImage]"
    connection: socket.socket
    # None: nobody waits for it any more.
    outcome: "queue.SimpleQueue[wire.Answer | Finished | None]" = field(default_factory=queue.SimpleQueue)
    # What was found so far, an entry for each image.
    found: list[list[Detection]] = field(default_factory=list[list[Detection]])
    seconds: float = 0.0
    _phase: wire.Phase | None = None

    def enter(self, phase: wire.Phase) -> bool:
        """Tell the client how far it is; return False when it has gone.

        The worker's thread does this before it goes on, so that the client knows what the process died of. A message so
        short cannot be held up by a client that does not read.
        """
        if phase == self._phase:
            return True
        self._phase = phase
        try:
            wire.send(self.connection, wire.Begun(phase=phase), deadline=time.monotonic() + 1)
        except OSError:
            # A job that was killed, a prompt that waited too long.
            self.outcome.put(None)
            return False
        return True


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
