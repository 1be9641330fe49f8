"""Labels as other tools write them, and as people have bent them: each file here is of a shape met in the field."""

import base64
import io
import json
from collections.abc import Mapping

import numpy as np
import pytest
from PIL import Image

from pictograph.formats.archive import MemorySource
from pictograph.formats.base import FormatError, ImageEntry, ReadReport, Skipped, rings_of
from pictograph.formats.recognize import RootedSource, recognize
from pictograph.formats.registry import get_format
from pictograph.geometry.masks import polygons_to_mask
from pictograph.geometry.rings import bounds
from pictograph.models.annotation import Annotation


def png(width: int = 100, height: int = 50, pixels: np.ndarray | None = None) -> bytes:
    out = io.BytesIO()
    image = Image.new("L", (width, height)) if pixels is None else Image.fromarray(pixels)
    image.save(out, "PNG")
    return out.getvalue()


def read(
    files: Mapping[str, str | bytes | object], format: str, report: ReadReport | None = None
) -> dict[str, tuple[ImageEntry, list[Annotation]]]:
    """Return what is read, by `folder/filename`; the format is what the files are recognised as."""
    source = source_of(files)
    assert recognize(source).format == format
    rooted = RootedSource(source, recognize(source).root)
    found = get_format(format).read(rooted, report=report)
    return {f"{entry.folder_path.rstrip('/')}/{entry.filename}": (entry, shapes) for entry, shapes in found}


def source_of(files: Mapping[str, str | bytes | object]) -> MemorySource:
    def content(value: object) -> bytes:
        if isinstance(value, bytes):
            return value
        return (value if isinstance(value, str) else json.dumps(value)).encode()

    return MemorySource(sorted((name, content(value)) for name, value in files.items()))


def boxes(shapes: list[Annotation]) -> list[tuple[str, float, float, float, float]]:
    """Return class and edges of each shape, rounded."""
    found: list[tuple[str, float, float, float, float]] = []
    for shape in shapes:
        if shape.type == "bbox":
            b = shape.bounding_box
            edges = (b.x, b.y, b.x + b.w, b.y + b.h)
        else:
            assert shape.type == "polygon"
            edges = bounds(rings_of(shape))
        left, top, right, bottom = (round(edge, 3) for edge in edges)
        found.append((shape.name, left, top, right, bottom))
    return found


# --- YOLO ---

YOLO_NAMES = {
    "a list": {"data.yaml": "names: ['stop', 'yield']\nnc: 2\n"},
    "a dict": {"data.yaml": "names:\n  0: stop\n  1: yield\n"},
    "a dict of texts": {"data.yaml": "names: {'0': stop, '1': yield}\n"},
    "a list in dashes with CRLF": {"data.yaml": "nc: 2\r\nnames:\r\n- stop\r\n- yield\r\n"},
    "a yaml with BOM": {"dataset.yaml": b"\xef\xbb\xbfnames: [stop, yield]\n"},
    "classes.txt with CRLF and BOM": {"classes.txt": b"\xef\xbb\xbfstop\r\nyield\r\n"},
    "obj.names of darknet": {"obj.names": "stop\nyield\n", "obj.data": "classes = 2\n"},
    "labelImg's classes.txt among the labels": {"labels/classes.txt": "stop\nyield\n"},
}


@pytest.mark.parametrize("names", YOLO_NAMES.values(), ids=YOLO_NAMES)
def test_yolo__class_names(names: dict[str, str | bytes]) -> None:
    files = {**names, "images/a.png": png(), "labels/a.txt": "1 0.5 0.5 0.2 0.4\n"}
    assert boxes(read(files, "yolo")["/a.png"][1]) == [("yield", 40, 15, 60, 35)]


YOLO_LAYOUTS = {
    "Roboflow": ("train/images/a.png", "train/labels/a.txt", "/train/a.png"),
    "Ultralytics": ("images/train/x/a.png", "labels/train/x/a.txt", "/train/x/a.png"),
    "darknet": ("obj_train_data/a.png", "obj_train_data/a.txt", "/a.png"),
    "side by side": ("x/a.png", "x/a.txt", "/x/a.png"),
    "packed in a folder": ("my dataset/images/a.png", "my dataset/labels/a.txt", "/a.png"),
    "capitals": ("Images/a.PNG", "Labels/a.txt", "/a.PNG"),
}


