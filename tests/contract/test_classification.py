"""What is classification's own: one answer or several, any network of timm, one image a step, loaded weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tests.contract.test_trainers import CLASS_NAMES, SMALL_RUNS, make_data, train
from tests.recording_run import RecordingRun

from pictograph.inference import ClassificationModel, load_model
from pictograph.inference.images import fit, to_tensor
from pictograph_server.engines.errors import BadConfig
from pictograph_server.engines.trainers.base import TrainingData
from pictograph_server.engines.trainers.classification.config import ClassificationConfig
from pictograph_server.engines.trainers.classification.learner import ClassificationLearner
from pictograph_server.engines.trainers.loop.inputs import network_input
from pictograph_server.engines.trainers.prepare import prepare


def learner_of(
    folder: Path, data: TrainingData | None = None, **settings: object
) -> tuple[ClassificationLearner, list[str]]:
    config = ClassificationConfig.model_validate({"image_size": 64, **settings})
    run = RecordingRun(folder)
    data = data or make_data(folder / "images", size=64)
    return ClassificationLearner(prepare(data, "classification", config), config, run), run.said


def with_two_tags(data: TrainingData) -> TrainingData:
    return replace(data, samples=(replace(data.samples[0], tags=(0, 1)), *data.samples[1:]))


def test_spec__classes_exclude_each_other_unless_an_image_has_two(tmp_path: Path) -> None:
    data = make_data(tmp_path / "images", size=64)
    one, _ = learner_of(tmp_path, data)
    several, _ = learner_of(tmp_path, with_two_tags(data))
    reading = [(each.spec.postprocessing.activation, each.spec.postprocessing.top_k) for each in (one, several)]
    assert reading == [("softmax", 1), ("sigmoid", None)]


def test_train__several_tags_an_image(tmp_path: Path) -> None:
    data = with_two_tags(make_data(tmp_path / "images", size=64))
    trained = train("classification", RecordingRun(tmp_path / "work"), data, SMALL_RUNS["classification"])
    model = load_model(trained.folder)
    assert isinstance(model, ClassificationModel)
    found = model.predict(data.samples[0].path, confidence=0.0)
    assert sorted(tag.class_name for tag in found) == sorted(CLASS_NAMES)
    assert sum(tag.confidence for tag in found) != pytest.approx(1.0, abs=1e-3)


def test_train__folders_name_the_classes(tmp_path: Path) -> None:
    data = make_data(tmp_path / "images", size=64)
    samples = tuple(replace(s, tags=(), folder=f"/signs/{CLASS_NAMES[s.tags[0]]}") for s in data.samples)
    run = RecordingRun(tmp_path / "work")
    trained = train("classification", run, TrainingData((), samples), {**SMALL_RUNS["classification"], "epochs": 1})
    assert trained.class_names == tuple(sorted(CLASS_NAMES))
    assert any("the names of the folders are the classes" in words for words in run.said)


def test_draw__whole_picture_is_nearly_what_inference_sees(tmp_path: Path) -> None:
    """Not to the last bit: it is kept a little larger and recoloured; but the same part of it at the same place."""
    data = make_data(tmp_path / "images", size=200)
    learner, _ = learner_of(tmp_path, data, flip=False)
    index = 0
    config = ClassificationConfig(image_size=64, flip=False)
    sample = prepare(data, "classification", config).train[index]
    with Image.open(sample.path) as image:
        seen = to_tensor(fit(np.asarray(image), learner.spec.preprocessing)[0], learner.spec.preprocessing)
    shown = [learner.draw(index, np.random.default_rng(seed), fine=True).pixels for seed in range(8)]
    drawn = network_input(torch.from_numpy(np.stack(shown)), learner.spec.preprocessing).numpy()
    assert np.corrcoef(drawn.mean(axis=0).ravel(), seen[0].ravel())[0, 1] > 0.97


def test_losses__one_image_a_step(tmp_path: Path) -> None:
    learner, _ = learner_of(tmp_path, image_size=32)
    batch = learner.collate([learner.draw(0, np.random.default_rng(0), fine=False)])
    assert torch.isfinite(learner.losses(learner.network.train(), batch, fine=False)["loss"])


def test_build__network_made_for_another_size(tmp_path: Path) -> None:
    learner, _ = learner_of(tmp_path, model_type="vit_tiny_patch16_224", image_size=64)
    (answer,) = learner.answering(learner.network.eval())(torch.zeros(2, 3, 64, 64))
    assert (answer.shape, learner.is_channels_last) == ((2, 3), False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model_type": "inception_v3", "image_size": 32}, "it was made for 299"),
        ({"model_type": "resnet10t.no_such_weights"}, "there are resnet10t.c3_in1k"),
    ],
    ids=["size", "weights"],
)
def test_build__what_timm_cannot_make_is_refused(settings: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=words):
        learner_of(tmp_path, None, **settings)


@pytest.mark.parametrize("model_type", ["resnet10t", "vit_tiny_patch16_224"])
def test_weights__other_classes_and_another_size(model_type: str, tmp_path: Path) -> None:
    first, _ = learner_of(tmp_path, seed=1, model_type=model_type)
    saved = {name: value.contiguous() for name, value in first.network.state_dict().items()}
    save_file(saved, tmp_path / "first.safetensors")
    two = make_data(tmp_path / "two", size=64, classes=2)
    second, said = learner_of(
        tmp_path, two, seed=2, model_type=model_type, image_size=96, weights=tmp_path / "first.safetensors"
    )
    filled = second.network.state_dict()
    others = {name for name in saved if name not in filled or filled[name].shape != saved[name].shape}
    assert {name.partition(".")[0] for name in others} <= {"fc", "head", "pos_embed"}
    body = next(name for name in saved if name.endswith("weight") and saved[name].ndim == 4)
    assert torch.equal(filled[body], saved[body])
    assert any("Started from first.safetensors" in words for words in said)
    if "pos_embed" in filled:
        assert not any("pos_embed" in words for words in said)
