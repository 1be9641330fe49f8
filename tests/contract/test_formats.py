"""One suite that every format passes: what is written can be read back, and what could not be written is counted."""

import io
import json
import zipfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pictograph.formats import coco, pictograph_json, yolo
from pictograph.formats.archive import MemorySource, write_zip
from pictograph.formats.base import (
    Content,
    DatasetHeader,
    Format,
    FormatError,
    FormatReport,
    ImageEntry,
    Loss,
    ReadReport,
    points_of,
    rings_of,
)
from pictograph.formats.packed import open_packed
from pictograph.formats.registry import FORMATS, get_format
from pictograph.geometry.masks import polygons_to_mask
from pictograph.geometry.rings import Ring, bounds, box_ring
from pictograph.models.annotation import (
    Annotation,
    BBoxAnnotation,
    KeypointAnnotation,
    PolygonAnnotation,
    PolygonGeometry,
    PolylineAnnotation,
    PolylineGeometry,
)
from pictograph.models.common import BoundingBox, Point

SIZE = (160, 120)
CLASSES = ("stop_sign", "yield", "größe: L")
Labeled = tuple[ImageEntry, Sequence[Annotation]]
every_format = pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)


def formats_with(*contents: Content) -> pytest.MarkDecorator:
    """Run a test with each format that holds any of these."""
    found = {name: each for name, each in FORMATS.items() if each.holds & set(contents)}
    return pytest.mark.parametrize("format", found.values(), ids=found)


TAGS = frozenset[Content]({"tags"})
object_formats = formats_with("boxes", "polygons")


def entry(filename: str = "a.jpg", folder: str = "/", tags: tuple[str, ...] = (), **more: str) -> ImageEntry:
    return ImageEntry(
        id=f"id of {folder}{filename}",
        filename=filename,
        width=160,
        height=120,
        folder_path=folder,
        tags=tags,
        **more,
    )


def box(
    x: float = 10, y: float = 20, w: float = 30, h: float = 15, name: str = "stop_sign", confidence: float = 1.0
) -> BBoxAnnotation:
    return BBoxAnnotation(id="b", name=name, bounding_box=BoundingBox(x=x, y=y, w=w, h=h), confidence=confidence)


def polygon(*rings: Ring, name: str = "stop_sign") -> PolygonAnnotation:
    return PolygonAnnotation(id="p", name=name, polygon=PolygonGeometry(paths=[points_of(ring) for ring in rings]))


def circle(x: float, y: float, radius: float) -> Ring:
    return [(x + radius * np.cos(t), y + radius * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 24, endpoint=False)]


def header(
    class_names: tuple[str, ...] = CLASSES,
    *,
    has_outlines: bool = True,
    class_filter: tuple[str, ...] | None = None,
    status_filter: str | None = None,
) -> DatasetHeader:
    return DatasetHeader(
        "road signs", class_names, class_filter=class_filter, status_filter=status_filter, has_outlines=has_outlines
    )


def round_trip(
    format: Format, entries: Sequence[Labeled], dataset: DatasetHeader | None = None
) -> tuple[list[tuple[ImageEntry, list[Annotation]]], FormatReport]:
    report = FormatReport()
    source = MemorySource(format.write(entries, dataset or header(), report, read_image=jpeg))
    return list(format.read(source)), report


def jpeg(entry: ImageEntry) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (entry.width, entry.height), "gray").save(out, "JPEG")
    return out.getvalue()


def outline(annotation: Annotation) -> list[Ring]:
    if annotation.type == "polygon":
        return rings_of(annotation)
    assert annotation.type == "bbox"
    b = annotation.bounding_box
    return [box_ring(b.x, b.y, b.x + b.w, b.y + b.h)]


def overlap(annotation: Annotation, *rings: Ring) -> float:
    """Return the IoU of an annotation with rings, counted on a grid eight times finer than the pixels."""
    shape = (SIZE[1] * 8, SIZE[0] * 8)
    fine = [[[(x * 8, y * 8) for x, y in ring] for ring in shape] for shape in (outline(annotation), rings)]
    a, b = (polygons_to_mask([polygon], shape) for polygon in fine)
    return float((a & b).sum() / (a | b).sum())


