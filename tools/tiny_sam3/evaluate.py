"""How good a checkpoint is, asked the way the product asks: through `open_annotator`, at its default confidence."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from tools.tiny_sam3.generators import SEED, Generator, generators
from tools.tiny_sam3.scenes import Mask, Scene
from tools.tiny_sam3.scores import NOTHING, Score, mask_iou, score
from tools.tiny_sam3.vocabulary import CLASS_NAMES, CLASSES, GROUPS, UNHEARD_NOUNS

from pictograph_server.engines.annotators.base import Annotator, Capability, Exemplars
from pictograph_server.engines.annotators.card import FILENAME
from pictograph_server.engines.annotators.registry import open_annotator

THRESHOLD = 0.5
GROUPS_ASKED = ("traffic sign", "blue sign", "round sign")
NOUNS_ASKED = (*UNHEARD_NOUNS, "car", "tree", "qwerty zzz")
DEMO_CLASSES = ("stop_sign", "yield")


@dataclass
class Quality:
    """What one checkpoint does on one generator's scenes.

    `names`: the eight classes asked at once, each class's score. `demo_names`: only the demo's two classes asked.
    `phrases` and `synonyms`: asked of the network without its card, which would lead synonyms back to one phrase.
    """

    scenes: int = 0
    names: dict[str, Score] = field(default_factory=lambda: dict.fromkeys(CLASS_NAMES, NOTHING))
    demo_names: Score = NOTHING
    phrases: Score = NOTHING
    synonyms: Score = NOTHING
    groups: Score = NOTHING
    exemplars: Score = NOTHING
    small: Score = NOTHING
    clicks: list[float] = field(default_factory=list[float])
    boxes: list[float] = field(default_factory=list[float])
    nouns_asked: int = 0
    nouns_found: int = 0
    text_seconds: float = 0.0  # of the processor, for eight prompts

    @property
    def all_names(self) -> Score:
        return sum(self.names.values(), start=NOTHING)


@dataclass(frozen=True)
class Report:
    checkpoint: str
    qualities: dict[str, Quality]


def evaluate(folder: Path, *, scenes: int, only: Sequence[str] = ()) -> Report:
    """Return the quality of a checkpoint on each generator's scenes, or on some generators' only."""
    annotator = open_annotator(str(folder), "cpu")
    with tempfile.TemporaryDirectory() as bare:
        bare_annotator = open_annotator(str(_without_card(folder, Path(bare) / folder.name)), "cpu")
        chosen = [generator for generator in generators() if not only or generator.name in only]
        return Report(folder.name, {each.name: _quality(each, scenes, annotator, bare_annotator) for each in chosen})


def _quality(generator: Generator, scenes: int, annotator: Annotator, bare: Annotator) -> Quality:
    quality = Quality(scenes)
    for number, scene in enumerate(generator.scenes(scenes)):
        rng = np.random.default_rng([SEED, 1, number])
        _ask_names(quality, scene, annotator)
        _ask_bare(quality, scene, bare, rng)
        if Capability.EXEMPLAR in annotator.capabilities:
            _ask_exemplars(quality, scene, annotator)
        if Capability.POINT in annotator.capabilities:
            _ask_clicks(quality, scene, annotator)
    for scene in generator.small_scenes(scenes):
        quality.small += sum(_scores(scene, annotator, CLASS_NAMES).values(), start=NOTHING)
    return quality


def _ask_names(quality: Quality, scene: Scene, annotator: Annotator) -> None:
    began = time.process_time()
    scores = _scores(scene, annotator, CLASS_NAMES)
    quality.text_seconds += time.process_time() - began
    for name, reached in scores.items():
        quality.names[name] += reached
    quality.demo_names += sum(_scores(scene, annotator, DEMO_CLASSES).values(), start=NOTHING)
    [found] = annotator.text([scene.image], GROUPS_ASKED, threshold=THRESHOLD)
    for group in GROUPS_ASKED:
        answering = [each for each in scene.objects if each.class_name in GROUPS[group]]
        quality.groups += score([each for each in found if each.prompt == group], answering)


def _scores(scene: Scene, annotator: Annotator, names: Sequence[str]) -> dict[str, Score]:
    [found] = annotator.text([scene.image], names, threshold=THRESHOLD)
    return {
        name: score(
            [each for each in found if each.prompt == name],
            [each for each in scene.objects if each.class_name == name],
        )
        for name in names
    }


def _ask_bare(quality: Quality, scene: Scene, annotator: Annotator, rng: np.random.Generator) -> None:
    """Ask the network itself, without its card: phrases, other phrases for the same, and what is not there."""
    plain = [sign.phrase for sign in CLASSES]
    others = [str(rng.choice([also for also in sign.also if also != sign.phrase])) for sign in CLASSES]
    [found] = annotator.text([scene.image], [*plain, *others, *NOUNS_ASKED], threshold=THRESHOLD)
    for sign, phrase, other in zip(CLASSES, plain, others, strict=True):
        answering = [each for each in scene.objects if each.class_name == sign.name]
        quality.phrases += score([each for each in found if each.prompt == phrase], answering)
        quality.synonyms += score([each for each in found if each.prompt == other], answering)
    quality.nouns_asked += len(NOUNS_ASKED)
    quality.nouns_found += sum(each.prompt in NOUNS_ASKED for each in found)


def _ask_exemplars(quality: Quality, scene: Scene, annotator: Annotator) -> None:
    """Show one object of each class that is there, and want all of them."""
    for name in sorted({each.class_name for each in scene.objects}):
        alike = [each for each in scene.objects if each.class_name == name]
        shown = Exemplars(scene.image, [alike[0].box_xyxy()], [True])
        [found] = annotator.exemplars([scene.image], shown, threshold=THRESHOLD)
        quality.exemplars += score(found, alike)


def _ask_clicks(quality: Quality, scene: Scene, annotator: Annotator) -> None:
    for each in scene.objects:
        clicked = annotator.points(scene.image, [_innermost(each.mask)], is_positive=[True])
        quality.clicks.append(mask_iou(clicked, each.mask))
        boxed = annotator.box(scene.image, [each.box_xyxy()], is_positive=[True], threshold=0.0)
        quality.boxes.append(mask_iou(boxed[0] if boxed else None, each.mask))


def _innermost(mask: Mask) -> tuple[float, float]:
    """Return the centre of the pixel farthest from the object's edge."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(x) + 0.5, float(y) + 0.5


def _without_card(folder: Path, bare: Path) -> Path:
    """Return a folder with the checkpoint's files but without the card that makes the engine refuse phrases."""
    bare.mkdir(parents=True)
    for file in folder.iterdir():
        if file.is_file() and file.name != FILENAME:
            (bare / file.name).symlink_to(file.resolve())
    return bare
