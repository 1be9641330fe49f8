"""What a run costs: quoted, held, charged for the time its epochs took, and nothing for one that failed."""

import pytest
from sqlalchemy import update
from tests.api.jobs.quick_training import QuickTrainer, run_of, start
from tests.api.jobs.workplace import Workplace

from pictograph_server.engines.errors import BadTrainingData
from pictograph_server.services.credits import service as credits
from pictograph_server.storage.db.tables import training_runs
from pictograph_server.storage.db.types import now

QUICK = {"pipeline_type": "yolox", "gpu_type": "a10g", "config": {"epochs": 3}}


def test_estimate__is_what_the_run_holds(signs: Workplace):
    answer = signs.post("/training/estimate", {**QUICK, "dataset_name": "signs", "export_name": "v1"})
    quoted = answer.json()["estimate"]
    # 5 minutes, and 3 epochs of 6 images at 40 a second and 3 s between them: 5.2, begun minutes count whole.
    assert {key: quoted[key] for key in ("images", "epochs", "minutes", "credits")} == {
        "images": 6,
        "epochs": 3,
        "minutes": 6,
        "credits": 30,
    }
    assert quoted["sufficient"] is True
    run = start(signs)
    signs.run_job("train")
    assert signs.spent(str(run["id"]))[0] == quoted["credits"]


@pytest.mark.parametrize(
    ("body", "minutes", "credits"),
    [
        pytest.param({"images": 4000}, 11, 55, id="images as given"),
        pytest.param({"dataset_name": "signs"}, 6, 30, id="complete images of a dataset"),
        pytest.param({"images": 4000, "gpu_type": "h100"}, 7, 126, id="faster and dearer"),
        pytest.param({"images": 10**6, "config": {"max_minutes": 10}}, 15, 75, id="no longer than asked"),
    ],
)
def test_estimate__minutes_and_credits(signs: Workplace, body: dict[str, object], minutes: int, credits: int):
    quoted = signs.post("/training/estimate", {**QUICK, **body}).json()["estimate"]
    assert (quoted["minutes"], quoted["credits"]) == (minutes, credits)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param({}, 422, "how many images", id="on nothing"),
        pytest.param({"dataset_name": "sings"}, 404, "sings", id="unknown dataset"),
        pytest.param({"images": 9, "config": {"epoch": 3}}, 422, "'epochs'", id="unknown setting"),
        pytest.param({"images": 9, "pipeline_type": "yolo12"}, 422, "yolox", id="unknown pipeline"),
    ],
)
def test_estimate__refused(signs: Workplace, body: dict[str, object], status: int, words: str):
    answer = signs.post("/training/estimate", {**QUICK, **body})
    assert (answer.status_code, words in answer.text) == (status, True)


def test_estimate__more_than_is_left(signs: Workplace):
    quoted = signs.post("/training/estimate", {**QUICK, "images": 10**9}).json()["estimate"]
    assert quoted["sufficient"] is False and quoted["credits"] > quoted["credits_remaining"]


def test_charge__minutes_of_its_epochs(signs: Workplace):
    QuickTrainer.seconds_an_epoch = 61.0
    run = start(signs)
    signs.run_job("train")
    assert run_of(signs, run)["training_time_seconds"] == 183
    assert signs.spent(str(run["id"])) == (30, 20)


def test_charge__never_above_the_quote(signs: Workplace):
    QuickTrainer.seconds_an_epoch = 3600.0
    run = start(signs)
    assert signs.run_job("train").state == "succeeded"
    assert signs.spent(str(run["id"])) == (30, 30)


def test_charge__not_for_the_time_between_attempts(signs: Workplace):
    QuickTrainer.seconds_an_epoch = 61.0
    run = start(signs)
    assert signs.run_job("train", kill_at=6).state == "queued"
    with signs.platform.db.write() as conn:
        # As if the machine had been off for a day.
        long_ago = now().replace(year=2020)
        conn.execute(update(training_runs).where(training_runs.c.id == run["id"]).values(started_at=long_ago))
    assert signs.run_job("train").state == "succeeded"
    assert signs.spent(str(run["id"])) == (30, 20)


def test_charge__nothing_for_a_failed_run(signs: Workplace):
    def fail_late(epoch: int) -> None:
        if epoch == 3:
            raise BadTrainingData("Broken")

    QuickTrainer.seconds_an_epoch, QuickTrainer.in_epoch = 61.0, staticmethod(fail_late)
    run = start(signs)
    assert signs.run_job("train").state == "failed"
    assert signs.spent(str(run["id"])) == (30, 0)
    assert signs.get("/credits/balance").json()["credits_remaining"] == 1_000_000


def test_charge__cancelled_run_pays_for_what_it_used(signs: Workplace):
    run = start(signs)

    def cancel_second(epoch: int) -> None:
        if epoch == 2:
            signs.post(f"/training/{run['id']}/cancel")

    QuickTrainer.seconds_an_epoch, QuickTrainer.in_epoch = 61.0, staticmethod(cancel_second)
    assert signs.run_job("train").state == "cancelled"
    # It heard of it when it reported its third.
    assert signs.spent(str(run["id"])) == (30, 20)
    assert run_of(signs, run)["training_time_seconds"] == 183


def test_create_run__more_than_is_left_is_402_and_starts_nothing(signs: Workplace):
    body = {"dataset_name": "signs", "export_name": "v1", "name": "r", **QUICK, "gpu_type": "h100"}
    with signs.platform.db.write() as conn:
        credits.charge(
            conn, signs.organization_id, operation="training_h100", amount=999_950, unique_key="all", description="all"
        )
    answer = signs.post("/training/", body)
    assert answer.status_code == 402
    assert signs.get("/training/").json()["training_runs"] == []
