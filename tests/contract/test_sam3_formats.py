"""The SAM 3 engine in half precision, compiled, and on checkpoints that lack parts."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pictograph_server.engines.annotators.base import Box, Capability, Detection, Exemplars, RgbImage
from pictograph_server.engines.annotators.card import read_card
from pictograph_server.engines.annotators.checkpoints.weights import TINY_FOLDER
from pictograph_server.engines.annotators.registry import open_annotator
from pictograph_server.engines.annotators.sam3 import load
from pictograph_server.engines.errors import EngineUnavailable

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.contract.random_sam3 import random_halves, video_config, write_random_checkpoint  # noqa: E402
from transformers import Sam3VideoModel  # noqa: E402

from pictograph_server.engines.annotators.sam3.annotator import Sam3Annotator  # noqa: E402
from pictograph_server.engines.annotators.sam3.network import Sam3Network  # noqa: E402

SIGN: Box = (80, 90, 160, 170)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_random_checkpoint(tmp_path_factory.mktemp("checkpoints") / "random")


def tiny(dtype: str) -> Sam3Annotator:
    network = Sam3Network(TINY_FOLDER, torch.device("cpu"), getattr(torch, dtype))
    return Sam3Annotator(network, checkpoint="tiny", card=read_card(TINY_FOLDER))


def make_sign() -> RgbImage:
    """Return a hazy sky with a drawn no-entry sign."""
    import cv2

    image = np.full((260, 340, 3), (225, 230, 240), np.uint8)
    center, radius = (120, 130), 40
    cv2.circle(image, center, radius, (245, 245, 245), -1, cv2.LINE_AA)
    cv2.circle(image, center, 37, (200, 25, 35), -1, cv2.LINE_AA)
    cv2.rectangle(image, (92, 123), (148, 137), (245, 245, 245), -1)
    return image


def answers(annotator: Sam3Annotator, image: RgbImage, threshold: float) -> dict[str, list[Detection]]:
    alike = Exemplars(image, [SIGN, (250, 200, 330, 250)], [True, False])
    click = annotator.points(image, [(120, 110)], is_positive=[True])
    clicks = annotator.points(image, [(120, 110), (250, 230)], is_positive=[True, False])
    return {
        "text": annotator.text([image], ["no_entry"], threshold=threshold)[0],
        "exemplars": annotator.exemplars([image], alike, threshold=threshold)[0],
        "box": annotator.box(image, [SIGN], is_positive=[True], threshold=threshold),
        "point": [click] if click else [],
        "points": [clicks] if clicks else [],
    }


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision__every_kind_of_prompt_answers_nearly_as_in_single(dtype: str):
    image = make_sign()
    single, half = answers(tiny("float32"), image, 0.4), answers(tiny(dtype), image, 0.4)
    assert single.keys() == {kind for kind, found in half.items() if found}
    for kind, expected in single.items():
        [best, *_] = expected
        assert abs(half[kind][0].confidence - best.confidence) < 0.06, kind
        assert np.allclose(half[kind][0].box_xyxy, best.box_xyxy, atol=6), kind


@pytest.mark.slow
@pytest.mark.exhaustive
def test_load__compiled_vision_encoder_answers_the_same(checkpoint: Path):
    torch._dynamo.reset()  # pyright: ignore[reportPrivateUsage]
    image = make_sign()
    plain = load(str(checkpoint), "cpu").text([image], ["dog"], threshold=0.0)[0]
    compiled = open_annotator(str(checkpoint), "cpu", compile_vision=True)
    assert [d.prompt for d in compiled.text([image], ["dog"], threshold=0.0)[0]] == [d.prompt for d in plain]
    found = compiled.text([image], ["dog"], threshold=0.0)[0]
    assert np.allclose([d.confidence for d in found], [d.confidence for d in plain], atol=1e-4)


def test_clicks__refused_on_a_checkpoint_that_the_library_saved_itself(checkpoint: Path, tmp_path: Path):
    # Upstream's `save_pretrained` gives the weights of the tracker a prefix that its own loader does not know.
    folder = tmp_path / "saved"
    model: Any = Sam3VideoModel(video_config(*random_halves(0)))
    model.save_pretrained(folder)
    for name in ("processor_config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(checkpoint / name, folder / name)
    annotator = load(str(folder), "cpu")
    assert annotator.capabilities == {Capability.TEXT, Capability.EXEMPLAR, Capability.BOX}
    with pytest.raises(EngineUnavailable, match="lacks the weights of the click head") as caught:
        annotator.points(make_sign(), [(120, 110)], is_positive=[True])
    assert caught.value.fix is not None and "complete checkpoint" in caught.value.fix
    # The weights of the other half are all there.
    assert annotator.box(make_sign(), [SIGN], is_positive=[True], threshold=0.0)
