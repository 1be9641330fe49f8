"""Options that are parsed: classes and configurations."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from pictograph.cli.options import parse_classes, parse_config
from pictograph.models.auto_annotate import BatchClass


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("stop_sign:bbox,yield:bbox", [("stop_sign", "bbox"), ("yield", "bbox")]),
        ("yield", [("yield", "polygon")]),
        (" give way : bbox , tree ", [("give way", "bbox"), ("tree", "polygon")]),
    ],
    ids=["two boxes", "polygon by default", "spaces"],
)
def test_parse_classes__reads(text: str, classes: list[tuple[str, str]]) -> None:
    assert [(each.name, each.output_type) for each in parse_classes(text)] == classes


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("stop=red octagon|stop sign", {"prompts": ["red octagon", "stop sign"]}),
        (
            "stop=red octagon : bbox @ 0.4",
            {"prompts": ["red octagon"], "output_type": "bbox", "confidence_threshold": 0.4},
        ),
        ("stop@0.25", {"confidence_threshold": 0.25}),
        ("stop=sign: STOP:tag", {"prompts": ["sign: STOP"], "output_type": "tag"}),
    ],
    ids=["prompts", "all of it", "threshold", "prompt with a colon"],
)
def test_parse_classes__prompts_and_threshold(text: str, given: dict[str, Any]) -> None:
    assert parse_classes(text) == [BatchClass.model_validate({"name": "stop", **given})]


def test_parse_classes__file(tmp_path: Path) -> None:
    file = tmp_path / "classes.json"
    file.write_text('[{"name": "a, b", "prompts": ["x"], "max_detections": 3, "min_area": 20}]')
    assert parse_classes(f"@{file}") == [BatchClass(name="a, b", prompts=["x"], max_detections=3, min_area=20)]


@pytest.mark.parametrize("content", [None, "{", '{"name": "a"}', '[{"nam": "a"}]'])
def test_parse_classes__file_that_says_nothing(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "classes.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(typer.BadParameter, match=re.escape(str(file))):
        parse_classes(f"@{file}")


@pytest.mark.parametrize(
    "text", ["", "a,,b", ":bbox", "a:box", "a:bbox:b", "a=", "a=x||y", "a@much", "a@1.5", "a@0.5:bbox"]
)
def test_parse_classes__refuses(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_classes(text)


def test_parse_config__object_or_file(tmp_path: Path) -> None:
    file = tmp_path / "train.json"
    file.write_text('{"epochs": 3}')
    assert parse_config('{"epochs": 3}') == parse_config(f"@{file}") == {"epochs": 3}
    assert parse_config(None) is None
