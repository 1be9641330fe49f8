"""One stage of training: steps, a learning rate that rises and falls, averaged weights, and going on after a stop."""

import copy
import json
import math
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

_TELL_EVERY_STEPS = 50

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Stage:
    """How one stage trains. With `minutes`, it ends then at the latest, its learning rate brought down in time."""

    name: str
    steps: int
    batch: int  # scenes in a step
    learning_rate: float
    warmup_steps: int = 100
    last_rate: float = 0.03  # of the learning rate, at the end
    weight_decay: float = 0.02
    most_gradient: float = 2.0
    memory: float = 0.997  # of the average of the weights; less at first
    minutes: float | None = None


@dataclass(frozen=True)
class Workbench:
    """Where and with what a build works: its folder, device, number format, and the seed of everything random."""

    folder: Path
    device: torch.device
    half_precision: bool
    seed: int
    save_every_s: float = 120.0

    def autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16) if self.half_precision else nullcontext()

    def rng(self, stage: str, step: int) -> np.random.Generator:
        """Return the randomness of one step, the same when the step is taken again after a stop."""
        return np.random.default_rng([self.seed, zlib.crc32(stage.encode()), step])

    def tell(self, **facts: object) -> None:
        """Print a line of figures and keep it in the folder's log."""
        line = json.dumps(facts)
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(line + "\n")


# The loss to go down, and figures for the log.
Step = tuple[Tensor, Mapping[str, Tensor]]


def train(
    network: Network,
    stage: Stage,
    bench: Workbench,
    step_loss: Callable[[np.random.Generator, float], Step],
    *,
    slower: Sequence[nn.Parameter] = (),
) -> Network:
    """Return the average of the network's weights over the stage's steps; `network` itself is trained in place.

    Args:
        step_loss: what one step does, given its randomness and how far the stage is, 0 to 1.
        slower: parameters that learn at half the rate.
    """
    run = _Run(network, stage, bench, slower)
    network.train()
    shown: dict[str, list[float]] = defaultdict(list)
    while run.progress < 1:
        rate = run.set_learning_rate()
        loss, figures = step_loss(bench.rng(stage.name, run.step), run.progress)
        run.learn(loss)
        for name, value in {"loss": loss.detach(), **figures}.items():
            shown[name].append(float(value))
        if run.step % _TELL_EVERY_STEPS == 0 or run.progress >= 1:
            means = {name: round(float(np.mean(values)), 4) for name, values in shown.items()}
            bench.tell(stage=stage.name, step=run.step, rate=round(rate, 6), seconds=round(run.seconds), **means)
            shown.clear()
        run.save_now_and_then()
    run.partial.unlink(missing_ok=True)
    return run.average


class _Run:
    """A stage while it runs; everything that going on after a stop needs."""

    def __init__(self, network: nn.Module, stage: Stage, bench: Workbench, slower: Sequence[nn.Parameter]) -> None:
        self.stage = stage
        self.network = network
        self.average: Any = copy.deepcopy(network)
        self.step = 0
        self._save_every_s = bench.save_every_s
        self.partial = bench.folder / f"{stage.name}.partial.pt"
        slow = {id(parameter) for parameter in slower}
        self._trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in self._trained if id(p) not in slow], "share": 1.0},
            {"params": [p for p in self._trained if id(p) in slow], "share": 0.5},
        ]
        self._optimizer = torch.optim.AdamW(
            groups, lr=stage.learning_rate, weight_decay=stage.weight_decay, betas=(0.9, 0.98)
        )
        self._earlier_s = 0.0
        if self.partial.exists():
            self._go_on(torch.load(self.partial, map_location=bench.device, weights_only=True))
        self._began = self._saved = time.monotonic()

    @property
    def seconds(self) -> float:
        return self._earlier_s + time.monotonic() - self._began

    @property
    def progress(self) -> float:
        by_steps = self.step / max(1, self.stage.steps)
        return by_steps if self.stage.minutes is None else max(by_steps, self.seconds / 60 / self.stage.minutes)

    def set_learning_rate(self) -> float:
        warm = min(1.0, (self.step + 1) / min(self.stage.warmup_steps, max(1, self.stage.steps // 4)))
        falling = 0.5 + 0.5 * math.cos(math.pi * min(1.0, self.progress))
        rate = self.stage.learning_rate * warm * (self.stage.last_rate + (1 - self.stage.last_rate) * falling)
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["share"]
        return rate

    def learn(self, loss: Tensor) -> None:
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._trained, self.stage.most_gradient)
        self._optimizer.step()
        self.step += 1
        share = 1 - min(self.stage.memory, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for averaged, current in _pairs(self.average, self.network):
                averaged.lerp_(current, share)

    def save_now_and_then(self) -> None:
        if time.monotonic() - self._saved < self._save_every_s:
            return
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        unfinished = self.partial.with_suffix(".new")
        torch.save(state, unfinished)
        unfinished.replace(self.partial)
        self._saved = time.monotonic()

    def _go_on(self, state: dict[str, Any]) -> None:
        self.step, self._earlier_s = int(state["step"]), float(state["seconds"])
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])


def _pairs(one: nn.Module, other: nn.Module) -> Iterator[tuple[Tensor, Tensor]]:
    for first, second in zip(one.parameters(), other.parameters(), strict=True):
        if second.requires_grad:
            yield first, second
