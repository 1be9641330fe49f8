"""What a batch would do and cost, before anybody starts it."""

from pictograph.models.auto_annotate import BatchEstimate
from pictograph_server.actor import Actor
from pictograph_server.engines.annotators.checkpoints.catalogue import NAMES
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import payment, planning, repository, selection
from pictograph_server.services.auto_annotation.planning import BatchRequest
from pictograph_server.services.credits import service as credits
from pictograph_server.services.datasets import service as datasets


def quote(platform: Platform, actor: Actor, request: BatchRequest) -> BatchEstimate:
    """Return what `service.start` would hold for the same request now; the charge is never more.

    Nothing is started, registered or held. It is refused as a start would be, but for want of credits.
    """
    payment.renew_allowance(platform, actor.organization_id)
    with platform.db.read() as conn:
        dataset = datasets.get_by_name(conn, actor.organization_id, request.dataset_name)
        chosen = planning.choose(platform, conn, actor, request)
        plan = planning.plan_of(conn, dataset, request, chosen)
        selected = selection.select(conn, dataset, plan, filenames=request.image_filenames, ids=request.image_ids)
        images = len(selected.image_ids)
        cost = payment.cost_of(platform.settings.prices, plan, images)
        speed = repository.recent_speed(conn, chosen.engine)
        told = planning.with_unknown(plan, selected.unknown)
        return BatchEstimate(
            images=images,
            images_skipped=selected.skipped,
            estimated_credits=cost,
            credits_remaining=credits.remaining(conn, actor.organization_id),
            sufficient=credits.can_pay(conn, actor.organization_id, cost),
            annotator=chosen.choice if chosen.choice in NAMES else chosen.engine.partition("@")[0],
            engine=chosen.engine,
            seconds=None if speed is None else images / speed,
            images_not_found=told.unknown_image_count,
            names_not_found=list(told.unknown_images),
        )
