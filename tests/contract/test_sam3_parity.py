"""Every fast path of the SAM 3 engine gives the stock forward's numbers, on a network with random weights.

Bit for bit for one image and one prompt, whatever was asked before. Where several go through the network together, the
order in which a product is summed up changes with their number: there the last bits differ, within `TOGETHER`. So do
those of a mask that is drawn without the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pictograph.geometry.masks import without_specks
from pictograph_server.engines.annotators.base import Annotator, Box, Detection, Exemplars, RgbImage

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.contract.random_sam3 import QUERIES, write_random_checkpoint  # noqa: E402
from torch import Tensor  # noqa: E402
from transformers import Sam3Model, Sam3Processor, Sam3TrackerModel, Sam3TrackerProcessor  # noqa: E402

from pictograph_server.engines.annotators.sam3.annotator import Sam3Annotator  # noqa: E402
from pictograph_server.engines.annotators.sam3.masks import crop_mask  # noqa: E402
from pictograph_server.engines.annotators.sam3.network import PromptEmbedding, Sam3Network  # noqa: E402

# A share of the largest number.
TOGETHER = 1e-6
SIZES_WH = ((200, 120), (70, 90), (101, 301))
BOXES: tuple[Box, ...] = ((10, 12, 40, 50), (5, 30, 60, 80), (20, 5, 30.5, 60))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_random_checkpoint(tmp_path_factory.mktemp("checkpoints") / "random")


@pytest.fixture(scope="module")
def stock(checkpoint: Path) -> "Stock":
    processor: Any = Sam3Processor.from_pretrained(checkpoint)
    return Stock(
        Sam3Model.from_pretrained(checkpoint, dtype=torch.float32).eval(),
        processor,
        Sam3TrackerModel.from_pretrained(checkpoint, dtype=torch.float32).eval(),
        Sam3TrackerProcessor(processor.image_processor),
    )


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Sam3Network:
    return Sam3Network(checkpoint, torch.device("cpu"), torch.float32)


@pytest.fixture(params=SIZES_WH, ids=["wide", "tall", "odd"])
def image(request: pytest.FixtureRequest) -> RgbImage:
    return make_image(request.param)


def make_image(size_wh: tuple[int, int], seed: int = 0) -> RgbImage:
    """Return a picture with coarse and fine structure, so that its parts look different to the network."""
    rng = np.random.default_rng([seed, *size_wh])
    coarse = rng.integers(0, 200, (size_wh[1] // 30 + 1, size_wh[0] // 30 + 1, 3))
    picture = np.kron(coarse, np.ones((30, 30, 1)))[: size_wh[1], : size_wh[0]]
    return (picture + rng.integers(0, 55, picture.shape)).astype(np.uint8)


@dataclass(frozen=True)
class Stock:
    """The two networks as their library runs them, each with a vision encoder of its own."""

    model: Any
    processor: Any
    tracker: Any
    tracker_processor: Any

    def find(self, image: RgbImage, phrase: str | None, boxes: Sequence[Box] = (), labels: Sequence[int] = ()) -> Any:
        asked = {"input_boxes": [[list(box) for box in boxes]], "input_boxes_labels": [list(labels)]} if boxes else {}
        return self.model(**self.processor(images=image, text=phrase, return_tensors="pt", **asked))

    def cut_out(
        self, image: RgbImage, points: Sequence[tuple[float, float]], labels: Sequence[int], box: Box | None
    ) -> tuple[Tensor, float]:
        asked: dict[str, Any] = {"input_points": [[[list(p) for p in points]]], "input_labels": [[list(labels)]]}
        asked = asked if points else {}
        asked |= {"input_boxes": [[list(box)]]} if box else {}
        inputs = self.tracker_processor(images=image, return_tensors="pt", **asked)
        inputs.pop("original_sizes")
        answer = self.tracker(**inputs, multimask_output=len(points) == 1 and box is None)
        best = int(answer.iou_scores[0, 0].argmax())
        return answer.pred_masks[0, 0, best], float(answer.iou_scores[0, 0, best].clip(0, 1))


# One image, one prompt: the same bits.


@dataclass(frozen=True)
class Question:
    """A prompt of the detector, as the stock forward and as our engine take it."""

    phrase: str | None
    boxes: tuple[Box, ...] = ()
    labels: tuple[int, ...] = ()

    def of(self, network: Sam3Network, image: RgbImage) -> PromptEmbedding:
        words = network.embed_text(self.phrase or "visual")
        if not self.boxes:
            return words
        [embedding] = network.embed_images([image])
        positive = [label == 1 for label in self.labels]
        return words.followed_by(network.embed_boxes(embedding, self.boxes, positive, size_wh(image)))


QUESTIONS = {
    "phrase": Question("stop sign"),
    "other phrase": Question("a very small dog"),
    "exemplar": Question(None, BOXES[:1], (1,)),
    "exemplars, one negative": Question(None, BOXES, (1, 0, 1)),
    "exemplar with phrase": Question("stop sign", BOXES[1:], (1, 0)),
}
detector_questions = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


@detector_questions
@torch.inference_mode()
def test_propose__bits_of_the_stock_forward(stock: Stock, network: Sam3Network, image: RgbImage, question: Question):
    expected = stock.find(image, question.phrase, question.boxes, question.labels)
    [embedding] = network.embed_images([image])
    ours = network.propose(embedding, [question.of(network, image)])
    assert torch.equal(ours.confidences, expected.pred_logits.sigmoid() * expected.presence_logits.sigmoid())
    assert torch.equal(ours.boxes, expected.pred_boxes)


@detector_questions
@torch.inference_mode()
def test_masks_of__bits_of_the_stock_forward(stock: Stock, network: Sam3Network, image: RgbImage, question: Question):
    expected = stock.find(image, question.phrase, question.boxes, question.labels).pred_masks[0]
    [embedding] = network.embed_images([image])
    proposals = network.propose(embedding, [question.of(network, image)])
    assert torch.equal(network.masks_of(proposals, 0, range(QUERIES)), expected)
    for queries in ([3], [0, 5, QUERIES - 1]):
        assert_close(network.masks_of(proposals, 0, queries), expected[queries])


CLICKS: dict[str, tuple[list[tuple[float, float]], list[int], Box | None]] = {
    "one point, three masks": ([(30.5, 40)], [1], None),
    "a point on and one off": ([(30, 40), (60, 20)], [1, 0], None),
    "box": ([], [], BOXES[0]),
    "box and a point off": ([(60, 70)], [0], BOXES[1]),
}
click_questions = pytest.mark.parametrize("clicks", CLICKS.values(), ids=CLICKS)


@click_questions
@torch.inference_mode()
def test_cut_out__bits_of_the_stock_forward(stock: Stock, network: Sam3Network, image: RgbImage, clicks: Any):
    points, labels, box = clicks
    expected, confidence = stock.cut_out(image, points, labels, box)
    [embedding] = network.embed_images([image])
    seen = network.embed_clicks(embedding)
    mask, ours = network.cut_out(seen, points, [label == 1 for label in labels], box, size_wh(image))
    assert torch.equal(mask, expected) and ours == confidence


@torch.inference_mode()
def test_embed_clicks__one_pass_of_the_detectors_encoder_serves_the_tracker(
    stock: Stock, network: Sam3Network, image: RgbImage
):
    pixels = stock.tracker_processor(images=image, return_tensors="pt")["pixel_values"]
    [embedding] = network.embed_images([image])
    expected = stock.tracker.get_image_embeddings(pixels)
    for ours, theirs in zip(network.embed_clicks(embedding).levels, expected, strict=True):
        assert torch.equal(ours, theirs)


# A whole question, in pixels of the image, however the answer came about.

Drawn = tuple[float, Tensor, Box]


@dataclass(frozen=True)
class Ask:
    """A question to the annotator, and what the stock forward draws for it: confidence, coarse mask, box in pixels."""

    ask: Callable[[Annotator, RgbImage], list[Detection]]
    stock: Callable[[Stock, RgbImage], list[Drawn]]


def drawn_queries(stock: Stock, image: RgbImage, question: Question) -> list[Drawn]:
    answer = stock.find(image, question.phrase, question.boxes, question.labels)
    confidences = (answer.pred_logits.sigmoid() * answer.presence_logits.sigmoid())[0].tolist()
    sides = torch.tensor([*size_wh(image), *size_wh(image)], dtype=torch.float64)
    corners = torch.minimum((answer.pred_boxes[0].double() * sides).clamp(min=0), sides)
    boxes: list[Box] = [(a, b, c, d) for a, b, c, d in corners.tolist()]
    return list(zip(confidences, answer.pred_masks[0], boxes, strict=True))


def drawn_click(stock: Stock, image: RgbImage, name: str) -> list[Drawn]:
    points, labels, box = CLICKS[name]
    logits, confidence = stock.cut_out(image, points, labels, box)
    return [(confidence, logits, box or (0, 0, *size_wh(image)))]


def exemplars(boxes: Sequence[Box], labels: Sequence[int], phrase: str | None = None) -> Ask:
    def ask(annotator: Annotator, image: RgbImage) -> list[Detection]:
        alike = Exemplars(image, boxes, [label == 1 for label in labels], phrase)
        return annotator.exemplars([image], alike, threshold=0.0)[0]

    return Ask(ask, lambda stock, image: drawn_queries(stock, image, Question(phrase, tuple(boxes), tuple(labels))))


def text(*phrases: str) -> Ask:
    return Ask(
        lambda annotator, image: annotator.text([image], phrases, threshold=0.0)[0],
        lambda stock, image: [drawn for p in phrases for drawn in drawn_queries(stock, image, Question(p))],
    )


def points(name: str) -> Ask:
    places, labels, _ = CLICKS[name]
    positive = [label == 1 for label in labels]
    return Ask(
        lambda annotator, image: [d for d in [annotator.points(image, places, is_positive=positive)] if d],
        lambda stock, image: drawn_click(stock, image, name),
    )


ASKS = {
    "text": text("stop sign", "tree"),
    "exemplars": exemplars(BOXES, (1, 0, 1)),
    "exemplar with phrase": exemplars(BOXES[:1], (1,), "stop sign"),
    "point": points("one point, three masks"),
    "points": points("a point on and one off"),
    "box": Ask(
        lambda annotator, image: annotator.box(image, BOXES[:1], is_positive=[True], threshold=0.0),
        lambda stock, image: drawn_click(stock, image, "box"),
    ),
}
asks = pytest.mark.parametrize("question", ASKS.values(), ids=ASKS)


@asks
def test_cache__remembered_answers_are_the_fresh_ones(network: Sam3Network, image: RgbImage, question: Ask):
    remembering, forgetful = Sam3Annotator(network, checkpoint="r"), forgetful_annotator(network)
    for other in ASKS.values():
        other.ask(remembering, image)
    answer = question.ask(remembering, image.copy())
    assert answer == question.ask(forgetful, image) and answer


@asks
@torch.inference_mode()
def test_masks__cropped_upsampling_draws_the_pixels_of_the_whole(
    stock: Stock, network: Sam3Network, image: RgbImage, question: Ask
):
    answer = question.ask(forgetful_annotator(network), image)
    candidates = question.stock(stock, image)
    for detection in answer:
        confidence, logits, box = min(candidates, key=lambda drawn: abs(drawn[0] - detection.confidence))
        assert abs(confidence - detection.confidence) < TOGETHER
        assert np.array_equal(pasted(detection, image), whole_mask(logits, box, image))
    assert answer


def whole_mask(logits: Tensor, box: Box, image: RgbImage) -> np.ndarray:
    """Return a mask upsampled as a whole, then cut to what lies near the box."""
    resized = torch.nn.functional.interpolate(logits[None, None], image.shape[:2], mode="bilinear")[0, 0]
    near = np.zeros(image.shape[:2], np.bool_)
    dx, dy = 0.15 * (box[2] - box[0]) + 2, 0.15 * (box[3] - box[1]) + 2
    rows = slice(max(0, int(box[1] - dy)), int(box[3] + dy) + 1)
    columns = slice(max(0, int(box[0] - dx)), int(box[2] + dx) + 1)
    near[rows, columns] = (resized > 0).numpy()[rows, columns]
    return without_specks(near)


def pasted(detection: Detection, image: RgbImage) -> np.ndarray:
    assert detection.mask is not None
    mask = np.zeros(image.shape[:2], np.bool_)
    (x, y), (rows, columns) = detection.mask.origin_xy, detection.mask.shape_hw
    mask[y : y + rows, x : x + columns] = detection.mask.to_array()
    return mask


@pytest.mark.parametrize("size_wh", [(24, 24), (25, 23), (3, 200), (1003, 517), (4096, 31)], ids=str)
def test_crop_mask__only_pixels_on_the_very_edge_may_differ(size_wh: tuple[int, int]):
    logits = torch.randn(24, 24, generator=torch.Generator().manual_seed(1))
    whole = torch.nn.functional.interpolate(logits[None, None], size_wh[::-1], mode="bilinear")[0, 0]
    cropped = crop_mask(logits, size_wh, (size_wh[0] * 0.2, 0, size_wh[0] * 0.8, size_wh[1] * 0.5))
    assert cropped is not None
    mask, (x, y) = cropped
    whole = whole[y : y + mask.shape[0], x : x + mask.shape[1]]
    assert (mask == (whole > 0).numpy())[(whole.abs() > 1e-6).numpy()].all()


# Together: the last bits.


@torch.inference_mode()
def test_embed_images__a_batch_sees_what_each_image_alone_shows(network: Sam3Network):
    images = [make_image(size) for size in SIZES_WH]
    for together, image in zip(network.embed_images(images), images, strict=True):
        [alone] = network.embed_images([image])
        for one, other in zip(together.tensors(), alone.tensors(), strict=True):
            assert_close(one, other)


@torch.inference_mode()
def test_propose__prompts_together_answer_as_each_alone(network: Sam3Network, image: RgbImage):
    [embedding] = network.embed_images([image])
    prompts = [network.embed_text(phrase) for phrase in ("stop sign", "tree", "a dog", "x")]
    together = network.propose(embedding, prompts)
    for index, prompt in enumerate(prompts):
        alone = network.propose(embedding, [prompt])
        assert_close(together.confidences[index], alone.confidences[0])
        assert_close(together.boxes[index], alone.boxes[0])
        assert_close(network.masks_of(together, index, [1, 4]), network.masks_of(alone, 0, [1, 4]))


def assert_close(ours: Tensor, expected: Tensor) -> None:
    assert float((ours - expected).abs().max()) <= TOGETHER * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("kind", ["text", "exemplars"])
def test_batch__answers_like_single_images(network: Sam3Network, kind: str):
    annotator = Sam3Annotator(network, checkpoint="r", images_at_once=2)
    images = [make_image(size, seed) for seed, size in enumerate([*SIZES_WH, (90, 90)])]
    alike = Exemplars(images[1], BOXES[:2], (True, False), "tree")

    def ask(some: Sequence[RgbImage]) -> list[list[Detection]]:
        if kind == "text":
            return annotator.text(some, ["stop sign", "tree"], threshold=0.02)
        return annotator.exemplars(some, alike, threshold=0.02)

    for together, image in zip(ask(images), images, strict=True):
        [alone] = ask([image])
        assert [d.prompt for d in together] == [d.prompt for d in alone] and alone
        assert np.allclose([d.confidence for d in together], [d.confidence for d in alone], atol=1e-5)
        assert np.allclose([d.box_xyxy for d in together], [d.box_xyxy for d in alone], atol=1.01)


def test_parity__the_random_network_tells_prompts_apart(network: Sam3Network):
    # A network that answers everything alike would pass the tests above.
    image = make_image(SIZES_WH[0])
    [embedding] = network.embed_images([image])
    answers = [network.propose(embedding, [q.of(network, image)]).confidences for q in QUESTIONS.values()]
    assert all(float((a - b).abs().max()) > 1e-3 for i, a in enumerate(answers) for b in answers[:i])
    assert float(answers[0].std()) > 1e-3


def forgetful_annotator(network: Sam3Network) -> Sam3Annotator:
    return Sam3Annotator(network, checkpoint="r", remembered_bytes=0)


def size_wh(image: RgbImage) -> tuple[int, int]:
    return int(image.shape[1]), int(image.shape[0])
