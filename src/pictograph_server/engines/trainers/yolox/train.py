"""The training loop: steps, measurements, checkpoints; then the best network becomes a model folder.

The library's own trainer runs on CUDA only, replaces the process's output streams and cannot be cancelled or resumed
exactly; its network, loss and assignment are used, the loop is ours.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch
from torch import Tensor, nn

from pictograph.inference.spec import DetectorSpec
from pictograph.metrics.detection import DetectionMetrics, Matches
from pictograph_server.engines.errors import TrainingDiverged
from pictograph_server.engines.trainers.base import EpochReport, Run, Sample, TrainedModel, TrainingData
from pictograph_server.engines.trainers.data import check_detection_data, data_hash
from pictograph_server.engines.trainers.devices import device_words, pick_device, usable_cores
from pictograph_server.engines.trainers.splits import split_samples
from pictograph_server.engines.trainers.yolox.card import RunFacts, write_card
from pictograph_server.engines.trainers.yolox.checkpoint import CheckpointFile, State, fingerprint
from pictograph_server.engines.trainers.yolox.config import Plan, YoloxConfig, plan_run
from pictograph_server.engines.trainers.yolox.data import Batches, TrainPictures
from pictograph_server.engines.trainers.yolox.evaluate import evaluate, input_of, model_spec
from pictograph_server.engines.trainers.yolox.export import export
from pictograph_server.engines.trainers.yolox.network import (
    Average,
    build_network,
    learning_rate,
    load_weights,
    make_optimizer,
    quiet,
)

# The last part of a run sees whole pictures and a finer box loss, as in the paper.
_FINE_FROM = 0.85
# Measurements on the val split in one run, about.
_MEASUREMENTS = 10
_ONNX_CHECKS = 8


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a run has decided before its first step."""

    data: TrainingData
    train_samples: list[Sample]
    val_samples: list[Sample]
    config: YoloxConfig
    plan: Plan
    spec: DetectorSpec
    device: torch.device
    data_hash: str
    remarks: list[str]


def train(data: TrainingData, config: YoloxConfig, run: Run) -> TrainedModel:
    """Train, evaluate, export: see `Trainer.train`."""
    job = _prepare(data, config, run)
    with quiet():
        session = Session(job, run)
        session.run_epochs()
        return _finish(job, run, session)


def _prepare(data: TrainingData, config: YoloxConfig, run: Run) -> Job:
    remarks = check_detection_data(data)
    device = pick_device()
    cv2.setNumThreads(1)
    if device.type == "cpu":
        torch.set_num_threads(min(torch.get_num_threads(), usable_cores()))
    splits = split_samples(data.samples, val_fraction=config.val_fraction)
    train_samples = [sample for sample in data.samples if splits[sample.image_id] == "train"]
    val_samples = [sample for sample in data.samples if splits[sample.image_id] == "val"]
    if not any(sample.shapes for sample in val_samples):
        remarks.append("No annotated image could be held back: the figures are measured on the training images.")
        val_samples = train_samples
    plan = plan_run(config, train_images=len(train_samples), on_gpu=device.type == "cuda")
    run.device_used(device_words(device))
    run.say(
        f"{plan.model_type} at {plan.image_size} px on {device_words(device)}: {len(train_samples)} images to learn "
        f"from, {len(val_samples)} to measure on, {plan.epochs} epochs of {plan.steps_per_epoch} steps."
    )
    for remark in remarks:
        run.say(remark)
    spec = model_spec(plan, data.class_names)
    return Job(data, train_samples, val_samples, config, plan, spec, device, data_hash(data), remarks)


