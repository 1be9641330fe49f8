"""Runs that go on from an earlier model of the platform."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.api.jobs.quick_training import QuickTrainer, run_of, start
from tests.api.jobs.workplace import D, Workplace
from tests.conftest import make_organization

from pictograph_server.jobs import queue
from pictograph_server.storage.db.tables import models, training_runs

REQUEST = {"dataset_name": "signs", "export_name": "v1", "pipeline_type": "yolox", "name": "finer"}


@pytest.fixture
def parent(signs: Workplace) -> str:
    run = start(signs)
    signs.run_job("train")
    return str(run_of(signs, run)["model_id"])


def with_card(work: Workplace, **card: object) -> None:
    with work.platform.db.write() as conn:
        conn.execute(update(models).values(card=card))


def test_parent__its_weights_are_where_the_run_starts(signs: Workplace, parent: str):
    run = start(signs, name="finer", parent_model_id=parent, config={"epochs": 2})
    assert run["parent_model_id"] == parent
    assert signs.run_job("train").state == "succeeded"
    assert QuickTrainer.began_with == b"model.safetensors"
    assert QuickTrainer.weights == Path(f"run-1-{parent}.safetensors")
    model = signs.get(f"/models/{run_of(signs, run)['model_id']}").json()["model"]
    assert model["parent_model_id"] == parent


def test_parent__what_the_run_is_not_told_of_the_network_is_the_models(signs: Workplace, parent: str):
    plan = {"flip": False, "seed": 5, "epochs": 99, "batch_size": 2, "learning_rate": 0.5, "depth": "s"}
    with_card(signs, pipeline="yolox", training={"plan": plan})
    run = start(signs, name="finer", parent_model_id=parent, config={"epochs": 2})
    assert run["config"] == {"flip": False, "epochs": 2}


def test_parent__of_other_classes_is_said(signs: Workplace, parent: str):
    run = start(signs, name="finer", parent_model_id=parent)
    signs.run_job("train")
    assert said(signs, run) == []
    with signs.platform.db.write() as conn:
        conn.execute(update(models).values(class_mapping={"0": "dog", "1": "cat"}))
    run = start(signs, name="other", parent_model_id=parent)
    signs.run_job("train")
    assert said(signs, run) == [
        "The model that it goes on from knew the classes dog, cat; the dataset has stop, yield."
    ]


def said(work: Workplace, run: dict[str, object]) -> list[str]:
    with work.platform.db.read() as conn:
        events = queue.events(conn, str(run["id"]))
    return [str(event.data["message"]) for event in events if event.kind == "message"]


def test_parent__deleted_before_the_run_starts_fails_with_words(signs: Workplace, parent: str):
    run = start(signs, name="finer", parent_model_id=parent)
    signs.client.delete(f"{D}/models/{parent}")
    assert signs.run_job("train").state == "failed"
    assert f"There is no model '{parent}'" in str(run_of(signs, run)["error_message"])


def not_ready(work: Workplace) -> None:
    with work.platform.db.write() as conn:
        conn.execute(update(models).values(status="failed"))


def foreign(work: Workplace) -> None:
    with_card(work, pipeline="sm_pytorch")


def without_weights(work: Workplace) -> None:
    with work.platform.db.write() as conn:
        conn.execute(update(models).values(files={"model.onnx": "models/x/y/model.onnx"}))


@pytest.mark.parametrize("path", ["/training/", "/training/check"])
@pytest.mark.parametrize(
    ("spoil", "body", "status", "words"),
    [
        pytest.param(None, {"parent_model_id": "nowhere"}, 404, "There is no model 'nowhere'", id="unknown"),
        pytest.param(not_ready, {}, 409, "cannot be trained further: it is failed", id="not ready"),
        pytest.param(foreign, {}, 422, "the pipeline 'sm_pytorch' made it", id="another pipeline"),
        pytest.param(without_weights, {}, 404, "no weights were stored", id="no weights"),
        pytest.param(None, {"config": {"weights": "scratch"}}, 422, "Leave out `weights`", id="two beginnings"),
    ],
)
def test_parent__refused(
    signs: Workplace,
    parent: str,
    path: str,
    spoil: Callable[[Workplace], None] | None,
    body: dict[str, object],
    status: int,
    words: str,
):
    if spoil is not None:
        spoil(signs)
    answer = signs.post(path, {**REQUEST, "parent_model_id": parent, **body})
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    with signs.platform.db.read() as conn:
        assert len(conn.execute(select(training_runs.c.id)).all()) == 1


@pytest.mark.parametrize(("given", "status"), [("s", 422), ("nano", 200), ("YOLOX-nano", 200), (None, 200)], ids=str)
def test_parent__another_variant_is_refused(signs: Workplace, parent: str, given: str | None, status: int):
    # With the pipeline's real settings, as `check` reads them.
    with_card(signs, pipeline="yolox", training={"plan": {"model_type": "yolox_nano", "image_size": 320}})
    config = {} if given is None else {"model_type": given}
    answer = signs.post("/training/check", {**REQUEST, "parent_model_id": parent, "config": config})
    assert answer.status_code == status, answer.text
    if status == 422:
        assert "its model_type is 'yolox_nano', and 'yolox_s' was asked for" in answer.text


def test_parent__of_another_organization_is_404(signs: Workplace, parent: str):
    other = make_organization(signs.platform, "Other")
    with signs.platform.db.write() as conn:
        conn.execute(update(models).values(organization_id=other))
    assert signs.post("/training/", {**REQUEST, "parent_model_id": parent}).status_code == 404
