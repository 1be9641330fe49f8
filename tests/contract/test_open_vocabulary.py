"""Grounding DINO with SAM 2.1, OWLv2: the stock forward's numbers on random checkpoints, and what is made of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pictograph.geometry.boxes import iou
from pictograph_server.engines.annotators.base import Annotator, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.annotators.checkpoints import folders
from pictograph_server.engines.annotators.checkpoints.catalogue import GROUNDING_DINO, NAMES, OWLV2, SAM2
from pictograph_server.engines.annotators.grounded_sam2 import GroundedSam2Annotator
from pictograph_server.engines.annotators.owlv2 import Owlv2Annotator
from pictograph_server.engines.annotators.registry import annotator_specs, open_annotator
from pictograph_server.engines.errors import EngineError, EngineUnavailable

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.contract.random_checkpoints import make_grounding_dino, make_owlv2, make_sam2  # noqa: E402
from tests.hub_stand_in import HubStandIn, hub_stand_in  # noqa: E402

from pictograph_server.engines.annotators.grounding_dino_network import GroundingDinoNetwork  # noqa: E402
from pictograph_server.engines.annotators.owlv2_network import Owlv2Network  # noqa: E402
from pictograph_server.engines.annotators.sam2_network import Sam2Network  # noqa: E402

CPU = torch.device("cpu")
PHRASES = ["stop sign", "car", "red car", "traffic light"]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of folders, as `pictograph engines pull --to` leaves them."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("checkpoints")
    make_grounding_dino(folder / "grounded" / "grounding-dino-tiny")
    make_sam2(folder / "grounded" / "sam2.1-hiera-tiny")
    make_owlv2(folder / "owlv2" / "owlv2-base-patch16-ensemble")
    shutil.copytree(folder / "grounded" / "sam2.1-hiera-tiny", folder / "owlv2" / "sam2.1-hiera-tiny")
    return folder


@pytest.fixture(scope="module")
def grounded(checkpoints: Path) -> Annotator:
    return open_annotator(str(checkpoints / "grounded"), "cpu")


@pytest.fixture(scope="module")
def owlv2(checkpoints: Path) -> Annotator:
    return open_annotator(str(checkpoints / "owlv2"), "cpu")


@pytest.fixture(params=["grounded", "owlv2"])
def annotator(request: pytest.FixtureRequest) -> Annotator:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def image() -> RgbImage:
    pixels = np.random.default_rng(3).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    pixels[30:80, 40:110] = (200, 25, 35)
    return pixels


def stock_of(kind: str, folder: Path) -> Any:
    return getattr(transformers, kind).from_pretrained(folder).eval()


def shown(detections: list[Detection]) -> set[tuple[str, tuple[int, ...]]]:
    return {(each.prompt, tuple(round(value) for value in each.box_xyxy)) for each in detections}


# The same numbers as the stock forward.


def test_grounding_dino__boxes_and_strongest_tokens_are_the_stock_forwards(checkpoints: Path, image: RgbImage):
    folder = checkpoints / "grounded" / "grounding-dino-tiny"
    network = GroundingDinoNetwork(folder, CPU)
    [found] = network.find([image], [network.tokens_of(phrase) for phrase in PHRASES])
    model = transformers.AutoModelForZeroShotObjectDetection.from_pretrained(folder).eval()
    processor = transformers.AutoProcessor.from_pretrained(folder)
    inputs = processor(images=[image], text=[PHRASES], return_tensors="pt")
    with torch.inference_mode():
        outputs = model(**inputs)
    [stock] = processor.post_process_grounded_object_detection(
        outputs, inputs.input_ids, threshold=-1.0, text_threshold=1.0, target_sizes=[(1, 1)]
    )
    assert torch.allclose(found.boxes_xyxy, stock["boxes"], atol=1e-6)
    words = processor.tokenizer.convert_ids_to_tokens(inputs.input_ids[0])
    for query, probabilities in enumerate(outputs.logits[0, :, : len(words)].sigmoid()):
        # Of the tokens that are words; the stock score also counts the stops between the phrases.
        ranked = [int(i) for i in probabilities.argsort(descending=True) if words[i] not in ("[CLS]", "[SEP]", ".")]
        assert float(found.confidence[query]) == pytest.approx(float(probabilities[ranked[0]]), abs=1e-6)
        phrase = 0 if ranked[0] == 0 else words[: ranked[0]].count(".")
        assert int(found.phrase[query]) == phrase


def test_grounding_dino__text_is_the_stock_processors(checkpoints: Path):
    folder = checkpoints / "grounded" / "grounding-dino-tiny"
    network = GroundingDinoNetwork(folder, CPU)
    processor = transformers.AutoProcessor.from_pretrained(folder)
    ids, owner = network._text([network.tokens_of(phrase) for phrase in PHRASES])  # pyright: ignore[reportPrivateUsage]
    assert ids.tolist() == processor(text=[PHRASES], return_tensors="pt").input_ids.tolist()
    assert owner.tolist() == [-1, 0, 0, -1, 1, -1, 2, 2, -1, 3, 3, -1, -1]


def test_sam2__masks_are_the_stock_forwards(checkpoints: Path, image: RgbImage):
    folder = checkpoints / "grounded" / "sam2.1-hiera-tiny"
    network = Sam2Network(folder, CPU, torch.float32)
    boxes = [(40.0, 30.0, 110.0, 80.0), (5.0, 60.0, 50.0, 110.0)]
    model, processor = stock_of("Sam2Model", folder), transformers.Sam2Processor.from_pretrained(folder)
    inputs = processor(images=[image], input_boxes=[[list(box) for box in boxes]], return_tensors="pt")
    inputs.pop("original_sizes")
    with torch.inference_mode():
        stock = model(**inputs, multimask_output=False).pred_masks[0, :, 0]
    relative = [(x0 / 160, y0 / 120, x1 / 160, y1 / 120) for x0, y0, x1, y1 in boxes]
    assert torch.allclose(network.masks_in(network.embed(image), relative), stock, atol=1e-5)


def test_sam2__clicks_are_the_stock_forwards(checkpoints: Path, image: RgbImage):
    folder = checkpoints / "grounded" / "sam2.1-hiera-tiny"
    network = Sam2Network(folder, CPU, torch.float32)
    model, processor = stock_of("Sam2Model", folder), transformers.Sam2Processor.from_pretrained(folder)
    points = [(70.0, 50.0), (10.0, 100.0)]
    for count in (1, 2):
        asked, labels = points[:count], [1, 0][:count]
        inputs = processor(
            images=[image], input_points=[[[list(p) for p in asked]]], input_labels=[[labels]], return_tensors="pt"
        )
        inputs.pop("original_sizes")
        with torch.inference_mode():
            outputs = model(**inputs, multimask_output=count == 1)
        best = int(outputs.iou_scores[0, 0].argmax())
        relative = [(x / 160, y / 120) for x, y in asked]
        logits, confidence = network.cut_out(network.embed(image), relative, [bool(label) for label in labels], None)
        assert torch.allclose(logits, outputs.pred_masks[0, 0, best], atol=1e-5)
        assert confidence == pytest.approx(float(outputs.iou_scores[0, 0, best]), abs=1e-6)


def test_owlv2__scores_and_boxes_are_the_stock_forwards(checkpoints: Path, image: RgbImage):
    folder = checkpoints / "owlv2" / "owlv2-base-patch16-ensemble"
    network = Owlv2Network(folder, CPU, torch.float32)
    model, processor = stock_of("Owlv2ForObjectDetection", folder), transformers.Owlv2Processor.from_pretrained(folder)
    inputs = processor(images=[image], text=[PHRASES], return_tensors="pt")
    with torch.inference_mode():
        outputs = model(**inputs)
    [seen] = network.look([image])
    scores = network.scores(seen, [network.ask_for(phrase) for phrase in PHRASES])
    assert torch.allclose(scores, outputs.logits[0].sigmoid().T, atol=1e-5)
    [stock] = processor.post_process_grounded_object_detection(outputs, threshold=-1.0, target_sizes=[(120, 160)])
    assert torch.allclose(seen.boxes_xyxy * 160, stock["boxes"], atol=1e-3)


def test_owlv2__image_guided_scores_are_the_stock_forwards(checkpoints: Path, image: RgbImage):
    folder = checkpoints / "owlv2" / "owlv2-base-patch16-ensemble"
    network = Owlv2Network(folder, CPU, torch.float32)
    model, processor = stock_of("Owlv2ForObjectDetection", folder), transformers.Owlv2Processor.from_pretrained(folder)
    example = np.ascontiguousarray(image[20:90, 30:120])
    pixels = [processor.image_processor([each], return_tensors="pt").pixel_values for each in (image, example)]
    with torch.inference_mode():
        stock = (
            model.image_guided_detection(pixel_values=pixels[0], query_pixel_values=pixels[1]).logits[0, :, 0].sigmoid()
        )
    [seen], [shown_as] = network.look([image]), network.look([example])
    question = network.ask_like(shown_as, int(shown_as.objectness.argmax()))
    assert torch.allclose(network.scores(seen, [question])[0], stock, atol=1e-5)


def test_networks__half_precision_answers_nearly_the_same(checkpoints: Path, image: RgbImage):
    cuts = [
        Sam2Network(checkpoints / "owlv2" / "sam2.1-hiera-tiny", CPU, dtype)
        for dtype in (torch.float32, torch.bfloat16)
    ]
    masks = [each.masks_in(each.embed(image), [(0.2, 0.2, 0.7, 0.7)]) for each in cuts]
    assert (masks[0] - masks[1]).abs().mean() < 0.1 * masks[0].abs().mean()
    finds = [
        Owlv2Network(checkpoints / "owlv2" / "owlv2-base-patch16-ensemble", CPU, dtype)
        for dtype in (torch.float32, torch.bfloat16)
    ]
    scores = [each.scores(each.look([image])[0], [each.ask_for("car")]) for each in finds]
    assert (scores[0] - scores[1]).abs().max() < 0.05


# What is made of them.


def test_text__detections_have_masks_and_belong_to_a_prompt(annotator: Annotator, image: RgbImage):
    [found] = annotator.text([image], PHRASES, threshold=0.0)
    assert found and {each.prompt for each in found} <= set(PHRASES)
    assert [each.confidence for each in found] == sorted((each.confidence for each in found), reverse=True)
    for each in found:
        x_min, y_min, x_max, y_max = each.box_xyxy
        assert 0 <= x_min < x_max <= 160 and 0 <= y_min < y_max <= 120
    assert any(each.mask is not None for each in found)


def test_text__order_of_the_prompts_changes_nothing(annotator: Annotator, image: RgbImage):
    forwards, backwards = (annotator.text([image], phrases, threshold=0.0) for phrases in (PHRASES, PHRASES[::-1]))
    assert shown(forwards[0]) == shown(backwards[0])


def test_text__a_batch_answers_like_single_images(annotator: Annotator, image: RgbImage):
    images = [image, np.ascontiguousarray(image[:90, :100]), image]
    batch = annotator.text(images, PHRASES, threshold=0.0)
    alone = [annotator.text([each], PHRASES, threshold=0.0)[0] for each in images]
    assert [shown(each) for each in batch] == [shown(each) for each in alone]


def test_text__threshold_and_number_hold(annotator: Annotator, image: RgbImage):
    [every] = annotator.text([image], PHRASES, threshold=0.0)
    [surer] = annotator.text([image], PHRASES, threshold=every[len(every) // 2].confidence)
    assert shown(surer) == shown([each for each in every if each.confidence > every[len(every) // 2].confidence])
    [few] = annotator.text([image], PHRASES, threshold=0.0, max_detections=2)
    assert shown(few) == shown(every[:2])


def test_text__nothing_asked_nothing_found(annotator: Annotator, image: RgbImage):
    assert annotator.text([image, image], [], threshold=0.0) == [[], []]
    assert annotator.text([], PHRASES, threshold=0.0) == []
    assert annotator.text([image], ["..."], threshold=1.0) == [[]]


def test_text__two_spellings_are_one_question(grounded: Annotator, image: RgbImage):
    [found] = grounded.text([image], ["stop_sign", "Stop Sign", "car"], threshold=0.0)
    first, second = ([d.box_xyxy for d in found if d.prompt == name] for name in ("stop_sign", "Stop Sign"))
    assert first == second and first


def test_text__more_phrases_than_one_text_holds(checkpoints: Path, grounded: Annotator, image: RgbImage):
    network = GroundingDinoNetwork(checkpoints / "grounded" / "grounding-dino-tiny", CPU)
    phrases = [network.tokens_of(f"red {letter * 9} car") for letter in "abcdefghijkl"]
    parts = network.texts(phrases)
    assert len(parts) > 1 and [index for part in parts for index in part] == list(range(len(phrases)))
    assert all(2 + sum(len(phrases[index]) + 1 for index in part) <= 64 for part in parts)
    assert len(network.tokens_of("red car " * 100)) == 61
    names = [f"red {letter * 9} car" for letter in "abcdefghijkl"]
    [found] = grounded.text([image], names, threshold=0.0)
    assert len({each.prompt for each in found}) > 1


def test_exemplars__grounding_dino_says_that_it_has_none(grounded: Annotator, image: RgbImage):
    assert Capability.EXEMPLAR not in grounded.capabilities
    with pytest.raises(EngineUnavailable, match="phrases only"):
        grounded.exemplars([image], Exemplars(image, [(1, 1, 9, 9)], [True]), threshold=0.5)


def test_exemplars__owlv2_compares_with_the_patch_that_proposes_the_box(
    checkpoints: Path, owlv2: Annotator, image: RgbImage
):
    network = Owlv2Network(checkpoints / "owlv2" / "owlv2-base-patch16-ensemble", CPU, torch.float32)
    [seen] = network.look([image])
    proposed = np.clip(seen.boxes_xyxy.numpy() * 160, 0, [160, 120, 160, 120])
    patch = int(np.argmax((proposed[:, 2] - proposed[:, 0]) * (proposed[:, 3] - proposed[:, 1])))
    assert isinstance(owlv2, Owlv2Annotator)
    chosen = owlv2._patch_of(seen, tuple(proposed[patch].tolist()), image)  # pyright: ignore[reportPrivateUsage, reportArgumentType]
    assert iou([proposed[patch]], [proposed[chosen]])[0, 0] >= 0.8
    [found] = owlv2.exemplars([image], Exemplars(image, [tuple(proposed[patch].tolist())], [True]), threshold=0.0)
    expected = network.scores(seen, [network.ask_like(seen, chosen)])[0]
    assert found[0].confidence == pytest.approx(float(expected.max()), abs=1e-5)
    assert {each.prompt for each in found} == {"visual"}


def test_exemplars__a_negative_one_takes_away_what_is_like_it(owlv2: Annotator, image: RgbImage):
    box = (40.0, 30.0, 110.0, 80.0)
    [with_it] = owlv2.exemplars([image], Exemplars(image, [box], [True], "red car"), threshold=0.01)
    [without] = owlv2.exemplars([image], Exemplars(image, [box, box], [True, False], "red car"), threshold=0.01)
    assert with_it and with_it[0].prompt == "red car" and without == []
    with pytest.raises(EngineError, match="positive box"):
        owlv2.exemplars([image], Exemplars(image, [box], [False]), threshold=0.01)


def test_box_and_points__come_from_sam2(annotator: Annotator, image: RgbImage):
    [boxed] = annotator.box(image, [(40, 30, 110, 80), (0, 0, 9, 9)], is_positive=[True, False], threshold=-1)
    clicked = annotator.points(image, [(70, 50), (5, 5)], is_positive=[True, False])
    assert boxed.mask is not None and clicked is not None and clicked.mask is not None
    with pytest.raises(EngineError, match="positive box"):
        annotator.box(image, [(200, 10, 300, 90)], is_positive=[True], threshold=0.3)
    with pytest.raises(EngineError, match="at least one point"):
        annotator.points(image, [(5, 5)], is_positive=[False])


def test_owlv2__without_sam2_has_boxes_only(checkpoints: Path, image: RgbImage, tmp_path: Path):
    shutil.copytree(checkpoints / "owlv2" / "owlv2-base-patch16-ensemble", tmp_path / "mine")
    alone = open_annotator(str(tmp_path / "mine"), "cpu")
    assert alone.name == "owlv2@mine" and alone.capabilities == {Capability.TEXT, Capability.EXEMPLAR}
    [found] = alone.text([image], ["car"], threshold=0.0)
    assert found and all(each.mask is None for each in found)
    with pytest.raises(EngineUnavailable, match=r"SAM 2\.1"):
        alone.points(image, [(5, 5)], is_positive=[True])


# Opening them.


def test_open__names_say_what_they_are_made_of(grounded: Annotator, owlv2: Annotator):
    assert isinstance(grounded, GroundedSam2Annotator)
    assert grounded.name == "grounded-sam2@grounding-dino-tiny+sam2.1-hiera-tiny"
    assert owlv2.name == "owlv2@owlv2-base-patch16-ensemble+sam2.1-hiera-tiny"


def test_open__prints_nothing(checkpoints: Path, capfd: pytest.CaptureFixture[str]):
    open_annotator(str(checkpoints / "grounded"), "cpu")
    open_annotator(str(checkpoints / "owlv2"), "cpu")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("network", "file", "content", "message"),
    [
        ("grounding-dino-tiny", "model.safetensors", b"\x00" * 64, "cannot be loaded"),
        ("sam2.1-hiera-tiny", "model.safetensors", b"\x00" * 64, "cannot be loaded"),
        ("grounding-dino-tiny", "tokenizer.json", None, "lacks tokenizer.json"),
        ("sam2.1-hiera-tiny", "model.safetensors", None, "lacks model.safetensors"),
    ],
)
def test_open__damaged_or_incomplete(
    checkpoints: Path, tmp_path: Path, network: str, file: str, content: bytes | None, message: str
):
    shutil.copytree(checkpoints / "grounded", tmp_path / "c")
    (tmp_path / "c" / network / file).unlink()
    if content is not None:
        (tmp_path / "c" / network / file).write_bytes(content)
    with pytest.raises(EngineUnavailable, match=message):
        open_annotator(str(tmp_path / "c"), "cpu")


def test_open__weights_that_are_not_in_the_file_are_not_left_random(checkpoints: Path, tmp_path: Path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(checkpoints / "grounded", tmp_path / "c")
    file = tmp_path / "c" / "sam2.1-hiera-tiny" / "model.safetensors"
    kept = {key: value for key, value in load_file(file).items() if not key.startswith("mask_decoder")}
    save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(EngineUnavailable, match=r"weights of sam2\.1-hiera-tiny are not in its files"):
        open_annotator(str(tmp_path / "c"), "cpu")


def test_folders__networks_are_recognised_wherever_they_lie(checkpoints: Path, tmp_path: Path):
    assert set(folders.networks_in(checkpoints / "grounded")) == {GROUNDING_DINO, SAM2}
    assert set(folders.networks_in(checkpoints / "owlv2")) == {OWLV2, SAM2}
    assert folders.annotator_in(checkpoints / "owlv2" / "owlv2-base-patch16-ensemble") == "owlv2"
    with pytest.raises(EngineUnavailable, match=r"its network is 'sam2_video'"):
        folders.annotator_in(checkpoints / "owlv2" / "sam2.1-hiera-tiny")
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(EngineUnavailable, match="its network is 'bert'"):
        open_annotator(str(tmp_path))


PROGRAM = """
import json, sys
import numpy as np
from pictograph_server.engines.annotators.registry import open_annotator
annotator = open_annotator("auto", "cpu")
[found] = annotator.text([np.full((60, 80, 3), 128, np.uint8)], ["stop sign"], threshold=0.0)
print(json.dumps([annotator.name, len(found)]))
"""


def test_auto__fetches_what_it_takes_and_labels(checkpoints: Path, tmp_path: Path):
    files = {
        repository.id: {file.name: file.read_bytes() for file in (checkpoints / "grounded" / folder).iterdir()}
        for repository, folder in ((GROUNDING_DINO, "grounding-dino-tiny"), (SAM2, "sam2.1-hiera-tiny"))
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    with hub_stand_in(HubStandIn(files)) as hub:
        environment = inherited | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    name, count = json.loads(done.stdout)
    assert name == "grounded-sam2@grounding-dino-tiny+sam2.1-hiera-tiny" and count > 0
    assert done.stderr == ""


def test_specs__every_annotator_that_can_be_named_can_be_opened():
    assert set(annotator_specs()) == set(NAMES)
