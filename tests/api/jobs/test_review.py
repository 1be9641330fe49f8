"""The queue of a review: order, holds, verdicts, undo, shares, progress, and disagreement as its job measures it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from tests.api.jobs.test_trained_models import picture
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import MakeClient, MakeKey
from tests.networks import red_detector
from tests.stored_models import store_model

from pictograph_server.services.review import assignment
from pictograph_server.services.review import tasks as review_tasks
from pictograph_server.services.versions import tasks as version_tasks
from pictograph_server.storage.db.tables import image_labels, image_tallies, images, members, review_items, users
from pictograph_server.storage.db.types import new_id, now

R = "/datasets/by-name/signs/review"
BOX = {"id": "a", "name": "stop", "type": "bbox", "bounding_box": {"x": 4, "y": 4, "w": 20, "h": 20}}


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """Four images in review, the second least confident of all, and one complete."""
    dataset = work.make_dataset("signs", [("stop", "bbox"), ("yield", "bbox")])
    for number, confidence in enumerate((0.5, 0.2, 0.9, 0.7)):
        image = work.add_image(dataset, f"{number}.png")
        work.save(image, [BOX | {"confidence": confidence, "name": "yield" if number == 3 else "stop"}])
    work.save(work.add_image(dataset, "done.png"), [BOX])
    send(work, "0.png", "1.png", "2.png", "3.png")
    return work


@pytest.fixture
def other(make_client: MakeClient, make_key: MakeKey) -> TestClient:
    return make_client(make_key("member"))


def send(work: Workplace, *names: str) -> None:
    ids = [image_of(work, name)["id"] for name in names]
    body = {"dataset_name": "signs", "image_ids": ids, "updates": {"status": "review"}}
    answer = work.client.patch(f"{D}/batch/images/update", json=body)
    assert answer.status_code == 200, answer.text


def image_of(work: Workplace, name: str) -> dict[str, Any]:
    listed = work.get("/datasets/by-name/signs?include_images=true").json()["dataset"]["images"]
    return next(image for image in listed if image["filename"] == name)


def names(answer: dict[str, Any]) -> list[str]:
    return [item["image"]["filename"] for item in answer["items"]]


def take(client: TestClient, **body: object) -> dict[str, Any]:
    answer = client.post(f"{D}{R}/next", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def decide(client: TestClient, item: dict[str, Any], verdict: str = "accept", status: int = 201, **more: object) -> Any:
    image = item["image"]
    body = {"image_id": image["id"], "verdict": verdict, "expected_version": image["annotation_version"], **more}
    answer = client.post(f"{D}{R}/verdicts", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()["verdict"] if status == 201 else answer.json()


def progress(work: Workplace) -> dict[str, Any]:
    return work.get(f"{R}/progress").json()


def add_member(work: Workplace, name: str) -> str:
    user_id = new_id()
    with work.platform.db.write() as conn:
        conn.execute(users.insert().values(id=user_id, full_name=name, email=f"{name}@example.org", created_at=now()))
        conn.execute(
            members.insert().values(
                id=new_id(),
                organization_id=work.organization_id,
                user_id=user_id,
                role="member",
                joined_at=now(),
            )
        )
    return user_id


# --- the queue ---


def test_queue__least_confident_first(signs: Workplace) -> None:
    answer = signs.get(f"{R}/queue").json()
    assert names(answer) == ["1.png", "0.png", "3.png", "2.png"]
    assert answer["items"][0]["image"]["least_confidence"] == pytest.approx(0.2)
    assert answer["held"] == 0


def test_queue__images_without_annotations_come_last(signs: Workplace) -> None:
    signs.add_image(image_of(signs, "0.png")["dataset_id"], "empty.png")
    send(signs, "empty.png")
    assert names(signs.get(f"{R}/queue").json())[-1] == "empty.png"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("order=oldest", ["0.png", "1.png", "2.png", "3.png"]),
        ("class_name=yield", ["3.png"]),
        ("max_confidence=0.5", ["1.png", "0.png"]),
        ("min_confidence=0.6&limit=1", ["3.png"]),
        ("scope=mine", []),
    ],
)
def test_queue__narrowed(signs: Workplace, query: str, expected: list[str]) -> None:
    assert names(signs.get(f"{R}/queue?{query}").json()) == expected


def test_queue__many_of_a_class_are_walked_instead_of_sorted(signs: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    from pictograph_server.services.review import queue_repository

    expected = names(signs.get(f"{R}/queue?class_name=stop").json())
    monkeypatch.setattr(queue_repository, "_FEW", 0)
    assert names(signs.get(f"{R}/queue?class_name=stop").json()) == expected == ["1.png", "0.png", "2.png"]


def test_queue__what_is_theirs_stays_so(signs: Workplace) -> None:
    """The queue goes by the images' own note of whose they are, which every way through the review keeps."""
    ana = add_member(signs, "ana")
    body = {"image_ids": [image_of(signs, "0.png")["id"]], "assignee": ana}
    signs.post(f"{R}/assign", body)
    signs.post(f"{R}/share", {"people": ["me"], "limit": 1})
    for order in ("least_confident", "oldest", "disagreement"):
        assert sorted(names(signs.get(f"{R}/queue?order={order}").json())) == ["1.png", "2.png", "3.png"]
        assert names(signs.get(f"{R}/queue?order={order}&scope=mine").json()) == ["1.png"]
        assert names(signs.get(f"{R}/queue?order={order}&assignee={ana}").json()) == ["0.png"]
    copy = {"dataset_name": "signs", "image_ids": body["image_ids"], "copy_annotations": True}
    assert signs.post("/batch/images/copy", copy).status_code == 200
    # The copy is nobody's; what is decided is nobody's, and Ana's again when it is taken back.
    assert len(names(signs.get(f"{R}/queue").json())) == 4
    [theirs] = signs.get(f"{R}/queue?assignee={ana}").json()["items"]
    verdict = decide(signs.client, theirs)
    check_assignees(signs)
    signs.post(f"{R}/verdicts/{verdict['id']}/undo")
    check_assignees(signs)
    assert names(signs.get(f"{R}/queue?assignee={ana}").json()) == ["0.png"]
    signs.post(f"{R}/unassign", {})
    check_assignees(signs)
    assert len(names(signs.get(f"{R}/queue").json())) == 5


