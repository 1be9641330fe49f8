"""What each pipeline learns from random weights in equal time: the demo's road signs with true labels.

    python -m benchmarks.training                                  every pipeline, four minutes each
    python -m benchmarks.training yolox sm_pytorch --minutes 2
    python -m benchmarks.training yolox --set image_size=320

Measured on scenes of another seed, through the exported file. Each pipeline runs in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.training.road_signs import draw
from pictograph.inference import load_model
from pictograph_server.engines.evaluation.evaluate import evaluate
from pictograph_server.engines.trainers.base import EpochReport, Prepared, Task
from pictograph_server.engines.trainers.registry import read_config, trainer_spec, trainer_specs
from pictograph_server.engines.trainers.train import train

SCENES, UNSEEN = 150, 40
# What is told of each task.
FIGURES: dict[Task, tuple[str, ...]] = {
    "object_detection": ("map_50", "map_50_95"),
    "instance_segmentation": ("mask_map_50", "mask_map_50_95", "map_50", "map_50_95"),
    "semantic_segmentation": ("miou",),
    "classification": ("top_1",),
}


@dataclass
class PrintingRun:
    workdir: Path
    weights_folders: Sequence[Path] = ()
    epochs: int = 0
    seconds: float = 0.0
    paces: list[float] = field(default_factory=list[float])

    def raise_if_cancelled(self) -> None:
        pass

    def begins(self, data: Prepared, *, started_from: str | None) -> None:
        pass

    def goes_on(self, reports: Sequence[EpochReport]) -> None:
        pass

    def report(self, report: EpochReport) -> None:
        self.epochs, self.seconds = report.epoch, report.seconds
        self.paces.append(report.metrics["images_per_second"])
        figures = [f"{name} {report.metrics[name]:.3f}" for name in _told(report.metrics)]
        if figures:
            loss = report.metrics["loss"]
            print(
                f"  {report.seconds:4.0f} s, epoch {report.epoch:3}: loss {loss:.3f}, {', '.join(figures)}", flush=True
            )

    def say(self, message: str) -> None:
        print(f"  {message}", flush=True)

    def device_used(self, device: str) -> None:
        pass


def measure(pipeline: str, settings: dict[str, object]) -> dict[str, object]:
    """Train one pipeline in this process; return a line of the table."""
    spec = trainer_spec(pipeline)
    with TemporaryDirectory(prefix="pictograph-training-") as name:
        folder = Path(name)
        for part in ("known", "unseen", "work"):
            (folder / part).mkdir()
        data = draw(folder / "known", spec.task, scenes=SCENES, seed=1)
        unseen = draw(folder / "unseen", spec.task, scenes=UNSEEN, seed=2)
        run = PrintingRun(folder / "work")
        started = time.perf_counter()
        model = train(spec, data, read_config(spec, {"weights": "scratch", **settings}), run)
        seconds = time.perf_counter() - started
        figures = evaluate(load_model(model.folder), unseen.samples, batch_size=8, before_batch=lambda: None).metrics
    return {
        "pipeline": pipeline,
        "architecture": model.architecture,
        "epochs": run.epochs,
        "learning_s": round(run.seconds),
        "whole_run_s": round(seconds),
        "images_per_second": round(sorted(run.paces)[len(run.paces) // 2], 1),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "figures": {figure: round(figures[figure], 3) for figure in FIGURES[spec.task]},
    }


def _told(metrics: object) -> list[str]:
    assert isinstance(metrics, dict)
    return [name for name in dict.fromkeys(n for names in FIGURES.values() for n in names) if name in metrics]


def _in_own_process(pipeline: str, settings: dict[str, object]) -> dict[str, object]:
    command = [sys.executable, "-m", "benchmarks.training", pipeline, "--here", json.dumps(settings)]
    print(f"{pipeline}:", flush=True)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = ""
    for line in process.stdout:
        if line.startswith("{"):
            last = line
        else:
            print(line, end="", flush=True)
    if process.wait():
        sys.exit(f"{pipeline} did not finish")
    return json.loads(last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipelines", nargs="*", default=sorted(trainer_specs()))
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        print(json.dumps(measure(given.pipelines[0], json.loads(given.here))), flush=True)
        return
    # The unseen scenes are the test; of the known ones few are needed to choose the best epoch by.
    settings: dict[str, object] = {
        "epochs": 2000,
        "max_minutes": given.minutes,
        "val_fraction": 0.15,
        "test_fraction": 0.0,
    }
    for assignment in given.settings:
        name, _, value = assignment.partition("=")
        settings[name] = json.loads(value) if value[:1] in '[{"0123456789-tfn' else value
    lines = [_in_own_process(pipeline, settings) for pipeline in given.pipelines]
    print(f"\n{SCENES} scenes known, measured on {UNSEEN} others; {given.minutes:g} minutes each, random weights\n")
    print("| pipeline | network | epochs | learning | images/s | memory | on unseen scenes |")
    print("|---|---|---|---|---|---|---|")
    for line in lines:
        figures = line["figures"]
        assert isinstance(figures, dict)
        words = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(
            f"| `{line['pipeline']}` | {line['architecture']} | {line['epochs']} | {line['learning_s']} s "
            f"| {line['images_per_second']} | {line['megabytes']} MB | {words} |"
        )


if __name__ == "__main__":
    main()
