"""Models measured again on datasets, through the API, with small networks that look at colours."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import update
from tests.api.jobs.workplace import Workplace
from tests.networks import SIDE, colour_classifier, colour_map, red_detector
from tests.stored_models import set_model_status, store_model

from pictograph.models.evaluation import EvaluationRun, ModelEvaluation
from pictograph_server.jobs import queue
from pictograph_server.services.evaluations import tasks as evaluation_tasks
from pictograph_server.services.training import history_repository as history
from pictograph_server.services.training.history_repository import SplitsRecord
from pictograph_server.storage.db.tables import images, models, training_runs
from pictograph_server.storage.db.types import new_id, now

Box = tuple[int, int, int, int]

HERE, THERE = (10, 12, 42, 52), (4, 4, 24, 24)


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """A dataset of two classes without images."""
    work.tasks = {task.name: task for task in evaluation_tasks.tasks(work.platform)}
    work.make_dataset("signs", [("stop_sign", "bbox"), ("yield", "bbox")])
    return work


@pytest.fixture
def detector(signs: Workplace, tmp_path: Path) -> str:
    """A model that finds what is red and calls it a stop sign."""
    return keep(signs, red_detector(tmp_path / "detector"))


def picture(box: Box | None, colour: str = "#ff0000") -> bytes:
    image = Image.new("RGB", (SIDE, SIDE), "white")
    if box is not None:
        ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def annotation(name: str, box: Box) -> dict[str, object]:
    left, top, right, bottom = box
    return {
        "name": name,
        "type": "bbox",
        "bounding_box": {"x": left, "y": top, "w": right - left, "h": bottom - top},
    }


def outline(name: str, box: Box) -> dict[str, object]:
    left, top, right, bottom = box
    path = [{"x": x, "y": y} for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
    return {"name": name, "type": "polygon", "polygon": {"paths": [path]}}


def keep(work: Workplace, file: Path) -> str:
    return store_model(work.platform, work.organization_id, file, dataset_id=dataset_id(work))


def dataset_id(work: Workplace, name: str = "signs") -> str:
    return work.get(f"/datasets/by-name/{name}").json()["dataset"]["id"]


def add(work: Workplace, name: str, drawn: Box | None, *there: dict[str, object], status: str = "complete") -> str:
    image_id = work.add_image(dataset_id(work), name, size_wh=(SIDE, SIDE), data=picture(drawn))
    work.save(image_id, there, status)
    return image_id


def ask(work: Workplace, model_id: str, **body: object) -> EvaluationRun:
    response = work.post(f"/models/{model_id}/evaluations", {"dataset_name": "signs", **body})
    assert response.status_code == 201, response.text
    return EvaluationRun.model_validate(response.json()["evaluation"])


def look(work: Workplace, run: EvaluationRun) -> EvaluationRun:
    answer = work.get(f"/models/{run.model_id}/evaluations/{run.id}")
    return EvaluationRun.model_validate(answer.json()["evaluation"])


def figures(work: Workplace, model_id: str, **body: object) -> ModelEvaluation:
    run = ask(work, model_id, **body)
    assert run.status == "pending"
    assert work.run_job("annotate").state == "succeeded"
    run = look(work, run)
    assert (run.status, run.progress) == ("completed", 100)
    assert run.evaluation is not None
    return run.evaluation


def learn_from(work: Workplace, model_id: str, **splits: list[str]) -> None:
    """Record a training run that learned from these images, by split, as the model's."""
    run_id = new_id()
    with work.platform.db.write() as conn:
        conn.execute(
            training_runs.insert().values(
                id=run_id,
                organization_id=work.organization_id,
                dataset_id=dataset_id(work),
                name="run",
                pipeline_type="yolox",
                status="completed",
                metrics={},
                config={},
                remarks=[],
                created_at=now(),
            )
        )
        history.set_splits(conn, run_id, SplitsRecord(images=splits, objects={}))
        conn.execute(update(models).where(models.c.id == model_id).values(training_run_id=run_id))


def test_evaluation__boxes(signs: Workplace, detector: str) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    missed = add(signs, "missed.png", None, annotation("yield", HERE))
    add(signs, "empty.png", None)
    found = figures(signs, detector)
    assert (found.task, found.images, found.measured_on) == ("object_detection", 3, "signs")
    assert found.metrics["ap_50/stop_sign"] == pytest.approx(1)
    assert found.metrics["map_50"] == pytest.approx(0.5)
    worst = [(each.image_id, each.path, each.why) for each in found.worst_images]
    assert worst == [(missed, "/missed.png", "missed yield")]
    assert found.seen_in_training is None
    assert "It is not known which images the model has learned from." in found.remarks


