"""Batch auto-annotation with a small annotator that finds what a test tells it to."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Connection, event, select
from tests.api.jobs.batches import STOP, YIELD, DarkAnnotator, job_of, start
from tests.api.jobs.workplace import Workplace
from tests.factories import encoded
from tests.networks import red_detector
from tests.stored_models import store_model

from pictograph_server.engines.annotators.base import Detection, RgbImage
from pictograph_server.services.auto_annotation import proposals
from pictograph_server.services.auto_annotation import tasks as annotate_tasks
from pictograph_server.services.credits.prices import batch_cost
from pictograph_server.settings import Prices
from pictograph_server.storage.db.tables import batch_jobs, images


@pytest.fixture
def annotator() -> DarkAnnotator:
    return DarkAnnotator()


@pytest.fixture
def signs(work: Workplace, annotator: DarkAnnotator) -> Workplace:
    found = annotate_tasks.tasks(work.platform, open_annotator=lambda _choice, _device: annotator)
    work.tasks = {task.name: task for task in found}
    return work


def annotations_of(work: Workplace, image_id: str) -> list[dict[str, object]]:
    return work.get(f"/annotations/{image_id}").json()["annotations"]


def image_status(work: Workplace, image_id: str) -> str:
    return work.get(f"/images/{image_id}/metadata").json()["image"]["status"]


def credits_left(work: Workplace) -> object:
    return work.get("/credits/balance").json()


def test_batch__annotates_completes_and_pays_for_what_it_did(signs: Workplace):
    dataset = signs.make_dataset()
    ids = [signs.add_image(dataset, f"{number}.png") for number in range(12)]
    batch = start(signs, [f"{number}.png" for number in range(12)], classes=[STOP, YIELD])
    assert (batch["status"], batch["progress"], batch["estimated_credits"]) == (
        "pending",
        0,
        batch_cost(Prices(), 12, trained_model=False),
    )
    signs.run_job("annotate")
    job = job_of(signs, batch)
    assert (job["status"], job["progress"], job["processed_images"], job["total_annotations_added"]) == (
        "completed",
        100,
        12,
        24,
    )
    assert {image_status(signs, image_id) for image_id in ids} == {"complete"}
    assert signs.spent(str(batch["job_id"])) == (batch_cost(Prices(), 12, trained_model=False),) * 2


def test_batch__boxes_and_polygons_with_holes_are_saved(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    start(signs, ["a.png"], classes=[STOP, YIELD])
    signs.run_job("annotate")
    box, ring = annotations_of(signs, image)
    assert (box["name"], box["bounding_box"]) == ("stop_sign", {"x": 4.0, "y": 4.0, "w": 56.0, "h": 40.0})
    assert (ring["name"], len(ring["polygon"]["paths"])) == ("yield", 2)  # pyright: ignore
    assert box["created_by"] == "sam3@test"


def test_batch__registers_classes_with_their_geometry(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    start(signs, ["a.png"], classes=[STOP, YIELD])
    project = signs.get("/projects/signs").json()["project"]
    assert [(entry["name"], entry["type"]) for entry in project["classes"]] == [
        ("stop_sign", "bbox"),
        ("yield", "polygon"),
    ]
    assert "polygon" in project["annotation_types"]


def test_batch__class_prompt_is_what_the_model_is_asked(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    start(signs, ["a.png"], classes=[{"name": "octagon", "output_type": "bbox", "prompt": "stop sign"}])
    signs.run_job("annotate")
    assert [found["name"] for found in annotations_of(signs, image)] == ["octagon"]


def test_batch__one_name_means_every_folder_and_a_path_means_one(signs: Workplace):
    dataset = signs.make_dataset()
    signs.add_image(dataset, "a.png")
    signs.add_image(dataset, "a.png", folder="/north")
    assert start(signs, ["a.png"])["total_images"] == 2
    assert start(signs, ["north/a.png"])["total_images"] == 1


def test_batch__ids_decide_when_given(signs: Workplace):
    dataset = signs.make_dataset()
    signs.add_image(dataset, "a.png")
    wanted = signs.add_image(dataset, "a.png", folder="/north")
    batch = start(signs, ["a.png", "a.png"], image_ids=[wanted])
    signs.run_job("annotate")
    assert job_of(signs, batch)["total_images"] == 1
    assert len(annotations_of(signs, wanted)) == 1


def test_batch__skip_annotated_leaves_them_out_and_unpaid(signs: Workplace):
    dataset = signs.make_dataset()
    signs.save(signs.add_image(dataset, "a.png"), [box("stop_sign")])
    signs.add_image(dataset, "b.png")
    assert start(signs, ["a.png", "b.png"], skip_annotated=True)["total_images"] == 1


def test_batch__nothing_left_to_do_is_completed_at_once(signs: Workplace):
    signs.save(signs.add_image(signs.make_dataset(), "a.png"), [box("stop_sign")])
    batch = start(signs, ["a.png"], skip_annotated=True)
    assert (batch["status"], batch["progress"], batch["estimated_credits"]) == ("completed", 100, 0)


def test_batch__annotated_while_it_waited_leaves_the_batch(signs: Workplace):
    dataset = signs.make_dataset()
    image = signs.add_image(dataset, "a.png")
    signs.add_image(dataset, "b.png")
    batch = start(signs, ["a.png", "b.png"], skip_annotated=True)
    signs.save(image, [box("stop_sign")])
    signs.run_job("annotate")
    job = job_of(signs, batch)
    assert (job["status"], job["total_images"], job["processed_images"]) == ("completed", 1, 1)
    assert len(annotations_of(signs, image)) == 1


def test_batch__run_again_while_the_first_lives_is_answered_with_the_first(signs: Workplace):
    dataset = signs.make_dataset()
    for name in ("a.png", "b.png"):
        signs.add_image(dataset, name)
    first = start(signs, ["a.png", "b.png"], skip_annotated=True)
    held = credits_left(signs)
    assert start(signs, ["a.png", "b.png"], skip_annotated=True) == first
    assert credits_left(signs) == held


def test_batch__only_what_the_live_one_has_not_is_queued(signs: Workplace, annotator: DarkAnnotator):
    dataset = signs.make_dataset()
    for name in ("a.png", "b.png", "c.png"):
        signs.add_image(dataset, name)
    first = start(signs, ["a.png", "b.png"], skip_annotated=True)
    second = start(signs, ["a.png", "b.png", "c.png"], skip_annotated=True)
    assert (second["total_images"], second["estimated_credits"]) == (1, batch_cost(Prices(), 1, trained_model=False))
    # Now both have a part of it: the one that will end last is what to wait for.
    assert start(signs, ["a.png", "c.png"], skip_annotated=True)["job_id"] == second["job_id"] != first["job_id"]
    for _ in range(2):
        signs.run_job("annotate")
    assert annotator.images_seen == 3


@pytest.mark.parametrize(
    "body",
    [{"skip_annotated": False}, {"skip_annotated": True, "classes": [YIELD]}],
    ids=["all wanted anew", "other classes"],
)
def test_batch__another_question_is_queued_beside_a_live_one(signs: Workplace, body: dict[str, Any]):
    signs.add_image(signs.make_dataset(), "a.png")
    first = start(signs, ["a.png"], skip_annotated=True)
    second = start(signs, ["a.png"], **body)
    assert second["job_id"] != first["job_id"] and second["total_images"] == 1


def test_batch__a_cancelled_one_is_not_waited_for(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    first = start(signs, ["a.png"], skip_annotated=True)
    signs.post(f"/auto-annotate/batch/{first['job_id']}/cancel")
    assert start(signs, ["a.png"], skip_annotated=True)["job_id"] != first["job_id"]


def test_batch__work_of_people_stays(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    signs.save(image, [box("stop_sign")], "review")
    start(signs, ["a.png"])
    signs.run_job("annotate")
    assert [found["created_by"] for found in annotations_of(signs, image)] == ["user:a-key", "sam3@test"]


def test_batch__twice_makes_no_duplicates(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    for _ in range(2):
        start(signs, ["a.png"], classes=[STOP, YIELD])
        signs.run_job("annotate")
    assert len(annotations_of(signs, image)) == 2


def test_batch__review_wanted_leaves_images_for_people(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    start(signs, ["a.png"], review=True)
    signs.run_job("annotate")
    assert image_status(signs, image) == "review"


def test_batch__tags_go_to_the_image(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    start(signs, ["a.png"], classes=[{"name": "stop_sign", "output_type": "tag"}])
    signs.run_job("annotate")
    with signs.platform.db.read() as conn:
        tags = conn.execute(select(images.c.auto_tags).where(images.c.id == image)).scalar_one()
    assert (tags["objects"], annotations_of(signs, image)) == (["stop_sign"], [])
    assert image_status(signs, image) == "complete"


def test_batch__unreadable_image_is_one_failure_and_not_paid(signs: Workplace):
    dataset = signs.make_dataset()
    signs.add_image(dataset, "broken.png", data=b"\x89PNG not at all")
    signs.add_image(dataset, "good.png")
    batch = start(signs, ["broken.png", "good.png"])
    signs.run_job("annotate")
    job = job_of(signs, batch)
    assert (job["status"], job["processed_images"], job["failed_images"]) == ("completed", 1, 1)
    assert "broken.png" in str(job["error_message"])


def test_batch__image_the_model_chokes_on_takes_no_other_with_it(signs: Workplace, annotator: DarkAnnotator):
    dataset = signs.make_dataset()
    for number in range(9):
        signs.add_image(dataset, f"{number}.png", size_wh=(64 + number, 48))
    annotator.chokes_on = {70}
    batch = start(signs, [f"{number}.png" for number in range(9)])
    signs.run_job("annotate")
    job = job_of(signs, batch)
    assert (job["processed_images"], job["failed_images"]) == (8, 1)
    assert "'6.png': the model failed: out of memory" in str(job["error_message"])


def test_batch__every_image_failed_is_failed(signs: Workplace, annotator: DarkAnnotator):
    signs.add_image(signs.make_dataset(), "a.png")
    annotator.chokes_on = {64}
    batch = start(signs, ["a.png"])
    signs.run_job("annotate")
    job = job_of(signs, batch)
    assert (job["status"], job["failed_images"]) == ("failed", 1)
    assert "out of memory" in str(job["error_message"])
    assert signs.spent(str(batch["job_id"]))[1] == 0


def test_batch__unknown_class_fails_with_the_engines_words_and_costs_nothing(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    batch = start(signs, ["a.png"], classes=[{"name": "no_entry"}])
    assert signs.run_job("annotate").state == "failed"
    job = job_of(signs, batch)
    assert (job["status"], job["progress"]) == ("failed", 100)
    assert "it knows stop sign, yield. Use SAM 3" in str(job["error_message"])
    assert signs.spent(str(batch["job_id"]))[1] == 0


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4])
def test_batch__killed_in_any_transaction_does_nothing_twice(signs: Workplace, annotator: DarkAnnotator, kill_at: int):
    dataset = signs.make_dataset()
    ids = [signs.add_image(dataset, f"{number}.png") for number in range(12)]
    batch = start(signs, [f"{number}.png" for number in range(12)])
    assert signs.run_job("annotate", kill_at=kill_at).state == "queued"
    assert signs.run_job("annotate").state == "succeeded"
    job = job_of(signs, batch)
    assert (job["processed_images"], job["total_annotations_added"]) == (12, 12)
    assert [len(annotations_of(signs, image)) for image in ids] == [1] * 12
    assert signs.spent(str(batch["job_id"]))[1] == batch_cost(Prices(), 12, trained_model=False)


def test_batch__cancelled_while_waiting_returns_everything(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    batch = start(signs, ["a.png"])
    assert signs.post(f"/auto-annotate/batch/{batch['job_id']}/cancel").json()["status"] == "cancelled"
    signs.end_cancelled()
    assert signs.spent(str(batch["job_id"])) == (4, 0)


def test_batch__cancelled_at_work_saves_no_more_and_pays_for_what_was_done(signs: Workplace, annotator: DarkAnnotator):
    dataset = signs.make_dataset()
    ids = [signs.add_image(dataset, f"{number}.png") for number in range(8)]
    batch = start(signs, [f"{number}.png" for number in range(8)])
    find = annotator.text
    seen_before: list[int] = []

    def text(images: Sequence[RgbImage], *args: object, **options: object) -> list[list[Detection]]:
        if annotator.images_seen >= 3:
            seen_before.append(annotator.images_seen)
            signs.post(f"/auto-annotate/batch/{batch['job_id']}/cancel")
        return find(images, *args, **options)  # pyright: ignore

    annotator.text = text  # pyright: ignore
    assert signs.run_job("annotate").state == "cancelled"
    job = job_of(signs, batch)
    # Groups before it are saved while the network works on this one: before the cancel or not at all.
    done = int(str(job["processed_images"]))
    assert (job["status"], job["progress"]) == ("cancelled", 100)
    assert done <= seen_before[0] < 8
    assert [image_status(signs, image) for image in ids].count("complete") == done
    assert signs.spent(str(batch["job_id"]))[1] == (batch_cost(Prices(), done, trained_model=False) if done else 0)


def test_batch__image_deleted_meanwhile_is_no_failure(signs: Workplace):
    dataset = signs.make_dataset()
    gone = signs.add_image(dataset, "a.png")
    signs.add_image(dataset, "b.png")
    batch = start(signs, ["a.png", "b.png"])
    signs.client.delete(f"/api/v1/developer/images/{gone}?permanent=true")
    signs.run_job("annotate")
    job = job_of(signs, batch)
    assert (job["status"], job["processed_images"], job["failed_images"]) == ("completed", 1, 0)


def test_batch__dataset_deleted_meanwhile_returns_the_credits(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    batch = start(signs, ["a.png"])
    signs.client.delete("/api/v1/developer/projects/signs")
    signs.end_cancelled()
    assert signs.spent(str(batch["job_id"]))[1] == 0


def test_batch__engine_is_recorded(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    batch = start(signs, ["a.png"])
    signs.run_job("annotate")
    with signs.platform.db.read() as conn:
        row = conn.execute(select(batch_jobs.c.engine).where(batch_jobs.c.id == batch["job_id"])).scalar_one()
    assert row == "sam3@test"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({"classes": []}, 400, "output_type", id="no classes"),
        pytest.param({"classes": [STOP, STOP]}, 400, "stop_sign", id="class twice"),
        pytest.param({"dataset_name": "sings"}, 404, "sings", id="unknown dataset"),
        pytest.param({"image_filenames": ["z.png"]}, 404, "z.png", id="unknown image"),
        pytest.param({"image_filenames": []}, 404, "image_filenames", id="no image"),
        pytest.param({"image_filenames": [], "image_ids": []}, 404, "leave both lists out", id="empty lists"),
        pytest.param({"model_id": "0190-uuid"}, 404, "0190-uuid", id="unknown model"),
        pytest.param({"model_id": "m", "annotator": "tiny"}, 400, "`annotator` or `model_id`", id="two that label"),
        pytest.param({"annotator": "sam4"}, 400, "grounded-sam2, owlv2, tiny", id="unknown annotator"),
        pytest.param({"classes": [{"name": "zebra"}]}, 400, "stop_sign", id="class the network does not know"),
        pytest.param(
            {"classes": [{"name": "a", "prompt": "b", "prompts": ["c"]}]}, 422, "not both", id="prompt and prompts"
        ),
        pytest.param({"classes": [{**STOP, "prompts": []}]}, 422, "prompts", id="no prompts"),
        pytest.param({"classes": [{**STOP, "min_area": -1}]}, 422, "min_area", id="negative area"),
        pytest.param({"max_credits": 3}, 409, "may cost 4 credits", id="over its limit"),
        pytest.param({"classes": [{"name": "a", "output_type": "cube"}]}, 422, "polygon", id="unknown geometry"),
        pytest.param({"confidence_threshold": 1.5}, 422, "confidence_threshold", id="threshold over 1"),
    ],
)
def test_batch__refused_before_anything_is_held(signs: Workplace, body: dict[str, object], status: int, words: str):
    signs.add_image(signs.make_dataset(), "a.png")
    request = {"dataset_name": "signs", "image_filenames": ["a.png"], "classes": [STOP], **body}
    response = signs.post("/auto-annotate/batch", request)
    assert (response.status_code, words in response.text) == (status, True), response.text


def test_batch__model_id_sam3_means_the_default(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    assert start(signs, ["a.png"], model_id="sam3")["status"] == "pending"


def test_batch__too_few_credits_is_402_and_leaves_nothing(signs: Workplace):
    signs.add_image(signs.make_dataset(), "a.png")
    with signs.platform.db.write() as conn:
        from pictograph_server.services.credits import service as credits

        credits.charge(conn, signs.organization_id, operation="x", amount=999_998, unique_key="x", description="x")
    response = signs.post(
        "/auto-annotate/batch", {"dataset_name": "signs", "image_filenames": ["a.png"], "classes": [STOP]}
    )
    assert (response.status_code, response.json()["detail"]["required"]) == (402, 4)
    with signs.platform.db.read() as conn:
        assert conn.execute(select(batch_jobs.c.id)).all() == []


def test_get_batch__other_organization_is_404(signs: Workplace):
    assert signs.get("/auto-annotate/batch/0190-unknown").status_code == 404


def test_batch__what_a_person_corrected_stands_for_its_object(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    start(signs, ["a.png"])
    signs.run_job("annotate")
    (found,) = annotations_of(signs, image)
    corrected = {**found, "bounding_box": {"x": 2.0, "y": 3.0, "w": 56.0, "h": 40.0}}
    signs.save(image, [corrected])
    batch = start(signs, ["a.png"])
    signs.run_job("annotate")
    assert annotations_of(signs, image) == [corrected]
    assert job_of(signs, batch)["total_annotations_added"] == 0


def test_batch__what_a_person_drew_is_not_drawn_again(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    drawn = {"name": "stop_sign", "type": "bbox", "bounding_box": {"x": 5, "y": 5, "w": 54, "h": 38}}
    signs.save(image, [drawn])
    start(signs, ["a.png"], classes=[STOP, YIELD])
    signs.run_job("annotate")
    assert [(each["name"], each["created_by"]) for each in annotations_of(signs, image)] == [
        ("stop_sign", "user:a-key"),
        # Another class at the same place is another matter.
        ("yield", "sam3@test"),
    ]


def test_batch__provenance_says_what_was_asked_and_by_which_batch(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    octagon = {
        "name": "octagon",
        "output_type": "bbox",
        "prompts": ["stop sign", "yield"],
        "confidence_threshold": 0.7,
    }
    batch = start(signs, ["a.png"], classes=[octagon])
    signs.run_job("annotate")
    answer = signs.get(f"/annotations/{image}?include_provenance=true").json()
    (found,) = answer["annotations"]
    origin = answer["provenance"][found["id"]]
    assert (origin["made_by"], origin["job_id"]) == ("sam3@test", batch["job_id"])
    assert (origin["prompt"], origin["threshold"], origin["confidence"]) == ("stop sign", 0.7, 0.9)


def test_batch__proposals_leave_the_dataset_as_it_is(signs: Workplace):
    image = signs.add_image(signs.make_dataset(), "a.png")
    batch = start(signs, ["a.png"], destination="proposals", classes=[STOP, YIELD])
    signs.run_job("annotate")
    assert (job_of(signs, batch)["status"], job_of(signs, batch)["total_annotations_added"]) == ("completed", 2)
    assert (annotations_of(signs, image), image_status(signs, image)) == ([], "new")
    assert signs.get("/projects/signs").json()["project"]["classes"] == []
    with signs.platform.db.read() as conn:
        proposed = proposals.of_batch(conn, signs.organization_id, str(batch["job_id"]))
    assert [each.name for each in proposed[image]] == ["stop_sign", "yield"]
    assert signs.spent(str(batch["job_id"]))[1] == batch_cost(Prices(), 1, trained_model=False)


def test_batch__boxes_of_an_image_say_what_to_look_for(signs: Workplace, annotator: DarkAnnotator):
    dataset = signs.make_dataset()
    example = signs.add_image(dataset, "example.png", size_wh=(80, 40))
    image = signs.add_image(dataset, "a.png")
    batch = alike(signs, example)
    signs.run_job("annotate")
    (asked,) = annotator.alike
    assert (asked.image.shape, list(asked.boxes_xyxy)) == (
        (40, 80, 3),
        [(5.0, 6.0, 15.0, 26.0), (40.0, 0.0, 50.0, 9.0)],
    )
    assert (list(asked.is_positive), asked.phrase) == ([True, False], None)
    assert job_of(signs, batch)["processed_images"] == 1
    assert [found["name"] for found in annotations_of(signs, image)] == ["octagon"]


def test_batch__image_with_the_examples_deleted_fails_with_words(signs: Workplace):
    dataset = signs.make_dataset()
    example = signs.add_image(dataset, "example.png", size_wh=(80, 40))
    signs.add_image(dataset, "a.png")
    batch = alike(signs, example)
    signs.client.delete(f"/api/v1/developer/images/{example}?permanent=true")
    assert signs.run_job("annotate").state == "failed"
    job = job_of(signs, batch)
    assert (job["status"], "image with the exemplars was deleted" in str(job["error_message"])) == ("failed", True)
    assert signs.spent(str(batch["job_id"]))[1] == 0


def test_batch__a_trained_model_labels_at_its_own_price(signs: Workplace, tmp_path: Path):
    dataset = signs.make_dataset()
    image = signs.add_image(
        dataset, "a.png", size_wh=(64, 64), data=encoded(red_square((64, 64), (8, 16, 24, 48)), "PNG")
    )
    model_id = store_model(signs.platform, signs.organization_id, red_detector(tmp_path / "model"), dataset_id=dataset)
    signs.tasks = {task.name: task for task in annotate_tasks.tasks(signs.platform)}
    batch = start(signs, ["a.png"], model_id=model_id)
    assert batch["estimated_credits"] == batch_cost(Prices(), 1, trained_model=True)
    assert signs.run_job("annotate").state == "succeeded"
    (found,) = annotations_of(signs, image)
    assert (found["created_by"], found["bounding_box"]) == (f"model:{model_id}", {"x": 8, "y": 16, "w": 16, "h": 32})
    assert job_of(signs, batch)["engine"] == f"model:{model_id}"
    assert signs.spent(str(batch["job_id"])) == (batch_cost(Prices(), 1, trained_model=True),) * 2


@pytest.mark.parametrize("destination", ["dataset", "proposals"])
def test_batch__a_large_group_is_saved_with_as_many_statements_as_a_small_one(signs: Workplace, destination: str):
    dataset_id = signs.make_dataset("signs")
    names = [f"{number}.png" for number in range(32)]
    for name in names:
        signs.add_image(dataset_id, name)
    start(signs, names, classes=[STOP, YIELD], destination=destination)
    saved: list[tuple[int, int]] = []
    with counted(signs, saved):
        signs.run_lane("annotate")
    by_images = dict(saved)
    assert {1, 8} <= set(by_images)
    # Captured credits make the difference: 9 statements, when the group costs anything.
    assert abs(by_images[8] - by_images[1]) <= 9
    assert max(by_images.values()) < 40


@contextmanager
def counted(work: Workplace, saved: list[tuple[int, int]]) -> Generator[None]:
    """Note (images, statements) of every transaction that settles images."""

    def on_execute(
        conn: Connection, _cursor: object, statement: str, rows: Sequence[object], _context: object, is_many: bool
    ) -> None:
        conn.info.setdefault("sent", []).append((statement, len(rows) if is_many else 1))

    def on_end(conn: Connection) -> None:
        sent = conn.info.pop("sent", [])
        saved.extend((images, len(sent)) for statement, images in sent if statement.startswith("UPDATE batch_images"))

    engine = work.platform.db.engine
    event.listen(engine, "before_cursor_execute", on_execute)
    event.listen(engine, "commit", on_end)
    event.listen(engine, "rollback", on_end)
    yield
    event.remove(engine, "before_cursor_execute", on_execute)
    event.remove(engine, "commit", on_end)
    event.remove(engine, "rollback", on_end)


def red_square(size_wh: tuple[int, int], box_xyxy: tuple[int, int, int, int]) -> Image.Image:
    image = Image.new("RGB", size_wh, "black")
    image.paste((255, 0, 0), box_xyxy)
    return image


def alike(work: Workplace, example: str) -> Mapping[str, object]:
    """Ask for what is like one box of an image and unlike another, on "a.png"."""
    body = {
        "dataset_name": "signs",
        "image": example,
        "image_filenames": ["a.png"],
        "name": "octagon",
        "output_type": "bbox",
        "boxes": [{"x": 5, "y": 6, "w": 10, "h": 20}],
        "negative_boxes": [{"x": 40, "y": 0, "w": 10, "h": 9}],
    }
    response = work.post("/auto-annotate/similar", body)
    assert response.status_code == 200, response.text
    return response.json()


def box(name: str) -> dict[str, object]:
    return {"name": name, "type": "bbox", "bounding_box": {"x": 1, "y": 1, "w": 5, "h": 5}}
