"""Pipeline runs from an empty dataset to a model, with a small annotator and a trainer that takes no time."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, func, select, update
from tests.api.jobs.batches import STOP, DarkAnnotator
from tests.api.jobs.quick_training import BOX, QuickTrainer, no_hook, use_quick_trainer
from tests.api.jobs.workplace import Killed, Workplace

from pictograph_server.engines.trainers.registry import trainer_specs
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import tasks as annotate_tasks
from pictograph_server.services.images import tasks as image_tasks
from pictograph_server.services.pipelines import advance
from pictograph_server.storage.db import tables
from pictograph_server.storage.db.session import Database
from pictograph_server.storage.db.types import now

STAGES = ("upload", "annotate", "review", "train")


class Runs:
    """A workplace in which pipelines run: its dispatcher's tick is `tick`, its jobs run one after the other."""

    def __init__(self, work: Workplace) -> None:
        self.work = work
        self.dataset_id = ""

    def create(self, status: int = 201, **body: Any) -> dict[str, Any]:
        request = {"dataset_name": "signs", "pipeline": "yolox", "classes": [STOP], "train_config": {"epochs": 3}}
        response = self.work.post("/pipelines/", {**request, **body})
        assert response.status_code == status, response.text
        return response.json()["pipeline_run"] if status == 201 else response.json()

    def started(self, images: int = 6, **body: Any) -> dict[str, Any]:
        """Create a run, upload images and say that they are there."""
        run = self.create(**body)
        for number in range(images):
            self.work.add_image(run["dataset_id"], f"{number}.png")
        upload = {"uploaded": images, "failed": 1, "failures": [{"path": "a.txt", "reason": "is no image"}]}
        return self.post(run, "continue", {"upload": upload})

    def post(self, run: Mapping[str, Any], what: str, body: object = None, status: int = 200) -> dict[str, Any]:
        response = self.work.post(f"/pipelines/{run['id']}/{what}", cast("Mapping[str, object]", body or {}))
        assert response.status_code == status, response.text
        return response.json()["pipeline_run"] if status < 300 else response.json()

    def get(self, run: Mapping[str, Any]) -> dict[str, Any]:
        response = self.work.get(f"/pipelines/{run['id']}")
        assert response.status_code == 200, response.text
        return response.json()["pipeline_run"]

    def tick(self, platform: Platform | None = None) -> None:
        advance.ticker(platform or self.work.platform, trainer_specs)()

    def drive(self, run: Mapping[str, Any]) -> dict[str, Any]:
        """Let ticks and jobs take turns until nothing more happens."""
        for _ in range(12):
            self.tick()
            for lane in ("ingest", "annotate", "export", "train"):
                self.work.run_lane(lane)
        return self.get(run)

    def count(self, table: Any) -> int:
        with self.work.platform.db.read() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def annotator() -> DarkAnnotator:
    return DarkAnnotator()


@pytest.fixture
def runs(work: Workplace, annotator: DarkAnnotator, monkeypatch: pytest.MonkeyPatch) -> Runs:
    use_quick_trainer(work)
    monkeypatch.setattr(QuickTrainer, "in_epoch", staticmethod(no_hook))
    tasks = (
        *annotate_tasks.tasks(work.platform, open_annotator=lambda _choice, _device: annotator),
        *image_tasks.tasks(work.platform),
    )
    work.tasks |= {task.name: task for task in tasks}
    return Runs(work)


def states(run: Mapping[str, Any]) -> list[str]:
    return [run[stage]["state"] for stage in STAGES]