def test_evaluation__class_maps(signs: Workplace, tmp_path: Path) -> None:
    file = colour_map(tmp_path / "map", ("stop_sign", "green"))
    model = keep(signs, file)
    add(signs, "whole.png", HERE, outline("stop_sign", HERE))
    found = figures(signs, model)
    assert (found.metrics["miou"], found.metrics["pixel_accuracy"]) == (1, 1)


def test_evaluation__tags_of_images(signs: Workplace, tmp_path: Path) -> None:
    file = colour_classifier(tmp_path / "tags", ("stop_sign", "green", "yield"))
    model = keep(signs, file)
    for number, tag in enumerate(("stop_sign", "yield")):
        image_id = add(signs, f"{number}.png", (0, 0, SIDE, SIDE - number))
        with signs.platform.db.write() as conn:
            conn.execute(update(images).where(images.c.id == image_id).values(auto_tags={"objects": [tag]}))
    add(signs, "untagged.png", (0, 0, SIDE, 7))
    found = figures(signs, model)
    assert found.images == 2
    assert found.metrics["top_1"] == 0.5
    assert found.worst_images[0].why == "yield called stop_sign"


def test_evaluation__folders_where_nothing_is_tagged(signs: Workplace, tmp_path: Path) -> None:
    model = keep(signs, colour_classifier(tmp_path / "tags", ("a", "b", "c")))
    for number, folder in enumerate(("/a", "/c")):
        data = picture((0, 0, SIDE, SIDE - number))
        image_id = signs.add_image(dataset_id(signs), "x.png", folder=folder, size_wh=(SIDE, SIDE), data=data)
        signs.save(image_id, [], "complete")
    found = figures(signs, model)
    assert found.metrics["top_1"] == 0.5
    assert any("names of the folders are the classes" in remark for remark in found.remarks)


def test_evaluation__images_nobody_has_looked_at_are_left_out(signs: Workplace, detector: str) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    add(signs, "reviewed.png", THERE, annotation("stop_sign", THERE), status="review")
    signs.add_image(dataset_id(signs), "new.png", size_wh=(SIDE, SIDE), data=picture((1, 1, 9, 9)))
    assert figures(signs, detector).images == 1
    found = figures(signs, detector, status_filter="all")
    assert (found.images, found.metrics["precision"]) == (2, 1)


def test_evaluation__what_the_model_has_learned_from_is_left_out(signs: Workplace, detector: str) -> None:
    learned = add(signs, "learned.png", HERE, annotation("stop_sign", HERE))
    chosen = add(signs, "chosen.png", THERE, annotation("stop_sign", THERE))
    add(signs, "new.png", None, annotation("yield", HERE))
    learn_from(signs, detector, train=[learned], val=[chosen])
    found = figures(signs, detector)
    assert (found.images, found.seen_in_training) == (2, 0)
    assert found.remarks[0] == "Images left out because the model has learned from them: 1."
    every = figures(signs, detector, split="all")
    assert (every.images, every.seen_in_training) == (3, 1)
    assert figures(signs, detector, split="val").images == 1
    assert figures(signs, detector, split="train").seen_in_training == 1


def test_evaluation__a_copy_in_another_dataset_is_known(signs: Workplace, detector: str) -> None:
    learned = add(signs, "learned.png", HERE, annotation("stop_sign", HERE))
    learn_from(signs, detector, train=[learned])
    other = signs.make_dataset("other", [("stop_sign", "bbox")])
    for name, drawn in (("copy.png", HERE), ("new.png", THERE)):
        image_id = signs.add_image(other, name, size_wh=(SIDE, SIDE), data=picture(drawn))
        signs.save(image_id, [annotation("stop_sign", drawn)], "complete")
    assert figures(signs, detector, dataset_name="other").images == 1
    everything = figures(signs, detector, dataset_name="other", split="all")
    assert (everything.images, everything.seen_in_training) == (2, 1)


def test_evaluation__only_images_it_has_learned_from(signs: Workplace, detector: str) -> None:
    learn_from(signs, detector, train=[add(signs, "learned.png", HERE, annotation("stop_sign", HERE))])
    found = figures(signs, detector)
    assert (found.images, found.seen_in_training) == (1, 1)
    assert "the figures flatter it" in found.remarks[0]


def test_evaluation__split_of_another_dataset_fails_with_words(signs: Workplace, detector: str) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    learn_from(signs, detector, train=[])
    run = ask(signs, detector, split="test")
    assert signs.run_job("annotate").state == "failed"
    failed = look(signs, run)
    assert failed.status == "failed"
    assert failed.error_message is not None and "split test of the model's training run" in failed.error_message


