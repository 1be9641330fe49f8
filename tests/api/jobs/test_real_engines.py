"""The jobs with the engines themselves: the packaged SAM 3 checkpoint and YOLOX, on a CPU."""

import io
from pathlib import Path

import numpy as np
import pytest
from examples.scenes.scene import draw_scene
from PIL import Image, ImageDraw
from tests.api.jobs.workplace import Workplace

from pictograph.geometry.boxes import iou
from pictograph.inference import load_model
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.services.auto_annotation import tasks as annotate_tasks
from pictograph_server.services.exports import tasks as export_tasks
from pictograph_server.services.training import tasks as training_tasks

pytestmark = pytest.mark.slow


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    platform = work.platform
    annotating = annotate_tasks.tasks(platform, open_annotator=open_annotator)
    found = (*annotating, *export_tasks.tasks(platform), *training_tasks.tasks(platform))
    work.tasks = {task.name: task for task in found}
    dataset = work.make_dataset("signs")
    for number in range(6):
        work.add_image(dataset, f"{number}.png", size_wh=(256, 192), data=octagon(number))
    return work


def test_tiny_annotator__finds_the_sign_of_a_scene(signs: Workplace):
    scene = draw_scene(np.random.default_rng(5), place="country", night=False, wanted=["stop_sign"], others=[])
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    file = io.BytesIO()
    Image.fromarray(scene.image).save(file, "PNG")
    height, width = scene.image.shape[:2]
    signs.add_image(dataset, "scene.png", size_wh=(width, height), data=file.getvalue())
    x, y, w, h = scene.signs[0].box_xywh()
    truth = [x, y, x + w, y + h]
    classes = [{"name": "stop_sign", "output_type": "bbox"}]
    body = {"dataset_name": "signs", "image_filenames": ["scene.png"], "classes": classes}
    batch = signs.post("/auto-annotate/batch", body).json()
    assert signs.run_job("annotate").state == "succeeded"
    assert signs.get(f"/auto-annotate/batch/{batch['job_id']}").json()["processed_images"] == 1
    (image,) = [entry for entry in listed(signs) if entry["filename"] == "scene.png"]
    assert image["status"] == "complete"
    found = signs.get(f"/annotations/{image['id']}").json()["annotations"]
    assert {annotation["created_by"].partition("@")[0] for annotation in found} == {"sam3"}
    boxes = [annotation["bounding_box"] for annotation in found]
    assert max(iou([[b["x"], b["y"], b["x"] + b["w"], b["y"] + b["h"]] for b in boxes], [truth]).ravel()) > 0.5


def test_tiny_annotator__class_it_does_not_know_is_said(signs: Workplace):
    body = {"dataset_name": "signs", "image_filenames": ["0.png"], "classes": [{"name": "zebra"}]}
    refusal = signs.post("/auto-annotate/batch", body)
    words = refusal.json()["detail"]
    assert (refusal.status_code, refusal.json()["code"]) == (400, "class_not_known")
    assert "zebra" in words and "stop sign" in words.replace("_", " ")


def test_yolox__export_to_a_model_that_predicts_and_labels(signs: Workplace, tmp_path: Path):
    for image in listed(signs):
        signs.save(str(image["id"]), [octagon_box(int(str(image["filename"])[0]))], "complete")
    signs.post("/exports/", {"dataset_name": "signs", "name": "v1", "include_images": True})
    signs.run_job("export")
    config = {"epochs": 2, "image_size": 64, "batch_size": 2, "model_type": "nano"}
    request = {"dataset_name": "signs", "export_name": "v1", "pipeline_type": "yolox", "name": "r", "config": config}
    run = signs.post("/training/", request).json()["training_run"]
    assert signs.run_job("train").state == "succeeded"
    run = signs.get(f"/training/{run['id']}").json()["training_run"]
    assert (run["status"], run["current_epoch"], run["device"] is not None) == ("completed", 2, True)
    link = signs.get(f"/models/{run['model_id']}/download").json()["download_url"]
    file = tmp_path / "model.onnx"
    file.write_bytes(signs.client.get(link.removeprefix("http://testserver")).content)
    load_model(file).predict(Image.open(io.BytesIO(octagon(0))))
    assert labelled_by(signs, run["model_id"])["processed_images"] == 6
    finer = {**request, "name": "finer", "config": {"epochs": 1}, "parent_model_id": run["model_id"]}
    second = signs.post("/training/", finer).json()["training_run"]
    assert (second["config"]["model_type"], second["config"]["image_size"]) == ("yolox_nano", 64)
    assert signs.run_job("train").state == "succeeded"
    second = signs.get(f"/training/{second['id']}").json()["training_run"]
    assert second["started_from"] == f"r-{run['model_id']}.safetensors"
    (epoch,) = signs.get(f"/training/{second['id']}/history").json()["epochs"]
    assert epoch["losses"]["loss"] > 0 and epoch["images_per_second"] > 0 and epoch["seconds"] > 0
    splits = signs.get(f"/training/{second['id']}/splits").json()["splits"]
    assert sum(len(ids) for ids in splits["images"].values()) == 6


def labelled_by(work: Workplace, model_id: str) -> dict[str, object]:
    classes = [{"name": "stop_sign", "output_type": "bbox"}]
    body = {"dataset_name": "signs", "classes": classes, "model_id": model_id, "confidence_threshold": 0.01}
    batch = work.post("/auto-annotate/batch", body).json()
    assert work.run_job("annotate").state == "succeeded"
    return work.get(f"/auto-annotate/batch/{batch['job_id']}").json()


def listed(work: Workplace) -> list[dict[str, object]]:
    return work.get("/datasets/by-name/signs?include_images=true").json()["dataset"]["images"]


def octagon(number: int) -> bytes:
    """Draw a red octagon with a white border on grey, further right with each number."""
    image = Image.new("RGB", (256, 192), (120, 130, 125))
    left, top, size, cut = 20 + 20 * number, 40, 90, 26
    corners = [
        (cut, 0),
        (size - cut, 0),
        (size, cut),
        (size, size - cut),
        (size - cut, size),
        (cut, size),
        (0, size - cut),
    ]
    points = [(left + x, top + y) for x, y in [*corners, (0, cut)]]
    ImageDraw.Draw(image).polygon(points, fill=(190, 20, 30), outline=(255, 255, 255), width=4)
    ImageDraw.Draw(image).text((left + 30, top + 36), "STOP", fill=(255, 255, 255), font_size=18)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def octagon_box(number: int) -> dict[str, object]:
    box = {"x": 20 + 20 * number, "y": 40, "w": 90, "h": 90}
    return {"name": "stop_sign", "type": "bbox", "bounding_box": box}
