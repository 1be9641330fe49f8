"""The moving average of a network's weights over its last steps: what is measured and kept."""

from copy import deepcopy

import torch
from torch import nn


class Average:
    """A copy of the network that follows it.

    The window is a twentieth of the run (at most 5,000 steps), so that a short run is not held back by its start.
    With `follows=False` it is the network itself: nothing is averaged.
    """

    def __init__(self, network: nn.Module, steps: int, *, follows: bool = True) -> None:
        self.network = deepcopy(network).eval().requires_grad_(False) if follows else network
        self.updates = 0
        self._follows = follows
        self._most = 1 - 1 / min(max(steps / 20, 2), 5000)

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        if not self._follows:
            return
        self.updates += 1
        keep = min(self._most, (1 + self.updates) / (10 + self.updates))
        fresh = network.state_dict()
        pairs = [(value, fresh[name]) for name, value in self.network.state_dict().items()]
        floats = [(own, new) for own, new in pairs if own.is_floating_point()]
        torch._foreach_lerp_([own for own, _ in floats], [new for _, new in floats], 1 - keep)  # pyright: ignore[reportPrivateUsage, reportPrivateImportUsage]
        for own, new in pairs:
            if not own.is_floating_point():
                own.copy_(new)
