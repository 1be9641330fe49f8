"""A run's state on disk: written whole or not at all, read without running code, taken up only by the same run."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

import torch
from torch import Tensor

# Writing may take at most about this share of the time.
_SHARE = 0.05


class State(TypedDict):
    """What a run needs to go on after `epoch` finished passes. Batches are drawn from the epoch's number alone."""

    # What must be equal for a run to go on: plan, settings, data, kind of device.
    fingerprint: str
    epoch: int
    batch_size: int
    seconds: float
    # How far the run was (0-1) when it was last measured.
    measured_at: float
    network: dict[str, Tensor]
    average: dict[str, Tensor]
    average_updates: int
    optimizer: dict[str, Any]
    scaler: dict[str, Any]
    best: dict[str, Tensor]
    best_score: float
    best_epoch: int
    # Measurements in a row that were not better than the best.
    without_gain: int
    # Of every epoch so far: the fields of its `EpochReport`.
    reports: list[dict[str, Any]]


@dataclass(slots=True)
class CheckpointFile:
    """The file in a run's working folder."""

    path: Path
    _written_at: float = float("-inf")
    _took: float = 0.0

    def write(self, state: State, *, at_once: bool) -> None:
        """Write the state, unless that would cost more than it saves: a big network's short epochs are not all kept."""
        started = time.monotonic()
        if not at_once and started - self._written_at < self._took / _SHARE:
            return
        partial = self.path.with_suffix(".partial")
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)
        self._written_at = time.monotonic()
        self._took = self._written_at - started

    def read(self, wanted: str) -> State | None:
        """Return the state of the run with this fingerprint, or None: there is none, it is torn or another run's."""
        if not self.path.is_file():
            return None
        try:
            state = cast("State", torch.load(self.path, map_location="cpu", weights_only=True))
        except Exception:  # a torn or foreign file of any kind: start again
            return None
        return state if state.get("fingerprint") == wanted else None
