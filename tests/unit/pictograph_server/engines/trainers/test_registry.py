"""Trainers are found without loading what they train with, and their settings are read with words for mistakes."""

import subprocess
import sys

import pytest

from pictograph_server.engines.errors import BadConfig, UnknownEngine
from pictograph_server.engines.trainers.registry import read_config, trainer_spec, trainer_specs
from pictograph_server.engines.trainers.yolox.config import YoloxConfig, plan_run


def test_trainer_specs__yolox_is_there() -> None:
    assert trainer_specs()["yolox"].task == "object_detection"


def test_trainer_specs__loads_no_training_library() -> None:
    script = (
        "import sys; from pictograph_server.engines.trainers.registry import trainer_specs; trainer_specs();"
        "print([name for name in ('torch', 'yolox', 'rfdetr', 'timm', 'onnxruntime') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_trainer_spec__unknown_name_lists_the_known() -> None:
    with pytest.raises(UnknownEngine, match=r"no training pipeline 'yolo9000' here: this server has .*'yolox'"):
        trainer_spec("yolo9000")


def test_read_config__unknown_key_lists_the_allowed() -> None:
    with pytest.raises(BadConfig, match="no setting 'epoch': allowed are 'epochs', 'batch_size', 'learning_rate'"):
        read_config(trainer_spec("yolox"), {"epoch": 3})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epochs": 0}, "epochs = 0: Input should be greater than or equal to 1"),
        ({"image_size": 100}, "image_size = 100: Input should be a multiple of 32"),
        ({"model_type": "huge"}, "model_type = .*'yolox_nano', 'yolox_tiny'"),
        ({"learning_rate": "fast"}, "learning_rate = 'fast': Input should be a valid number"),
    ],
)
def test_read_config__bad_value_says_why(values: dict[str, object], words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        read_config(trainer_spec("yolox"), values)


@pytest.mark.parametrize("name", ["s", "yolox_s", "YOLOX-S", "yolox-s"])
def test_yolox_config__names_of_a_size(name: str) -> None:
    assert YoloxConfig.model_validate({"model_type": name}).model_type == "yolox_s"


def test_plan_run__epochs_follow_from_steps() -> None:
    few = plan_run(YoloxConfig(), train_images=40, on_gpu=False)
    many = plan_run(YoloxConfig(), train_images=4000, on_gpu=False)
    assert few.loop.epochs * 5 >= 750
    assert many.loop.epochs == 10


def test_plan_run__batch_no_larger_than_the_data() -> None:
    assert plan_run(YoloxConfig(batch_size=64), train_images=5, on_gpu=False).loop.batch_size == 5


def test_plan_run__what_is_given_stays() -> None:
    plan = plan_run(YoloxConfig(epochs=7, image_size=96, learning_rate=0.002), train_images=50, on_gpu=True)
    assert (plan.loop.epochs, plan.image_size, plan.loop.learning_rate) == (7, 96, 0.002)
    assert plan.model_type == "yolox_s"
