"""The model card: everything a person or a program must know about a model, beside its weights (R14)."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pictograph.inference.spec import DetectorSpec
from pictograph_server.engines.trainers.base import TrainingData
from pictograph_server.engines.trainers.data import boxes_of
from pictograph_server.engines.trainers.yolox.config import Plan, YoloxConfig
from pictograph_server.engines.trainers.yolox.export import OPSET, OnnxFacts

_LICENSE = (
    "The network and its code are YOLOX, Apache-2.0. These weights were learned from the data named here; "
    "what you may do with them follows from that data{weights}."
)
_PACKAGES = ("pictograph", "pixeltable-yolox", "torch", "torchvision", "onnx", "onnxruntime", "faster-coco-eval")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """How the run went."""

    device: str
    seconds: float
    best_epoch: int
    train_images: int
    val_images: int
    remarks: Sequence[str]


def write_card(
    folder: Path,
    *,
    data: TrainingData,
    data_hash: str,
    spec: DetectorSpec,
    config: YoloxConfig,
    plan: Plan,
    metrics: Mapping[str, float],
    onnx_facts: OnnxFacts,
    run: RunFacts,
) -> dict[str, object]:
    """Write `card.json` and return it."""
    boxes = Counter(int(index) for sample in data.samples for index in boxes_of(sample).class_indexes)
    card: dict[str, object] = {
        "pipeline": "yolox",
        "task": spec.task,
        "architecture": plan.model_type,
        "class_names": list(data.class_names),
        "inference": spec.model_dump(mode="json"),
        "metrics": dict(metrics),
        "data": {
            "sha256": data_hash,
            "images": len(data.samples),
            "splits": {"train": run.train_images, "val": run.val_images},
            "boxes": {name: boxes[index] for index, name in enumerate(data.class_names)},
        },
        "training": {
            "config": config.model_dump(mode="json", exclude_none=True),
            "plan": plan.as_dict(),
            "best_epoch": run.best_epoch,
            "seed": plan.seed,
            "device": run.device,
            "seconds": round(run.seconds, 1),
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "remarks": list(run.remarks),
        },
        "files": {
            "model.onnx": {
                "sha256": onnx_facts.sha256,
                "size_bytes": onnx_facts.size_bytes,
                "opset": OPSET,
                "largest_difference_from_torch": {
                    "box_px": onnx_facts.box_difference_px,
                    "probability": onnx_facts.probability_difference,
                },
            },
            "model.safetensors": {"holds": "the same weights as a state dict of the network"},
        },
        "versions": {name: _version(name) for name in _PACKAGES},
        "license": _LICENSE.format(weights=" and from the weights the run started from" if plan.weights else ""),
    }
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"
