"""A batch whose network lives in the warm process, and an image that this process dies of."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.api.jobs.batches import job_of, start
from tests.api.jobs.workplace import Workplace
from tests.contract import annotator_stand_in as stand_in
from tests.contract.annotator_stand_in import CRASHES, FINE, picture

from pictograph_server.executors.annotator_client import open_remote
from pictograph_server.executors.annotator_process import AnnotatorProcess
from pictograph_server.services.auto_annotation import tasks as annotate_tasks


@pytest.fixture
def process() -> Iterator[AnnotatorProcess]:
    process = AnnotatorProcess("own", command=(sys.executable, str(Path(stand_in.__file__))))
    yield process
    process.close()


def png(says: int, number: int) -> bytes:
    out = io.BytesIO()
    # The number of the image is the confidence of what is found on it, in tenths.
    Image.fromarray(picture(says, tenths=number)).save(out, "PNG")
    return out.getvalue()


def test_batch__image_that_the_process_dies_of_is_one_failure(work: Workplace, process: AnnotatorProcess):
    found = annotate_tasks.tasks(work.platform, lambda choice, device: open_remote(process.address, choice, device))
    work.tasks = {task.name: task for task in found}
    dataset_id = work.make_dataset("signs")
    for number in range(5, 10):
        data = png(CRASHES if number == 7 else FINE, number)
        work.add_image(dataset_id, f"{number}.png", data=data, size_wh=(6, 4))
    batch = start(work, [f"{number}.png" for number in range(5, 10)])
    work.run_lane("annotate")
    job = job_of(work, batch)
    assert (job["status"], job["processed_images"], job["failed_images"]) == ("completed", 4, 1)
    assert "'7.png': the model failed: The annotator's process ended while it worked on the image" in str(
        job["error_message"]
    )
    assert job["engine"] == f"stand-in@{work.platform.settings.annotator}"
