"""A training run that keeps what it is told, and stops or dies when asked."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pictograph_server.engines.errors import Cancelled
from pictograph_server.engines.trainers.base import EpochReport, Prepared


@dataclass
class RecordingRun:
    """A run that keeps what it is told, and stops or dies when asked."""

    workdir: Path
    cancel_at_call: int | None = None
    die_at_call: int | None = None
    reports: list[EpochReport] = field(default_factory=list[EpochReport])
    # What earlier attempts reported, as a checkpoint knows it.
    reports_before: list[EpochReport] = field(default_factory=list[EpochReport])
    said: list[str] = field(default_factory=list[str])
    device: str = ""
    calls: int = 0
    weights_folders: tuple[Path, ...] = ()
    began_with: Prepared | None = None
    started_from: str | None = None

    def begins(self, data: Prepared, *, started_from: str | None) -> None:
        self.began_with, self.started_from = data, started_from

    def raise_if_cancelled(self) -> None:
        self.calls += 1
        if self.calls == self.die_at_call:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.cancel_at_call is not None and self.calls >= self.cancel_at_call:
            raise Cancelled

    def report(self, report: EpochReport) -> None:
        self.reports.append(report)

    def goes_on(self, reports: Sequence[EpochReport]) -> None:
        self.reports_before = list(reports)

    def say(self, message: str) -> None:
        self.said.append(message)

    def device_used(self, device: str) -> None:
        self.device = device
