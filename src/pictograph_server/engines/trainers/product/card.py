"""The model card: everything a person or a program must know about a model, beside its weights (R14)."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pictograph.models.card import CardData, CardFiles, CardTraining, ModelCard, OnnxFile, WeightsFile
from pictograph.models.evaluation import ModelEvaluation
from pictograph_server.engines.trainers.base import EngineConfig, Prepared, TrainerSpec
from pictograph_server.engines.trainers.loop.learner import Learner
from pictograph_server.engines.trainers.product.card_text import card_text
from pictograph_server.engines.trainers.product.export import OPSET, OnnxFacts
from pictograph_server.engines.trainers.splits import count_by_split

_LICENSE = (
    "The network and its code are {code}. These weights were learned from the data named here; "
    "what you may do with them follows from that data{weights}."
)
_DISTRIBUTIONS = ("pictograph", "torch", "onnx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """How the run went."""

    device: str
    seconds: float
    best_epoch: int
    epochs: int
    # Images a step in the end: the loop looks for what fits, and halves what does not.
    batch_size: int
    # What the run started from, in words; None for random weights.
    started_from: str | None


def write_card(
    folder: Path,
    *,
    trainer: TrainerSpec,
    config: EngineConfig,
    data: Prepared,
    learner: Learner,
    evaluation: ModelEvaluation,
    onnx_facts: OnnxFacts,
    run: RunFacts,
) -> dict[str, object]:
    """Write `card.json`, and `card.md` for people, and return the former."""
    samples = (*data.train, *data.val, *data.test)
    objects = Counter(
        index
        for sample in {sample.image_id: sample for sample in samples}.values()
        for index in (*(shape.class_index for shape in sample.shapes), *sample.tags)
    )
    card = ModelCard(
        pipeline=trainer.name,
        task=trainer.task,
        architecture=learner.spec.architecture,
        class_names=list(data.class_names),
        inference=learner.spec.model_dump(mode="json"),
        metrics=dict(evaluation.metrics),
        best_confidences=_best_confidences(evaluation),
        data=CardData(
            sha256=data.data_hash,
            images=len(data.splits),
            splits={str(split): count for split, count in count_by_split(data.splits).items()},
            measured_on=measured_on(data),
            measured_images=evaluation.images,
            objects={name: objects[index] for index, name in enumerate(data.class_names)},
        ),
        training=CardTraining(
            config=config.model_dump(mode="json", exclude_none=True),
            plan={
                **learner.settings,
                "epochs": learner.plan.epochs,
                "learning_rate": learner.plan.learning_rate,
                "batch_size": run.batch_size,
            },
            started_from=run.started_from,
            best_epoch=run.best_epoch,
            epochs=run.epochs,
            seed=learner.plan.seed,
            device=run.device,
            seconds=round(run.seconds, 1),
            finished_at=datetime.now(UTC).replace(microsecond=0),
            remarks=[*data.remarks, *evaluation.remarks],
        ),
        files=CardFiles(
            onnx=OnnxFile(
                sha256=onnx_facts.sha256,
                size_bytes=onnx_facts.size_bytes,
                opset=OPSET,
                largest_difference_from_torch=dict(onnx_facts.differences),
            ),
            safetensors=WeightsFile(holds="the same weights as a state dict of the network"),
        ),
        versions={name: _version(name) for name in dict.fromkeys((*_DISTRIBUTIONS, *trainer.distributions))},
        license=_LICENSE.format(
            code=trainer.license, weights=" and from the weights the run started from" if run.started_from else ""
        ),
    )
    document = card.model_dump(mode="json", by_alias=True)
    (folder / "card.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(card_text(card), encoding="utf-8")
    return document


def _best_confidences(evaluation: ModelEvaluation) -> dict[str, float]:
    """Return the threshold with the best F1 of each class; of masks where there are masks."""
    figures = ((each.class_name, each.masks or each.boxes) for each in evaluation.classes)
    return {name: round(found.best.confidence, 3) for name, found in figures if found is not None and found.best}


def measured_on(data: Prepared) -> str:
    """Return the split that the final figures are of."""
    splits: Sequence[str] = [data.splits[sample.image_id] for sample in data.test]
    return splits[0] if splits else "train"


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed as a package"
