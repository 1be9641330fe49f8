"""What our loop costs: seconds per epoch beside each library's own loop, on the same images and settings.

    python -m benchmarks.training.overhead [pipeline ...]

yolox and rfdetr (and detectron2 where it is installed) bring a loop; its data pipeline is its own too. The others bring
none: beside them stands the loop people write, a torch `DataLoader` over the very same examples. rfdetr's needs the
dependency group `peers`. The two take turns, so that a busy machine slows both.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch

from benchmarks.training.peers import PEERS, bare_loop
from benchmarks.training.road_signs import draw
from pictograph_server.engines.trainers.base import EpochReport, Prepared
from pictograph_server.engines.trainers.devices import pick_device
from pictograph_server.engines.trainers.loop.learner import Learner
from pictograph_server.engines.trainers.loop.session import Session
from pictograph_server.engines.trainers.prepare import prepare
from pictograph_server.engines.trainers.registry import read_config, trainer_spec, trainer_specs

SCENES = 64
ROUNDS, EPOCHS = 3, 2


@dataclass
class TimedRun:
    """A run that keeps when its epochs ended."""

    workdir: Path
    weights_folders: Sequence[Path] = ()
    seconds: list[float] = field(default_factory=list[float])

    def raise_if_cancelled(self) -> None:
        pass

    def begins(self, data: Prepared, *, started_from: str | None) -> None:
        pass

    def report(self, report: EpochReport) -> None:
        self.seconds.append(report.seconds)

    def goes_on(self, reports: Sequence[EpochReport]) -> None:
        pass

    def say(self, message: str) -> None:
        pass

    def device_used(self, device: str) -> None:
        pass


def our_loop(learner: Learner, folder: Path) -> list[float]:
    """Return the seconds of each epoch, checkpoints included, measuring left out."""
    run = TimedRun(folder)
    session = Session(learner, run, pick_device(), data_hash="benchmark", measure=lambda _: {"nothing": 0.0})
    session.run_epochs()
    return [end - begin for begin, end in zip([0.0, *run.seconds], run.seconds, strict=False)]


def compare(pipeline: str) -> str:
    spec = trainer_spec(pipeline)
    ours: list[float] = []
    theirs: list[float] = []
    peer = PEERS.get(pipeline, bare_loop)
    with TemporaryDirectory(prefix="pictograph-overhead-") as name:
        folder = Path(name)
        data = draw(folder, spec.task, scenes=SCENES, seed=1)
        config = read_config(spec, {"epochs": EPOCHS, "weights": "scratch", "val_fraction": 0.1, "test_fraction": 0.0})
        prepared = prepare(data, spec.task, config)
        for number in range(ROUNDS):
            work = folder / f"round {number}"
            work.mkdir()
            learner = spec.trainer().prepare(prepared, config, TimedRun(work))
            ours += our_loop(learner, work)
            learner = spec.trainer().prepare(prepared, config, TimedRun(work))
            theirs += peer(learner, prepared, work, EPOCHS)
    words = (peer.__doc__ or "").split("\n")[0].rstrip(".")
    ratio = median(ours) / median(theirs)
    return f"| `{pipeline}` | {median(ours):.2f} s | {median(theirs):.2f} s | {ratio:.3f} | {words} |"


def main() -> None:
    torch.set_num_threads(2)
    print(f"{SCENES} scenes, median of {ROUNDS * EPOCHS} epochs each\n")
    print("| pipeline | our epoch | theirs | ratio | beside |\n|---|---|---|---|---|")
    for pipeline in sys.argv[1:] or sorted(trainer_specs()):
        print(compare(pipeline), flush=True)


if __name__ == "__main__":
    main()
