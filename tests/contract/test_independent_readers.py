"""What we write is read by programs that know nothing of us, with the content that went in."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pictograph.formats import ImageEntry, write_labels
from pictograph.formats.base import points_of, rings_of
from pictograph.geometry.masks import polygons_to_mask
from pictograph.geometry.rings import Ring, bounds, box_ring
from pictograph.models.annotation import Annotation, BBoxAnnotation, PolygonAnnotation, PolygonGeometry
from pictograph.models.common import BoundingBox

SIZE = (160, 120)
SHAPE_HW = (120, 160)
CLASSES = ["stop", "yield", "unused"]


def box(x: float, y: float, w: float, h: float, name: str = "stop") -> Annotation:
    return BBoxAnnotation(name=name, bounding_box=BoundingBox(x=x, y=y, w=w, h=h))


def polygon(*rings: Ring, name: str = "yield") -> Annotation:
    return PolygonAnnotation(name=name, polygon=PolygonGeometry(paths=[points_of(ring) for ring in rings]))


BOXES: dict[str, list[Annotation]] = {
    "a.jpg": [box(10, 20, 30, 15), box(0, 0, 160, 120, "yield"), box(159, 119, 1, 1), box(10.25, 20.5, 3.125, 4.75)],
    "b.jpg": [box(50, 60, 20, 20, "yield")],
    "empty.jpg": [],
}
SHAPES: dict[str, list[Annotation]] = {
    "a.jpg": [
        polygon(box_ring(20, 20, 80, 80), box_ring(40, 40, 60, 60)),
        polygon([(100.0, 10.0), (150.0, 10.0), (150.0, 60.0), (125.0, 30.0)], name="stop"),
    ],
    "b.jpg": [polygon(box_ring(30, 30, 31, 31))],
    "empty.jpg": [],
}


def write(folder: Path, format: str, images: dict[str, list[Annotation]], tag: str | None = None) -> Path:
    """Write the images and their labels, unpacked."""

    def picture(entry: ImageEntry) -> bytes:
        path = folder / "picture.jpg"
        Image.new("RGB", SIZE).save(path)
        return path.read_bytes()

    folder.mkdir(exist_ok=True)
    entries = [ImageEntry(name, name, *SIZE, tags=(tag,) if tag else ()) for name in images]
    labeled = list(zip(entries, images.values(), strict=True))
    write_labels(labeled, folder / "out", format=format, class_names=CLASSES, read_image=picture)
    return folder / "out"


def edges(annotations: list[Annotation]) -> list[tuple[float, ...]]:
    return sorted(
        (b.x, b.y, b.x + b.w, b.y + b.h)
        for each in annotations
        if (b := each.bounding_box if each.type == "bbox" else None) is not None
    )


def mask(annotation: Annotation) -> np.ndarray:
    assert annotation.type == "polygon"
    return polygons_to_mask([rings_of(annotation)], SHAPE_HW)


def test_coco__pycocotools_has_the_same_boxes_areas_and_masks(tmp_path: Path) -> None:
    api = pytest.importorskip("pycocotools.coco")
    for number, images in enumerate((BOXES, SHAPES)):
        out = write(tmp_path / str(number), "coco", images)
        dataset = api.COCO(str(out / "annotations/instances_default.json"))
        assert [each["name"] for each in dataset.loadCats(dataset.getCatIds())] == CLASSES
        assert dataset.getCatIds() == [1, 2, 3]
        for image in dataset.loadImgs(dataset.getImgIds()):
            found = dataset.loadAnns(dataset.getAnnIds(imgIds=[image["id"]]))
            there = images[image["file_name"]]
            assert [CLASSES[each["category_id"] - 1] for each in found] == [each.name for each in there]
            for instance, annotation in zip(found, there, strict=True):
                if annotation.type == "bbox":
                    b = annotation.bounding_box
                    assert (instance["bbox"], instance["area"]) == ([b.x, b.y, b.w, b.h], b.w * b.h)
                else:
                    ours, theirs = mask(annotation), dataset.annToMask(instance).astype(bool)
                    # Masks are equal; outlines it fills its own way, half a pixel more or less.
                    is_mask = isinstance(instance["segmentation"], dict)
                    assert np.array_equal(ours, theirs) if is_mask else (ours ^ theirs).sum() <= 60


@pytest.mark.parametrize("format", ["coco", "yolo", "pascal_voc"])
def test_supervision_has_the_same_boxes(tmp_path: Path, format: str) -> None:
    supervision = pytest.importorskip("supervision")
    out = write(tmp_path / "boxes", format, BOXES)
    read = supervision.DetectionDataset
    if format == "coco":
        dataset = read.from_coco(str(out / "images"), str(out / "annotations/instances_default.json"))
    elif format == "yolo":
        dataset = read.from_yolo(str(out / "images"), str(out / "labels"), str(out / "data.yaml"))
    else:
        dataset = read.from_pascal_voc(str(out / "JPEGImages"), str(out / "Annotations"))
    assert set(dataset.classes) >= {"stop", "yield"}
    assert len(dataset) == len(BOXES)
    for path, _, found in dataset:
        there = BOXES[Path(path).name]
        corners = sorted(map(tuple, found.xyxy.tolist()))
        assert corners == [pytest.approx(each, abs=1e-3) for each in edges(there)]
        names = sorted(dataset.classes[index] for index in found.class_id)
        assert names == sorted(each.name for each in there)


def test_yolo__supervision_has_the_same_outlines(tmp_path: Path) -> None:
    supervision = pytest.importorskip("supervision")
    out = write(tmp_path / "shapes", "yolo", SHAPES)
    dataset = supervision.DetectionDataset.from_yolo(
        str(out / "images"), str(out / "labels"), str(out / "data.yaml"), force_masks=True
    )
    found = {Path(path).name: detections for path, _, detections in dataset}
    outer = polygons_to_mask([[rings_of(SHAPES["a.jpg"][0])[0]]], SHAPE_HW)  # type: ignore[arg-type]
    # It draws the border as well, up to a pixel wide.
    assert outer.sum() <= found["a.jpg"].mask[0].sum() <= outer.sum() + 4 * 61
    assert len(found["empty.jpg"]) == 0


def test_pascal_voc__torchvision_has_the_same_numbers(tmp_path: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    out = write(tmp_path / "boxes", "pascal_voc", BOXES)
    root = tmp_path / "root" / "VOCdevkit"
    root.mkdir(parents=True)
    out.rename(root / "VOC2012")
    dataset = datasets.VOCDetection(str(tmp_path / "root"), year="2012", image_set="trainval")
    assert len(dataset) == len(BOXES)
    for image, target in dataset:
        said = target["annotation"]
        there = BOXES[said["filename"]]
        assert image.size == SIZE == (int(said["size"]["width"]), int(said["size"]["height"]))
        corners = [
            tuple(float(each["bndbox"][corner]) for corner in ("xmin", "ymin", "xmax", "ymax"))
            for each in said["object"]
        ]
        # VOC counts from 1, both ends included.
        assert sorted((x - 1, y - 1, right, bottom) for x, y, right, bottom in corners) == edges(there)


def test_classification__torchvision_has_the_same_classes(tmp_path: Path) -> None:
    datasets = pytest.importorskip("torchvision.datasets")
    out = write(tmp_path / "tags", "classification", BOXES, tag="yield")
    dataset = datasets.ImageFolder(str(out))
    assert (dataset.classes, len(dataset)) == (["yield"], 3)
    split = write(tmp_path / "split", "yolo_classify", BOXES, tag="yield")
    assert [len(datasets.ImageFolder(str(split / part))) for part in ("train", "val")] == [2, 1]


def test_masks__opencv_has_the_same_values(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    out = write(tmp_path / "masks", "masks", SHAPES)
    values = cv2.imread(str(out / "masks/a.png"), cv2.IMREAD_UNCHANGED)
    first, second = (mask(each) for each in SHAPES["a.jpg"])
    assert np.array_equal(values == 2, first) and np.array_equal(values == 1, second)
    assert cv2.imread(str(out / "masks/empty.png"), cv2.IMREAD_UNCHANGED).max() == 0


def test_csv__the_standard_library_has_the_same_rows(tmp_path: Path) -> None:
    out = write(tmp_path / "csv", "csv", BOXES)
    with (out / "annotations.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    of_a = [row for row in rows if row["filename"] == "a.jpg"]
    found = [tuple(float(row[edge]) for edge in ("xmin", "ymin", "xmax", "ymax")) for row in of_a]
    assert sorted(found) == edges(BOXES["a.jpg"])
    assert [row["class"] for row in rows if row["filename"] == "empty.jpg"] == [""]


def test_labelme__document_is_what_its_program_wants(tmp_path: Path) -> None:
    """LabelMe itself needs a screen; its keys are those of `labelme/_label_file.py`, version 5."""
    out = write(tmp_path / "labelme", "labelme", SHAPES)
    document = json.loads((out / "images/a.json").read_text())
    assert {"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"} <= set(document)
    assert (out / "images" / document["imagePath"]).is_file()
    hole, outline = document["shapes"]
    assert (hole["shape_type"], outline["shape_type"]) == ("mask", "polygon")
    assert hole["points"] == [[20, 20], [79, 79]]
    assert bounds([[tuple(point) for point in outline["points"]]]) == (100, 10, 150, 60)
