"""What goes wrong for people, met as they meet it: bad files, wrong arguments, no credits. A real server answers."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from examples.local_server import LocalServer
from PIL import Image
from tests.e2e.conftest import TINY
from tests.factories import make_ugly_folder

from pictograph import Client, PaymentRequiredError, ValidationError
from pictograph.workflows import AnnotateReport, PipelineReport, full_pipeline, upload_dataset_from_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CLASSES = [("stop_sign", "bbox"), ("yield", "bbox")]


@contextmanager
def server_with(tmp_path: Path, settings: Mapping[str, str]) -> Generator[Client]:
    with (
        LocalServer(tmp_path / "data", settings=TINY | dict(settings)) as server,
        Client(server.api_key, base_url=server.base_url) as client,
    ):
        yield client


def test_upload__exactly_the_bad_files_fail_and_say_why(client: Client, tmp_path: Path) -> None:
    ugly = make_ugly_folder(tmp_path / "ugly")
    report = upload_dataset_from_folder(client, "ugly", ugly.path)

    reasons = {failure.path.relative_to(ugly.path).as_posix(): failure.reason for failure in report.failures}
    assert reasons.keys() == ugly.bad.keys()
    assert {path for path, word in ugly.bad.items() if word not in reasons[path]} == set()
    assert report.images_uploaded == len(ugly.good)

    images = client.datasets.get("ugly", include_images=True).images or []
    stored = {
        f"{(image.virtual_folder_path or '/').rstrip('/')}/{image.filename}".lstrip("/"): image for image in images
    }
    assert stored.keys() == set(ugly.good)
    # 80 x 40 as stored, and on its side.
    assert (stored["rotated.jpg"].width, stored["rotated.jpg"].height) == (40, 80)
    for path, image in stored.items():
        copy = client.images.download(image.id, tmp_path / "copies" / path)
        assert copy.read_bytes() == (ugly.path / path).read_bytes()


def test_upload__again_sends_nothing_and_a_changed_file_is_a_conflict(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (40, 30), (number * 80, 0, 0)).save(folder / f"{number}.png")
    assert upload_dataset_from_folder(client, "twice", folder).images_uploaded == 3

    again = upload_dataset_from_folder(client, "twice", folder)
    assert (again.success, again.images_uploaded, again.images_skipped) == (True, 0, 3)

    Image.new("RGB", (40, 30), "blue").save(folder / "1.png")
    changed = upload_dataset_from_folder(client, "twice", folder)
    assert [failure.path.name for failure in changed.failures] == ["1.png"]
    assert "conflict" in changed.failures[0].reason


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"pipeline": "yolo"}, "rfdetr_segmentation"),
        ({"gpu": "rtx4090"}, "h100"),
        ({"classes": []}, "nothing to look for"),
        ({"classes": [("stop_sign", "box")]}, "polygon"),
        ({"classes": ["stop_sign"]}, "BatchClass"),
        ({"train_config": {"epoch": 3}}, "learning_rate"),
        ({"train_config": {"epochs": 0}}, "from 1"),
        ({"train_config": {"batch_size": "8"}}, "whole number"),
        ({"dataset_name": " "}, "name"),
        # What only the server knows.
        ({"train_config": {"image_size": 100}}, "multiple of 32"),
        ({"train_config": {"model_type": "yolov8"}}, "yolox_nano"),
        ({"train_config": {"encoder": "resnet18"}}, "image_size"),
        ({"classes": [("cat", "bbox")]}, "does not know 'cat'"),
        ({"annotator": "nobody"}, "nobody"),
    ],
    ids=[
        "pipeline",
        "gpu",
        "no classes",
        "shape",
        "class",
        "key",
        "epochs",
        "text",
        "name",
        "size",
        "variant",
        "of another pipeline",
        "class that the annotator lacks",
        "annotator",
    ],
)
def test_full_pipeline__wrong_arguments_make_nothing(
    client: Client, signs: Path, wrong: dict[str, Any], told: str
) -> None:
    right: dict[str, Any] = {"dataset_name": "unmade", "folder": signs, "classes": CLASSES, "pipeline": "yolox"}
    with pytest.raises(ValidationError) as caught:
        full_pipeline(client, **(right | wrong))
    assert caught.value.status_code in (400, 422)
    assert told in str(caught.value)
    assert "unmade" not in {project.name for project in client.projects.list()}


def test_full_pipeline__no_such_folder(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        full_pipeline(client, dataset_name="unmade", folder=tmp_path / "nowhere", classes=CLASSES, pipeline="yolox")
    assert "unmade" not in {project.name for project in client.projects.list()}


def test_full_pipeline__too_few_credits_to_annotate(signs: Path, tmp_path: Path) -> None:
    # Sixteen images cost 3 + ceil(1.6) = 5.
    with server_with(tmp_path, {"PICTOGRAPH_CREDITS_MONTHLY_ALLOWANCE": "4"}) as client:
        gated = full_pipeline(
            client, dataset_name="signs", folder=signs, classes=CLASSES, pipeline="yolox", min_credits=5
        )
        assert gated.credit_skip_reason == "Insufficient credits: 4 left, and at least 5 asked for to go on"
        assert (gated.upload.images_uploaded, gated.annotate, gated.success) == (16, None, False)

        with pytest.raises(PaymentRequiredError) as caught:
            full_pipeline(client, dataset_name="signs", folder=signs, classes=CLASSES, pipeline="yolox")
        assert (caught.value.credit_cost, caught.value.credits_remaining) == (5, 4)
        assert isinstance(caught.value.report, PipelineReport)
        assert caught.value.report.upload.images_skipped == 16
        assert client.credits.balance().credits_remaining == 4


def test_full_pipeline__too_few_credits_to_train(signs: Path, tmp_path: Path) -> None:
    with server_with(tmp_path, {"PICTOGRAPH_CREDITS_MONTHLY_ALLOWANCE": "12"}) as client:
        with pytest.raises(PaymentRequiredError) as caught:
            full_pipeline(client, dataset_name="signs", folder=signs, classes=CLASSES, pipeline="yolox")
        report = caught.value.report
        assert isinstance(report, PipelineReport)
        assert isinstance(report.annotate, AnnotateReport)
        assert report.annotate.images_processed == 16
        assert report.annotate.annotations_added > 0
        assert client.credits.balance().credits_remaining == 12 - 5
        assert client.training.list() == []
