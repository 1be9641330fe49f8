"""A batch in shards: whatever dies, races or fails, the end is that of one clean run."""

import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select
from tests.api.jobs.batches import STOP, YIELD, DarkAnnotator, Outcome, job_of, outcome_of, start
from tests.api.jobs.workplace import Workplace

from pictograph_server.engines.annotators.base import Detection, RgbImage
from pictograph_server.engines.errors import EngineUnavailable
from pictograph_server.services.auto_annotation import tasks as annotate_tasks
from pictograph_server.services.auto_annotation.shards import shards_of
from pictograph_server.services.credits.prices import batch_cost
from pictograph_server.settings import Prices, Settings
from pictograph_server.storage.db.tables import batch_shards, jobs

NAMES = [f"{number}.png" for number in range(11)]
SHARD = 4
ANNOTATE_STATES = select(jobs.c.state).where(jobs.c.task == "annotate").order_by(jobs.c.created_at)
# What runs when the network is asked about images: (the annotator, how often it was asked before).
Meddle = Callable[[DarkAnnotator, int], None]


class Meddler(DarkAnnotator):
    """Lets a test do something in the midst of a shard."""

    def __init__(self, meddle: Meddle) -> None:
        super().__init__()
        self._meddle = meddle
        self._asked = 0

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        self._meddle(self, self._asked)
        self._asked += 1
        return super().text(images, prompts, threshold=threshold, max_detections=max_detections)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"jobs": settings.jobs.model_copy(update={"shard_images": SHARD})})


@pytest.fixture
def signs(work: Workplace) -> Workplace:
    """Eleven images, 5.png unreadable and 1.png 65 pixels wide, that make three shards."""
    annotate_with(work, lambda _annotator, _asked: None)
    add_images(work, "signs")
    return work


def annotate_with(work: Workplace, meddle: Meddle) -> None:
    """Let jobs annotate with a network of their own each; `meddle` runs before it answers."""
    found = annotate_tasks.tasks(work.platform, open_annotator=lambda _choice, _device: Meddler(meddle))
    work.tasks = {task.name: task for task in found}


def add_images(work: Workplace, dataset: str) -> None:
    dataset_id = work.make_dataset(dataset)
    for name in NAMES:
        broken = b"\x89PNG not at all" + dataset.encode() if name == "5.png" else None
        work.add_image(dataset_id, name, data=broken, size_wh=(65 if name == "1.png" else 64, 48))


def clean_run(work: Workplace) -> Outcome:
    """Return what the same batch leaves on another dataset when nothing happens to it."""
    add_images(work, "undisturbed")
    batch = start(work, NAMES, dataset_name="undisturbed", classes=[STOP, YIELD])
    work.run_lane("annotate")
    outcome = outcome_of(work, batch)
    assert outcome.counters == ("completed", 11, 10, 1, 20)
    return outcome


def test_shards__cut_by_number_and_never_too_many():
    assert list(shards_of(4_500)) == [(0, 2000), (2000, 4000), (4000, 4500)]
    assert list(shards_of(7, 3)) == [(0, 3), (3, 6), (6, 7)]
    assert len(list(shards_of(100_000))) == 32
    assert list(shards_of(0)) == []


def test_shards__each_is_a_job_and_the_last_ends_the_batch(signs: Workplace):
    batch = start(signs, NAMES)
    seen: list[tuple[object, object]] = []
    for _ in range(3):
        assert signs.run_job("annotate").state == "succeeded"
        seen.append((job_of(signs, batch)["status"], job_of(signs, batch)["processed_images"]))
    assert seen == [("running", 4), ("running", 7), ("completed", 10)]
    assert signs.claim_next("annotate") is None


def test_shards__may_end_in_any_order(signs: Workplace):
    batch = start(signs, NAMES, classes=[STOP, YIELD])
    claimed = [signs.claim("annotate") for _ in range(3)]
    for job in reversed(claimed):
        signs.run_claimed(job)
    assert outcome_of(signs, batch) == clean_run(signs)