@formats_with("boxes")
def test_format__box_keeps_its_numbers(format: Format):
    read, _ = round_trip(format, [(entry(), [box(10.123456789, 20.25, 30.5, 15.75)])], header(has_outlines=False))
    [(_, [found])] = read
    assert found.type == "bbox" and found.name == "stop_sign"
    b = found.bounding_box
    assert (b.x, b.y, b.w, b.h) == pytest.approx((10.123456789, 20.25, 30.5, 15.75), abs=1e-9)


@every_format
def test_format__tags_of_an_image_are_kept_or_said_to_be_lost(format: Format):
    only = header(class_filter=("yield", "stop_sign"))
    [(found, _)], report = round_trip(format, [(entry(tags=("yield", "größe: L")), [box()])], only)
    assert (found.tags, report.lost[Loss.TAGS]) == ((("yield",), 0) if "tags" in format.holds else ((), 1))


@formats_with("polygons")
def test_format__polygon_keeps_its_vertices(format: Format):
    ring = [(10.1, 20.2), (50.3, 22.4), (33.123456789, 71.0)]
    [(_, [found])], _ = round_trip(format, [(entry(), [polygon(ring, name="yield")])])
    assert found.type == "polygon" and found.name == "yield"
    assert np.allclose(rings_of(found)[0], ring, atol=1e-9)


@formats_with("polygons", "areas")
def test_format__hole_is_kept_or_counted(format: Format):
    outer, hole = circle(60, 60, 40), circle(60, 60, 20)
    [(_, [found])], report = round_trip(format, [(entry(), [polygon(outer, hole)])])
    assert bool(report.lost[Loss.HOLES]) == ("holes" not in format.holds)
    assert overlap(found, outer) > 0.99 if report.lost[Loss.HOLES] else overlap(found, outer, hole) > 0.95


@formats_with("polygons")
def test_format__two_parts_stay_two_annotations(format: Format):
    left, right = circle(30, 30, 10), circle(100, 60, 20)
    [(_, found)], report = round_trip(format, [(entry(), [polygon(left), polygon(right)])])
    assert len(found) == report.annotations == 2
    assert overlap(found[0], left) > 0.99 and overlap(found[1], right) > 0.99


@formats_with("boxes", "polygons", "areas")
@pytest.mark.parametrize(
    "ring",
    [box_ring(7, 9, 8, 10), box_ring(159, 119, 160, 120), box_ring(0, 0, 160, 120)],
    ids=["one pixel", "last pixel", "whole image"],
)
def test_format__extreme_shapes_survive(format: Format, ring: Ring):
    [(_, [found])], _ = round_trip(format, [(entry(), [polygon(ring)])])
    assert overlap(found, ring) > 0.999


@formats_with("polygons", "areas")
def test_format__one_pixel_ring_with_hole_survives(format: Format):
    ring, hole = box_ring(20, 20, 23, 23), box_ring(21, 21, 22, 22)
    [(_, [found])], report = round_trip(format, [(entry(), [polygon(ring, hole)])])
    assert overlap(found, *([ring] if report.lost[Loss.HOLES] else [ring, hole])) > 0.89


@every_format
def test_format__image_without_objects_is_kept(format: Format):
    written = [(entry("empty.jpg"), []), (entry("full.jpg", tags=("yield",)), [box()])]
    read, report = round_trip(format, written)
    said = sorted((e.filename.partition(".")[0], len(found) + len(e.tags)) for e, found in read)
    assert said[0] == ("empty", 0) and said[1][0] == "full" and said[1][1] > 0
    assert (report.images, report.annotations) == (2, 0 if format.holds == TAGS else 1)


@every_format
def test_format__no_image_at_all_still_writes_an_archive(format: Format):
    read, report = round_trip(format, [])
    assert read == [] and report.images == 0


NAMES = {
    "unicode": [("Straße 🚸 #1.jpg", "/"), ("été.jpg", "/Übung")],
    "equal in folders": [("a.jpg", "/"), ("a.jpg", "/x"), ("a.jpg", "/x/y")],
    "equal stems": [("a.jpg", "/x"), ("a.png", "/x"), ("a_png.jpg", "/x")],
    "case only": [("A.jpg", "/"), ("a.jpg", "/")],
    "folder called images": [("a.jpg", "/images"), ("b.jpg", "/labels/images")],
}


