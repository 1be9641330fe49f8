"""The warm annotator beside the API: a real child process with the packaged checkpoint."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pictograph_server.engines.annotators.base import Annotator, Exemplars, RgbImage
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.errors import EngineBusy, EngineError, EngineUnavailable, UnknownClasses
from pictograph_server.executors.annotator_client import open_remote
from pictograph_server.executors.annotator_process import AnnotatorProcess

pytest.importorskip("torch")

# Loading imports the whole of torch; on a busy machine of two cores that takes most of a minute.
PATIENCE_S = 200.0


@pytest.fixture(scope="module")
def annotator() -> Iterator[AnnotatorProcess]:
    process = AnnotatorProcess("tiny", "cpu", timeout_s=PATIENCE_S)
    yield process
    process.close()


@pytest.fixture(scope="module")
def sign() -> RgbImage:
    """A drawn no-entry sign in the middle of a grey picture."""
    image = np.full((240, 320, 3), (120, 135, 140), np.uint8)
    cv2.circle(image, (160, 120), 60, (245, 245, 245), -1, cv2.LINE_AA)
    cv2.circle(image, (160, 120), 57, (200, 25, 35), -1, cv2.LINE_AA)
    cv2.rectangle(image, (118, 109), (202, 131), (245, 245, 245), -1)
    return image


def png(image: RgbImage) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def pid_of(annotator: AnnotatorProcess) -> int:
    assert annotator.pid is not None
    return annotator.pid


def test_text__answer_has_outlines_and_the_engine(annotator: AnnotatorProcess, sign: RgbImage):
    answer = annotator.text(png(sign), ["no_entry"], threshold=0.5)
    [shape] = answer.shapes
    assert answer.engine == "sam3@pictograph-tiny" and answer.seconds > 0
    assert shape.prompt == "no_entry" and 0.5 < shape.confidence <= 1
    assert shape.box_xyxy == pytest.approx((100, 60, 220, 180), abs=12)
    assert len(shape.polygons) == 1 and len(shape.polygons[0][0]) > 6


def test_text__file_bytes_and_pixels_answer_alike(annotator: AnnotatorProcess, sign: RgbImage, tmp_path: Path):
    (tmp_path / "sign.png").write_bytes(png(sign))
    answers = [annotator.text(p, ["no_entry"], threshold=0.5).shapes for p in (png(sign), sign, tmp_path / "sign.png")]
    assert answers[0] == answers[1] == answers[2]


def test_points_and_box__find_the_object(annotator: AnnotatorProcess, sign: RgbImage):
    [clicked] = annotator.points(sign, [(160, 80)], is_positive=[True]).shapes
    [boxed] = annotator.box(sign, [(95, 55, 225, 185)], is_positive=[True], threshold=0.3).shapes
    for shape in (clicked, boxed):
        assert shape.box_xyxy == pytest.approx((100, 60, 220, 180), abs=15)


def test_text__errors_cross_the_pipe_with_what_why_and_fix(annotator: AnnotatorProcess, sign: RgbImage):
    with pytest.raises(UnknownClasses, match="'banana'") as caught:
        annotator.text(sign, ["banana"], threshold=0.5)
    assert caught.value.why and caught.value.fix
    with pytest.raises(EngineError, match="cannot be read"):
        annotator.text(b"no picture", ["no_entry"], threshold=0.5)


def test_text__many_threads_get_their_own_answers(annotator: AnnotatorProcess, sign: RgbImage):
    empty = np.full_like(sign, 128)

    def count(number: int) -> int:
        return len(annotator.text((sign, empty)[number % 2], ["no_entry"], threshold=0.5).shapes)

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(count, range(8)))
    assert counts == [1, 0] * 4


def test_text__large_picture_crosses_the_pipe(annotator: AnnotatorProcess):
    assert annotator.text(np.zeros((3000, 4000, 3), np.uint8), ["no_entry"], threshold=0.5).shapes == []


def test_text__second_prompt_on_an_image_is_faster_and_the_same(annotator: AnnotatorProcess):
    """The embedding of the image is remembered: only the phrase is new work."""
    first, second = 0.0, 0.0
    for shade in range(8):
        image = png(np.full((240, 320, 3), shade, np.uint8))
        fresh = annotator.text(image, ["no_entry"], threshold=0.01)
        again = annotator.text(image, ["no_entry"], threshold=0.01)
        assert again.shapes == fresh.shapes
        first, second = first + fresh.seconds, second + again.seconds
    assert second < first


def test_remote__answers_to_the_bit_as_one_opened_here(annotator: AnnotatorProcess, sign: RgbImage):
    remote, own = open_remote(annotator.address, "tiny", "cpu"), open_annotator("tiny", "cpu")
    assert (remote.name, remote.device, remote.capabilities) == (own.name, own.device, own.capabilities)
    answers = all_answers(own, sign)
    assert all(answers)
    assert all_answers(remote, sign) == answers


def all_answers(annotator: Annotator, sign: RgbImage) -> list[object]:
    images = [sign, np.full((50, 900, 3), 90, np.uint8), np.ascontiguousarray(sign[:, ::-1]), sign[::2, ::2]]
    alike = Exemplars(sign, [(95, 55, 225, 185)], [True], "no entry")
    boxes = [(95.0, 55.0, 225.0, 185.0), (0.0, 0.0, 20.0, 20.0)]
    return [
        annotator.text(images, ["no_entry", "stop_sign"], threshold=0.02),
        annotator.exemplars(images, alike, threshold=0.02),
        annotator.box(sign, boxes, is_positive=[True, False], threshold=0.1),
        annotator.points(sign, [(160, 80)], is_positive=[True]),
    ]


def test_remote__refuses_what_the_annotator_refuses(annotator: AnnotatorProcess):
    with pytest.raises(UnknownClasses, match="'banana'"):
        open_remote(annotator.address, "tiny", "cpu").check_prompts(["banana"])


def test_process__is_started_again_after_a_kill(annotator: AnnotatorProcess, sign: RgbImage):
    before = annotator.text(sign, ["no_entry"], threshold=0.5).shapes
    os.kill(pid_of(annotator), signal.SIGKILL)
    assert annotator.text(sign, ["no_entry"], threshold=0.5).shapes == before


def test_process__too_slow_is_said_and_loading_goes_on(sign: RgbImage):
    process = AnnotatorProcess("tiny", "cpu", timeout_s=0.05)
    try:
        with pytest.raises(EngineBusy, match="still loading"):
            process.text(sign, ["no_entry"], threshold=0.5)
        first = pid_of(process)
        with pytest.raises(EngineBusy, match="still loading"):
            process.text(sign, ["no_entry"], threshold=0.5)
        assert pid_of(process) == first
    finally:
        process.close()


def test_process__what_cannot_be_opened_is_said_every_time(sign: RgbImage):
    process = AnnotatorProcess("/nowhere/at/all", timeout_s=PATIENCE_S)
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match="no such folder"):
            process.text(sign, ["no_entry"], threshold=0.5)
    process.close()


def test_process__dies_with_its_parent(tmp_path: Path):
    code = (
        "import sys, time; from pictograph_server.executors.annotator_process import AnnotatorProcess\n"
        "p = AnnotatorProcess('tiny', 'cpu'); p.warm_up()\n"
        "while p.pid is None: time.sleep(0.01)\n"
        "print(p.pid, flush=True); time.sleep(100)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{child}/cmdline").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{child}/stat").read_text().split(")")[1].split()[0] == "Z":
            break
        time.sleep(0.05)
    assert time.monotonic() < deadline
