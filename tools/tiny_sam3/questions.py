"""What a training step asks about a scene: phrases for what is there and what is not, and boxes as exemplars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from tools.tiny_sam3.vocabulary import ABSENT_NOUNS, CLASS_NAMES, CLASSES, EXEMPLAR_PHRASE, GROUPS

TEXT_QUESTIONS, EXEMPLAR_QUESTIONS = 3, 2  # for each scene
_LETTERS = "abcdefghijklmnoprstuvwz"
_EVERY_SIGN = tuple(group for group, members in GROUPS.items() if len(members) == 7)
# How exactly people draw a box, as a share of its side.
_BOX_JITTER = 0.04

Item = TypeVar("Item")


@dataclass(frozen=True)
class Question:
    """A phrase, the classes that answer it, and exemplars: `(x, y, w, h)` of the centre and size, relative; 1 or 0."""

    phrase: str
    class_indexes: tuple[int, ...]
    boxes_cxcywh: tuple[tuple[float, float, float, float], ...] = ()
    labels: tuple[int, ...] = ()


def spellings(phrase: str) -> tuple[str, ...]:
    """Return the ways people write a phrase."""
    return (phrase, phrase + "s", "a " + phrase, "the " + phrase, "a photo of a " + phrase)


def text_questions(rng: np.random.Generator, classes: NDArray[np.int64]) -> list[Question]:
    """Return three: one that is there, one for a group or another that is there, one that is rather not there."""
    there = _there(classes)
    missing = [index for index in range(len(CLASSES)) if index not in there]
    first = _about(rng, _pick(rng, there)) if there else _about_nothing(rng)
    chance = rng.random()
    if chance < 0.3:
        second = _about_group(rng)
    elif there and chance < 0.82:
        second = _about(rng, _pick(rng, there))
    else:
        second = _about_nothing(rng)
    third = _about(rng, _pick(rng, missing)) if missing and rng.random() < 0.65 else _about_nothing(rng)
    return [first, second, third]


def exemplar_questions(
    rng: np.random.Generator, classes: NDArray[np.int64], boxes_xyxy: NDArray[np.float32]
) -> list[Question]:
    """Return two questions with boxes about a scene with at least one object."""
    return [_with_exemplars(rng, classes, boxes_xyxy) for _ in range(EXEMPLAR_QUESTIONS)]


def _with_exemplars(rng: np.random.Generator, classes: NDArray[np.int64], boxes_xyxy: NDArray[np.float32]) -> Question:
    there = _there(classes)
    wanted = _pick(rng, there)
    others = [index for index in there if index != wanted]
    if others and rng.random() < 0.15:  # a group, but not like this one
        members = tuple(i for i in range(7) if i != wanted)
        return Question(_pick(rng, _EVERY_SIGN), members, (_drawn(rng, classes, boxes_xyxy, wanted),), (0,))
    phrase = EXEMPLAR_PHRASE if rng.random() < 0.75 else _pick(rng, CLASSES[wanted].phrases)
    boxes = [_drawn(rng, classes, boxes_xyxy, wanted) for _ in range(int(rng.integers(1, 3)))]
    labels = [1] * len(boxes)
    if others and rng.random() < 0.35:
        boxes.append(_drawn(rng, classes, boxes_xyxy, _pick(rng, others)))
        labels.append(0)
    return Question(phrase, (wanted,), tuple(boxes), tuple(labels))


def _drawn(
    rng: np.random.Generator, classes: NDArray[np.int64], boxes_xyxy: NDArray[np.float32], class_index: int
) -> tuple[float, float, float, float]:
    """Return the box of one object of the class, about as exactly as a person draws it."""
    row = _pick(rng, np.flatnonzero(classes == class_index).tolist())
    x_min, y_min, x_max, y_max = (float(value) for value in boxes_xyxy[row])
    width, height = x_max - x_min, y_max - y_min
    off = rng.normal(0, _BOX_JITTER, 4) * [width, height, width, height]
    x_min, y_min, x_max, y_max = x_min + off[0], y_min + off[1], x_max + off[2], y_max + off[3]
    return (x_min + x_max) / 2, (y_min + y_max) / 2, max(0.01, x_max - x_min), max(0.01, y_max - y_min)


def _about(rng: np.random.Generator, class_index: int) -> Question:
    return Question(_written(rng, _pick(rng, CLASSES[class_index].phrases)), (class_index,))


def _about_group(rng: np.random.Generator) -> Question:
    group = _pick(rng, tuple(GROUPS))
    return Question(_written(rng, group), tuple(CLASS_NAMES.index(name) for name in GROUPS[group]))


def _about_nothing(rng: np.random.Generator) -> Question:
    chance = rng.random()
    if chance < 0.75:
        return Question(_written(rng, _pick(rng, ABSENT_NOUNS)), ())
    if chance < 0.85:
        return Question(f"{_pick(rng, ABSENT_NOUNS)} {_pick(rng, ABSENT_NOUNS)}", ())
    return Question("".join(_pick(rng, _LETTERS) for _ in range(int(rng.integers(3, 10)))), ())


def _written(rng: np.random.Generator, phrase: str) -> str:
    """Return a spelling, mostly the plain one, sometimes with a capital letter."""
    chance = rng.random()
    if chance < 0.6:
        return phrase
    return phrase.capitalize() if chance > 0.95 else _pick(rng, spellings(phrase)[1:])


def _there(classes: NDArray[np.int64]) -> list[int]:
    return sorted({int(index) for index in classes if index >= 0})


def _pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(rng.integers(len(items)))]
