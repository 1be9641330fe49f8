"""What the SAM 3 engine holds on to, and what it does when memory is short."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pictograph_server.engines.annotators.base import Exemplars, RgbImage
from pictograph_server.engines.annotators.devices import FittingBatches, gpu_dtype
from pictograph_server.engines.errors import EngineError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.contract.random_sam3 import write_random_checkpoint  # noqa: E402

from pictograph_server.engines.annotators.sam3.annotator import Sam3Annotator  # noqa: E402
from pictograph_server.engines.annotators.sam3.embedding_cache import EmbeddingCache, size_bytes  # noqa: E402
from pictograph_server.engines.annotators.sam3.network import (  # noqa: E402
    ClickEmbedding,
    ImageEmbedding,
    PromptEmbedding,
    Proposals,
    Sam3Network,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_random_checkpoint(tmp_path_factory.mktemp("checkpoints") / "random")


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> "WatchedNetwork":
    return WatchedNetwork(checkpoint, torch.device("cpu"), torch.float32)


class WatchedNetwork(Sam3Network):
    """Counts how much goes through the network at once, and has room for so many only."""

    room_for_images = room_for_prompts = 1000

    def __init__(self, *place: object) -> None:
        super().__init__(*place)  # pyright: ignore[reportArgumentType]
        self.images: list[int] = []
        self.prompts: list[int] = []
        self.phrases: list[str] = []

    def embed_images(self, images: Sequence[RgbImage]) -> list[ImageEmbedding]:
        self.images.append(len(images))
        if len(images) > self.room_for_images:
            raise torch.OutOfMemoryError
        return super().embed_images(images)

    def embed_text(self, phrase: str) -> PromptEmbedding:
        self.phrases.append(phrase)
        return super().embed_text(phrase)

    def propose(self, image: ImageEmbedding, prompts: Sequence[PromptEmbedding]) -> Proposals:
        self.prompts.append(len(prompts))
        if len(prompts) > self.room_for_prompts:
            raise torch.OutOfMemoryError
        return super().propose(image, prompts)


def make_images(count: int) -> list[RgbImage]:
    return list(np.random.default_rng(0).integers(0, 255, (count, 60, 80, 3), np.uint8))


# A large photo.


@pytest.mark.skipif(sys.platform != "linux", reason="reads its memory from /proc")
@pytest.mark.parametrize(
    "whole", [2, pytest.param(200, marks=pytest.mark.exhaustive)], ids=["two cover the photo", "all cover the photo"]
)
def test_peak__fifty_megapixels_with_two_hundred_objects_stay_below_a_gigabyte(checkpoint: Path, whole: int):
    command = [sys.executable, "-m", "tests.contract.sam3_peak", str(checkpoint), "50", "200", str(whole)]
    environment = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["objects"] == 200
    # The photo itself is 150 MB of them.
    assert 150 < figures["with_an_outline_mb"] < 1000


# Remembered embeddings.


def clicks(*sizes: int) -> ClickEmbedding:
    return ClickEmbedding(tuple(torch.zeros(size, dtype=torch.uint8) for size in sizes))


def test_cache__the_oldest_go_when_the_bytes_run_out():
    cache = EmbeddingCache(100)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda: clicks(20, 20))
    made: list[str] = []
    for key in ("a", "c", "b"):
        cache.get(key, lambda key=key: (made.append(key), clicks(20, 20))[1])
    assert made == ["b"] and len(cache) == 2 and cache.size_bytes == 80


def test_cache__one_that_is_too_large_pushes_out_nothing():
    cache = EmbeddingCache(100)
    cache.get("small", lambda: clicks(60))
    assert size_bytes(cache.get("large", lambda: clicks(101))) == 101
    assert len(cache) == 1 and cache.size_bytes == 60


def test_size_bytes__a_slice_keeps_its_whole_tensor_alive():
    batch = torch.zeros(4, 10, dtype=torch.float32)
    assert size_bytes(ClickEmbedding((batch[0:1], batch[1:2]))) == 160


def test_seen__an_image_is_embedded_once_for_all_kinds_of_prompts(network: WatchedNetwork):
    annotator = Sam3Annotator(network, checkpoint="r")
    [image] = make_images(1)
    network.images.clear()
    annotator.text([image], ["dog"], threshold=0.5)
    annotator.points(image.copy(), [(30, 30)], is_positive=[True])
    annotator.box(image, [(5, 5, 40, 40)], is_positive=[True], threshold=0.0)
    annotator.exemplars([image], Exemplars(image, [(5, 5, 40, 40)], [True]), threshold=0.5)
    assert network.images == [1]


def test_seen__no_more_than_its_limit(network: WatchedNetwork):
    images = make_images(5)
    one = size_bytes(network.embed_images(images[:1])[0])
    annotator = Sam3Annotator(network, checkpoint="r", remembered_bytes=2 * one + 1)
    network.images.clear()
    for image in [*images, images[4], images[3], images[0]]:
        annotator.text([image], ["dog"], threshold=0.9)
    assert len(network.images) == 6


def test_texts__a_phrase_is_embedded_once(network: WatchedNetwork):
    annotator = Sam3Annotator(network, checkpoint="r")
    network.phrases.clear()
    for _ in range(2):
        annotator.text(make_images(3), ["stop_sign", "stop sign", "dog"], threshold=0.9)
    assert network.phrases == ["stop sign", "dog"]


# Many prompts, little memory.


def test_text__sixty_prompts_in_chunks_answer_as_each_alone(network: WatchedNetwork):
    annotator = Sam3Annotator(network, checkpoint="r", prompts_at_once=16)
    [image] = make_images(1)
    prompts = [f"thing {i}" for i in range(60)]
    network.prompts.clear()
    network.images.clear()
    [together] = annotator.text([image], prompts, threshold=0.0, max_detections=10_000)
    assert network.prompts == [16, 16, 16, 12] and network.images == [1]
    assert {d.prompt for d in together} == set(prompts)
    for prompt in prompts[::10]:
        [alone] = annotator.text([image], [prompt], threshold=0.0)
        ours = [d for d in together if d.prompt == prompt]
        assert [d.box_xyxy for d in ours] == [d.box_xyxy for d in alone]


def test_text__max_detections_are_of_all_prompts_together_and_the_best(network: WatchedNetwork):
    annotator = Sam3Annotator(network, checkpoint="r")
    [every] = annotator.text(make_images(1), ["dog", "cat", "tree"], threshold=0.0)
    [three] = annotator.text(make_images(1), ["dog", "cat", "tree"], threshold=0.0, max_detections=3)
    assert three == every[:3] and len(every) > 3
    [none] = annotator.text(make_images(1), ["dog", "cat", "tree"], threshold=every[0].confidence)
    assert none == []


def test_memory_runs_out__smaller_batches_give_the_same_answers(checkpoint: Path):
    network = WatchedNetwork(checkpoint, torch.device("cpu"), torch.float32)
    annotator = Sam3Annotator(network, checkpoint="r", images_at_once=8, prompts_at_once=8)
    images, prompts = make_images(7), [f"thing {i}" for i in range(6)]
    roomy = annotator.text(images, prompts, threshold=0.05)
    network.images, network.prompts = [], []
    network.room_for_images, network.room_for_prompts = 3, 2
    tight = annotator.text(images, prompts, threshold=0.05)
    # Eight do not fit, nor four; from then on it is asked for what fitted.
    assert network.images == [7, 3, 3, 1] and network.prompts[:5] == [6, 3, 1, 1, 1]
    assert [[d.prompt for d in each] for each in tight] == [[d.prompt for d in each] for each in roomy]
    for ours, expected in zip(tight, roomy, strict=True):
        assert np.allclose([d.confidence for d in ours], [d.confidence for d in expected], atol=1e-5)


def test_memory_runs_out__for_one_prompt_it_is_an_error_in_words(checkpoint: Path):
    network = WatchedNetwork(checkpoint, torch.device("cpu"), torch.float32)
    network.room_for_prompts = 0
    annotator = Sam3Annotator(network, checkpoint="r")
    [image] = make_images(1)
    with pytest.raises(EngineError, match="does not hold a single image or prompt"):
        annotator.text([image], ["dog"], threshold=0.5)
    with pytest.raises(EngineError, match="does not hold a single image or prompt"):
        annotator.exemplars([image], Exemplars(image, [(5, 5, 40, 40)], [True]), threshold=0.5)


class OutOfMemoryError(RuntimeError):
    pass


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemoryError(),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=["torch", "numpy", "cpu", "cublas"],
)
def test_fitting_batches__halves_until_it_fits_and_stays_there(error: Exception):
    sizes: list[int] = []

    def work(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        if len(items) > 2:
            raise error
        return list(items)

    batches = FittingBatches(8)
    for _ in range(2):
        assert [i for batch in batches.run(range(9), work) for i in batch] == list(range(9))
    assert sizes == [8, 4, 2, 2, 2, 2, 1, 2, 2, 2, 2, 1]


def test_fitting_batches__one_that_does_not_fit_is_an_error_in_words():
    def work(items: Sequence[int]) -> None:
        raise OutOfMemoryError

    with pytest.raises(EngineError, match="does not hold a single image"):
        list(FittingBatches(4).run([1], work))


@pytest.mark.parametrize("error", [KeyError("mine"), RuntimeError("shape mismatch")])
def test_fitting_batches__other_errors_pass(error: Exception):
    def work(items: Sequence[int]) -> None:
        raise error

    with pytest.raises(type(error)):
        list(FittingBatches(2).run([1, 2], work))


# Number formats.


@pytest.mark.parametrize(
    ("gpu", "capability", "name"),
    [
        ("V100", (7, 0), "float16"),
        ("T4", (7, 5), "float16"),
        ("A100", (8, 0), "bfloat16"),
        ("A10G", (8, 6), "bfloat16"),
        ("H100", (9, 0), "bfloat16"),
    ],
)
def test_gpu_dtype__bfloat16_from_ampere_on(gpu: str, capability: tuple[int, int], name: str):
    assert gpu_dtype(capability) == getattr(torch, name), gpu


class Overflowing(Sam3Network):
    def propose(self, image: ImageEmbedding, prompts: Sequence[PromptEmbedding]) -> Proposals:
        proposals = super().propose(image, prompts)
        return replace(proposals, confidences=proposals.confidences * torch.nan)


def test_overflow__is_an_error_and_not_an_empty_answer(checkpoint: Path):
    annotator = Sam3Annotator(Overflowing(checkpoint, torch.device("cpu"), torch.float32), checkpoint="r")
    with pytest.raises(EngineError, match="left the range of the number format"):
        annotator.text(make_images(1), ["dog"], threshold=0.5)
