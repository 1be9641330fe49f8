"""A stored model asked about one image, over the API; the networks are real and run in this process."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import func, select
from tests.api.jobs.test_trained_models import picture
from tests.api.jobs.workplace import D, Workplace
from tests.networks import colour_classifier, colour_map, red_detector, red_segmenter
from tests.stored_models import set_model_status, store_model

from pictograph.pixels import read_rgb
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.annotators.shapes import detection_to_shape
from pictograph_server.engines.errors import EngineBusy, EngineError
from pictograph_server.executors.annotator_process import PromptAnswer
from pictograph_server.settings import Settings
from pictograph_server.storage.db.tables import annotations, images, jobs, ledger_postings


class Here:
    """Does in this process what the model process does; `fails_with` stands for one that cannot."""

    fails_with: EngineError | None = None

    def text(
        self,
        image: Path,
        prompts: Sequence[str],
        *,
        threshold: float,
        max_detections: int = 100,
        annotator: str | None = None,
    ) -> PromptAnswer:
        if self.fails_with is not None:
            raise self.fails_with
        assert annotator is not None
        opened = open_annotator(annotator, "cpu")
        (found,) = opened.text([read_rgb(image)], prompts, threshold=threshold, max_detections=max_detections)
        shapes = [shape for each in found if (shape := detection_to_shape(each)) is not None]
        return PromptAnswer(opened.name, shapes, 0.01)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"limits": settings.limits.model_copy(update={"image_bytes": 50_000, "image_pixels": 20_000})}
    )


@pytest.fixture
def here(work: Workplace) -> Here:
    here = Here()
    cast(FastAPI, work.client.app).state.prompts = here
    return here


def store(work: Workplace, make: Callable[[Path], Path]) -> str:
    dataset_id = work.make_dataset("learned-from")
    return store_model(work.platform, work.organization_id, make(work.folder / "trained"), dataset_id=dataset_id)


def ask(work: Workplace, model_id: str, status: int = 200, data: bytes | None = None, **form: object) -> dict[str, Any]:
    files = {"file": ("a.png", data, "text/plain")} if data is not None else None
    answer = work.client.post(f"{D}/models/{model_id}/predict", data=form, files=files)
    assert answer.status_code == status, answer.text
    return answer.json()


def corners(found: dict[str, Any]) -> list[float]:
    return [found["bounding_box"][side] for side in "xywh"]


@pytest.mark.usefixtures("here")
def test_predict__boxes_of_an_uploaded_image(work: Workplace) -> None:
    model_id = store(work, red_detector)
    answer = ask(work, model_id, data=picture(left=20), confidence="0.5")
    [found] = answer["objects"]
    assert (found["class_name"], found["polygons"]) == ("stop_sign", [])
    assert found["confidence"] == pytest.approx(0.9)
    assert corners(found) == pytest.approx([20, 12, 30, 36], abs=2)
    assert (answer["image_width"], answer["image_height"], answer["engine"]) == (96, 64, f"model:{model_id}")
    assert answer["class_names"] == ["stop_sign", "yield"]
    assert answer["total_seconds"] > 0


@pytest.mark.usefixtures("here")
def test_predict__stores_nothing_and_costs_nothing(work: Workplace) -> None:
    model_id = store(work, red_detector)

    def rows() -> list[int]:
        with work.platform.db.read() as conn:
            tables = (images, annotations, jobs, ledger_postings)
            return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    before = rows()
    ask(work, model_id, data=picture(left=20))
    assert rows() == before
    assert list(work.platform.settings.data_dir.glob("incoming-*")) == []


@pytest.mark.usefixtures("here")
def test_predict__image_of_a_dataset(work: Workplace) -> None:
    image_id = work.add_image(work.make_dataset(), "a.png", size_wh=(96, 64), data=picture(left=50))
    [found] = ask(work, store(work, red_detector), image_id=image_id)["objects"]
    assert corners(found) == pytest.approx([50, 12, 30, 36], abs=2)


@pytest.mark.usefixtures("here")
def test_predict__in_pixels_of_the_upright_image(work: Workplace) -> None:
    sideways = Image.open(io.BytesIO(picture(left=20))).transpose(Image.Transpose.ROTATE_90)
    file, exif = io.BytesIO(), Image.Exif()
    # To be turned by 90 degrees clockwise.
    exif[0x0112] = 6
    sideways.save(file, "JPEG", exif=exif, quality=95)
    answer = ask(work, store(work, red_detector), data=file.getvalue(), confidence="0.5")
    assert (answer["image_width"], answer["image_height"]) == (96, 64)
    assert corners(answer["objects"][0]) == pytest.approx([20, 12, 30, 36], abs=3)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("make", "name"), [(red_segmenter, "stop_sign"), (colour_map, "red")], ids=["masks", "pixels"])
def test_predict__outlines(work: Workplace, make: Callable[[Path], Path], name: str) -> None:
    [found] = ask(work, store(work, make), data=picture(left=20), confidence="0.5")["objects"]
    assert found["class_name"] == name
    [part] = found["polygons"]
    [ring] = part["paths"]
    assert min(point["x"] for point in ring) == pytest.approx(20, abs=2)


@pytest.mark.usefixtures("here")
def test_predict__tags_with_their_probabilities(work: Workplace) -> None:
    red = Image.new("RGB", (64, 64), (255, 0, 0))
    file = io.BytesIO()
    red.save(file, "PNG")
    answer = ask(work, store(work, colour_classifier), data=file.getvalue(), confidence="0")
    assert answer["tags"][0]["class_name"] == "red_image"
    assert sum(tag["confidence"] for tag in answer["tags"]) == pytest.approx(1, abs=1e-4)
    assert answer["objects"] == []


@pytest.mark.usefixtures("here")
def test_predict__floor_leaves_out_the_unsure(work: Workplace) -> None:
    assert ask(work, store(work, red_detector), data=picture(left=20), confidence="0.95")["objects"] == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"no image", 415, "not_an_image"),
        (picture(left=2)[:200], 400, "broken_image"),
        (bytes(60_000), 413, "file_too_large"),
        (None, 400, "one_image"),
    ],
    ids=["no image", "cut short", "too many bytes", "nothing"],
)
def test_predict__refuses(work: Workplace, data: bytes | None, status: int, code: str) -> None:
    assert ask(work, store(work, red_detector), status, data=data)["code"] == code


@pytest.mark.usefixtures("here")
def test_predict__too_many_pixels(work: Workplace) -> None:
    file = io.BytesIO()
    Image.new("L", (200, 200)).save(file, "PNG")
    assert ask(work, store(work, red_detector), 413, data=file.getvalue())["code"] == "too_many_pixels"


def test_predict__model_process_in_trouble(work: Workplace, here: Here) -> None:
    model_id = store(work, red_detector)
    here.fails_with = EngineBusy("It is loading", why="it is large", fix="Try again")
    assert ask(work, model_id, 409, data=picture(left=2))["code"] == "model_busy"
    here.fails_with = EngineError("It crashed", why="out of memory")
    assert ask(work, model_id, 400, data=picture(left=2))["code"] == "prediction_failed"


@pytest.mark.usefixtures("here")
def test_predict__model_that_is_not_ready(work: Workplace) -> None:
    model_id = store(work, red_detector)
    set_model_status(work.platform, model_id, "training")
    assert ask(work, model_id, 409, data=picture(left=2))["code"] == "model_not_ready"
    assert ask(work, "nonsense", 404, data=picture(left=2))["code"] == "model_not_found"
