"""The moving average of the weights."""

import pytest
import torch

from pictograph_server.engines.trainers.loop.average import Average


def test_average__follows_and_settles() -> None:
    network = torch.nn.Linear(1, 1)
    average = Average(network, steps=200)
    with torch.no_grad():
        network.weight.fill_(5.0)
    for _ in range(100):
        average.update(network)
    assert float(average.network.state_dict()["weight"]) == pytest.approx(5.0, abs=0.01)


def test_average__is_the_network_itself_when_it_does_not_follow() -> None:
    network = torch.nn.Linear(1, 1)
    assert Average(network, steps=200, follows=False).network is network