@pytest.mark.parametrize("shard", [0, 1, 2])
@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, "end"])
def test_shards__killed_at_any_commit_of_any_shard(signs: Workplace, shard: int, kill_at: int):
    batch = start(signs, NAMES, classes=[STOP, YIELD])
    for _ in range(shard):
        signs.run_job("annotate")
    # Opened; then one image, one image, and two.
    assert signs.run_job("annotate", kill_at=kill_at).state == "queued"
    signs.run_lane("annotate")
    assert outcome_of(signs, batch) == clean_run(signs)


def test_shards__two_workers_share_a_batch(signs: Workplace):
    batch = start(signs, NAMES, classes=[STOP, YIELD])
    both_at_work = threading.Barrier(2, timeout=20)

    def meet(_annotator: DarkAnnotator, asked: int) -> None:
        if asked == 0 and not both_at_work.broken:
            # The third shard has nobody to meet.
            both_at_work.wait() if job_of(signs, batch)["processed_images"] == 0 else None

    annotate_with(signs, meet)
    run_together(*[lambda: signs.run_lane("annotate")] * 2)
    annotate_with(signs, lambda _annotator, _asked: None)
    assert outcome_of(signs, batch) == clean_run(signs)


@pytest.mark.parametrize("at", [0, 1])
def test_shards__a_worker_given_up_wakes_beside_the_next_try(signs: Workplace, at: int):
    """The same shard twice at once: only the holder of the newest fence writes."""
    batch = start(signs, NAMES, classes=[STOP, YIELD])
    is_asleep, may_wake = threading.Event(), threading.Event()

    def sleep(_annotator: DarkAnnotator, asked: int) -> None:
        if asked == at and not is_asleep.is_set():
            is_asleep.set()
            assert may_wake.wait(20)

    annotate_with(signs, sleep)
    stale = signs.claim("annotate")

    def take_over() -> None:
        assert is_asleep.wait(20)
        signs.lose(stale)
        again = signs.claim("annotate")
        assert (again.id, again.fence) == (stale.id, 2)
        may_wake.set()
        signs.run_claimed(again)

    run_together(lambda: signs.run_claimed(stale), take_over)
    signs.run_lane("annotate")
    assert outcome_of(signs, batch) == clean_run(signs)


def test_shards__cancel_returns_the_rest_at_once_and_ends_what_waits(signs: Workplace):
    batch = start(signs, NAMES)
    signs.run_job("annotate")
    assert signs.post(f"/auto-annotate/batch/{batch['job_id']}/cancel").json()["status"] == "cancelled"
    # Before any dispatcher has looked.
    assert signs.spent(str(batch["job_id"])) == tuple(
        batch_cost(Prices(), images, trained_model=False) for images in (11, 4)
    )
    assert signs.claim_next("annotate") is None
    signs.end_cancelled()
    with signs.platform.db.read() as conn:
        assert conn.scalars(ANNOTATE_STATES).all() == [
            "succeeded",
            "cancelled",
            "cancelled",
        ]
        assert conn.scalars(select(batch_shards.c.job_id)).all() == []
    assert job_of(signs, batch)["processed_images"] == 4


def test_shards__cancelled_batch_takes_nothing_more_from_a_worker_at_work(signs: Workplace):
    batch = start(signs, NAMES)

    def cancel(_annotator: DarkAnnotator, asked: int) -> None:
        if asked == 0:
            signs.post(f"/auto-annotate/batch/{batch['job_id']}/cancel")

    annotate_with(signs, cancel)
    assert signs.run_job("annotate").state == "cancelled"
    assert (job_of(signs, batch)["status"], job_of(signs, batch)["processed_images"]) == ("cancelled", 0)
    assert signs.spent(str(batch["job_id"]))[1] == 0


