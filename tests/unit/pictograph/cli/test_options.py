"""Options that are parsed: classes and configurations."""

from pathlib import Path

import pytest
import typer

from pictograph.cli.options import parse_classes, parse_config


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
    assert parse_classes(text) == classes


@pytest.mark.parametrize("text", ["", "a,,b", ":bbox", "a:box", "a:bbox:b"])
def test_parse_classes__refuses(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_classes(text)


def test_parse_config__object_or_file(tmp_path: Path) -> None:
    file = tmp_path / "train.json"
    file.write_text('{"epochs": 3}')
    assert parse_config('{"epochs": 3}') == parse_config(f"@{file}") == {"epochs": 3}
    assert parse_config(None) is None
