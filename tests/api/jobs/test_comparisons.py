"""Labels of a dataset measured on the server: who is measured against whom, and which images count."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from tests.api.jobs.batches import DarkAnnotator, start
from tests.api.jobs.workplace import Workplace
from tests.conftest import MakeClient, MakeKey, make_api_key, make_organization

from pictograph.models.annotation import Annotation, parse_annotations
from pictograph.models.comparison import Comparison
from pictograph_server.services.auto_annotation import acceptance, proposals
from pictograph_server.services.auto_annotation import tasks as annotate_tasks
from pictograph_server.services.auto_annotation.acceptance import AcceptRequest
from pictograph_server.services.auto_annotation.request import BatchPlan, Destination, OutputType, WantedClass
from pictograph_server.storage.db.tables import batch_images, batch_jobs, images
from pictograph_server.storage.db.types import new_id

SAM, OWL = "sam3@test", "model:owl"


def sign(x: float = 0, *, w: float = 10, name: str = "sign", confidence: float = 1.0) -> dict[str, object]:
    box = {"x": x, "y": 0, "w": w, "h": 10}
    return {
        "id": f"{name} {x} {confidence}",
        "name": name,
        "type": "bbox",
        "bounding_box": box,
        "confidence": confidence,
    }


def compare(work: Workplace, name: str = "signs", status: int = 200, **body: object) -> Any:
    response = work.post(f"/datasets/by-name/{name}/compare", body)
    assert response.status_code == status, response.text
    return Comparison.model_validate(response.json()) if status == 200 else response.json()


def machine_says(work: Workplace, image_id: str, *found: Mapping[str, object], engine: str = SAM) -> None:
    """Add labels of an engine to an image, as a client does that asked it."""
    there = work.get(f"/annotations/{image_id}").json()["annotations"]
    work.save(image_id, [*there, *({**each, "created_by": engine} for each in found)])


def make_batch(
    work: Workplace,
    dataset_id: str,
    done: Sequence[str],
    *,
    destination: Destination = "dataset",
    engine: str = SAM,
    classes: Sequence[tuple[str, OutputType]] = (("sign", "bbox"),),
) -> str:
    """Make a batch that has ended and return its id."""
    plan = BatchPlan(
        classes=tuple(WantedClass(name=name, output_type=shape, prompts=(name,)) for name, shape in classes),
        confidence_threshold=0.5,
        destination=destination,
    )
    batch_id = new_id()
    row = {
        "id": batch_id,
        "organization_id": work.organization_id,
        "dataset_id": dataset_id,
        "status": "completed",
        "total_images": len(done),
        "estimated_credits": 1,
        "request": plan.model_dump(mode="json"),
        "engine": engine,
        "pace": [],
        "created_at": datetime.now(UTC),
    }
    states = [{"batch_id": batch_id, "image_id": each, "position": n, "state": "done"} for n, each in enumerate(done)]
    with work.platform.db.write() as conn:
        conn.execute(insert(batch_jobs).values(row))
        conn.execute(insert(batch_images), states)
    return batch_id


def propose(work: Workplace, batch_id: str, image_id: str, found: Sequence[Annotation], **tags: float) -> None:
    with work.platform.db.write() as conn:
        proposals.save(conn, batch_id, image_id, found, tags=tags)


@pytest.fixture
def signs(work: Workplace) -> str:
    return work.make_dataset("signs", classes=[("sign", "bbox")])


def test_people_and_machine__side_by_side(work: Workplace, signs: str) -> None:
    right, wrong = work.add_image(signs, "right.png"), work.add_image(signs, "wrong.png")
    for image_id in (right, wrong):
        work.save(image_id, [sign()])
    machine_says(work, right, sign(1, confidence=0.9))
    machine_says(work, wrong, sign(30, confidence=0.6))
    comparison = compare(work)
    assert (comparison.dataset, comparison.image_count) == ("signs", 2)
    assert (comparison.total.matched, comparison.total.missed, comparison.total.extra) == (1, 1, 1)
    assert [image.path for image in comparison.worst_images] == ["/wrong.png"]
    assert comparison.worst_images[0].image_id == wrong


def test_people__what_they_kept_when_they_saved_is_their_word(work: Workplace, signs: str) -> None:
    image_id = work.add_image(signs, "a.png")
    machine_says(work, image_id, sign(0, confidence=0.9), sign(30, confidence=0.4))
    # A person deletes one, keeps one and draws one; then the machine comes again.
    work.save(image_id, [sign(0, confidence=0.9), sign(50)])
    machine_says(work, image_id, sign(70, confidence=0.8))
    total = compare(work).total
    assert (total.reference_count, total.other_count, total.matched) == (2, 2, 1)


def test_people__what_they_changed_is_named(work: Workplace, signs: str) -> None:
    image_id = work.add_image(signs, "a.png")
    machine_says(work, image_id, sign(0, confidence=0.9))
    work.save(image_id, [{**sign(5), "id": sign(0, confidence=0.9)["id"]}])
    # The image counts, for the machine has seen it; what it had said is not there any more.
    comparison = compare(work)
    assert (comparison.image_count, comparison.total.missed) == (1, 1)
    assert "1 labels were a machine's" in comparison.notes[0]


def test_people__completing_an_image_accepts_it(work: Workplace, signs: str) -> None:
    accepted, open_, empty = (work.add_image(signs, f"{name}.png") for name in ("accepted", "open", "empty"))
    machine_says(work, accepted, sign(0, confidence=0.9))
    machine_says(work, open_, sign(0, confidence=0.8))
    work.client.patch(
        "/api/v1/developer/batch/images/update",
        json={"dataset_name": "signs", "image_ids": [accepted, empty], "updates": {"status": "complete"}},
    )
    make_batch(work, signs, [accepted, open_, empty])
    comparison = compare(work)
    assert (comparison.image_count, comparison.images_not_covered) == (2, 1)
    assert (comparison.total.reference_count, comparison.total.matched) == (1, 1)
    assert [(entry.path, entry.least_confidence) for entry in comparison.review] == [("/open.png", 0.8)]


def test_machine__images_it_never_saw_are_left_out(work: Workplace, signs: str) -> None:
    searched, unseen = work.add_image(signs, "searched.png"), work.add_image(signs, "unseen.png")
    make_batch(work, signs, [searched])
    for image_id in (searched, unseen):
        work.save(image_id, [sign()])
    comparison = compare(work)
    assert (comparison.image_count, comparison.images_not_searched) == (1, 1)
    assert comparison.total.recall == 0
    assert comparison.notes == ["1 images of people were left out: machine never saw them"]


def test_machine__a_batch_that_came_after_people_is_not_blamed(work: Workplace, signs: str) -> None:
    image_id = work.add_image(signs, "a.png")
    work.save(image_id, [sign()])
    # It found the sign again, and rightly added nothing.
    batch_id = make_batch(work, signs, [image_id])
    for other in ("machine", f"batch:{batch_id}"):
        comparison = compare(work, other=other)
        assert (comparison.image_count, comparison.images_not_searched) == (0, 1)
        assert 'destination="proposals"' in comparison.notes[1]


def test_engine__by_name(work: Workplace, signs: str) -> None:
    image_id = work.add_image(signs, "a.png")
    work.save(image_id, [sign(0), sign(30, name="pole")])
    machine_says(work, image_id, sign(0, confidence=0.9))
    machine_says(work, image_id, sign(31, confidence=0.9, name="pole"), sign(1, confidence=0.8), engine=OWL)
    found = {name: compare(work, other=name).total for name in ("machine", "sam3", SAM, OWL)}
    assert {name: (each.other_count, each.matched) for name, each in found.items()} == {
        "machine": (3, 2),
        "sam3": (1, 1),
        SAM: (1, 1),
        OWL: (2, 2),
    }


def test_engine__unknown_lists_those_there_are(work: Workplace, signs: str) -> None:
    image_id = work.add_image(signs, "a.png")
    work.save(image_id, [sign()])
    machine_says(work, image_id, sign(1, confidence=0.9))
    refusal = compare(work, other="sam4", status=400)
    assert refusal["code"] == "unknown_source"
    assert SAM in refusal["detail"]


def test_batch__proposals_are_measured_and_the_dataset_is_left_alone(work: Workplace, signs: str) -> None:
    labelled, new, empty = (work.add_image(signs, f"{name}.png") for name in ("labelled", "new", "empty"))
    work.save(labelled, [sign(0), sign(40, name="pole")])
    batch_id = make_batch(work, signs, [labelled, new, empty], destination="proposals")
    propose(work, batch_id, labelled, parse_annotations([sign(0, w=9, confidence=0.7), sign(20, confidence=0.3)]))
    propose(work, batch_id, new, parse_annotations([sign(0, confidence=0.6)]))
    propose(work, batch_id, empty, [])
    comparison = compare(work, other=f"batch:{batch_id}")
    # Of `pole` nobody had asked.
    assert [each.class_name for each in comparison.classes] == ["sign"]
    sign_row = comparison.classes[0]
    assert (sign_row.matched, sign_row.extra, sign_row.mean_box_iou) == (1, 1, pytest.approx(0.9))
    assert sign_row.best_threshold == 0.7
    assert [entry.path for entry in comparison.review] == ["/empty.png", "/new.png"]
    other_class = compare(work, other=f"batch:{batch_id}", class_names=["pole"])
    assert [entry.label_count for entry in other_class.review] == [0, 0]
    assert len(work.get(f"/annotations/{new}").json()["annotations"]) == 0
    # Proposals are not the dataset's machine work.
    assert compare(work).image_count == 0


def test_batch__from_the_request_to_the_figures(work: Workplace) -> None:
    found = annotate_tasks.tasks(work.platform, open_annotator=lambda _choice, _device: DarkAnnotator())
    work.tasks = {task.name: task for task in found}
    dataset_id = work.make_dataset("signs")
    labelled, new = work.add_image(dataset_id, "labelled.png"), work.add_image(dataset_id, "new.png")
    work.save(labelled, [sign(name="stop_sign"), {**sign(4, w=56, name="stop_sign"), "id": "almost all of it"}])
    batch = start(work, ["labelled.png", "new.png"], destination="proposals")
    work.run_job("annotate")
    comparison = compare(work, other=f"batch:{batch['job_id']}")
    assert [(each.class_name, each.reference_count, each.other_count) for each in comparison.classes] == [
        ("stop_sign", 2, 1)
    ]
    assert [(entry.image_id, entry.least_confidence) for entry in comparison.review] == [(new, 0.9)]


def test_accept__by_class_and_confidence_where_people_have_not_decided(work: Workplace, signs: str) -> None:
    labelled, new, other = (work.add_image(signs, f"{name}.png") for name in ("labelled", "new", "other"))
    work.save(labelled, [sign()])
    classes: list[tuple[str, OutputType]] = [("sign", "bbox"), ("pole", "bbox"), ("rain", "tag")]
    batch_id = make_batch(work, signs, [labelled, new, other], destination="proposals", classes=classes)
    found = [sign(0, confidence=0.9), sign(20, confidence=0.5), sign(40, confidence=0.4, name="pole")]
    for image_id in (labelled, new, other):
        propose(work, batch_id, image_id, parse_annotations(found), rain=0.8)
    body = {"confidence_threshold": 0.3, "thresholds": {"sign": 0.6}, "image_ids": [labelled, new]}
    path = f"/auto-annotate/batch/{batch_id}/accept"
    assert work.post(path, body).json() == {
        "accepted_images": 1, "annotations_added": 2, "skipped_images": 1, "next": None,
    }  # fmt: skip
    answer = work.get(f"/annotations/{new}?include_provenance=true").json()
    assert [each["name"] for each in answer["annotations"]] == ["sign", "pole"]
    origin = answer["provenance"][answer["annotations"][0]["id"]]
    assert (origin["made_by"], origin["threshold"], origin["prompt"]) == (SAM, 0.6, "sign")
    assert (answer["status"], len(work.get(f"/annotations/{other}").json()["annotations"])) == ("complete", 0)
    with work.platform.db.read() as conn:
        tags = conn.scalars(select(images.c.auto_tags).where(images.c.id == new)).one()
    assert tags["objects"] == ["rain"]
    # Again: the same, and nothing twice.
    work.post(path, body)
    assert len(work.get(f"/annotations/{new}").json()["annotations"]) == 2


def test_accept__page_by_page(work: Workplace, signs: str) -> None:
    ids = [work.add_image(signs, f"{number}.png") for number in range(5)]
    batch_id = make_batch(work, signs, ids, destination="proposals")
    for image_id in ids:
        propose(work, batch_id, image_id, parse_annotations([sign(confidence=0.9)]))
    after, accepted = None, list[int]()
    while not accepted or after:
        with work.platform.db.write() as conn:
            request = AcceptRequest(after=after)
            page = acceptance.accept(conn, work.organization_id, batch_id, request, page_images=2)
        accepted.append(page.accepted_images)
        after = page.next
    assert accepted == [2, 2, 1]


def test_accept__refusals(work: Workplace, signs: str, make_client: MakeClient, make_key: MakeKey) -> None:
    image_id = work.add_image(signs, "a.png")
    wrote = make_batch(work, signs, [image_id])
    assert work.post(f"/auto-annotate/batch/{wrote}/accept", {}).json()["code"] == "no_proposals"
    assert work.post("/auto-annotate/batch/none/accept", {}).status_code == 404
    path = f"/api/v1/developer/auto-annotate/batch/{wrote}/accept"
    assert make_client(make_key("viewer")).post(path, json={}).status_code == 403


def test_batch__tags(work: Workplace, signs: str) -> None:
    first, second = work.add_image(signs, "1.png"), work.add_image(signs, "2.png")
    work.save(first, [sign()])
    work.save(second, [sign(name="pole")])
    batch_id = make_batch(work, signs, [first, second], destination="proposals", classes=[("sign", "tag")])
    for image_id in (first, second):
        propose(work, batch_id, image_id, [], sign=0.8)
    rows = [each for each in compare(work, other=f"batch:{batch_id}").classes if each.kind == "tag"]
    assert [(row.class_name, row.matched, row.extra) for row in rows] == [("sign", 1, 1)]


def test_batch__that_wrote_into_the_dataset(work: Workplace, signs: str) -> None:
    image_id = work.add_image(signs, "a.png")
    batch_id = make_batch(work, signs, [image_id])
    work.save(image_id, [sign()])
    assert compare(work, other=f"batch:{batch_id}").total.missed == 1


def test_dataset__the_same_images_by_content_then_by_name(work: Workplace, signs: str) -> None:
    other = work.make_dataset("others")
    same, renamed, resized = (work.add_image(signs, name) for name in ("same.png", "old name.png", "resized.png"))
    for image_id in (same, renamed, resized):
        work.save(image_id, [sign()])
    with work.platform.db.read() as conn:
        bytes_of = {row.id: row.sha256 for row in conn.execute(images.select())}
    twins = [work.add_image(other, name) for name in ("same.png", "new name.png", "resized.png")]
    with work.platform.db.write() as conn:
        conn.execute(update(images).where(images.c.id == twins[1]).values(sha256=bytes_of[renamed]))
        conn.execute(update(images).where(images.c.id == twins[2]).values(sha256="0" * 64))
    for x, twin in enumerate(twins):
        work.save(twin, [sign(x)])
    comparison = compare(work, reference="dataset:others", other="dataset:signs")
    assert (comparison.image_count, comparison.total.matched) == (3, 3)
    assert comparison.total.mean_box_iou == pytest.approx((1 + 9 / 11 + 8 / 12) / 3)


def test_compare__nothing_is_labelled_yet(work: Workplace, signs: str) -> None:
    image_id = work.add_image(signs, "a.png")
    machine_says(work, image_id, sign(confidence=0.7))
    comparison = compare(work)
    assert comparison.notes == ["Nothing was compared: people has looked at none of the images"]
    assert [entry.doubt for entry in comparison.review] == [pytest.approx(0.3)]


def test_compare__a_limit_is_said(work: Workplace, signs: str) -> None:
    for number in range(4):
        image_id = work.add_image(signs, f"{number}.png")
        work.save(image_id, [sign()])
        machine_says(work, image_id, sign(1, confidence=0.9))
    comparison = compare(work, images_limit=3)
    assert comparison.image_count == 3
    assert "Only the oldest 3 images" in comparison.notes[0]


@pytest.mark.parametrize(
    "body",
    [{"iou": 0}, {"iou": 1.5}, {"images_limit": 6000}, {"reference": " "}, {"refrence": "people"}],
    ids=lambda body: str(body),
)
def test_compare__malformed(work: Workplace, signs: str, body: dict[str, Any]) -> None:
    compare(work, status=422, **body)


@pytest.mark.parametrize("body", [{"other": "batch:none"}, {"reference": "dataset:none"}], ids=str)
def test_compare__not_found(work: Workplace, signs: str, body: dict[str, Any]) -> None:
    compare(work, status=404, **body)


def test_compare__a_viewer_may_and_a_stranger_finds_nothing(
    work: Workplace, signs: str, make_client: MakeClient, make_key: MakeKey
) -> None:
    batch_id = make_batch(work, signs, [work.add_image(signs, "a.png")], destination="proposals")
    path = "/api/v1/developer/datasets/by-name/signs/compare"
    assert make_client(make_key("viewer")).post(path, json={}).status_code == 200
    stranger = make_client(make_api_key(work.platform, make_organization(work.platform, "Others")))
    assert stranger.post(path, json={}).status_code == 404
    stranger.post("/api/v1/developer/projects/", json={"name": "signs"})
    assert stranger.post(path, json={"other": f"batch:{batch_id}"}).status_code == 404
    with work.platform.db.read() as conn:
        assert proposals.of_batch(conn, "somebody else", batch_id) == {}
