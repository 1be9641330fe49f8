"""What goes into the socket comes out of it, to the bit."""

import math
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from pictograph_server.engines.errors import EngineCrashed, EngineError, UnknownClasses
from pictograph_server.executors import annotator_wire as wire

FOUND = wire.Found(
    engine="a@b",
    detections=[
        [],
        [
            wire.FoundDetection(
                prompt="stop «sign»\n",
                confidence=0.1 + 0.2,
                box_xyxy=(1 / 3, -0.0, 1e-300, math.inf),
                mask=wire.FoundMask(size_bytes=3, shape_hw=(1, 2), origin_xy=(3, 4)),
            )
        ],
    ],
)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_reply__comes_back_to_the_bit(ends: tuple[socket.socket, socket.socket]):
    wire.send(ends[0], FOUND, [b"abc"])
    reply, body = wire.receive_reply(ends[1])
    assert reply == FOUND
    assert body == b"abc"


def test_request__larger_than_the_sockets_buffer(ends: tuple[socket.socket, socket.socket]):
    data = bytes(range(256)) * 40_000
    question = wire.Text(prompts=["a"], threshold=0.3, max_detections=5)
    sent = wire.Request(
        question=question,
        annotator="tiny",
        is_urgent=True,
        pictures=[wire.Picture(size_bytes=len(data))],
    )
    sender = threading.Thread(target=wire.send, args=(ends[0], sent, [data]))
    sender.start()
    request = wire.receive_request(ends[1])
    body = wire.receive_bytes(ends[1], request.pictures[0].size_bytes)
    sender.join()
    assert (request, body) == (sent, data)


def test_receive__gives_up_at_the_deadline(ends: tuple[socket.socket, socket.socket]):
    ends[0].send(b"\0")
    with pytest.raises(TimeoutError):
        wire.receive_reply(ends[1], deadline=time.monotonic() + 0.05)


def test_receive__the_other_side_has_gone(ends: tuple[socket.socket, socket.socket]):
    ends[0].send(b"\0")
    ends[0].close()
    with pytest.raises(EOFError):
        wire.receive_reply(ends[1])


def test_receive__a_length_beyond_reason_takes_no_memory(ends: tuple[socket.socket, socket.socket]):
    ends[0].send(b"\xff" * 12)
    with pytest.raises(ValueError, match="none of ours"):
        wire.receive_reply(ends[1])


@pytest.mark.parametrize("kind", [EngineError, UnknownClasses, EngineCrashed])
def test_failure__is_the_error_it_was(kind: type[EngineError]):
    error = wire.Failure.of(kind("what", why="why", fix="fix")).error()
    assert isinstance(error, kind)
    assert (error.what, error.why, error.fix) == ("what", "why", "fix")


def test_failure__nobody_expected_is_a_runtime_error():
    error = wire.Failure.of(ZeroDivisionError("division by zero")).error()
    assert type(error) is RuntimeError
    assert str(error) == "ZeroDivisionError: division by zero"
