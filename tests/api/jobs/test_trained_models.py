"""Labelling with the user's own models: stored small networks, the registry's way of opening them, real jobs."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select
from tests.api.jobs.workplace import D, Workplace
from tests.networks import choking_detector, colour_classifier, colour_map, red_detector, red_segmenter
from tests.stored_models import set_model_status, store_model

from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.services.annotations import repository as annotation_rows
from pictograph_server.services.auto_annotation import tasks as annotate_tasks
from pictograph_server.services.credits.prices import batch_cost
from pictograph_server.settings import Prices, Settings
from pictograph_server.storage.db.tables import credit_holds, images, jobs

NAMES = ("0.png", "1.png", "2.png")
# Not the default ones: what a job holds and pays goes by what the operator set.
PRICES = Prices(model_labelling_base=7, model_labelling_per_100_images=250)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Shards of two images, and an operator's own prices."""
    jobs = settings.jobs.model_copy(update={"shard_images": 2})
    return settings.model_copy(update={"jobs": jobs, "prices": PRICES})


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """A dataset of three pictures, 96 x 64, with a red box further right on each."""
    found = annotate_tasks.tasks(work.platform, open_annotator=open_annotator)
    work.tasks = {task.name: task for task in found}
    dataset = work.make_dataset()
    for number, name in enumerate(NAMES):
        work.add_image(dataset, name, size_wh=(96, 64), data=picture(left=10 * number))
    return work


