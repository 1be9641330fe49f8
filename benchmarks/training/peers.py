"""The loops that ours is compared with. Each trains the same network on the same images and returns epochs' seconds."""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from pictograph_server.engines.trainers.base import Prepared, Sample
from pictograph_server.engines.trainers.loop.batches import to_device
from pictograph_server.engines.trainers.loop.learner import Learner

Peer = Callable[[Learner, Prepared, Path, int], list[float]]


def bare_loop(learner: Learner, data: Prepared, folder: Path, epochs: int) -> list[float]:
    """a bare PyTorch loop over a `DataLoader` of the same examples"""
    del data, folder
    examples = _Examples(learner)
    loader = DataLoader(examples, learner.plan.batch_size, shuffle=True, collate_fn=learner.collate)
    network = learner.network.train()
    optimizer = learner.optimizer(network)
    seconds: list[float] = []
    for _ in range(epochs):
        started = time.perf_counter()
        for batch in loader:
            losses = learner.losses(network, to_device(batch, torch.device("cpu")), fine=False)
            optimizer.zero_grad(set_to_none=True)
            losses["loss"].backward()
            if learner.plan.most_gradient is not None:
                torch.nn.utils.clip_grad_norm_(network.parameters(), learner.plan.most_gradient)
            optimizer.step()
        seconds.append(time.perf_counter() - started)
    return seconds


class _Examples(Dataset[Any]):
    def __init__(self, learner: Learner) -> None:
        self._learner = learner

    def __len__(self) -> int:
        return self._learner.examples

    def __getitem__(self, index: int) -> Any:
        return self._learner.draw(index, np.random.default_rng(index), fine=False)


