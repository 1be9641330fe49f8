"""Every stage of the recipe on a microscopic network: it learns, it goes on after a stop, and what it writes loads."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tools.tiny_sam3 import build as recipe
from tools.tiny_sam3 import loop
from tools.tiny_sam3.backbone import EncoderInTraining, train_encoder
from tools.tiny_sam3.batches import Scenes
from tools.tiny_sam3.clicks import ClicksInTraining, train_clicks
from tools.tiny_sam3.detector import EXEMPLARS_EVERY, DetectorInTraining, train_detector
from tools.tiny_sam3.evaluate import evaluate
from tools.tiny_sam3.export import write_checkpoint
from tools.tiny_sam3.loop import Stage, Step, Workbench
from tools.tiny_sam3.network import Shape, new_detector, new_tracker
from tools.tiny_sam3.scenes import draw_scenes
from tools.tiny_sam3.tokenizer import new_processor
from transformers import Sam3Model, Sam3TrackerModel

from pictograph_server.engines.annotators.base import Capability
from pictograph_server.engines.annotators.registry import open_annotator

MICROSCOPIC = Shape(
    vision_width=48,
    vision_layers=1,
    vision_heads=2,
    width=32,
    text_layers=1,
    fusion_layers=1,
    decoder_layers=2,
    queries=6,
)


@dataclasses.dataclass(frozen=True)
class SameStep(Workbench):
    """Gives every step the randomness of one, so that its loss can only fall by learning."""

    always: int = 0

    def rng(self, stage: str, step: int) -> np.random.Generator:
        del step
        return super().rng(stage, self.always)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """So small a network is slower on several threads, and much slower beside other programs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    return Scenes(draw_scenes(1, 4), torch.device("cpu"))


@pytest.fixture(scope="module")
def processor() -> Any:
    return new_processor()


@pytest.fixture
def detector(processor: Any) -> Sam3Model:
    return new_detector(processor.tokenizer, MICROSCOPIC, seed=2)


def losses(folder: Path, run: Callable[[Stage, Workbench], object], *, always: int = 0) -> tuple[float, float]:
    """Return the loss of one step before and after some more of the same."""
    bench = SameStep(folder, torch.device("cpu"), half_precision=False, seed=1, always=always)
    for steps in (1, 4, 1):
        run(Stage("stage", steps, batch=2, learning_rate=1e-3, warmup_steps=1, last_rate=1.0), bench)
    told = [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]
    return told[0], told[-1]


def step_that_asks(*, with_boxes: bool) -> int:
    bench = Workbench(Path(), torch.device("cpu"), half_precision=False, seed=1)
    return next(n for n in range(99) if (int(bench.rng("stage", n).integers(EXEMPLARS_EVERY)) == 0) is with_boxes)


def test_train_encoder__a_step_costs_less_afterwards(tmp_path: Path, scenes: Scenes, detector: Sam3Model):
    network = EncoderInTraining(detector)
    before, after = losses(tmp_path, lambda stage, bench: train_encoder(network, scenes, stage, bench))
    assert after < before


@pytest.mark.parametrize("with_vision", [False, True], ids=["frozen vision", "everything"])
@pytest.mark.parametrize("with_boxes", [False, True], ids=["phrases", "exemplars"])
def test_train_detector__a_step_costs_less_afterwards(
    tmp_path: Path, scenes: Scenes, detector: Sam3Model, processor: Any, with_boxes: bool, with_vision: bool
):
    network = DetectorInTraining(detector)

    def run(stage: Stage, bench: Workbench) -> object:
        return train_detector(
            network, processor.tokenizer, scenes, stage, bench, with_masks=True, with_vision=with_vision
        )

    before, after = losses(tmp_path, run, always=step_that_asks(with_boxes=with_boxes))
    assert after < before


def test_train_detector__frozen_vision_stays_as_it_is(
    tmp_path: Path, scenes: Scenes, detector: Sam3Model, processor: Any
):
    network = DetectorInTraining(detector)
    before = {key: value.clone() for key, value in network.detector.state_dict().items()}
    bench = Workbench(tmp_path, torch.device("cpu"), half_precision=False, seed=1)
    stage = Stage("stage", 2, 2, 1e-3)
    train_detector(network, processor.tokenizer, scenes, stage, bench, with_masks=False, with_vision=False)
    changed = {key for key, value in network.detector.state_dict().items() if not torch.equal(value, before[key])}
    assert changed and not any(key.startswith(("vision_encoder.backbone", "mask_decoder")) for key in changed)