def check_assignees(work: Workplace) -> None:
    with work.platform.db.read() as conn:
        noted = conn.execute(select(images.c.id, images.c.review_assignee_id)).all()
        kept = {row[0]: row[1] for row in conn.execute(select(review_items.c.image_id, review_items.c.assignee_id))}
    assert {row[0]: row[1] for row in noted} == {row[0]: kept.get(row[0]) for row in noted}


# --- holds ---


def test_next__two_people_do_not_get_the_same_image(signs: Workplace, other: TestClient) -> None:
    mine, theirs = take(signs.client, hold=2, limit=3), take(other, hold=1, limit=9)
    assert names(mine) == ["1.png", "0.png", "3.png"]
    assert names(theirs) == ["3.png", "2.png"]
    assert (mine["held"], theirs["held"]) == (2, 1)
    assert mine["items"][0]["held_by"] is not None and mine["items"][2]["held_by"] is None


def test_next__again_gives_the_same_and_lets_go_of_the_rest(signs: Workplace, other: TestClient) -> None:
    take(signs.client, hold=2)
    again = take(signs.client, hold=1)
    assert names(again)[0] == "1.png"
    assert names(take(other))[0] == "0.png"


def test_next__what_is_on_the_screen_stays_first(signs: Workplace, other: TestClient) -> None:
    shown = take(signs.client, order="oldest")["items"][0]["image"]
    assert names(take(signs.client, first=shown["id"], hold=2)) == ["0.png", "1.png", "3.png", "2.png"]
    assert names(take(other, first=shown["id"])) == ["3.png", "2.png"]