@pytest.mark.parametrize(("image", "labels", "place"), YOLO_LAYOUTS.values(), ids=YOLO_LAYOUTS)
def test_yolo__layouts(image: str, labels: str, place: str) -> None:
    top = "my dataset/" if image.startswith("my dataset/") else ""
    names = {f"{top}data.yaml": "names: [stop]\n", f"{top}README.roboflow.txt": "hello\n"}
    entry, shapes = read({**names, image: png(), labels: "0 0.5 0.5 1 1\n"}, "yolo")[place]
    assert (entry.file, boxes(shapes)) == (image.removeprefix(top), [("stop", 0, 0, 100, 50)])


LINES = {
    "CRLF and blanks": ("0 0.5 0.5 0.2 0.4\r\n\r\n  \r\n", [("stop", 40, 15, 60, 35)]),
    "BOM": ("\ufeff0 0.5 0.5 0.2 0.4", [("stop", 40, 15, 60, 35)]),
    "tabs and many blanks": ("0\t0.5   0.5\t0.2 0.4 \n", [("stop", 40, 15, 60, 35)]),
    "a class written as a float": ("0.0 0.5 0.5 0.2 0.4\n", [("stop", 40, 15, 60, 35)]),
    "a confidence behind the box": ("0 0.5 0.5 0.2 0.4 0.75\n", [("stop", 40, 15, 60, 35)]),
    "an outline": ("0 0.1 0.2 0.5 0.2 0.5 0.8\n", [("stop", 10, 10, 50, 40)]),
    "an outline with a confidence": ("0 0.1 0.2 0.5 0.2 0.5 0.8 0.9\n", [("stop", 10, 10, 50, 40)]),
    "no height": ("0 0.5 0.5 0.2 0\n0 0.5 0.5 0.2 0.4\n", [("stop", 40, 15, 60, 35)]),
    "not a number": ("0 nan 0.5 0.2 0.4\n", []),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), LINES.values(), ids=LINES)
def test_yolo__lines(text: str, expected: list[tuple[object, ...]]) -> None:
    files = {"classes.txt": "stop\n", "images/a.png": png(), "labels/a.txt": text}
    assert boxes(read(files, "yolo")["/a.png"][1]) == expected


def test_yolo__pose_gives_the_box_and_counts_the_points() -> None:
    report = ReadReport()
    line = "0 0.5 0.5 0.2 0.4 " + "0.5 0.5 2 " * 3
    files = {"data.yaml": "names: [p]\nkpt_shape: [3, 3]\n", "images/a.png": png(), "labels/a.txt": line}
    assert boxes(read(files, "yolo", report)["/a.png"][1]) == [("p", 40, 15, 60, 35)]
    assert report.skipped == {Skipped.KEYPOINTS: 1}


def test_yolo__image_without_a_file_of_labels_is_new() -> None:
    files = {"classes.txt": "stop\n", "images/a.png": png(), "images/b.png": png(), "labels/a.txt": "0 .5 .5 1 1"}
    found = read(files, "yolo")
    assert (found["/a.png"][0].status, found["/b.png"][0].status) == ("complete", "new")


def test_yolo__a_broken_line_is_named_and_the_rest_is_read() -> None:
    report = ReadReport()
    lines = "7 0.5 0.5 0.2 0.4\n0 0.5\n0 0.5 0.5 0.2 0.4\n"
    files = {"classes.txt": "stop\n", "images/a.png": png(), "labels/a.txt": lines}
    assert len(read(files, "yolo", report)["/a.png"][1]) == 1
    assert [problem.partition(" ")[0] for problem in report.problems] == ["labels/a.txt:1:", "labels/a.txt:2:"]


# --- COCO ---


def coco(image: Mapping[str, object] | None = None, **instance: object) -> dict[str, object]:
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50, **(image or {})}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 3, **instance}],
        "categories": [{"id": 3, "name": "stop", "supercategory": ""}],
    }


