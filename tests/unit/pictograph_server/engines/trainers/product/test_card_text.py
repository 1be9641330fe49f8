"""The card as Markdown: complete, and its code runs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from tests.networks import colour_classifier, colour_map, red_detector

from pictograph.models.card import CardData, CardFiles, CardTraining, ModelCard, OnnxFile, WeightsFile
from pictograph.models.model import ModelType
from pictograph_server.engines.trainers.product.card_text import card_text


def card(task: ModelType = "object_detection", **changes: object) -> ModelCard:
    whole = ModelCard(
        pipeline="yolox",
        task=task,
        architecture="yolox_nano",
        class_names=["stop_sign", "a/b|c"],
        inference={},
        metrics={"map_50_95": 0.61, "map_50": 0.912, "ap_50/stop_sign": 0.95, "ap_50/a/b|c": 0.874},
        best_confidences={"stop_sign": 0.41},
        data=CardData(
            sha256="ab12",
            images=150,
            splits={"train": 120, "val": 30},
            measured_on="val",
            measured_images=30,
            objects={"stop_sign": 99, "a/b|c": 7},
        ),
        training=CardTraining(
            config={"epochs": 30},
            plan={"epochs": 30, "image_size": 416},
            best_epoch=27,
            epochs=30,
            seed=3,
            device="cpu (2 threads)",
            seconds=240.5,
            finished_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
            remarks=["Class `yield` has no example and was dropped."],
        ),
        files=CardFiles(
            onnx=OnnxFile(
                sha256="cd34", size_bytes=3_700_000, opset=17, largest_difference_from_torch={"candidates": 1.7e-6}
            ),
            safetensors=WeightsFile(holds="weights"),
        ),
        versions={"torch": "2.10.0"},
        license="Apache-2.0.",
    )
    return whole.model_copy(update=changes)


@pytest.mark.parametrize(
    "fact",
    [
        "# yolox_nano",
        "Finds objects as boxes: 2 classes. Trained with the pipeline `yolox`.",
        "| 0 | stop_sign | 99 |",
        "on the split `val`: 30 images",
        "| mAP@50:95 | 0.610 |",
        "| class | AP@50 | best confidence |",
        "| stop_sign | 0.950 | 0.410 |",
        "150 images: 120 train, 30 val. SHA-256 of the data `ab12`.",
        "- Class `yield` has no example and was dropped.",
        "Started from random weights. 30 epochs in 4 min on cpu (2 threads);",
        "; the weights are those of epoch 27. Seed 3. Finished 2026-01-02 03:04 UTC.",
        "| image_size | `416` |",
        "Largest difference from PyTorch on real images: `candidates` 1.7e-06.",
        "Apache-2.0.",
        "| torch | 2.10.0 |",
    ],
)
def test_card_text__has_the_fact(fact: str) -> None:
    assert fact in card_text(card())


def test_card_text__strange_names_stay_in_their_cell() -> None:
    text = card_text(card())
    assert "| a/b\\|c | 0.874 | – |" in text and "| 1 | a/b\\|c | 7 |" in text
    # Every row of a table has as many cells as its head.
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_card_text__measured_on_what_it_learned_from() -> None:
    data = card().data.model_copy(update={"measured_on": "train"})
    assert "**It learned from these images**" in card_text(card(data=data))
    assert "It learned from" not in card_text(card())


def test_card_text__without_figures_of_classes() -> None:
    text = card_text(card(metrics={"top_1": 0.9}, best_confidences={}))
    assert "| top-1 | 0.900 |" in text and "| class |\n" not in text


@pytest.mark.parametrize(
    ("task", "write"),
    [("object_detection", red_detector), ("semantic_segmentation", colour_map), ("classification", colour_classifier)],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_card_text__its_code_runs(
    task: ModelType,
    write: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path)
    Image.new("RGB", (80, 60), "red").save(tmp_path / "image.jpg")
    found = re.search(r"```python\n(.*?)```", card_text(card(task)), re.DOTALL)
    assert found is not None
    monkeypatch.chdir(tmp_path)
    exec(found[1], {})
    printed = capsys.readouterr().out
    assert {"object_detection": "stop_sign", "semantic_segmentation": "CroppedMask", "classification": "red_image"}[
        task
    ] in printed