def test_run__from_files_to_a_model(runs: Runs):
    run = runs.create(classes=[STOP])
    assert (run["status"], run["stage"], run["waiting_for"]) == ("waiting", "upload", "images")
    assert states(run) == ["waiting", "waiting", "skipped", "waiting"]
    run = runs.started(images=6)
    assert (run["status"], run["upload"]["images"], run["upload"]["failed"]) == ("running", 6, 1)
    assert run["upload"]["failures"] == [{"path": "a.txt", "reason": "is no image"}]
    run = runs.drive(run)
    assert (run["status"], run["stage"]) == ("completed", "done"), run["error_message"]
    assert states(run) == ["done", "done", "skipped", "done"]
    labelling = run["annotate"]
    assert (labelling["labelled"], labelling["total"], labelling["annotations"]) == (6, 6, 6)
    assert (sum(labelling["confidences"]), len(labelling["confidences"])) == (6, 20)
    assert [(each["class_name"], each["annotations"]) for each in labelling["classes"]] == [("stop_sign", 6)]
    assert [each["annotation_count"] for each in labelling["newest_images"]] == [1] * 6
    assert (run["train"]["status"], run["train"]["epoch"], run["train"]["epochs"]) == ("completed", 3, 3)
    assert run["metrics"] == {"map_50": 0.5}
    assert run["credits_spent"] == sum(
        runs.work.spent(each)[1] for each in (labelling["job_id"], run["train"]["run_id"])
    )
    assert runs.work.get(f"/models/{run['model_id']}").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"pipeline": "nothing"}, 422, "unknown_pipeline"),
        ({"gpu": "abacus"}, 422, "unknown_gpu"),
        ({"train_config": {"epocs": 3}}, 422, "bad_train_config"),
        ({"classes": []}, 400, "no_classes"),
        ({"classes": [STOP, STOP]}, 400, "class_named_twice"),
        ({"annotator": "nothing"}, 400, "annotator_unavailable"),
        ({"parent_model_id": "none"}, 404, "model_not_found"),
        ({"dataset_name": "a/b"}, 422, "invalid_name"),
        ({"name": " "}, 422, "bad_pipeline_name"),
        ({"confidence_threshold": 2}, 422, None),
    ],
)
def test_create__refused_before_anything_is_made(runs: Runs, body: dict[str, object], status: int, code: str | None):
    answer = runs.create(status, **body)
    if code is not None:
        assert answer["code"] == code
    assert (runs.count(tables.pipeline_runs), runs.count(tables.datasets)) == (0, 0)


def test_continue__without_images_is_refused(runs: Runs):
    run = runs.create()
    assert runs.post(run, "continue", status=409)["code"] == "pipeline_has_no_images"


def test_continue__a_second_time_is_refused(runs: Runs):
    run = runs.started()
    assert runs.post(run, "continue", status=409)["code"] == "pipeline_not_waiting"


def test_run__people_s_work_is_left_alone(runs: Runs, annotator: DarkAnnotator):
    run = runs.create()
    ids = [runs.work.add_image(run["dataset_id"], f"{number}.png") for number in range(6)]
    runs.work.save(ids[0], [BOX], "complete")
    runs.post(run, "continue")
    run = runs.drive(run)
    assert (run["annotate"]["labelled"], run["annotate"]["skipped"], annotator.images_seen) == (5, 1, 5)
    assert run["status"] == "completed"


def test_rerun__labels_and_pays_nothing_twice(runs: Runs, annotator: DarkAnnotator):
    first = runs.drive(runs.started(images=6))
    again = runs.post(first, "rerun", status=201)
    assert (again["rerun_of"], again["status"], again["settings"]) == (first["id"], "running", first["settings"])
    again = runs.drive(again)
    assert (again["status"], annotator.images_seen) == ("completed", 6)
    assert (again["annotate"]["skipped"], again["annotate"]["job_id"]) == (6, None)
    assert again["train"]["run_id"] != first["train"]["run_id"]


def test_review__waits_until_people_completed_the_images(runs: Runs):
    run = runs.drive(runs.started(images=6, review=True))
    assert (run["status"], run["waiting_for"], run["review"]["waiting"]) == ("waiting", "review", 6)
    complete(runs, run, 4)
    run = runs.drive(run)
    assert (run["status"], run["review"]["waiting"], run["review"]["completed"]) == ("waiting", 2, 4)
    complete(runs, run, 2)
    run = runs.drive(run)
    assert (run["status"], run["review"]["completed"]) == ("completed", 6)
    assert states(run) == ["done"] * 4


