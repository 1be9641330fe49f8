"""The task `annotate`: a shard of a batch, each group of images saved, counted and paid for in one transaction (R13).

Killed at any instruction, it goes on with the images still pending: none is annotated or charged twice. Threads decode
ahead of the network and a thread saves behind it, so that the network waits for neither.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from pictograph_server.engines.annotators.base import Annotator
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.asking import ASKED_AHEAD, Network, exemplars_of
from pictograph_server.services.auto_annotation.feed import MAX_GROUP, Feed, ReadImage, open_feed, pending, read_image
from pictograph_server.services.auto_annotation.repository import BatchRecord, Shard
from pictograph_server.services.auto_annotation.request import BatchPlan
from pictograph_server.services.auto_annotation.saving import Finding, Saver, finding_of, locked_batch
from pictograph_server.services.models.local_folder import local_folder
from pictograph_server.storage.db.types import now

# (the annotator chosen, the device or None for the best) -> a loaded network.
OpenAnnotator = Callable[[str, str | None], Annotator]

# A group takes about this long, so that progress moves, a cancel is heard, and little is lost to a kill.
_GROUP_SECONDS = 1.0
# Groups that wait to be saved: the network is held up only by a saver that is slower than itself.
_SAVES_AHEAD = 2
_EVENT_INTERVAL_S = 2.0
# A try after another works alone on each image that the earlier one may have died of …
_SUSPECTS = 5 * MAX_GROUP
# … and gives up one that killed so many tries while it was the only one. Two may have had other reasons: restarts.
_MAX_DEATHS_OF_AN_IMAGE = 3


def annotate(run: JobRun, platform: Platform, open_annotator: OpenAnnotator) -> None:
    """Do what is left of the shard that the payload names.

    Raises:
        UnknownClasses, EngineUnavailable, ExemplarGone: nothing was annotated; the words reach the person who asked.
        JobCancelled: the batch has ended meanwhile, or is gone.
    """
    shard = _shard(run)
    with platform.db.read() as conn:
        batch = repository.find(conn, run.organization_id, shard.batch_id)
    if batch is None or not batch.is_live:
        raise JobCancelled
    plan = BatchPlan.model_validate(batch.request)
    annotator = open_annotator(_choice(run, platform, plan), platform.settings.device)
    network = Network(annotator, plan, exemplars_of(platform, run.organization_id, plan.exemplar))
    with run.transaction(checkpoint="opened", value=annotator.name) as conn:
        batch = locked_batch(conn, run.organization_id, shard.batch_id)
        repository.start(conn, batch, engine=annotator.name, moment=now())
    progress = _Progress(run)
    progress.say(f"{annotator.name} on {annotator.device}")
    saver = Saver(run, shard, plan, annotator.name, platform.settings.prices)
    if run.attempt > 1:
        _work_carefully(run, platform, shard, network, lambda findings: progress.saved(saver.save(findings)))
    with open_feed(platform, shard, run.organization_id) as feed:
        _work(run, feed, network, lambda findings: progress.saved(saver.save(findings)))


def _work(run: JobRun, feed: Feed, network: Network, save: Callable[[Sequence[Finding]], None]) -> None:
    """Detect group after group, and save behind in their order: none behind one that could not be saved."""
    saver = _InOrder(save)
    with (
        ThreadPoolExecutor(network.questions_at_once, thread_name_prefix="ask") as asking,
        ThreadPoolExecutor(1, thread_name_prefix="save") as saving,
    ):
        asked: deque[Future[list[Finding]]] = deque()
        saves: deque[Future[None]] = deque()
        answered_at = time.monotonic()
        size = 1
        try:
            while True:
                run.raise_if_cancelled()
                while len(asked) < ASKED_AHEAD and (group := feed.next_group(size)):
                    asked.append(asking.submit(network.find, group))
                if not asked:
                    break
                findings = asked.popleft().result()
                size = _next_size(size, time.monotonic() - answered_at)
                answered_at = time.monotonic()
                run.raise_if_cancelled()
                saves.append(saving.submit(saver.save, findings))
                while len(saves) > _SAVES_AHEAD or (saves and saves[0].done()):
                    saves.popleft().result()
            while saves:
                saves.popleft().result()
        finally:
            # What was not begun is left: it is still pending for the next try.
            asking.shutdown(wait=True, cancel_futures=True)
            saving.shutdown(wait=True, cancel_futures=True)


class _InOrder:
    """Saves one group after the other, and nothing any more once one could not be saved."""

    def __init__(self, save: Callable[[Sequence[Finding]], None]) -> None:
        self._save = save
        self._has_failed = False

    def save(self, findings: Sequence[Finding]) -> None:
        if self._has_failed:
            return
        self._has_failed = True
        self._save(findings)
        self._has_failed = False


def _work_carefully(
    run: JobRun,
    platform: Platform,
    shard: Shard,
    network: Network,
    save: Callable[[Sequence[Finding]], None],
) -> None:
    """Do the images that may have killed an earlier try one by one; one that kills again and again has failed.

    A native library that crashes on an image takes the process along, whatever we catch.
    """
    for position, image in list(islice(pending(platform, shard, run.organization_id), _SUSPECTS)):
        run.raise_if_cancelled()
        deaths = _deaths(run.checkpoint("alone"), image.id)
        if deaths >= _MAX_DEATHS_OF_AN_IMAGE:
            reason = f"{image.filename!r}: the process died of it, {deaths} times while it did nothing else"
            save([finding_of(ReadImage(position, image, None, reason))])
            continue
        with run.transaction(checkpoint="alone", value={"image_id": image.id, "tries": deaths + 1}):
            pass
        save(network.find([read_image(platform, position, image)]))


def _deaths(alone: object, image_id: str) -> int:
    """Return how many earlier tries ended while they worked on this image alone."""
    match alone:
        case {"image_id": str(known), "tries": int(tries)} if known == image_id:
            return tries
        case _:
            return 0


def _shard(run: JobRun) -> Shard:
    payload = run.payload
    first, end = payload["first_position"], payload["end_position"]
    assert isinstance(first, int) and isinstance(end, int)
    return Shard(run.job_id, str(payload["batch_id"]), first, end)


def _choice(run: JobRun, platform: Platform, plan: BatchPlan) -> str:
    if plan.model_id is not None:
        return str(local_folder(platform, run.organization_id, plan.model_id))
    return plan.annotator or platform.settings.annotator


def _next_size(size: int, elapsed_s: float) -> int:
    if elapsed_s < _GROUP_SECONDS / 2:
        return min(MAX_GROUP, size * 2)
    return max(1, size // 2) if elapsed_s > _GROUP_SECONDS else size


class _Progress:
    """Tells the people watching how far the batch is and how long it will still take."""

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._told_at = 0.0

    def say(self, message: str) -> None:
        self._run.event("engine", {"message": message})

    def saved(self, batch: BatchRecord) -> None:
        is_last = batch.settled_images >= batch.total_images
        if not is_last and time.monotonic() - self._told_at < _EVENT_INTERVAL_S:
            return
        self._told_at = time.monotonic()
        moment = now()
        self._run.event(
            "progress",
            {
                "done": batch.settled_images,
                "total": batch.total_images,
                "images_per_second": batch.images_per_second(moment),
                "eta_seconds": batch.eta_seconds(moment),
            },
        )
