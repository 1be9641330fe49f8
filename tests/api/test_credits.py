"""Endpoints 28 to 30."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from tests.conftest import MakeClient, make_api_key, make_organization

from pictograph.models.credit import CreditBalance, CreditEstimate
from pictograph_server.app import create_app
from pictograph_server.platform import Platform
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.prices import batch_cost, operations, prompt_cost, training_cost
from pictograph_server.settings import Prices
from pictograph_server.storage.db.tables import ledger_transactions
from pictograph_server.storage.db.types import now

CREDITS = "/api/v1/developer/credits"


def spend(platform: Platform, organization_id: str, amounts: list[int]) -> None:
    with platform.db.write() as conn:
        for number, amount in enumerate(amounts):
            credits.charge(
                conn, organization_id, operation="x", amount=amount, unique_key=str(number), description=f"no. {number}"
            )


def test_balance__of_a_new_organization(app_client: TestClient) -> None:
    balance = CreditBalance.model_validate(app_client.get(f"{CREDITS}/balance").json())
    assert balance.credits_remaining == balance.credits_monthly_allowance == 1_000_000
    assert balance.credits_reset_at is not None
    assert [entry.operation for entry in balance.recent_history] == ["monthly_allowance"]


def test_balance__shows_the_last_twenty(app_client: TestClient, platform: Platform, organization_id: str) -> None:
    spend(platform, organization_id, [1] * 25)
    balance = app_client.get(f"{CREDITS}/balance").json()
    assert balance["credits_remaining"] == 999_975
    assert [entry["description"] for entry in balance["recent_history"]] == [f"no. {n}" for n in range(24, 4, -1)]


def test_history__pages_newest_first(app_client: TestClient, platform: Platform, organization_id: str) -> None:
    spend(platform, organization_id, [1, 2, 3])
    page = app_client.get(f"{CREDITS}/history", params={"limit": 2, "offset": 1}).json()
    assert (page["limit"], page["offset"]) == (2, 1)
    assert [(entry["amount"], entry["balance_after"]) for entry in page["entries"]] == [(-2, 999_997), (-1, 999_999)]


@pytest.mark.parametrize("query", ["limit=101", "limit=0", "offset=-1"])
def test_history__limits_are_refused_not_cut(app_client: TestClient, query: str) -> None:
    assert app_client.get(f"{CREDITS}/history?{query}").status_code == 422


def test_history__is_the_organizations_own(
    app_client: TestClient, make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    spend(platform, organization_id, [5])
    stranger = make_client(make_api_key(platform, make_organization(platform, "Stranger")))
    assert [e["operation"] for e in stranger.get(f"{CREDITS}/history").json()["entries"]] == ["monthly_allowance"]


@pytest.mark.parametrize("operation", operations(Prices()))
@pytest.mark.parametrize("quantity", [1, 10])
def test_estimate__arithmetic_of_the_contract(app_client: TestClient, operation: str, quantity: int) -> None:
    answer = app_client.get(f"{CREDITS}/estimate", params={"operation": operation, "quantity": quantity})
    estimate = CreditEstimate.model_validate(answer.json())
    assert estimate.operation == operation
    assert estimate.total_credits == max(estimate.minimum, estimate.credits_per_unit * quantity) > 0
    assert estimate.unit == ("per_call" if operation.startswith(("image_generate", "image_edit")) else "per_minute")
    assert estimate.sufficient


def test_estimate__tells_when_it_does_not_suffice(make_client: MakeClient, platform: Platform) -> None:
    poor = make_client(make_api_key(platform, make_organization(platform, "Poor", monthly_allowance=10)))
    estimate = poor.get(f"{CREDITS}/estimate?operation=training_h100&quantity=1").json()
    assert (estimate["sufficient"], estimate["total_credits"], estimate["credits_remaining"]) == (False, 18, 10)


def test_estimate__free_organization_can_afford_all(make_client: MakeClient, platform: Platform) -> None:
    free = make_organization(platform, "Free", monthly_allowance=1, free_of_charge=True)
    client = make_client(make_api_key(platform, free))
    assert client.get(f"{CREDITS}/estimate?operation=training_h100&quantity=99").json()["sufficient"]


def test_estimate__unknown_operation_lists_what_there_is(app_client: TestClient) -> None:
    answer = app_client.get(f"{CREDITS}/estimate?operation=teleport")
    assert answer.status_code == 400
    assert "'teleport'" in answer.json()["detail"]
    assert all(operation in answer.json()["detail"] for operation in operations(Prices()))


def test_usage__by_day_and_operation_and_what_is_held(
    app_client: TestClient, platform: Platform, organization_id: str
) -> None:
    spend(platform, organization_id, [5, 7])
    with platform.db.write() as conn:
        job = {"job_id": "job-1", "operation": "training_a10g"}
        credits.hold(conn, organization_id, **job, amount=50, description="Training")
        credits.capture(conn, job_id="job-1", step="1", amount=20)
    usage = app_client.get(f"{CREDITS}/usage", params={"days": 2}).json()
    assert (usage["available"], usage["held"], usage["spent"]) == (1_000_000 - 12 - 50, 30, 32)
    assert [(day["operation"], day["credits"]) for day in usage["days"]] == [("training_a10g", 20), ("x", 12)]
    (hold,) = usage["holds"]
    assert (hold["job_id"], hold["amount"], hold["captured"]) == ("job-1", 50, 20)
    with platform.db.write() as conn:
        credits.release(conn, job_id="job-1")
    usage = app_client.get(f"{CREDITS}/usage").json()
    assert (usage["held"], usage["holds"]) == (0, [])


def test_usage__days_are_those_of_utc_and_the_last_ones_only(
    app_client: TestClient, platform: Platform, organization_id: str
) -> None:
    spend(platform, organization_id, [5, 7, 11])
    moments = [now().replace(hour=23, minute=59), now() - timedelta(days=29), now() - timedelta(days=31)]
    with platform.db.write() as conn:
        for number, moment in enumerate(moments):
            key = ledger_transactions.c.unique_key == f"charge:{organization_id}:{number}"
            conn.execute(update(ledger_transactions).where(key).values(created_at=moment))
    days = app_client.get(f"{CREDITS}/usage", params={"days": 30}).json()["days"]
    assert [(day["day"], day["credits"]) for day in days] == [
        (f"{moments[1]:%Y-%m-%d}", 7),
        (f"{moments[0]:%Y-%m-%d}", 5),
    ]


def test_usage__is_the_organizations_own(
    app_client: TestClient, make_client: MakeClient, platform: Platform, organization_id: str
) -> None:
    spend(platform, organization_id, [5])
    stranger = make_client(make_api_key(platform, make_organization(platform, "Stranger")))
    usage = stranger.get(f"{CREDITS}/usage").json()
    assert (usage["spent"], usage["days"], usage["holds"]) == (0, [], [])


def test_prices__are_those_that_are_charged(app_client: TestClient) -> None:
    prices = app_client.get(f"{CREDITS}/prices").json()["prices"]

    def cost(title: str, units: int) -> int:
        (found,) = [each for each in prices if title in each["title"]]
        return found["base"] + math.ceil(found["credits"] * units / found["per"])

    assert cost("prompt on one image", 1) == prompt_cost(Prices()) == 3
    assert cost("SAM 3 or its like", 101) == batch_cost(Prices(), 101, trained_model=False) == 14
    assert cost("a model trained here", 101) == batch_cost(Prices(), 101, trained_model=True) == 6
    assert cost("a100", 7) == training_cost(Prices(), "a100", 6.5) == 63


def test_prices__set_by_the_operator_hold_everywhere(platform: Platform, owner_key: str) -> None:
    prices = Prices(prompt=11, labelling_base=0, labelling_per_100_images=0, training_a100_per_minute=2)
    dear = replace(platform, settings=platform.settings.model_copy(update={"prices": prices}))
    client = TestClient(create_app(dear), headers={"X-API-Key": owner_key})
    listed = client.get(f"{CREDITS}/prices").json()["prices"]
    assert [(each["base"], each["credits"], each["per"]) for each in listed[:2]] == [(0, 11, 1), (0, 0, 1)]
    estimates = [
        client.get(f"{CREDITS}/estimate", params={"operation": operation, "quantity": 7}).json()["total_credits"]
        for operation in ("training_a100", "training_a100_per_minute", "training_a10g")
    ]
    assert estimates == [14, 14, 35]
    quote = client.post(
        "/api/v1/developer/training/estimate",
        json={"pipeline_type": "yolox", "gpu_type": "a100", "config": {"max_minutes": 1}, "images": 1000},
    ).json()["estimate"]
    assert quote["credits"] == 2 * quote["minutes"]