INSTANCES = {
    "no area, no iscrowd, no segmentation": ({"bbox": [40, 15, 20, 20]}, [("stop", 40, 15, 60, 35)]),
    "segmentation null": ({"bbox": [40, 15, 20, 20], "segmentation": None}, [("stop", 40, 15, 60, 35)]),
    "a part without its list": ({"segmentation": [10, 10, 50, 10, 50, 40]}, [("stop", 10, 10, 50, 40)]),
    "a part of two points beside the box": (
        {"bbox": [1, 2, 3, 4], "segmentation": [[1, 1, 2, 2]]},
        [("stop", 1, 2, 4, 6)],
    ),
    "two parts": (
        {"segmentation": [[0, 0, 9, 0, 9, 9], [20, 0, 29, 0, 29, 9]]},
        [("stop", 0, 0, 9, 9), ("stop", 20, 0, 29, 9)],
    ),
    "uncompressed counts": (
        {"segmentation": {"size": [50, 100], "counts": [50 * 2, 50, 50 * 97]}, "iscrowd": 0},
        [("stop", 2, 0, 3, 50)],
    ),
    "a box without a side": ({"bbox": [40, 15, 0, 20]}, []),
    "nothing at all": ({}, []),
}


@pytest.mark.parametrize(("instance", "expected"), INSTANCES.values(), ids=INSTANCES)
def test_coco__instances(instance: dict[str, object], expected: list[tuple[object, ...]]) -> None:
    assert boxes(read({"a.json": coco(None, **instance)}, "coco")["/a.png"][1]) == expected


def test_coco__crowd_is_marked_and_written_back() -> None:
    mask = {"size": [50, 100], "counts": [0, 50, 50 * 99]}
    [found] = read({"a.json": coco(segmentation=mask, iscrowd=1)}, "coco")["/a.png"][1]
    assert found.attributes == ["iscrowd"]


COCO_PLACES = {
    "Roboflow": ("train/_annotations.coco.json", "a.png", "train/a.png", "/train/a.png"),
    "below images": ("annotations/instances.json", "a.png", "images/a.png", "/a.png"),
    "a split's folder": ("annotations/instances_val2017.json", "a.png", "val2017/a.png", "/val2017/a.png"),
    "a path of another machine": ("a.json", "/home/me/data/x/a.png", "x/a.png", "/x/a.png"),
    "a path of Windows": ("a.json", "C:\\data\\x\\a.png", "x/a.png", "/x/a.png"),
    "a dot in front": ("a.json", "./images/a.png", "images/a.png", "/a.png"),
}


@pytest.mark.parametrize(("document", "said", "file", "place"), COCO_PLACES.values(), ids=COCO_PLACES)
def test_coco__finds_the_image(document: str, said: str, file: str, place: str) -> None:
    files = {document: coco({"file_name": said}, bbox=[1, 2, 3, 4]), file: png(), "other/b.png": png()}
    assert read(files, "coco")[place][0].file == file


@pytest.mark.parametrize("image", [{"width": 0, "height": 0}, {"width": None, "height": None}])
def test_coco__size_comes_from_the_image_where_it_is_missing(image: dict[str, object]) -> None:
    [(entry, _)] = read({"a.json": coco(image, bbox=[1, 2, 3, 4]), "a.png": png(64, 32)}, "coco").values()
    assert (entry.width, entry.height) == (64, 32)


def test_coco__ids_may_be_texts_and_files_may_begin_with_a_mark() -> None:
    document = json.loads(
        json.dumps(coco({"id": "x1"}, bbox=[1, 2, 3, 4])).replace('"image_id": 1', '"image_id": "x1"')
    )
    found = read({"a.json": b"\xef\xbb\xbf" + json.dumps(document).encode()}, "coco")
    assert len(found["/a.png"][1]) == 1


def test_coco__unknown_category_is_named_and_the_rest_is_read() -> None:
    report, good = ReadReport(), {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4]}
    document = {**coco(), "annotations": [{**good, "id": 9, "category_id": 8}, good]}
    assert len(read({"a.json": document}, "coco", report)["/a.png"][1]) == 1
    assert "annotation 9" in report.problems[0] and "category 8" in report.problems[0]


def test_coco__mask_that_would_fill_the_memory_is_left_out() -> None:
    report = ReadReport()
    files = {"a.json": coco(segmentation={"size": [10**6, 10**6], "counts": [10**12]})}
    assert read(files, "coco", report)["/a.png"][1] == []
    assert "1000000 x 1000000" in report.problems[0]


# --- Pascal VOC ---


def voc(objects: str, size: str = "<size><width>100</width><height>50</height></size>", name: str = "a.png") -> str:
    return f"<annotation><filename>{name}</filename>{size}{objects}</annotation>"


