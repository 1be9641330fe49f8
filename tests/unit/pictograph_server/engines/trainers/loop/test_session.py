"""The loop, on a network of four weights: memory that runs out, time that is up, nothing that gets better."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.recording_run import RecordingRun
from torch import Tensor, nn

from pictograph.inference.spec import ClassifierSpec, Preprocessing
from pictograph_server.engines.errors import Cancelled, TrainingDiverged
from pictograph_server.engines.trainers.loop.batch_size import largest_batch
from pictograph_server.engines.trainers.loop.plan import LoopPlan
from pictograph_server.engines.trainers.loop.session import Session

PLAN = LoopPlan(epochs=4, batch_size=8, learning_rate=0.1, seed=0)


class LineLearner:
    """Learns to add three numbers; memory ends above `room` examples."""

    settings: Mapping[str, str | int | float | bool | None] = {}
    spec = ClassifierSpec(
        architecture="line",
        class_names=("sum",),
        preprocessing=Preprocessing(input_size_hw=(1, 1), channel_order="RGB"),
    )
    output_names = ("scores",)
    is_channels_last = False
    examples = 16
    started_from = None

    def __init__(self, plan: LoopPlan = PLAN, room: int = 100) -> None:
        self.plan = plan
        self.room = room
        torch.manual_seed(plan.seed)
        self.network: nn.Module = nn.Linear(3, 1)
        self.batch_sizes: list[int] = []

    def optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(network.parameters(), lr=0)

    def draw(self, index: int, rng: np.random.Generator, *, fine: bool) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        del index, fine
        return rng.normal(size=3).astype(np.float32)

    def collate(self, examples: Sequence[np.ndarray[tuple[int], np.dtype[np.float32]]]) -> Tensor:
        return torch.from_numpy(np.stack(examples))

    def losses(self, network: nn.Module, batch: Tensor, *, fine: bool) -> Mapping[str, Tensor]:
        del fine
        if len(batch) > self.room:
            raise torch.cuda.OutOfMemoryError
        self.batch_sizes.append(len(batch))
        return {"loss": ((network(batch)[:, 0] - batch.sum(1)) ** 2).mean()}

    def answering(self, network: nn.Module) -> nn.Module:
        return network


def session_of(
    learner: LineLearner, run: RecordingRun, scores: Sequence[float] = (), *, most_seconds: float | None = None
) -> Session:
    run.workdir.mkdir(exist_ok=True)
    left = list(scores)

    def measure(network: nn.Module) -> dict[str, float]:
        del network
        return {"score": left.pop(0) if left else 1.0}

    device = torch.device("cpu")
    return Session(learner, run, device, data_hash="d", measure=measure, most_seconds=most_seconds)


def test_session__memory_that_runs_out_halves_the_batch_and_goes_on(tmp_path: Path) -> None:
    learner, run = LineLearner(room=3), RecordingRun(tmp_path / "work")
    session = session_of(learner, run)
    session.run_epochs()
    assert session.batch_size == 2
    assert set(learner.batch_sizes) == {2}
    assert [report.epoch for report in run.reports] == [1, 2, 3, 4]
    assert [message for message in run.said if "memory" in message] == [
        "The GPU's memory is too small for this batch: going on with 4 images a step.",
        "The GPU's memory is too small for this batch: going on with 2 images a step.",
    ]


def test_session__one_image_that_does_not_fit_is_the_end(tmp_path: Path) -> None:
    with pytest.raises(torch.cuda.OutOfMemoryError):
        session_of(LineLearner(room=0), RecordingRun(tmp_path / "work")).run_epochs()


def test_session__stops_when_nothing_gets_better(tmp_path: Path) -> None:
    learner = LineLearner(dataclasses.replace(PLAN, epochs=9, patience=2))
    run = RecordingRun(tmp_path / "work")
    session = session_of(learner, run, [0.1, 0.5, 0.4, 0.5, 0.9])
    session.run_epochs()
    assert (session.epoch, session.best_score) == (4, 0.5)
    assert run.reports[-1].eta_seconds == 0
    assert any("2 measurements were no better than the best" in message for message in run.said)


def test_session__keeps_the_best_and_not_the_last(tmp_path: Path) -> None:
    learner = LineLearner(dataclasses.replace(PLAN, averages=False))
    session = session_of(learner, RecordingRun(tmp_path / "work"), [0.1, 0.9, 0.3, 0.2])
    weights: list[Tensor] = []
    measure = session._measure  # pyright: ignore[reportPrivateUsage]

    def remembering(network: nn.Module) -> Mapping[str, float]:
        weights.append(network.state_dict()["weight"].clone())
        return measure(network)

    session._measure = remembering  # pyright: ignore[reportPrivateUsage]
    session.run_epochs()
    assert session.best_epoch == 2
    assert torch.equal(session.best_network().state_dict()["weight"], weights[1])


def test_session__time_that_is_up_ends_the_run_with_a_model(tmp_path: Path) -> None:
    learner = LineLearner(dataclasses.replace(PLAN, epochs=100_000))
    run = RecordingRun(tmp_path / "work")
    session = session_of(learner, run, most_seconds=0.3)
    session.run_epochs()
    assert 1 < session.epoch < 100_000
    assert session.best
    assert 9 <= sum("score" in report.metrics for report in run.reports) <= 12
    assert any("the time is up" in message for message in run.said)


def test_session__goes_on_after_its_checkpoint(tmp_path: Path) -> None:
    whole, first, second = (RecordingRun(tmp_path / name) for name in ("whole", "broken", "broken"))
    expected = session_of(LineLearner(), whole)
    expected.run_epochs()
    first.cancel_at_call = 5
    with pytest.raises(Cancelled):
        session_of(LineLearner(), first).run_epochs()
    resumed = session_of(LineLearner(), second)
    assert resumed.epoch in (1, 2)  # writing is skipped where it would take longer than the epoch
    resumed.run_epochs()
    assert all(torch.equal(value, expected.best[name]) for name, value in resumed.best.items())


def test_session__loss_that_is_no_number(tmp_path: Path) -> None:
    learner = LineLearner(dataclasses.replace(PLAN, learning_rate=1e30))
    with pytest.raises(TrainingDiverged, match=r"Try learning_rate=2\.5e\+29"):
        session_of(learner, RecordingRun(tmp_path / "work")).run_epochs()


@pytest.mark.parametrize(
    ("start", "most", "room", "found"),
    [(8, 64, 1000, 64), (8, 64, 33, 32), (8, 64, 20, 16), (8, 64, 3, 2), (8, 5, 1000, 5), (8, 64, 0, 1)],
)
def test_largest_batch__what_the_card_has_room_for(start: int, most: int, room: int, found: int) -> None:
    def attempt(size: int) -> float:
        if size > room:
            raise torch.cuda.OutOfMemoryError
        return 0.3 if room == 33 else 0.1

    assert largest_batch(start, most, attempt) == found


def test_largest_batch__is_not_tried_where_the_half_fills_the_card() -> None:
    tried: list[int] = []

    def attempt(size: int) -> float:
        tried.append(size)
        return size / 32

    assert largest_batch(8, 64, attempt) == 16
    assert max(tried) == 16
