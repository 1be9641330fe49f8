"""`client.exports` of the hosted client: every format of its list, with the content that was saved."""

import csv
import io
import json
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from pictograph import (
    BBoxAnnotation,
    BoundingBox,
    Client,
    ConflictError,
    NotFoundError,
    Point,
    PolygonAnnotation,
    PolygonGeometry,
)

folder, scratch = Path(sys.argv[1]), Path(sys.argv[2])
client = Client()
project = client.projects.create("hosted exports")
photos = sorted(folder.rglob("*.jpg"))[:2]
first = client.images.upload(project.id, photos[0], folder_path="/a/b", filename="first.jpg")
client.images.upload(project.id, photos[1], filename="empty.jpg")
ring = [Point(x=10, y=10), Point(x=60, y=10), Point(x=60, y=60), Point(x=10, y=60)]
hole = [Point(x=20, y=20), Point(x=30, y=20), Point(x=30, y=30), Point(x=20, y=30)]
shapes = [
    BBoxAnnotation(name="sign", bounding_box=BoundingBox(x=1.5, y=2.25, w=30.125, h=40)),
    PolygonAnnotation(name="yard", polygon=PolygonGeometry(paths=[ring, hole])),
]
client.annotations.save(first.id, shapes)


def exported(format: str, **options: object) -> zipfile.ZipFile:
    export = client.exports.create("hosted exports", f"{format} export", format=format, poll_interval=0.2, **options)
    assert (export.status, export.format, export.dataset_name) == ("completed", format, "hosted exports")
    assert (export.image_count, export.project_id) == (2, project.id)
    # CSV and VOC count their boxes, the others shapes: two all the same.
    assert export.annotation_count == 2
    received = []
    path = client.exports.download(
        "hosted exports", export.name, scratch / f"{format}.zip", progress=lambda *counts: received.append(counts)
    )
    assert received[-1] == (export.file_size, export.file_size) == (path.stat().st_size, path.stat().st_size)
    return zipfile.ZipFile(path)


with exported("pictograph", include_images=True) as archive:
    document = json.loads(archive.read("annotations/a/b/first.json"))
    assert [each["name"] for each in document["annotations"]] == ["sign", "yard"]
    assert [len(path) for path in document["annotations"][1]["polygon"]["paths"]] == [4, 4]
    assert archive.read("images/a/b/first.jpg") == photos[0].read_bytes()
with exported("coco") as archive:
    [name] = [each for each in archive.namelist() if each.startswith("annotations/")]
    instances = json.loads(archive.read(name))["annotations"]
    assert instances[0]["bbox"] == [1.5, 2.25, 30.125, 40]
    assert (instances[1]["bbox"], instances[1]["area"]) == ([10, 10, 50, 50], 2400)
with exported("yolo") as archive:
    lines = archive.read("labels/a/b/first.txt").decode().splitlines()
    assert [len(line.split()) for line in lines] == [9, 9]
    assert archive.read("labels/empty.txt") == b""
with exported("pascal_voc") as archive:
    tree = ElementTree.fromstring(archive.read("Annotations/a/b/first.xml"))
    corners = [float(tree.findtext(f"object/bndbox/{edge}") or "nan") for edge in ("xmin", "ymin", "xmax", "ymax")]
    # VOC counts from 1, both ends included.
    assert corners == [2.5, 3.25, 31.625, 42.25]
with exported("cvat") as archive:
    tree = ElementTree.fromstring(archive.read("annotations.xml"))
    assert [image.get("name") for image in tree.iter("image")].count("a/b/first.jpg") == 1
    [box], [mask] = tree.iter("box"), tree.iter("mask")
    assert (box.get("xtl"), box.get("ybr"), mask.get("label")) == ("1.5", "42.25", "yard")
with exported("labelme") as archive:
    document = json.loads(archive.read("images/a/b/first.json"))
    assert [each["shape_type"] for each in document["shapes"]] == ["rectangle", "mask"]
with exported("csv") as archive:
    rows = list(csv.DictReader(io.TextIOWrapper(archive.open("annotations.csv"), encoding="utf-8", newline="")))
    assert [row["class"] for row in rows if row["filename"] == "a/b/first.jpg"] == ["sign", "yard"]
    assert (rows[0]["xmin"], rows[0]["xmax"]) in (("1.5", "31.625"), ("", ""))

only = client.exports.create(
    "hosted exports", "only signs", format="csv", class_filter=["sign"], status_filter="complete", wait=False
)
assert only.status in ("pending", "processing", "completed")
only = client.exports.wait_for_completion("hosted exports", "only signs", poll_interval=0.2)
assert (only.class_filter, only.status_filter, only.annotation_count) == (["sign"], "complete", 1)
assert only.image_count == 1, "the other image is new"

listed = client.exports.list(dataset_name="hosted exports", status="completed", limit=3)
assert [each.name for each in listed] == ["only signs", "csv export", "labelme export"], "newest first"
assert len(list(client.exports.iter(dataset_name="hosted exports", page_size=2))) == 8
assert client.exports.get("hosted exports", "only signs").id == only.id
try:
    client.exports.create("hosted exports", "only signs")
except ConflictError:
    pass
else:
    raise AssertionError("the same name twice was taken")
client.exports.delete("hosted exports", "only signs")
try:
    client.exports.get("hosted exports", "only signs")
except NotFoundError:
    pass
else:
    raise AssertionError("a deleted export is still there")