def voc_object(*corners: str, more: str = "") -> str:
    tags = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
    return f"<object><name>stop</name><bndbox>{''.join(f'<{t}>{v}</{t}>' for t, v in tags)}</bndbox>{more}</object>"


VOC_OUTLINE = "<polygon><x1>11</x1><y1>11</y1><x2>51</x2><y2>11</y2><x3>51</x3><y3>41</y3></polygon>"
VOC = {
    "whole pixels from one": (voc(voc_object("41", "16", "60", "35")), [("stop", 40, 15, 60, 35)]),
    "a fraction: from the corner": (voc(voc_object("40.0", "15.5", "60", "35")), [("stop", 40, 15.5, 60, 35)]),
    "a zero: from the corner": (voc(voc_object("0", "0", "60", "35")), [("stop", 0, 0, 60, 35)]),
    "corners the wrong way round": (voc(voc_object("60", "35", "41", "16")), [("stop", 40, 15, 60, 35)]),
    "parts of a person": (
        voc(voc_object("41", "16", "60", "35", more="<part><name>head</name><bndbox/></part>")),
        [("stop", 40, 15, 60, 35)],
    ),
    "Roboflow's outline": (
        voc(voc_object("11", "11", "50", "40", more=VOC_OUTLINE)),
        [("stop", 10, 10, 50, 40)],
    ),
    "no objects": (voc(""), []),
    "a comma for a point": (voc(voc_object("40,5", "15", "60", "35")), [("stop", 40.5, 15, 60, 35)]),
}


@pytest.mark.parametrize(("document", "expected"), VOC.values(), ids=VOC)
def test_pascal_voc__documents(document: str, expected: list[tuple[object, ...]]) -> None:
    assert boxes(read({"Annotations/a.xml": document}, "pascal_voc")["/a.png"][1]) == expected


def test_pascal_voc__size_comes_from_the_image_where_it_is_missing() -> None:
    files = {"Annotations/a.xml": voc("", size=""), "JPEGImages/a.png": png(64, 32)}
    assert read(files, "pascal_voc")["/a.png"][0].width == 64


def test_pascal_voc__entities_are_refused() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>' + voc("").replace("a.png", "&y;")
    with pytest.raises(FormatError, match=r"Annotations/a\.xml.*entities"):
        list(get_format("pascal_voc").read(source_of({"Annotations/a.xml": bomb})))


def test_pascal_voc__flags_are_kept_as_attributes() -> None:
    document = voc(voc_object("41", "16", "60", "35", more="<difficult>1</difficult><truncated>0</truncated>"))
    [found] = read({"a.xml": document}, "pascal_voc")["/a.png"][1]
    assert found.attributes == ["difficult"]


# --- CVAT ---


def cvat(body: str, meta: str = "") -> dict[str, str]:
    return {"annotations.xml": f"<annotations><version>1.1</version><meta>{meta}</meta>{body}</annotations>"}


def cvat_image(shapes: str) -> dict[str, str]:
    return cvat(f'<image id="0" name="x/a.png" width="100" height="50">{shapes}</image>')


CVAT = {
    "box": ('<box label="stop" xtl="40" ytl="15" xbr="60" ybr="35"/>', [("stop", 40, 15, 60, 35)]),
    "turned box": ('<box label="s" xtl="40" ytl="20" xbr="60" ybr="30" rotation="90"/>', [("s", 45, 15, 55, 35)]),
    "ellipse": ('<ellipse label="s" cx="50" cy="25" rx="20" ry="10"/>', [("s", 30, 15, 70, 35)]),
    "polygon": ('<polygon label="s" points="10,10;50,10;50,40"/>', [("s", 10, 10, 50, 40)]),
    "mask": ('<mask label="s" rle="0, 2, 1, 3" left="10" top="20" width="3" height="2"/>', [("s", 10, 20, 13, 22)]),
    "cuboid": ('<cuboid label="s"/>', []),
    "degenerate box": ('<box label="s" xtl="40" ytl="15" xbr="40" ybr="35"/>', []),
}


@pytest.mark.parametrize(("shape", "expected"), CVAT.values(), ids=CVAT)
def test_cvat__shapes(shape: str, expected: list[tuple[object, ...]]) -> None:
    assert boxes(read(cvat_image(shape), "cvat")["/x/a.png"][1]) == expected


