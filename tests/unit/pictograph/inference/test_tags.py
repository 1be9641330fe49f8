"""Reading a classifier's output."""

import numpy as np
import pytest

from pictograph.inference.spec import ClassificationDecoding
from pictograph.inference.tags import Tag, decode_tags

NAMES = ("cat", "dog", "bird")


def decode(values: list[float], activation: str, *, confidence: float = 0.0, top_k: int | None = None) -> list[Tag]:
    decoding = ClassificationDecoding.model_validate({"activation": activation})
    return decode_tags(np.array(values, np.float32), decoding, NAMES, confidence=confidence, top_k=top_k)


def test_decode_tags__softmax_shares_one_whole() -> None:
    # e^log 1 : e^log 6 : e^log 3.
    found = decode([0, float(np.log(6)), float(np.log(3))], "softmax")
    assert [tag.class_name for tag in found] == ["dog", "bird", "cat"]
    assert [tag.confidence for tag in found] == pytest.approx([0.6, 0.3, 0.1])


def test_decode_tags__sigmoid_each_by_itself() -> None:
    found = decode([float(np.log(4)), float(np.log(4)), -100], "sigmoid", confidence=0.5)
    assert [(tag.class_name, tag.class_index) for tag in found] == [("cat", 0), ("dog", 1)]
    assert [tag.confidence for tag in found] == pytest.approx([0.8, 0.8])


def test_decode_tags__probabilities_as_they_are() -> None:
    assert decode([0.25, 0.75, 0], "none", confidence=0.5) == [Tag("dog", 1, 0.75)]


def test_decode_tags__first_answers_count_before_the_threshold() -> None:
    assert [tag.class_name for tag in decode([0.5, 0.25, 0.25], "none", top_k=1)] == ["cat"]
    assert decode([0.5, 0.25, 0.25], "none", top_k=1, confidence=0.6) == []
