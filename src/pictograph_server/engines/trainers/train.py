"""A whole run, the same for every pipeline: prepare, train, export, evaluate, and the card that says it all."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pictograph.inference.images import fit, to_tensor
from pictograph.inference.model import load_model
from pictograph_server.engines.evaluation.evaluate import evaluate, headline
from pictograph_server.engines.trainers.base import (
    Prepared,
    Run,
    Sample,
    TrainedModel,
    TrainerSpec,
    TrainingConfig,
    TrainingData,
)
from pictograph_server.engines.trainers.data import load_rgb
from pictograph_server.engines.trainers.devices import device_words, pick_device, usable_cores
from pictograph_server.engines.trainers.loop.batches import steps_of
from pictograph_server.engines.trainers.loop.learner import Learner
from pictograph_server.engines.trainers.loop.session import Session
from pictograph_server.engines.trainers.prepare import prepare
from pictograph_server.engines.trainers.product.card import RunFacts, measured_on, write_card
from pictograph_server.engines.trainers.product.export import export
from pictograph_server.engines.trainers.product.torch_network import as_model

# Real images that the exported file is compared on.
_ONNX_CHECKS = 8
# ONNX Runtime may compute on the CPU, whose memory a batch that fits the GPU would fill.
_MEASURED_AT_ONCE = 8


def train(trainer: TrainerSpec, data: TrainingData, config: TrainingConfig, run: Run) -> TrainedModel:
    """Train, export, evaluate and return the model; resume from `run.workdir` when it holds a checkpoint.

    Raises:
        BadTrainingData: there is nothing to learn from.
        Cancelled: `run.raise_if_cancelled` said so.
        EngineUnavailable: a package or pretrained weights are missing.
        TrainingDiverged: the loss stopped being a number.
    """
    prepared = prepare(data, trainer.task, config)
    device = pick_device()
    if device.type == "cpu":
        torch.set_num_threads(min(torch.get_num_threads(), usable_cores()))
    run.device_used(device_words(device))
    learner = trainer.trainer().prepare(prepared, config, run)
    run.begins(prepared, started_from=learner.started_from)
    _say_plan(prepared, learner, run, device)

    def measure(network: torch.nn.Module) -> dict[str, float]:
        model = as_model(learner.answering(network), learner.output_names, learner.spec)
        return headline(model, prepared.val, batch_size=session.batch_size, before_batch=run.raise_if_cancelled)

    session = Session(
        learner,
        run,
        device,
        data_hash=prepared.data_hash,
        measure=measure,
        most_seconds=None if config.max_minutes is None else 60 * config.max_minutes,
    )
    session.run_epochs()
    return _finish(trainer, prepared, config, learner, session, run, device_words(device))


def _say_plan(data: Prepared, learner: Learner, run: Run, device: torch.device) -> None:
    steps = steps_of(learner.examples, learner.plan.batch_size)
    run.say(
        f"{learner.spec.architecture} on {device_words(device)}: {len(data.train)} images to learn from, "
        f"{len(data.val)} to choose by, {learner.plan.epochs} epochs of {steps} steps."
    )
    for remark in data.remarks:
        run.say(remark)


def _finish(
    trainer: TrainerSpec,
    data: Prepared,
    config: TrainingConfig,
    learner: Learner,
    session: Session,
    run: Run,
    device: str,
) -> TrainedModel:
    folder: Path = run.workdir / "model"
    inputs = list(map(partial(_input_of, learner), data.val[:_ONNX_CHECKS]))
    facts = export(learner, session.best_network(), folder, inputs)
    # Through the file that people will get: what is measured is what it does.
    evaluation = evaluate(
        load_model(folder),
        data.test,
        batch_size=min(session.batch_size, _MEASURED_AT_ONCE),
        before_batch=run.raise_if_cancelled,
        measured_on=measured_on(data),
    )
    (folder / "evaluation.json").write_text(evaluation.model_dump_json() + "\n", encoding="utf-8")
    card = write_card(
        folder,
        trainer=trainer,
        config=config,
        data=data,
        learner=learner,
        evaluation=evaluation,
        onnx_facts=facts,
        run=RunFacts(
            device=device,
            seconds=session.seconds,
            best_epoch=session.best_epoch,
            epochs=session.epoch,
            batch_size=session.batch_size,
            started_from=learner.started_from,
        ),
    )
    return TrainedModel(
        folder,
        learner.spec.architecture,
        data.class_names,
        evaluation.metrics,
        epochs=session.epoch,
        seconds=session.seconds,
        card=card,
    )


def _input_of(learner: Learner, sample: Sample) -> NDArray[np.float32]:
    fitted, _ = fit(load_rgb(sample.path), learner.spec.preprocessing)
    return to_tensor(fitted, learner.spec.preprocessing)
