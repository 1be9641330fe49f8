"""The training loop: steps, measurements, checkpoints, until the plan is done or nothing gets better."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256

import torch
from torch import Tensor, nn

from pictograph_server.engines.errors import TrainingDiverged
from pictograph_server.engines.trainers.base import EpochReport, Run
from pictograph_server.engines.trainers.devices import usable_cores
from pictograph_server.engines.trainers.loop.average import Average
from pictograph_server.engines.trainers.loop.batch_size import largest_batch
from pictograph_server.engines.trainers.loop.batches import Batches, steps_of, to_device
from pictograph_server.engines.trainers.loop.checkpoint import CheckpointFile, State
from pictograph_server.engines.trainers.loop.learner import Batch, Learner
from pictograph_server.engines.trainers.loop.schedule import learning_rate

# Measurements on the val split in one run, about.
_MEASUREMENTS = 10
_MOST_DRAWING_THREADS = 12

# Measures a network in eval mode: figures by name, the first of which decides what is best.
Measure = Callable[[nn.Module], Mapping[str, float]]


class Session:
    """The networks, the optimizer and how far they are: what a checkpoint holds."""

    def __init__(
        self,
        learner: Learner,
        run: Run,
        device: torch.device,
        *,
        data_hash: str,
        measure: Measure,
        most_seconds: float | None = None,
    ) -> None:
        self.learner, self.run, self.device, self.plan = learner, run, device, learner.plan
        self.network = learner.network.to(device)
        if learner.is_channels_last:
            self.network = self.network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.batch_size = self.plan.batch_size
        self.most_seconds = most_seconds
        steps = self.plan.epochs * steps_of(learner.examples, self.batch_size)
        self.average = Average(self.network, steps, follows=self.plan.averages)
        self.optimizer = learner.optimizer(self.network)
        self.precision = _precision(device)
        self.scaler = torch.amp.GradScaler("cuda", enabled=self.precision is torch.float16)
        self.epoch = 0
        # Spent on epochs, in all attempts of the run.
        self.seconds = 0.0
        self.measured_at = 0.0
        self.best: dict[str, Tensor] = {}
        self.best_score = -1.0
        self.best_epoch = 0
        self.without_gain = 0
        self._reports: list[EpochReport] = []
        self._measure = measure
        # When the epoch that is going on began.
        self._began: float | None = None
        self._checkpoint = CheckpointFile(run.workdir / "checkpoint.pt")
        self._fingerprint = _fingerprint(learner, data_hash, device)
        if not self._resume():
            self._find_batch_size()

    @property
    def is_done(self) -> bool:
        has_given_up = self.plan.patience is not None and self.without_gain >= self.plan.patience
        return self.progress >= 1 or has_given_up

    @property
    def progress(self) -> float:
        """Return how much of the run is done (0-1): by epochs, or by time where that is short."""
        return max(self.epoch / self.plan.epochs, self._time_share())

    def run_epochs(self) -> None:
        """Go through the epochs that are left."""
        threads = 1 if self.device.type == "cpu" else min(usable_cores(), _MOST_DRAWING_THREADS)
        batches = Batches(self.learner, threads=threads)
        try:
            while not self.is_done:
                self._began = time.monotonic()
                metrics = self._one_epoch(batches)
                self.epoch += 1
                metrics |= self._measured()
                self.seconds, self._began = self.seconds + time.monotonic() - self._began, None
                report = EpochReport(self.epoch, self.plan.epochs, metrics, self._seconds_left(), self.seconds)
                self._reports.append(report)
                self._checkpoint.write(self._state(), at_once=self.is_done)
                self.run.report(report)
        finally:
            batches.close()
        if self.epoch < self.plan.epochs:
            is_late = self.progress >= 1
            why = "the time is up" if is_late else f"{self.without_gain} measurements were no better than the best"
            self.run.say(f"Stopped after epoch {self.epoch} of {self.plan.epochs}: {why} (epoch {self.best_epoch}).")

    def best_network(self) -> nn.Module:
        """Return the network as it was when it measured best, in eval mode."""
        self.average.network.load_state_dict(self.best)
        return self.average.network.eval()

    def _one_epoch(self, batches: Batches) -> dict[str, float]:
        while True:
            try:
                return self._steps(batches)
            except torch.cuda.OutOfMemoryError:
                if self.batch_size == 1:
                    raise
                self.batch_size = max(self.batch_size // 2, 1)
                torch.cuda.empty_cache()
                self.run.say(
                    f"The GPU's memory is too small for this batch: going on with {self.batch_size} images a step."
                )

    def _steps(self, batches: Batches) -> dict[str, float]:
        """Do an epoch's steps; return the mean of each loss, the last learning rate and the pace."""
        fine = self.progress >= self.plan.fine_from
        self.network.train()
        steps = steps_of(self.learner.examples, self.batch_size)
        peak = self.plan.learning_rate * _rate_share(self.batch_size / self.plan.batch_size)
        sums: dict[str, Tensor] = {}
        rate, done = 0.0, 0
        started = time.monotonic()
        for step, batch in enumerate(batches.epoch(self.epoch, batch_size=self.batch_size, fine=fine)):
            self.run.raise_if_cancelled()
            if self._time_share() >= 1:
                break
            along = max((self.epoch + (step + 1) / steps) / self.plan.epochs, self._time_share())
            rate = learning_rate(peak, along, self.plan.schedule)
            # What the network draws by itself (dropout, samples of proposals) depends on the step alone.
            torch.manual_seed((self.plan.seed << 32) + (self.epoch << 20) + step)
            for name, loss in self._step(to_device(batch, self.device), rate, fine=fine).items():
                sums[name] = sums.get(name, torch.zeros((), device=self.device)) + loss.detach().float()
            done += 1
        means = {name: float(total) / done for name, total in sums.items()}
        if done and not torch.isfinite(torch.tensor(means["loss"])):
            raise TrainingDiverged(
                f"The loss stopped being a number in epoch {self.epoch + 1} of {self.plan.epochs}",
                why=f"the learning rate {self.plan.learning_rate:g} is too high for this data",
                fix=f"Try learning_rate={self.plan.learning_rate / 4:g}",
            )
        pace = done * self.batch_size / max(time.monotonic() - started, 1e-6)
        return means | {"learning_rate": rate, "images_per_second": pace}

    def _step(self, batch: Batch, rate: float, *, fine: bool) -> Mapping[str, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("rate_scale", 1.0)
        with torch.autocast(self.device.type, dtype=self.precision, enabled=self.precision is not None):
            losses = self.learner.losses(self.network, batch, fine=fine)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(losses["loss"]).backward()
        if self.plan.most_gradient is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.most_gradient)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.average.update(self.network)
        return losses

    def _measured(self) -> dict[str, float]:
        """Measure every so many epochs, and keep the best."""
        is_time = int(self.progress * _MEASUREMENTS) > int(self.measured_at * _MEASUREMENTS)
        if not is_time and not self.is_done:
            return {}
        self.measured_at = self.progress
        metrics = dict(self._measure(self.average.network.eval()))
        score = next(iter(metrics.values()))
        if score >= self.best_score:
            self.best = {
                name: value.detach().cpu().clone() for name, value in self.average.network.state_dict().items()
            }
            self.best_epoch = self.epoch
        self.without_gain = 0 if score > self.best_score else self.without_gain + 1
        self.best_score = max(self.best_score, score)
        return metrics

    def _state(self) -> State:
        return State(
            fingerprint=self._fingerprint,
            epoch=self.epoch,
            batch_size=self.batch_size,
            seconds=self.seconds,
            measured_at=self.measured_at,
            network=self.network.state_dict(),
            average=self.average.network.state_dict() if self.plan.averages else {},
            average_updates=self.average.updates,
            optimizer=self.optimizer.state_dict(),
            scaler=self.scaler.state_dict(),
            best=self.best,
            best_score=self.best_score,
            best_epoch=self.best_epoch,
            without_gain=self.without_gain,
            reports=[asdict(report) for report in self._reports],
        )

    def _time_share(self) -> float:
        if self.most_seconds is None:
            return 0.0
        return (self.seconds + (0.0 if self._began is None else time.monotonic() - self._began)) / self.most_seconds

    def _seconds_left(self) -> float:
        if self.is_done:
            return 0.0
        by_epochs = self.seconds / self.epoch * (self.plan.epochs - self.epoch)
        return by_epochs if self.most_seconds is None else min(by_epochs, max(self.most_seconds - self.seconds, 0.0))

    def _find_batch_size(self) -> None:
        """Try out how many images a step the card has room for; the network stays as it was."""
        if self.plan.largest_batch is None or self.device.type != "cuda":
            return
        before = {name: value.cpu().clone() for name, value in self.network.state_dict().items()}
        batches = Batches(self.learner, threads=1)

        def attempt(size: int) -> float:
            self.run.raise_if_cancelled()
            torch.cuda.reset_peak_memory_stats(self.device)
            batch = next(batches.epoch(0, batch_size=size, fine=False))
            self.network.train()
            with torch.autocast("cuda", dtype=self.precision):
                losses = self.learner.losses(self.network, to_device(batch, self.device), fine=False)
            losses["loss"].backward()
            self.network.zero_grad(set_to_none=True)
            total = torch.cuda.get_device_properties(self.device).total_memory
            return torch.cuda.max_memory_reserved(self.device) / total

        try:
            self.batch_size = largest_batch(self.plan.batch_size, self.plan.largest_batch, attempt)
        finally:
            batches.close()
            self.network.zero_grad(set_to_none=True)
            self.network.load_state_dict(before)
            torch.cuda.empty_cache()
        self.run.say(f"{self.batch_size} images a step fit this GPU.")

    def _resume(self) -> bool:
        state = self._checkpoint.read(self._fingerprint)
        if state is None:
            return False
        self.network.load_state_dict(state["network"])
        if self.plan.averages:
            self.average.network.load_state_dict(state["average"])
        self.average.updates = state["average_updates"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.batch_size, self.seconds = state["epoch"], state["batch_size"], state["seconds"]
        self.best, self.best_score, self.best_epoch = state["best"], state["best_score"], state["best_epoch"]
        self.without_gain, self.measured_at = state["without_gain"], state["measured_at"]
        self._reports = [EpochReport(**report) for report in state["reports"]]
        self.run.goes_on(self._reports)
        self.run.say(f"Going on after epoch {self.epoch} of {self.plan.epochs}.")
        return True


def _rate_share(share_of_batch: float) -> float:
    """Return what a batch of another size does to the learning rate: less with fewer images, a root more with more."""
    return share_of_batch if share_of_batch <= 1 else share_of_batch**0.5


def _precision(device: torch.device) -> torch.dtype | None:
    """Return what the forward pass is computed in: bfloat16 on Ampere and later, float16 on older cards."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.get_device_capability(device)[0] >= 8 else torch.float16


def _fingerprint(learner: Learner, data_hash: str, device: torch.device) -> str:
    known = [asdict(learner.plan), dict(learner.settings), data_hash, device.type]
    return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