@every_format
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_format__names_never_collide(format: Format, names: list[tuple[str, str]]):
    tags = [f"tag {i}" for i in range(len(names))]
    entries = [(entry(name, folder, (tags[i],)), [box(x=5 + i)]) for i, (name, folder) in enumerate(names)]
    read, _ = round_trip(format, entries, header((*CLASSES, *tags)))
    assert len(read) == len(names)
    if format.holds == TAGS:
        assert sorted(e.tags for e, _ in read) == [(tag,) for tag in tags]
    else:
        lefts = [round(bounds(outline(annotation))[0]) for _, [annotation] in read]
        assert sorted(lefts) == [5 + i for i in range(len(names))]
    assert len({e.file for e, _ in read}) == len(names)


@every_format
@pytest.mark.parametrize("folder", ["/../../etc", "/x/../..", "C:\\x", "/."])
def test_format__names_are_never_trusted_as_paths(format: Format, folder: str):
    tags = ("yield", "../..", "/etc")
    evil = [(entry(name, folder, (tag,)), []) for name, tag in zip(("..", "a/b\\c.jpg", "\x00.jpg"), tags, strict=True)]
    for path, _ in format.write(evil, header(), FormatReport(), read_image=jpeg):
        assert not path.startswith("/") and ".." not in path.split("/") and not set(path) & set("\\\x00:")


@object_formats
def test_format__class_filter_leaves_the_others_out(format: Format):
    dataset = header(class_filter=("yield",), has_outlines=False)
    [(_, found)], report = round_trip(format, [(entry(), [box(), box(name="yield")])], dataset)
    assert [a.name for a in found] == ["yield"]
    assert report.annotations == 1 and not +report.lost


@object_formats
def test_format__class_missing_from_the_list_is_numbered_after_the_others(format: Format):
    [(_, found)], _ = round_trip(format, [(entry(), [box(name="new one"), box(name=CLASSES[2])])])
    assert [a.name for a in found] == ["new one", CLASSES[2]]


@object_formats
def test_format__what_is_left_out_is_counted(format: Format):
    line = PolylineAnnotation(name="yield", polyline=PolylineGeometry(path=[Point(x=1, y=1), Point(x=5, y=9)]))
    keypoint = KeypointAnnotation(name="yield", keypoint=Point(x=3, y=4))
    [(_, found)], report = round_trip(format, [(entry(), [line, keypoint, box()])])
    assert len(found) + report.lost[Loss.POLYLINES] + report.lost[Loss.KEYPOINTS] == 3
    assert report.annotations == len(found)


@every_format
def test_format__images_come_along_byte_for_byte(format: Format):
    image = entry("a.jpg", "/x", tags=("yield",))
    files = MemorySource(format.write([(image, [])], header(), FormatReport(), read_image=jpeg))
    places = {"pascal_voc": "JPEGImages", "classification": "yield", "yolo_classify": "train/yield"}
    assert files.read(f"{places.get(format.name, 'images')}/x/a.jpg") == jpeg(entry())
    [(found, _)] = format.read(files)
    assert found.file is not None and files.read(found.file) == jpeg(entry())


@every_format
def test_format__manifest_says_what_was_written(format: Format):
    files = MemorySource(format.write([(entry(), [box()])], header(status_filter="complete"), FormatReport()))
    manifest = json.loads(files.read("manifest.json"))
    assert manifest["classes"] == list(CLASSES) and manifest["status_filter"] == "complete"
    assert (manifest["format"], manifest["images"]) == (format.name, 1)
    assert manifest["annotations"] == (0 if format.holds == TAGS else 1)


@every_format
def test_format__writes_lazily(format: Format):
    taken: list[int] = []

    def endless():
        for i in range(10**9):
            taken.append(i)
            yield entry(f"{i}.jpg", tags=("yield",)), [box()]

    files = format.write(endless(), header(), FormatReport(), read_image=jpeg)
    assert next(iter(files))[1]
    assert len(taken) <= 2


