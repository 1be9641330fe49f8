"""The child of `annotator_process.py`: lets clients in, a thread for each, and gives their orders to the worker."""

import hashlib
import logging
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import numpy as np

from pictograph.pixels import read_rgb
from pictograph_server.engines.annotators.base import RgbImage
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.annotators.shapes import detection_to_shape
from pictograph_server.engines.errors import EngineError
from pictograph_server.executors import annotator_wire as wire
from pictograph_server.executors.annotator_shelf import OpenAnnotator, Shelf
from pictograph_server.executors.annotator_turns import Finished, Order, Turns
from pictograph_server.executors.annotator_worker import Worker

_log = logging.getLogger(__name__)
# Decoded pictures of prompts are kept: a person asks about the same one again and again.
_REMEMBERED_BYTES = 512 << 20


def serve(
    listener: socket.socket,
    device: str | None,
    favourite: str,
    *,
    on_ready: Callable[[], object],
    opener: OpenAnnotator = open_annotator,
) -> NoReturn:
    """Answer those who connect, until the process is ended from outside."""
    turns = Turns()
    worker = Worker(Shelf(favourite, device, opener=opener), turns)
    threading.Thread(target=_let_in, args=(listener, turns), name="door", daemon=True).start()
    on_ready()
    worker.run()


class Pictures:
    """The last few pictures that came as files, decoded; safe between threads."""

    def __init__(self, most_bytes: int = _REMEMBERED_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, RgbImage] = OrderedDict()

    def receive(self, connection: socket.socket, header: wire.Picture) -> RgbImage:
        """Return the next picture of a request.

        Raises:
            EngineError: it cannot be read.
        """
        data = wire.receive_bytes(connection, header.size_bytes)
        if header.pixels_hw is None:
            return self._file(data)
        return np.frombuffer(data, np.uint8).reshape(*header.pixels_hw, 3)

    def _file(self, data: memoryview) -> RgbImage:
        key = hashlib.sha256(data).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        image = _read(bytes(data))
        with self._lock:
            self._kept[key] = image
            while len(self._kept) > 1 and sum(kept.nbytes for kept in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)
        return image


def _read(data: bytes) -> RgbImage:
    try:
        return read_rgb(data)
    except OSError as error:
        raise EngineError("The image cannot be read", why=str(error), fix="Upload it again") from error


def _let_in(listener: socket.socket, turns: Turns) -> None:
    pictures = Pictures()
    # The server may have left it otherwise: both hold the same one.
    listener.setblocking(True)
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            # Too many files are open, most likely, and soon fewer.
            _log.exception("nobody can be let in")
            time.sleep(0.5)
            continue
        threading.Thread(target=_converse, args=(connection, turns, pictures), daemon=True).start()


def _converse(connection: socket.socket, turns: Turns, pictures: Pictures) -> None:
    """Read a request, have it done, send what comes of it. A client that is slow or gone stops only this thread."""
    with connection, suppress(EOFError, OSError):
        wire.send(connection, wire.Begun(phase="waiting"))
        order: Order | None = None
        try:
            request = wire.receive_request(connection)
            order = Order(request, connection)
            turns.put(order)
            for picture in request.pictures:
                # The worker begins with the first while the others are on their way.
                turns.receive(order, pictures.receive(connection, picture))
            outcome = order.outcome.get()
            if outcome is None:
                return
            answer, masks = _answer(order, outcome.engine) if isinstance(outcome, Finished) else (outcome, [])
        except EngineError as error:
            answer, masks = wire.Failure.of(error), []
        except (EOFError, OSError):
            raise
        except Exception as error:  # the edge of the process: whatever it is, the client must hear of it
            _log.exception("a request could not be read, or its answer not be written")
            answer, masks = wire.Failure.of(error), []
        finally:
            if order is not None:
                turns.drop(order)
        wire.send(connection, answer, masks)


def _answer(order: Order, engine: str) -> tuple[wire.Answer, list[bytes]]:
    if order.request.as_shapes:
        shapes = [detection_to_shape(detection) for on_image in order.found for detection in on_image]
        kept = [shape for shape in shapes if shape is not None]
        return wire.Shapes(engine=engine, shapes=kept, seconds=order.seconds), []
    masks: list[bytes] = []
    detections: list[list[wire.FoundDetection]] = []
    for on_image in order.found:
        detections.append([])
        for each in on_image:
            mask = None
            if each.mask is not None:
                masks.append(each.mask.runs)
                mask = wire.FoundMask(
                    size_bytes=len(each.mask.runs), shape_hw=each.mask.shape_hw, origin_xy=each.mask.origin_xy
                )
            found = wire.FoundDetection(
                prompt=each.prompt, confidence=each.confidence, box_xyxy=each.box_xyxy, mask=mask
            )
            detections[-1].append(found)
    return wire.Found(engine=engine, detections=detections), masks
