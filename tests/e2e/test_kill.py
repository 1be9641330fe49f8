"""kill -9 of a job's process, of the server, or of both, at every checkpoint of annotate, export and train.

`pictograph up` on the same data then completes the job: the same effects, each once, and paid for once. Some cases run
always; `make test-crash` runs all of them.
"""

import random
import re
import shutil
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from examples.local_server import LocalServer
from examples.scenes.folder import draw_folder
from tests.e2e.database import ENDED, JobRow, ServerDatabase
from tests.e2e.work import IMAGES, WORK, annotate, export

from pictograph import Client
from pictograph.workflows import upload_dataset_from_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Checkpoints, and `#N` for transactions without a fixed name (see jobs/crash.py). Annotating saves 1, 2, 4 … images
# together as time allows: #4 is in their midst. #4 of a training writes its splits, #9 makes the model.
PLACES = {
    "annotate": ("opened", "images:1", "#4", f"images:{IMAGES}", "end"),
    "export": ("#1", "written", "stored", "end"),
    "train": ("#1", "unpacked", "#3", "#4", "epoch:1", "epoch:2", "trained", "stored", "#9", "end"),
}
ALWAYS = {
    "annotate:before:images:1",
    "annotate:after:#4@server",
    "export:after:written",
    "export:after:end@server",
    "train:after:epoch:1",
    "train:before:stored@server",
}
# With shards of four: the first and the last images of a shard, its opening and its end.
SHARD_IMAGES = 4
SHARD_PLACES = ("opened", "images:4", "images:5", "images:8", f"images:{IMAGES}", "end")
SHARDS_ALWAYS = {"annotate:before:images:4@server"}
# Processes start here by the dozen: they keep their compiled code, even where Python is told not to.
SETTINGS = {"PICTOGRAPH_ANNOTATOR": "tiny", "PYTHONDONTWRITEBYTECODE": ""}
# Once this much is in the database, the server is killed while its child works.
AT_WORK = {
    "annotate": "SELECT 1 FROM batch_jobs WHERE processed_images > 0",
    "export": "SELECT 1 FROM jobs WHERE task = 'export' AND state = 'running'",
    "train": "SELECT 1 FROM training_runs WHERE current_epoch > 0",
}


def crash_points() -> list[object]:
    """Return every place with each way to die there; what does not run always carries the mark that leaves it out."""
    points = [
        f"{task}:{when}:{place}{whom}"
        for task, places in PLACES.items()
        for place in places
        for when in ("before", "after")
        for whom in ("", "@server")
        # A process that dies with nothing left to do leaves no trace of it.
        if (when, place, whom) != ("after", "end", "")
    ]
    return _marked(points, ALWAYS)


def shard_boundaries() -> list[object]:
    """Return the places where one shard ends and another begins, each with each way to die there."""
    points = [
        f"annotate:{when}:{place}{whom}"
        for place in SHARD_PLACES
        for when in ("before", "after")
        for whom in ("", "@server")
        if (when, place, whom) != ("after", "end", "")
    ]
    return _marked(points, SHARDS_ALWAYS)


def _marked(points: list[str], always: set[str]) -> list[object]:
    assert set(points) >= always
    return [pytest.param(point, marks=() if point in always else pytest.mark.exhaustive) for point in points]


@pytest.mark.parametrize("place", crash_points())
def test_kill__at_a_checkpoint(place: str, folders: dict[str, Path], tmp_path: Path) -> None:
    work = WORK[place.split(":")[0]]
    kills_server = place.endswith("@server")
    with running_copy(folders[work.task], tmp_path / "data", crash_at=place) as (server, client):
        job_id = work.begin(client)
        if kills_server:
            assert server.wait(120) == -signal.SIGKILL
            server.start()
        job = ServerDatabase(server.data).wait_for_end(job_id)
        check_survived(job, died=not kills_server, lost=kills_server and ":after:end" not in place)
        work.check(server, client, job_id, folders)
        for epoch in re.findall(r":epoch:(\d)", place):
            # The trainer's own checkpoint is on disk before the platform's.
            assert f"Going on after epoch {epoch} of 2." in ServerDatabase(server.data).events(job_id, "message")


@pytest.mark.parametrize("place", shard_boundaries())
def test_kill__at_a_boundary_of_shards(place: str, folders: dict[str, Path], tmp_path: Path) -> None:
    kills_server = place.endswith("@server")
    shards = -(-IMAGES // SHARD_IMAGES)
    # Each shard has its opening and its end; only one has that image.
    deaths = 1 if "images:" in place else shards
    settings = {"PICTOGRAPH_JOBS_SHARD_IMAGES": str(SHARD_IMAGES)}
    with running_copy(folders["annotate"], tmp_path / "data", crash_at=place, **settings) as (server, client):
        job_id = annotate.begin(client)
        database = ServerDatabase(server.data)
        for _ in range(deaths if kills_server else 0):
            assert server.wait(120) == -signal.SIGKILL
            server.start()
        job = database.wait_for_end(job_id)
        died = 0 if kills_server else deaths
        lost = deaths if kills_server and ":after:end" not in place else 0
        check_survived(job, died=died, lost=lost)
        assert job.events["queued"] == shards
        annotate.check(server, client, job_id, folders)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(2, 9))])