def test_cvat__mask_covers_the_same_pixels() -> None:
    files = cvat_image('<mask label="s" rle="1, 1, 1, 3, 1, 1, 1" left="10" top="20" width="3" height="3"/>')
    found = polygons_to_mask([rings_of(each) for each in read(files, "cvat")["/x/a.png"][1]], (50, 100))  # type: ignore[arg-type]
    assert found[20:23, 10:13].tolist() == [[False, True, False], [True, True, True], [False, True, False]]
    assert found.sum() == 5


def test_cvat__attributes_and_points() -> None:
    shapes = '<points label="k" points="1,2;3,4" occluded="1"><attribute name="color">red</attribute></points>'
    found = read(cvat_image(shapes + '<tag label="wet"/>'), "cvat")["/x/a.png"]
    assert found[0].tags == ("wet",)
    assert [each.attributes for each in found[1]] == [["occluded", {"name": "color", "value": "red"}]] * 2


def test_cvat__tracks_of_a_video_give_frames() -> None:
    track = (
        '<track label="car"><box frame="3" outside="0" xtl="1" ytl="2" xbr="3" ybr="4"/>'
        '<box frame="4" outside="1" xtl="1" ytl="2" xbr="3" ybr="4"/></track>'
    )
    size = "<task><original_size><width>100</width><height>50</height></original_size></task>"
    source = source_of(cvat(track, meta=size))
    [(entry, found)] = get_format("cvat").read(source)
    assert (entry.filename, boxes(found)) == ("frame_000003.png", [("car", 1, 2, 3, 4)])


# --- LabelMe ---


def labelme(*shapes: dict[str, object], **more: object) -> dict[str, object]:
    document = {"version": "5.0", "shapes": list(shapes), "imagePath": "a.png", "imageData": None}
    return {"x/a.json": {**document, "imageHeight": 50, "imageWidth": 100, "flags": {}, **more}}


def shape(kind: str | None, *points: tuple[float, float], **more: object) -> dict[str, object]:
    return {"label": "s", "points": points, "shape_type": kind, "group_id": None, "flags": {}, **more}


def mask_of(pixels: list[list[int]]) -> str:
    return base64.b64encode(png(pixels=np.array(pixels, np.uint8) * 255)).decode()


LABELME = {
    "rectangle from below": (shape("rectangle", (60, 35), (40, 15)), [("s", 40, 15, 60, 35)]),
    "rectangle of four points": (shape("rectangle", (40, 15), (60, 15), (60, 35), (40, 35)), [("s", 40, 15, 60, 35)]),
    "circle": (shape("circle", (50, 25), (60, 25)), [("s", 40, 15, 60, 35)]),
    "no kind": ({"label": "s", "points": [[10, 10], [50, 10], [50, 40]]}, [("s", 10, 10, 50, 40)]),
    "mask": (shape("mask", (10, 20), (11, 21), mask=mask_of([[1, 1], [1, 1]])), [("s", 10, 20, 12, 22)]),
    "polygon of two points": (shape("polygon", (1, 1), (2, 2)), []),
    "no label": (shape("rectangle", (1, 1), (2, 2), label=None), []),
}


@pytest.mark.parametrize(("each", "expected"), LABELME.values(), ids=LABELME)
def test_labelme__shapes(each: dict[str, object], expected: list[tuple[object, ...]]) -> None:
    assert boxes(read(labelme(each), "labelme")["/a.png"][1]) == expected


def test_labelme__scores_and_flags() -> None:
    files = labelme(shape("rectangle", (1, 1), (5, 5), score=0.5), flags={"wet": True, "dry": False})
    entry, [found] = read(files, "labelme")["/a.png"]
    assert (entry.tags, found.confidence) == (("wet",), 0.5)


def test_labelme__path_of_another_folder() -> None:
    files = {**labelme(imagePath="..\\images\\a.png", imageHeight=None), "images/a.png": png(64, 32)}
    entry, _ = read(files, "labelme")["/a.png"]
    assert (entry.file, entry.height) == ("images/a.png", 32)


def test_labelme__a_broken_shape_is_named_and_the_rest_is_read() -> None:
    report = ReadReport()
    bad = shape("mask", (1, 1), (2, 2), mask="AAAA")
    found = read(labelme(bad, shape("rectangle", (1, 1), (5, 5))), "labelme", report)
    assert len(found["/a.png"][1]) == 1 and "a.json" in report.problems[0]


