"""Whose turn it is."""

import socket
import threading
from typing import cast

import numpy as np

from pictograph_server.executors import annotator_wire as wire
from pictograph_server.executors.annotator_turns import Order, Turns

# Whose turn it is does not depend on what is said to whom.
NOBODY = cast("socket.socket", None)
IMAGE = np.zeros((1, 1, 3), np.uint8)


def order(client: str, *, images: int = 1, of: int | None = None, is_urgent: bool = False) -> Order:
    question = wire.Text(prompts=["a"], threshold=0.5, max_detections=1)
    pictures = [wire.Picture(size_bytes=3, pixels_hw=(1, 1))] * (images if of is None else of)
    request = wire.Request(question=question, annotator="a", is_urgent=is_urgent, client=client, pictures=pictures)
    return Order(request, NOBODY, images=[IMAGE] * images)


def test_turns__prompts_before_batches():
    turns = Turns()
    batch, prompt = order("one"), order("other", is_urgent=True)
    turns.put(batch)
    turns.put(prompt)
    assert [turns.next(), turns.next()] == [prompt, batch]


def test_turns__clients_alternate_and_each_keeps_its_order():
    turns = Turns()
    first, second, others = order("one"), order("one"), order("other")
    for each in (first, second, others):
        turns.put(each)
    taken: list[Order] = []
    for _ in range(4):
        taken.append(turns.next())
        turns.put_back(taken[-1])
    assert taken == [first, others, first, others]


def test_turns__an_order_waits_for_its_images():
    turns = Turns()
    empty, full = order("one", images=0, of=2), order("other")
    turns.put(empty)
    turns.put(full)
    assert turns.next() is full
    arriving = threading.Timer(0.05, turns.receive, (empty, IMAGE))
    arriving.start()
    assert turns.next() is empty
    arriving.join()


def test_turns__what_needs_no_image_waits_for_none():
    turns = Turns()
    nothing = order("one", images=0)
    turns.put(nothing)
    assert turns.next() is nothing


def test_turns__what_was_dropped_has_no_turn():
    turns = Turns()
    dropped, kept = order("one"), order("one")
    for each in (dropped, kept):
        turns.put(each)
    turns.drop(dropped)
    turns.drop(dropped)
    assert turns.next() is kept


def test_order__says_when_its_client_has_gone():
    ours, theirs = socket.socketpair()
    with ours:
        each = Order(order("one").request, ours)
        assert each.enter("waiting")
        assert wire.receive_reply(theirs)[0] == wire.Begun(phase="waiting")
        theirs.close()
        assert not each.enter("working")
        assert each.outcome.get_nowait() is None
