"""Single prompts through the app, with a stand-in for the warm annotator."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI
from tests.api.jobs.workplace import Workplace

from pictograph_server.engines.annotators.shapes import FoundShape
from pictograph_server.engines.errors import EngineBusy, EngineError, UnknownClasses
from pictograph_server.executors.annotator_process import PromptAnswer
from pictograph_server.services.credits import service as credits

SQUARE = [(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)]
FAR = [(40.0, 40.0), (44.0, 40.0), (44.0, 44.0)]


class StandIn:
    """Finds the same shapes whatever it is asked, and remembers the question."""

    def __init__(self, *shapes: FoundShape) -> None:
        self.shapes = list(shapes)
        self.asked: list[object] = []
        self.annotators: list[str | None] = []
        self.fails_with: EngineError | None = None

    def text(
        self,
        image: Path,
        prompts: Sequence[str],
        *,
        threshold: float,
        max_detections: int = 100,
        annotator: str | None = None,
    ) -> PromptAnswer:
        return self._answer(list(prompts), annotator, prompts)

    def box(
        self,
        image: Path,
        boxes_xyxy: object,
        *,
        is_positive: object,
        threshold: float,
        annotator: str | None = None,
    ) -> PromptAnswer:
        return self._answer(boxes_xyxy, annotator)

    def points(
        self, image: Path, points_xy: object, *, is_positive: object, annotator: str | None = None
    ) -> PromptAnswer:
        return self._answer((points_xy, is_positive), annotator)

    def _answer(self, question: object, annotator: str | None, prompts: Sequence[str] = ("visual",)) -> PromptAnswer:
        self.asked.append(question)
        self.annotators.append(annotator)
        if self.fails_with is not None:
            raise self.fails_with
        return PromptAnswer(
            "sam3@test", [replace(each, prompt=prompt) for prompt in prompts for each in self.shapes], 0.01
        )


def shape(confidence: float) -> FoundShape:
    return FoundShape("x", confidence, (10.0, 10.0, 44.0, 44.0), ([SQUARE], [FAR]))


@pytest.fixture
def model() -> StandIn:
    return StandIn(shape(0.6), shape(0.9))


@pytest.fixture
def signs(work: Workplace, model: StandIn) -> Workplace:
    cast(FastAPI, work.client.app).state.prompts = model
    work.add_image(work.make_dataset("signs", [("octagon", "bbox")]), "a.png")
    return work


IMAGE = {"dataset_name": "signs", "image_filename": "a.png"}


def test_text__best_first_and_named_as_asked(signs: Workplace, model: StandIn):
    answer = signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "stop_sign", "output_type": "bbox"}).json()
    assert (answer["status"], answer["detection_count"], answer["score"]) == ("success", 2, 0.9)
    assert [(found["name"], found["confidence"]) for found in answer["annotations"]] == [
        ("stop_sign", 0.9),
        ("stop_sign", 0.6),
    ]
    assert model.asked == [["stop sign"]]


def test_text__saves_nothing_but_registers_the_class(signs: Workplace):
    signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "stop_sign"})
    project = signs.get("/projects/signs").json()["project"]
    assert [entry["name"] for entry in project["classes"]] == ["octagon", "stop_sign"]
    dataset = signs.get("/datasets/by-name/signs?include_images=true").json()["dataset"]
    assert dataset["images"][0]["annotation_count"] == 0


def test_text__costs_a_prompt_once_for_a_repeated_request(signs: Workplace):
    for _ in range(2):
        signs.client.post(
            "/api/v1/developer/auto-annotate/sam3/text",
            json={**IMAGE, "text_prompt": "stop"},
            headers={"Idempotency-Key": "a" * 32},
        )
    assert signs.get("/credits/balance").json()["credits_remaining"] == 1_000_000 - 3


@pytest.mark.parametrize(
    ("shapes", "status"),
    [pytest.param([], "no_detection", id="nothing"), pytest.param([shape(0.2)], "below_threshold", id="faint")],
)
def test_box__found_nothing_worth_it(signs: Workplace, model: StandIn, shapes: list[FoundShape], status: str):
    model.shapes = shapes
    body = {**IMAGE, "box": {"x": 5, "y": 5, "w": 20, "h": 20}, "name": "stop"}
    answer = signs.post("/auto-annotate/sam3/box", body).json()
    assert (answer["status"], answer["annotations"]) == (status, [])


def test_box__negative_boxes_follow_the_positive_one(signs: Workplace, model: StandIn):
    negative = [{"x": 0, "y": 0, "w": 2, "h": 2}]
    body = {**IMAGE, "box": {"x": 5, "y": 5, "w": 20, "h": 20}, "name": "stop", "negative_boxes": negative}
    assert signs.post("/auto-annotate/sam3/box", body).status_code == 200
    assert model.asked == [[(5.0, 5.0, 25.0, 25.0), (0.0, 0.0, 2.0, 2.0)]]


def test_point__one_polygon_under_a_singular_key(signs: Workplace, model: StandIn):
    body = {**IMAGE, "x": 20, "y": 20, "positive_points": [[21, 21]], "negative_points": [[1, 1]]}
    answer = signs.post("/auto-annotate/sam3/point", body).json()
    assert (answer["status"], answer["annotation"]["name"], answer["annotation"]["type"]) == (
        "success",
        "object",
        "polygon",
    )
    assert len(answer["annotation"]["polygon"]["paths"][0]) == 4
    assert model.asked == [([(20.0, 20.0), (21.0, 21.0), (1.0, 1.0)], [True, True, False])]


def test_text__unknown_class_is_400_with_what_to_do(signs: Workplace, model: StandIn):
    model.fails_with = UnknownClasses("zebra is unknown", why="it knows stop", fix="Use SAM 3")
    response = signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "zebra"})
    assert (response.status_code, response.json()["code"], response.json()["fix"]) == (
        400,
        "unknown_class",
        "Use SAM 3",
    )
    assert signs.get("/credits/balance").json()["credits_remaining"] == 1_000_000


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        pytest.param(EngineError("The annotator stopped", fix="Look"), 400, "prompt_not_answered", id="refused"),
        pytest.param(EngineBusy("It is loading", fix="Try again"), 409, "annotator_busy", id="loading"),
    ],
)
def test_text__annotator_that_fails_is_no_5xx(
    signs: Workplace, model: StandIn, error: EngineError, status: int, code: str
):
    """Nor a 408 or 429: the hosted client would ask three times more, half a minute each."""
    model.fails_with = error
    response = signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "stop"})
    assert (response.status_code, response.json()["code"], response.json()["fix"]) == (status, code, error.fix)
    assert signs.get("/credits/balance").json()["credits_remaining"] == 1_000_000


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("text", {"text_prompt": "stop", "image_filename": "z.png"}, 404, id="unknown image"),
        pytest.param("text", {"text_prompt": "stop", "dataset_name": "z"}, 404, id="unknown dataset"),
        pytest.param("text", {"text_prompt": "  "}, 422, id="blank prompt"),
        pytest.param("point", {"x": 500, "y": 5}, 400, id="point outside"),
        pytest.param("box", {"box": {"x": 90, "y": 90, "w": 5, "h": 5}, "name": "a"}, 400, id="box outside"),
        pytest.param("box", {"box": {"x": 1, "y": 1, "w": 0, "h": 5}, "name": "a"}, 422, id="box without width"),
    ],
)
def test_prompt__refused(signs: Workplace, model: StandIn, path: str, body: dict[str, object], status: int):
    assert signs.post(f"/auto-annotate/sam3/{path}", {**IMAGE, **body}).status_code == status
    assert model.asked == []


def test_prompt__equal_names_mean_the_root_and_a_path_means_itself(signs: Workplace, model: StandIn):
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    signs.add_image(dataset, "b.png", folder="/north", size_wh=(200, 200))
    signs.add_image(dataset, "b.png", size_wh=(20, 20))
    far = {"dataset_name": "signs", "x": 150, "y": 150}
    assert signs.post("/auto-annotate/sam3/point", {**far, "image_filename": "b.png"}).status_code == 400
    assert signs.post("/auto-annotate/sam3/point", {**far, "image_filename": "north/b.png"}).status_code == 200


def test_prompt__too_few_credits_is_402_before_any_work(signs: Workplace, model: StandIn):
    with signs.platform.db.write() as conn:
        credits.charge(conn, signs.organization_id, operation="x", amount=999_998, unique_key="x", description="x")
    response = signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "stop"})
    assert (response.status_code, response.json()["detail"]["required"], model.asked) == (402, 3, [])


def test_text__several_phrases_are_one_class_and_each_object_once(signs: Workplace, model: StandIn):
    model.shapes = [shape(0.8)]
    body = {**IMAGE, "text_prompt": "red octagon", "name": "stop_sign", "prompts": ["red octagon", "stop sign"]}
    answer = signs.post("/auto-annotate/sam3/text", {**body, "output_type": "bbox"}).json()
    assert [found["name"] for found in answer["annotations"]] == ["stop_sign"]
    assert model.asked == [["red octagon", "stop sign"]]
    project = signs.get("/projects/signs").json()["project"]
    assert [entry["name"] for entry in project["classes"]] == ["octagon", "stop_sign"]


def test_text__named_after_its_class_and_asked_as_written(signs: Workplace, model: StandIn):
    answer = signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "red_sign", "name": "stop"}).json()
    assert ({found["name"] for found in answer["annotations"]}, model.asked) == ({"stop"}, [["red_sign"]])


def test_text__prompts_of_the_dataset_are_asked(signs: Workplace, model: StandIn):
    classes = [{"name": "octagon", "prompts": ["stop sign", "red sign"]}]
    signs.client.patch("/api/v1/developer/projects/signs", json={"classes": classes})
    signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "octagon"})
    assert model.asked == [["stop sign", "red sign"]]


def test_text__too_small_is_not_returned(signs: Workplace, model: StandIn):
    # The shape's outlines have 400 and 8 square pixels.
    body = {**IMAGE, "text_prompt": "stop", "output_type": "bbox"}
    answers = [signs.post("/auto-annotate/sam3/text", {**body, "min_area": area}).json() for area in (408, 409)]
    assert [(answer["status"], answer["detection_count"]) for answer in answers] == [
        ("success", 2),
        ("below_threshold", 0),
    ]


QUESTIONS = {
    "text": {"text_prompt": "stop sign"},
    "box": {"box": {"x": 5, "y": 5, "w": 20, "h": 20}, "name": "stop"},
    "point": {"x": 20, "y": 20},
}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_prompt__goes_to_the_annotator_that_is_named(signs: Workplace, model: StandIn, kind: str):
    for named in ({}, {"annotator": "tiny"}, {"model_id": "sam3"}):
        answer = signs.post(f"/auto-annotate/sam3/{kind}", {**IMAGE, **QUESTIONS[kind], **named})
        assert answer.json()["engine"] == "sam3@test"
    assert model.annotators == [None, "tiny", None]


@pytest.mark.parametrize(
    ("named", "status", "code"),
    [
        pytest.param({"annotator": "sam4"}, 400, "annotator_unavailable", id="unknown"),
        pytest.param({"model_id": "m"}, 404, "model_not_found", id="unknown model"),
        pytest.param({"annotator": "tiny", "text_prompt": "zebra"}, 400, "class_not_known", id="unknown class"),
    ],
)
def test_text__who_cannot_answer_is_refused_unpaid(
    signs: Workplace, model: StandIn, named: dict[str, object], status: int, code: str
):
    response = signs.post("/auto-annotate/sam3/text", {**IMAGE, "text_prompt": "stop", **named})
    assert (response.status_code, response.json()["code"], model.asked) == (status, code, [])
    assert signs.get("/credits/balance").json()["credits_remaining"] == 1_000_000