def test_review__going_on_trains_on_what_is_complete(runs: Runs):
    run = runs.drive(runs.started(images=6, review=True))
    complete(runs, run, 5)
    runs.post(run, "continue")
    run = runs.drive(run)
    assert (run["status"], len(QuickTrainer.seen.samples if QuickTrainer.seen else ())) == ("completed", 5)
    assert run["review"]["waiting"] == 1


def test_review__the_rest_accepted_is_trained_on(runs: Runs):
    run = runs.drive(runs.started(images=6, review=True))
    runs.post(run, "continue", {"accept_rest": True})
    run = runs.drive(run)
    assert (run["status"], run["review"]["waiting"], run["review"]["completed"]) == ("completed", 0, 6)
    with runs.work.platform.db.read() as conn:
        assert set(conn.scalars(select(tables.images.c.status_set_by))) == {"person"}


def test_cancel__takes_the_job_along_and_resume_goes_on(runs: Runs, annotator: DarkAnnotator):
    run = runs.started(images=6)
    runs.work.run_lane("ingest")
    runs.tick()
    run = runs.post(run, "cancel")
    assert (run["status"], run["annotate"]["state"]) == ("cancelled", "cancelled")
    batch = runs.work.get(f"/auto-annotate/batch/{run['annotate']['job_id']}").json()
    assert batch["status"] == "cancelled"
    assert runs.post(run, "cancel", status=409)["code"] == "pipeline_ended"
    runs.work.end_cancelled()
    assert runs.drive(run)["status"] == "cancelled"
    runs.post(run, "resume")
    run = runs.drive(run)
    assert (run["status"], run["annotate"]["labelled"], run["annotate"]["total"]) == ("completed", 6, 6)
    assert annotator.images_seen == 6


def test_run__says_why_it_failed_and_goes_on(runs: Runs, annotator: DarkAnnotator):
    def fail(_epoch: int) -> None:
        from pictograph_server.engines.errors import EngineError

        raise EngineError("The network cannot learn", why="it is tired")

    QuickTrainer.in_epoch = staticmethod(fail)
    run = runs.drive(runs.started(images=6))
    assert (run["status"], run["stage"], run["error_code"]) == ("failed", "train", "training_failed")
    assert "it is tired" in run["error_message"]
    QuickTrainer.in_epoch = staticmethod(no_hook)
    runs.post(run, "resume")
    run = runs.drive(run)
    assert (run["status"], run["error_message"], annotator.images_seen) == ("completed", None, 6)
    assert len(run["train"]["run_ids"]) == 2
    assert runs.post(run, "resume", status=409)["code"] == "pipeline_not_resumable"


def test_run__waits_for_credits(runs: Runs):
    run = runs.drive(runs.started(min_credits=999_999_999))
    assert (run["status"], run["waiting_for"], run["stage"]) == ("waiting", "credits", "annotate")
    assert run["credit_skip_reason"].startswith("Insufficient credits: ")
    assert runs.count(tables.batch_jobs) == 0


def test_run__over_max_credits_fails_with_nothing_started(runs: Runs):
    run = runs.drive(runs.started(max_credits=1))
    assert (run["status"], run["error_code"]) == ("failed", "over_max_credits")
    assert runs.count(tables.batch_jobs) == 0


@pytest.mark.parametrize("step", range(1, 6))
def test_kill__in_any_step_loses_and_repeats_nothing(runs: Runs, annotator: DarkAnnotator, step: int):
    """Die at the end of the n-th step's transaction, before its commit, with all that it had written."""
    run = runs.started(images=6)
    mortal = mortal_platform(runs.work.platform, dies_in=step)
    died = False
    for _ in range(12):
        try:
            runs.tick(mortal)
        except Killed:
            died = True
        for lane in ("ingest", "annotate", "export", "train"):
            runs.work.run_lane(lane)
    run = runs.get(run)
    assert died
    assert (run["status"], annotator.images_seen) == ("completed", 6)
    assert [runs.count(table) for table in (tables.batch_jobs, tables.exports, tables.training_runs)] == [1, 1, 1]


