"""What a folder holds is told from its files; each of our own exports is recognised as what it is."""

import json

import pytest

from pictograph.formats.archive import MemorySource
from pictograph.formats.base import DatasetHeader, FormatError, FormatReport, ImageEntry
from pictograph.formats.recognize import common_root, recognize, unlabelled_images
from pictograph.formats.registry import FORMATS, get_format
from pictograph.models.annotation import Annotation, BBoxAnnotation
from pictograph.models.common import BoundingBox

COCO = json.dumps({"images": [], "annotations": [], "categories": [{"id": 1, "name": "stop"}]}).encode()
LABELME = json.dumps({"shapes": [], "imagePath": "a.jpg", "imageWidth": 2, "imageHeight": 2}).encode()
VOC = b"<annotation><filename>a.jpg</filename><size><width>2</width></size></annotation>"
CVAT = b"<?xml version='1.0'?><annotations><meta/><image id='0' name='a.jpg' width='2' height='2'/></annotations>"
LINE = b"0 0.5 0.5 0.25 0.25\r\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"train/_annotations.coco.json": COCO, "train/a.jpg": b""}, "coco", id="roboflow coco"),
        pytest.param({"x/instances.json": COCO, "x/a.jpg": b""}, "coco", id="coco in a folder"),
        pytest.param({"a.jpg": b"", "a.json": LABELME}, "labelme", id="labelme"),
        pytest.param({"Annotations/a.xml": VOC, "JPEGImages/a.jpg": b""}, "pascal_voc", id="pascal voc"),
        pytest.param({"annotations.xml": CVAT, "images/a.jpg": b""}, "cvat", id="cvat"),
        pytest.param(
            {"data.yaml": b"names: [a]", "train/labels/a.txt": LINE, "train/images/a.jpg": b""}, "yolo", id="yolo"
        ),
        pytest.param({"a.jpg": b"", "a.txt": LINE, "classes.txt": b"a\n"}, "yolo", id="labelimg"),
        pytest.param({"b.csv": b"filename,width,height,class,xmin\n", "a.jpg": b""}, "csv", id="csv"),
        pytest.param({"images/a.jpg": b"", "masks/a.png": b""}, "masks", id="masks"),
        pytest.param({"train/cat/a.jpg": b"", "val/dog/b.jpg": b""}, "classification", id="classes in splits"),
        pytest.param({"a.jpg": b"", "b/c.png": b"", "notes.txt": b"hello"}, None, id="images"),
        pytest.param({"train/images/a.jpg": b"", "val/images/b.jpg": b""}, None, id="images in splits"),
    ],
)
def test_recognize__by_content(files: dict[str, bytes], expected: str | None) -> None:
    assert recognize(MemorySource(files.items())).format == expected


@pytest.mark.parametrize("name", list(FORMATS))
def test_recognize__our_own_exports_are_what_they_are(name: str) -> None:
    entries: list[tuple[ImageEntry, list[Annotation]]] = [
        (
            ImageEntry(f"id{number}", f"{number}.jpg", 64, 48, folder_path="/a", tags=("stop",)),
            [BBoxAnnotation(name="stop", bounding_box=BoundingBox(x=1, y=2, w=30, h=20))],
        )
        for number in range(2)
    ]
    header = DatasetHeader(name="signs", class_names=("stop",))
    files = get_format(name).write(iter(entries), header, FormatReport(), read_image=lambda entry: b"image")
    found = recognize(MemorySource((f"export/{path}", data) for path, data in files))
    assert (found.format, found.root) == (name, "export/")


def test_recognize__says_what_else_it_may_be_and_is_told() -> None:
    files = MemorySource({"a.jpg": b"", "a.txt": LINE, "classes.txt": b"a", "instances.json": COCO}.items())
    found = recognize(files)
    assert found.format == "coco" and found.class_names == ("stop",)
    assert any("format='yolo'" in remark for remark in found.remarks)
    assert recognize(files, format="yolo").format == "yolo"
    assert recognize(files, format="images").format is None
    with pytest.raises(FormatError, match="there are images, pictograph"):
        recognize(files, format="kitti")


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["x/a.jpg", "x/b/c.jpg"], "x/"),
        (["x/y/a.jpg", "x/y/b.jpg"], "x/y/"),
        (["x/a.jpg", "y/a.jpg"], ""),
        (["a.jpg", "x/a.jpg"], ""),
        (["train/a.jpg", "train/b.jpg"], ""),
        (["x/images/a.jpg", "x/images/b.jpg"], "x/"),
        ([], ""),
    ],
)
def test_common_root__is_what_everything_was_packed_in(names: list[str], root: str) -> None:
    assert common_root(names) == root


def test_unlabelled_images__masks_are_none() -> None:
    files = MemorySource({"images/a.jpg": b"", "images/b.jpg": b"", "masks/a.png": b""}.items())
    found = recognize(files)
    assert unlabelled_images(found, files.names(), {"images/a.jpg"}) == ["images/b.jpg"]
