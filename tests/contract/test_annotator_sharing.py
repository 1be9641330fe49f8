"""One process for prompts and jobs: whose turn it is, who is heard, and what becomes of whom when it dies."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tests.contract import annotator_stand_in as stand_in
from tests.contract.annotator_stand_in import CRASHES, FAILS, REFUSED, SLOW, picture

from pictograph_server.engines.annotators.base import Annotator, Detection, Exemplars
from pictograph_server.engines.errors import EngineBusy, EngineCrashed, EngineError, EngineUnavailable
from pictograph_server.executors.annotator_client import RemoteAnnotator, open_remote
from pictograph_server.executors.annotator_process import AnnotatorProcess

COMMAND = (sys.executable, str(Path(stand_in.__file__)))


@pytest.fixture
def process() -> Iterator[AnnotatorProcess]:
    process = AnnotatorProcess("own", command=COMMAND)
    yield process
    process.close()


@pytest.fixture
def job(process: AnnotatorProcess) -> Annotator:
    return open_remote(process.address, "own", None)


def confidences(annotator: Annotator, *tenths: int) -> list[float]:
    found = annotator.text([picture(tenths=each) for each in tenths], ["a"], threshold=0.5)
    return [detection.confidence for [detection] in found]


def test_job__has_the_annotator_of_the_process(process: AnnotatorProcess, job: Annotator):
    assert isinstance(job, RemoteAnnotator)
    assert (job.name, job.device, job.capabilities) == ("stand-in@own", "none", stand_in.StandIn.capabilities)
    assert confidences(job, 1, 2, 3) == [0.1, 0.2, 0.3]
    alike = Exemplars(picture(), [(0, 0, 1, 1)], [True])
    assert job.exemplars([picture(tenths=4)], alike, threshold=0) == [[Detection("visual", 0.4, (0, 0, 6, 4))]]
    assert job.points(picture(), [(1, 1)], is_positive=[True]) is None
    with pytest.raises(EngineError, match="zebra"):
        job.check_prompts(["zebra"])


def test_prompt__goes_between_the_images_of_a_batch(process: AnnotatorProcess, job: Annotator):
    process.text(picture(), ["a"], threshold=0.5)
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(confidences_of_slow_batch, job, 20)
        time.sleep(0.5)
        started = time.monotonic()
        process.text(picture(), ["a"], threshold=0.5)
        waited = time.monotonic() - started
        assert not batch.done() and waited < 1
        assert batch.result() == [0.1] * 20


def confidences_of_slow_batch(annotator: Annotator, count: int) -> list[float]:
    found = annotator.text([picture(SLOW, tenths=1)] * count, ["a"], threshold=0.5)
    return [detection.confidence for [detection] in found]


def test_batches__of_two_jobs_take_turns(process: AnnotatorProcess, job: Annotator):
    other = open_remote(process.address, "own", None)
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(confidences_of_slow_batch, job, 20)
        time.sleep(0.2)
        short = pool.submit(confidences_of_slow_batch, other, 2)
        short.result()
        assert not long.done()
        long.result()


def test_network__is_loaded_while_others_work(process: AnnotatorProcess, job: Annotator):
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(process.text, picture(), ["a"], threshold=0.5, annotator="slow to load")
        time.sleep(0.2)
        assert confidences(job, 1) == [0.1]
        assert not loading.done()
        assert loading.result().engine == "stand-in@slow to load"


def test_job__that_is_gone_leaves_the_process_to_others(process: AnnotatorProcess, job: Annotator):
    """As a job that was killed: its connection closes while most of its images are still to do."""
    from pictograph_server.executors import annotator_wire as wire

    images = [picture(SLOW, tenths=5)] * 60
    request = wire.Request(
        question=wire.Text(prompts=["a"], threshold=0.5, max_detections=1),
        annotator="own",
        is_urgent=False,
        pictures=[wire.Picture(size_bytes=image.nbytes, pixels_hw=(4, 6)) for image in images],
    )
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(process.address)
        wire.send(connection, request, [image.data for image in images])
        time.sleep(0.3)
    started = time.monotonic()
    assert confidences(job, 1, 2) == [0.1, 0.2]
    assert time.monotonic() - started < 5


def test_clients__that_say_nothing_hold_up_nobody(process: AnnotatorProcess, job: Annotator):
    silent = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for connection in silent:
        connection.connect(process.address)
        connection.sendall(b"\0\0")
    assert confidences(job, 1) == [0.1]
    for connection in silent:
        connection.close()


def test_client__that_talks_nonsense_is_left(process: AnnotatorProcess, job: Annotator):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(process.address)
        connection.sendall(b"\xff" * 12)
        connection.settimeout(10)
        while connection.recv(1000):
            pass
    assert confidences(job, 1) == [0.1]


def test_crash__of_one_image_is_that_images(process: AnnotatorProcess, job: Annotator):
    with pytest.raises(EngineCrashed, match="while it worked on the image"):
        job.text([picture(), picture(CRASHES)], ["a"], threshold=0.5)
    assert confidences(job, 1) == [0.1]
    first = process.pid
    with pytest.raises(EngineCrashed):
        job.text([picture(CRASHES)], ["a"], threshold=0.5)
    assert confidences(job, 1) == [0.1]
    assert process.pid != first


def test_crash__of_somebody_elses_image_does_not_reach_a_job(process: AnnotatorProcess, job: Annotator):
    process.text(picture(), ["a"], threshold=0.5)
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(confidences_of_slow_batch, job, 10)
        time.sleep(0.3)
        with pytest.raises(EngineCrashed):
            process.text(picture(CRASHES), ["a"], threshold=0.5)
        assert not batch.done()
        assert batch.result() == [0.1] * 10


def test_crash__blames_no_image_that_waits_for_the_same_network(process: AnnotatorProcess, job: Annotator):
    """Both questions of a job wait for the new process to load their network; one of them then ends it again."""
    with ThreadPoolExecutor(2) as pool:
        innocent = [pool.submit(confidences, job, 1) for _ in range(3)]
        with pytest.raises(EngineCrashed):
            job.text([picture(CRASHES)], ["a"], threshold=0.5)
        innocent += [pool.submit(confidences, job, 1) for _ in range(3)]
        assert [each.result() for each in innocent] == [[0.1]] * 6


def test_kill__of_the_process_is_not_seen_by_the_next_request(process: AnnotatorProcess, job: Annotator):
    before = process.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert confidences(job, 2) == [0.2]
    assert process.pid not in (None, before)


def test_crash__while_loading_is_said(process: AnnotatorProcess):
    with pytest.raises(EngineCrashed, match="while it loaded"):
        open_remote(process.address, "crashes", None)
    assert confidences(open_remote(process.address, "own", None), 3) == [0.3]


def test_process__that_cannot_start_is_said():
    process = AnnotatorProcess("cannot start", command=COMMAND)
    try:
        with pytest.raises(EngineUnavailable, match="ended with code 7"):
            open_remote(process.address, "own", None)
        with pytest.raises(EngineUnavailable, match="cannot start"):
            process.text(picture(), ["a"], threshold=0.5)
    finally:
        process.close()


def test_process__whose_program_is_missing_is_said():
    process = AnnotatorProcess("own", command=("/nowhere/python",))
    try:
        for _ in range(2):
            with pytest.raises(EngineUnavailable, match="No such file"):
                process.text(picture(), ["a"], threshold=0.5)
    finally:
        process.close()


def test_errors__reach_the_job_as_they_were_raised(process: AnnotatorProcess, job: Annotator):
    with pytest.raises(EngineError, match="The image is refused") as refused:
        job.text([picture(REFUSED)], ["a"], threshold=0.5)
    assert (refused.value.why, refused.value.fix) == ("it says so", "Take another")
    with pytest.raises(RuntimeError, match="a matrix has no inverse"):
        job.text([picture(FAILS)], ["a"], threshold=0.5)
    with pytest.raises(EngineError, match="failed on the prompt"):
        process.text(picture(FAILS), ["a"], threshold=0.5)
    with pytest.raises(EngineUnavailable, match="it is missing"):
        open_remote(process.address, "missing", None)


def test_prompt__that_takes_too_long_is_said_by_what_it_waits_for():
    process = AnnotatorProcess("own", command=COMMAND, timeout_s=30)
    try:
        process.text(picture(), ["a"], threshold=0.5)
        process._timeout_s = 0.4  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(EngineBusy, match="still loading"):
            process.text(picture(), ["a"], threshold=0.5, annotator="slow to load")
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(process.text, picture(SLOW, tenths=9), ["a"], threshold=0.5)
            time.sleep(0.1)
            with pytest.raises(EngineBusy, match="other prompts"):
                process.text(picture(), ["a"], threshold=0.5)
            with pytest.raises(EngineError, match="takes longer than that"):
                working.result()
    finally:
        process.close()


def test_server__that_has_ended_leaves_the_job_to_itself(process: AnnotatorProcess):
    """Where there is no process the job opens the annotator itself; here one that does not exist tells."""
    remote = open_remote(process.address, "no-such-annotator", None)
    assert remote.name == "stand-in@no-such-annotator"
    process.close()
    with pytest.raises(EngineUnavailable, match="There is no annotator 'no-such-annotator'"):
        remote.text([picture()], ["a"], threshold=0.5)
    with pytest.raises(EngineUnavailable, match="There is no annotator"):
        open_remote(None, "no-such-annotator", None)


def test_address__is_for_this_user_alone_and_gone_with_the_process(process: AnnotatorProcess):
    folder = Path(process.address).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(process.address) < 100
    process.close()
    assert not folder.exists()


def test_address__alone_starts_nothing(process: AnnotatorProcess):
    assert process.address and process.pid is None
    time.sleep(0.2)
    assert process.pid is None


def test_folders__of_killed_servers_are_tidied_up(tmp_path: Path):
    with server(tmp_path) as (killed, left), server(tmp_path) as (_, used):
        killed.kill()
        killed.wait()
        long_ago = time.time() - 3600
        for folder in (left, used):
            os.utime(folder, (long_ago, long_ago))
        with server(tmp_path):
            assert (left.exists(), used.exists()) == (False, True)


@contextmanager
def server(folder: Path) -> Generator[tuple["subprocess.Popen[str]", Path]]:
    """Start a program with a socket in the folder; give it and the folder of its socket."""
    code = (
        "import time; from pictograph_server.executors.annotator_process import AnnotatorProcess\n"
        "print(AnnotatorProcess().address, flush=True); time.sleep(100)"
    )
    environment = os.environ | {"TMPDIR": str(folder)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        try:
            yield program, Path(program.stdout.readline().strip()).parent
        finally:
            program.kill()


def test_warm_up__loads_the_servers_own_without_being_waited_for():
    process = AnnotatorProcess("slow to load", command=COMMAND, timeout_s=60)
    try:
        started = time.monotonic()
        process.warm_up()
        assert time.monotonic() - started < 0.5
        while process.pid is None:
            time.sleep(0.01)
        assert process.text(picture(), ["a"], threshold=0.5).engine == "stand-in@slow to load"
    finally:
        process.close()


def test_close__ends_the_process(process: AnnotatorProcess, job: Annotator):
    pid = process.pid
    assert pid is not None
    process.close()
    assert not psutil.pid_exists(pid)
    assert threading.active_count() < 20