def test_tick__two_dispatchers_take_a_step_once(runs: Runs):
    run = runs.started(images=2)
    runs.work.run_lane("ingest")
    with runs.work.platform.db.read() as conn:
        (before,) = advance.repository.open_runs(conn)
    runs.tick()
    # The other one looked before the step was taken, and comes to take it.
    advance.advance(runs.work.platform, before.id, trainer_specs())
    assert runs.count(tables.batch_jobs) == 1
    assert runs.get(run)["annotate"]["state"] == "running"


def test_list__newest_first_with_filters(runs: Runs):
    first, second = runs.create(), runs.create(name="the second", dataset_name="others")
    listed = runs.work.get("/pipelines/?limit=1").json()
    assert [each["id"] for each in listed["pipeline_runs"]] == [second["id"]]
    listed = runs.work.get(f"/pipelines/?limit=1&cursor={listed['next_cursor']}").json()
    assert ([each["id"] for each in listed["pipeline_runs"]], listed["next_cursor"]) == ([first["id"]], None)
    named = runs.work.get("/pipelines/?dataset_name=others&status=waiting").json()["pipeline_runs"]
    assert [each["name"] for each in named] == ["the second"]
    assert runs.work.get("/pipelines/?status=failed").json()["pipeline_runs"] == []


def test_update__renames(runs: Runs):
    run = runs.create()
    response = runs.work.client.patch(f"/api/v1/developer/pipelines/{run['id']}", json={"name": "Mine"})
    assert response.json()["pipeline_run"]["name"] == "Mine"


def test_quote__is_what_the_stages_say(runs: Runs):
    body = {"dataset_name": "new", "pipeline": "yolox", "classes": [STOP], "images": 100, "train_config": {"epochs": 2}}
    quote = runs.work.post("/pipelines/quote", body).json()["quote"]
    estimate = {"pipeline_type": "yolox", "images": 100, "config": {"epochs": 2}}
    training = runs.work.post("/training/estimate", estimate).json()["estimate"]
    assert (quote["annotate_credits"], quote["train_credits"]) == (13, training["credits"])
    assert quote["credits"] == 13 + training["credits"]
    assert (quote["epochs"], quote["sufficient"], runs.count(tables.datasets)) == (2, True, 0)


def test_dataset__deleted_takes_its_runs_along(runs: Runs):
    run = runs.started()
    assert runs.work.client.delete("/api/v1/developer/projects/signs").status_code == 200
    runs.tick()
    assert runs.work.get(f"/pipelines/{run['id']}").status_code == 404


def test_events__end_with_the_run(runs: Runs, app_client: TestClient):
    run = runs.drive(runs.started())
    text = app_client.get(f"/api/v1/developer/pipelines/{run['id']}/events").text
    assert [line for line in text.splitlines() if line.startswith("event:")] == ["event: snapshot", "event: end"]


def test_client_run__reports_its_stages(runs: Runs):
    run = runs.create(driver="client", dataset_name="signs")
    assert (run["status"], run["stage"], run["dataset_id"], runs.count(tables.datasets)) == (
        "running",
        "upload",
        None,
        0,
    )
    dataset = runs.work.make_dataset("signs")
    runs.work.add_image(dataset, "a.png")
    run = runs.post(run, "report", {"upload": {"uploaded": 1}, "stage": "annotate"})
    assert (run["dataset_id"], run["upload"]["uploaded"], run["upload"]["state"]) == (dataset, 1, "done")
    batch = runs.work.post("/auto-annotate/batch", {"dataset_name": "signs", "classes": [STOP]}).json()
    run = runs.post(run, "report", {"job_id": batch["job_id"]})
    runs.tick()
    runs.work.run_lane("annotate")
    run = runs.post(run, "report", {"outcome": "completed"})
    assert (run["status"], run["annotate"]["labelled"]) == ("completed", 1)
    assert states(run) == ["done", "done", "skipped", "skipped"]
    assert runs.post(runs.create(), "report", status=409)["code"] == "pipeline_not_reported"


