"""How much the worker does at once, and what it makes of what an annotator does."""

import socket
from collections.abc import Iterator, Sequence

import pytest
from tests.contract.annotator_stand_in import FAILS, FINE, StandIn, picture

from pictograph_server.engines.annotators.base import Detection, RgbImage
from pictograph_server.executors import annotator_wire as wire
from pictograph_server.executors.annotator_shelf import Shelf
from pictograph_server.executors.annotator_turns import Finished, Order, Turns
from pictograph_server.executors.annotator_worker import Pace, Worker


class Recorder(StandIn):
    """Remembers how many images it was given at once; answers none when it is to be broken."""

    def __init__(self) -> None:
        super().__init__("recorder")
        self.shares: list[int] = []
        self.is_broken = False

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        self.shares.append(len(images))
        return [] if self.is_broken else super().text(images, prompts, threshold=threshold)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours


def work(recorder: Recorder, order: Order) -> "wire.Answer | Finished | None":
    turns = Turns()
    worker = Worker(Shelf("recorder", None, opener=lambda _choice, _device: recorder), turns)
    turns.put(order)
    while order.outcome.empty():
        worker.take_turn()
    return order.outcome.get()


def text_order(connection: socket.socket, *says: int) -> Order:
    pictures = [wire.Picture(size_bytes=72, pixels_hw=(4, 6))] * len(says)
    question = wire.Text(prompts=["a"], threshold=0.5, max_detections=1)
    request = wire.Request(question=question, annotator="recorder", is_urgent=False, pictures=pictures)
    return Order(request, connection, images=[picture(each, tenths=place) for place, each in enumerate(says)])


def test_worker__takes_more_at_once_while_it_is_fast(recorder: Recorder, connection: socket.socket):
    order = text_order(connection, *[FINE] * 16)
    assert work(recorder, order) == Finished("stand-in@recorder")
    assert recorder.shares[0] == 1 < max(recorder.shares)
    assert [found.confidence for [found] in order.found] == [place / 10 for place in range(16)]


def test_worker__annotator_that_forgets_images_is_a_failure(recorder: Recorder, connection: socket.socket):
    recorder.is_broken = True
    outcome = work(recorder, text_order(connection, FINE))
    assert isinstance(outcome, wire.Failure)
    assert "answered 1 images with 0 lists" in outcome.what


def test_worker__unexpected_error_is_told(recorder: Recorder, connection: socket.socket):
    outcome = work(recorder, text_order(connection, FAILS))
    assert outcome == wire.Failure(error_kind="RuntimeError", what="RuntimeError: a matrix has no inverse")


@pytest.mark.parametrize(
    ("most", "count", "shares"),
    [
        pytest.param(5, 16, [4, 4, 4, 4], id="even shares"),
        pytest.param(1, 2, [1, 1], id="one by one"),
        pytest.param(9, 4, [4], id="all at once"),
    ],
)
def test_pace__shares(most: int, count: int, shares: list[int]):
    pace, taken = Pace(most), list[int]()
    while count > sum(taken):
        taken.append(pace.share(count - sum(taken)))
    assert taken == shares


@pytest.mark.parametrize(
    ("most", "count", "seconds", "then"),
    [
        pytest.param(1, 1, 0.01, 2, id="doubles while there is time"),
        pytest.param(8, 8, 0.16, 5, id="as many as fit"),
        pytest.param(8, 8, 9.0, 1, id="never less than one"),
        pytest.param(8, 1, 0.001, 8, id="a small rest says nothing of many"),
    ],
)
def test_pace__learns(most: int, count: int, seconds: float, then: int):
    pace = Pace(most)
    pace.learn(count, seconds, 0.1)
    assert pace.most == then