class Session:
    """The networks, the optimizer and how far they are: what a checkpoint holds."""

    def __init__(self, job: Job, run: Run) -> None:
        self.job, self.run, self.plan = job, run, job.plan
        network = build_network(job.plan, len(job.data.class_names))
        if job.config.weights is not None:
            run.say(load_weights(network, job.config.weights))
        self.network = network.to(job.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.average = Average(self.network, job.plan.steps)
        self.optimizer = make_optimizer(self.network)
        self.scaler = torch.amp.GradScaler("cuda", enabled=job.device.type == "cuda")
        self.epoch = 0
        self.batch_size = job.plan.batch_size
        self.seconds = 0.0
        self.best: dict[str, Tensor] = {}
        self.best_map = -1.0
        self.best_epoch = 0
        self._checkpoint = CheckpointFile(run.workdir / "checkpoint.pt")
        self._fingerprint = fingerprint(job.plan, job.data_hash, job.device.type)
        self._resume()

    def run_epochs(self) -> None:
        """Go through the epochs that are left."""
        pictures = TrainPictures(self.job.train_samples, self.plan.image_size)
        threads = 1 if self.job.device.type == "cpu" else min(usable_cores(), 12)
        batches = Batches(pictures, self.plan, threads=threads)
        started, done_before = time.monotonic(), self.epoch
        seconds_before = self.seconds
        try:
            while self.epoch < self.plan.epochs:
                metrics = self._one_epoch(batches)
                self.epoch += 1
                metrics |= self._measure()
                self.seconds = seconds_before + time.monotonic() - started
                self._checkpoint.write(self._state(), at_once=self.epoch == self.plan.epochs)
                pace = (time.monotonic() - started) / (self.epoch - done_before)
                eta = pace * (self.plan.epochs - self.epoch)
                self.run.report(EpochReport(self.epoch, self.plan.epochs, metrics, eta))
        finally:
            batches.close()

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
        """Do an epoch's steps; return the mean of each loss and the last learning rate."""
        fine = self.epoch >= _FINE_FROM * self.plan.epochs
        self.network.train()
        self.network.head.use_l1 = fine  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType, reportOptionalMemberAccess]
        steps = -(-len(self.job.train_samples) // self.batch_size)
        peak = self.plan.learning_rate * self.batch_size / self.plan.batch_size
        sums: dict[str, Tensor] = {}
        rate = 0.0
        for step, batch in enumerate(batches.epoch(self.epoch, batch_size=self.batch_size, mosaic=not fine)):
            self.run.raise_if_cancelled()
            rate = learning_rate(peak, (self.epoch + (step + 1) / steps) / self.plan.epochs)
            images = torch.from_numpy(batch.images).to(self.job.device, memory_format=torch.channels_last)
            losses = self._step(images, torch.from_numpy(batch.targets).to(self.job.device), rate)
            for name, loss in losses.items():
                sums[name] = sums.get(name, torch.zeros((), device=self.job.device)) + loss
        means = {name: float(total) / steps for name, total in sums.items()}
        if not torch.isfinite(torch.tensor(means["loss"])):
            raise TrainingDiverged(
                f"The loss stopped being a number in epoch {self.epoch + 1} of {self.plan.epochs}",
                why=f"the learning rate {self.plan.learning_rate:g} is too high for this data",
                fix=f"Try learning_rate={self.plan.learning_rate / 4:g}",
            )
        return means | {"learning_rate": rate}

    def _step(self, images: Tensor, targets: Tensor, rate: float) -> Mapping[str, Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self.job.device.type, dtype=torch.float16, enabled=self.job.device.type == "cuda"):
            losses = self.network(images, targets)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(losses["total_loss"]).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.average.update(self.network)
        return {
            "loss": losses["total_loss"].detach(),
            "loss_box": losses["iou_loss"].detach(),
            "loss_objectness": losses["conf_loss"].detach(),
            "loss_class": losses["cls_loss"].detach(),
        }

    def _measure(self) -> dict[str, float]:
        """Measure the averaged network every so many epochs, and keep the best."""
        every = max(round(self.plan.epochs / _MEASUREMENTS), 1)
        if self.epoch % every and self.epoch != self.plan.epochs:
            return {}
        metrics, _ = self.measure()
        if metrics.map_50_95 >= self.best_map:
            self.best = {
                name: value.detach().cpu().clone() for name, value in self.average.network.state_dict().items()
            }
            self.best_map, self.best_epoch = metrics.map_50_95, self.epoch
        return {"map_50_95": metrics.map_50_95, "map_50": metrics.map_50}

    def measure(self) -> tuple[DetectionMetrics, Matches]:
        return evaluate(
            self.average.network,
            self.job.val_samples,
            self.job.spec,
            batch_size=self.batch_size,
            before_batch=self.run.raise_if_cancelled,
        )

    def best_network(self) -> nn.Module:
        """Return the averaged network as it was when it measured best."""
        self.average.network.load_state_dict(self.best)
        return self.average.network

    def _state(self) -> State:
        return State(
            fingerprint=self._fingerprint,
            epoch=self.epoch,
            batch_size=self.batch_size,
            seconds=self.seconds,
            network=self.network.state_dict(),
            average=self.average.network.state_dict(),
            average_updates=self.average.updates,
            optimizer=self.optimizer.state_dict(),
            scaler=self.scaler.state_dict(),
            best=self.best,
            best_map=self.best_map,
            best_epoch=self.best_epoch,
        )

    def _resume(self) -> None:
        state = self._checkpoint.read(self._fingerprint)
        if state is None:
            return
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.average.updates = state["average_updates"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.batch_size, self.seconds = state["epoch"], state["batch_size"], state["seconds"]
        self.best, self.best_map, self.best_epoch = state["best"], state["best_map"], state["best_epoch"]
        self.run.say(f"Going on after epoch {self.epoch} of {self.plan.epochs}.")


def _finish(job: Job, run: Run, session: Session) -> TrainedModel:
    network = session.best_network()
    measured, matches = session.measure()
    run.raise_if_cancelled()
    metrics = {
        "map_50_95": measured.map_50_95,
        "map_50": measured.map_50,
        "precision": matches.precision,
        "recall": matches.recall,
        **{f"ap_50_95/{name}": value for name, value in measured.ap_50_95.items()},
        **{f"ap_50/{name}": value for name, value in measured.ap_50.items()},
    }
    folder: Path = run.workdir / "model"
    inputs = [input_of(sample, job.spec)[0] for sample in job.val_samples[:_ONNX_CHECKS]]
    facts = export(network, job.spec, folder, inputs)
    card = write_card(
        folder,
        data=job.data,
        data_hash=job.data_hash,
        spec=job.spec,
        config=job.config,
        plan=job.plan,
        metrics=metrics,
        onnx_facts=facts,
        run=RunFacts(
            device=device_words(job.device),
            seconds=session.seconds,
            best_epoch=session.best_epoch,
            train_images=len(job.train_samples),
            val_images=len(job.val_samples),
            remarks=job.remarks,
        ),
    )
    return TrainedModel(folder, job.plan.model_type, job.data.class_names, metrics, card)