def test_evaluation__broken_image_fails_with_words(signs: Workplace, detector: str) -> None:
    image_id = signs.add_image(dataset_id(signs), "a.png", size_wh=(SIDE, SIDE), data=b"no image")
    signs.save(image_id, [annotation("stop_sign", HERE)], "complete")
    run = ask(signs, detector)
    assert signs.run_job("annotate").state == "failed"
    assert "The image '/a.png' cannot be read: it is none of" in (look(signs, run).error_message or "")


@pytest.mark.parametrize("kill_at", [1, 2, "end"])
def test_evaluation__killed_anywhere_ends_once(signs: Workplace, detector: str, kill_at: int) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    run = ask(signs, detector)
    signs.run_job("annotate", kill_at=kill_at)
    assert signs.run_job("annotate").state == "succeeded"
    found = look(signs, run)
    assert found.evaluation is not None and found.evaluation.metrics["map_50"] == pytest.approx(1)


def test_evaluation__cancel_while_it_waits(signs: Workplace, detector: str) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    run = ask(signs, detector)
    cancelled = signs.post(f"/models/{detector}/evaluations/{run.id}/cancel")
    assert cancelled.json()["evaluation"]["status"] == "cancelled"
    signs.end_cancelled()
    assert signs.claim_next("annotate") is None
    again = signs.post(f"/models/{detector}/evaluations/{run.id}/cancel")
    assert (again.status_code, again.json()["code"]) == (400, "evaluation_ended")


def test_evaluation__cancel_while_it_runs(signs: Workplace, detector: str) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    run = ask(signs, detector)
    job = signs.claim("annotate")
    with signs.platform.db.write() as conn:
        queue.request_cancel(conn, job.id)
    assert signs.run_claimed(job).state == "cancelled"
    assert look(signs, run).status == "cancelled"


def test_evaluations__newest_first(signs: Workplace, detector: str) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    first, second = ask(signs, detector), ask(signs, detector, split="all")
    found = signs.get(f"/models/{detector}/evaluations").json()["evaluations"]
    assert [(each["id"], each["split"]) for each in found] == [(second.id, "all"), (first.id, None)]
    page = signs.get(f"/models/{detector}/evaluations?limit=1&offset=1").json()["evaluations"]
    assert [each["id"] for each in page] == [first.id]


def test_create_evaluation__unknown_model_or_dataset_is_404(signs: Workplace, detector: str) -> None:
    unknown_model = signs.post("/models/none/evaluations", {"dataset_name": "signs"})
    assert (unknown_model.status_code, unknown_model.json()["code"]) == (404, "model_not_found")
    unknown_dataset = signs.post(f"/models/{detector}/evaluations", {"dataset_name": "none"})
    assert (unknown_dataset.status_code, unknown_dataset.json()["code"]) == (404, "dataset_not_found")


def test_create_evaluation__model_that_is_not_ready_is_409(signs: Workplace, detector: str) -> None:
    set_model_status(signs.platform, detector, "training")
    refused = signs.post(f"/models/{detector}/evaluations", {"dataset_name": "signs"})
    assert (refused.status_code, refused.json()["code"]) == (409, "model_not_ready")


@pytest.mark.parametrize(
    ("annotated", "words"),
    [(False, "none of its images is annotated"), (True, "none of its annotated images is complete")],
    ids=["nothing", "nothing complete"],
)
def test_create_evaluation__nothing_to_measure_is_400(
    signs: Workplace, detector: str, annotated: bool, words: str
) -> None:
    if annotated:
        add(signs, "reviewed.png", HERE, annotation("stop_sign", HERE), status="review")
    refused = signs.post(f"/models/{detector}/evaluations", {"dataset_name": "signs"})
    assert (refused.status_code, refused.json()["code"]) == (400, "nothing_to_measure")
    assert words in refused.json()["detail"]
    assert refused.json()["fix"]


@pytest.mark.parametrize("body", [{"split": "some"}, {"status_filter": "done"}])
def test_create_evaluation__unknown_words_are_422(signs: Workplace, detector: str, body: dict[str, str]) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    assert signs.post(f"/models/{detector}/evaluations", {"dataset_name": "signs", **body}).status_code == 422


def test_get_evaluation__of_another_model_is_404(signs: Workplace, detector: str, tmp_path: Path) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    run = ask(signs, detector)
    other = keep(signs, red_detector(tmp_path / "other"))
    refused = signs.get(f"/models/{other}/evaluations/{run.id}")
    assert (refused.status_code, refused.json()["code"]) == (404, "evaluation_not_found")


def test_delete_model__takes_its_evaluations_along(signs: Workplace, detector: str) -> None:
    add(signs, "right.png", HERE, annotation("stop_sign", HERE))
    ask(signs, detector)
    assert signs.client.delete(f"/api/v1/developer/models/{detector}").status_code == 204
    assert signs.run_job("annotate").state == "cancelled"
    assert signs.get(f"/models/{detector}/evaluations").status_code == 404