def test_train_clicks__a_step_costs_less_afterwards(tmp_path: Path, scenes: Scenes, detector: Sam3Model):
    network = ClicksInTraining(new_tracker(detector))
    is_new = iter([True, False, False])
    before, after = losses(
        tmp_path, lambda stage, bench: train_clicks(network, scenes, stage, bench, is_new=next(is_new))
    )
    assert after < before


def test_train__goes_on_where_it_stopped(tmp_path: Path):
    at_once = averaged_line(tmp_path / "once", stops=())
    in_parts = averaged_line(tmp_path / "parts", stops=(2, 3))
    assert all(torch.equal(one, other) for one, other in zip(at_once, in_parts, strict=True))


def averaged_line(folder: Path, *, stops: tuple[int, ...]) -> list[torch.Tensor]:
    """Train a line for six steps, stopped after some of them and begun again, and return its averaged weights."""
    folder.mkdir()
    bench = Workbench(folder, torch.device("cpu"), half_precision=False, seed=1, save_every_s=0.0)
    for stop in stops:
        with pytest.raises(KeyboardInterrupt):
            trained_on(StoppedLine(stop), bench)
    return [value.detach() for value in trained_on(StoppedLine(99), bench)]


class StoppedLine:
    """Two weights, and a step that is interrupted after a while."""

    def __init__(self, stop: int) -> None:
        torch.manual_seed(0)
        self.line = torch.nn.Linear(2, 1)
        self._left = stop

    def step(self, rng: np.random.Generator, _progress: float) -> Step:
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        point = torch.from_numpy(rng.normal(size=(1, 2)).astype(np.float32))
        return self.line(point).square().sum(), {}


def trained_on(stopped: StoppedLine, bench: Workbench) -> list[torch.Tensor]:
    stage = Stage("line", steps=6, batch=1, learning_rate=0.1)
    return list(loop.train(stopped.line, stage, bench, stopped.step).parameters())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint from the whole recipe, two steps a stage."""
    folder = tmp_path_factory.mktemp("built") / "checkpoint"
    return recipe.build(recipe.Order(folder, "cpu", seed=3, scale=0.0, shape=MICROSCOPIC))


def test_build__every_key_loads_in_both_classes(built: Path):
    for kind in (Sam3Model, Sam3TrackerModel):
        loaded: Any = kind.from_pretrained(built, local_files_only=True, output_loading_info=True)
        info = loaded[1]
        assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]


def test_build__opens_in_the_engine_and_answers_every_kind_of_prompt(built: Path):
    annotator = open_annotator(str(built), "cpu")
    assert annotator.capabilities >= {Capability.TEXT, Capability.EXEMPLAR, Capability.BOX, Capability.POINT}
    image = np.zeros((48, 64, 3), np.uint8)
    [found] = annotator.text([image], ["stop_sign", "traffic sign"], threshold=0.0)
    assert all(each.prompt in ("stop_sign", "traffic sign") for each in found)


def test_evaluate__asks_a_checkpoint_in_every_way(built: Path):
    report = evaluate(built, scenes=1, only=("demo",))
    quality = report.qualities["demo"]
    objects = quality.all_names.matches.hits + quality.all_names.matches.misses
    assert objects == len(quality.clicks) == len(quality.boxes) > 0
    assert quality.exemplars.matches.hits + quality.exemplars.matches.misses == objects
    assert quality.nouns_asked == 11 and list(report.qualities) == ["demo"]


def test_build__a_second_time_trains_nothing(built: Path):
    log = built / "work" / "log.jsonl"
    before = [line for line in log.read_text().splitlines() if "stage" in line]
    weights = (built / "model.safetensors").read_bytes()
    recipe.build(recipe.Order(built, "cpu", seed=3, scale=0.0, shape=MICROSCOPIC))
    assert [line for line in log.read_text().splitlines() if "stage" in line] == before
    assert (built / "model.safetensors").read_bytes() == weights


def test_build__starts_from_a_checkpoint(built: Path, tmp_path: Path):
    recipe.build(recipe.Order(tmp_path, "cpu", seed=4, scale=0.0, start_from=built))
    stages = {json.loads(line).get("stage") for line in (tmp_path / "work" / "log.jsonl").read_text().splitlines()}
    assert stages == {None, "everything", "clicks"}


def test_write_checkpoint__weights_survive_in_half_precision(tmp_path: Path, detector: Sam3Model, processor: Any):
    write_checkpoint(tmp_path, detector, new_tracker(detector), processor)
    loaded: Any = Sam3Model.from_pretrained(tmp_path, dtype=torch.float32, local_files_only=True)
    source: Any = detector
    for key, value in source.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], value.half().float() if value.is_floating_point() else value), key
    assert str(tmp_path) not in (tmp_path / "config.json").read_text()
