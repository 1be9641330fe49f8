"""The OpenAPI document is true: whatever is sent, what comes back is documented, and no request breaks the server.

schemathesis makes the requests from the document. Half of the names and ids are replaced by ones that are there, so
that more than refusals come back.
"""

import random
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.jobs.quick_training import BOX, export, use_quick_trainer
from tests.api.jobs.workplace import Workplace
from tests.conftest import make_api_key

from pictograph_server.platform import Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
# Requests to each operation. `pytest -m exhaustive` sends more.
FEW, MANY = 4, 60


@pytest.fixture
def there(platform: Platform, organization_id: str, app_client: TestClient, tmp_path: Path) -> dict[str, list[str]]:
    """What is there, by the names that parameters and bodies have for it."""
    work = Workplace(platform, organization_id, app_client, tmp_path)
    use_quick_trainer(work)
    dataset = work.make_dataset("signs", [("stop", "bbox"), ("yield", "bbox")])
    images = [work.add_image(dataset, f"{number}.png") for number in range(6)]
    for image in images[:5]:
        work.save(image, [BOX], "complete")
    export(work, "v1")
    body = {"dataset_name": "signs", "export_name": "v1", "pipeline_type": "yolox", "name": "run", "config": {}}
    run = work.post("/training/", body).json()["training_run"]["id"]
    work.run_job("train")
    model = work.get(f"/training/{run}").json()["training_run"]["model_id"]
    wanted = {"dataset_name": "signs", "pipeline": "yolox", "classes": [{"name": "stop"}]}
    pipelines = [
        work.post("/pipelines/", {**wanted, "driver": driver}).json()["pipeline_run"]["id"]
        for driver in ("server", "client")
    ]
    member = work.get("/organizations/members").json()["members"][0]["id"]
    return {
        "name": ["signs"],
        "dataset_name": ["signs"],
        "dataset_id": [dataset],
        "image_id": images,
        "image_ids": images,
        "image_filename": ["0.png"],
        "export_name": ["v1"],
        "run_id": [run],
        "model_id": [model],
        "pipeline_id": pipelines,
        "member_id": [member],
    }


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.exhaustive)], ids=["a few", "many"])
def test_openapi__is_true(
    platform: Platform, organization_id: str, app_client: TestClient, there: dict[str, list[str]], examples: int
) -> None:
    app = app_client.app
    assert isinstance(app, FastAPI)
    key = make_api_key(platform, organization_id, role="owner", rate_limit=10**9)
    document = schemathesis.openapi.from_asgi("/openapi.json", app)
    failures: list[str] = []
    calls = 0
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.endswith("/events"):
            # A stream of something that has not ended does not end.
            continue

        @seed(1)
        @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=SLOW_IS_FINE)
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal calls
            calls += 1
            chance = random.Random(calls)
            _put_in(case.path_parameters, there, chance)
            _put_in(case.query, there, chance)
            _put_in(case.body, there, chance)
            response = case.call(headers={"X-API-Key": key})
            case.validate_response(response, checks=CHECKS)

        try:
            ask()
        except Exception as error:
            failures.append(f"{operation.method.upper()} {operation.path}: {error}")
    assert calls > 100
    assert failures == [], "\n\n".join(failures)


def _put_in(values: object, there: dict[str, list[str]], chance: random.Random) -> None:
    """Replace half of what names something by what there is."""
    if not isinstance(values, dict):
        return
    for name in values.keys() & there.keys():
        if chance.random() < 0.5:
            values[name] = there[name] if isinstance(values[name], list) else chance.choice(there[name])
