"""What is RF-DETR's own: it is built as published, weights of other sizes fit, being asked does not change it."""

import logging
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.contract.test_trainers import SMALL_RUNS, make_data, train
from tests.recording_run import RecordingRun
from torch import nn

from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.engines.trainers.loop.batches import Batches
from pictograph_server.engines.trainers.prepare import prepare
from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.engines.trainers.rfdetr.config import (
    DETECTORS,
    SEGMENTERS,
    Build,
    RfdetrDetectionConfig,
    RfdetrSegmentationConfig,
    plan_run,
)
from pictograph_server.engines.trainers.rfdetr.learner import RfdetrLearner
from pictograph_server.engines.trainers.rfdetr.network import (
    DETECTOR_CONFIGS,
    SEGMENTER_CONFIGS,
    adapted,
    build_network,
    make_optimizer,
    published,
    read_weights,
    shapes_of,
)
from pictograph_server.engines.trainers.weights import fill

TINY = Build("nano", False, 64, encoder_blocks=2, decoder_layers=1, queries=10, groups=2)


@pytest.mark.parametrize("has_masks", [False, True], ids=["boxes", "masks"])
def test_layouts__are_the_librarys(has_masks: bool) -> None:
    configs = SEGMENTER_CONFIGS if has_masks else DETECTOR_CONFIGS
    layouts = dict(SEGMENTERS) if has_masks else dict(DETECTORS)
    assert {name: as_library_has_it(kind.model_fields) for name, kind in configs.items()} == {
        name: (layout.image_size, layout.patch, layout.windows, layout.decoder_layers, layout.queries)
        for name, layout in layouts.items()
    }


def as_library_has_it(fields: object) -> tuple[int, ...]:
    assert isinstance(fields, dict)
    names = ("resolution", "patch_size", "num_windows", "dec_layers", "num_queries")
    return tuple(fields[name].default for name in names)


def test_published__every_variant_has_its_own_address() -> None:
    every = [published(name, has_masks=False) for name in DETECTORS]
    every += [published(name, has_masks=True) for name in SEGMENTERS]
    assert len({each.url for each in every}) == len({each.filename for each in every}) == 10
    assert {each.license for each in every} == {"Apache-2.0"}


def test_read_weights__published_file_with_its_settings(tmp_path: Path) -> None:
    state = build_network(TINY, 90, seed=1).state_dict()
    torch.save({"model": state, "args": Namespace(resolution=64)}, tmp_path / "published.pth")
    saved = read_weights(tmp_path / "published.pth")
    assert (
        shapes_of(saved, patch=16)
        == plan_run(
            RfdetrDetectionConfig(image_size=64, encoder_blocks=2, decoder_layers=1, queries=10, groups=2),
            train_images=9,
            on_gpu=False,
        ).build.shapes
    )


def test_read_weights__file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"model": Path}, tmp_path / "evil.pth")
    with pytest.raises(EngineUnavailable, match=r"'evil\.pth' cannot be read"):
        read_weights(tmp_path / "evil.pth")


def test_read_weights__of_another_network(tmp_path: Path) -> None:
    torch.save({"model": nn.Linear(2, 2).state_dict()}, tmp_path / "other.pth")
    with pytest.raises(EngineUnavailable, match="it has no 'backbone"):
        read_weights(tmp_path / "other.pth")


def test_adapted__other_size_fewer_queries_other_classes() -> None:
    saved = build_network(TINY, 90, seed=1).state_dict()
    build = replace(TINY, image_size=96, queries=6)
    network = build_network(build, 2, seed=2)
    words = fill(network, adapted(saved, TINY.shapes, build), name="earlier")
    # Only what names the classes is left to chance.
    assert "class_embed" in words and "query_feat" not in words and "position" not in words
    own = network.state_dict()
    second_set = saved["query_feat.weight"][10:16]
    torch.testing.assert_close(own["query_feat.weight"][6:], second_set)


def test_make_optimizer__every_layer_once_and_least_near_the_picture() -> None:
    network = build_network(TINY, 2, seed=0)
    groups = make_optimizer(network, TINY).param_groups
    share_of = {id(p): group["rate_scale"] for group in groups for p in group["params"]}
    assert len(share_of) == len(list(network.parameters()))
    shares = {name: share_of[id(parameter)] for name, parameter in network.named_parameters()}
    encoder = "backbone.0.encoder.encoder.encoder.layer"
    assert shares[f"{encoder}.0.norm1.weight"] < shares[f"{encoder}.1.norm1.weight"] < shares["class_embed.weight"]
    assert shares["transformer.decoder.layers.0.linear1.weight"] == pytest.approx(0.7)


def test_answering__leaves_the_network_as_it_was(tmp_path: Path) -> None:
    learner = learner_of(tmp_path)
    network = learner.network.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    images = torch.from_numpy(np.random.default_rng(0).random((2, 3, 60, 60), dtype=np.float32))
    with torch.no_grad():
        answers = learner.answering(network)(images)
        again = learner.answering(network)(images)
    assert [tuple(each.shape) for each in answers] == [(2, 10, 4), (2, 10, 4), (2, 10, 15, 15)]
    assert all(torch.equal(first, second) for first, second in zip(answers, again, strict=True))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    batch = next(iter(Batches(learner, threads=1).epoch(0, batch_size=4, fine=False)))
    assert learner.losses(network.train(), batch, fine=False)["loss"].detach() > 0


def test_losses__of_pictures_without_objects(tmp_path: Path) -> None:
    learner = learner_of(tmp_path)
    empty = replace(learner.draw(0, np.random.default_rng(0), fine=False)).kept(np.zeros(1, dtype=bool))
    losses = learner.losses(learner.network.train(), learner.collate([empty, empty]), fine=False)
    assert torch.isfinite(losses["loss"])


def test_train__from_an_earlier_model_of_other_classes(tmp_path: Path) -> None:
    small = {**SMALL_RUNS["rfdetr_detection"], "epochs": 1}
    first = train("rfdetr_detection", RecordingRun(tmp_path / "first"), make_data(tmp_path / "i", classes=2), small)
    run = RecordingRun(tmp_path / "second")
    settings = {"epochs": 1, "batch_size": 4, "weights": first.folder / "model.safetensors"}
    again = train("rfdetr_detection", run, make_data(tmp_path / "j", classes=3), settings)
    assert any("Started from model.safetensors: " in message for message in run.said)
    # Built like the earlier one, though the defaults are others.
    assert again.card["training"]["plan"]["encoder_blocks"] == 1  # pyright: ignore[reportIndexIssue]


def test_train__leaks_nothing_into_the_process(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    precision = torch.get_float32_matmul_precision()
    settings = {**SMALL_RUNS["rfdetr_segmentation"], "epochs": 1}
    train("rfdetr_segmentation", RecordingRun(tmp_path / "work"), make_data(tmp_path / "images"), settings)
    assert capfd.readouterr() == ("", "")
    assert list((tmp_path / "here").iterdir()) == []
    assert torch.get_float32_matmul_precision() == precision
    assert not logging.getLogger("rf-detr").disabled
    assert "pytorch_lightning" not in sys.modules


def learner_of(folder: Path) -> RfdetrLearner:
    settings = {**SMALL_RUNS["rfdetr_segmentation"], "epochs": 1}
    config = RfdetrSegmentationConfig.model_validate(settings)
    task = trainer_specs()["rfdetr_segmentation"].task
    (folder / "work").mkdir()
    return RfdetrLearner(prepare(make_data(folder / "images"), task, config), config, RecordingRun(folder / "work"))
