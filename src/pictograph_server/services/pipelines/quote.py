"""What a run would cost at most for so many images, as its stages would be quoted."""

from pictograph.models.pipeline import PipelineQuote
from pictograph_server.actor import Actor
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import payment
from pictograph_server.services.auto_annotation import repository as batch_rows
from pictograph_server.services.credits import service as credits
from pictograph_server.services.pipelines.checks import PipelineRequest, check
from pictograph_server.services.training import estimate
from pictograph_server.services.training.checks import TrainerSpecs, check_gpu, check_pipeline, read_train_config


def quote(
    platform: Platform, actor: Actor, request: PipelineRequest, specs: TrainerSpecs, *, images: int
) -> PipelineQuote:
    """Return the most that a run would cost, without starting anything: images to label, then to train on.

    Raises:
        What `checks.check` raises.
    """
    payment.renew_allowance(platform, actor.organization_id)
    prices = platform.settings.prices
    with platform.db.read() as conn:
        labelling = check(platform, conn, actor, request, specs)
        annotate = payment.cost_of(prices, labelling.plan, images) if labelling is not None else 0
        engine = labelling.chosen.engine if labelling is not None else None
        speed = batch_rows.recent_speed(conn, engine) if engine is not None else None
        training = None
        if request.train:
            _, spec = check_pipeline(request.pipeline, specs)
            config = read_train_config(spec, request.train_config)
            training = estimate.quote(prices, check_gpu(request.gpu), config, images)
        total = annotate + (training.credits if training is not None else 0)
        return PipelineQuote(
            images=images,
            annotate_credits=annotate,
            engine=engine,
            seconds=None if speed is None else images / speed,
            train_credits=training.credits if training is not None else 0,
            train_minutes=training.minutes if training is not None else 0,
            epochs=training.epochs if training is not None else None,
            credits=total,
            credits_remaining=credits.remaining(conn, actor.organization_id),
            sufficient=credits.can_pay(conn, actor.organization_id, total),
        )