def test_shards__one_that_fails_for_good_is_recorded_image_by_image(signs: Workplace):
    batch = start(signs, NAMES)
    signs.run_job("annotate")
    opened = [DarkAnnotator(), None, DarkAnnotator()]

    def open_annotator(_choice: str, _device: str | None) -> DarkAnnotator:
        annotator = opened.pop(1)
        if annotator is None:
            raise EngineUnavailable("SAM 3 cannot be loaded", why="the card is full", fix="Wait")
        return annotator

    signs.tasks = {task.name: task for task in annotate_tasks.tasks(signs.platform, open_annotator=open_annotator)}
    assert signs.run_job("annotate").state == "failed"
    assert job_of(signs, batch)["status"] == "running"
    assert signs.run_job("annotate").state == "succeeded"
    job = job_of(signs, batch)
    assert (job["status"], job["processed_images"], job["failed_images"]) == ("completed", 7, 4)
    assert "the card is full" in str(job["error_message"]) and "(4 images)" in str(job["error_message"])
    assert signs.spent(str(batch["job_id"]))[1] == batch_cost(Prices(), 7, trained_model=False)


def test_shards__what_fails_before_anything_is_done_fails_the_batch_now(signs: Workplace):
    batch = start(signs, NAMES, classes=[{"name": "no_entry"}])
    assert signs.run_job("annotate").state == "failed"
    job = job_of(signs, batch)
    assert (job["status"], job["processed_images"], job["failed_images"]) == ("failed", 0, 4)
    assert "it knows stop sign, yield. Use SAM 3" in str(job["error_message"])
    assert signs.claim_next("annotate") is None
    signs.end_cancelled()
    assert job_of(signs, batch)["status"] == "failed"
    assert signs.spent(str(batch["job_id"]))[1] == 0


def test_shards__an_image_that_kills_the_process_is_one_failure(signs: Workplace):
    batch = start(signs, NAMES)
    annotate_with(signs, lambda annotator, _asked: annotator.dies_of.add(65))
    assert [run_dying(signs) for _ in range(4)] == ["queued"] * 4
    signs.run_lane("annotate")
    job = job_of(signs, batch)
    assert (job["status"], job["processed_images"], job["failed_images"]) == ("completed", 9, 2)
    assert "'1.png': the process died of it, 3 times" in str(job["error_message"])


def test_shards__pace_and_time_left_are_told_while_it_runs(signs: Workplace):
    batch = start(signs, NAMES)
    assert (job_of(signs, batch)["images_per_second"], job_of(signs, batch)["eta_seconds"]) == (None, None)
    signs.run_job("annotate")
    job = job_of(signs, batch)
    assert job["engine"] == "sam3@test"
    assert float(str(job["images_per_second"])) > 0
    assert int(str(job["eta_seconds"])) >= 1
    signs.run_lane("annotate")
    job = job_of(signs, batch)
    assert float(str(job["images_per_second"])) > 0
    assert job["eta_seconds"] is None


def test_shards__progress_never_falls(signs: Workplace):
    batch = start(signs, NAMES)
    seen: list[int] = []
    annotate_with(signs, lambda _annotator, _asked: seen.append(int(str(job_of(signs, batch)["progress"]))))
    for kill_at in (2, None, 3, None, None, None):
        if (job := signs.claim_next("annotate")) is not None:
            signs.run_claimed(job, kill_at=kill_at)
    seen.append(int(str(job_of(signs, batch)["progress"])))
    assert seen == sorted(seen) and seen[-1] == 100


def test_shards__dataset_deleted_at_work_ends_them_all(signs: Workplace):
    batch = start(signs, NAMES)

    def delete(_annotator: DarkAnnotator, asked: int) -> None:
        if asked == 0:
            assert signs.client.delete("/api/v1/developer/projects/signs").status_code == 200

    annotate_with(signs, delete)
    assert signs.run_job("annotate").state == "cancelled"
    signs.end_cancelled()
    with signs.platform.db.read() as conn:
        assert set(conn.scalars(ANNOTATE_STATES)) == {"cancelled"}
    assert signs.spent(str(batch["job_id"]))[1] == 0


def run_together(*work: Callable[[], object]) -> None:
    """Run in threads, and raise here what any of them raised."""
    errors: list[BaseException] = []

    def guarded(each: Callable[[], object]) -> None:
        try:
            each()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def run_dying(work: Workplace) -> str:
    """Run the next job; when its process «dies», do what a dispatcher does."""
    job = work.claim("annotate")
    try:
        return work.run_claimed(job).state
    except SystemExit:
        return work.lose(job).state