@every_format
def test_format__zip_reads_like_memory(format: Format, tmp_path: Path):
    image = entry("ä.jpg", "/x", tags=("yield",) if "polygons" not in format.holds else ())
    entries = [(image, [box(), polygon(circle(50, 50, 20), circle(50, 50, 8))])]
    with (tmp_path / "e.zip").open("wb") as out:
        write_zip(format.write(entries, header(), FormatReport(), read_image=jpeg), out)
    with zipfile.ZipFile(tmp_path / "e.zip") as archive:
        assert archive.testzip() is None and len(archive.namelist()) == len(set(archive.namelist()))
    with (tmp_path / "e.zip").open("rb") as file:
        [(found, annotations)] = format.read(open_packed(file, scratch=tmp_path))
    assert (found.filename, found.folder_path, len(annotations) + len(found.tags)) == (
        "ä.jpg",
        "/x",
        {"tags": 1, "areas": 1}.get(min(format.holds), 2),
    )


BROKEN = {
    "pictograph": "annotations/a.json",
    "coco": coco.PATH,
    "yolo": "labels/a.txt",
    "pascal_voc": "Annotations/a.xml",
    "cvat": "annotations.xml",
    "labelme": "images/a.json",
    "masks": "masks/a.png",
}


@pytest.mark.parametrize("name", BROKEN)
def test_format__broken_file_is_named(name: str):
    path = BROKEN[name]
    source = MemorySource([(path, b"{nonsense"), ("classes.txt", b"x")])
    with pytest.raises(FormatError, match=path):
        list(get_format(name).read(source, image_sizes={"a": (10, 10)}))


@pytest.mark.parametrize("name", sorted(set(BROKEN) - {"coco"}))
def test_format__broken_file_is_left_out_and_named_where_there_is_a_report(name: str):
    report = ReadReport()
    source = MemorySource([(BROKEN[name], b"{nonsense"), ("classes.txt", b"x")])
    try:
        found = list(get_format(name).read(source, image_sizes={"a": (10, 10)}, report=report))
    except FormatError:  # where nothing at all is left to be read
        found = []
    assert not any(annotations for _, annotations in found)
    assert report.problem_count >= 1 and BROKEN[name] in report.problems[0]


@every_format
def test_format__nothing_of_the_kind_is_refused_with_words(format: Format):
    with pytest.raises(FormatError) if format.name not in ("pictograph", "labelme") else nullcontext():
        assert list(format.read(MemorySource([("README.md", b"hello")]))) == []


@every_format
def test_format__class_names_come_in_their_order(format: Format):
    unused = header(("zebra", *CLASSES, "ant"))
    written = format.write([(entry(tags=("yield",)), [box()])], unused, FormatReport(), read_image=jpeg)
    assert format.class_names(MemorySource(written)) == ["zebra", *CLASSES, "ant"]


@object_formats
def test_format__confidence_is_kept_or_counted(format: Format):
    [(_, [found])], report = round_trip(format, [(entry(), [box(confidence=0.5)])])
    assert (found.confidence, report.lost[Loss.CONFIDENCE]) == ((0.5, 0) if "confidence" in format.holds else (1, 1))


def test_get_format__unknown_name_lists_those_there_are():
    with pytest.raises(ValueError, match="pictograph, coco, yolo, pascal_voc"):
        get_format("voc")


def test_pictograph__everything_comes_back_equal():
    annotations: list[Annotation] = [
        box(confidence=0.7),
        polygon(circle(50, 50, 20), circle(50, 50, 8)).model_copy(
            update={"created_by": "sam3@x", "attributes": ["wet"]}
        ),
        KeypointAnnotation(id="k", name="yield", keypoint=Point(x=1.1, y=2.2)),
    ]
    [(found_entry, found)], _ = round_trip(pictograph_json.FORMAT, [(entry(folder="/x"), annotations)])
    assert found == annotations and found_entry == entry(folder="/x")


def coco_document(*annotations: Annotation) -> dict[str, list[dict[str, object]]]:
    files = MemorySource(coco.write([(entry(folder="/x"), annotations)], header(), FormatReport()))
    return json.loads(files.read(coco.PATH))


def test_coco__numbers_as_the_format_wants_them():
    document = coco_document(box(name="yield"))
    [found] = document["annotations"]
    assert (found["bbox"], found["area"], found["iscrowd"]) == ([10, 20, 30, 15], 450, 0)
    assert (found["category_id"], found["image_id"], found["id"]) == (2, 1, 1)
    assert [c["id"] for c in document["categories"]] == [1, 2, 3]
    assert document["images"][0]["file_name"] == "x/a.jpg"


