"""What a person may ask of a batch: prompts, limits, images, a quote, an example. The annotator follows a script."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.api.jobs.batches import STOP, YIELD, job_of
from tests.api.jobs.workplace import Workplace
from tests.networks import red_detector
from tests.stored_models import store_model

from pictograph_server.engines.annotators.base import Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.services.auto_annotation import tasks as annotate_tasks
from pictograph_server.services.credits import service as credits
from pictograph_server.services.credits.prices import batch_cost
from pictograph_server.settings import Prices
from pictograph_server.storage.db.tables import batch_jobs, credit_holds, jobs

SIGN: Box = (4, 4, 24, 24)
FAR: Box = (30, 4, 50, 24)
ALL: Mapping[str, Any] = {"image_filenames": None}


class ScriptedAnnotator:
    """Finds on every image what its script says of a prompt: (confidence, box) each."""

    name = "sam3@pictograph-tiny"
    device = "cpu"
    capabilities = frozenset({Capability.TEXT, Capability.EXEMPLAR})

    def __init__(self) -> None:
        self.script: dict[str, Sequence[tuple[float, Box]]] = {"stop sign": [(0.9, SIGN)]}
        self.asked: list[tuple[Sequence[str], float]] = []
        self.alike: list[Exemplars] = []

    def check_prompts(self, prompts: Sequence[str]) -> None:
        pass

    def text(
        self, images: Sequence[RgbImage], prompts: Sequence[str], *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        self.asked.append((prompts, threshold))
        found = [Detection(prompt, *one) for prompt in prompts for one in self.script.get(prompt, ())]
        return [found[:max_detections] for _ in images]

    def exemplars(
        self, images: Sequence[RgbImage], alike: Exemplars, *, threshold: float, max_detections: int = 100
    ) -> list[list[Detection]]:
        self.alike.append(alike)
        return [[Detection(alike.phrase or "visual", 0.8, FAR)] for _ in images]

    def box(self, image: RgbImage, boxes_xyxy: object, *, is_positive: object, threshold: float) -> list[Detection]:
        return []

    def points(self, image: RgbImage, points_xy: object, *, is_positive: object) -> Detection | None:
        return None


@pytest.fixture
def annotator() -> ScriptedAnnotator:
    return ScriptedAnnotator()


@pytest.fixture
def signs(work: Workplace, annotator: ScriptedAnnotator) -> Workplace:
    """A dataset with the images a.png and b.png."""
    found = annotate_tasks.tasks(work.platform, open_annotator=lambda _choice, _device: annotator)
    work.tasks = {task.name: task for task in found}
    dataset = work.make_dataset()
    for name in ("a.png", "b.png"):
        work.add_image(dataset, name)
    return work


def ask(work: Workplace, path: str = "batch", status: int = 200, **body: Any) -> dict[str, Any]:
    """Ask about "signs" and its image a.png, unless the body says otherwise; None leaves a key out."""
    request = {"dataset_name": "signs", "image_filenames": ["a.png"], "classes": [STOP], **body}
    sent = {key: value for key, value in request.items() if value is not None}
    response = work.post(f"/auto-annotate/{path}", sent)
    assert response.status_code == status, response.text
    return response.json()


def image_id(work: Workplace, name: str = "a.png") -> str:
    listed = work.get("/datasets/by-name/signs?include_images=true").json()["dataset"]["images"]
    return next(image["id"] for image in listed if image["filename"] == name)


def labels(work: Workplace, name: str = "a.png") -> list[tuple[str, float]]:
    found = work.get(f"/annotations/{image_id(work, name)}").json()["annotations"]
    return [(each["name"], each["confidence"]) for each in found]


def run(work: Workplace, **body: Any) -> dict[str, Any]:
    batch = ask(work, **body)
    work.run_job("annotate")
    return batch


def add_images(work: Workplace, count: int) -> None:
    dataset = work.get("/datasets/by-name/signs").json()["dataset"]["id"]
    for number in range(count):
        work.add_image(dataset, f"more {number}.png")


def left_behind(work: Workplace) -> tuple[int, ...]:
    """Return how many batches, jobs and holds there are."""
    with work.platform.db.read() as conn:
        counts = (
            select(func.count()).select_from(batch_jobs),
            select(func.count()).select_from(jobs).where(jobs.c.task == "annotate"),
            select(func.count()).select_from(credit_holds),
        )
        return tuple(conn.execute(count).scalar_one() for count in counts)


# --- classes ------------------------------------------------------------------------------------------------------


def test_prompts__of_a_class_find_each_object_once(signs: Workplace, annotator: ScriptedAnnotator):
    annotator.script["red octagon"] = [(0.95, (4, 4, 24, 25)), (0.7, FAR)]
    run(signs, classes=[{"name": "stop", "output_type": "bbox", "prompts": ["stop sign", "red octagon"]}])
    assert labels(signs) == [("stop", 0.95), ("stop", 0.7)]
    saved = signs.get(f"/annotations/{image_id(signs)}?include_provenance=true").json()
    assert {origin["prompt"] for origin in saved["provenance"].values()} == {"red octagon"}


def test_prompts__shared_by_classes_answer_each_by_its_own_threshold(signs: Workplace, annotator: ScriptedAnnotator):
    annotator.script["sign"] = [(0.3, FAR)]
    bold = {"name": "bold", "output_type": "bbox", "prompts": ["sign"], "confidence_threshold": 0.2}
    run(signs, classes=[bold, {"name": "shy", "output_type": "bbox", "prompts": ["sign", "stop sign"]}])
    assert labels(signs) == [("bold", 0.3), ("shy", 0.9)]
    assert annotator.asked == [(("sign", "stop sign"), 0.2)]


def test_exclusive__an_object_gets_the_class_it_answers_best(signs: Workplace, annotator: ScriptedAnnotator):
    annotator.script["yield"] = [(0.95, SIGN), (0.6, FAR)]
    run(signs, classes=[STOP, {**YIELD, "output_type": "bbox"}], exclusive=True)
    assert labels(signs) == [("yield", 0.95), ("yield", 0.6)]


def test_limits__of_the_batch_and_of_a_class(signs: Workplace, annotator: ScriptedAnnotator):
    annotator.script["stop sign"] = [(0.9, SIGN), (0.8, FAR), (0.7, (0, 0, 3, 3))]
    annotator.script["yield"] = annotator.script["stop sign"]
    classes = [{**STOP, "max_detections": 1}, {"name": "yield", "output_type": "bbox", "max_detections": 5}]
    run(signs, classes=classes, min_area=10)
    assert labels(signs) == [("stop_sign", 0.9), ("yield", 0.9), ("yield", 0.8)]


def test_prompts__written_once_are_asked_again(signs: Workplace, annotator: ScriptedAnnotator):
    run(signs, classes=[{**STOP, "prompts": ["red octagon", "sign"]}])
    run(signs, classes=[STOP], image_filenames=["b.png"])
    assert [prompts for prompts, _ in annotator.asked] == [("red octagon", "sign")] * 2
    classes = signs.get("/projects/signs").json()["project"]["classes"]
    assert [each["prompts"] for each in classes] == [["red octagon", "sign"]]


# --- images -------------------------------------------------------------------------------------------------------


def test_images__left_out_are_all_of_the_dataset(signs: Workplace):
    add_images(signs, 1)
    signs.client.delete(f"/api/v1/developer/images/{image_id(signs, 'b.png')}")
    signs.save(image_id(signs), [{"name": "x", "type": "keypoint", "keypoint": {"x": 1, "y": 1}}])
    assert ask(signs, **ALL)["total_images"] == 2
    assert ask(signs, **ALL, classes=[YIELD], skip_annotated=True)["total_images"] == 1


def test_images__an_empty_dataset_is_refused(signs: Workplace):
    signs.make_dataset("empty")
    assert ask(signs, **ALL, dataset_name="empty", status=404)["code"] == "no_matching_images"


@pytest.mark.parametrize(
    ("named", "unknown"),
    [
        ({"image_filenames": ["a.png", "z.png", "north/a.png", "/b.png", "z.png"]}, ["z.png", "north/a.png"]),
        ({"image_ids": ["nobody", "own"]}, ["nobody"]),
    ],
    ids=["names", "ids"],
)
def test_images__names_that_no_image_has_are_told(signs: Workplace, named: dict[str, list[str]], unknown: list[str]):
    known = image_id(signs)
    asked: dict[str, Any] = {key: [known if name == "own" else name for name in names] for key, names in named.items()}
    answers = [ask(signs, path, **asked) for path in ("batch/quote", "batch")]
    signs.run_job("annotate")
    for answer in (*answers, job_of(signs, answers[1])):
        assert (answer["images_not_found"], answer["names_not_found"]) == (len(unknown), unknown)


def test_images__of_very_many_unknown_names_the_first_are_told(signs: Workplace):
    batch = ask(signs, image_filenames=["a.png", *(f"{number}.jpg" for number in range(150))])
    assert (batch["images_not_found"], len(batch["names_not_found"])) == (150, 100)


# --- quote --------------------------------------------------------------------------------------------------------


def test_quote__is_what_a_batch_then_holds_and_starts_nothing(signs: Workplace):
    add_images(signs, 20)
    quote = ask(signs, "batch/quote", **ALL)
    assert left_behind(signs) == (0, 0, 0)
    assert signs.get("/projects/signs").json()["project"]["classes"] == []
    assert (quote["images"], quote["estimated_credits"], quote["credits_remaining"], quote["sufficient"]) == (
        22,
        batch_cost(Prices(), 22, trained_model=False),
        1_000_000,
        True,
    )
    assert (quote["annotator"], quote["engine"], quote["seconds"]) == ("tiny", "sam3@pictograph-tiny", None)
    assert ask(signs, **ALL)["estimated_credits"] == quote["estimated_credits"]


def test_quote__counts_what_would_be_skipped(signs: Workplace):
    ask(signs, skip_annotated=True)
    quote = ask(signs, "batch/quote", **ALL, skip_annotated=True)
    assert (quote["images"], quote["images_skipped"]) == (1, 1)


def test_quote__too_few_credits_is_said_and_not_refused(signs: Workplace):
    with signs.platform.db.write() as conn:
        credits.charge(conn, signs.organization_id, operation="x", amount=999_998, unique_key="x", description="x")
    quote = ask(signs, "batch/quote")
    assert (quote["sufficient"], quote["credits_remaining"], quote["estimated_credits"]) == (False, 2, 4)


@pytest.mark.parametrize(
    ("body", "status"),
    [({"classes": []}, 400), ({"dataset_name": "x"}, 404), ({"annotator": "sam4"}, 400), ({"model_id": "m"}, 404)],
)
def test_quote__refuses_what_a_batch_refuses(signs: Workplace, body: dict[str, Any], status: int):
    assert ask(signs, "batch/quote", status, **body)["code"] == ask(signs, "batch", status, **body)["code"]


def test_quote__how_long_is_known_after_the_first_batch(signs: Workplace):
    job = job_of(signs, run(signs))
    assert isinstance(job["images_per_second"], float) and job["engine"] == "sam3@pictograph-tiny"
    quote = ask(signs, "batch/quote", **ALL)
    assert quote["seconds"] == pytest.approx(2 / job["images_per_second"])


def test_max_credits__images_uploaded_after_the_quote_are_not_paid_unasked(signs: Workplace):
    quote = ask(signs, "batch/quote", **ALL)
    add_images(signs, 9)
    refused = ask(signs, **ALL, max_credits=quote["estimated_credits"], status=409)
    assert (refused["code"], left_behind(signs)) == ("over_max_credits", (0, 0, 0))
    assert ask(signs, **ALL, max_credits=quote["estimated_credits"] + 1)["total_images"] == 11


def test_charge__never_exceeds_the_quote_whatever_is_uploaded_meanwhile(signs: Workplace, annotator: ScriptedAnnotator):
    quote = ask(signs, "batch/quote", **ALL)
    batch = ask(signs, **ALL, max_credits=quote["estimated_credits"])
    find = annotator.text

    def text(images: Sequence[RgbImage], *args: Any, **options: Any) -> list[list[Detection]]:
        if not annotator.asked:
            add_images(signs, 20)
        return find(images, *args, **options)

    annotator.text = text
    signs.run_job("annotate")
    assert (job_of(signs, batch)["processed_images"], labels(signs, "more 0.png")) == (2, [])
    held, spent = signs.spent(batch["job_id"])
    assert held == spent == quote["estimated_credits"]


# --- similar ------------------------------------------------------------------------------------------------------

LIKE: Mapping[str, Any] = {
    "classes": None,
    "image": "a.png",
    "boxes": [{"x": 4, "y": 4, "w": 20, "h": 20}],
    "negative_boxes": [{"x": 30, "y": 30, "w": 10, "h": 10}],
    "name": "stop",
    "output_type": "bbox",
    "image_filenames": None,
}


@pytest.mark.parametrize("phrase", [None, "red sign"])
def test_similar__looks_on_every_image_for_what_is_like_the_box(
    signs: Workplace, annotator: ScriptedAnnotator, phrase: str | None
):
    batch = ask(signs, "similar", **LIKE, prompt=phrase)
    signs.run_job("annotate")
    assert (batch["total_images"], labels(signs), labels(signs, "b.png")) == (2, [("stop", 0.8)], [("stop", 0.8)])
    (alike,) = {(tuple(each.boxes_xyxy), tuple(each.is_positive), each.phrase) for each in annotator.alike}
    assert alike == (((4, 4, 24, 24), (30, 30, 40, 40)), (True, False), phrase)
    assert annotator.asked == []


def test_similar__image_by_id_and_where_to_look(signs: Workplace):
    there: dict[str, Any] = {**LIKE, "image": image_id(signs), "image_filenames": ["b.png"]}
    batch = ask(signs, "similar", **there)
    signs.run_job("annotate")
    assert (batch["total_images"], labels(signs), labels(signs, "b.png")) == (1, [], [("stop", 0.8)])


def test_similar__quote_starts_nothing(signs: Workplace):
    quote = ask(signs, "similar/quote", **LIKE)
    assert (quote["images"], quote["estimated_credits"], left_behind(signs)) == (2, 4, (0, 0, 0))


def test_similar__a_name_keeps_its_prompts_for_words(signs: Workplace, annotator: ScriptedAnnotator):
    run(signs, classes=[{"name": "stop", "output_type": "bbox", "prompts": ["red octagon"]}])
    ask(signs, "similar", **LIKE)
    signs.run_job("annotate")
    run(signs, classes=[{"name": "stop", "output_type": "bbox"}])
    assert annotator.asked[-1][0] == ("red octagon",)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"image": "z.png"}, 404, "image_not_found", id="unknown image"),
        pytest.param({"boxes": []}, 422, None, id="no box"),
        pytest.param({"boxes": [{"x": 99, "y": 1, "w": 5, "h": 5}]}, 400, "outside_image", id="box outside"),
        pytest.param({"boxes": [{"x": 9, "y": 1, "w": 0, "h": 5}]}, 422, None, id="box without width"),
        pytest.param({"name": " "}, 422, None, id="blank name"),
        pytest.param({"max_credits": 0}, 409, "over_max_credits", id="over its limit"),
    ],
)
def test_similar__refused(signs: Workplace, body: dict[str, Any], status: int, code: str | None):
    answer = ask(signs, "similar", status, **{**LIKE, **body})
    assert (code is None or answer["code"] == code, left_behind(signs)) == (True, (0, 0, 0))


def test_similar__an_engine_that_takes_no_examples_says_which_do(signs: Workplace):
    dataset = signs.get("/datasets/by-name/signs").json()["dataset"]["id"]
    network = red_detector(signs.folder / "trained")
    model = store_model(signs.platform, signs.organization_id, network, dataset_id=dataset)
    answer = ask(signs, "similar", 400, **LIKE, model_id=model)
    assert (answer["code"], "sam3" in answer["fix"], "owlv2" in answer["fix"]) == (
        "prompt_kind_not_possible",
        True,
        True,
    )
