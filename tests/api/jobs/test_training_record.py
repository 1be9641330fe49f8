"""What stays of a run to look at: every epoch, which image was in which split, what was left out."""

import time

import pytest
from sqlalchemy import delete, func, select
from tests.api.jobs.quick_training import QuickTrainer, run_of, start
from tests.api.jobs.workplace import Workplace

from pictograph_server.storage.db.tables import training_epochs, training_runs, training_splits


def test_history__every_epoch_though_many_pass_in_a_second(signs: Workplace):
    run = start(signs, config={"epochs": 40})
    signs.run_job("train")
    epochs = signs.get(f"/training/{run['id']}/history").json()["epochs"]
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, 41))
    second = epochs[1]
    assert second["losses"] == {"loss": 0.5} and second["metrics"] == {"map_50": pytest.approx(0.2)}
    assert (second["learning_rate"], second["images_per_second"], second["eta_seconds"], second["seconds"]) == (
        0.1,
        None,
        1,
        2.0,
    )


def test_history__written_at_most_once_a_second(signs: Workplace, monkeypatch: pytest.MonkeyPatch):
    start(signs, config={"epochs": 40})
    seen: list[int] = []

    def look(_epoch: int) -> None:
        with signs.platform.db.read() as conn:
            seen.append(conn.execute(select(func.count()).select_from(training_epochs)).scalar_one())

    monkeypatch.setattr(QuickTrainer, "in_epoch", staticmethod(look))
    started = time.monotonic()
    signs.run_job("train")
    assert len(set(seen)) <= 2 + (time.monotonic() - started)


def test_history__of_a_cancelled_run_has_its_last_epochs(signs: Workplace, monkeypatch: pytest.MonkeyPatch):
    run = start(signs, config={"epochs": 30})

    def cancel(epoch: int) -> None:
        if epoch == 5:
            signs.post(f"/training/{run['id']}/cancel")

    monkeypatch.setattr(QuickTrainer, "in_epoch", staticmethod(cancel))
    assert signs.run_job("train").state == "cancelled"
    epochs = signs.get(f"/training/{run['id']}/history").json()["epochs"]
    # It heard of the cancel when it reported the last.
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, 31))


def test_history__epochs_gone_through_again_are_there_once(signs: Workplace):
    run = start(signs)
    # The first epoch is written; the attempt dies with the transaction of the last.
    assert signs.run_job("train", kill_at=6).state == "queued"
    (next(signs.folder.rglob("work/trainer/epoch"))).write_text("0")
    assert signs.run_job("train").state == "succeeded"
    epochs = signs.get(f"/training/{run['id']}/history").json()["epochs"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]


def test_history__epochs_that_the_killed_attempt_had_not_told_are_there(signs: Workplace):
    run = start(signs)
    # The trainer's checkpoint has three epochs, the platform heard of one.
    assert signs.run_job("train", kill_at=6).state == "queued"
    [first] = signs.get(f"/training/{run['id']}/history").json()["epochs"]
    assert signs.run_job("train").state == "succeeded"
    epochs = signs.get(f"/training/{run['id']}/history").json()["epochs"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    assert epochs[0] == first and epochs[2]["metrics"] == {"map_50": pytest.approx(0.3)}


def test_splits__of_every_image_with_counts_by_class(signs: Workplace):
    run = start(signs)
    signs.run_job("train")
    assert QuickTrainer.seen is not None
    ids = [sample.image_id for sample in QuickTrainer.seen.samples]
    splits = signs.get(f"/training/{run['id']}/splits").json()["splits"]
    assert splits["images"] == {"train": ids[1:], "val": ids[:1]}
    assert splits["objects"] == {"train": {"stop": 5, "yield": 0}, "val": {"stop": 1, "yield": 0}}


def test_splits__before_the_run_is_404(signs: Workplace):
    run = start(signs)
    answer = signs.get(f"/training/{run['id']}/splits")
    assert (answer.status_code, answer.json()["code"]) == (404, "training_splits_not_found")


def test_run__says_what_it_started_from_and_what_was_left_out(signs: Workplace):
    run = start(signs)
    assert (run["started_from"], run["remarks"]) == (None, [])
    signs.run_job("train")
    assert run_of(signs, run)["remarks"] == ["No example of yield."]


@pytest.mark.parametrize("what", ["", "/history", "/splits"])
def test_unknown_run__is_404(signs: Workplace, what: str):
    answer = signs.get(f"/training/no-such-run{what}")
    assert (answer.status_code, answer.json()["code"]) == (404, "training_run_not_found")


def test_record__goes_with_its_run(signs: Workplace):
    start(signs)
    signs.run_job("train")
    with signs.platform.db.write() as conn:
        conn.execute(delete(training_runs))
        for table in (training_epochs, training_splits):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0