def test_coco__area_of_a_polygon_leaves_its_hole_out():
    [found] = coco_document(polygon(box_ring(0, 0, 10, 10), box_ring(2, 2, 4, 4)))["annotations"]
    assert found["area"] == 96 and found["bbox"] == [0, 0, 10, 10]


def test_coco__pycocotools_reads_masks_with_holes(tmp_path: Path):
    api = pytest.importorskip("pycocotools.coco")
    outer, hole = circle(60, 60, 40), circle(60, 60, 20)
    (tmp_path / "c.json").write_text(json.dumps(coco_document(polygon(outer, hole), polygon(outer))))
    dataset = api.COCO(str(tmp_path / "c.json"))
    with_hole, without = (dataset.annToMask(a).astype(bool) for a in dataset.loadAnns(dataset.getAnnIds()))
    assert np.array_equal(with_hole, polygons_to_mask([[outer, hole]], (120, 160)))
    # pycocotools rasterises polygons its own way, half a pixel more or less
    ours = polygons_to_mask([[outer]], (120, 160))
    assert (without & ours).sum() / (without | ours).sum() > 0.97


def test_coco__foreign_run_lengths_and_parts_are_read():
    mask = np.zeros((120, 160), np.uint8)
    cv2.circle(mask, (60, 60), 30, 1, -1)
    counts = np.diff(np.flatnonzero(np.diff(np.r_[1 - mask.T.ravel()[0], mask.T.ravel(), 2]))).tolist()
    document = {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 160, "height": 120}],
        "categories": [{"id": 90, "name": "toothbrush"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 90, "segmentation": {"size": [120, 160], "counts": counts}},
            {"id": 2, "image_id": 7, "category_id": 90, "segmentation": [[0, 0, 9, 0, 9, 9], [20, 0, 29, 0, 29, 9]]},
            {"id": 3, "image_id": 7, "category_id": 90, "bbox": [1, 2, 3, 4], "iscrowd": 0},
        ],
    }
    [(_, found)] = coco.read(MemorySource([("instances_val2017.json", json.dumps(document).encode())]))
    assert [a.type for a in found] == ["polygon", "polygon", "polygon", "bbox"]
    assert overlap(found[0], circle(60.5, 60.5, 30.3)) > 0.95
    assert {a.name for a in found} == {"toothbrush"}


def test_coco__annotation_of_an_image_that_is_not_listed_is_refused():
    document = coco_document(box())
    document["annotations"][0]["image_id"] = 99
    with pytest.raises(FormatError, match="image 99"):
        list(coco.read(MemorySource([(coco.PATH, json.dumps(document).encode())])))


def test_yolo__detection_line():
    files = MemorySource(
        yolo.write([(entry(), [box(16, 12, 32, 24, "yield")])], header(has_outlines=False), FormatReport())
    )
    assert files.read("labels/a.txt") == b"1 0.2 0.2 0.2 0.2\n"


def test_yolo__classes_without_outlines_turn_polygons_into_boxes():
    report = FormatReport()
    list(yolo.write([(entry(), [polygon(circle(50, 50, 20))])], header(has_outlines=False), report))
    assert +report.lost == {Loss.POLYGONS_AS_BOXES: 1}


@pytest.mark.parametrize("outlines", [True, False])
def test_yolo__numbers_stay_within_the_image(outlines: bool):
    report = FormatReport()
    shapes = [box(-20, -10, 60, 40), box(150, 100, 50, 50), box(500, 500, 5, 5)]
    files = MemorySource(yolo.write([(entry(), shapes)], header(has_outlines=outlines), report))
    numbers = [float(n) for line in files.read("labels/a.txt").decode().splitlines() for n in line.split()[1:]]
    assert numbers and all(0 <= n <= 1 for n in numbers)
    assert +report.lost == {Loss.CUT_AT_BORDER: 2, Loss.OUTSIDE: 1}


def test_yolo__names_cannot_break_the_yaml():
    dataset = header(class_names=('a: "b"\n- c', "yes"))
    text = MemorySource(yolo.write([], dataset, FormatReport())).read("data.yaml").decode()
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(text)["names"] == {0: 'a: "b"\n- c', 1: "yes"}
