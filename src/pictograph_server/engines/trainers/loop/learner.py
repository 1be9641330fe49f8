"""What a pipeline brings to the loop: its network, how an example is drawn, how its losses come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from pictograph.inference.spec import ClassifierSpec, FinderSpec
from pictograph_server.engines.trainers.loop.plan import LoopPlan

# Tensors in dicts, lists and tuples: the loop moves them to the device, the learner knows what they are.
Batch = Any


class Learner(Protocol):
    """One run's network and data, made by `Trainer.prepare`. The loop owns everything else.

    The loop seeds torch before every step, and hands `draw` a generator that depends on the seed, the epoch and the
    position alone: a learner keeps no state between steps, so that a run that was killed goes on as it would have.
    """

    @property
    def plan(self) -> LoopPlan: ...

    @property
    def settings(self) -> Mapping[str, str | int | float | bool | None]:
        """What the card tells, and what must be equal for a run to go on from a checkpoint: model, image size …"""
        ...

    @property
    def spec(self) -> FinderSpec | ClassifierSpec: ...

    @property
    def output_names(self) -> Sequence[str]:
        """Of the exported network, in order. The first axis of every output is the batch, but for `ListDecoding`."""
        ...

    @property
    def network(self) -> nn.Module:
        """On the CPU; its weights drawn from the plan's seed, or loaded. The loop moves it."""
        ...

    @property
    def is_channels_last(self) -> bool:
        """Convolutions are faster with `torch.channels_last`, attention is not."""
        ...

    @property
    def examples(self) -> int:
        """How many examples an epoch has."""
        ...

    @property
    def started_from(self) -> str | None:
        """The weights the network was filled with, in words for the card; None for random ones."""
        ...

    def optimizer(self, network: nn.Module) -> Optimizer:
        """Return the optimizer of the network. Groups may carry `rate_scale`: their share of the learning rate."""
        ...

    def draw(self, index: int, rng: np.random.Generator, *, fine: bool) -> Any:
        """Return example `index`, augmented with `rng`. Called from several threads."""
        ...

    def collate(self, examples: Sequence[Any]) -> Batch:
        """Return drawn examples as a batch of CPU tensors in dicts, lists and tuples. Called beside the steps."""
        ...

    def losses(self, network: nn.Module, batch: Batch, *, fine: bool) -> Mapping[str, Tensor]:
        """Return the losses of a batch on the network's device: `loss`, which is minimised, and parts: `loss_box` …"""
        ...

    def answering(self, network: nn.Module) -> nn.Module:
        """Return the network as it is exported and asked: images `(n, 3, h, w)` in, a tuple of `output_names` out.

        Shares the weights of `network`, which is in eval mode.
        """
        ...