def picture(*, left: int, colour: str = "#ff0000") -> bytes:
    image = Image.new("RGB", (96, 64), (90, 90, 90))
    ImageDraw.Draw(image).rectangle((left, 12, left + 29, 47), fill=colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def store(work: Workplace, make: Callable[[Path], Path]) -> str:
    dataset = work.get("/datasets/by-name/signs").json()["dataset"]["id"]
    return store_model(work.platform, work.organization_id, make(work.folder / "trained"), dataset_id=dataset)


def start(
    work: Workplace, model_id: str, classes: Sequence[Mapping[str, object]], status: int = 200, **body: object
) -> dict[str, Any]:
    request = {"dataset_name": "signs", "image_filenames": NAMES, "classes": classes, "model_id": model_id, **body}
    response = work.post("/auto-annotate/batch", request)
    assert response.status_code == status, response.text
    return response.json()


def finished(work: Workplace, batch: Mapping[str, object]) -> dict[str, Any]:
    work.run_lane("annotate")
    return work.get(f"/auto-annotate/batch/{batch['job_id']}").json()


def image_ids(work: Workplace) -> list[str]:
    listed = work.get("/datasets/by-name/signs?include_images=true").json()["dataset"]["images"]
    return [image["id"] for image in sorted(listed, key=lambda image: image["filename"])]


def annotations(work: Workplace, number: int = 0) -> list[dict[str, Any]]:
    return work.get(f"/annotations/{image_ids(work)[number]}").json()["annotations"]


def nothing_was_started(work: Workplace) -> bool:
    with work.platform.db.read() as conn:
        held = conn.execute(select(credit_holds.c.job_id)).all()
        waiting = conn.execute(select(jobs.c.id).where(jobs.c.lane == "annotate")).all()
    return not held and not waiting


def test_batch__detector_labels_with_boxes(signs: Workplace) -> None:
    model_id = store(signs, red_detector)
    batch = start(signs, model_id, [{"name": "stop_sign", "output_type": "bbox"}])
    ended = finished(signs, batch)
    assert (ended["status"], ended["processed_images"], ended["engine"]) == ("completed", 3, f"model:{model_id}")
    for number in range(3):
        [found] = annotations(signs, number)
        box = found["bounding_box"]
        assert found["name"] == "stop_sign" and found["created_by"] == f"model:{model_id}"
        assert [box["x"], box["y"], box["w"], box["h"]] == pytest.approx([10 * number, 12, 30, 36], abs=2)
    assert signs.spent(str(batch["job_id"])) == (batch_cost(PRICES, 3, trained_model=True),) * 2


def test_batch__provenance_names_the_model(signs: Workplace) -> None:
    model_id = store(signs, red_detector)
    batch = start(signs, model_id, [{"name": "sign", "output_type": "bbox", "prompts": ["Stop-Sign", "yield"]}])
    finished(signs, batch)
    answer = signs.get(f"/annotations/{image_ids(signs)[0]}").json()
    [found] = answer["annotations"]
    assert found["name"] == "sign"
    assert found["confidence"] == pytest.approx(0.9)
    with signs.platform.db.read() as conn:
        stored = annotation_rows.get(conn, image_ids(signs)[0])
    assert stored is not None
    origin = stored.provenance[found["id"]]
    assert (origin.made_by, origin.prompt, origin.job_id) == (f"model:{model_id}", "Stop-Sign", batch["job_id"])


def test_batch__segmentation_labels_with_polygons(signs: Workplace) -> None:
    model_id = store(signs, red_segmenter)
    finished(signs, start(signs, model_id, [{"name": "stop_sign", "output_type": "polygon"}]))
    [found] = annotations(signs)
    box = found["bounding_box"]
    # The mask is the left half of the box.
    assert found["type"] == "polygon"
    assert [box["x"], box["y"], box["w"], box["h"]] == pytest.approx([0, 12, 15, 36], abs=2)


def test_batch__class_map_labels_with_polygons(signs: Workplace) -> None:
    model_id = store(signs, colour_map)
    finished(signs, start(signs, model_id, [{"name": "red", "output_type": "polygon"}]))
    [found] = annotations(signs, 1)
    assert found["type"] == "polygon" and found["bounding_box"]["x"] == pytest.approx(10, abs=2)


def test_batch__classifier_writes_tags(signs: Workplace) -> None:
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    signs.add_image(dataset, "green.png", size_wh=(96, 64), data=picture(left=0, colour="#00ff00"))
    model_id = store(signs, colour_classifier)
    names = [*NAMES, "green.png"]
    batch = start(signs, model_id, [], image_filenames=names, confidence_threshold=0.4)
    assert finished(signs, batch)["status"] == "completed"
    assert annotations(signs) == []
    assert tags(signs, NAMES[0]) == ["red_image"]
    assert tags(signs, "green.png") == ["green image"]


def tags(work: Workplace, filename: str) -> list[str]:
    with work.platform.db.read() as conn:
        found = conn.execute(select(images.c.auto_tags).where(images.c.filename == filename)).scalar_one()
    return found["objects"]


def test_batch__without_classes_all_that_the_model_knows(signs: Workplace) -> None:
    finished(signs, start(signs, store(signs, colour_map), []))
    assert [found["name"] for found in annotations(signs)] == ["red"]
    classes = signs.get("/datasets/by-name/signs").json()["dataset"]["classes"]
    assert {each["name"] for each in classes} == {"red", "green"}


def test_batch__what_the_dataset_asks_sam_3_with_is_not_asked_of_a_model(signs: Workplace) -> None:
    """The prompts of a class are kept with it, here by a batch that never came to its turn."""
    classes = [{"name": "stop_sign", "output_type": "bbox", "prompts": ["traffic light"]}]
    body = {"dataset_name": "signs", "image_filenames": NAMES, "classes": classes}
    job_id = signs.post("/auto-annotate/batch", body).json()["job_id"]
    assert signs.post(f"/auto-annotate/batch/{job_id}/cancel").status_code == 200
    signs.end_cancelled()
    batch = start(signs, store(signs, red_detector), [{"name": "stop_sign", "output_type": "bbox"}])
    assert finished(signs, batch)["processed_images"] == 3


@pytest.mark.parametrize(
    ("make", "wanted", "code", "words"),
    [
        pytest.param(
            red_detector, {"name": "stop_sign"}, "output_type_not_possible", "draws no outlines", id="detector polygon"
        ),
        pytest.param(
            colour_classifier,
            {"name": "blue", "output_type": "bbox"},
            "output_type_not_possible",
            "as bbox",
            id="tag box",
        ),
        pytest.param(
            red_detector,
            {"name": "zebra", "output_type": "bbox"},
            "model_lacks_class",
            "its classes are stop_sign, yield",
            id="class",
        ),
    ],
)
def test_batch__impossible_is_refused_before_anything_is_held(
    signs: Workplace, make: Callable[[Path], Path], wanted: dict[str, object], code: str, words: str
) -> None:
    answer = start(signs, store(signs, make), [wanted], status=400)
    assert answer["code"] == code and words in answer["detail"]
    assert nothing_was_started(signs)


def test_batch__model_that_is_not_ready(signs: Workplace) -> None:
    model_id = store(signs, red_detector)
    set_model_status(signs.platform, model_id, "training")
    answer = start(signs, model_id, [{"name": "yield", "output_type": "bbox"}], status=409)
    assert answer["code"] == "model_not_ready" and nothing_was_started(signs)


def test_batch__quote_is_what_it_costs(signs: Workplace) -> None:
    classes = [{"name": "stop_sign", "output_type": "bbox"}]
    body = {"dataset_name": "signs", "classes": classes, "model_id": store(signs, red_detector)}
    quote = signs.post("/auto-annotate/batch/quote", body)
    assert quote.status_code == 200, quote.text
    assert batch_cost(PRICES, 3, trained_model=True) in quote.json().values()


def test_batch__model_deleted_before_its_turn(signs: Workplace) -> None:
    model_id = store(signs, red_detector)
    batch = start(signs, model_id, [{"name": "stop_sign", "output_type": "bbox"}])
    assert signs.client.delete(f"{D}/models/{model_id}").status_code == 204
    ended = finished(signs, batch)
    assert ended["status"] == "failed" and f"There is no model '{model_id}'" in ended["error_message"]
    assert signs.spent(str(batch["job_id"])) == (batch_cost(PRICES, 3, trained_model=True), 0)
    assert not (signs.platform.settings.data_dir / "cache" / "models" / model_id).exists()


def test_batch__model_deleted_between_two_shards(signs: Workplace) -> None:
    """What was done stays and is paid, the rest fails with the reason; nothing is left held."""
    model_id = store(signs, red_detector)
    batch = start(signs, model_id, [{"name": "stop_sign", "output_type": "bbox"}])
    signs.run_job("annotate")
    assert signs.client.delete(f"{D}/models/{model_id}").status_code == 204
    ended = finished(signs, batch)
    assert (ended["status"], ended["processed_images"], ended["failed_images"]) == ("completed", 2, 1)
    assert f"There is no model '{model_id}'" in ended["error_message"]
    assert [len(annotations(signs, number)) for number in range(3)] == [1, 1, 0]
    assert signs.spent(str(batch["job_id"])) == (
        batch_cost(PRICES, 3, trained_model=True),
        batch_cost(PRICES, 2, trained_model=True),
    )


def test_batch__one_image_that_the_network_chokes_on_is_one_failure(signs: Workplace) -> None:
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    black = io.BytesIO()
    Image.new("RGB", (64, 64)).save(black, "PNG")
    signs.add_image(dataset, "black.png", size_wh=(64, 64), data=black.getvalue())
    model_id = store(signs, choking_detector)
    wanted = [{"name": "yield", "output_type": "bbox"}]
    ended = finished(signs, start(signs, model_id, wanted, image_filenames=["0.png", "black.png"]))
    assert (ended["status"], ended["processed_images"], ended["failed_images"]) == ("completed", 1, 1)
    assert "0.png" in ended["error_message"] and "cannot be reshaped" in ended["error_message"]
