"""Labels from one format to another without a server: in Python and on the command line."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from pictograph.cli.app import app
from pictograph.formats import FormatError, ImageEntry, Loss, convert, open_labels, write_labels
from pictograph.models.annotation import Annotation, BBoxAnnotation, PolygonAnnotation, PolygonGeometry
from pictograph.models.common import BoundingBox, Point

RING = [Point(x=2, y=2), Point(x=30, y=2), Point(x=30, y=30), Point(x=2, y=30)]
HOLE = [Point(x=10, y=10), Point(x=20, y=10), Point(x=20, y=20), Point(x=10, y=20)]
SHAPES: list[Annotation] = [
    BBoxAnnotation(name="yield", bounding_box=BoundingBox(x=1, y=2, w=3, h=4)),
    PolygonAnnotation(name="stop", polygon=PolygonGeometry(paths=[RING, HOLE])),
]


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """A COCO ZIP with its images: one with a box and a polygon with a hole, one without labels."""
    picture = tmp_path / "picture.png"
    Image.new("L", (64, 48)).save(picture)
    images = [
        (ImageEntry("1", "a.png", 64, 48, folder_path="/x"), SHAPES),
        (ImageEntry("2", "b.png", 64, 48), list[Annotation]()),
    ]
    target = tmp_path / "coco.zip"
    write_labels(
        images,
        target,
        format="coco",
        class_names=["unused", "stop", "yield"],
        read_image=lambda _: picture.read_bytes(),
    )
    return target


def test_convert__class_numbers_and_images_come_along(coco: Path, tmp_path: Path) -> None:
    result = convert(coco, tmp_path / "out", to="yolo")
    assert (result.source_format, result.class_names) == ("coco", ("unused", "stop", "yield"))
    assert (result.written.images, result.written.annotations, result.has_images) == (2, 2, True)
    assert result.written.lost == {Loss.HOLES: 1}
    lines = (tmp_path / "out/labels/x/a.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["2", "1"]
    assert (tmp_path / "out/images/x/a.png").is_file()


def test_convert__there_and_back_is_the_same(coco: Path, tmp_path: Path) -> None:
    convert(coco, tmp_path / "labelme.zip", to="labelme")
    convert(tmp_path / "labelme.zip", tmp_path / "back.zip", to="coco")
    with open_labels(coco) as before, open_labels(tmp_path / "back.zip") as after:
        # Read in the order of the files' names, which is another.
        assert {each[0].id: each for each in before} == {each[0].id: each for each in after}
        assert before.class_names == after.class_names


def test_convert__images_that_are_missing_are_refused_only_when_asked_for(coco: Path, tmp_path: Path) -> None:
    convert(coco, tmp_path / "labels.zip", to="coco", include_images=False)
    assert convert(tmp_path / "labels.zip", tmp_path / "b.zip", to="csv").has_images is False
    with pytest.raises(FormatError, match=r"a\.png"):
        convert(tmp_path / "labels.zip", tmp_path / "c.zip", to="csv", include_images=True)
    assert not (tmp_path / "c.zip").exists()


def test_convert__class_filter(coco: Path, tmp_path: Path) -> None:
    convert(coco, tmp_path / "out", to="pictograph", class_filter=["yield"])
    document = json.loads((tmp_path / "out/annotations/x/a.json").read_text())
    assert [each["name"] for each in document["annotations"]] == ["yield"]


def test_convert__what_is_there_is_never_overwritten(coco: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious.txt").write_text("x")
    for target in (coco, tmp_path / "mine"):
        with pytest.raises(FileExistsError, match="already"):
            convert(coco, target, to="yolo")
    (tmp_path / "empty").mkdir()
    convert(coco, tmp_path / "empty", to="yolo")
    assert (tmp_path / "empty" / "data.yaml").is_file()


def test_convert__unknown_format_lists_those_there_are(coco: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pascal_voc"):
        convert(coco, tmp_path / "out", to="voc")


def test_open_labels__broken_piece_is_left_out_and_named(coco: Path, tmp_path: Path) -> None:
    convert(coco, tmp_path / "me", to="labelme")
    (tmp_path / "me" / "images" / "b.json").write_text("{nonsense")
    with open_labels(tmp_path / "me") as labels:
        assert [image.filename for image, _ in labels] == ["a.png"]
        assert labels.report.problem_count == 1 and "images/b.json" in labels.report.problems[0]
        assert labels.unlabelled({"images/x/a.png"}) == ["images/b.png"]


def test_open_labels__nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("hello")
    with pytest.raises(FormatError, match="none of the formats pictograph, coco"):
        open_labels(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        open_labels(tmp_path / "nowhere")


def test_write_labels__classes_are_those_of_the_labels(tmp_path: Path) -> None:
    write_labels([(ImageEntry("1", "a.png", 64, 48, tags=("wet",)), SHAPES)], tmp_path / "out", format="cvat")
    with open_labels(tmp_path / "out") as labels:
        assert labels.class_names == ["stop", "wet", "yield"]


def test_command__convert_says_what_was_lost(coco: Path, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["formats", "convert", str(coco), str(tmp_path / "out.zip"), "--to", "yolo"])
    assert said.exit_code == 0
    assert "coco -> yolo: 2 images, 2 annotations" in said.output and "1 holes of polygons" in said.output
    assert "labels/x/a.txt" in zipfile.ZipFile(tmp_path / "out.zip").namelist()


def test_command__convert_as_json(coco: Path, tmp_path: Path) -> None:
    words = ["formats", "convert", str(coco), str(tmp_path / "out"), "--to", "csv", "--class", "yield", "--json"]
    said = json.loads(CliRunner().invoke(app, words).output)
    assert (said["source_format"], said["annotations"], said["lost"]) == ("coco", 1, {})


def test_command__inspect_counts_classes(coco: Path) -> None:
    said = json.loads(CliRunner().invoke(app, ["formats", "inspect", str(coco), "--json"]).output)
    assert (said["format"], said["images"], said["images_there"]) == ("coco", 2, 2)
    assert said["classes"] == {"unused": 0, "stop": 1, "yield": 1}


def test_command__list_has_every_format() -> None:
    said = json.loads(CliRunner().invoke(app, ["formats", "list", "--json"]).output)
    assert {"coco", "masks", "yolo_classify"} <= {each["name"] for each in said}


def test_command__mistakes_are_told_without_a_trace(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["formats", "convert", str(tmp_path / "no"), str(tmp_path / "out"), "--to", "coco"])
    assert said.exit_code == 2 and "There is no file or folder" in said.output


def test_import__names_are_loaded_when_they_are_used() -> None:
    program = "import sys, pictograph.formats as f; assert 'numpy' not in sys.modules; print(len(f.FORMATS), *dir(f))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert {"convert", "open_labels", "write_labels", "get_format"} <= set(done.stdout.split())