def yolox_loop(learner: Learner, data: Prepared, folder: Path, epochs: int) -> list[float]:
    """yolox's data loader, mosaic, optimizer and `ModelEMA`, in the loop of its trainer without CUDA"""
    from yolox.config import YoloxConfig
    from yolox.utils import ModelEMA

    side = learner.spec.preprocessing.input_size_hw[0]
    root = folder / "coco"
    _write_coco(data.train, data.class_names, root / "train", root / "annotations" / "train.json")
    config = YoloxConfig.get_named_config(str(learner.settings["model_type"]))
    assert config is not None
    config.num_classes = len(data.class_names)
    config.data_dir, config.train_ann, config.train_img_dir = str(root), "train.json", "train"
    config.input_size, config.data_num_workers, config.deterministic = (side, side), 0, True
    config.mosaic_prob, config.enable_mixup, config.mosaic_scale = 0.5, False, (0.5, 1.5)
    batch_size = learner.plan.batch_size
    config.dataset = config.get_dataset(cache=False)
    loader = iter(config.get_data_loader(batch_size, False))
    network = config.get_model().train()
    optimizer, average = config.get_optimizer(batch_size), ModelEMA(network, 0.9998)
    steps = -(-len(data.train) // batch_size)
    seconds: list[float] = []
    for _ in range(epochs):
        started = time.perf_counter()
        for _ in range(steps):
            images, targets, _, _ = next(loader)
            losses = network(images.float(), targets.float())
            optimizer.zero_grad()
            losses["total_loss"].backward()
            optimizer.step()
            average.update(network)
        seconds.append(time.perf_counter() - started)
    return seconds


def rfdetr_loop(learner: Learner, data: Prepared, folder: Path, epochs: int) -> list[float]:
    """rfdetr's Lightning module, data module and trainer"""
    # Not among what a checkout installs.
    callbacks: Any = import_module("pytorch_lightning.callbacks")
    from rfdetr.training import RFDETRDataModule, RFDETRModelModule, build_trainer

    root = folder / "roboflow"
    for split, samples in {"train": data.train, "valid": data.val, "test": data.val}.items():
        _write_coco(samples, data.class_names, root / split, root / split / "_annotations.coco.json")
    model_config, train_config = _rfdetr_configs(learner, data, root, folder / "out", epochs)
    seconds: list[float] = []
    began: list[float] = []

    def begin(trainer: object, module: object) -> None:
        began.append(time.perf_counter())

    def end(trainer: object, module: object) -> None:
        seconds.append(time.perf_counter() - began[-1])

    trainer: Any = build_trainer(train_config, model_config, accelerator="cpu", limit_val_batches=0)
    # First, so that what the others do at an epoch's end is not counted.
    trainer.callbacks.insert(0, callbacks.LambdaCallback(on_train_epoch_start=begin, on_train_epoch_end=end))
    trainer.fit(RFDETRModelModule(model_config, train_config), RFDETRDataModule(model_config, train_config))
    return seconds


def _rfdetr_configs(learner: Learner, data: Prepared, root: Path, out: Path, epochs: int) -> tuple[Any, Any]:
    from rfdetr.config import SegmentationTrainConfig, TrainConfig

    from pictograph_server.engines.trainers.rfdetr.config import Build
    from pictograph_server.engines.trainers.rfdetr.network import library_config

    settings: dict[str, Any] = {name: value for name, value in learner.settings.items() if name != "flip"}
    build = Build(**settings, has_masks="masks" in learner.output_names)
    model_config = library_config(build, len(data.class_names))
    kind = SegmentationTrainConfig if "masks" in learner.output_names else TrainConfig
    wanted: dict[str, Any] = {
        "dataset_dir": str(root),
        "dataset_file": "roboflow",
        "output_dir": str(out),
        "epochs": epochs,
        "batch_size": learner.plan.batch_size,
        "grad_accum_steps": 1,
        "multi_scale": False,
        "expanded_scales": False,
        "num_workers": 0,
        "tensorboard": False,
        "progress_bar": None,
        "eval_backend": "faster_coco_eval",
        "compute_val_loss": False,
        "accelerator": "cpu",
    }
    return model_config, kind(**wanted)


def detectron2_loop(learner: Learner, data: Prepared, folder: Path, epochs: int) -> list[float]:
    """detectron2's data loader, mapper and `SimpleTrainer`"""
    del folder
    # On no package index; only where somebody has put it.
    structures, loading = import_module("detectron2.structures"), import_module("detectron2.data")
    transforms, engine = import_module("detectron2.data.transforms"), import_module("detectron2.engine")
    storage: Any = import_module("detectron2.utils.events").EventStorage
    side, batch_size = learner.spec.preprocessing.input_size_hw[0], learner.plan.batch_size
    mapper: Any = loading.DatasetMapper(
        is_train=True,
        augmentations=[transforms.Resize((side, side)), transforms.RandomFlip()],
        image_format="RGB",
        use_instance_mask=True,
        instance_mask_format="bitmask",
    )
    loader: Any = loading.build_detection_train_loader(
        [_detectron2_record(number, sample, structures.BoxMode.XYXY_ABS) for number, sample in enumerate(data.train)],
        mapper=mapper,
        total_batch_size=batch_size,
        aspect_ratio_grouping=False,
        num_workers=0,
    )
    network: Any = deepcopy(learner.network).train()
    # Ours is fed what is normalised already.
    fed = learner.spec.preprocessing
    for name, values in (("pixel_mean", fed.mean), ("pixel_std", fed.std)):
        getattr(network, name).copy_(torch.tensor(values).reshape(3, 1, 1))
    optimizer = learner.optimizer(network)
    for group in optimizer.param_groups:
        group["lr"] = learner.plan.learning_rate
    trainer: Any = engine.SimpleTrainer(network, loader, optimizer)
    seconds: list[float] = []
    with storage(0) as trainer.storage:
        for _ in range(epochs):
            started = time.perf_counter()
            for _ in range(-(-len(data.train) // batch_size)):
                trainer.run_step()
                trainer.iter += 1
            seconds.append(time.perf_counter() - started)
    return seconds


def _detectron2_record(number: int, sample: Sample, box_mode: object) -> dict[str, object]:
    return {
        "file_name": str(sample.path),
        "image_id": number,
        "width": sample.width,
        "height": sample.height,
        "annotations": [
            {
                "bbox": list(shape.box_xyxy),
                "bbox_mode": box_mode,
                "segmentation": [[value for point in ring for value in point] for ring in shape.rings[:1]],
                "category_id": shape.class_index,
            }
            for shape in sample.shapes
        ],
    }


def _write_coco(samples: tuple[Sample, ...], class_names: tuple[str, ...], images: Path, document: Path) -> None:
    images.mkdir(parents=True, exist_ok=True)
    document.parent.mkdir(parents=True, exist_ok=True)
    annotations: list[Mapping[str, object]] = []
    for image_id, sample in enumerate(samples, start=1):
        shutil.copyfile(sample.path, images / f"{image_id}{sample.path.suffix}")
        for shape in sample.shapes:
            left, top, right, bottom = shape.box_xyxy
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": shape.class_index + 1,
                    "bbox": [left, top, right - left, bottom - top],
                    "area": (right - left) * (bottom - top),
                    "segmentation": [[value for point in ring for value in point] for ring in shape.rings[:1]],
                    "iscrowd": 0,
                }
            )
    listed = [
        {"id": number, "file_name": f"{number}{sample.path.suffix}", "width": sample.width, "height": sample.height}
        for number, sample in enumerate(samples, start=1)
    ]
    categories = [{"id": index, "name": name, "supercategory": "none"} for index, name in enumerate(class_names, 1)]
    document.write_text(json.dumps({"images": listed, "annotations": annotations, "categories": categories}))


PEERS: dict[str, Peer] = {
    "yolox": yolox_loop,
    "rfdetr_detection": rfdetr_loop,
    "rfdetr_segmentation": rfdetr_loop,
}
if find_spec("detectron2") is not None:
    PEERS["detectron2"] = detectron2_loop
