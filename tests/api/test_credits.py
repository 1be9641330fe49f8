"""Endpoints 28 to 30."""

import pytest
from fastapi.testclient import TestClient
from tests.conftest import MakeClient, make_api_key, make_organization

from pictograph.models.credit import CreditBalance, CreditEstimate
from pictograph_server.platform import Platform
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.prices import PRICES

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


@pytest.mark.parametrize("operation", PRICES)
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
    assert all(operation in answer.json()["detail"] for operation in PRICES)
