"""Train YOLOX on the demo's scenes with perfect labels and measure it on scenes of another seed.

    python -m benchmarks.training '{"epochs": 60}'

Says how many steps, seconds and megabytes the quality costs, without the platform around it.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from examples.measure import measure_model, predict_folder
from examples.scenes.folder import WANTED, TrueObject, draw_folder
from examples.scenes.scene import SIZE_WH

from pictograph.inference import DetectionModel, load_model
from pictograph_server.engines.trainers.base import EpochReport, Sample, Shape, TrainingData
from pictograph_server.engines.trainers.registry import read_config, trainer_spec

SCENES, UNSEEN = 150, 40


@dataclass
class PrintingRun:
    workdir: Path

    def raise_if_cancelled(self) -> None:
        pass

    def report(self, report: EpochReport) -> None:
        if "map_50" in report.metrics:
            print(
                f"epoch {report.epoch:3} of {report.epochs}: loss {report.metrics['loss']:.2f}, "
                f"mAP@50 {report.metrics['map_50']:.3f}, mAP@50:95 {report.metrics['map_50_95']:.3f}, "
                f"{time.process_time():.0f} CPU s so far",
                flush=True,
            )

    def say(self, message: str) -> None:
        print(message, flush=True)

    def device_used(self, device: str) -> None:
        pass


def main(settings: Mapping[str, object]) -> None:
    with TemporaryDirectory(prefix="pictograph-training-") as name:
        folder = Path(name)
        truth = draw_folder(folder / "scenes", folder / "scenes.json", scenes=SCENES, seed=1)
        unseen = draw_folder(folder / "unseen", folder / "unseen.json", scenes=UNSEEN, seed=2)
        spec = trainer_spec("yolox")
        (folder / "work").mkdir()
        started, cpu_before = time.perf_counter(), time.process_time()
        model = spec.trainer().train(
            _data(folder / "scenes", truth), read_config(spec, settings), PrintingRun(folder / "work")
        )
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_before
        network = load_model(model.folder)
        assert isinstance(network, DetectionModel)
        found = predict_folder(network, folder / "unseen", sorted(unseen))
        metrics = measure_model(found, unseen, WANTED)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{seconds:.0f} s, {cpu_seconds:.0f} CPU s, {megabytes} MB at most")
    print(f"{UNSEEN} unseen scenes: mAP@50 {metrics.map_50:.3f}, mAP@50:95 {metrics.map_50_95:.3f}")


def _data(folder: Path, truth: Mapping[str, Sequence[TrueObject]]) -> TrainingData:
    samples = [
        Sample(
            image_id=name,
            path=folder / name,
            width=SIZE_WH[0],
            height=SIZE_WH[1],
            sha256=hashlib.sha256((folder / name).read_bytes()).hexdigest(),
            shapes=tuple(_shape(one) for one in objects),
        )
        for name, objects in sorted(truth.items())
    ]
    return TrainingData(WANTED, tuple(samples))


def _shape(one: TrueObject) -> Shape:
    left, top, width, height = one.box_xywh
    return Shape(WANTED.index(one.class_name), (left, top, left + width, top + height))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]) if len(sys.argv) > 1 else {})
