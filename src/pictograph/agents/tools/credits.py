"""What there is to spend, and what things cost."""

from typing import Annotated, Any

from pydantic import Field

from pictograph.agents.descriptor import describe
from pictograph.client import Client


def get_credit_balance(client: Client) -> Any:
    """Use to see how many credits are left, before anything that costs some."""
    return client.credits.balance()


def estimate_credit_cost(
    client: Client,
    operation: Annotated[str, Field(description="For example training_a10g or sam3_auto_annotation.")],
    quantity: Annotated[int, Field(ge=1, description="Minutes or calls.")] = 1,
) -> Any:
    """Use to see what an operation costs and whether the credits suffice."""
    return client.credits.estimate(operation, quantity=quantity)


TOOLS = (
    describe(get_credit_balance, "viewer", idempotent=True),
    describe(estimate_credit_cost, "viewer", idempotent=True),
)
