"""The recipe: stages in their order, each kept in the work folder, so that a build goes on where it stopped."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tools.tiny_sam3.backbone import EncoderInTraining, train_encoder
from tools.tiny_sam3.batches import Scenes
from tools.tiny_sam3.clicks import ClicksInTraining, train_clicks
from tools.tiny_sam3.detector import DetectorInTraining, train_detector
from tools.tiny_sam3.export import write_checkpoint
from tools.tiny_sam3.loop import Stage, Workbench
from tools.tiny_sam3.network import Shape, load_detector, load_tracker, new_detector, new_tracker
from tools.tiny_sam3.precision import has_fast_bfloat16
from tools.tiny_sam3.scenes import SceneSet, draw_scenes
from tools.tiny_sam3.tokenizer import new_processor
from torch import nn
from transformers import Sam3Model, Sam3Processor

from pictograph_server.engines.annotators.devices import open_device

SCENES = 12_000
FEWEST_SCENES = 48
ENCODER = Stage("encoder", 1500, 32, 1.2e-3, warmup_steps=80, last_rate=0.05, weight_decay=0.03, most_gradient=1.0)
BOXES = Stage("boxes", 1500, 16, 8e-4)
MASKS = Stage("masks", 800, 12, 6e-4)
EVERYTHING = Stage("everything", 4000, 12, 6e-4)
CLICKS = Stage("clicks", 2500, 12, 1e-3, warmup_steps=50, weight_decay=0.01, most_gradient=1.0)


@dataclass(frozen=True)
class Order:
    """What to build.

    `scale` multiplies steps and scenes. `start_from` is a checkpoint folder whose weights are trained further: the
    stages before `everything` are left out. `minutes` and `click_minutes` end `everything` and `clicks` early.
    """

    folder: Path
    device: str | None = None
    seed: int = 0
    scale: float = 1.0
    start_from: Path | None = None
    learning_rate: float | None = None
    minutes: float | None = None
    click_minutes: float | None = None
    shape: Shape = dataclasses.field(default_factory=Shape)


def build(order: Order) -> Path:
    """Make the checkpoint in `order.folder` and return the folder. What was finished earlier is not made again."""
    work = order.folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    device = open_device(order.device)
    bench = Workbench(work, device, has_fast_bfloat16(device), order.seed)
    bench.tell(device=str(device), bfloat16=bench.half_precision, scale=order.scale, seed=order.seed)
    processor = _processor(order, work)
    tokenizer: Any = processor.tokenizer
    scenes = Scenes(_scenes(order, work), device)
    detector = load_detector(order.start_from) if order.start_from else new_detector(tokenizer, order.shape, order.seed)
    network = DetectorInTraining(detector).to(device)
    if order.start_from is None:
        encoder = EncoderInTraining(detector).to(device)
        stage = _scaled(ENCODER, order)
        encoder = _once(work, stage, encoder, lambda: train_encoder(encoder, scenes, stage, bench))
        network.detector.vision_encoder.backbone.load_state_dict(encoder.encoder.state_dict())
        for stage, with_masks in ((_scaled(BOXES, order), False), (_scaled(MASKS, order), True)):
            network = _detector_stage(network, tokenizer, scenes, stage, bench, with_masks=with_masks)
    stage = _scaled(EVERYTHING, order, order.minutes)
    network = _detector_stage(network, tokenizer, scenes, stage, bench, with_masks=True, with_vision=True)
    clicks = _click_stage(network.detector, scenes, order, bench)
    write_checkpoint(order.folder, network.detector, clicks.tracker, processor)
    bench.tell(done=str(order.folder))
    return order.folder


def _detector_stage(
    network: DetectorInTraining,
    tokenizer: Any,
    scenes: Scenes,
    stage: Stage,
    bench: Workbench,
    *,
    with_masks: bool,
    with_vision: bool = False,
) -> DetectorInTraining:
    def run() -> DetectorInTraining:
        return train_detector(network, tokenizer, scenes, stage, bench, with_masks=with_masks, with_vision=with_vision)

    return _once(bench.folder, stage, network, run)


def _click_stage(detector: Sam3Model, scenes: Scenes, order: Order, bench: Workbench) -> ClicksInTraining:
    torch.manual_seed(order.seed)
    started = load_tracker(order.start_from, detector) if order.start_from else None
    network = ClicksInTraining(started or new_tracker(detector)).to(bench.device)
    stage = _scaled(CLICKS, order, order.click_minutes)
    is_new = started is None
    return _once(bench.folder, stage, network, lambda: train_clicks(network, scenes, stage, bench, is_new=is_new))


def _once(work: Path, stage: Stage, network: Any, run: Callable[[], nn.Module]) -> Any:
    """Return the network after the stage: from the work folder where it was finished before, else trained now."""
    finished = work / f"{stage.name}.pt"
    if finished.exists():
        network.load_state_dict(torch.load(finished, map_location="cpu", weights_only=True))
        return network
    trained = run()
    unfinished = finished.with_suffix(".new")
    torch.save(trained.state_dict(), unfinished)
    unfinished.replace(finished)
    return trained


def _scaled(stage: Stage, order: Order, minutes: float | None = None) -> Stage:
    rate = order.learning_rate or stage.learning_rate
    return dataclasses.replace(
        stage,
        steps=max(2, round(stage.steps * order.scale)),
        minutes=minutes,
        learning_rate=rate if stage is EVERYTHING else stage.learning_rate,
    )


def _processor(order: Order, work: Path) -> Sam3Processor:
    """Return the processor whose tokenizer the weights were trained with."""
    if order.start_from is not None:
        return Sam3Processor.from_pretrained(order.start_from)
    folder = work / "processor"
    if not folder.exists():
        processor: Any = new_processor()
        processor.save_pretrained(folder)
    return Sam3Processor.from_pretrained(folder)


def _scenes(order: Order, work: Path) -> SceneSet:
    path = work / "scenes.npz"
    if not path.exists():
        scenes = draw_scenes(order.seed, max(FEWEST_SCENES, round(SCENES * order.scale)))
        unfinished = path.with_suffix(".new.npz")
        np.savez(unfinished, **{field.name: getattr(scenes, field.name) for field in dataclasses.fields(scenes)})
        unfinished.replace(path)
    with np.load(path) as kept:
        return SceneSet(kept["images"], kept["masks"], kept["boxes"], kept["classes"])
