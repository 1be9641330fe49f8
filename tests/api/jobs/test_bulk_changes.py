"""Changes to more images than a request makes: a job makes them, and goes on where it was killed."""

import pytest
from tests.api.jobs.workplace import Workplace
from tests.many_images import add_images

from pictograph_server.services.batch import tasks as batch_tasks
from pictograph_server.services.images import tallies_repository
from pictograph_server.services.images import tasks as image_tasks

LANE = "ingest"
# More than a request takes: six steps.
MANY = 10_500


@pytest.fixture
def many(work: Workplace) -> Workplace:
    """A dataset of very many images in /a, /a/b and /c."""
    work.tasks = {task.name: task for service in (batch_tasks, image_tasks) for task in service.tasks(work.platform)}
    dataset = work.make_dataset("signs")
    add_images(work.platform, work.organization_id, dataset, MANY, folders=("/a", "/a/b", "/a/b"))
    add_images(work.platform, work.organization_id, dataset, 3, folders=("/c",))
    return work


def folders(work: Workplace) -> dict[tuple[str, bool], int]:
    """Return (folder, is archived) -> images, as they are counted and as the rows are."""
    dataset = work.get("/datasets/by-name/signs").json()["dataset"]
    with work.platform.db.read() as conn:
        kept = tallies_repository.places(conn, dataset["id"])
        real = tallies_repository.places_of(conn, dataset["id"], None)
    assert kept == dict(real)
    counts: dict[tuple[str, bool], int] = {}
    for place, number in real.items():
        key = (place.folder_path, place.is_archived)
        counts[key] = counts.get(key, 0) + number
    assert dataset["image_count"] == sum(number for (_folder, archived), number in counts.items() if not archived)
    assert dataset["archived_images"] == sum(number for (_folder, archived), number in counts.items() if archived)
    return counts


def begin(work: Workplace, path: str, **body: object) -> str:
    change = work.post(f"/batch/{path}", {"dataset_name": "signs", **body}).json()
    assert (change["status"], change["processed"], change["progress"]) == ("pending", 0, 0)
    return change["job_id"]


def test_move_folder__killed_twice_moves_each_image_once(many: Workplace) -> None:
    job_id = begin(many, "folders/move", folder_path="/a", target_path="/z")
    many.run_job(LANE, kill_at=3)
    running = many.get(f"/batch/changes/{job_id}").json()
    assert (running["status"], running["processed"]) == ("running", 4000)
    many.run_job(LANE, kill_at=1)
    assert many.run_job(LANE).state == "succeeded"
    done = many.get(f"/batch/changes/{job_id}").json()
    assert (done["status"], done["processed"], done["progress"]) == ("completed", MANY, 100)
    assert folders(many) == {("/z", False): MANY // 3, ("/z/b", False): 2 * MANY // 3, ("/c", False): 3}


def test_delete_folder__for_good_takes_the_bytes_too(many: Workplace) -> None:
    job_id = begin(many, "folders/delete", folder_path="/a", permanent=True)
    many.run_job(LANE, kill_at=2)
    many.run_lane(LANE)
    assert many.get(f"/batch/changes/{job_id}").json()["processed"] == MANY
    assert folders(many) == {("/c", False): 3}
    with many.platform.db.read() as conn:
        removals = conn.exec_driver_sql("SELECT count(*) FROM jobs WHERE task = 'remove_blobs'").scalar_one()
    assert removals == 6


def test_trash__whole_dataset_there_and_back(many: Workplace) -> None:
    begin(many, "folders/delete", folder_path="/")
    many.run_job(LANE)
    assert set(folders(many)) == {("/a", True), ("/a/b", True), ("/c", True)}
    begin(many, "trash/restore")
    many.run_job(LANE)
    assert sum(folders(many).values()) == MANY + 3
    assert not any(archived for _folder, archived in folders(many))


def test_cancel__keeps_what_is_done(many: Workplace) -> None:
    job_id = begin(many, "folders/move", folder_path="/a", target_path="/z")
    many.post(f"/batch/changes/{job_id}/cancel")
    many.end_cancelled()
    assert many.get(f"/batch/changes/{job_id}").json()["status"] == "cancelled"
    assert sum(folders(many).values()) == MANY + 3


def test_empty_trash__leaves_what_comes_later(many: Workplace) -> None:
    begin(many, "folders/delete", folder_path="/a")
    many.run_job(LANE)
    begin(many, "trash/empty")
    late = many.get("/datasets/by-name/signs?include_images=true").json()["dataset"]["images"][0]["id"]
    many.post("/batch/images/delete", {"dataset_name": "signs", "image_ids": [late]})
    many.run_job(LANE)
    assert folders(many) == {("/c", False): 2, ("/c", True): 1}


def test_delete_dataset__is_gone_at_once_and_its_rows_follow(many: Workplace) -> None:
    image = many.get("/datasets/by-name/signs?include_images=true&images_limit=1").json()["dataset"]["images"][0]
    deleted = many.client.delete("/api/v1/developer/projects/signs").json()["deleted"]
    assert (deleted["images"], deleted["folders"]) == (MANY + 3, 3)
    assert many.get(f"/images/{image['id']}/metadata").status_code == 404
    assert many.get("/datasets/by-name/signs").status_code == 404
    assert many.get(f"/datasets/{deleted['project_id']}").status_code == 404
    assert many.get("/datasets/").json()["datasets"] == []
    # Its name is free, and what it held counts no more.
    many.make_dataset("signs")
    many.run_job(LANE, kill_at=2)
    many.run_lane(LANE)
    with many.platform.db.read() as conn:
        left = conn.exec_driver_sql("SELECT (SELECT count(*) FROM images), (SELECT count(*) FROM datasets)").one()
    assert tuple(left) == (0, 1)


def test_delete_dataset__stops_a_change_of_it(many: Workplace) -> None:
    job_id = begin(many, "folders/move", folder_path="/a", target_path="/z")
    many.run_job(LANE, kill_at=2)
    many.client.delete("/api/v1/developer/projects/signs")
    many.end_cancelled()
    assert many.get(f"/batch/changes/{job_id}").status_code == 404
    many.run_lane(LANE)
    with many.platform.db.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM images").scalar_one() == 0
