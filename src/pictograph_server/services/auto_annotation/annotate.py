"""The task `annotate`: a shard of a batch, each group of images saved, counted and paid for in one transaction (R13).

Killed at any instruction, it goes on with the images still pending: none is annotated or charged twice. Threads decode
ahead of the network and a thread saves behind it, so that the network waits for neither.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from pictograph_server.engines.annotators.base import Annotator, Detection, Exemplars, RgbImage
from pictograph_server.engines.errors import EngineCrashed
from pictograph_server.errors import NotFound
from pictograph_server.jobs.run import JobCancelled, JobRun
from pictograph_server.platform import Platform
from pictograph_server.services.auto_annotation import repository
from pictograph_server.services.auto_annotation.feed import MAX_GROUP, Feed, ReadImage, open_feed, pending, read_image
from pictograph_server.services.auto_annotation.repository import BatchRecord, Shard
from pictograph_server.services.auto_annotation.request import BatchPlan, ExemplarRef
from pictograph_server.services.auto_annotation.saving import Finding, Saver, finding_of, locked_batch
from pictograph_server.services.images import service as images
from pictograph_server.services.models.local_folder import local_folder
from pictograph_server.storage.db.types import now

# (the annotator chosen, the device or None for the best) -> a loaded network.
OpenAnnotator = Callable[[str, str | None], Annotator]

# A group takes about this long, so that progress moves, a cancel is heard, and little is lost to a kill.
_GROUP_SECONDS = 1.0
# Groups that wait to be saved: the network is held up only by a saver that is slower than itself.
_SAVES_AHEAD = 2
# A network that fails so often in a row is broken; the images are not.
_MAX_FAILURES_IN_A_ROW = 10
_EVENT_INTERVAL_S = 2.0
# A try after another works alone on each image that the earlier one may have died of …
_SUSPECTS = 5 * MAX_GROUP
# … and gives up one that killed so many tries while it was the only one.
_MAX_DEATHS_OF_AN_IMAGE = 2


class ExemplarGone(NotFound):
    code = "exemplar_gone"


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
    network = _Network(annotator, plan, _exemplars(run, platform, plan.exemplar))
    with run.transaction(checkpoint="opened", value=annotator.name) as conn:
        batch = locked_batch(conn, run.organization_id, shard.batch_id)
        repository.start(conn, batch, engine=annotator.name, moment=now())
    progress = _Progress(run)
    progress.say(f"{annotator.name} on {annotator.device}")
    saver = Saver(run, shard, plan, annotator.name)
    if run.attempt > 1:
        _work_carefully(run, platform, shard, network, lambda findings: progress.saved(saver.save(findings)))
    with open_feed(platform, shard, run.organization_id) as feed:
        _work(run, feed, network, lambda findings: progress.saved(saver.save(findings)))


def _work(run: JobRun, feed: Feed, network: "_Network", save: Callable[[Sequence[Finding]], None]) -> None:
    """Detect group after group; one thread saves them in their order, and none behind one that failed."""
    has_failed = False

    def save_next(findings: Sequence[Finding]) -> None:
        nonlocal has_failed
        if has_failed:
            return
        has_failed = True
        save(findings)
        has_failed = False

    with ThreadPoolExecutor(1, thread_name_prefix="save") as pool:
        saves: deque[Future[None]] = deque()
        try:
            size = 1
            while group := feed.next_group(size):
                run.raise_if_cancelled()
                started = time.monotonic()
                findings = network.find(group)
                size = _next_size(size, time.monotonic() - started)
                run.raise_if_cancelled()
                saves.append(pool.submit(save_next, findings))
                while len(saves) > _SAVES_AHEAD or (saves and saves[0].done()):
                    saves.popleft().result()
            while saves:
                saves.popleft().result()
        finally:
            # What was not begun is not saved: it is still pending for the next try.
            pool.shutdown(wait=True, cancel_futures=True)


def _work_carefully(
    run: JobRun,
    platform: Platform,
    shard: Shard,
    network: "_Network",
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


@dataclass
class _Network:
    """The annotator with a batch's question; counts how often in a row it failed."""

    annotator: Annotator
    plan: BatchPlan
    alike: Exemplars | None
    failures_in_a_row: int = 0

    def __post_init__(self) -> None:
        if self.alike is None or self.alike.phrase is not None:
            self.annotator.check_prompts(self.plan.prompts)

    def find(self, group: Sequence[ReadImage]) -> list[Finding]:
        readable = [(read, read.pixels) for read in group if read.pixels is not None]
        found = {read.image.id: finding_of(read) for read in group if read.pixels is None}
        found |= {finding.image.id: finding for finding in self._find(readable)}
        return [found[read.image.id] for read in group]

    def _find(self, group: Sequence[tuple[ReadImage, RgbImage]]) -> list[Finding]:
        try:
            answers = self._ask([pixels for _, pixels in group])
        # Out of memory, or an image the network chokes on or its process dies of: alone, the others go through and the
        # one has its reason.
        except (EngineCrashed, RuntimeError, MemoryError, ValueError, ArithmeticError) as error:
            if len(group) > 1:
                return [finding for one in group for finding in self._find([one])]
            self.failures_in_a_row += 1
            read, _ = group[0]
            reason = f"{read.image.filename!r}: the model failed: {error}"
            if self.failures_in_a_row >= _MAX_FAILURES_IN_A_ROW:
                words = f"the annotator failed on {self.failures_in_a_row} images in a row, last on {reason}"
                raise RuntimeError(words) from error
            return [finding_of(read, reason=reason)]
        self.failures_in_a_row = 0
        return [finding_of(read, detections) for (read, _), detections in zip(group, answers, strict=True)]

    def _ask(self, pixels: Sequence[RgbImage]) -> list[list[Detection]]:
        if not pixels:
            return []
        plan, annotator = self.plan, self.annotator
        if self.alike is not None:
            return annotator.exemplars(
                pixels, self.alike, threshold=plan.asked_threshold, max_detections=plan.asked_detections
            )
        return annotator.text(
            pixels, plan.prompts, threshold=plan.asked_threshold, max_detections=plan.asked_detections
        )


def _shard(run: JobRun) -> Shard:
    payload = run.payload
    first, end = payload["first_position"], payload["end_position"]
    assert isinstance(first, int) and isinstance(end, int)
    return Shard(run.job_id, str(payload["batch_id"]), first, end)


def _choice(run: JobRun, platform: Platform, plan: BatchPlan) -> str:
    if plan.model_id is not None:
        return str(local_folder(platform, run.organization_id, plan.model_id))
    return plan.annotator or platform.settings.annotator


def _exemplars(run: JobRun, platform: Platform, wanted: ExemplarRef | None) -> Exemplars | None:
    if wanted is None:
        return None
    fix = "Ask again with boxes on an image that is there"
    try:
        with platform.db.read() as conn:
            image = images.get(conn, run.organization_id, wanted.image_id)
    except NotFound as error:
        raise ExemplarGone("The image with the exemplars was deleted", why=error.message, fix=fix) from None
    read = read_image(platform, 0, image)
    if read.pixels is None:
        raise ExemplarGone("The image with the exemplars cannot be read", why=read.reason, fix=fix)
    return Exemplars(read.pixels, wanted.boxes_xyxy, wanted.is_positive, wanted.phrase)


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