# --- CSV ---

CSV = {
    "TensorFlow": "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,100,50,stop,40,15,60,35\n",
    "semicolons, CRLF, BOM": "\ufefffilename;label;xmin;ymin;xmax;ymax\r\na.png;stop;40,0;15;60;35\r\n",
    "corners": "image_path,class_name,x1,y1,x2,y2\nimages/a.png,stop,40,15,60,35\n",
    "sides": "image_name,label_name,bbox_x,bbox_y,bbox_width,bbox_height\na.png,stop,40,15,20,20\n",
    "RetinaNet, without heads": "a.png,40,15,60,35,stop\nb.png,,,,,\n",
    "quoted": '"filename","class","xmin","ymin","xmax","ymax"\n"a.png","stop","40","15","60","35"\n',
}


@pytest.mark.parametrize("text", CSV.values(), ids=CSV)
def test_csv__columns(text: str) -> None:
    source = source_of({"_annotations.csv": text, "images/a.png": png(), "images/b.png": png()})
    found = {entry.filename: shapes for entry, shapes in get_format("csv").read(source)}
    assert boxes(found["a.png"]) == [("stop", 40, 15, 60, 35)]
    assert found.get("b.png", []) == []


def test_csv__open_images_writes_shares() -> None:
    text = "ImageID,LabelName,Confidence,XMin,XMax,YMin,YMax\na,stop,1,0.4,0.6,0.3,0.7\n"
    source = source_of({"boxes.csv": text})
    [(_, found)] = get_format("csv").read(source, image_sizes={"a": (100, 50)})
    assert boxes(found) == [("stop", 40, 15, 60, 35)]


def test_csv__a_broken_row_is_named_by_its_line() -> None:
    report = ReadReport()
    text = "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,100,50,stop,x,1,2,3\na.png,100,50,stop,40,15,60,35\n"
    assert len(read({"a.csv": text}, "csv", report)["/a.png"][1]) == 1
    assert "line 2" in report.problems[0] and "x_min" in report.problems[0]


# --- masks and class folders ---

SQUARE = np.zeros((50, 100), np.uint8)
SQUARE[15:35, 40:60] = 1


def colored() -> np.ndarray:
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[15:35, 40:60] = (128, 0, 64)
    return pixels


MASKS = {
    "Roboflow": {
        "train/a.png": png(),
        "train/a_mask.png": png(pixels=SQUARE),
        "train/_classes.csv": "Pixel Value, Class\n0, background\n1, stop\n",
    },
    "CVAT": {
        "JPEGImages/train/a.png": png(),
        "SegmentationClass/train/a.png": png(pixels=colored()),
        "labelmap.txt": "# label:color_rgb:parts:actions\nbackground:0,0,0::\nstop:128,0,64::\n",
    },
}


@pytest.mark.parametrize("files", MASKS.values(), ids=MASKS)
def test_masks__of_others(files: dict[str, object]) -> None:
    found = {entry.filename: (entry, shapes) for entry, shapes in get_format("masks").read(source_of(files))}
    entry, shapes = found["a.png"]
    assert boxes(shapes) == [("stop", 40, 15, 60, 35)]
    assert entry.folder_path == "/train" and entry.file is not None and "mask" not in entry.file.lower()


def test_masks__white_on_black_without_names_is_one_class() -> None:
    source = source_of({"images/a.png": png(), "masks/a.png": png(pixels=SQUARE * 255)})
    [(_, found)] = get_format("masks").read(source)
    assert boxes(found) == [("class_1", 40, 15, 60, 35)]


def test_classification__folders_below_splits_are_classes() -> None:
    files = {"train/stop/a.png": png(), "val/yield/deep/b.png": png(), "train/none.png": png()}
    found = {entry.filename: entry for entry, _ in get_format("classification").read(source_of(files))}
    assert {name: entry.tags for name, entry in found.items()} == {
        "a.png": ("stop",),
        "b.png": ("yield",),
        "none.png": (),
    }
    assert found["none.png"].status == "new"


def test_classification__table_of_roboflow_has_several_classes() -> None:
    files = {"train/a.png": png(), "train/_classes.csv": "filename, stop, yield, go\na.png, 1, 0, 1\n"}
    [(entry, _)] = get_format("classification").read(source_of(files))
    assert entry.tags == ("stop", "go")
