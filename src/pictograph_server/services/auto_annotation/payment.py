"""What batches cost, and whether an organisation can and wants to pay: before anything is started."""

from sqlalchemy import Connection

from pictograph_server.errors import Conflict
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation.repository import BatchRecord
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.credits import prices as price_list
from pictograph_server.services.credits import service as credits
from pictograph_server.settings import Prices


class OverMaxCredits(Conflict):
    """Not a 402: the credits are there, and buying more would not help."""

    code = "over_max_credits"

    def __init__(self, images: int, *, cost: int, max_credits: int) -> None:
        super().__init__(
            f"Annotating {images} images may cost {cost} credits, and at most {max_credits} were allowed",
            why="there are more images to annotate than were quoted, or the limit is too low",
            fix="Ask for an estimate again (`client.auto_annotate.estimate`) and raise `max_credits`, or annotate "
            "fewer images; nothing was started",
        )


def cost_of(prices: Prices, plan: BatchPlan, images: int) -> int:
    """Return what annotating so many images costs at most: what is held at the start, and what a quote says.

    The job pays for what it has done so far by the same formula; should the prices rise meanwhile, what is held is all
    that it pays.
    """
    return price_list.batch_cost(prices, images, trained_model=plan.model_id is not None) if images else 0


def hold(conn: Connection, batch: BatchRecord, plan: BatchPlan, *, max_credits: int | None, dataset_name: str) -> None:
    """Set a batch's credits aside.

    Raises:
        OverMaxCredits: 409, it could cost more than the person allows.
        InsufficientCredits: 402.
    """
    images, cost = batch.total_images, batch.estimated_credits
    if max_credits is not None and cost > max_credits:
        raise OverMaxCredits(images, cost=cost, max_credits=max_credits)
    credits.hold(
        conn,
        batch.organization_id,
        job_id=batch.id,
        operation=operation_of(plan),
        amount=cost,
        description=f"Auto-annotation of {images} images of {dataset_name}"[:500],
    )


def operation_of(plan: BatchPlan) -> str:
    """Return the line of the price list that a batch is paid under."""
    return price_list.SAM3_SLUG if plan.model_id is None else price_list.MODEL_SLUG


def renew_allowance(platform: Platform, organization_id: str) -> None:
    """Begin the organisation's next month if its time has come, so that what is left is said right."""
    with platform.db.read() as conn:
        is_due = credits.is_renewal_due(conn, organization_id)
    if is_due:
        with platform.db.write() as conn:
            credits.renew_if_due(conn, organization_id)