def test_client_run__stopped_for_review_goes_on_here(runs: Runs):
    run = runs.create(driver="client", review=True)
    dataset = runs.work.make_dataset("signs")
    for number in range(6):
        runs.work.add_image(dataset, f"{number}.png")
    runs.post(run, "report", {"upload": {"uploaded": 6}, "stage": "annotate"})
    body = {"dataset_name": "signs", "classes": [STOP], "review": True}
    batch = runs.work.post("/auto-annotate/batch", body).json()
    runs.work.run_lane("annotate")
    run = runs.post(run, "report", {"job_id": batch["job_id"], "outcome": "waiting"})
    assert (run["waiting_for"], run["review"]["waiting"], run["driver"]) == ("review", 6, "client")
    runs.post(run, "continue", {"accept_rest": True})
    run = runs.drive(run)
    assert (run["status"], run["driver"], run["review"]["completed"]) == ("completed", "server", 6)


def test_client_run__for_want_of_credits_goes_on_here(runs: Runs):
    run = runs.create(driver="client")
    runs.work.add_image(runs.work.make_dataset("signs"), "a.png")
    runs.post(run, "report", {"upload": {"uploaded": 1}})
    run = runs.post(run, "report", {"outcome": "waiting", "credit_skip_reason": "0 left"})
    assert (run["waiting_for"], run["stage"], run["credit_skip_reason"]) == ("credits", "annotate", "0 left")
    assert (run["upload"]["state"], runs.post(run, "resume")["driver"]) == ("done", "server")


def test_client_run__run_again_is_the_same_run(runs: Runs):
    run = runs.create(driver="client", review=True)
    runs.post(run, "report", {"stage": "annotate"})
    runs.post(run, "report", {"outcome": "waiting"})
    again = runs.create(driver="client", review=True)
    assert (again["id"], again["status"], again["stage"]) == (run["id"], "running", "upload")
    assert runs.create(driver="client", review=True)["id"] != run["id"]
    assert runs.create(driver="client")["id"] != run["id"]


def test_client_run__whose_program_fell_silent_is_over(runs: Runs):
    run = runs.create(driver="client")
    runs.tick()
    assert runs.get(run)["status"] == "running"
    with runs.work.platform.db.write() as conn:
        long_ago = now() - advance.CLIENT_SILENCE - timedelta(seconds=1)
        conn.execute(update(tables.pipeline_runs).values(reported_at=long_ago))
    runs.tick()
    run = runs.get(run)
    assert (run["status"], run["error_code"]) == ("failed", "pipeline_program_silent")
    assert runs.post(run, "resume", status=409)["code"] == "pipeline_not_resumable"


def complete(runs: Runs, run: Mapping[str, Any], count: int) -> None:
    """Complete so many of the images that wait, as people do."""
    found = runs.work.get("/images/?dataset_name=signs&status=review").json()["images"]
    ids = [each["id"] for each in found[:count]]
    body = {"dataset_name": "signs", "image_ids": ids, "updates": {"status": "complete"}}
    assert runs.work.client.patch("/api/v1/developer/batch/images/update", json=body).status_code == 200


class _MortalDatabase(Database):
    """A database of which the n-th write transaction dies, with everything written and nothing committed."""

    def __init__(self, db: Database, dies_in: int) -> None:
        self.url, self.engine = db.url, db.engine
        self._left = dies_in

    @contextmanager
    def write(self) -> Generator[Connection]:
        with super().write() as conn:
            yield conn
            self._left -= 1
            if self._left == 0:
                raise Killed


def mortal_platform(platform: Platform, *, dies_in: int) -> Platform:
    return replace(platform, db=_MortalDatabase(platform.db, dies_in))
