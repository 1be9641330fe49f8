"""One network for prompts and batch jobs of a running server."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from examples.local_server import LocalServer
from tests.e2e.work import CLASSES

from pictograph import Client
from pictograph.workflows import upload_dataset_from_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_annotator__is_loaded_once_for_prompts_and_jobs(own_server: LocalServer, signs: Path) -> None:
    with Client(own_server.api_key, base_url=own_server.base_url) as client:
        report = upload_dataset_from_folder(client, "signs", signs)
        assert report.success
        assert annotators_of(own_server) == []
        names = [image.filename for image in client.datasets.get("signs", include_images=True).images or []]
        first = client.auto_annotate.batch("signs", names, CLASSES)
        assert first.status == "completed"
        [process] = annotators_of(own_server)
        prompted = client.auto_annotate.text("signs", names[0], text_prompt="stop_sign")
        assert prompted.status in ("success", "no_detection", "below_threshold")
        second = client.auto_annotate.batch("signs", names, CLASSES)
        assert second.total_annotations_added == first.total_annotations_added
        assert annotators_of(own_server) == [process]
        assert own_server.log_file.read_text().count("sam3@pictograph-tiny is loaded") == 1

        os.kill(process.pid, signal.SIGKILL)
        third = client.auto_annotate.batch("signs", names, CLASSES)
        assert (third.status, third.failed_images) == ("completed", 0)
        assert third.total_annotations_added == first.total_annotations_added
    [process] = annotators_of(own_server)
    own_server.stop()
    assert not process.is_running()


def annotators_of(server: LocalServer) -> list[psutil.Process]:
    """The living ones; a process that has ended and waits to be reaped has no command line to ask for."""
    return [child for child in psutil.Process(server.pid).children() if is_annotator(child)]


def is_annotator(process: psutil.Process) -> bool:
    try:
        return "pictograph_server.executors.annotator_main" in process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return False