def test_next__skipped_images_are_for_others(signs: Workplace, other: TestClient) -> None:
    first = take(signs.client)["items"][0]
    assert names(take(signs.client, exclude=[first["image"]["id"]]))[0] == "0.png"
    assert names(take(other))[0] == "1.png"


def test_hold__ends_by_itself(signs: Workplace, other: TestClient) -> None:
    item = take(signs.client)["items"][0]
    with signs.platform.db.write() as conn:
        conn.execute(review_items.update().values(held_until=now()))
    assert names(take(other))[0] == "1.png"
    assert decide(signs.client, item, status=409)["code"] == "held_by_other"


def test_hold__longer_for_an_edit(signs: Workplace, other: TestClient) -> None:
    item = take(signs.client)["items"][0]
    longer = signs.post(f"{R}/hold", {"image_id": item["image"]["id"], "minutes": 60}).json()["item"]
    assert longer["held_until"] > item["held_until"]
    answer = other.post(f"{D}{R}/hold", json={"image_id": item["image"]["id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "held_by_other")


def test_release__gives_it_to_the_next(signs: Workplace, other: TestClient) -> None:
    take(signs.client, hold=3)
    assert signs.post(f"{R}/release", {}).status_code == 204
    assert names(take(other))[0] == "1.png"


# --- verdicts ---


def test_accept__completes_the_image(signs: Workplace) -> None:
    verdict = decide(signs.client, take(signs.client)["items"][0])
    assert (verdict["verdict"], verdict["version_before"], verdict["version_after"]) == ("accepted", 1, 1)
    assert image_of(signs, "1.png")["status"] == "complete"
    assert names(take(signs.client))[0] == "0.png"


def test_reject__goes_back_with_a_note(signs: Workplace) -> None:
    verdict = decide(signs.client, take(signs.client)["items"][0], "reject", note="the sign is cut")
    assert (verdict["verdict"], verdict["note"]) == ("rejected", "the sign is cut")
    assert image_of(signs, "1.png")["status"] == "annotate"


def test_accept__after_an_edit_is_a_fix(signs: Workplace) -> None:
    item = take(signs.client)["items"][0]
    body = {"annotations": [BOX | {"name": "yield"}], "expected_version": 1}
    image_id = item["image"]["id"]
    signs.client.post(f"{D}/annotations/{image_id}", json={"image_id": image_id, **body})
    # It is more confident now, so another would be first. What they saw first counts as long as they hold it.
    edited = take(signs.client, first=image_id)["items"][0]
    assert (edited["image"]["id"], edited["image"]["annotation_version"]) == (image_id, 2)
    verdict = decide(signs.client, edited)
    assert (verdict["verdict"], verdict["version_before"], verdict["version_after"]) == ("fixed", 1, 2)


def test_verdict__on_annotations_that_changed(signs: Workplace) -> None:
    item = take(signs.client)["items"][0]
    signs.save(item["image"]["id"], [BOX | {"name": "yield"}])
    answer = decide(signs.client, item, status=409)
    assert answer["code"] == "stale_annotations"
    assert image_of(signs, "1.png")["status"] == "review"


def test_verdict__twice(signs: Workplace) -> None:
    item = take(signs.client)["items"][0]
    decide(signs.client, item)
    assert decide(signs.client, item, status=409)["code"] == "not_in_review"


def test_undo__brings_back_the_image_and_whose_it_is(signs: Workplace) -> None:
    signs.post(f"{R}/share", {"people": ["me"]})
    item = take(signs.client)["items"][0]
    verdict = decide(signs.client, item, "reject")
    undone = signs.post(f"{R}/verdicts/{verdict['id']}/undo").json()["verdict"]
    assert undone["undone_at"] is not None
    back = take(signs.client)["items"][0]
    assert (back["image"]["id"], back["assignee_id"]) == (item["image"]["id"], item["assignee_id"])
    assert back["image"]["status"] == "review"
    now_there = progress(signs)
    assert (now_there["rejected"], now_there["in_review"]) == (0, 4)
    assert signs.post(f"{R}/verdicts/{verdict['id']}/undo").json()["code"] == "undo_too_late"


def test_undo__only_by_the_reviewer_or_an_admin(signs: Workplace, other: TestClient) -> None:
    verdict = decide(signs.client, take(signs.client)["items"][0])
    answer = other.post(f"{D}{R}/verdicts/{verdict['id']}/undo")
    assert (answer.status_code, answer.json()["code"]) == (403, "verdict_not_yours")


def test_undo__not_after_another_change(signs: Workplace) -> None:
    item = take(signs.client)["items"][0]
    verdict = decide(signs.client, item)
    signs.save(item["image"]["id"], [BOX | {"name": "yield"}])
    assert signs.post(f"{R}/verdicts/{verdict['id']}/undo").json()["code"] == "undo_too_late"


def test_verdicts__listed_newest_first_page_by_page(signs: Workplace) -> None:
    for word in ("accept", "reject", "accept"):
        decide(signs.client, take(signs.client)["items"][0], word)
    first = signs.get(f"{R}/verdicts?limit=2").json()
    rest = signs.get(f"{R}/verdicts?limit=2&cursor={first['next_cursor']}").json()
    assert [each["verdict"] for each in first["verdicts"] + rest["verdicts"]] == ["accepted", "rejected", "accepted"]
    assert rest["next_cursor"] is None
    assert len(signs.get(f"{R}/verdicts?verdict=rejected").json()["verdicts"]) == 1


def test_counters__agree_with_the_images(signs: Workplace) -> None:
    verdict = decide(signs.client, take(signs.client)["items"][0])
    decide(signs.client, take(signs.client)["items"][0], "reject")
    signs.post(f"{R}/verdicts/{verdict['id']}/undo")
    with signs.platform.db.read() as conn:
        counted = {row.status: row.image_count for row in conn.execute(select(image_tallies)) if row.image_count}
        stored = [row.status for row in conn.execute(select(images.c.status))]
        assert conn.execute(select(image_labels.c.image_id)).first() is not None
    assert counted == {status: stored.count(status) for status in stored}


# --- who gets what ---


@pytest.mark.parametrize("step", [1, 2, assignment.STEP])
def test_share__deals_in_turn(signs: Workplace, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    monkeypatch.setattr(assignment, "STEP", step)
    ana, bo = add_member(signs, "ana"), add_member(signs, "bo")
    answer = signs.post(f"{R}/share", {"people": [ana, "bo@example.org"], "limit": 3}).json()
    assert answer == {"assigned": {ana: 2, bo: 1}, "unassigned_left": 1}
    assert names(signs.get(f"{R}/queue?assignee={ana}").json()) == ["1.png", "3.png"]
    assert names(signs.get(f"{R}/queue?assignee={bo}").json()) == ["0.png"]
    # Who is neither of them gets what is nobody's.
    assert names(signs.get(f"{R}/queue").json()) == ["2.png"]
    assert len(signs.get(f"{R}/queue?scope=all").json()["items"]) == 4
    again = signs.post(f"{R}/share", {"people": [ana]}).json()
    assert again == {"assigned": {ana: 1}, "unassigned_left": 0}


def test_share__of_a_class_and_confidence(signs: Workplace) -> None:
    ana = add_member(signs, "ana")
    body = {"people": [ana], "class_name": "stop", "max_confidence": 0.6, "order": "oldest"}
    assert signs.post(f"{R}/share", body).json()["assigned"] == {ana: 2}


def test_assign__some_at_a_time(signs: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment, "STEP", 3)
    ana = add_member(signs, "ana")
    ids = [each["image"]["id"] for each in signs.get(f"{R}/queue").json()["items"]]
    answer = signs.post(f"{R}/assign", {"image_ids": [*ids, "nothing"], "assignee": ana}).json()
    assert answer == {"assigned": {ana: 4}, "unassigned_left": 0}
    assert signs.post(f"{R}/unassign", {"image_ids": ids}).json() == {"count": 4, "has_more": False}
    assert len(signs.get(f"{R}/queue").json()["items"]) == 4


def test_assign__and_unassign(signs: Workplace) -> None:
    ana = add_member(signs, "ana")
    image_id = image_of(signs, "2.png")["id"]
    signs.post(f"{R}/assign", {"image_ids": [image_id], "assignee": ana})
    assert progress(signs)["people"][0] | {"days": []} == {
        "reviewer_id": ana, "reviewer_name": "ana", "assigned": 1, "accepted": 0, "fixed": 0, "rejected": 0, "days": [],
    }  # fmt: skip
    assert signs.post(f"{R}/unassign", {"assignee": ana}).json() == {"count": 1, "has_more": False}
    assert progress(signs)["assigned"] == 0


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("assign", {"image_ids": ["nothing"], "assignee": "me"}, "image_not_found"),
        ("share", {"people": ["nobody@example.org"]}, "reviewer_not_found"),
        ("share", {"people": ["me", "me"]}, "reviewer_named_twice"),
        ("disagreement", {}, "one_opinion"),
        ("disagreement", {"model_id": "x"}, "model_not_found"),
    ],
)
def test_review__refuses(signs: Workplace, path: str, body: dict[str, object], code: str) -> None:
    assert signs.post(f"{R}/{path}", body).json()["code"] == code


def test_progress__of_each_person_and_day(signs: Workplace, other: TestClient) -> None:
    decide(signs.client, take(signs.client)["items"][0])
    decide(signs.client, take(signs.client)["items"][0], "reject")
    decide(other, take(other)["items"][0])
    found = progress(signs)
    assert (found["in_review"], found["accepted"], found["rejected"], found["fixed"]) == (1, 2, 1, 0)
    first, second = found["people"]
    assert (first["accepted"], first["rejected"], second["accepted"]) == (1, 1, 1)
    assert first["days"] == [{"day": now().strftime("%Y-%m-%d"), "accepted": 1, "fixed": 0, "rejected": 1}]


# --- disagreement ---


@pytest.fixture
def pictures(work: Workplace) -> tuple[Workplace, str]:
    """Three images with a red sign each, called rightly, in the wrong place, and not at all; and a model of signs."""
    work.tasks = {task.name: task for task in review_tasks.tasks(work.platform)}
    dataset = work.make_dataset("signs", [("stop_sign", "bbox")])
    for number, left in enumerate((20, 70, None)):
        image = work.add_image(dataset, f"{number}.png", size_wh=(96, 64), data=picture(left=20 + number))
        box = {"x": left, "y": 12, "w": 20 if number else 30, "h": 36}
        work.save(image, [] if left is None else [BOX | {"name": "stop_sign", "bounding_box": box}])
    send(work, "0.png", "1.png", "2.png")
    model = store_model(work.platform, work.organization_id, red_detector(work.folder / "trained"), dataset_id=dataset)
    return work, model


def test_disagreement__of_a_model(pictures: tuple[Workplace, str]) -> None:
    work, model = pictures
    started = work.post(f"{R}/disagreement", {"model_id": model, "confidence": 0.5}).json()["scoring"]
    assert (started["status"], started["images_total"], started["against"]) == ("pending", 3, "signs-1")
    assert work.post(f"{R}/disagreement", {"model_id": model}).json()["code"] == "scoring_running"
    assert work.run_job("annotate").state == "succeeded"
    found = work.get(f"{R}/queue?order=disagreement").json()
    assert [each["disagreement"] for each in found["items"]] == [1, 1, 0]
    assert names(found)[2] == "0.png"
    [scoring] = work.get(f"{R}/disagreement").json()["scorings"]
    assert (scoring["status"], scoring["progress"], scoring["images_skipped"]) == ("completed", 100, 0)


def test_disagreement__killed_goes_on(pictures: tuple[Workplace, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from pictograph_server.services.review import measure

    work, model = pictures
    monkeypatch.setattr(measure, "_BY_NETWORK", 1)
    work.post(f"{R}/disagreement", {"model_id": model, "confidence": 0.5})
    work.run_job("annotate", kill_at=5)
    assert work.run_job("annotate").state == "succeeded"
    [scoring] = work.get(f"{R}/disagreement").json()["scorings"]
    assert (scoring["images_done"], scoring["status"]) == (3, "completed")


def test_disagreement__of_another_source(pictures: tuple[Workplace, str]) -> None:
    work, _ = pictures
    twin = work.make_dataset("others", [("stop_sign", "bbox")])
    for number in (0, 1):
        image = work.add_image(twin, f"{number}.png", size_wh=(96, 64), data=picture(left=20 + number))
        work.save(image, [BOX | {"name": "stop_sign", "bounding_box": {"x": 20, "y": 12, "w": 30, "h": 36}}])
    work.post(f"{R}/disagreement", {"source": "dataset:others"})
    assert work.run_job("annotate").state == "succeeded"
    found = work.get(f"{R}/queue?order=disagreement").json()
    assert [(each["image"]["filename"], each["disagreement"]) for each in found["items"]] == [
        ("1.png", 1), ("0.png", 0), ("2.png", None),
    ]  # fmt: skip


def test_disagreement__of_a_version(signs: Workplace) -> None:
    services = (review_tasks, version_tasks)
    signs.tasks = {task.name: task for service in services for task in service.tasks(signs.platform)}
    assert signs.post(f"{R}/disagreement", {"source": "version:1"}).json()["code"] == "version_not_found"
    frozen = signs.post("/datasets/by-name/signs/versions", {"name": "gold"}).json()["version"]
    assert signs.post(f"{R}/disagreement", {"source": "version:gold"}).json()["code"] == "version_not_ready"
    assert signs.run_job("export").state == "succeeded"
    signs.add_image(frozen["dataset_id"], "later.png")
    send(signs, "later.png")
    moved = BOX | {"bounding_box": {"x": 60, "y": 4, "w": 20, "h": 20}}
    signs.save(image_of(signs, "2.png")["id"], [BOX | {"confidence": 0.9}, moved | {"id": "b", "confidence": 0.9}])
    signs.save(image_of(signs, "3.png")["id"], [])
    send(signs, "2.png", "3.png")
    scoring = signs.post(f"{R}/disagreement", {"source": "version:gold"}).json()["scoring"]
    assert (scoring["source"], scoring["against"]) == ("version:1", "version 1 (gold)")
    assert signs.run_job("annotate").state == "succeeded"
    found = signs.get(f"{R}/queue?order=disagreement").json()
    scores = {each["image"]["filename"]: each["disagreement"] for each in found["items"]}
    assert scores == {"3.png": 1, "2.png": pytest.approx(1 / 3), "1.png": 0, "0.png": 0, "later.png": None}
    assert names(found)[:2] == ["3.png", "2.png"] and names(found)[-1] == "later.png"


def test_disagreement__a_new_measure_forgets_the_old(pictures: tuple[Workplace, str]) -> None:
    work, model = pictures
    work.post(f"{R}/disagreement", {"model_id": model, "confidence": 0.5})
    work.run_job("annotate")
    work.make_dataset("nobody")
    work.post(f"{R}/disagreement", {"source": "dataset:nobody"})
    work.run_job("annotate")
    found = work.get(f"{R}/queue?order=disagreement").json()
    assert {each["disagreement"] for each in found["items"]} == {None}
    assert work.get(f"{R}/disagreement").json()["scorings"][0]["images_skipped"] == 3