def test_kill__two_workers_on_one_batch_at_any_moment(seed: int, folders: dict[str, Path], tmp_path: Path) -> None:
    choose = random.Random(f"shards {seed}")
    settings = {"PICTOGRAPH_JOBS_SHARD_IMAGES": "3", "PICTOGRAPH_JOBS_ANNOTATE_SLOTS": "2"}
    with running_copy(folders["annotate"], tmp_path / "data", **settings) as (server, client):
        database = ServerDatabase(server.data)
        job_id = annotate.begin(client)
        for _ in range(2):
            tries = database.job(job_id).events["started"]
            wait_until(lambda n=tries: database.job(job_id).events["started"] > n or has_ended(database, job_id))
            time.sleep(choose.uniform(0, 2 * annotate.seconds))
            kill(choose.choice(["child", "server", "both"]), server)
        job = database.wait_for_end(job_id)
        assert job.state == "succeeded"
        assert job.attempt == 1 + job.events["died"] + job.events["lost"]
        annotate.check(server, client, job_id, folders)


# All jobs run in the same kind of process: one always, the longest.
@pytest.mark.parametrize(
    "task", ["train", *(pytest.param(task, marks=pytest.mark.exhaustive) for task in WORK if task != "train")]
)
def test_kill__of_the_server_takes_its_child_along(task: str, folders: dict[str, Path], tmp_path: Path) -> None:
    work = WORK[task]
    with running_copy(folders[task], tmp_path / "data") as (server, client):
        database = ServerDatabase(server.data)
        job_id = work.begin(client)
        wait_until(lambda: bool(database.rows(AT_WORK[task])))
        [child] = runners_of(server)
        server.kill()
        wait_until(lambda: not is_alive(child), timeout_s=5)
        assert database.job(job_id).state == "running", "the job was done before the kill"
        server.start()
        check_survived(database.wait_for_end(job_id), lost=True)
        work.check(server, client, job_id, folders)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in range(2, 9))])
@pytest.mark.parametrize("task", WORK)
def test_kill__at_any_moment(task: str, seed: int, folders: dict[str, Path], tmp_path: Path) -> None:
    """Kill twice, wherever the job is: first surely before its end, then anywhere, perhaps behind it."""
    work = WORK[task]
    choose = random.Random(f"{task} {seed}")
    with running_copy(folders[task], tmp_path / "data") as (server, client):
        database = ServerDatabase(server.data)
        job_id = work.begin(client)
        for attempt, seconds in ((1, work.seconds), (2, 6 * work.seconds)):
            wait_until(lambda n=attempt: database.job(job_id).attempt == n and database.job(job_id).state != "queued")
            time.sleep(choose.uniform(0, seconds))
            kill(choose.choice(["child", "server", "both"]), server)
        job = database.wait_for_end(job_id)
        assert job.state == "succeeded"
        assert job.attempt == 1 + job.events["died"] + job.events["lost"] > 1
        work.check(server, client, job_id, folders)


# --- servers to kill ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of stopped servers: for each task one with all done but that, and `done` for comparison."""
    base = tmp_path_factory.mktemp("folders")
    draw_folder(base / "scenes", base / "truth.json", scenes=IMAGES, seed=9)
    found = {name: base / name / "data" for name in ("annotate", "export", "train")}
    with (
        LocalServer(found["annotate"], settings=SETTINGS) as server,
        Client(server.api_key, base_url=server.base_url) as client,
    ):
        assert upload_dataset_from_folder(client, "signs", base / "scenes").images_uploaded == IMAGES
        database = ServerDatabase(server.data)
        for job_id in database.column("SELECT id FROM jobs"):
            assert database.wait_for_end(str(job_id)).state == "succeeded"
    for before, after, work in (("annotate", "export", annotate), ("export", "train", export)):
        with running_copy(found[before], found[after]) as (server, client):
            job = ServerDatabase(server.data).wait_for_end(work.begin(client))
            assert (job.state, job.attempt) == ("succeeded", 1)
    return found


@contextmanager
def running_copy(
    source: Path, data: Path, *, crash_at: str = "", **settings: str
) -> Generator[tuple[LocalServer, Client]]:
    """Give a server on a copy of a stopped server's folder, with the same key."""
    shutil.copytree(source, data)
    shutil.copy(source.with_name("data.key"), data.with_name("data.key"))
    with started(data, **settings, **({"PICTOGRAPH_CRASH_AT": crash_at} if crash_at else {})) as pair:
        yield pair


@contextmanager
def started(data: Path, **settings: str) -> Generator[tuple[LocalServer, Client]]:
    with (
        LocalServer(data, settings=SETTINGS | settings) as server,
        Client(server.api_key, base_url=server.base_url) as client,
    ):
        yield server, client


def has_ended(database: ServerDatabase, job_id: str) -> bool:
    return database.job(job_id).state in ENDED


def check_survived(job: JobRow, *, died: int = 0, lost: int = 0) -> None:
    """See that the job succeeded, and that its process or its server was really lost so often, and nothing else."""
    assert (job.state, job.error) == ("succeeded", None)
    assert job.attempt == 1 + died + lost
    assert {kind: job.events[kind] for kind in ("died", "lost", "retry")} == {"died": died, "lost": lost, "retry": 0}


def kill(victim: str, server: LocalServer) -> None:
    runners = runners_of(server)
    if victim != "child":
        server.kill()
    for runner in runners if victim != "server" else []:
        with suppress(psutil.NoSuchProcess):
            runner.kill()
    if victim != "child":
        server.start()


def runners_of(server: LocalServer) -> list[psutil.Process]:
    processes = psutil.process_iter(["ppid", "cmdline"])
    found = [process for process in processes if process.info["ppid"] == server.pid]
    return [process for process in found if "pictograph_server.runner" in (process.info["cmdline"] or ())]


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
